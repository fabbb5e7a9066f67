"""Packages of a test: whatever one may get wrong who writes a provider of his own."""

from pathlib import Path

APPS = """from django.apps import AppConfig


class OwnConfig(AppConfig):
    name = {module!r}
    label = {label!r}
"""
_PROJECT = '[project]\nname = "solitude-{0}"\nversion = "1"\n[project.entry-points."solitude.providers"]\n{1}\n'


def write(folder: Path, module: str, name: str, *, init: str = "NUMBER = 7\n", label: str = "", **modules: str) -> Path:
    """A package with a Django app and these modules, which says that it is the provider `name`; its folder."""
    root = folder / f"of-{module}"
    package = root / module
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(init)
    modules = {"apps": APPS.format(module=module, label=label or name)} | modules
    for part, text in modules.items():
        (package / f"{part}.py").write_text(text)
    (root / "pyproject.toml").write_text(_PROJECT.format(module.replace("_", "-"), f'{name} = "{module}"'))
    return root
