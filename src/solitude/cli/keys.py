"""`keys`: the key ring: what it holds and who uses it, and the steps in which keys change."""

import argparse
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import start

if TYPE_CHECKING:
    from solitude.vault.keyring import KeyRing

LOOK_EVERY_S = 0.5
# To count is to look at every row.
COUNT_EVERY_S = 3
PERCENT_EVERY_S = 5
# Whose keys PINs are kept under: of hashes those of a time without a pepper.
PIN_PURPOSES = ("pepper", "hashes")


def take(commands: Any) -> None:
    keys = commands.add_parser("keys", help="the key ring: keys, who uses them, and their change").add_subparsers(
        required=True, metavar="ACTION"
    )
    making = keys.add_parser("new", help="makes a key ring for production, in a file that is not there yet")
    making.add_argument("file", metavar="FILE")
    making.set_defaults(run=_new)
    listing = keys.add_parser("list", help="the keys, how many rows use each, and which process has which ring")
    listing.set_defaults(run=_told(_list))
    adding = keys.add_parser("add", help="a new key, known to all before anything is made with it")
    _about(adding)
    adding.add_argument("--id", metavar="ID", help="its id; one is given otherwise")
    adding.add_argument("--allow", metavar="PATTERN", action="append", help="of a new client: what it may call")
    adding.set_defaults(run=_told(_add))
    rotating = keys.add_parser("rotate", help="makes a key current, once every process knows it")
    _about(rotating)
    rotating.add_argument("--to", metavar="ID", help="needed where there are several that are not current")
    rotating.add_argument("--force", action="store_true", help="does not ask what the processes know")
    rotating.add_argument("--wait-s", metavar="SECONDS", type=int, default=0, help="how long to wait for the processes")
    rotating.add_argument(
        "--now", action="store_true", help="brings the rows under the new key here, as the workers do"
    )
    rotating.set_defaults(run=_told(_rotate))
    retiring = keys.add_parser("retire", help="takes a key out of the ring, once nothing uses it")
    _about(retiring)
    retiring.add_argument("id", metavar="ID")
    retiring.add_argument(
        "--wait-s", metavar="SECONDS", type=int, default=0, help="how long to wait until nothing does"
    )
    retiring.add_argument(
        "--unused-for-s", metavar="SECONDS", type=int, default=86_400, help="of a shared secret: a day"
    )
    retiring.add_argument("--reset-pins", action="store_true", help="forgets the PINs that are left under the key")
    retiring.set_defaults(run=_told(_retire))
    showing = keys.add_parser(
        "show", help="prints a secret that is shared with a client or a provider, to hand it over"
    )
    _about(showing)
    showing.add_argument("id", metavar="ID")
    showing.set_defaults(run=_told(_show))
    upgrading = keys.add_parser("upgrade", help="writes a key ring of version 1 as one of version 2")
    upgrading.set_defaults(run=_told(_upgrade))


def _about(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("purpose", metavar="PURPOSE", help="fields, hashes, pepper, seals, clients or notifications")
    parser.add_argument("--of", metavar="NAME", help="the client or provider, for clients and notifications")


def _told(run: Callable[[argparse.Namespace], int]) -> Callable[[argparse.Namespace], int]:
    """The command with Django behind it."""

    def told(chosen: argparse.Namespace) -> int:
        start.set_up_logs(start.set_up())
        if start.is_behind():
            return start.NOT_MIGRATED
        return run(chosen)

    return told


def _new(chosen: argparse.Namespace) -> int:
    """Needs neither settings nor a database: it is the first thing that is made."""
    from solitude.vault import ring_file

    ring_file.make(Path(chosen.file))
    _say(f"{chosen.file} is a new key ring. Back it up before it is used: what is sealed with a lost one is lost.")
    return 0


def _list(_chosen: argparse.Namespace) -> int:
    from solitude.vault import ring_document, sources
    from solitude.vault.keyring import NUMBERED, PARTIES
    from solitude.vault.processes import live, named

    ring = sources.chosen().read()
    for purpose in NUMBERED:
        _print_keys(purpose, ring, _rows(purpose))
    for purpose in PARTIES:
        for party, secrets in ring.parties(purpose).items():
            for key_id, _ in secrets.in_order:
                _print_key(f"{purpose}:{party}", key_id, secrets, _last_used(f"{purpose}:{party}", key_id))
    for one in ring.retired:
        print(f"{one.purpose}\t{one.id}\tretired\tsince {one.at}")
    digest = ring_document.digest(ring)
    print(f"ring {digest}")
    for process in live():
        print(f"{named(process)}\t{'has it' if process.digest == digest else f'has {process.digest}'}")
    return 0


def _add(chosen: argparse.Namespace) -> int:
    from solitude.vault import edits

    made: list[str] = []

    def edit(ring: "KeyRing") -> "KeyRing":
        if chosen.purpose == "clients" and chosen.of:
            _refuse_third(ring, chosen.of)
        allow = tuple(chosen.allow) if chosen.allow else None
        changed, key_id = edits.add(ring, chosen.purpose, chosen.of, chosen.id, allow)
        made.append(key_id)
        return changed

    changed = _store(edit)
    named = edits.kind(chosen.purpose, chosen.of)
    _event("Key added", named, made[-1])
    if chosen.of and edits.known(changed, chosen.purpose, chosen.of).current == made[-1]:
        _say(f"{named}: {made[-1]} is the first, and current.")
        return 0
    _say(
        f"{named}: {made[-1]} is known. Next, once every process has it: solitude keys rotate {chosen.purpose}{_of(chosen)}"
    )
    return 0


def _rotate(chosen: argparse.Namespace) -> int:
    from solitude.vault import edits, sources
    from solitude.vault.keyring import NUMBERED
    from solitude.vault.keys import KeyRingError

    ring = sources.chosen().read()
    named = edits.kind(chosen.purpose, chosen.of)
    keys = edits.known(ring, chosen.purpose, chosen.of)
    ids = ring.own_ids(chosen.purpose) if chosen.purpose in NUMBERED else tuple(keys.by_id)
    target = chosen.to or (keys.current if chosen.now else _other(keys.current, ids))
    if target != keys.current:
        if chosen.now and not isinstance(sources.chosen(), sources.File):
            raise KeyRingError(
                "--now needs the new key ring where it comes from: rotate without it, store what is printed, and rotate with --now alone"
            )
        if not chosen.force and not _have_it(ring, chosen.wait_s):
            return start.NOT_DONE
        _store(lambda found: edits.make_current(found, chosen.purpose, chosen.of, target))
        _event("Key made current", named, target)
        _say(f"{named}: {target} is current.")
    if chosen.now:
        return _renew_here()
    if chosen.purpose in NUMBERED:
        _say(f"The workers bring the rows under it: {_percent()} percent. See: solitude keys list")
    return 0


def _retire(chosen: argparse.Namespace) -> int:
    from solitude.vault import edits, sources
    from solitude.vault.keyring import PARTIES
    from solitude.vault.keys import KeyRingError

    if chosen.reset_pins and chosen.purpose not in PIN_PURPOSES:
        # Another purpose may have a key of the same id, and these PINs are none of its.
        raise KeyRingError(f"--reset-pins goes with {' or '.join(PIN_PURPOSES)} alone")
    ring = sources.chosen().read()
    named = edits.kind(chosen.purpose, chosen.of)
    edits.retire(ring, chosen.purpose, chosen.of, chosen.id)  # whether it could be
    deadline = time.monotonic() + chosen.wait_s
    if not _have_it(ring, chosen.wait_s):
        return start.NOT_DONE
    if chosen.reset_pins:
        from solitude.buyers.forgetting import forget_pins_of

        _event("PINs forgotten", named, chosen.id)
        _say(f"{forget_pins_of(chosen.id)} buyers must choose a new PIN.")
    is_used = _is_in_use_by_party if chosen.purpose in PARTIES else _is_in_use
    while is_used(chosen, tell=(is_last := time.monotonic() >= deadline)):
        if is_last:
            return start.NOT_DONE
        time.sleep(COUNT_EVERY_S)
    _store(lambda found: edits.retire(found, chosen.purpose, chosen.of, chosen.id))
    _event("Key retired", named, chosen.id)
    _say(f"{named}: {chosen.id} is retired.")
    return 0


def _show(chosen: argparse.Namespace) -> int:
    from solitude.vault import edits, sources
    from solitude.vault.keyring import PARTIES
    from solitude.vault.keys import KeyRingError

    named = edits.kind(chosen.purpose, chosen.of)
    if chosen.purpose not in PARTIES:
        raise KeyRingError("only what is shared with a client or a provider is shown: nobody else needs the other keys")
    found = edits.known(sources.chosen().read(), chosen.purpose, chosen.of).by_id.get(chosen.id)
    if found is None:
        raise KeyRingError(f"{named} has no key {chosen.id!r}")
    _event("Secret shown to an operator", named, chosen.id)
    print(found.decode())
    return 0


def _upgrade(_chosen: argparse.Namespace) -> int:
    _store(lambda ring: ring)
    _say("The key ring is one of version 2.")
    return 0


def _store(edit: Callable[["KeyRing"], "KeyRing"]) -> "KeyRing":
    """Changes the file; a ring from elsewhere is printed, for the operator to put there."""
    from solitude.vault import ring_document, ring_file, sources

    source = sources.chosen()
    ring = source.read()  # in development it is made
    if isinstance(source, sources.File):
        return ring_file.change(source.path, edit)
    changed = edit(ring)
    print(ring_document.written(changed), end="")
    _say(
        "This key ring is now to be stored where it comes from. Processes take it when they are started, or by SIGHUP."
    )
    return changed


def _say(sentence: str) -> None:
    """On standard error, because a key ring may stand on the other."""
    print(sentence, file=sys.stderr, flush=True)


def _event(what: str, purpose: str, key_id: str) -> None:
    from solitude.telemetry import cef
    from solitude.telemetry.logs import get_logger

    get_logger("solitude.vault").info("key_operation", operation=what, purpose=purpose, key_id=key_id)
    named = {"cs6Label": "purpose", "cs6": purpose, "cs7Label": "key", "cs7": key_id}
    cef.event(what, 2, request={"client": "operator"}, extra=named)


def _have_it(ring: "KeyRing", wait_s: int) -> bool:
    """Whether every process has this ring and has had it long enough; says which have not."""
    from django.conf import settings

    from solitude.vault import processes, ring_document

    digest, deadline = ring_document.digest(ring), time.monotonic() + wait_s
    while behind := processes.behind(digest, settings.SOLITUDE_KEYS_SETTLE_S):
        if time.monotonic() >= deadline:
            _say("Not yet: " + "; ".join(behind) + ".")
            return False
        time.sleep(LOOK_EVERY_S)
    return True


def _is_in_use(chosen: argparse.Namespace, *, tell: bool) -> bool:
    from solitude.vault import renewing, usage

    looked = _looked()
    # How much there is costs a look at every row, and is wanted once, at the end.
    found = usage.of_key(chosen.purpose, chosen.id, looked) if tell else {}
    if not found and (tell or not usage.is_used(chosen.purpose, chosen.id, looked)):
        return False
    # Something was written under it after the pass that should have been the last.
    renewing.begin_again(chosen.purpose)
    if tell:
        _say(f"{chosen.purpose}: {chosen.id} is still used by {_counts(found)}.")
    return True


def _looked() -> Callable[[str, int], None]:
    """Says every few seconds how far the count is: of millions of rows it takes a while."""
    said_at = time.monotonic()

    def told(place: str, rows: int) -> None:
        nonlocal said_at
        if time.monotonic() - said_at >= COUNT_EVERY_S:
            said_at = time.monotonic()
            _say(f"Looked at {rows} rows of {place}.")

    return told


def _is_in_use_by_party(chosen: argparse.Namespace, *, tell: bool) -> bool:
    from datetime import timedelta

    from django.db.models.functions import Now

    from solitude.vault.models import SecretUse

    lately = SecretUse.objects.filter(
        purpose=f"{chosen.purpose}:{chosen.of}",
        key_id=chosen.id,
        last_used__gt=Now() - timedelta(seconds=chosen.unused_for_s),
    )
    found = lately.first()
    if found is not None and tell:
        _say(f"{chosen.purpose}:{chosen.of}: {chosen.id} was last used at {found.last_used:%Y-%m-%dT%H:%M:%SZ}.")
    return found is not None


def _renew_here() -> int:
    from django.conf import settings

    from solitude.vault import holding, processes, renewing

    holding.look()
    told_at = 0.0
    while True:
        if waiting := processes.behind(holding.held().digest, 0):
            if time.monotonic() >= told_at:
                _say("Waiting: " + "; ".join(waiting) + ".")
        elif not renewing.run_some(settings.SOLITUDE_ROTATION_ROWS_PER_S):
            break
        if time.monotonic() >= told_at:
            _say(f"{_percent()} percent")
            told_at = time.monotonic() + PERCENT_EVERY_S
        time.sleep(LOOK_EVERY_S)
    _say("100 percent")
    return 0


def _percent() -> int:
    from solitude.vault import holding, renewing

    holding.look()
    return renewing.progress_percent()


def _other(current: str, ids: tuple[str, ...]) -> str:
    from solitude.vault.keys import KeyRingError

    others = [key_id for key_id in ids if key_id != current]
    if len(others) != 1:
        raise KeyRingError(
            f"name one with --to: {', '.join(others)}" if others else "there is no other key: add one first"
        )
    return others[0]


def _refuse_third(ring: "KeyRing", key: str) -> None:
    """A client has two secrets at once, wherever they stand."""
    from django.conf import settings

    from solitude.vault.keys import SECRETS_MAX, KeyRingError

    given = settings.SOLITUDE_CLIENTS.get(key)
    of_ring = ring.clients.get(key)
    if given and len(given.secrets) + (len(of_ring.by_id) if of_ring else 0) >= SECRETS_MAX:
        raise KeyRingError(f"{key!r} has {SECRETS_MAX} secrets already, with those of SOLITUDE_CLIENTS")


def _rows(purpose: str) -> dict[str, dict[str, int]]:
    from solitude.vault import usage

    counted = usage.by_key(purpose, _looked())
    if purpose == "hashes":
        # PINs of a time without a pepper.
        for key_id, places in usage.by_key("pepper", _looked()).items():
            counted.setdefault(key_id, {}).update(places)
    return counted


def _print_keys(purpose: str, ring: "KeyRing", rows: Mapping[str, Mapping[str, int]]) -> None:
    keys = ring.of(purpose)
    for key_id in ring.own_ids(purpose):
        _print_key(purpose, key_id, keys, _counts(rows.get(key_id, {})) or "no rows")
    if purpose == "pepper" and keys.current not in ring.own_ids(purpose):
        print(f"pepper\t{keys.current}\tcurrent\tof hashes")


def _print_key(purpose: str, key_id: str, keys: Any, used: str) -> None:
    is_current = key_id == keys.current
    since = (keys.current_since if is_current else None) or keys.added.get(key_id) or "its making"
    print(f"{purpose}\t{key_id}\t{'current' if is_current else 'known'}\tsince {since}\t{used}")


def _last_used(purpose: str, key_id: str) -> str:
    from solitude.vault.models import SecretUse

    found = SecretUse.objects.filter(purpose=purpose, key_id=key_id).first()
    return f"last used {found.last_used:%Y-%m-%dT%H:%M:%SZ}" if found else "never used"


def _counts(found: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {place}" for place, count in sorted(found.items()))


def _of(chosen: argparse.Namespace) -> str:
    return f" --of {chosen.of}" if chosen.of else ""
