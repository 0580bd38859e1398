"""Stripe's charges and invoices as lines of JSON: made in numbers, loaded, and checked."""

from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import duckdb
import orjson

from ingestion.load import load_source
from ingestion.loading import Batch, Extraction, Request
from ingestion.rows import BATCH_ROWS
from ingestion.sandbox.stripe.export import write_lines
from ingestion.sandbox.stripe.fold import Fold
from ingestion.sandbox.stripe.world import make_account
from ingestion.settings import Home, Settings
from ingestion.stripe import source
from ingestion.stripe.backfill import LOAD_ROWS
from ingestion.stripe.decoding import Decoder, without_collector
from ingestion.stripe.gathering import Gathering
from ingestion.stripe.known import Known
from ingestion.stripe.tables import CHARGES, INVOICES

AS_OF = datetime(2026, 1, 6, tzinfo=UTC)
RESOURCES = {"charges": CHARGES, "invoices": INVOICES}
# About what a page of a list has.
BLOCK_BYTES = 250_000
_TEXTS, _JSON = "VARCHAR", "JSON"
# What a table of each would declare; what is nested stays JSON.
COLUMNS = {
    "charges": {
        **dict.fromkeys(
            (
                "id",
                "object",
                "balance_transaction",
                "currency",
                "customer",
                "description",
                "failure_code",
                "failure_message",
                "payment_intent",
                "payment_method",
                "receipt_url",
                "status",
            ),
            _TEXTS,
        ),
        **dict.fromkeys(("amount", "amount_captured", "amount_refunded", "created"), "BIGINT"),
        **dict.fromkeys(("captured", "disputed", "livemode", "paid", "refunded"), "BOOLEAN"),
        **dict.fromkeys(
            ("billing_details", "metadata", "outcome", "payment_method_details"), _JSON
        ),
    },
    "invoices": {
        **dict.fromkeys(
            (
                "id",
                "object",
                "billing_reason",
                "collection_method",
                "currency",
                "customer",
                "customer_email",
                "customer_name",
                "hosted_invoice_url",
                "invoice_pdf",
                "number",
                "status",
            ),
            _TEXTS,
        ),
        **dict.fromkeys(
            (
                "amount_due",
                "amount_paid",
                "amount_remaining",
                "created",
                "due_date",
                "period_start",
                "period_end",
                "subtotal",
                "total",
            ),
            "BIGINT",
        ),
        **dict.fromkeys(("attempted", "auto_advance", "livemode"), "BOOLEAN"),
        **dict.fromkeys(
            ("discounts", "lines", "metadata", "parent", "status_transitions", "total_taxes"), _JSON
        ),
    },
}

# Of every invoice how many lines it has, and what they add up to.
_OUR_LINES = (
    "select invoice_id, count(*), sum((payload->>'$.amount')::bigint)::bigint "
    "from loaded.raw_stripe.invoice_lines group by all"
)
_THEIR_LINES = (
    "select id, json_array_length(lines, '$.data')::bigint, "
    "list_sum((lines->>'$.data[*].amount')::bigint[])::bigint "
    "from plain.invoices where json_array_length(lines, '$.data') > 0"
)


class UnlikeLinesError(Exception):
    """What was loaded is not what the lines say."""


def write_stripe_lines(folder: Path, count: int) -> None:
    """Write so many charges and invoices: a sandbox account's, over and over, with new ids."""
    account = make_account(customers=120, months=14)
    samples = folder / "samples"
    write_lines(Fold(account.log, int(account.as_of.timestamp())), samples)
    for table in RESOURCES:
        lines = (samples / f"{table}.jsonl").read_bytes().splitlines()
        ids = [str(orjson.loads(line)["id"]) for line in lines]
        with (folder / f"{table}.jsonl").open("wb") as file:
            for number in range(count):
                line = lines[number % len(lines)]
                identity = ids[number % len(lines)]
                new = f"{identity[:3]}{number:024}".encode()
                file.write(line.replace(identity.encode(), new) + b"\n")


def load_lines(home: Path, folder: Path) -> None:
    """Load them with the source, in loads of as many objects as a backfill makes."""
    with (
        (folder / "charges.jsonl").open("rb") as charges,
        (folder / "invoices.jsonl").open("rb") as invoices,
    ):
        left: dict[str, IO[bytes]] = {"charges": charges, "invoices": invoices}

        @contextmanager
        def extract(request: Request) -> Iterator[Extraction]:
            extraction = Extraction(())
            with closing(_batches(request, left, extraction)) as batches:
                extraction.batches = batches
                yield extraction

        source.extract = extract
        load_source("stripe", _settings(home), AS_OF, lambda _: None)


def _batches(
    request: Request, left: dict[str, IO[bytes]], extraction: Extraction
) -> Generator[Batch, None, None]:
    """Read one load, as a first backfill does, with lines in the place of pages."""
    table, file = next(iter(left.items()))
    with without_collector(), request.connect() as connection:
        known = Known(connection)
        gathering = Gathering(Decoder(request.as_of, is_live=True), request.as_of, is_first=True)
        objects = 0
        while objects < LOAD_ROWS and (block := file.read(BLOCK_BYTES)):
            lines = block.split(b"\n")
            lines[-1] += file.readline().removesuffix(b"\n")
            if not lines[-1]:
                lines.pop()
            gathering.add(gathering.decoder.objects(RESOURCES[table], lines))
            objects += len(lines)
            if gathering.waiting() >= BATCH_ROWS:
                yield from gathering.hand_on(known)
        if objects < LOAD_ROWS:
            del left[table]
        if gathering.faults:
            raise UnlikeLinesError(f"{len(gathering.faults)} {table} cannot be used.")
        yield from gathering.rest(known)
        extraction.has_more = bool(left)


def check_stripe_lines(home: Path, database: Path) -> int:
    """Hold what was loaded against what DuckDB reads: ids, times, customers, amounts, lines.

    Returns:
        How many objects there are.

    Raises:
        UnlikeLinesError: A row or a value differs.
    """
    rows = 0
    with duckdb.connect() as connection:
        connection.execute("set enable_progress_bar = false")
        connection.execute(f"attach '{Home(home).warehouse}' as loaded (read_only)")
        connection.execute(f"attach '{database}' as plain (read_only)")
        for table, amount in (("charges", "amount"), ("invoices", "total")):
            ours = (
                "select id, epoch(created_at)::bigint, customer_id, "
                f"(payload->>'$.{amount}')::bigint, payload->>'$.currency', "
                f"payload->>'$.status' from loaded.raw_stripe.{table}"
            )
            theirs = f"select id, created, customer, {amount}, currency, status from plain.{table}"
            (differences,) = connection.execute(
                f"select (select count(*) from ({ours} except all {theirs}))"
                f" + (select count(*) from ({theirs} except all {ours}))"
            ).fetchall()[0]
            count = connection.table(f"plain.main.{table}").count("*").fetchall()[0][0]
            if differences or not count:
                raise UnlikeLinesError(f"{differences} of {count} {table} differ.")
            rows += int(count)
        (differences,) = connection.execute(
            f"select (select count(*) from ({_OUR_LINES} except all {_THEIR_LINES}))"
            f" + (select count(*) from ({_THEIR_LINES} except all {_OUR_LINES}))"
        ).fetchall()[0]
        if differences:
            raise UnlikeLinesError(f"The lines of {differences} invoices differ.")
    return rows


def _settings(home: Path) -> Settings:
    return Settings(
        home=Home(home),
        sources=("stripe",),
        files_path=None,
        exchange_rates_location="",
        as_of=AS_OF,
        currency="USD",
        time_zone="UTC",
        policy="default",
        languages=("en",),
    )
