"""Whether signatures are taken: a request is signed as our own client library does it, and looked at as the gate does it."""

import io

from django.core.handlers.wsgi import WSGIRequest

from solitude.client.signing import authorization
from solitude.web import signature
from solitude.web.clients import Client
from solitude.web.signed import BadSignature

PATH = "/services/request/"


def is_taken(client: Client) -> bool:
    """Whether each secret of the client makes signatures that are taken for this client's."""
    return all(_is_taken(client, secret) for secret in client.secrets)


def _is_taken(client: Client, secret: bytes) -> bool:
    try:
        header = authorization(key=client.key, secret=secret, method="GET", target=PATH)
        return signature.verify(_request(header), {client.key: client}).client is client
    except (BadSignature, ValueError):
        return False


def _request(header: str) -> WSGIRequest:
    return WSGIRequest(
        {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": PATH,
            "QUERY_STRING": "",
            "HTTP_AUTHORIZATION": header,
            "wsgi.input": io.BytesIO(),
        }
    )
