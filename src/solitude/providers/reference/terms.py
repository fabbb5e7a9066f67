"""What a payment says to the provider: from the intent to the fields of its transaction."""

from solitude.payments.contract import Call

# What the provider's answer must repeat as it was sent.
COMPARED = ("price", "currency", "product_id", "ext_transaction_id")
# By these names in the intent, beside what every provider is told.
TERMS = ("product_id", "pay_method", "carrier", "region", "callback_error_url", "product_image_url")


def body(call: Call) -> dict[str, str]:
    """The fields of POST /transactions. The price is made of our amount and nothing else."""
    intent, terms = call.intent, call.intent.terms
    assert intent.amount is not None  # noqa: S101  # a payment has one
    fields = {
        "product_id": terms["product_id"],
        "pay_method": terms["pay_method"],
        "carrier": terms["carrier"],
        "region": terms["region"],
        "price": intent.amount.text_with(2),
        "currency": intent.amount.currency,
        "ext_transaction_id": call.key,
        "success_url": intent.return_url,
        "error_url": intent.cancel_url,
        "callback_success_url": intent.notify_url,
        "callback_error_url": terms["callback_error_url"],
    }
    image = terms.get("product_image_url")
    return fields | ({"product_image_url": image} if image else {})
