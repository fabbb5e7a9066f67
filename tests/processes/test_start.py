"""What a server imports and holds before it serves: nothing of a provider that it does not use."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from solitude.audit import watching
from solitude.urls import description

# What `solitude serve` does until it makes its processes, and what a request for an unused provider's route adds.
STARTED = """
import gc, json, sys, threading
from solitude.cli import start
start.set_up()
start.is_behind()
from solitude import server
server._import_all()
before = sorted(sys.modules)
from django.db import connection
threads, is_connected, frozen = threading.active_count(), connection.connection is not None, gc.get_freeze_count()
from django.urls import resolve
from solitude.audit import watching
from solitude.urls import description
routes = [resolve(path).route for path in sys.argv[1:]]
after, watched = sorted(sys.modules), sorted(watching._routes)
print(json.dumps({"before": before, "after": after, "routes": routes, "watched": watched, "paths": sorted(description()["paths"]),
    "threads": threads, "is_connected": is_connected, "frozen": frozen}))
"""
PROVIDERS = ("bango", "braintree", "paypal", "reference")
# Of a provider that is not used there are its tables, and what keeps, shows, forgets and routes by them.
KEPT = {
    "bango": "apps checked configured countries models names offers records signature turns way",
    "braintree": (
        "apps cards closing command configured holdings models names reading requests retained selling statuses subscriptions way"
    ),
    "paypal": (
        "apps configured currencies forms forms.allowed_urls forms.form forms.known forms.limits forms.own_form forms.split "
        "forms.wiki_form holdings models names preapprovals records retained sellers sellers.ending sellers.payees uses way"
    ),
    "reference": "apps configured models names offers",
}
# A path of each, its route, and the module that takes it.
ROUTES = {
    "bango": ("/bango/refund/", "bango/refund/", "api.refunds"),
    "braintree": ("/braintree/token/generate/", "braintree/token/generate/", "api.customers"),
    "paypal": ("/paypal/pay/", "paypal/pay/", "api.payments"),
    "reference": ("/provider/shop/notices/", "provider/<name>/notices/", "api.notices"),
}
SDKS = {"braintree", "zeep", "lxml", "requests"}
MODULES_MAX, MODULES_UNUSED_MAX = 1_500, 1_340


def started(home: Path, *paths: str, **settings: str) -> dict[str, Any]:
    bare = {name: value for name, value in os.environ.items() if not name.startswith("SOLITUDE_")}
    process = subprocess.run(
        [sys.executable, "-c", STARTED, *paths],
        env=bare | {"SOLITUDE_HOME": str(home), "SOLITUDE_ENV_FILE": "", "SOLITUDE_PROVIDERS": ""} | settings,
        cwd=home,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    found: dict[str, Any] = json.loads(process.stdout.splitlines()[-1])
    return found


def of_provider(name: str, modules: list[str]) -> list[str]:
    root = f"solitude.providers.{name}."
    return [module.removeprefix(root) for module in modules if module.startswith(root) and ".migrations" not in module]


@pytest.fixture(scope="module")
def unused(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A server in production that has no provider yet; each is asked for one route."""
    return started(tmp_path_factory.mktemp("home"), *(path for path, _, _ in ROUTES.values()))


@pytest.mark.parametrize("name", PROVIDERS)
def test_of_a_provider_that_is_not_used_there_is_what_it_keeps(unused: dict[str, Any], name: str) -> None:
    assert of_provider(name, unused["before"]) == KEPT[name].split()


def test_there_is_no_sdk_and_no_client(unused: dict[str, Any]) -> None:
    modules = unused["before"]
    assert not SDKS & {module.partition(".")[0] for module in modules}
    assert [module for module in modules if module.startswith("solitude.client")] == []
    assert len(modules) <= MODULES_UNUSED_MAX


@pytest.mark.parametrize("name", PROVIDERS)
def test_its_routes_come_with_the_first_request_for_one(unused: dict[str, Any], name: str) -> None:
    _, route, module = ROUTES[name]
    assert unused["routes"][list(ROUTES).index(name)] == route
    assert module in of_provider(name, unused["after"])


def test_who_sees_personal_data_by_them_is_written_down_too(unused: dict[str, Any]) -> None:
    # What is described is asked for by now: all routes are there.
    assert description()
    assert unused["watched"] == sorted(map(list, watching._routes))


def test_it_is_described_as_if_it_were_used(unused: dict[str, Any]) -> None:
    assert unused["paths"] == sorted(description()["paths"])


def test_one_that_is_used_is_there_before_its_first_payment_and_alone(tmp_path: Path) -> None:
    found = started(tmp_path, SOLITUDE_BANGO_USER="us", SOLITUDE_BANGO_PASSWORD="never-shown")
    assert {"api.payments", "provider", "soap.wire"} <= set(of_provider("bango", found["before"]))
    for name in set(PROVIDERS) - {"bango"}:
        assert of_provider(name, found["before"]) == KEPT[name].split()


def test_a_process_can_be_forked_from_one_that_has_imported_all(tmp_path: Path) -> None:
    """Nothing that two processes must not have together, and what they have together stays so."""
    found = started(tmp_path, SOLITUDE_DEBUG="true")
    assert (found["threads"], found["is_connected"]) == (1, False)
    assert len(found["before"]) <= MODULES_MAX
    # What was imported is out of the collector's sight.
    assert found["frozen"] > 100_000
