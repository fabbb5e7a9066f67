"""The gateway's second name of everything: the kind and the identifier, in base 64."""

import base64


def global_id(kind: str, identifier: str) -> str:
    """Such as that of the `transaction` with this identifier."""
    return base64.b64encode(f"{kind}_{identifier}".encode()).decode().rstrip("=")
