import socket

import pytest
from tests.support import free_port as module
from tests.support.free_port import HIGHEST, LOWEST, free_port


def test_a_server_can_listen_on_a_free_port() -> None:
    with socket.create_server(("127.0.0.1", free_port())) as server:
        socket.create_connection(server.getsockname(), timeout=5).close()


def test_the_port_is_outside_of_the_range_for_outgoing_connections() -> None:
    assert all(LOWEST <= free_port() < HIGHEST <= 32_768 for _ in range(50))


def test_a_port_that_is_taken_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", free_port())) as server:
        taken = server.getsockname()[1]
        monkeypatch.setattr(module, "LOWEST", taken)
        monkeypatch.setattr(module, "HIGHEST", taken + 1)

        with pytest.raises(OSError, match="no free port"):
            free_port()
