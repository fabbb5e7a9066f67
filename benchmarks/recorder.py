"""Has a server do a few units of each scenario, one at a time, while its database writes down what it is asked."""

import time
from collections.abc import Sequence

from benchmarks import recording
from benchmarks.generator import Generator, Order
from benchmarks.load import LoadError
from benchmarks.places import Database
from benchmarks.recording import Recording
from benchmarks.shop import Materials

# As many as customers of pgbench, so that these wait for one another's rows as rarely as those of the scenario.
UNITS = 16
# First requests do more: connections are opened, tokens fetched, tables swept that nobody swept for a while.
WARM = 4
LOG_WITHIN_S = 20


def record(
    database: Database, materials: Materials, names: Sequence[str], units: int = UNITS
) -> dict[str, list[Recording]]:
    """The usual recordings of each scenario. Raises LoadError when units fail or none was recorded."""
    number = 0
    for name in names:
        for place in range(-WARM, units):
            number += 1
            database.ask(recording.mark(name if place >= 0 else f"before {name}"))
            said = Generator(Order(name, materials.as_json(), 0.0, 1, None, 0, number)).once()
            if said["failed"]:
                raise LoadError(f"{name}: {said['errors']}")
    database.ask(recording.mark(END))
    all_units = recording.units(recording.statements(_log(database)))
    found = {name: recording.usual([unit for unit in all_units if unit.label == name]) for name in names}
    for name, usual in found.items():
        if len(usual) * 2 < units:
            raise LoadError(f"{name}: only {len(usual)} of {units} recorded units are alike")
    return found


END = "end"


def _log(database: Database) -> list[str]:
    """The whole log, once its writer has caught up with our last mark."""
    deadline = time.monotonic() + LOG_WITHIN_S
    while time.monotonic() < deadline:
        lines = database.said.read_text(errors="replace").splitlines()
        if any(f"{recording.MARK} {END}'" in line for line in lines[-50:]):
            return lines
        time.sleep(0.05)
    raise LoadError("the database's log does not catch up")
