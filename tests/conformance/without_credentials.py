"""Asked of a process that has a proxy, beside the kit: what it holds."""

import os

from django.conf import settings
from tests.support import zippy

from solitude.settings.proxy import PROXIES
from solitude_sandbox.bango import api as bango
from solitude_sandbox.braintree import accounts as braintree
from solitude_sandbox.paypal.classic import credentials as classic

CREDENTIALS = {
    "PayPal's client": "sandbox-client",
    "and its secret": "sandbox-secret",
    "the classic user": classic.USER,
    "its password": classic.PASSWORD,
    "its signature": classic.SIGNATURE,
    "Bango's user": bango.USERNAME,
    "its password there": bango.PASSWORD,
    "Braintree's public key": braintree.PUBLIC_KEY,
    "its private key": braintree.PRIVATE_KEY,
    "the reference provider's key": zippy.KEY,
    "its secret there": zippy.SECRET,
}


def test_it_holds_none_of_the_credentials_of_any_provider() -> None:
    held = [str(getattr(settings, name)) for name in dir(settings) if name.isupper()]
    held += os.environ.values()

    assert [name for name, value in CREDENTIALS.items() if any(value in text for text in held)] == []
    assert all(PROXIES.values()), PROXIES
