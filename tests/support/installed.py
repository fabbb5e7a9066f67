"""A package as if it were installed, without pip: its metadata stands in a folder that comes first on the path."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "provider"


def as_if(package: Path, folder: Path) -> str:
    """Writes what pip would of the package's entry points into `folder`; the PYTHONPATH under which it is installed.

    The format: https://packaging.python.org/en/latest/specifications/recording-installed-packages/
    """
    project = tomllib.loads((package / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    metadata = folder / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    metadata.mkdir(parents=True)
    name, version = project["name"], project["version"]
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    groups = [
        "\n".join([f"[{group}]", *(f"{point} = {value}" for point, value in points.items())])
        for group, points in project["entry-points"].items()
    ]
    (metadata / "entry_points.txt").write_text("\n\n".join(groups) + "\n")
    return f"{folder}:{package}"
