"""The sandbox mounts the simulators of packages that are installed, beside its own."""

from pathlib import Path

import pytest
from tests.support import installed
from werkzeug.test import Client

import solitude_sandbox


def test_the_simulator_of_a_package_that_is_installed_is_in_the_sandbox(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in installed.as_if(installed.EXAMPLE, tmp_path).split(":"):
        monkeypatch.syspath_prepend(place)
    client = Client(solitude_sandbox.create_app())

    assert client.get("/acme/sandbox/state").get_json()["payments"] == []
    page = client.get("/").text
    assert "Acme" in page
    assert "http://localhost/acme/sandbox/controls" in page
    assert client.get("/paypal/sandbox/state").status_code == 200


def test_one_with_the_name_of_one_that_is_there_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "package"
    package.mkdir()
    points = '[project.entry-points."solitude.simulators"]\npaypal = "nothing:here"\n'
    (package / "pyproject.toml").write_text(f'[project]\nname = "solitude-x"\nversion = "1"\n{points}')
    for place in installed.as_if(package, tmp_path / "metadata").split(":"):
        monkeypatch.syspath_prepend(place)

    with pytest.raises(ValueError, match="name of one that is here: paypal"):
        solitude_sandbox.create_app()
