"""Serves the made-up company until its input ends: ``python -m ingestion.sandbox.serve FOLDER``.

Payments are served over HTTP as Stripe does, support as Zendesk does; what has no API here (use of
the product, exchange rates) is written into FOLDER in the files form. One line of JSON tells the
rest: where, with which keys, and the company's clock.
"""

import argparse
import contextlib
import gc
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ingestion.sandbox.companions import write_usage
from ingestion.sandbox.experience import USUAL_EFFECT
from ingestion.sandbox.stripe.server import StripeSandbox
from ingestion.sandbox.stripe.world import Account, make_account
from ingestion.sandbox.subscriptions import known_at
from ingestion.sandbox.zendesk.server import ZendeskSandbox
from ingestion.sandbox.zendesk.world import make_helpdesk

SEED, CUSTOMERS, MONTHS = 7, 600, 36
# Another company has other customers, which do not belong into the same warehouse.
COMPANY = (
    f"Lumiboard at Stripe and Zendesk, {CUSTOMERS} customers, {MONTHS} months, seed {SEED}, "
    f"support effect {USUAL_EFFECT}"
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the company, serve it, and wait."""
    parser = argparse.ArgumentParser(prog="python -m ingestion.sandbox.serve")
    parser.add_argument("folder", type=Path, help="where to write the files")
    parser.add_argument("--customers", type=int, default=CUSTOMERS)
    parser.add_argument("--months", type=int, default=MONTHS)
    chosen = parser.parse_args(arguments)
    # Hundreds of thousands of objects that stay: looking for dead ones among them is lost time.
    gc.disable()
    account = make_account(chosen.customers, chosen.months, SEED, support_effect=USUAL_EFFECT)
    helpdesk = make_helpdesk(account, SEED)
    write_files(chosen.folder, account)
    gc.freeze()
    gc.enable()
    with StripeSandbox(account) as payments, ZendeskSandbox(helpdesk) as support:
        company = {
            "as_of": account.as_of.isoformat(),
            "stripe_base_url": payments.url,
            "stripe_api_key": payments.live_key,
            "zendesk_base_url": support.url,
            "zendesk_email": support.email,
            "zendesk_api_token": support.api_token,
            "zendesk_oauth_token": support.oauth_token,
        }
        sys.stdout.write(json.dumps(company) + "\n")
        sys.stdout.flush()
        with contextlib.suppress(KeyboardInterrupt):
            sys.stdin.read()


def write_files(folder: Path, account: Account) -> None:
    """Write what the company has besides its accounts, as known at their clock."""
    folder.mkdir(parents=True, exist_ok=True)
    truth = account.truth
    truth.write_rates(folder, account.as_of)
    customers = [replace(one.person, customer_id=one.customer_id) for one in truth.customers]
    periods = known_at(list(truth.periods), account.as_of)
    write_usage(folder, customers, periods, account.as_of, SEED)


if __name__ == "__main__":
    main()
