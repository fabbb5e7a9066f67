"""What the documents show works as it stands there, against real processes."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.docs.wire import Conversation, Message
from tests.support import processes
from tests.support.environment import CLIENTS
from tests.support.free_port import free_port
from tests.support.processes import House

pytestmark = pytest.mark.long
ROOT = Path(__file__).parents[2]
DOCUMENTS = ("docs/quickstart.md", "docs/client.md", "docs/signature.md", "docs/api.md")
ON_THE_WIRE = ("docs/api.md", "docs/errors.md")
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """One for each document: nothing is there but what the document has made."""
    with processes.house(tmp_path) as running:
        yield running


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_python_in_a_document_runs_from_top_to_bottom(document: str, house: House) -> None:
    names: dict[str, Any] = {
        "url": house.url,
        "key": processes.KEY,
        "secret": CLIENTS[processes.KEY],
        "approve": house.paypal.approve,
    }
    found = blocks(document, "python")
    assert found
    for number, block in enumerate(found, 1):
        exec(compile(block, f"{document} block {number}", "exec"), names)  # noqa: S102  # our own documents


@pytest.mark.parametrize("document", ON_THE_WIRE)
def test_the_requests_in_a_document_are_answered_as_it_shows(document: str, house: House) -> None:
    """From top to bottom; numbers are those of the document."""
    shown = [Message.read(block) for block in blocks(document, "http")]
    assert len(shown) > 10
    conversation = Conversation(house, processes.KEY, CLIENTS[processes.KEY])
    for request, answer in zip(shown[::2], shown[1::2], strict=True):
        conversation.hold(request, answer)


def test_the_first_call_in_the_readme_works_as_it_is_written(tmp_path: Path) -> None:
    """The shell of README's section is run as one script, on other ports; then its Python."""
    api, sandbox = str(free_port()), str(free_port())
    shell = "\n".join(blocks("README.md", "sh"))
    python = "\n".join(blocks("README.md", "python"))
    script = f"""set -e -m
trap 'kill %1 %2' EXIT
{shell_for_here(shell, api, sandbox)}
cat > pay.py <<'PYTHON'
{python.replace("2602", api)}
PYTHON
{sys.executable} pay.py
"""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SOLITUDE_")} | {
        "SOLITUDE_PAYPAL_URL": f"http://127.0.0.1:{sandbox}/paypal",
        "SOLITUDE_PAYPAL_WEB_URL": f"http://127.0.0.1:{sandbox}/paypal",
    }
    ended = subprocess.run(
        ["/bin/bash", "-c", script],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout.count('"uuid":"dev:ada"') == 2
    assert f"send the buyer to http://127.0.0.1:{sandbox}/paypal/checkoutnow?token=" in ended.stdout


def shell_for_here(shell: str, api: str, sandbox: str) -> str:
    """The README's shell with other ports, the interpreter of the tests, and waiting where a person would."""
    command = f"{sys.executable} -m solitude.cli"
    wait = f"{sys.executable} -c 'from tests.support.processes import wait_for; wait_for(\"http://127.0.0.1:{api}/\")'"
    return (
        shell.replace("make venv\n", f"export PYTHONPATH={ROOT}\n")
        .replace(".venv/bin/solitude sandbox &", f"{command} sandbox --port {sandbox} &")
        .replace(".venv/bin/solitude serve &", f"{command} serve --port {api} &\n{wait}")
        .replace(".venv/bin/solitude", command)
        .replace("2602", api)
    )


def blocks(document: str, language: str) -> list[str]:
    text = (ROOT / document).read_text(encoding="utf-8")
    return [body for name, body in FENCE.findall(text) if name == language]
