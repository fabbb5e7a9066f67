"""Routes that are found again at once: Django tries one pattern after the other, and a path like an earlier one leads where that did."""

from collections.abc import Sequence
from typing import Any

from django.urls import ResolverMatch, URLPattern, URLResolver
from django.urls.resolvers import RoutePattern

NUMBER = "<int:pk>"
# Any longer one is looked for by Django, which may refuse it.
NUMBER_MAX_DIGITS = 18


class Remembered(URLResolver):
    """All routes of a server. Two kinds are remembered, so that there are never more of them than routes: those without a parameter, and
    those whose only one is the number of a row, `generic/transaction/<int:pk>/`.

    No pattern may lead a path elsewhere by the value of its number, which the tests look after.
    """

    def __init__(self, routes: Sequence[URLPattern | URLResolver]) -> None:
        super().__init__(RoutePattern(""), routes)
        # Apart from each other: a path can be spelt like the route of another.
        self._plain: dict[str, ResolverMatch] = {}
        self._of_rows: dict[str, ResolverMatch] = {}

    def resolve(self, path: str) -> ResolverMatch:
        if (known := self._plain.get(path)) is not None:
            return known
        route, number = _numbered(path)
        if number is not None and (known := self._of_rows.get(route)) is not None:
            return _of_row(known, int(number))
        found = super().resolve(path)
        # What Django has tried before; it is told where nothing was found.
        found.tried = None
        if number is not None and found.route == route:
            self._of_rows[route] = found
        elif number is None and found.route == path:
            self._plain[path] = found
        return found


def _numbered(path: str) -> tuple[str, str | None]:
    """How the route of a path with one number in it is spelt, and that number; of any other the path, and None."""
    parts = path.split("/")
    numbers = [at for at, part in enumerate(parts) if part.isdigit()]
    if len(numbers) != 1:
        return path, None
    number, parts[numbers[0]] = parts[numbers[0]], NUMBER
    if not number.isascii() or len(number) > NUMBER_MAX_DIGITS:
        return path, None
    return "/".join(parts), number


def _of_row(known: Any, number: int) -> ResolverMatch:
    return ResolverMatch(
        known.func,
        known.args,
        {"pk": number} | known.extra_kwargs,
        known.url_name,
        known.app_names,
        known.namespaces,
        known.route,
        captured_kwargs={"pk": number},
        extra_kwargs=known.extra_kwargs,
    )
