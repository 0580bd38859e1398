"""The lists of customers: delivered as workbook and CSV files, to those who may see them."""

from ingestion.settings import Settings
from orchestration.delivery.deliver import deliver
from orchestration.reports.sections import LISTS
from tests.orchestration.delivery.parts import MailServer, Recipients, row, states


def test_lists_arrive_once_and_never_without_the_right(
    whole: Settings, recipients: Recipients, mails: MailServer
) -> None:
    bob = row(
        who="Bob", what="lists", address="bob@company.example", may_receive_personal_data="no"
    )
    recipients(row(what="lists"), bob)
    first = deliver(whole, "lists")
    assert states(first) == {"Ana": "sent", "Bob": "withheld"}
    assert "names customers" in first.outcomes[1].reason
    ((address, mail),) = mails.mails
    assert address == "ana@company.example"
    files = {str(part.get_filename()): part.get_content() for part in mail.iter_attachments()}
    folder = whole.home.exports / "lists" / first.period
    tables = {f"{key}.csv" for key in LISTS if (folder / "csv" / f"{key}.csv").exists()}
    assert "past_due.csv" in tables
    assert set(files) == {f"lists-{first.period}.xlsx", *tables}
    assert (folder / "figures.json").exists()
    assert states(deliver(whole, "lists")) == {"Ana": "sent", "Bob": "withheld"}
    assert len(mails.mails) == 1
