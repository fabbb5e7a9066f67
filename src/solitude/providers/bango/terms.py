"""What a seller reads before the self-billing agreement: our terms, in the language that is wanted where we have them in it."""

from functools import cache
from importlib import resources

from django.utils.translation.trans_real import parse_accept_lang_header

FALLBACK = "en-US"


@cache
def _known() -> dict[str, str]:
    """The terms by language; a text for each file `terms/<language>.html`."""
    files = resources.files(__package__).joinpath("terms").iterdir()
    return {
        one.name.removesuffix(".html"): one.read_text(encoding="utf-8") for one in files if one.name.endswith(".html")
    }


def text(accepted: str) -> str:
    """`accepted` is a header Accept-Language; the first language that we have counts."""
    by_tag = {language.lower(): language for language in _known()}
    wanted = (by_tag.get(tag) for tag, _ in parse_accept_lang_header(accepted.lower()))
    return _known()[next((found for found in wanted if found), FALLBACK)]
