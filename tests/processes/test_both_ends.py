"""What Django would do before and after each request is left out, because nothing is left to it: a request has let go of all it had."""

import json
import subprocess
import sys
from pathlib import Path

ASKED = """
import io, json
from django.core.signals import request_finished, request_started
from django.db import connection
from django.urls import get_resolver, get_urlconf
from solitude.wsgi import application

def asked(path):
    environ = {
        "REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": "", "SERVER_NAME": "here", "SERVER_PORT": "80",
        "REMOTE_ADDR": "127.0.0.1", "wsgi.input": io.BytesIO(), "wsgi.url_scheme": "http",
    }
    answer = application(environ, lambda status, headers: statuses.append(status))
    pieces.append(len(answer) if type(answer) is list else None)
    held.append(connection.connection is not None)

statuses, held, pieces, ended = [], [], [], []
request_finished.connect(lambda **_: ended.append(1), weak=False)
for path in ("/services/status/", "/", "/nothing/", "/generic/buyer/"):
    asked(path)
print(json.dumps({
    "statuses": statuses,
    "held": held,
    "pieces": pieces,
    "ended": len(ended),
    "receivers": [f"{one.__module__}.{one.__name__}" for signal in (request_started, request_finished)
                  for one in signal._live_receivers(None)[0] if one.__module__ != "__main__"],
    "same": get_resolver() is get_resolver(get_urlconf()),
}))
"""


def test_a_request_leaves_nothing_behind(tmp_path: Path) -> None:
    environment = {
        "PATH": "/usr/bin:/bin",
        "SOLITUDE_DEBUG": "true",
        "SOLITUDE_HOME": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "solitude.settings",
    }
    done = subprocess.run(
        [sys.executable, "-c", ASKED], env=environment, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    told = json.loads(done.stdout.splitlines()[-1])

    # Whatever another version of Django or a package adds is to be looked at.
    assert told["receivers"] == ["solitude.web.requests.forget"]
    assert [status[:3] for status in told["statuses"]] == ["500", "200", "404", "401"]
    # The server asks a list for nothing more, so the end has come before.
    assert told["pieces"] == [1] * 4
    assert told["ended"] == 4
    # Not even where the database, which has no tables here, was asked.
    assert told["held"] == [False] * 4
    assert told["same"]
