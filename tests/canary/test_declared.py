"""Which fields are declared as sensitive, and how a value is recognised."""

from typing import Any

from tests.canary import sensitive
from tests.support import described

# Every field of such a name must be declared as sensitive.
TELLING = {
    "pin",
    "new_pin",
    "pin_token",
    "nonce",
    "password",
    "secret",
    "email",
    "bankAccountNumber",
    "bankAccountIban",
}


def test_every_field_with_a_telling_name_is_declared_as_sensitive() -> None:
    for operation in described.operations():
        if "requestBody" not in operation.said:
            continue
        schema = described.followed(operation.said["requestBody"])["content"][described.JSON]["schema"]
        telling = set(properties(schema)) & TELLING
        assert telling <= sensitive.names(operation), operation.name


def properties(schema: Any) -> list[str]:
    schema = described.followed(schema)
    parts = [one for part in ("anyOf", "oneOf", "allOf") for one in schema.get(part, ())]
    return [*schema.get("properties", {}), *(name for part in parts for name in properties(part))]


def test_a_pin_is_recognised_where_it_stands_by_itself() -> None:
    assert not sensitive.shows("k1:Zx8426Qa 18426 84261 0.8426", "8426")
    assert sensitive.shows('{"event":"8426"}', "8426")
