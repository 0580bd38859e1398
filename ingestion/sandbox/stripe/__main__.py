"""Serves an account until interrupted: ``python -m ingestion.sandbox.stripe --port 8420``."""

import argparse
import contextlib
import sys
import threading

from ingestion.sandbox.stripe.keys import EXPIRED_KEY, RESTRICTED_KEY
from ingestion.sandbox.stripe.server import StripeSandbox
from ingestion.sandbox.stripe.world import make_account


def main() -> None:
    """Make the account, say how to use it, and serve."""
    parser = argparse.ArgumentParser(prog="python -m ingestion.sandbox.stripe")
    parser.add_argument("--port", type=int, default=8420)
    parser.add_argument("--customers", type=int, default=200)
    parser.add_argument("--months", type=int, default=12)
    parser.add_argument("--seed", type=int, default=7)
    chosen = parser.parse_args()
    account = make_account(chosen.customers, chosen.months, chosen.seed)
    with (
        StripeSandbox(account, port=chosen.port) as sandbox,
        contextlib.suppress(KeyboardInterrupt),
    ):
        sys.stdout.write(
            "A made-up Stripe account; read it in another terminal with\n\n"
            f"  STRIPE_BASE_URL={sandbox.url} STRIPE_API_KEY={sandbox.live_key} "
            f"PERENE_AS_OF={account.as_of.isoformat()} make run\n\n"
            f"Other keys: {sandbox.test_key} sees test mode, {RESTRICTED_KEY} no charges, "
            f"{EXPIRED_KEY} has expired.\nCtrl-C ends it.\n"
        )
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    main()
