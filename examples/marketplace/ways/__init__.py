"""The ways to pay, one room each. What they have in common is in `way`; the till knows no more of them than that."""

from .bango import Bango
from .braintree import Braintree
from .paypal import PayPal
from .reference import Reference
from .routed import Routed
from .way import Message, NothingBackError, Way

__all__ = ["Bango", "Braintree", "Message", "NothingBackError", "PayPal", "Reference", "Routed", "Way"]
