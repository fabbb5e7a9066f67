"""PayPal's REST platform as far as a marketplace needs it: OAuth, Orders v2, Payments v2, Vault v3, Webhooks v1,
Disputes v1, Transaction search v1, the buyer's pages.

Outside facts come from PayPal's published OpenAPI files (checkout_orders_v2, payments_payment_v2, vault_payment_tokens_v3,
notifications_webhooks_v1, customer_disputes_v1, reporting_transactions_v1) and from developer.paypal.com;
`docs/sandbox.md` lists where the simulator had to choose.
"""

from solitude_sandbox.paypal.app import PayPal

__all__ = ["PayPal"]
