"""`python -m solitude_sandbox [--host 127.0.0.1] [--port 2680]`."""

import argparse

from solitude_sandbox import serve

DEFAULT_PORT = 2680


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m solitude_sandbox", description="Simulators of payment providers.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="0 takes a free one (default: %(default)s)")
    options = parser.parse_args()
    try:
        serve(options.host, options.port)
    except OSError as error:
        parser.exit(1, f"cannot listen on {options.host}:{options.port}: {error.strerror}\n")


if __name__ == "__main__":
    main()
