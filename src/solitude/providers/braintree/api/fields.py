"""The forms of the calls that old clients know: what is wrong is told by field, with a code, as 422 under `mozilla`."""

from decimal import Decimal
from typing import Annotated, Any, Final, Self

from django.conf import settings
from pydantic import AfterValidator, Field, ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from solitude.outbound.xml import is_writable
from solitude.providers.braintree.models import PaymentMethod
from solitude.providers.braintree.names import PAYMETHODS
from solitude.web.fields import TEXT_MAX_CHARS, Body, DecimalNumber, Taken, path_under, reference
from solitude.web.refusals import EVERYTHING, Refused, unprocessable

REQUIRED, INVALID, DOES_NOT_EXIST, INACTIVE = "required", "invalid", "does_not_exist", "inactive"
MAX_LENGTH, MIN_VALUE, MAX_VALUE = "max_length", "min_value", "max_value"
# What pydantic's own errors are in the words of the contract; any other is `invalid`.
_CODES: Final = {"missing": REQUIRED, **{code: code for code in (REQUIRED, MAX_LENGTH, MIN_VALUE, MAX_VALUE)}}
_SAYS: Final = {REQUIRED: "This field is required."}
_TEXT = {"type": ["string", "integer"], "minLength": 1, "maxLength": TEXT_MAX_CHARS}


class Form(Body):
    """A body that is refused in the newer form."""

    @model_validator(mode="wrap")
    @classmethod
    def told_by_code(cls, given: Any, read: ModelWrapValidatorHandler[Self]) -> Self:
        """Raises Refused (422)."""
        try:
            return read(given)
        except ValidationError as error:
            raise bad_form(**_problems(error)) from None


def bad_form(**problems: tuple[str, str]) -> Refused:
    """422: by field a code and a text; `__all__` for rules that no one field breaks."""
    return unprocessable("mozilla", problems)


def _problems(error: ValidationError) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for item in error.errors(include_url=False, include_input=False, include_context=False):
        field = str(item["loc"][0]) if item["loc"] else EVERYTHING
        code = _CODES.get(item["type"], INVALID)
        found.setdefault(field, (code, _SAYS.get(code) or item["msg"].removeprefix("Value error, ")))
    return found


def _text(value: Any, most: int = TEXT_MAX_CHARS) -> Any:
    """A number is taken as its digits. What XML cannot hold could not be told to Braintree."""
    if value in (None, ""):
        raise PydanticCustomError("required", "This field is required.")
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or "\x00" in text or not is_writable(text):
        raise PydanticCustomError("invalid", "must be a text")
    if len(text) > most:
        raise PydanticCustomError("max_length", f"must have at most {most} characters")
    return text


def long_text(most: int) -> Taken:
    """A text of at most `most` characters, and not empty."""
    return Taken(lambda value: _text(value, most), {**_TEXT, "maxLength": most})


def _maybe_text(value: Any) -> Any:
    return None if value in (None, "") else _text(value)


def _payable(value: Decimal) -> Decimal:
    if value < settings.SOLITUDE_BRAINTREE_MIN_AMOUNT:
        raise PydanticCustomError("min_value", f"must be at least {settings.SOLITUDE_BRAINTREE_MIN_AMOUNT}")
    if value > settings.SOLITUDE_BRAINTREE_MAX_AMOUNT:
        raise PydanticCustomError("max_value", f"must be at most {settings.SOLITUDE_BRAINTREE_MAX_AMOUNT}")
    return value


def _required(value: Any) -> Any:
    if value in (None, ""):
        raise PydanticCustomError("required", "This field is required.")
    return value


def _maybe(value: Any) -> Any:
    return None if value == "" else value


# As `web.fields.DecimalNumber` reads it.
_AMOUNT = {"type": ["number", "string"], "pattern": r"^[+-]?[0-9]{1,64}(\.[0-9]{1,64})?$", "examples": ["12.00"]}

FormText = Annotated[str, Taken(_text, _TEXT)]
MaybeText = Annotated[str | None, Taken(_maybe_text, {**_TEXT, "type": ["string", "integer", "null"], "minLength": 0})]
# Within the limits of the settings.
Payable = Annotated[DecimalNumber, AfterValidator(_payable), Taken(_required, _AMOUNT)]
AnAmount = Annotated[DecimalNumber | None, Taken(_maybe, _AMOUNT)]
MaybePayable = Annotated[Payable | None, Taken(_maybe, _AMOUNT)]
PaymethodPath = Annotated[FormText, path_under(PAYMETHODS), Field(description="The path of a card.")]
MaybePaymethodPath = Annotated[MaybeText, path_under(PAYMETHODS), Field(description="The path of a card.")]


def paymethod_at(path: str) -> PaymentMethod:
    """The card, with its owner. Raises Refused (422)."""
    pk = reference(path, PAYMETHODS)
    found = PaymentMethod.objects.select_related("braintree_buyer__buyer").filter(pk=pk).first() if pk else None
    if found is None:
        raise bad_form(paymethod=(DOES_NOT_EXIST, "There is no such card."))
    return found
