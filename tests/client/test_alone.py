"""The client is one folder that works anywhere, under any name, with PyJWT and urllib3 and nothing else."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import solitude.client
from tests.client import bodies
from tests.client.server import KEY, SECRET, FakeSolitude, Reply

FOLDER = Path(solitude.client.__file__).parent
ALLOWED = {"jwt", "urllib3"} | sys.stdlib_module_names

PROGRAM = """
import sys
from payments_client import Solitude
with Solitude(sys.argv[1], sys.argv[2], sys.argv[3]) as solitude:
    print(solitude.get_buyer(31).uuid)
strangers = [name for name in sys.modules if name.split(".")[0] in ("solitude", "django", "ninja", "pydantic")]
assert not strangers, strangers
"""


@pytest.mark.parametrize("module", sorted(FOLDER.glob("*.py")), ids=lambda path: path.stem)
def test_a_module_imports_its_neighbours_and_the_two_libraries(module: Path) -> None:
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            assert {name.name.split(".")[0] for name in node.names} <= ALLOWED
        if isinstance(node, ast.ImportFrom):
            assert node.level == 1 or (node.module or "").split(".")[0] in ALLOWED


def test_a_copy_of_the_folder_works_under_another_name(fake: FakeSolitude, tmp_path: Path) -> None:
    fake.answers(Reply(200, bodies.BUYER))
    shutil.copytree(FOLDER, tmp_path / "payments_client")
    (tmp_path / "program.py").write_text(PROGRAM)
    command = [sys.executable, "-W", "error", "program.py", fake.url, KEY, SECRET]
    ran = subprocess.run(command, cwd=tmp_path, env={}, capture_output=True, text=True, timeout=60, check=False)
    assert (ran.stdout, ran.stderr) == ("shop:77\n", "")


def test_it_is_typed() -> None:
    assert (FOLDER / "py.typed").exists()
