"""The file of recipients: read as a whole, or refused with every fault and its line."""

from pathlib import Path

import pytest

from orchestration.delivery.errors import RecipientsError
from orchestration.delivery.recipients import CHANNELS, read_recipients
from orchestration.delivery.reports import REPORTS
from tests.orchestration.delivery.parts import row, write_recipients
from tests.orchestration.samples import ROOT

REPORT_SEGMENTS = {kind.name: kind.segments for kind in REPORTS.values()}


def test_the_example_of_the_page_is_one(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "deliveries.md").read_text(encoding="utf-8")
    lines = page.partition("    who,what")[2].partition("\n\n")[0]
    example = "who,what" + lines.replace("\n    ", "\n")
    file = tmp_path / "recipients.csv"
    file.write_text(example, encoding="utf-8")
    found = read_recipients(file, REPORT_SEGMENTS)
    assert {recipient.channel for recipient in found} == set(CHANNELS)
    assert {recipient.what for recipient in found} == set(REPORTS)
    assert [row.who for row in found if not row.may_receive_personal_data] == ["Growth", "Board"]


def test_every_fault_is_told_at_once_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "recipients.csv"
    write_recipients(
        file,
        [
            row(),
            row(who="", channel="fax"),
            row(address="two@company.example, three@company.example"),
            row(who="Eve\r\nBcc: thief@evil.example", address="eve@company.example"),
            row(address="ANA@company.example"),
            row(channel="slack", address="general"),
            row(channel="s3", address="../other"),
            row(channel="folder", address="reports"),
            row(address="x@company.example", may_receive_personal_data="maybe", segment="pro"),
            row(address="y@company.example", what="lists", language="de"),
        ],
    )
    with pytest.raises(RecipientsError) as refused:
        read_recipients(file, {"kpi_pack": ("plan", "country")})
    lines = str(refused.value).splitlines()
    assert lines[0].endswith("is refused for 12 faults; nothing was sent.")
    for number, expected in enumerate(
        [
            "line 3: who is empty",
            "line 3: channel is 'fax'",
            "line 4: address is",
            "line 5: who holds a line break",
            "line 7: 'ANA@company.example' gets kpi_pack by line 2",
            "line 8: address is 'general'",
            "line 9: address is '../other'",
            "line 10: address is 'reports'",
            "line 11: segment is 'pro'",
            "line 11: may_receive_personal_data is 'maybe'",
            "line 12: what is 'lists'",
            "line 12: language is 'de'",
        ],
        start=1,
    ):
        assert lines[number].startswith(expected)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "line 1: the columns must be"),
        ("who,what\nAna,kpi_pack\n", "line 1: the columns must be"),
        (
            "who,what,language,channel,address,segment,may_receive_personal_data,attachments\nA,B\n",
            "line 2: has 2 cells, not 8",
        ),
    ],
)
def test_a_file_of_another_form_is_refused(tmp_path: Path, text: str, fault: str) -> None:
    file = tmp_path / "recipients.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(RecipientsError, match=fault):
        read_recipients(file, {"kpi_pack": ("plan", "country")})


@pytest.mark.parametrize(
    ("what", "segment", "fault"),
    [
        ("kpi_pack", "planet=mars", "write one of the kinds country, channel"),
        ("weekly_digest", "plan=pro", "write one of the kinds country, channel, segment"),
        ("lists", "native_currency=EUR", "which this report cannot be of"),
        ("dashboard", "country=PT", "which this report cannot be of; leave it empty"),
    ],
)
def test_a_segment_that_a_report_cannot_be_of_is_a_fault(
    tmp_path: Path, what: str, segment: str, fault: str
) -> None:
    file = tmp_path / "recipients.csv"
    write_recipients(file, [row(what=what, segment=segment)])
    with pytest.raises(RecipientsError, match=fault):
        read_recipients(file, REPORT_SEGMENTS)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecipientsError, match=r"nobody\.csv"):
        read_recipients(tmp_path / "nobody.csv", {"kpi_pack": ("plan", "country")})
