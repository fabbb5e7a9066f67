"""What the server's environment holds cannot be reached from a request."""

import json
import sys
from pathlib import Path
from subprocess import Popen

import urllib3

from tests.support.environment import CLIENTS
from tests.support.free_port import free_port
from tests.support.processes import wait_for

SERVED = """
import json, os
import solitude.wsgi
seen = {}
inner = solitude.wsgi._application
def spy(environ, start_response):
    seen.clear()
    seen.update({"request": {str(k): str(v) for k, v in environ.items()}, "process": dict(os.environ)})
    return inner(environ, start_response)
solitude.wsgi._application = spy
def application(environ, start_response):
    b"".join(solitude.wsgi.application(environ, start_response))
    body = json.dumps({"raw": sorted(environ), **seen}).encode()
    start = [("Content-Length", str(len(body)))]
    return ([body] if start_response("200 OK", start) is None or True else [])
"""


def test_no_setting_is_reachable_from_a_request(tmp_path: Path) -> None:
    """Under granian, which puts the whole process environment into every request."""
    (tmp_path / "served.py").write_text(SERVED)
    port = free_port()
    environment = {
        "PYTHONPATH": str(tmp_path),
        "PATH": "/usr/bin:/bin",
        "SOLITUDE_DEBUG": "true",
        "SOLITUDE_HOME": str(tmp_path / "home"),
        "SOLITUDE_CLIENTS": json.dumps({"marketplace": CLIENTS["marketplace"]}),
        "SOLITUDE_PAYPAL_CLIENT_SECRET": "the-secret-that-nobody-may-see",
        "ANOTHER_SECRET": "not-ours-and-not-for-requests",
    }
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port), "served:application"]
    process = Popen(command, env=environment, cwd=tmp_path)
    try:
        wait_for(f"http://127.0.0.1:{port}/")
        answer = urllib3.PoolManager().request("GET", f"http://127.0.0.1:{port}/services/status/")
    finally:
        process.terminate()
        process.wait(10)
    seen = answer.json()
    assert seen["request"]["PATH_INFO"] == "/services/status/"
    assert not [name for name in (*seen["request"], *seen["process"]) if name.startswith("SOLITUDE_")]
    told = json.dumps([seen["request"], seen["process"]])
    assert "the-secret-that-nobody-may-see" not in told
    assert CLIENTS["marketplace"] not in told  # type: ignore[operator]  # this one is a text
    assert "not-ours-and-not-for-requests" not in json.dumps(seen["request"])
    # That there is something to keep out: the server does put the environment there.
    assert "ANOTHER_SECRET" in seen["raw"]
