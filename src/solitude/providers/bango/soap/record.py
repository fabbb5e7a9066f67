"""What the log of provider calls keeps of a SOAP message: the values of what is allowed by name."""

from solitude.outbound.record import Kept

# Numbers, codes, prices and times. Nothing else is kept: not who we are, no person, no address, no bank, no token, nor the sentences of
# Bango's, which may repeat any of that. Of a billing configuration's options only the names.
_KEYS = frozenset(
    """packageId adminPersonId supportPersonId financePersonId personId countryIso currencyIso bango categoryId price ratingScheme rating
    amount currency string externalTransactionId configurationOptionName billingConfigurationId transactionId refundType
    refundTransactionId responseCode status eventNotificationEnabled sbiAgreementAccepted acceptedSBIAgreement sbiAgreementExpires
    sbiAgreementValidFrom tokenExpiry ResponseCode MerchantTransactionId BangoTransactionId Price Currency networkId paymentMethodId
    faultcode""".split()
)
KEPT = Kept(keys=_KEYS, headers=frozenset({"content-type", "soapaction", "retry-after"}))
