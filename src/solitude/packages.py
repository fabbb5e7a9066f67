"""Providers that live in packages of their own: which are installed, and what one must be to be turned on. Read once at the start.

A package says by an entry point of the group `solitude.providers` under which name which Django app is a provider
(https://packaging.python.org/en/latest/specifications/entry-points/). What it has besides are modules with the names that this one
says: none of them has to be there.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec
from keyword import iskeyword
from types import ModuleType
from typing import Any

from django.apps import AppConfig

from solitude.configuration import PREFIX, Environment

GROUP = "solitude.providers"
# A name is a part of paths, tables and settings.
NAME = re.compile(r"[a-z][a-z0-9_]{0,31}", re.ASCII)
# Below are the house's own; above is no number that a transaction can keep.
NUMBERS = range(5, 32_768)
# Rooms of the house, what its paths begin with, and its own providers.
TAKEN = frozenset(
    """buyers sellers events transactions payments routing moving services description web vault telemetry outbound
    generic provider docs openapi sandbox paypal bango reference braintree""".split()
)
SETTINGS, ROUTES = "settings", "routes"


@dataclass(frozen=True, slots=True)
class Package:
    """One that is on: the provider's name and number in the API, and the module that is its Django app."""

    name: str
    number: int
    module: str

    def part(self, name: str) -> ModuleType | None:
        """A module of the package, where it has one of this name."""
        path = f"{self.module}.{name}"
        return import_module(path) if find_spec(path) else None


def installed(group: str = GROUP) -> dict[str, list[str]]:
    """What packages that are installed offer: by name the modules, of which there should be one."""
    found: dict[str, set[str]] = {}
    for point in entry_points(group=group):
        found.setdefault(point.name, set()).add(point.value)
    return {name: sorted(modules) for name, modules in sorted(found.items())}


def chosen(names: Iterable[str], offered: Mapping[str, list[str]]) -> tuple[Package, ...]:
    """The packages of these providers. Raises ValueError with a sentence for the first that cannot be turned on."""
    packages: dict[int, Package] = {}
    for name in dict.fromkeys(names):
        package = _package(name, offered)
        other = packages.setdefault(package.number, package)
        if other is not package:
            raise ValueError(f"{other.name} and {name} have the same NUMBER, {package.number}")
    return tuple(packages.values())


def problem_of_name(name: str) -> str:
    """Why no provider can have this name; empty if one can."""
    if not NAME.fullmatch(name) or iskeyword(name):
        return f"{name!r} is no name of at most 32 small letters, digits and _, with a letter first"
    return f"{name} is a name of the house itself" if name in TAKEN else ""


def declared(package: Package, environment: Environment, simulator: str) -> dict[str, Any]:
    """The package's own settings by name: its module `settings` has a `declare`. `simulator` is where its simulator is; empty in
    production. Raises ValueError with a sentence."""
    module = package.part(SETTINGS)
    if module is None:
        return {}
    known = [setting.name for setting in environment.declared]
    found: dict[str, Any] = module.declare(environment, simulator=simulator)
    names = {*found, *(setting.name for setting in environment.declared[len(known) :])}
    own = f"{PREFIX}{package.name.upper()}_"
    if foreign := sorted(name for name in names if name in known or not name.startswith(own)):
        raise ValueError(f"the settings of {package.name} must be its own, {own}…, and not {', '.join(foreign)}")
    return found


def _labels(apps: ModuleType) -> list[str]:
    """Of the apps in a module. By `type`, because to ask Django's settings whether they are a class would have them read now."""
    classes = [each for each in vars(apps).values() if issubclass(type(each), type) and issubclass(each, AppConfig)]
    return [getattr(each, "label", "") for each in classes]


def _package(name: str, offered: Mapping[str, list[str]]) -> Package:
    if name not in offered:
        there = f"those with a package are {', '.join(offered)}" if offered else "none has a package that is installed"
        raise ValueError(f"there is no provider {name}: {there}")
    if problem := problem_of_name(name):
        raise ValueError(problem)
    module, *others = offered[name]
    if others:
        raise ValueError(f"{name} is in several packages: {', '.join(offered[name])}")
    try:
        number = getattr(import_module(module), "NUMBER", None)
        apps = import_module(f"{module}.apps")
    except Exception as error:  # noqa: BLE001 - it is somebody else's code, and whatever it raises ends the start
        raise ValueError(f"the package of {name} cannot be imported: {type(error).__name__}: {error}") from None
    if name not in _labels(apps):
        raise ValueError(f"{module}.apps must have an AppConfig with the label {name}")
    if type(number) is not int or number not in NUMBERS:
        raise ValueError(f"{module} must have a NUMBER from {NUMBERS[0]} to {NUMBERS[-1]}")
    return Package(name, number, module)
