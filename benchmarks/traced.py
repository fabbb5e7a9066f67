"""A server of one thread on SQLite that writes down every statement, in the form of PostgreSQL's log.

It runs the application of `solitude serve`, with the settings in its environment: python -m benchmarks.traced PORT FILE. SQLite itself
tells what it is asked, with the values in it, so that what Django does on its own account (BEGIN, COMMIT) is there as well.
"""

import json
import os
import sys
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server


class Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        """Nothing: the statements are all that is wanted."""


def main(port: int, file: str) -> int:
    from django.db.backends.signals import connection_created

    from solitude.wsgi import application

    with open(file, "a", buffering=1) as log:  # noqa: PTH123 - a line at a time, beside the marks of the parent

        def write(sql: str) -> None:
            log.write(json.dumps({"pid": os.getpid(), "message": f"statement: {sql}"}) + "\n")

        def watch(connection: Any, **_: Any) -> None:
            connection.connection.set_trace_callback(write)

        connection_created.connect(watch, weak=False)
        with make_server("127.0.0.1", port, application, handler_class=Quiet) as server:
            server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2]))
