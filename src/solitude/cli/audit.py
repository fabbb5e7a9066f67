"""`audit`: whether what was written is still so, and who read or changed personal data."""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from . import start

HEAD_LINES_MAX = 1_000_000
FINDINGS_MAX = 1_000


def take(commands: Any) -> None:
    audit = commands.add_parser("audit", help="the seals over what was written, and who read or changed personal data")
    which = audit.add_subparsers(required=True, metavar="COMMAND")

    head = which.add_parser("head", help="prints the head of the chain of seals, to be kept elsewhere")
    head.set_defaults(run=_head)

    verify = which.add_parser(
        "verify", help="finds what was changed, removed or inserted; exits with 1 if there is such"
    )
    verify.add_argument(
        "--head",
        type=Path,
        metavar="FILE",
        help="heads that were kept elsewhere: what `audit head` printed, or a CEF log",
    )
    verify.add_argument(
        "--since", type=_moment, metavar="TIME", help="only what was sealed from then on, e.g. 2026-11-01"
    )
    verify.add_argument(
        "--kind", default="", help="only the rows of one kind, e.g. events; the chain is verified whole"
    )
    verify.set_defaults(run=_verify)

    accesses = which.add_parser(
        "accesses", help="who read or changed personal data, as JSON lines in the order of time"
    )
    about = accesses.add_mutually_exclusive_group()
    about.add_argument("--buyer", metavar="UUID", default="", help="about one buyer")
    about.add_argument("--object", metavar="PATH", default="", help="about what has this path, e.g. /generic/buyer/12/")
    accesses.add_argument("--client", metavar="KEY", default="", help="by one client, or system:NAME for an operator")
    accesses.add_argument("--since", type=_moment, metavar="TIME", help="from then on, e.g. 2026-11-01")
    accesses.set_defaults(run=_accesses)


def _head(_chosen: argparse.Namespace) -> int:
    start.set_up()
    if start.is_behind():
        return start.NOT_MIGRATED
    from solitude.audit import chain, heads
    from solitude.web.answers import time_text

    newest = chain.newest()
    if newest is None:
        print("solitude: nothing is sealed yet", file=sys.stderr)
        return start.NOT_DONE
    print(heads.written(newest.number, newest.head, time_text(newest.sealed_at)))
    return 0


def _verify(chosen: argparse.Namespace) -> int:
    """One line for each finding, and one that adds up."""
    start.set_up()
    if start.is_behind():
        return start.NOT_MIGRATED
    from solitude.audit.digests import UNREADABLE
    from solitude.audit.verifying import Verified, Wish, verify

    try:
        wish = Wish(chosen.kind, chosen.since, _heads(chosen.head))
        verified, found = Verified(), 0
        for found, finding in enumerate(verify(wish, verified), 1):  # counted
            print(finding)
            if found == FINDINGS_MAX:
                print("solitude: there may be more; the verification was ended", file=sys.stderr)
                return start.NOT_DONE
    except (LookupError, OSError, *UNREADABLE) as error:
        print(f"solitude: cannot verify: {error}", file=sys.stderr)
        return start.UNUSABLE
    rows = verified.checked
    print(
        f"seals {verified.seals}, rows {rows.whole} (truncated {rows.truncated}, open {rows.still_open}), "
        f"removed by retention {rows.removed}, not sealed yet {verified.unsealed}, findings {found}"
    )
    if verified.head:
        print(f"head {verified.length} {verified.head}")
    return start.NOT_DONE if found else 0


def _accesses(chosen: argparse.Namespace) -> int:
    """Asking about one buyer is an access too, and is the last line."""
    start.set_up()
    if start.is_behind():
        return start.NOT_MIGRATED
    from solitude.audit import accesses, reports

    paths = [chosen.object] if chosen.object else []
    if chosen.buyer:
        paths = _paths_of(chosen.buyer)
        if not paths:
            print(
                "solitude: there is no such buyer; one who was erased is found by --object /generic/buyer/PK/",
                file=sys.stderr,
            )
            return start.NOT_DONE
    accesses.by_operator(accesses.Does.READ, "accesses", "solitude audit accesses", paths)
    for row in reports.accesses(reports.Asked(paths, chosen.client, chosen.since)):
        print(json.dumps(reports.shown(row)))
    return 0


def _paths_of(buyer_uuid: str) -> list[str]:
    """Where a buyer is found, and what providers keep of the buyer."""
    from solitude.buyers.models import Buyer
    from solitude.providers.braintree.models import BuyerBraintree
    from solitude.providers.paypal.models import BuyerPaypal

    buyer = Buyer.objects.filter(uuid=buyer_uuid).first()
    if buyer is None:
        return []
    of_paypal = [row.resource_uri for row in BuyerPaypal.objects.filter(buyer=buyer)]
    return [buyer.resource_uri, *of_paypal, *(row.resource_uri for row in BuyerBraintree.objects.filter(buyer=buyer))]


def _heads(file: Path | None) -> Mapping[int, str]:
    if file is None:
        return {}
    from solitude.audit import heads

    with file.open(encoding="utf-8", errors="replace") as lines:
        return heads.read(_so_many(lines))


def _so_many(lines: Iterator[str]) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        if number > HEAD_LINES_MAX:
            raise ValueError(f"the file of heads has more than {HEAD_LINES_MAX} lines")
        yield line


def _moment(text: str) -> datetime:
    """A day, or a moment; in UTC where nothing else is said."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
