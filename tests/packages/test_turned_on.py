"""A provider in a package of its own is on where the settings name it; what cannot be turned on stops the start with a sentence."""

import json
from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from tests.configuration.starting import PRODUCTION, settings_of
from tests.packages import packaged
from tests.support import installed

from solitude import packages
from solitude.configuration import ConfigurationError

SETTING = "SOLITUDE_PROVIDERS"
DEVELOPMENT = {"SOLITUDE_DEBUG": "true", "SOLITUDE_ENV_FILE": ""}
ACME = PRODUCTION | {SETTING: "acme", "SOLITUDE_ACME_TOKEN": "drawn-for-the-tests-only"}
_numbers = count(1)
Install = Callable[..., str]


@pytest.fixture(autouse=True)
def installed_here_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the developer has installed is not there."""

    def of_this_test(group: str) -> list[EntryPoint]:
        found = [(point, point.dist) for point in entry_points(group=group)]
        return [point for point, of in found if of and Path(str(of.locate_file(""))).is_relative_to(tmp_path)]

    monkeypatch.setattr(packages, "entry_points", of_this_test)


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The example is installed."""
    for place in installed.as_if(installed.EXAMPLE, tmp_path / "metadata").split(":"):
        monkeypatch.syspath_prepend(place)


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Installs a package that says that it is a provider of this name; its module."""

    def install(name: str, **more: Any) -> str:
        # Python remembers modules by their names.
        module = f"package_of_tests_{next(_numbers)}"
        root = packaged.write(tmp_path, module, name, **more)
        for place in installed.as_if(root, tmp_path / f"metadata-{module}").split(":"):
            monkeypatch.syspath_prepend(place)
        return module

    return install


def problem(names: str, variables: dict[str, str] = PRODUCTION) -> str:
    with pytest.raises(ConfigurationError) as refused:
        settings_of(variables | {SETTING: names})
    return str(refused.value)


def test_where_none_is_installed_there_is_none() -> None:
    for variables in (DEVELOPMENT, PRODUCTION):
        assert settings_of(variables)["PROVIDER_PACKAGES"] == ()


@pytest.mark.usefixtures("acme")
def test_to_install_one_opens_no_door_in_production() -> None:
    found = settings_of(PRODUCTION)
    assert (found[SETTING], found["PROVIDER_PACKAGES"]) == ((), ())
    assert "solitude_acme" not in found["INSTALLED_APPS"]


@pytest.mark.usefixtures("acme")
def test_one_that_is_named_is_an_app_with_settings_of_its_own() -> None:
    found = settings_of(ACME | {"SOLITUDE_ACME_TIMEOUT_MS": "2000"})
    (package,) = found["PROVIDER_PACKAGES"]
    assert (package.name, package.number, package.module) == ("acme", 5, "solitude_acme")
    assert "solitude_acme" in found["INSTALLED_APPS"]
    assert (found["SOLITUDE_ACME_URL"], found["SOLITUDE_ACME_TIMEOUT_MS"]) == ("https://api.acme.example", 2000)
    assert {"SOLITUDE_ACME_URL", "SOLITUDE_ACME_TOKEN"} <= {one.name for one in found["environment"].declared}
    assert found["environment"].undeclared() == []


@pytest.mark.usefixtures("acme")
def test_in_development_all_that_are_installed_are_on_with_their_simulators() -> None:
    found = settings_of(DEVELOPMENT)
    assert [package.name for package in found["PROVIDER_PACKAGES"]] == ["acme"]
    assert (found["SOLITUDE_ACME_URL"], found["SOLITUDE_ACME_TOKEN"]) == ("http://127.0.0.1:2680/acme", "sandbox-token")
    assert settings_of(DEVELOPMENT | {SETTING: ""})["PROVIDER_PACKAGES"] == ()


@pytest.mark.usefixtures("acme")
def test_its_own_settings_stop_the_start_as_ours_do() -> None:
    assert "SOLITUDE_ACME_TOKEN must be set" in problem("acme")
    for name, value, why in (
        ("SOLITUDE_ACME_TOKEN", "sandbox-token", "is the simulator's"),
        ("SOLITUDE_ACME_TOKEN", "short", "must have 8 to 255 printable characters"),
        ("SOLITUDE_ACME_URL", "http://api.acme.example", "must be https"),
        ("SOLITUDE_ACME_TIMEOUT_MS", "60000", "SOLITUDE_CALL_LEASE_S must be more than SOLITUDE_ACME_TIMEOUT_MS"),
    ):
        assert why in problem("acme", ACME | {name: value}), name


def test_a_name_that_nobody_has_stops_the_start(install: Install) -> None:
    assert "there is no provider acme: none has a package that is installed" in problem("acme")
    install("other")
    assert "there is no provider acme: those with a package are other" in problem("other, acme")


@pytest.mark.parametrize("name", ["paypal", "braintree", "events", "generic", "payments"])
def test_a_name_of_the_house_is_taken(install: Install, name: str) -> None:
    install(name)
    assert f"{name} is a name of the house itself" in problem(name)


@pytest.mark.parametrize("name", ["Acme", "acme-pay", "5pay", "a" * 33, "class"])
def test_a_name_that_could_be_no_part_of_paths_and_tables_is_refused(install: Install, name: str) -> None:
    install(name)
    assert f"{name!r} is no name" in problem(name)


def test_a_name_of_a_provider_of_the_reference_kind_is_taken(install: Install) -> None:
    install("pay")
    entry = {"url": "https://pay.example", "auth": {"key": "key-of-nobody", "secret": "secret-of-nobody"}}
    said = problem("pay", PRODUCTION | {"SOLITUDE_REFERENCE_PROVIDERS": json.dumps({"pay": entry})})
    assert "pay is in SOLITUDE_REFERENCE_PROVIDERS too" in said


def test_two_packages_of_one_name_are_refused(install: Install) -> None:
    first, second = install("pay"), install("pay")
    assert f"pay is in several packages: {first}, {second}" in problem("pay")


def test_two_providers_of_one_number_are_refused(install: Install) -> None:
    install("pay")
    install("other")
    assert "pay and other have the same NUMBER, 7" in problem("pay,other")
    assert len(settings_of(PRODUCTION | {SETTING: "pay"})["PROVIDER_PACKAGES"]) == 1


@pytest.mark.parametrize("init", ["", "NUMBER = 4", "NUMBER = 32768", "NUMBER = True", "NUMBER = '7'"])
def test_a_number_that_is_none_is_refused(install: Install, init: str) -> None:
    module = install("pay", init=init)
    assert f"{module} must have a NUMBER from 5 to 32767" in problem("pay")


def test_a_package_that_cannot_be_imported_is_refused_and_says_why(install: Install) -> None:
    install("pay", init="import nothing_of_this_name")
    assert "the package of pay cannot be imported: ModuleNotFoundError" in problem("pay")


def test_an_app_with_another_label_is_refused(install: Install) -> None:
    module = install("pay", label="bango")
    assert f"{module}.apps must have an AppConfig with the label pay" in problem("pay")


@pytest.mark.parametrize("name", ["SOLITUDE_PAYPAL_URL", "SOLITUDE_DATABASE_URL", "DEBUG"])
def test_a_setting_that_is_not_its_own_is_refused(install: Install, name: str) -> None:
    """`database` would have one of ours, by its name."""
    provider = "database" if "DATABASE" in name else "pay"
    install(provider, settings=f"def declare(environment, *, simulator):\n    return {{{name!r}: 1}}\n")
    assert f"and not {name}" in problem(provider)
