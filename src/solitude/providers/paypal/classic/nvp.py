"""Name-value pairs: how the classic interface writes its requests and answers.

A request is a tree of objects and lists: `{"receiverList": {"receiver": [{"email": "a@b.example"}]}}` is the pair
`receiverList.receiver(0).email=a%40b.example`. PayPal wants the pairs sorted, the names as they are, and the values escaped.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, quote

# One that has more is no answer of PayPal's: six receivers have less than a hundred.
PAIRS_MAX = 1000
# Names that are numbered count from 0: this is further than any list goes.
LIST_MAX = 100

Tree = Mapping[str, Any]


def encode(tree: Tree) -> bytes:
    pairs = sorted(_pairs(tree))
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in pairs).encode()


def decode(body: bytes) -> dict[str, str]:
    """The pairs of an answer. Raises ValueError where there are none, too many, or two of one name."""
    pairs = parse_qsl(
        body.decode(), keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=PAIRS_MAX
    )
    found = dict(pairs)
    if not found or len(found) != len(pairs):
        raise ValueError("no pairs, or a name that stands twice")
    return found


def items(pairs: Mapping[str, str], name: str) -> list[dict[str, str]]:
    """The objects of a list: of `refundInfoList.refundInfo`, what stands under `refundInfoList.refundInfo(0).` and so on."""
    found = []
    for place in range(LIST_MAX):
        start = f"{name}({place})."
        item = {key.removeprefix(start): value for key, value in pairs.items() if key.startswith(start)}
        if not item:
            break
        found.append(item)
    return found


def tree(pairs: Mapping[str, str]) -> dict[str, Any]:
    """The pairs as nested objects, so that the call log can judge each by its last name."""
    root: dict[str, Any] = {}
    for name, value in pairs.items():
        *way, last = name.split(".")
        place = root
        for step in way:
            inner = place.setdefault(step, {})
            place = inner if isinstance(inner, dict) else place
        place[last] = value
    return root


def _pairs(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    match value:
        case Mapping():
            for key, inner in value.items():
                yield from _pairs(inner, f"{name}.{key}" if name else key)
        case str():
            yield name, value
        case Sequence():
            for place, inner in enumerate(value):
                yield from _pairs(inner, f"{name}({place})")
        case _:
            raise TypeError(f"{name} is neither a text nor made of texts")
