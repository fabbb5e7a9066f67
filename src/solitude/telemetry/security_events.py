"""The security events: every name that `cef.event` writes, how severe it is, and what it says to whoever watches.

`docs/logging.md` shows this table, and a test holds each call in the code to it. A name with `…` goes on with what is said of it.
"""

from dataclasses import dataclass

ANY = "…"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of event. `severity` is from 0 to 10; above 2 it is an ERROR of the ordinary log too."""

    name: str
    severity: int
    meaning: str
    extra: str = ""


_OLD_NEW = "cs6 old, cs7 new status"
_MONEY = "cs6 payment, cs7 refund"
_BUYER = "cs6 buyer"
_KEY = "cs6 purpose, cs7 key"

CATALOGUE = (
    # Who calls
    Kind("Network refused", 3, "A peer outside of `SOLITUDE_ALLOWED_NETWORKS` called."),
    Kind(
        f"Signature refused: {ANY}",
        5,
        "A request without a signature, or with one that is wrong, old or used already; why follows.",
    ),
    Kind("Permission refused", 5, "A client asked for what it may not do."),
    Kind(
        "Form not as expected",
        5,
        "A PIN or a transaction came with a field that its form does not have, without one that it must have, or with control characters "
        "in a text. Names of fields only; the product is `paranoia`.",
        "cs5 extra, cs6 missing, cs7 control characters",
    ),
    Kind("<the error's class>", 3, "A request was answered with 500."),
    Kind(
        f"{ANY}:{ANY}",
        2,
        "A request to a provider of the reference kind: provider and resource; `unknown:unknown` where there is none.",
    ),
    # PINs
    Kind(f"PIN set: {ANY}", 1, "A buyer was given a PIN."),
    Kind(f"New PIN set: {ANY}", 1, "A buyer was given a new PIN, which becomes the PIN when it is confirmed."),
    Kind(f"PIN taken away: {ANY}", 1, "A PIN or new PIN was deleted."),
    Kind(f"PIN reset asked: {ANY}", 1, "The marketplace says that this buyer needs a new PIN."),
    Kind(f"PIN confirmed: {ANY}", 1, "The buyer repeated the PIN that was set."),
    Kind(f"PIN changed: {ANY}", 1, "The buyer repeated the new PIN, which is the PIN now."),
    Kind(f"PIN right: {ANY}", 1, "The buyer gave the PIN."),
    Kind(f"PIN wrong: {ANY}", 1, "The buyer gave another PIN; it is counted."),
    Kind(f"PIN given before it was confirmed: {ANY}", 1, "A PIN was given for a buyer who has none that is confirmed."),
    Kind(f"Locked out account: {ANY}", 1, "The wrong PIN that locks the account."),
    Kind(f"Attempted access to locked out account: {ANY}", 1, "A PIN was given for a buyer whose account is locked."),
    Kind("PIN token made", 1, "The token for one payment, after the right PIN.", _BUYER),
    Kind("PIN token used", 1, "A payment was begun with it.", _BUYER),
    Kind("PIN token refused", 3, "A payment was tried with one that is wrong, old, used or another buyer's.", _BUYER),
    # What becomes of payments
    Kind(
        "Transaction state change",
        1,
        "A transaction has moved, and that is committed.",
        "cs5 edge of the state graph, " + _OLD_NEW,
    ),
    Kind(
        "Transaction corrected by evidence",
        7,
        "The provider shows that money moved where our books said that it did not.",
        "as above",
    ),
    Kind("Transaction change success", 5, "A client moved a transaction that it keeps itself.", _OLD_NEW),
    Kind("Transaction change success", 7, "A notification of Bango moved a payment.", _OLD_NEW),
    Kind("Transaction change failure", 7, "A client wanted to move a transaction where the rules forbid it.", _OLD_NEW),
    Kind(
        "Refund over what is left",
        5,
        "A refund of more than is left of the captured amount was asked for, and refused.",
        "cs6 asked, cs7 refundable",
    ),
    Kind("Refund made elsewhere", 5, "The provider shows a refund that was not made here.", _MONEY),
    Kind("Payment reversed", 5, "The provider took money back for the buyer.", _MONEY),
    Kind("Reversal undone", 5, "The provider gave the payee again what it had taken back.", _MONEY),
    Kind("More went back than was captured", 9, "Money went back twice.", _MONEY),
    Kind("A refund that was done is shown as failed", 8, "The provider contradicts what it said of a refund.", _MONEY),
    Kind(
        "A payment that was taken is told as not taken",
        8,
        "A notification contradicts our books, and is not applied.",
        "cs6 payment, cs7 told",
    ),
    Kind(
        "Money was taken twice for one payment",
        10,
        "The provider shows that it took money again for a payment that is paid; the second taking has to be given back by people.",
        "cs6 payment, cs7 taken: the provider's name for the second",
    ),
    # Providers
    Kind("Provider refused", 2, "A provider said no to a call.", "cs5 operation, cs6 provider, cs7 reason"),
    Kind(
        "Provider refuses our credentials",
        7,
        "Nothing can be sold through this provider until that is mended.",
        "cs6 provider",
    ),
    Kind(
        "Provider call taken over",
        2,
        "Whoever made the call has not recorded its outcome; it is asked about now.",
        "cs6 provider, cs7 operation",
    ),
    Kind(
        f"Notification refused: {ANY}",
        7,
        "A notification is not genuine, or cannot be understood; why follows.",
        "cs6 notification",
    ),
    Kind(
        f"Notification refused: mismatch:{ANY}",
        9,
        "A genuine notification contradicts what is known: amount, currency, payee.",
        "cs6 notification",
    ),
    Kind(
        "Notification of something unknown",
        8,
        "A genuine notification is about no payment of ours: an orphan.",
        "cs6 notification",
    ),
    Kind(
        "A payment is told with another amount",
        8,
        "Of a provider that bills what was agreed, so that it is paid as it was agreed; look what Bango has billed.",
        "cs6 payment, cs7 told",
    ),
    Kind(
        "A charge contradicts what is known",
        9,
        "A genuine notification tells of a subscription's charge what cannot be, and that charge alone is passed over.",
        "cs6 payment, cs7 what",
    ),
    Kind(
        "A provider tells of another one's payment",
        8,
        "One of the reference kind tells of a payment that went through another.",
        "cs6 payment, cs7 told by",
    ),
    Kind("Bango token tampering", 3, "What a buyer brought back from Bango's page is not what Bango confirms."),
    Kind("Bango event with wrong credentials", 5, "An event in Bango's name without the password that was agreed."),
    Kind(
        f"Proxy passes it not on: {ANY}",
        5,
        "The proxy was asked, with a good signature, for what it does not pass on; why follows.",
    ),
    # Keys and sealed values
    Kind("Key added", 2, "An operator put a key into the key ring.", _KEY),
    Kind("Key made current", 2, "An operator had new values sealed under this key.", _KEY),
    Kind("Key retired", 2, "An operator took a key out of the key ring.", _KEY),
    Kind(
        "PINs forgotten", 2, "An operator had the PINs forgotten that were left under a key, so that it can go.", _KEY
    ),
    Kind("Secret shown to an operator", 2, "An operator had a client's secret printed.", _KEY),
    Kind("Key used for the first time by this process", 2, "A process opened or sealed something under it.", _KEY),
    Kind("Key ring refused", 8, "The new key ring cannot be used; this process goes on with the one it has."),
    Kind(
        "Unknown key met",
        7,
        "Something was made under a key that is not in the ring: it is gone, or the ring is another one.",
        _KEY,
    ),
    Kind(
        "Rows cannot be brought under the new key",
        7,
        "What is in these rows cannot be opened, so the old key cannot be retired.",
        "cs6 place",
    ),
    # Personal data, and the record of who saw them
    Kind(
        "Access to personal data not recorded",
        9,
        "They were changed, and by whom is not on record.",
        "cs5 route, cs6 does",
    ),
    Kind(f"Seal {ANY}: {ANY} {ANY}", 1, "Rows were closed into the chain of seals.", "cs5 rows, cs6 head of the chain"),
    Kind("Buyer erased", 4, "What is kept of a buyer was deleted, as far as nothing holds it.", "cs6 buyer, cs7 held"),
    Kind(
        f"Retention run: {ANY}", 2, "A class of data was cleared of what is older than its time.", "cs6 rows, cs7 held"
    ),
    Kind(f"Retention failed: {ANY}", 6, "A class of data could not be cleared.", "cs6 error"),
    # Our own processes
    Kind("Process started", 1, "A server process or worker began.", "cs6 role, cs7 version"),
    Kind("Process stopped", 1, "It ended as it should. One that was killed writes nothing.", "cs6 role, cs7 version"),
    Kind(
        "Configuration at start",
        1,
        "Which settings were given; `solitude.log` has their cleansed values.",
        "cs6 settings, cs7 database",
    ),
)


def table() -> str:
    """The catalogue as a Markdown table; `docs/logging.md` holds what this gives."""
    rows = [
        f"| {one.name.replace('|', chr(92) + '|')} | {one.severity} | {one.meaning} | {one.extra} |"
        for one in CATALOGUE
    ]
    return "\n".join(["| name | severity | what happened | further fields |", "|---|---|---|---|", *rows]) + "\n"
