"""Name-value pairs, the form in which the classic interface speaks: `receiverList.receiver(0).email=a%40b.example`.

Keys are not escaped, values are; lists have their index in brackets.
"""

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import parse_qsl, quote_plus

PAIRS_LIMIT = 1_000

Tree = Mapping[str, "str | Tree | Sequence[str | Tree]"]


def read(content: bytes) -> dict[str, str]:
    """The pairs of a request body; of a repeated key the last. ValueError if it is not such a body."""
    pairs = parse_qsl(content.decode(), keep_blank_values=True, errors="strict", max_num_fields=PAIRS_LIMIT)
    return dict(pairs)


def write(tree: Tree) -> str:
    """The text of an answer."""
    return "&".join(f"{key}={quote_plus(value)}" for key, value in flat(tree))


def flat(tree: Tree, before: str = "") -> Iterator[tuple[str, str]]:
    """Key and value of each leaf, in order."""
    for name, value in tree.items():
        if isinstance(value, str):
            yield before + name, value
        elif isinstance(value, Mapping):
            yield from flat(value, f"{before}{name}.")
        else:
            yield from _items(f"{before}{name}", value)


def _items(name: str, values: "Sequence[str | Tree]") -> Iterator[tuple[str, str]]:
    for index, value in enumerate(values):
        if isinstance(value, str):
            yield f"{name}({index})", value
        else:
            yield from flat(value, f"{name}({index}).")
