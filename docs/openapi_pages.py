"""Sphinx: the directives that show the description of the API, taken from the code when the site is built.

`{operations} sellers` shows the operations of a tag, without an argument a table of all; `{everywhere}` the headers and answers
that all have in common, `{shapes}` what answers are made of.
"""

import json
import os
import subprocess
import sys
import tempfile
from functools import cache
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from openapi_text import Description
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

PRINT = "import json, django; django.setup(); from solitude import urls; print(json.dumps(urls.description()))"
PRINTED_WITHIN_S = 60


@cache
def description() -> Description:
    """Asks the code, in a process and with settings of its own: whoever builds the site may have others."""
    with tempfile.TemporaryDirectory() as home:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SOLITUDE_")} | {
            "PYTHONPATH": os.pathsep.join(sys.path),
            "DJANGO_SETTINGS_MODULE": "solitude.settings",
            "SOLITUDE_DEBUG": "true",
            "SOLITUDE_ENV_FILE": "",
            "SOLITUDE_HOME": home,
        }
        printed = subprocess.run(
            [sys.executable, "-c", PRINT],
            env=environment,
            capture_output=True,
            text=True,
            timeout=PRINTED_WITHIN_S,
            check=False,
        )
    if printed.returncode:
        raise ExtensionError(f"the code does not describe its API: {printed.stderr}")
    return Description(json.loads(printed.stdout))


class Generated(SphinxDirective):
    """Markdown that is made when the page is read."""

    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        node = nodes.Element()
        lines = StringList(self.text().splitlines(), source="openapi")
        self.state.nested_parse(lines, self.content_offset, node, match_titles=True)
        return list(node.children)

    def text(self) -> str:
        """Each directive's own: what it puts on the page, as Markdown."""
        raise NotImplementedError


class Operations(Generated):
    def text(self) -> str:
        return description().section(self.arguments[0]) if self.arguments else description().overview()


class Everywhere(Generated):
    def text(self) -> str:
        return description().everywhere()


class Shapes(Generated):
    def text(self) -> str:
        return description().all_shapes()


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("operations", Operations)
    app.add_directive("everywhere", Everywhere)
    app.add_directive("shapes", Shapes)
    return {"parallel_read_safe": True}
