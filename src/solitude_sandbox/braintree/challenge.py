"""The question with which the gateway finds out whether an address can tell its webhooks from others."""

import urllib3

from solitude_sandbox.addresses import is_web_url, with_query
from solitude_sandbox.braintree import signing
from solitude_sandbox.delivery import is_here

TIMEOUT = urllib3.Timeout(connect=2, read=10)
URL_LENGTH = 2_000
ANSWER_LIMIT_BYTES = 1_024


def ask(url: object, challenge: str) -> str:
    """The address, if whoever is there knows the private key; ValueError with a sentence otherwise. No lock is held.

    GET url?bt_challenge=… must be answered with 200 and the answer as its whole body, as the control panel wants it
    (https://developer.paypal.com/braintree/docs/guides/webhooks/create).
    """
    if not isinstance(url, str) or len(url) > URL_LENGTH or not is_web_url(url) or not is_here(url):
        raise ValueError("url must be an address of this machine.")
    said = _answer(url, challenge)
    if said != signing.answer_to(challenge):
        raise ValueError("The address did not answer the challenge: it must be the public key, a | and the HMAC of it.")
    return url


def _answer(url: str, challenge: str) -> str:
    try:
        with urllib3.PoolManager(retries=False, timeout=TIMEOUT) as pool:
            asked = with_query(url, bt_challenge=challenge) or url
            answer = pool.request("GET", asked, redirect=False, preload_content=False)
            said = answer.read(ANSWER_LIMIT_BYTES).decode("ascii", "replace")
            answer.close()
    except urllib3.exceptions.HTTPError as error:
        raise ValueError(f"Nobody could be asked there: {type(error).__name__}.") from None
    if answer.status != 200:
        raise ValueError(f"The address answered the challenge with {answer.status}.")
    return said.strip()
