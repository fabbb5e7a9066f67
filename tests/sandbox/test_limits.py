"""What grows has a limit: the parts that cannot be filled over HTTP in a test's time."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from solitude_sandbox import journal
from solitude_sandbox.clock import ADVANCE_LIMIT_S, Clock
from solitude_sandbox.journal import Entry, Journal
from solitude_sandbox.paypal import accounts
from solitude_sandbox.paypal.accounts import Account, Accounts, trait_of
from solitude_sandbox.paypal.errors import knows_issue, refuse, render
from solitude_sandbox.paypal.money import Money
from solitude_sandbox.store import BoundedStore


def test_a_store_keeps_the_newest_and_tells_what_it_drops() -> None:
    dropped: list[str] = []
    store: BoundedStore[int, str] = BoundedStore(2, dropped.append)
    for number, name in enumerate(["one", "two", "three"]):
        store.put(number, name)
    assert list(store) == ["two", "three"]
    assert dropped == ["one"]
    assert (store.get(0), len(store)) == (None, 2)


def test_a_store_counts_what_is_put_again_as_new() -> None:
    store: BoundedStore[int, str] = BoundedStore(2)
    for number in (1, 2, 1, 3):
        store.put(number, str(number))
    assert list(store) == ["1", "3"]


@pytest.fixture
def two_accounts(monkeypatch: pytest.MonkeyPatch) -> Accounts:
    """Accounts with room for two beside the special ones."""
    monkeypatch.setattr(accounts, "ACCOUNTS_LIMIT", 2)
    return Accounts()


def _sum(everyone: Accounts) -> Decimal:
    return sum(
        (Decimal(balance["value"]) for account in everyone.as_json() for balance in account["balances"]), Decimal(0)
    )


def test_money_of_dropped_accounts_is_kept_in_one_place(two_accounts: Accounts) -> None:
    seller = two_accounts.by_email("seller@shop.example")
    two_accounts.move("USD", [(seller, Decimal(5)), (two_accounts.partner, Decimal(-5))])
    for name in ("a", "b"):
        two_accounts.by_email(f"{name}@shop.example")
    shown = {account["email_address"]: account["balances"] for account in two_accounts.as_json()}
    assert "seller@shop.example" not in shown
    assert shown["forgotten@sandbox.example"] == [Money("USD", Decimal(5)).as_json()]
    assert _sum(two_accounts) == 0


def test_a_dropped_account_that_an_order_still_names_comes_back(two_accounts: Accounts) -> None:
    seller = two_accounts.by_email("norefund-x@shop.example")
    two_accounts.move("USD", [(seller, Decimal(5)), (two_accounts.partner, Decimal(-5))])
    for name in ("a", "b"):
        two_accounts.by_email(f"{name}@shop.example")
    two_accounts.move("USD", [(seller, Decimal(-5)), (two_accounts.partner, Decimal(5))])
    assert two_accounts.by_email("norefund-x@shop.example").trait.refund_issue == "PERMISSION_DENIED"
    assert _sum(two_accounts) == 0


def test_an_account_in_use_is_not_the_one_that_is_dropped(two_accounts: Accounts) -> None:
    first = two_accounts.by_email("a@shop.example")
    for name in ("b", "a", "c"):
        two_accounts.by_email(f"{name}@shop.example")
    assert two_accounts.by_id(first.merchant_id) is first


def test_entries_that_do_not_add_up_are_refused() -> None:
    everyone = Accounts()
    with pytest.raises(ValueError, match="add up"):
        everyone.move("USD", [(everyone.partner, Decimal(1)), (everyone.paypal, Decimal(-2))])
    assert _sum(everyone) == 0


@pytest.mark.parametrize(
    ("email", "trait"),
    [
        ("norefund-anna@shop.example", "norefund"),
        ("norefund@shop.example", None),
        ("anna-norefund@shop.example", None),
        ("anna@norefund-shop.example", None),
    ],
)
def test_only_the_start_of_an_address_and_a_hyphen_tell_a_trait(email: str, trait: str | None) -> None:
    assert trait_of(email) is (accounts.TRAITS[trait] if trait else accounts.ORDINARY)


def test_every_trait_names_issues_that_paypal_knows() -> None:
    for trait in accounts.TRAITS.values():
        for issue in (trait.payment_issue, trait.fee_issue, trait.refund_issue):
            assert issue is None or knows_issue(issue)


def test_ids_of_accounts_have_paypals_form_and_stay() -> None:
    first, again = (Accounts().by_email("seller@shop.example").merchant_id for _ in range(2))
    assert first == again
    assert len(first) == 13
    assert not set(first) & set("01IO")
    assert len(accounts.PARTNER_ID) == 13
    assert not set(accounts.PARTNER_ID) & set("01IO")


def test_accounts_are_equal_only_to_themselves() -> None:
    one, two = (Account("A", "a@b.example", accounts.ORDINARY) for _ in range(2))
    assert one != two


NOW = datetime(2026, 2, 3, tzinfo=UTC)


def test_the_log_keeps_the_newest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "ENTRIES_LIMIT", 2)
    log = Journal()
    for number in range(3):
        log.add(Entry(NOW, "GET", f"/{number}", "get_order", None, "f"))
    assert [entry.path for entry in log.entries()] == ["/1", "/2"]


def test_the_log_cuts_overlong_texts() -> None:
    log = Journal()
    log.add(Entry(NOW, "GET", "/" + "x" * 5000, "get_order", "y" * 5000, "f"))
    (entry,) = log.entries()
    assert (len(entry.path), len(entry.request_id or "")) == (200, 200)


def test_the_clock_has_an_end() -> None:
    clock = Clock()
    clock.advance(ADVANCE_LIMIT_S)
    with pytest.raises(ValueError, match="forward"):
        clock.advance(1)
    assert clock.advanced_s == ADVANCE_LIMIT_S


def test_money_never_has_more_digits_than_its_currency() -> None:
    for currency, value in [("USD", "1.005"), ("JPY", "1.5")]:
        with pytest.raises(ValueError, match="digits"):
            Money(currency, Decimal(value))


def test_an_issue_of_another_operation_still_has_a_status_and_words() -> None:
    status, body = render(refuse("CAPTURE_FULLY_REFUNDED"), "create_order", "f1")
    assert status == 422
    assert body["details"][0]["description"] == "The capture has already been fully refunded"
