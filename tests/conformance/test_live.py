"""`make live`: what it says when something is missing, and the kit at a place that has nothing but what a live sandbox has."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.conformance import live
from tests.sandbox.client import SELLER, Sandbox
from tests.support.simulator import Simulator

import solitude_sandbox
from solitude_sandbox.server import SandboxServer

ROOT = Path(__file__).parents[2]
ACCOUNT = {
    "SOLITUDE_PAYPAL_CLIENT_ID": "sandbox-client",
    "SOLITUDE_PAYPAL_CLIENT_SECRET": "sandbox-secret",
    "LIVE_SELLER": SELLER,
}
KIT_WITHIN_S = 300


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "tests.conformance.live", *arguments]


def environment(**variables: str) -> dict[str, str]:
    """The shell of an operator."""
    return {
        name: value for name, value in os.environ.items() if not name.startswith(("SOLITUDE_", "LIVE_"))
    } | variables


def said(*arguments: str, **variables: str) -> tuple[int, str]:
    done = subprocess.run(
        command(*arguments), cwd=ROOT, env=environment(**variables), capture_output=True, text=True, check=False
    )
    return done.returncode, done.stderr


def test_without_credentials_it_says_what_is_missing() -> None:
    status, why = said("paypal", SOLITUDE_PAYPAL_CLIENT_ID="mine")

    assert status == live.FAILED_TO_START
    assert [line.split(":")[0].strip() for line in why.splitlines()[1:]] == [
        "SOLITUDE_PAYPAL_CLIENT_SECRET",
        "LIVE_SELLER",
    ]


@pytest.mark.parametrize("provider", ["", "nobody"])
def test_without_a_provider_it_says_which_there_are(provider: str) -> None:
    assert said(*[provider] if provider else []) == (
        live.FAILED_TO_START,
        "make live: PROVIDER must be one of: paypal\n",
    )


@pytest.mark.parametrize("host", live.FOR_REAL_MONEY)
def test_real_money_is_not_touched(host: str) -> None:
    status, why = said("paypal", SOLITUDE_PAYPAL_URL=f"https://{host}", **ACCOUNT)

    assert status == live.FAILED_TO_START
    assert "real money" in why


class Public:
    """The simulator without its control: what PayPal's live sandbox has too."""

    def __init__(self) -> None:
        self._application = solitude_sandbox.create_app()
        self.control_asked = 0

    def __call__(self, environ: Any, start_response: Any) -> Any:
        if environ["PATH_INFO"].startswith("/paypal/sandbox/"):
            self.control_asked += 1
            start_response("404 Not Found", [("Content-Length", "0")])
            return [b""]
        return self._application(environ, start_response)


@pytest.fixture
def public() -> Iterator[tuple[Public, int]]:
    application = Public()
    server = SandboxServer("127.0.0.1", 0, application)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield application, server.port
    server.shutdown()
    thread.join(10)


@pytest.mark.long
def test_the_kit_runs_where_a_person_approves_and_nothing_can_be_broken(public: tuple[Public, int]) -> None:
    application, port = public
    url = f"http://127.0.0.1:{port}/paypal"
    person, sandbox = Simulator(port), Sandbox(f"http://127.0.0.1:{port}")
    setup = sandbox.setup_token()
    person.approve(setup.link("approve"))
    credential = str(sandbox.payment_token(setup.json["id"]).json["id"])
    place = {"SOLITUDE_PAYPAL_URL": url, "SOLITUDE_PAYPAL_WEB_URL": url, "LIVE_CREDENTIAL": credential}

    lines, asked = [], 0
    with subprocess.Popen(
        command("paypal"), cwd=ROOT, env=environment(**ACCOUNT, **place), stdout=subprocess.PIPE, text=True
    ) as kit:
        # A kit that says nothing more is ended by pytest's own limit.
        assert kit.stdout is not None
        for line in kit.stdout:
            lines.append(line)
            if found := re.search(r"Approve as a buyer .*: (http\S+)", line):
                person.approve(found[1])
                asked += 1
    output = "".join(lines)
    sandbox.close()

    assert kit.returncode == 0, output[-5000:]
    assert application.control_asked == 0
    # Only what is about the buyer's approval needs a person; the rest is paid by the credential.
    assert asked == len(re.findall(r"Approve as a buyer", output)) == 3
    assert re.search(r"paypal-rest-live: \d+ passed\n", output)
    assert "not run for paypal-rest-live: test_lost_answers.py::test_of_a_refund: needs its faults" in output
