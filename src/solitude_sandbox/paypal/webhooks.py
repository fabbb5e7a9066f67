"""Webhooks v1: who is told of events, and the certificate that signs what they are told."""

from solitude_sandbox.paypal.books import Books
from solitude_sandbox.paypal.call import Answer, Call
from solitude_sandbox.paypal.errors import refuse

# Its messages are pulled from the control API; it has no URL.
BUILT_IN = "WH-SANDBOX-1"


def get_cert(books: Books, call: Call) -> Answer:
    """GET /v1/notifications/certs/{id}: leaf and root, as PEM. Whoever checks a signature has no access token."""
    if not books.signer.certificate_path.endswith(f"/{call.path_id}"):
        raise refuse("INVALID_RESOURCE_ID", "/id", call.path_id, "path")
    chain = books.signer.chain_pem
    return Answer(200, lambda _: chain)
