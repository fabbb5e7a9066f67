"""PayPal's published OpenAPI files, enforced: a Prism that stands between PayPal's client and its simulator.

The tool lies in a folder beside the repository; `PAYPAL_VALIDATOR` names another place. It needs Node 20, and npm fetches Prism when it
is used for the first time.
"""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import urllib3

TOOL = Path(os.environ.get("PAYPAL_VALIDATOR", Path(__file__).parents[3] / "shared" / "tools" / "paypal-validator"))
NODE_AT_LEAST = 20
# npm may have to fetch Prism.
READY_WITHIN_S = 600


def require() -> Path:
    """The program; skips the test where it cannot be had."""
    program = TOOL / "paypal-validator"
    if not program.is_file():
        pytest.skip("PayPal's validator is not beside this repository")
    if _node_version() < NODE_AT_LEAST or not shutil.which("npm"):
        pytest.skip("PayPal's validator needs Node 20 or newer, with npm")
    return program


def _node_version() -> int:
    node = shutil.which("node")
    if not node:
        return 0
    found = re.match(r"v(\d+)", subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout)
    return int(found[1]) if found else 0


@contextmanager
def running(program: Path, upstream: str, port: int, log: Path) -> Iterator[None]:
    """The validator of what goes to `upstream`, listening on the port."""
    with log.open("wb") as out:
        # A group of its own: npm and Prism are its children.
        process = subprocess.Popen(
            [program, upstream, str(port)], stdout=out, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        _wait(process, port, log)
        yield
    finally:
        os.killpg(process.pid, 15)
        process.wait(30)


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    http = urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(60))
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            if "npm" in log.read_text(errors="replace") and not os.environ.get("CI"):
                pytest.skip("npm cannot fetch Prism")
            raise AssertionError(log.read_text(errors="replace")[-2000:])
        try:
            # The first order takes it seconds: it compiles the schema.
            http.request("POST", f"http://127.0.0.1:{port}/v2/checkout/orders", json={"intent": "CAPTURE"})
        except urllib3.exceptions.HTTPError:
            time.sleep(0.2)
        else:
            return
    raise AssertionError(f"the validator is not ready after {READY_WITHIN_S} s")
