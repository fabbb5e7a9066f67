"""A path that is remembered leads where Django leads it, with each number."""

import re
from typing import Any

import pytest
from django.urls import Resolver404, ResolverMatch, URLPattern, URLResolver, get_resolver, path, re_path
from hypothesis import given
from hypothesis import strategies as st
from tests.web import routes

from solitude import urls
from solitude.web.remembered import NUMBER, Remembered

NUMBERS = (
    "1",
    "7",
    "0",
    "007",
    "999999999999999999",
    "9999999999999999999",
    "9" * 5000,
    "-1",
    "\u0663",
    "\u00b2",
    "1.5",
    "",
)
PIECES = [
    "generic/",
    "transaction/",
    "buyer/",
    "provider/",
    "bango/",
    "product/",
    "refund/",
    "1/",
    "07/",
    "timeline/",
    "x",
    "/",
    NUMBER,
    "docs/",
]


def seen(resolver: URLResolver, target: str) -> Any:
    """What a request is told by its match; None where there is none."""
    try:
        found: ResolverMatch = resolver.resolve(target)
    except Resolver404:
        return None
    return (
        found.func, found.args, found.kwargs, found.url_name, found.app_names, found.namespaces, found.view_name, found.route,
        found.captured_kwargs, found.extra_kwargs,
    )  # fmt: skip


@pytest.fixture(scope="module")
def django_alone() -> URLResolver:
    (all_routes,) = urls.urlpatterns
    return URLResolver(all_routes.pattern, all_routes.urlconf_name)


def test_every_route_is_found_again(django_alone: URLResolver) -> None:
    (remembered,) = urls.urlpatterns
    templates = {re.sub(r"\b999999999\b", "{}", target).lstrip("/") for target in routes.by_path()}
    assert len(templates) > 50
    for template in sorted(templates) * 2:
        for number in NUMBERS:
            for target in (template.format(number), template.format(number).rstrip("/")):
                assert seen(remembered, target) == seen(django_alone, target), target
    # Of each route that can be, there is one.
    assert {*remembered._plain} >= {
        template for template in templates if "{}" not in template and "0000" not in template
    }
    assert {*remembered._of_rows} >= {template.format(NUMBER) for template in templates if template.count("{}") == 1}


@given(st.lists(st.sampled_from(PIECES), max_size=6).map("".join))
def test_any_path_is_found_as_django_finds_it(target: str) -> None:
    (all_routes,) = urls.urlpatterns
    alone = URLResolver(all_routes.pattern, all_routes.urlconf_name)
    for _ in range(2):
        assert seen(all_routes, target) == seen(alone, target)


def test_the_whole_server_resolves_by_them() -> None:
    found = get_resolver("solitude.urls").resolve("/generic/transaction/31/")

    assert found.kwargs == {"pk": 31}
    assert found.route == "generic/transaction/<int:pk>/"


def test_a_path_spelt_like_a_route_is_no_path_of_a_row() -> None:
    (all_routes,) = urls.urlpatterns
    assert seen(all_routes, "generic/transaction/7/") is not None
    assert seen(all_routes, "generic/transaction/<int:pk>/") is None


def view(*_: Any, **__: Any) -> Any: ...


@pytest.mark.parametrize(
    "route",
    [
        path("a/<str:name>/", view),
        path("a/<int:other>/", view),
        path("a/<int:pk>/<int:second>/", view),
        re_path("^a/", view),
        path("a/<int:pk>/<path:rest>", view),
    ],
)
def test_nothing_else_is_remembered(route: URLPattern) -> None:
    some = Remembered([route])
    for number in range(20):
        for target in (f"a/{number}/", f"a/{number}/{number}/", f"a/b{number}/", f"a/{number}/x{number}"):
            assert seen(some, target) == seen(URLResolver(some.pattern, [route]), target)

    assert not some._plain
    assert not some._of_rows


def test_what_is_remembered_is_as_much_as_there_are_routes() -> None:
    some = Remembered([path("a/", view), path("a/<int:pk>/", view, {"more": 1}), path("a/<int:pk>/b/", view)])
    for number in range(50):
        for target in ("a/", f"a/{number}/", f"a/{number}/b/"):
            assert seen(some, target) == seen(URLResolver(some.pattern, some.url_patterns), target)

    assert len(some._plain) + len(some._of_rows) == 3
