"""The two forms of a payment, which their keys tell apart: the wiki's, and Solitude's own."""

from typing import Any

from pydantic import RootModel, model_validator

from solitude.providers.paypal.forms import own_form, wiki_form
from solitude.providers.paypal.forms.form import Order
from solitude.providers.paypal.forms.own_form import OwnPaymentIn
from solitude.providers.paypal.forms.wiki_form import WikiPaymentIn


class PayIn(RootModel[WikiPaymentIn | OwnPaymentIn]):
    """A payment: in the wiki's form with `user_id` and `app_id`, or in Solitude's own with `seller_product`."""

    @model_validator(mode="before")
    @classmethod
    def is_of_one_form(cls, given: dict[str, Any]) -> WikiPaymentIn | OwnPaymentIn:
        """A body with keys of both forms, or of neither, has none."""
        wiki, own = any(name in given for name in wiki_form.KEYS), any(name in given for name in own_form.KEYS)
        if wiki and own:
            raise ValueError("user_id and app_id do not go with seller_product")
        if not wiki and not own:
            raise ValueError("user_id and app_id, or seller_product, are required")
        return (WikiPaymentIn if wiki else OwnPaymentIn).model_validate(given)


def order(body: PayIn) -> Order:
    """Checks either form against what we know. Raises BadFields with every field at fault."""
    form = body.root
    return wiki_form.order(form) if isinstance(form, WikiPaymentIn) else own_form.order(form)
