"""Serves a helpdesk until interrupted: ``python -m ingestion.sandbox.zendesk --port 8430``."""

import argparse
import contextlib
import sys
import threading

from ingestion.sandbox.experience import USUAL_EFFECT
from ingestion.sandbox.stripe.world import make_account
from ingestion.sandbox.zendesk.server import ZendeskSandbox
from ingestion.sandbox.zendesk.world import make_helpdesk


def main() -> None:
    """Make the company's helpdesk, say how to use it, and serve."""
    parser = argparse.ArgumentParser(prog="python -m ingestion.sandbox.zendesk")
    parser.add_argument("--port", type=int, default=8430)
    parser.add_argument("--customers", type=int, default=200)
    parser.add_argument("--months", type=int, default=12)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--exports-a-minute", type=int, default=0, help="0 for any number")
    chosen = parser.parse_args()
    account = make_account(
        chosen.customers, chosen.months, chosen.seed, support_effect=USUAL_EFFECT
    )
    helpdesk = make_helpdesk(account, chosen.seed)
    with (
        ZendeskSandbox(
            helpdesk, port=chosen.port, exports_a_minute=chosen.exports_a_minute
        ) as sandbox,
        contextlib.suppress(KeyboardInterrupt),
    ):
        sys.stdout.write(
            "A made-up Zendesk account; read it in another terminal with\n\n"
            f"  ZENDESK_BASE_URL={sandbox.url} ZENDESK_EMAIL={sandbox.email} "
            f"ZENDESK_API_TOKEN={sandbox.api_token} "
            f"PERENE_AS_OF={helpdesk.as_of.isoformat()} make run\n\n"
            f"Other tokens: {sandbox.agent_token} belongs to an agent, who may not export, "
            f"{sandbox.expired_token} has expired.\nCtrl-C ends it.\n"
        )
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    main()
