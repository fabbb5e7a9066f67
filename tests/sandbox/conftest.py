"""A simulator in a thread, on a free port, with empty books for every test."""

import threading
from collections.abc import Iterator

import pytest
from tests.sandbox.client import Sandbox

from solitude_sandbox import make_server


@pytest.fixture(scope="session")
def sandbox_url() -> Iterator[str]:
    server = make_server("127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever, name="sandbox")
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join(10)
    assert not thread.is_alive()


@pytest.fixture
def sandbox(sandbox_url: str) -> Iterator[Sandbox]:
    client = Sandbox(sandbox_url)
    client.control("POST", "reset", {})
    yield client
    client.close()
