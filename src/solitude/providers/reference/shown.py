"""What providers answer, as the API shows it."""

from typing import Any

from solitude.web.bodies import encode
from solitude.web.etags import etag_of_content


def converted(name: str, said: Any) -> Any:
    """An object of the provider: its `resource_pk` is called `id`, and `resource_uri` leads to it through this server. A list is as it
    was."""
    if not isinstance(said, dict):
        return said
    shown = {"id" if key == "resource_pk" else key: value for key, value in said.items()}
    resource, pk = said.get("resource_name"), said.get("resource_pk")
    if isinstance(resource, str) and isinstance(pk, str):
        shown["resource_uri"] = f"/provider/{name}/{resource}/{pk}/"
    return shown


def digest(said: Any) -> str:
    """Of what a provider says: it is a part of the tag of an answer that shows it."""
    return etag_of_content(encode(said))
