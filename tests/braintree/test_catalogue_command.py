"""`solitude braintree`: a catalogue is loaded from a file, compared with the plans there, and listed."""

from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings
from tests.braintree.subscribing import subscribed
from tests.braintree.world import card
from tests.support.braintree import MERCHANT_ID, BraintreeSimulator
from tests.support.free_port import free_port
from tests.support.marketplace import Marketplace

from solitude import cli
from solitude.providers.braintree.models import ProductBraintree
from solitude.sellers.models import Product, Seller

EXAMPLE = Path(__file__).parents[2] / "examples" / "catalogue.toml"
FOUR = (
    "mozilla-concrete-brick, 10.00 USD, monthly, products",
    "mozilla-concrete-mortar, 5.00 USD, monthly, products",
    "mozilla-foundation-donation, any amount USD, once, donations",
    "mozilla-foundation-recurring-donation, any amount USD, monthly, donations",
)


class Shell:
    """Runs the command; what it ended with, and what it said."""

    def __init__(self, capsys: pytest.CaptureFixture[str], folder: Path) -> None:
        self._capsys, self._folder = capsys, folder

    def run(self, *arguments: str | Path) -> tuple[int, list[str], str]:
        self._capsys.readouterr()
        code = cli.main(["braintree", *map(str, arguments)])
        said = self._capsys.readouterr()
        return code, said.out.splitlines(), said.err

    def load(self, text: str) -> tuple[int, list[str], str]:
        file = self._folder / "catalogue.toml"
        file.write_text(text)
        code, said, remarked = self.run("load", file)
        return code, [line.replace(f"{file}: ", "") for line in said], remarked.replace(str(file), "FILE")


@pytest.fixture
def shell(transactional_db: None, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Shell:
    return Shell(capsys, tmp_path)


def written() -> tuple[int, int, int]:
    return Seller.objects.count(), Product.objects.count(), ProductBraintree.objects.count()


# --- load ---


def test_the_example_is_loaded_and_listed(shell: Shell) -> None:
    assert shell.run("load", EXAMPLE)[:2] == (0, ["4 products: 4 new, 0 changed, 0 as they were"])

    assert shell.run("list")[:2] == (0, [*FOUR])
    assert written() == (2, 4, 4)
    product = Product.objects.select_related("seller").get(public_id="mozilla-concrete-brick")
    assert product.external_id == product.public_id
    assert product.seller.uuid == f"mozilla-concrete-{MERCHANT_ID}"


def test_it_may_be_loaded_again_and_changes_what_differs(shell: Shell) -> None:
    shell.run("load", EXAMPLE)
    assert shell.run("load", EXAMPLE)[1] == ["4 products: 0 new, 0 changed, 4 as they were"]

    _, said, _ = shell.load("[sellers.mozilla-concrete.products.brick]\namount = 11.50\nactive = false\n")

    assert said == ["1 products: 0 new, 1 changed, 0 as they were"]
    assert "mozilla-concrete-brick, 11.50 USD, once, products, not active" in shell.run("list")[1]
    # What the file does not name stays.
    assert written() == (2, 4, 4)


def test_products_that_were_made_through_the_api_stay(shell: Shell, shop: Marketplace) -> None:
    shop.product(seller=shop.seller(paypal_id=None))
    shell.run("load", EXAMPLE)

    assert written() == (3, 5, 4)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a.products.b.amount = 0", "a: b: amount: must be greater than zero"),
        ("a.products.b.amount = 1.001", "a: b: amount: The amount has more than 2 digits after the decimal point."),
        ("a.products.b.amount = true", "a: b: amount: must be a decimal number"),
        ("a.products.b.amount = nan", "a: b: amount: An amount is a finite number."),
        ("a.products.b.amount = 'ten'", "a: b: amount: 'ten' is not a decimal number such as 3.00."),
        ("a.products.b.currency = 'usd'", "a: b: currency: must be an upper-case ISO 4217 code"),
        ("a.products.b.currency = 1", "a: b: currency: must be an upper-case ISO 4217 code"),
        ("a.products.b.recurrence = 'weekly'", "a: b: recurrence: must be monthly, or left out"),
        ("a.products.b.description = 1", "a: b: description: must be a text of at most 255 characters"),
        ("a.products.b.active = 1", "a: b: active: must be true or false"),
        ("a.products.b.prize = 1", "a: b: prize: is not known"),
        ("a.products.b = 1", "a: b: must be a table"),
        ("a.products = 1", "a: products: must be a table of products"),
        ("a.kind = 'gifts'", "a: kind: must be products or donations"),
        ("a.name = 'A'", "a: name: is not known"),
        ("a.products.'b c'.amount = 1", "a: b c: a product's name has 1 to 100 letters, digits, - and _"),
        ("'a b'.products.b.amount = 1", "a b: a seller's name has 1 to 100 letters, digits, - and _"),
    ],
)
def test_what_is_wrong_is_named_by_seller_product_and_field_and_nothing_is_written(
    shell: Shell, text: str, told: str
) -> None:
    code, said, remarked = shell.load(f"[sellers]\n{text}\nz.products.good.amount = 1\n")

    assert (code, said, remarked) == (1, [told], "solitude: nothing was written\n")
    assert written() == (0, 0, 0)


def test_two_products_cannot_have_one_name(shell: Shell) -> None:
    code, said, _ = shell.load("[sellers]\na-b.products.c.amount = 1\na.products.b-c.amount = 1\n")

    assert code == 1
    assert sorted(said) == [
        "a-b: c: another product is called a-b-c as well",
        "a: b-c: another product is called a-b-c as well",
    ]


def test_a_product_of_another_seller_is_not_taken_over(shell: Shell, shop: Marketplace) -> None:
    seller = shop.seller(paypal_id=None)
    shop.product(seller=seller, public_id="a-b")

    code, said, _ = shell.load("[sellers]\na.products.b.amount = 1\na.products.c.amount = 1\n")

    assert (code, said) == (1, ["a: b: a-b is another seller's product"])
    assert ProductBraintree.objects.count() == 0


def test_a_currency_in_which_there_are_subscriptions_stays(
    shell: Shell, shop: Marketplace, braintree: BraintreeSimulator
) -> None:
    shell.run("load", EXAMPLE)
    subscribed(shop, braintree, of="mozilla-concrete-brick", card=card(shop, braintree))

    code, said, _ = shell.load("[sellers]\nmozilla-concrete.products.brick.currency = 'EUR'\n")

    assert code == 1
    assert said == ["mozilla-concrete: brick: currency: stays USD, because there are subscriptions in it"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[sellers", "it is no TOML: "),
        ("sellers = 1", "it must have sellers, and nothing else"),
        ("", "it must have sellers, and nothing else"),
        ("[sellers]\n[more]", "it must have sellers, and nothing else"),
        ("# " + "x" * 1024 * 1024, "it has more than 1048576 bytes"),
    ],
)
def test_what_is_no_catalogue_is_not_read(shell: Shell, text: str, why: str) -> None:
    code, said, remarked = shell.load(text)

    assert (code, said) == (2, [])
    assert remarked.startswith(f"solitude: FILE: {why}")


def test_a_file_that_is_not_there_is_told(shell: Shell) -> None:
    assert shell.run("load", "/nowhere.toml") == (2, [], "solitude: /nowhere.toml: No such file or directory\n")


def test_without_a_merchant_sellers_have_no_name(shell: Shell) -> None:
    with override_settings(SOLITUDE_BRAINTREE_MERCHANT_ID=""):
        code, _, remarked = shell.run("load", EXAMPLE)

    assert (code, "SOLITUDE_BRAINTREE_MERCHANT_ID is empty" in remarked) == (2, True)


# --- check ---


def test_plans_that_are_as_the_catalogue_says_are_good(shell: Shell, braintree: BraintreeSimulator) -> None:
    shell.run("load", EXAMPLE)

    assert shell.run("check") == (0, ["3 products are as their plans"], "")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"price": "9.00"}, "costs 10.00, and its plan 9.00"),
        ({"currency_iso_code": "EUR"}, "is paid in USD, and its plan in EUR"),
        ({"billing_frequency": 3}, "is monthly, and its plan is charged every 3 months"),
        ({"billing_day_of_month": 5}, "has a plan with a day of the month (5)"),
        ({"trial_period": True}, "has a plan with a trial period"),
    ],
)
def test_a_plan_that_differs_is_told_with_what_differs(
    shell: Shell, braintree: BraintreeSimulator, changed: dict[str, Any], told: str
) -> None:
    shell.run("load", EXAMPLE)
    braintree.plan("mozilla-concrete-brick", **changed)

    assert shell.run("check")[:2] == (1, [f"mozilla-concrete-brick {told}"])


def test_every_plan_that_is_not_there_is_told(shell: Shell, braintree: BraintreeSimulator) -> None:
    shell.load("[sellers]\na.products.b.recurrence = 'monthly'\na.products.c.recurrence = 'monthly'\n")

    assert shell.run("check")[:2] == (1, ["a-b has no plan at Braintree", "a-c has no plan at Braintree"])


def test_what_is_sold_once_or_not_now_needs_no_plan(shell: Shell, braintree: BraintreeSimulator) -> None:
    shell.load("[sellers]\na.products.b.amount = 1\na.products.c = {recurrence = 'monthly', active = false}\n")

    assert shell.run("check")[:2] == (0, ["0 products are as their plans"])


def test_a_gateway_that_cannot_be_asked_is_told_as_that(shell: Shell, braintree: BraintreeSimulator) -> None:
    with override_settings(SOLITUDE_BRAINTREE_URL=f"http://127.0.0.1:{free_port()}/braintree"):
        away = shell.run("check")
    braintree.fault("list_plans", "error_500")
    broken = shell.run("check")
    with override_settings(SOLITUDE_BRAINTREE_MERCHANT_ID=""):
        unnamed = shell.run("check")

    assert [found[0] for found in (away, broken, unnamed)] == [2, 2, 2]
    assert away[2].startswith("solitude: Braintree has not told its plans: ")
    assert broken[2].startswith("solitude: Braintree has not told its plans: http_500")
    assert "SOLITUDE_BRAINTREE_MERCHANT_ID is empty" in unnamed[2]
