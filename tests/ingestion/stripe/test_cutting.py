"""Rows that are cut out of JSON are the rows the decoder makes of the parsed object."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import orjson
import pytest

from ingestion.rows import micros
from ingestion.sandbox.stripe.export import write_lines
from ingestion.sandbox.stripe.fold import Fold
from ingestion.sandbox.stripe.world import make_account
from ingestion.stripe.cutting import Cutter
from ingestion.stripe.decoding import Decoder, drop
from ingestion.stripe.tables import BY_KIND, CHARGES, CUSTOMERS, INVOICES, OBJECTS, Resource

SEEN = datetime(2026, 1, 6, tzinfo=UTC)


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[bytes]]:
    folder = tmp_path_factory.mktemp("lines")
    account = make_account(customers=30, months=8)
    write_lines(Fold(account.log, int(account.as_of.timestamp())), folder)
    return {
        one.kind: (folder / f"{Path(one.path).name}.jsonl").read_bytes().splitlines()
        for one in OBJECTS
    }


def decoder() -> Decoder:
    return Decoder(SEEN, is_live=True)


def cut(resource: Resource, text: bytes) -> Any:
    return Cutter(resource, micros(SEEN), True, decoder()._month).record(text)


def test_every_object_of_the_sandbox_is_cut_to_what_decoding_makes_of_it(
    lines: dict[str, list[bytes]],
) -> None:
    for kind, texts in lines.items():
        decoded = decoder().objects(BY_KIND[kind], [orjson.loads(text) for text in texts])

        assert [cut(BY_KIND[kind], text) for text in texts] == decoded.records
        assert decoded.faults == []
    assert all(lines[kind] for kind in ("charge", "invoice", "customer", "subscription"))


def test_personal_data_is_gone_from_every_payload(lines: dict[str, list[bytes]]) -> None:
    charge = orjson.loads(lines["charge"][0])
    charge["payment_method_details"]["card"] |= {"last4": "9876", "fingerprint": "FfFf", "iin": "1"}
    charge["billing_details"]["phone"] = "+43 1 234"
    first = {**charge, "billing_details": {"phone": "+43 1 234", "email": None}}
    customer = orjson.loads(lines["customer"][0]) | {"phone": "+43 1 234"}

    for resource, item in ((CHARGES, charge), (CHARGES, first), (CUSTOMERS, customer)):
        (record,) = decoder().objects(resource, [orjson.dumps(item)]).records
        payload = record.text
        for dropped in (b"9876", b"FfFf", b"+43 1 234", b'"iin"', b'"last4"'):
            assert dropped not in payload


def new_at_the_top(item: dict[str, Any]) -> None:
    item["brand_new_key"] = {"of": "some later version"}


def new_below(item: dict[str, Any]) -> None:
    item["automatic_tax"]["brand_new_key"] = 1


def new_in_a_line(item: dict[str, Any]) -> None:
    item["lines"]["data"][0]["taxes"] = [{"brand_new_key": True}]


def text_for_a_number(item: dict[str, Any]) -> None:
    item["attempt_count"] = "1"


def number_in_a_list(item: dict[str, Any]) -> None:
    item["discounts"] = [7]


@pytest.mark.parametrize(
    ("change", "noticed"),
    [
        (new_at_the_top, (("invoices", "brand_new_key", "new_key"), "an object")),
        (new_below, (("invoices", "automatic_tax.brand_new_key", "new_key"), "whole number")),
        (
            new_in_a_line,
            (("invoices", "lines.data[].taxes[].brand_new_key", "new_key"), "true or false"),
        ),
        (text_for_a_number, (("invoices", "attempt_count", "changed_type"), "text")),
        (number_in_a_list, (("invoices", "discounts[]", "changed_type"), "whole number")),
    ],
)
def test_what_is_new_or_changed_is_noticed_at_any_depth_and_kept(
    lines: dict[str, list[bytes]],
    change: Callable[[dict[str, Any]], None],
    noticed: tuple[tuple[str, str, str], str],
) -> None:
    item = orjson.loads(next(text for text in lines["invoice"] if b'"lines":' in text))
    change(item)
    used = decoder()

    (record,) = used.objects(INVOICES, [orjson.dumps(item)]).records

    assert dict([noticed]) == used.drift
    kept = orjson.loads(str(record.row[-1], "utf-8") if isinstance(record.row[-1], bytes) else "")
    children = [orjson.loads(cast(bytes, child[-1])) for child in record.children]
    assert children == item["lines"]["data"]
    drop("invoice", item)
    assert kept == {key: held for key, held in item.items() if key != "lines"}


def test_an_object_that_is_written_otherwise_gives_the_same_rows(
    lines: dict[str, list[bytes]],
) -> None:
    item = orjson.loads(lines["charge"][0]) | {"description": "Zürich / 100 %"}
    plain, escaped = orjson.dumps(item), orjson.dumps(item).replace(b"/", b"\\/")

    assert plain != escaped
    assert (
        decoder().objects(CHARGES, [plain]).records == decoder().objects(CHARGES, [escaped]).records
    )


def test_what_leads_to_a_column_can_be_null_and_a_reference_can_come_whole(
    lines: dict[str, list[bytes]],
) -> None:
    item = orjson.loads(lines["invoice"][0])
    alone = orjson.dumps(item | {"parent": None})
    whole = orjson.dumps(item | {"customer": {"id": item["customer"], "object": "customer"}})

    (of_alone,) = decoder().objects(INVOICES, [orjson.loads(alone)]).records
    (of_whole,) = decoder().objects(INVOICES, [whole]).records

    assert cut(INVOICES, alone) == of_alone
    assert of_alone.row[7] is None
    assert cut(INVOICES, whole) is None
    assert of_whole.row[6] == item["customer"]
