"""What a test needs of the machine, with the reason that CI does not expect (tests/support/expected_skips.txt)."""

import pytest

from tests.support.postgres_binaries import account, candidates, is_usable, packaged

needs_postgres = pytest.mark.skipif(
    not (packaged() or any(is_usable(folder, account()) for folder in candidates())),
    reason="no PostgreSQL on this machine: `make postgres` installs one",
)
