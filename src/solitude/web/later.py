"""Routes that are imported when the first request for one of them comes."""

from collections.abc import Callable
from functools import cached_property

from django.urls import Resolver404, ResolverMatch, URLPattern, URLResolver
from django.urls.resolvers import RoutePattern
from ninja import NinjaAPI


class Later(URLResolver):
    """What `make` gives has its paths below one of `below`. Two requests at once may both make it; then either is right."""

    def __init__(self, below: tuple[str, ...], make: Callable[[], NinjaAPI]) -> None:
        super().__init__(RoutePattern(""), [])
        self._below, self._make = below, make

    def resolve(self, path: str) -> ResolverMatch:
        if not path.startswith(self._below):
            raise Resolver404({"tried": [[self]], "path": path})
        return super().resolve(path)

    @cached_property
    def url_patterns(self) -> list[URLPattern | URLResolver]:
        routers = self._make()._get_bound_routers()
        return [found for router in routers for found in router.urls_paths(router.prefix)]
