"""A backup taken while payments run, restored into another folder: what the server that goes on from it knows and finds out."""

import random
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.faults.books import Differences, OurBooks, ProviderBooks, compare
from tests.faults.processes.arena import SETTINGS, answers, has_command
from tests.faults.processes.chance import chance
from tests.faults.processes.clients import Client, Queue
from tests.faults.processes.programs import wait_until
from tests.faults.processes.settling import lasting, ours, settle
from tests.faults.processes.wire import Api
from tests.support.environment import CLIENTS as CLIENT_SECRETS
from tests.support.processes import KEY, House, house, running, solitude
from tests.support.simulator import Simulator

from solitude.client import CursorExpired, Solitude

pytestmark = pytest.mark.long

ENOUGH, CLIENTS, WITHIN_S, READY_WITHIN_S = 25, 6, 60, 120
SEED, NAME = 11, "solitude.sqlite3"
OWN = {name: value for name, value in SETTINGS.items() if name not in ("SOLITUDE_DEBUG", "SOLITUDE_ENV_FILE")}


def test_a_restored_backup_has_what_was_paid_and_finds_out_what_was_open(tmp_path: Path) -> None:
    first, second, copied = tmp_path / "first", tmp_path / "second", tmp_path / "backup.sqlite3"
    for home in (first, second):
        home.mkdir(mode=0o700)
    with house(first, serve=False, **OWN, SOLITUDE_DATABASE_URL=f"sqlite:///{first / NAME}") as ground:
        with serving(ground, first, ground.environment):
            at_backup = back_up_while_payments_run(ground, copied)

        with restored(ground, copied, first, second) as environment:
            api, dice = Api([ground.url], WITHIN_S), chance(SEED, "end")
            settled = settle(api, ground.paypal, dice, WITHIN_S, has_worker=True)
            # What was paid after the backup is known at the provider alone. Nothing else is wrong, and the restoring charged nothing.
            assert (
                lasting(lambda: [one for one in differences(ground.paypal, api, dice) if not one.startswith("lost:")])
                == []
            )
            found, provider = differences(ground.paypal, api, dice), ProviderBooks.from_state(ground.paypal.state())

        assert settled.left == 0
        assert found.lost
        lost_refunds = [sentence for sentence in found.lost if sentence.startswith("refund ")]
        assert len(provider.charges) - (len(found.lost) - len(lost_refunds)) >= at_backup
        if has_command(environment, "audit"):
            command(environment, "audit", "verify")


def test_a_reader_of_the_feed_hears_that_it_was_restored_however_much_has_happened_since(tmp_path: Path) -> None:
    """Its cursor is of events that are gone: what it has told its marketplace nobody knows here."""
    first, second, copied = tmp_path / "first", tmp_path / "second", tmp_path / "backup.sqlite3"
    for home in (first, second):
        home.mkdir(mode=0o700)
    with house(first, serve=False, SOLITUDE_DATABASE_URL=f"sqlite:///{first / NAME}") as ground:
        client = Solitude(ground.url, KEY, CLIENT_SECRETS[KEY])

        def happen(*uuids: str) -> str | None:
            for uuid in uuids:
                client.create_transaction(uuid=uuid)
            return client.events(limit=1000).cursor

        with serving(ground, first, ground.environment):
            kept = happen("kept")
            command(ground.environment, "backup", str(copied))
            gone = happen("gone 1", "gone 2")

        with restored(ground, copied, first, second):
            happen("new 1", "new 2", "new 3")
            with pytest.raises(CursorExpired) as told:
                client.events(gone)
            assert [one.uuid for one in client.iter_events(told.value.oldest)] == ["kept", "new 1", "new 2", "new 3"]
            # Who has seen no more than the backup goes on.
            assert [one.uuid for one in client.iter_events(kept)] == ["new 1", "new 2", "new 3"]


@contextmanager
def serving(ground: House, home: Path, environment: dict[str, str]) -> Iterator[None]:
    with running(home, environment, "serve", "--port", ground.url.rpartition(":")[2]):
        assert wait_until(lambda: answers(f"{ground.url}/services/status/"), READY_WITHIN_S)
        yield


@contextmanager
def restored(ground: House, copied: Path, first: Path, second: Path) -> Iterator[dict[str, str]]:
    """A server that goes on from the backup in the second folder, with the keys of the first; its environment."""
    shutil.copy(first / "keys.json", second)
    environment = ground.environment | {
        "SOLITUDE_HOME": str(second),
        "SOLITUDE_DATABASE_URL": f"sqlite:///{second / NAME}",
    }
    command(environment, "restore", str(copied))
    with serving(ground, second, environment):
        yield environment


def back_up_while_payments_run(ground: House, copied: Path) -> int:
    """How many charges there were for certain when the backup began; more come after it."""
    api, queue = Api([ground.url], WITHIN_S), Queue(None)
    clients = [Client(f"client-{number}", SEED, api, ground.paypal, queue) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    try:
        assert wait_until(lambda: charges(ground.paypal) >= ENOUGH, WITHIN_S)
        before = known(api)
        command(ground.environment, "backup", str(copied))
        after = charges(ground.paypal)
        assert wait_until(lambda: charges(ground.paypal) >= after + 5, WITHIN_S)
    finally:
        queue.close()
        for client in clients:
            client.join(WITHIN_S)
    assert not [client.failure for client in clients if client.failure]
    return before


def differences(paypal: Simulator, api: Api, dice: random.Random) -> Differences:
    """Between the provider's books and ours, one read after the other."""
    provider = ProviderBooks.from_state(paypal.state())
    return compare(provider, OurBooks.from_api(ours(api, dice)), settled=True)


def charges(paypal: Simulator) -> int:
    return len(paypal.state()["captures"])


def known(api: Api) -> int:
    """How many payments are captured in our books."""
    return sum(row["captured_amount"] is not None for row in ours(api, chance(SEED, "before")) if row["type"] == 0)


def command(environment: dict[str, str], *arguments: str) -> None:
    ended = subprocess.run(
        solitude(*arguments), env=environment, capture_output=True, text=True, timeout=WITHIN_S, check=False
    )
    assert ended.returncode == 0, ended.stderr
