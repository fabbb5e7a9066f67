"""Who owns an account: everybody has the same name and lives at the same place; only the e-mail address is the account's own."""

COMPANY = "Sandbox Goods Ltd"
GIVEN_NAME = "Sandbox"
FAMILY_NAME = "Seller"
NAME = f"{GIVEN_NAME} {FAMILY_NAME}"
STREET_LINES = ("1 Main St", "Suite 7")
CITY = "San Jose"
STATE = "CA"
POSTAL_CODE = "95131"
COUNTRY = "US"
PHONE = "4085551234"
ACCOUNT_TYPE = "BUSINESS"
