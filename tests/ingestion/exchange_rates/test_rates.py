"""The reference rates come from a file or a server, and only what is new is added."""

import io
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ingestion import http
from ingestion.errors import SourceError
from tests.ingestion.company import Company

HISTORY = (
    "Date,USD,JPY,TRL,\n"
    "2025-01-03,1.0299,162.34,N/A,\n"
    "2025-01-02,1.0321,162.5,N/A,\n"
    "2004-12-31,1.3621,139.65,1836200,\n"
)
XML = """<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01"><Cube>
<Cube time='2025-01-02'>
<Cube currency='USD' rate='1.0321'/><Cube currency='JPY' rate='162.5'/></Cube>
</Cube></gesmes:Envelope>"""
ALL = 7


def zipped(text: str, name: str = "eurofxref-hist.csv") -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, text)
    return target.getvalue()


class Bank:
    """A server on this machine that gives one document, as it is told."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, bytes]] = []
        self.agents: list[str] = []
        self.address = ""


@contextmanager
def serving(bank: Bank) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            bank.agents.append(self.headers["User-Agent"])
            answer = bank.answers[0] if len(bank.answers) == 1 else bank.answers.pop(0)
            self.send_response(answer[0])
            self.send_header("Content-Length", str(len(answer[1])))
            self.end_headers()
            self.wfile.write(answer[1])

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    bank.address = f"http://127.0.0.1:{server.server_address[1]}/eurofxref-hist.zip"
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def bank(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bank]:
    monkeypatch.setattr(http, "FIRST_WAIT_SECONDS", 0.01)
    bank = Bank()
    with serving(bank):
        monkeypatch.setenv("EXCHANGE_RATES_LOCATION", bank.address)
        yield bank


def rates(company: Company) -> list[tuple[Any, ...]]:
    return company.query(
        "SELECT record_id, rate FROM raw_exchange_rates.reference_rates ORDER BY ALL"
    )


def give(company: Company, monkeypatch: pytest.MonkeyPatch, content: str | bytes) -> Path:
    path = company.give("rates", content)
    monkeypatch.setenv("EXCHANGE_RATES_LOCATION", str(path))
    return path


@pytest.mark.parametrize("content", [HISTORY, zipped(HISTORY), "\ufeff" + HISTORY])
def test_rates_are_read_from_the_published_csv_and_its_zip(
    company: Company, monkeypatch: pytest.MonkeyPatch, content: str | bytes
) -> None:
    give(company, monkeypatch, content)

    report = company.load("exchange_rates")

    assert report.rows == {"reference_rates": ALL}
    assert report.details["newest_fact"] == "2025-01-03T00:00:00+00:00"
    assert rates(company)[-1] == ("EUR|USD|2025-01-03", Decimal("1.029900"))
    assert company.query(
        "SELECT rate_date, base, quote, rate, payload FROM raw_exchange_rates.reference_rates "
        "WHERE quote = 'TRL'"
    ) == [
        (
            date(2004, 12, 31),
            "EUR",
            "TRL",
            Decimal("1836200.000000"),
            '{"Date": "2004-12-31", "TRL": "1836200"}',
        )
    ]


def test_rates_are_read_from_the_published_xml(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(company, monkeypatch, XML)

    company.load("exchange_rates")

    assert rates(company) == [
        ("EUR|JPY|2025-01-02", Decimal("162.500000")),
        ("EUR|USD|2025-01-02", Decimal("1.032100")),
    ]


def test_only_new_and_corrected_rates_are_added(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(company, monkeypatch, HISTORY)
    company.load("exchange_rates")
    assert company.load("exchange_rates").rows == {}

    corrected = HISTORY.replace("1.0321", "1.0322").replace(
        "2025-01-03", "2025-01-06,1.0426,163.82,N/A,\n2025-01-03", 1
    )
    give(company, monkeypatch, corrected)
    report = company.load("exchange_rates")

    assert report.rows == {"reference_rates": 3}
    assert report.details["unchanged_rates"] == ALL - 1
    found: dict[object, object] = dict(rates(company))
    assert len(found) == company.count("reference_rates", "exchange_rates") == ALL + 2
    assert found["EUR|USD|2025-01-02"] == Decimal("1.032200")


def test_increments_and_one_full_load_give_the_same_rates(
    company: Company, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lines = HISTORY.splitlines(keepends=True)
    for upto in range(len(lines), 1, -1):
        give(company, monkeypatch, lines[0] + "".join(lines[upto - 1 :]))
        company.load("exchange_rates")
    grown = rates(company)

    monkeypatch.setenv("PERENE_HOME", str(tmp_path / "other"))
    other = Company(tmp_path / "other", company.folder)
    other.load("exchange_rates")

    assert grown == rates(other)


def test_rates_of_days_after_the_run_wait(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(company, monkeypatch, HISTORY)

    report = company.load("exchange_rates", datetime(2025, 1, 2, 12, tzinfo=UTC))
    assert report.rows == {"reference_rates": ALL - 2}

    assert company.load("exchange_rates").rows == {"reference_rates": 2}


def test_rates_are_fetched_from_a_server_under_an_honest_name(company: Company, bank: Bank) -> None:
    bank.answers = [(200, zipped(HISTORY))]

    assert company.load("exchange_rates").rows == {"reference_rates": ALL}
    assert bank.agents == [http.user_agent()]
    assert bank.agents[0].startswith("perene/0.")


def test_a_server_that_stumbles_is_asked_again(company: Company, bank: Bank) -> None:
    bank.answers = [(503, b""), (429, b"slow down"), (200, zipped(HISTORY))]

    assert company.load("exchange_rates").rows == {"reference_rates": ALL}
    assert len(bank.agents) == 3


@pytest.mark.parametrize(("status", "attempts"), [(404, 1), (403, 1), (401, 1), (500, 4), (429, 4)])
def test_a_server_that_refuses_is_an_error_and_never_no_rates(
    company: Company, bank: Bank, status: int, attempts: int
) -> None:
    bank.answers = [(status, b"no")]

    with pytest.raises(SourceError, match=f"hist.zip answered with status {status}; check"):
        company.load("exchange_rates")
    assert len(bank.agents) == attempts
    assert company.count("reference_rates", "exchange_rates") == 0


@pytest.mark.usefixtures("bank")
def test_a_server_that_is_not_there_is_told(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXCHANGE_RATES_LOCATION", "http://127.0.0.1:9/eurofxref-hist.zip")

    with pytest.raises(SourceError, match=r"127.0.0.1:9/eurofxref-hist.zip cannot be reached"):
        company.load("exchange_rates")


@pytest.mark.parametrize(
    "path",
    ["http://u5er:s3cret@{host}/x?token=s3cret", "http://u5er:s3cret@127.0.0.1:9/x?token=s3cret"],
)
def test_what_is_secret_in_an_address_never_reaches_an_error_or_a_line(
    company: Company, bank: Bank, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    bank.answers = [(404, b"")]
    host = bank.address.split("/")[2]
    monkeypatch.setenv("EXCHANGE_RATES_LOCATION", path.format(host=host))

    with pytest.raises(SourceError) as refused:
        company.load("exchange_rates")

    shown = str(refused.value) + "".join(company.lines)
    assert "s3cret" not in shown
    assert "u5er" not in shown
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is empty"),
        (b" \n", "it is empty"),
        (b"Date,USD,\n", "it holds no rate"),
        (b"Date,USD,\n2025-01-02,N/A,\n", "it holds no rate"),
        (b"<html><body>moved</body></html>", "it holds no rate"),
        (b"day,USD\n2025-01-02,1.1\n", "its first line is not Date,USD,JPY,..."),
        (b"Date,USD,\n02/01/2025,1.1,\n", "'02/01/2025' is not a day"),
        (b"Date,USD,\n2025-01-02,\n", "row 1 has 2 values where the header has 3"),
        (b"Date,USD,\n2025-01-02,one,\n", "the rate of USD on 2025-01-02 is 'one'"),
        (b"Date,USD,\n2025-01-02,-1,\n", "the rate of USD on 2025-01-02 is '-1'"),
        (b"Date,USD,\n2025-01-02,0,\n", "the rate of USD on 2025-01-02 is '0'"),
        (b"Date,dollar,\n2025-01-02,1,\n", "'dollar' is not a currency of three letters"),
        (b"\xff\xfe\x00", "it is not UTF-8 text"),
        (zipped(HISTORY)[:-30], "the ZIP is broken"),
        (zipped("hello"), "its first line is not Date,USD,JPY,..."),
    ],
)
def test_a_body_of_another_form_is_told_in_one_sentence(
    company: Company, bank: Bank, content: bytes, reason: str
) -> None:
    bank.answers = [(200, content)]

    with pytest.raises(SourceError) as refused:
        company.load("exchange_rates")

    assert f"reference rates: {reason}; check" in str(refused.value)
    assert "\n" not in str(refused.value)
    assert company.count("reference_rates", "exchange_rates") == 0


def test_a_file_that_is_not_there_is_told(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXCHANGE_RATES_LOCATION", str(company.folder / "absent.csv"))

    with pytest.raises(SourceError, match=r"absent.csv cannot be read \(No such file"):
        company.load("exchange_rates")
