"""Object storage against a real S3 of this machine: nothing overwritten, the pointer last."""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import boto3  # type: ignore[import-untyped]
import pytest
from moto.server import ThreadedMotoServer

from ingestion.settings import Settings
from orchestration.delivery.deliver import deliver, resend
from orchestration.delivery.ledger import ledger_file
from orchestration.reports.message import Message
from tests.orchestration.delivery.parts import (
    PERIOD,
    Recipients,
    entries,
    fates_of_kills,
    free_port,
    report_gives,
    row,
    send,
    states,
)

S3 = row(who="Finance", channel="s3", address="finance")
_PREFIX = "perene/finance/kpi_pack/"


@dataclass
class Bucket:
    """A bucket, seen by another client."""

    client: Any
    name: str = "company-reports"

    def names(self) -> list[str]:
        found = self.client.list_objects_v2(Bucket=self.name).get("Contents", [])
        return sorted(entry["Key"].removeprefix(_PREFIX) for entry in found)

    def read(self, key: str) -> bytes:
        body: bytes = self.client.get_object(Bucket=self.name, Key=_PREFIX + key)["Body"].read()
        return body

    def versions(self) -> Counter[str]:
        found = self.client.list_object_versions(Bucket=self.name).get("Versions", [])
        return Counter(entry["Key"].removeprefix(_PREFIX) for entry in found)

    def empty(self) -> None:
        for entry in self.client.list_object_versions(Bucket=self.name).get("Versions", []):
            self.client.delete_object(
                Bucket=self.name, Key=entry["Key"], VersionId=entry["VersionId"]
            )

    def pointer(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.read("latest.json"))
        return found


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    port = free_port()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    server.start()
    yield f"http://127.0.0.1:{port}"
    server.stop()


@pytest.fixture
def bucket(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """An empty bucket that keeps every version, named in the settings."""
    key, secret = "canary-key", "canary-secret"
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=key,
        aws_secret_access_key=secret,
    )
    made = Bucket(client)
    client.create_bucket(Bucket=made.name)
    client.put_bucket_versioning(Bucket=made.name, VersioningConfiguration={"Status": "Enabled"})
    made.empty()
    monkeypatch.setenv("PERENE_S3_URL", f"s3://{made.name}/perene")
    monkeypatch.setenv("PERENE_S3_ENDPOINT", endpoint)
    monkeypatch.setenv("PERENE_S3_KEY", key)
    monkeypatch.setenv("PERENE_S3_SECRET", secret)
    return made


def test_a_report_lies_under_a_name_of_its_content_and_the_pointer_leads_there(
    published: Settings, recipients: Recipients, bucket: Bucket
) -> None:
    recipients(S3)
    assert states(send(published)) == {"Finance": "sent"}
    assert states(send(published)) == {"Finance": "sent"}
    folder = bucket.pointer()["folder"]
    assert folder.startswith(f"{PERIOD}/")
    files = ["kpi-pack.csv", "message.html", "message.txt"]
    assert bucket.pointer()["files"] == files
    assert bucket.names() == [*(f"{folder}/{name}" for name in files), "latest.json"]
    assert bucket.read(f"{folder}/kpi-pack.csv") == b"metric,value\nmrr,10\n"
    assert set(bucket.versions().values()) == {1}


def test_a_restated_report_is_put_beside_the_first_on_request_and_an_older_one_leaves_the_pointer(
    published: Settings,
    recipients: Recipients,
    bucket: Bucket,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recipients(S3)
    send(published)
    first = bucket.pointer()["folder"]
    report_gives(monkeypatch, Message("MRR is 11", "restated", "<p>restated</p>"))
    send(published)
    assert bucket.pointer()["folder"] == first
    resend(published, "kpi_pack", PERIOD, "Finance", "restated")
    second = bucket.pointer()["folder"]
    assert second != first
    assert bucket.read(f"{first}/message.txt") == b"MRR is 10\n\nCustomer Acme pays 10\n"
    deliver(published, "kpi_pack", "2025-12")
    assert bucket.pointer()["folder"] == second


def test_what_lies_there_is_never_overwritten(
    published: Settings, recipients: Recipients, bucket: Bucket
) -> None:
    recipients(S3)
    send(published)
    key = f"{bucket.pointer()['folder']}/message.txt"
    bucket.client.put_object(Bucket=bucket.name, Key=_PREFIX + key, Body=b"theirs")
    resend(published, "kpi_pack", PERIOD, "finance", "again")
    assert bucket.read(key) == b"theirs"


@pytest.mark.parametrize("fault", ["endpoint", "bucket"])
def test_a_store_that_cannot_be_written_is_tried_again_and_shows_no_key(
    published: Settings,
    recipients: Recipients,
    bucket: Bucket,
    monkeypatch: pytest.MonkeyPatch,
    fault: str,
) -> None:
    recipients(S3)
    with monkeypatch.context() as broken:
        if fault == "endpoint":
            broken.setenv("PERENE_S3_ENDPOINT", f"http://127.0.0.1:{free_port()}")
        else:
            broken.setenv("PERENE_S3_URL", "s3://no-such-bucket")
        delivered = send(published)
    assert states(delivered) == {"Finance": "failed"}
    assert "canary" not in repr(delivered)
    assert b"canary" not in ledger_file(published.home).read_bytes()
    assert states(send(published)) == {"Finance": "sent"}
    assert bucket.pointer()["period"] == PERIOD


@dataclass
class Line:
    """The line to the store, which fails as it is told to.

    Attributes:
        url: Where it listens.
        faults: By the number of the PUT, from 1: ``lost answer`` hands it on and drops the line,
            ``busy`` answers 503 by itself.
        puts: PUTs that came.
    """

    url: str
    faults: dict[int, str]
    puts: int = 0


@pytest.fixture
def line(endpoint: str, bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    """A proxy before the store, named in the settings."""
    store = urlsplit(endpoint).netloc
    assert bucket.names() == []

    class Proxy(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def hand_on(self) -> None:
            fault = ""
            if self.command == "PUT":
                made.puts += 1
                fault = made.faults.get(made.puts, "")
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, headers, content = 503, [], b""
            if fault != "busy":
                with closing(HTTPConnection(store)) as connection:
                    connection.request(self.command, self.path, body, dict(self.headers.items()))
                    answer = connection.getresponse()
                    status, headers, content = answer.status, answer.getheaders(), answer.read()
            if fault == "lost answer":
                self.close_connection = True
                return
            self.send_response_only(status)
            for name, value in headers:
                if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_HEAD = do_POST = do_PUT = hand_on  # noqa: N815 - the library's names

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    made = Line(f"http://127.0.0.1:{server.server_port}", {})
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("PERENE_S3_ENDPOINT", made.url)
    yield made
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("fault", ["lost answer", "busy"])
@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_a_put_whose_answer_is_lost_or_that_comes_too_early_is_repeated_without_harm(
    published: Settings, recipients: Recipients, bucket: Bucket, line: Line, number: int, fault: str
) -> None:
    recipients(S3)
    line.faults = {number: fault}
    assert states(send(published)) == {"Finance": "sent"}
    assert line.puts == 5, "three files and the pointer, one of them twice"
    pointer = bucket.pointer()
    files = [f"{pointer['folder']}/{name}" for name in pointer["files"]]
    assert bucket.names() == [*files, "latest.json"]
    assert bucket.read(files[0]) == b"metric,value\nmrr,10\n"
    versions = bucket.versions()
    assert {versions[name] for name in files} == {1}, "nothing is overwritten"
    assert versions["latest.json"] == (2 if (number, fault) == (4, "lost answer") else 1)


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["lost answer", "busy"])
def test_a_store_that_stays_busy_or_silent_fails_and_the_next_delivery_ends_what_was_begun(
    published: Settings, recipients: Recipients, bucket: Bucket, line: Line, fault: str
) -> None:
    recipients(S3)
    line.faults = dict.fromkeys(range(3, 100), fault)
    assert states(send(published)) == {"Finance": "failed"}
    assert "latest.json" not in bucket.names()
    line.faults = {}
    assert states(send(published)) == {"Finance": "sent"}
    assert set(bucket.versions().values()) == {1}
    assert bucket.pointer()["period"] == PERIOD


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # a child of a process with threads
def test_killed_anywhere_the_pointer_never_leads_to_half_a_report(
    published: Settings, recipients: Recipients, bucket: Bucket
) -> None:
    recipients(S3)

    def arrived() -> bool:
        keys = bucket.names()
        assert set(bucket.versions().values()) <= {1}, "nothing was put twice"
        if "latest.json" not in keys:
            return False
        pointer = bucket.pointer()
        assert {f"{pointer['folder']}/{name}" for name in pointer["files"]} < set(keys)
        return True

    fates = fates_of_kills(published, "channels/objects.py", bucket.empty, arrived, step=3)
    assert fates.total() > 50
    assert set(fates) == {("unknown", False), ("unknown", True), ("sent", True)}, fates
    assert [entry.state for entry in entries(published)] == ["sent"]
