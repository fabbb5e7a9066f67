"""The calls of the API, one method each, by subject. How to use them: docs/client.md."""

from .any_provider import AnyProvider
from .bango import Bango
from .bango_payments import BangoPayments
from .braintree import Braintree
from .braintree_records import BraintreeRecords
from .buyers import Buyers
from .catalogue import Catalogue
from .feed import Feed
from .payments import Payments
from .paypal import PayPal
from .reference import Reference
from .services import Services
from .transactions import Transactions


class Solitude(
    Payments,
    AnyProvider,
    Buyers,
    Catalogue,
    Transactions,
    PayPal,
    Bango,
    BangoPayments,
    Braintree,
    BraintreeRecords,
    Reference,
    Feed,
    Services,
):
    """A Solitude server. Make one per process and share it between threads.

    `timeout_s` bounds one try, `retries` how often and how long in all. `ca_file`: a PEM file with the only
    certificates to trust, instead of the system's. `certificate`: PEM files with the certificate that this client shows
    and with its key, for a server that asks for one (OSError when they cannot be used). `connections`: open at the same
    time; more calls wait for one. `trace` gives the W3C `traceparent` of what the caller is doing, or None; it is asked
    for each try.
    Plain http is refused except to loopback, unless `allow_plain_http`. Raises ValueError for a bad url, key or
    secret.

    Every method raises SolitudeError (see `errors`), ValueError or TypeError for an argument that could never be sent.
    Every method that creates something or moves money takes an `idempotency_key` (1 to 255 printable ASCII
    characters) and makes one when none is given.
    """
