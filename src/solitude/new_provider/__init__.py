"""`solitude new-provider`: a package for a provider, made from the template beside this module, which is a whole provider that passes
its tests. `examples/provider/` is made by it too."""

import re
from pathlib import Path

from solitude.packages import problem_of_name

TEMPLATE = Path(__file__).with_name("template")
# So that no tool takes a part of the template for a module of the house.
SUFFIX = "-tpl"
# The name of the provider in the template.
ACME = "acme"


class NotMade(Exception):
    """No package was made; the text says why."""


def make(name: str, into: Path) -> list[Path]:
    """Writes the package into a folder that does not exist yet, or is empty; the files. Raises NotMade."""
    if problem := problem_of_name(name):
        raise NotMade(problem)
    try:
        if into.exists() and (not into.is_dir() or any(into.iterdir())):
            raise NotMade(f"{into} is there already")
        return [_written(name, part, into) for part in sorted(TEMPLATE.rglob(f"*{SUFFIX}"))]
    except OSError as error:
        raise NotMade(f"{into} cannot be written: {error.strerror}") from None


def renamed(text: str, name: str) -> str:
    """What the template says of ACME, of another provider: `acme_pay`, `AcmePay`, `ACME_PAY`."""
    camel = "".join(word.capitalize() for word in name.split("_"))
    names = {ACME: name, ACME.capitalize(): camel, ACME.upper(): name.upper()}
    return re.sub("|".join(names), lambda found: names[found[0]], text)


def _written(name: str, part: Path, into: Path) -> Path:
    path = into / renamed(str(part.relative_to(TEMPLATE)).removesuffix(SUFFIX), name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(renamed(part.read_text(encoding="utf-8"), name), encoding="utf-8")
    return path
