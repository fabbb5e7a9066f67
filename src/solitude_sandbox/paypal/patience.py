"""How often PayPal comes again to who does not take its messages. The times between are ours."""

from solitude_sandbox.parcels import Patience

# "Up to 25 times over the course of 3 days": developer.paypal.com/api/rest/webhooks/rest/. These take 2 days and 23 hours.
OF_WEBHOOKS = Patience(25, 5 * 3600)
# "PayPal resends the message until ..., up to 16 times" in four days: PayPal's IPN Guide. These take 3 days and 23 hours.
OF_IPN = Patience(17, 21 * 3600)
