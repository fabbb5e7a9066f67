"""The classic interface as a table: name, path, and what does it. All are POST."""

from collections.abc import Callable
from dataclasses import dataclass

from solitude_sandbox.paypal.books import Books
from solitude_sandbox.paypal.classic.accounts import get_verified_status
from solitude_sandbox.paypal.classic.call import ClassicCall
from solitude_sandbox.paypal.classic.details import payment_details
from solitude_sandbox.paypal.classic.nvp import Tree
from solitude_sandbox.paypal.classic.pay import execute_payment, pay
from solitude_sandbox.paypal.classic.permissions import (
    cancel_permissions,
    get_access_token,
    get_permissions,
    request_permissions,
)
from solitude_sandbox.paypal.classic.personal_data import get_advanced_personal_data, get_basic_personal_data
from solitude_sandbox.paypal.classic.preapprovals import cancel_preapproval, preapproval, preapproval_details
from solitude_sandbox.paypal.classic.refunds import refund


@dataclass(frozen=True)
class ClassicOperation:
    """One row."""

    name: str
    path: str
    act: Callable[[Books, ClassicCall], Tree]


OPERATIONS = (
    ClassicOperation("classic_pay", "/AdaptivePayments/Pay", pay),
    ClassicOperation("classic_payment_details", "/AdaptivePayments/PaymentDetails", payment_details),
    ClassicOperation("classic_execute_payment", "/AdaptivePayments/ExecutePayment", execute_payment),
    ClassicOperation("classic_refund", "/AdaptivePayments/Refund", refund),
    ClassicOperation("classic_preapproval", "/AdaptivePayments/Preapproval", preapproval),
    ClassicOperation("classic_preapproval_details", "/AdaptivePayments/PreapprovalDetails", preapproval_details),
    ClassicOperation("classic_cancel_preapproval", "/AdaptivePayments/CancelPreapproval", cancel_preapproval),
    ClassicOperation("classic_request_permissions", "/Permissions/RequestPermissions", request_permissions),
    ClassicOperation("classic_get_access_token", "/Permissions/GetAccessToken", get_access_token),
    ClassicOperation("classic_get_permissions", "/Permissions/GetPermissions", get_permissions),
    ClassicOperation("classic_cancel_permissions", "/Permissions/CancelPermissions", cancel_permissions),
    ClassicOperation("classic_get_basic_personal_data", "/Permissions/GetBasicPersonalData", get_basic_personal_data),
    ClassicOperation(
        "classic_get_advanced_personal_data", "/Permissions/GetAdvancedPersonalData", get_advanced_personal_data
    ),
    ClassicOperation("classic_get_verified_status", "/AdaptiveAccounts/GetVerifiedStatus", get_verified_status),
)

NOTIFY_VALIDATE = "notify_validate"
NAMES = frozenset({NOTIFY_VALIDATE, *(operation.name for operation in OPERATIONS)})
