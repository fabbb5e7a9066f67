"""`solitude new-provider`: a package from the template, which is what `examples/provider/` is made from."""

from pathlib import Path

import pytest
from tests.support import installed

from solitude import cli, new_provider
from solitude.packages import TAKEN

LINES_MAX = 300


def files(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file() and not {"__pycache__", "build"} & set(path.parts) and ".egg-info" not in str(path)
    }


def test_the_example_is_what_the_command_makes(tmp_path: Path) -> None:
    """If it is not: remove `examples/provider`, and `solitude new-provider acme --into examples/provider`."""
    new_provider.make("acme", tmp_path / "acme")
    assert files(tmp_path / "acme") == files(installed.EXAMPLE)


def test_all_python_of_the_example_is_less_than_three_hundred_lines() -> None:
    assert (
        sum(len(text.splitlines()) for name, text in files(installed.EXAMPLE).items() if name.endswith(".py"))
        < LINES_MAX
    )


def test_nothing_of_the_template_keeps_its_old_name(tmp_path: Path) -> None:
    assert cli.main(["new-provider", "demo_pay", "--into", str(tmp_path / "new")]) == 0
    made = files(tmp_path / "new")
    assert "solitude_demo_pay/provider.py" in made
    assert "class DemoPay:" in made["solitude_demo_pay/provider.py"]
    assert '"SOLITUDE_DEMO_PAY_URL"' in made["solitude_demo_pay/settings.py"]
    assert [name for name, text in made.items() if "acme" in (name + text).lower()] == []
    for name, text in made.items():
        if name.endswith(".py"):
            compile(text, name, "exec")


def test_without_a_folder_it_is_named_after_the_provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["new-provider", "demo"]) == 0
    assert (tmp_path / "solitude-demo" / "solitude_demo" / "provider.py").exists()


@pytest.mark.parametrize("name", ["Demo", "demo-pay", "1demo", "", "import", "d" * 33, "dé", *sorted(TAKEN)])
def test_a_name_that_cannot_be_is_refused(tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["new-provider", name, "--into", str(tmp_path / "new")]) == cli.UNUSABLE
    assert name in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_what_is_there_already_is_left_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    for taken in (tmp_path, tmp_path / "mine.txt"):
        assert cli.main(["new-provider", "demo", "--into", str(taken)]) == cli.UNUSABLE
        assert f"{taken} is there already" in capsys.readouterr().err
    assert files(tmp_path) == {"mine.txt": "mine"}
    assert cli.main(["new-provider", "demo", "--into", str(tmp_path / "mine.txt" / "x")]) == cli.UNUSABLE
    assert "cannot be written" in capsys.readouterr().err
