"""Bango's services and operations: which WSDL file describes each, and where the service is. Places: Bango's WSDL files."""

from dataclasses import dataclass
from typing import Final

CHECK_TOKEN: Final = "CheckToken"  # noqa: S105 - a name


@dataclass(frozen=True, slots=True)
class Service:
    """`is_token_checker`: it is on a host of its own, and takes neither credentials nor a `request` around what is asked."""

    wsdl: str
    path: str
    is_token_checker: bool = False


_EXPORTER = Service("mozilla_exporter.wsdl", "/mozillaexporter/service.asmx")
_BILLING = Service("billing_configuration_v2_0.wsdl", "/billingconfiguration_v2_0/Service.svc/soap11")
_DIRECT = Service("direct_billing.wsdl", "/DirectBilling_v4_1/Service.svc/soap11")
_TOKENS = Service("token_checker.wsdl", "/_/ws/tokenchecker.asmx", is_token_checker=True)
_OF_EXPORTER = """CreatePackage GetPackage UpdateSupportEmailAddress UpdateFinanceEmailAddress UpdateAddressDetails SetVATNumber
    DeleteVATNumber CreateBankDetails CreateBangoNumber MakePremiumPerAccess UpdateRating GetEmailAddresses
    GetAutoAuthenticationLoginToken GetSBIAgreement AcceptSBIAgreement GetAcceptedSBIAgreement"""
OPERATIONS: dict[str, Service] = {
    **dict.fromkeys(_OF_EXPORTER.split(), _EXPORTER),
    "CreateBillingConfiguration": _BILLING,
    "DoRefund": _DIRECT,
    "GetRefundStatus": _DIRECT,
    CHECK_TOKEN: _TOKENS,
}
# Bango's own WSDL files import their types from these places.
IMPORTED = {
    "/billingconfiguration_v2_0/Service.svc?xsd=xsd0": "billing_configuration_service.wsdl",
    "/DirectBilling_v4_1/Service.svc?xsd=xsd0": "direct_billing_service.xsd",
}
