"""What each provider of the house can do, as its code declares it: `python docs/capability_table.py` writes the page about that."""

import inspect
import os
import re
from collections.abc import Mapping
from pathlib import Path

from solitude.payments.contract import Capability

PAGE = Path(__file__).parent / "providers" / "capabilities.md"
_DECLARED = re.compile(r'^    [A-Z_]+ = "(\w+)"  # (.+)$', re.MULTILINE)
_HEAD = """# What providers can do

No room above the providers knows one by name: the engine goes by what each of them declares, and so do its tests.
A capability that is declared is put to a test ([the kit](../house.md#what-a-provider-has-to-pass)); what is not declared is refused
before anything is written (`not_possible`). This page is made of those declarations.

"""


def page() -> str:
    from solitude.providers.bango.provider import Bango
    from solitude.providers.braintree.provider import Braintree
    from solitude.providers.paypal.classic.provider import ClassicPayPal
    from solitude.providers.paypal.rest.provider import RestPayPal
    from solitude.providers.reference.provider import Reference

    able = {
        "PayPal, REST": RestPayPal.capabilities,
        "PayPal, classic": ClassicPayPal.capabilities,
        "Bango": Bango.capabilities,
        "Braintree": Braintree.capabilities,
        "reference": Reference.capabilities,
    }
    return _HEAD + table(able)


def table(able: Mapping[str, frozenset[Capability]]) -> str:
    """A row for each capability, a column for each provider."""
    head = ["| capability | what it means |", *(f" {name} |" for name in able)]
    rows = ["".join(head), "|---|---|" + ":-:|" * len(able)]
    for capability, meaning in meanings().items():
        marks = "".join(f" {'yes' if capability in capabilities else '–'} |" for capabilities in able.values())
        rows.append(f"| `{capability}` | {meaning} |{marks}")
    return "\n".join(rows) + "\n"


def meanings() -> dict[Capability, str]:
    """Each as its comment in the contract has it."""
    return {Capability(value): meaning for value, meaning in _DECLARED.findall(inspect.getsource(Capability))}


if __name__ == "__main__":
    import django

    os.environ |= {"DJANGO_SETTINGS_MODULE": "solitude.settings", "SOLITUDE_DEBUG": "true", "SOLITUDE_ENV_FILE": ""}
    django.setup()
    PAGE.write_text(page(), encoding="utf-8")
