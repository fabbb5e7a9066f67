"""The documentation site. `make docs` builds it into build/docs; nothing is fetched, neither then nor by who reads it."""

import sys
from pathlib import Path
from typing import Any

from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx

DOCS = Path(__file__).parent
sys.path[:0] = [str(DOCS), str(DOCS.parent / "src")]

project = "Solitude"
author = "the Solitude project"
html_title = "Solitude"
language = "en"

extensions = ["myst_parser", "sphinx.ext.autodoc", "openapi_pages"]

# A link to a heading of another page is checked down to this depth.
myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence", "deflist", "fieldlist"]
highlight_language = "text"

autodoc_default_options = {"members": True, "undoc-members": True, "exclude-members": "from_json"}
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
python_maximum_signature_line_length = 80
add_module_names = False
toc_object_entries_show_parents = "hide"
# The docstrings have single backticks, as Markdown has them.
default_role = "code"

# `-n` finds references that lead nowhere. What is not ours has no page here, since nothing is fetched.
nitpick_ignore_regex = [(r"py:.*", r"(collections|datetime|decimal|typing)\..*|(.*\.)?[A-Z]")]

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["solitude.css"]
html_show_sphinx = False
html_copy_source = False
html_show_copyright = False
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#0b5d56", "color-brand-content": "#0b5d56"},
    "dark_css_variables": {"color-brand-primary": "#5cc8bc", "color-brand-content": "#5cc8bc"},
}


def only_what_the_client_offers(_app: Sphinx, what: str, name: str, *_: Any) -> bool | None:
    """Of the client's modules the names that it exports, and `Stored`, which they speak of."""
    from solitude import client

    return True if what == "module" and name not in (*client.__all__, "Stored") else None


def setup(app: Sphinx) -> None:
    app.add_lexer("csv", TextLexer)
    app.connect("autodoc-skip-member", only_what_the_client_offers)
