"""What Braintree is called here."""

from typing import Final

NAME: Final = "braintree"
NUMBER: Final = 4
# The way to whoever has our private key, which proves webhooks.
PROVING_WAY: Final = "braintree-proving"
# Paths of the rows that old clients know.
BUYERS: Final = "/braintree/mozilla/buyer/"
PAYMETHODS: Final = "/braintree/mozilla/paymethod/"
SUBSCRIPTIONS: Final = "/braintree/mozilla/subscription/"
TRANSACTIONS: Final = "/braintree/mozilla/transaction/"
PRODUCTS: Final = "/braintree/product/"
# How a sale of ours has come about, as its row keeps it.
SALE_KIND: Final = "submit_for_settlement"
# Among the ids of a call: the gateway's name of the subscription.
SUBSCRIPTION: Final = "subscription"
# Among the facts: where it stands, and where it does no more.
STATUS: Final = "status"
ENDED: Final = ("Canceled", "Expired")
