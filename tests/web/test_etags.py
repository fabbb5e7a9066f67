"""ETags: what a client has seen it need not be sent again, and what it has not seen it does not overwrite."""

from collections import Counter
from typing import Any

import pytest
from tests.support.marketplace import Answer, Marketplace
from tests.support.simulator import Simulator
from tests.web.parallel import at_once

from solitude.providers.paypal.models import BuyerPaypal, SellerPaypal
from solitude.transactions.models import Transaction
from solitude.web.etags import etag_of

Made = dict[str, str]


@pytest.fixture
def made(shop: Marketplace) -> Made:
    """One of each kind that has a tag: its path by the name of its kind."""
    seller = shop.seller(paypal_id="sam@dev.example")
    return {
        "seller": SellerPaypal.objects.get(seller_id=seller["resource_pk"]).resource_uri,
        "buyer": shop.post("/paypal/buyer/", {"buyer": shop.buyer()["resource_uri"]})["resource_uri"],
        "transaction": shop.post("/generic/transaction/", {"uuid": "kept"})["resource_uri"],
    }


def tag(answer: Answer) -> str:
    return answer.headers["ETag"]


def is_empty(answer: Answer, status: int) -> bool:
    return (answer.status, answer.text) == (status, "")


ALL = pytest.mark.parametrize("kind", ["seller", "buyer", "transaction"])
# How a request changes each thing that can be changed.
CHANGES: dict[str, tuple[str, str, Any]] = {
    "PUT of a seller": ("PUT", "seller", {"city": "Delft"}),
    "PATCH of a seller": ("PATCH", "seller", {"city": "Delft"}),
    "PATCH of a buyer": ("PATCH", "buyer", {"currency": "EUR"}),
    "DELETE of a buyer": ("DELETE", "buyer", None),
}
ALL_CHANGES = pytest.mark.parametrize("change", CHANGES)


def changed(api: Marketplace, made: Made, change: str, **headers: str) -> Answer:
    method, kind, body = CHANGES[change]
    if method == "DELETE":
        return api.delete(made[kind], **headers)
    return {"PUT": api.put, "PATCH": api.patch}[method](made[kind], body, **headers)


def current(shop: Marketplace, made: Made, change: str) -> str:
    return tag(shop.get(made[CHANGES[change][1]]))


@ALL
def test_an_answer_has_a_tag_that_stays_while_nothing_changes(shop: Marketplace, made: Made, kind: str) -> None:
    first, second = shop.get(made[kind]), shop.get(made[kind])
    assert tag(first) == tag(second)
    assert tag(first)[0] == tag(first)[-1] == '"'
    assert "," not in tag(first)


def test_no_two_things_have_the_same_tag(shop: Marketplace, made: Made) -> None:
    others = [shop.post("/generic/transaction/", {})["resource_uri"] for _ in range(3)]
    tags = {tag(shop.get(path)) for path in (*made.values(), *others)}
    assert len(tags) == len(made) + len(others)


@ALL
@pytest.mark.parametrize("form", ["{tag}", "{bare}", "W/{tag}", '"x", {tag}', '"x",W/{tag} , "y"', "*", "x, {bare}"])
def test_what_the_client_has_is_not_sent_again(shop: Marketplace, made: Made, kind: str, form: str) -> None:
    known = tag(shop.get(made[kind]))
    answer = shop.get(made[kind], **{"If-None-Match": form.format(tag=known, bare=known.strip('"'))})
    assert is_empty(answer, 304), answer
    assert tag(answer) == known


@ALL
@pytest.mark.parametrize("form", ['"x"', "", '"*"', '""', "W/", ",", "é", "{tag}x", '"{tag}"'])
def test_another_tag_does_not_keep_the_answer_back(shop: Marketplace, made: Made, kind: str, form: str) -> None:
    known = tag(shop.get(made[kind])).strip('"')
    answer = shop.get(made[kind], **{"If-None-Match": form.format(tag=f"0{known}")})
    assert (answer.status, answer["resource_uri"], tag(answer)) == (200, made[kind], f'"{known}"')


@ALL
def test_a_client_that_wants_one_state_only_is_told_that_it_is_another(
    shop: Marketplace, made: Made, kind: str
) -> None:
    known = tag(shop.get(made[kind]))
    assert shop.get(made[kind], **{"If-Match": known}).status == 200
    assert is_empty(shop.get(made[kind], **{"If-Match": '"x"'}), 412)
    # Both headers: the condition comes first.
    assert is_empty(shop.get(made[kind], **{"If-Match": '"x"', "If-None-Match": known}), 412)


@pytest.mark.parametrize("kind", ["seller", "buyer"])
def test_a_change_gives_the_new_tag(shop: Marketplace, made: Made, kind: str) -> None:
    before = tag(shop.get(made[kind]))
    body = {"city": "Delft"} if kind == "seller" else {"currency": "EUR"}

    patched = shop.patch(made[kind], body, **{"If-Match": before})

    assert is_empty(patched, 202)
    assert tag(patched) == tag(shop.get(made[kind])) != before
    assert shop.get(made[kind], **{"If-None-Match": before}).status == 200
    if kind == "seller":
        put = shop.put(made[kind], body, **{"If-Match": tag(patched)})
        assert (put.status, tag(put)) == (202, tag(shop.get(made[kind])))
        assert tag(put) != tag(patched)


@ALL_CHANGES
@pytest.mark.parametrize("form", ["{tag}", "{bare}", "*", '"x", {tag}'])
def test_a_change_of_what_the_client_has_seen_goes_on(shop: Marketplace, made: Made, change: str, form: str) -> None:
    known = current(shop, made, change)
    answer = changed(shop, made, change, **{"If-Match": form.format(tag=known, bare=known.strip('"'))})
    assert answer.status in (202, 204)


@ALL_CHANGES
@pytest.mark.parametrize("form", ['"x"', "x", "", "W/{tag}", '"*"'])
def test_a_change_of_what_the_client_has_not_seen_does_not(
    shop: Marketplace, made: Made, change: str, form: str
) -> None:
    known = current(shop, made, change)
    answer = changed(shop, made, change, **{"If-Match": form.format(tag=known)})
    assert is_empty(answer, 412)
    assert current(shop, made, change) == known


@ALL_CHANGES
def test_a_change_that_must_not_meet_this_state_does_not_go_on(shop: Marketplace, made: Made, change: str) -> None:
    known = current(shop, made, change)
    for unwanted in (known, f"W/{known}", "*"):
        assert is_empty(changed(shop, made, change, **{"If-None-Match": unwanted}), 412)
    assert current(shop, made, change) == known
    assert changed(shop, made, change, **{"If-None-Match": '"x"'}).status in (202, 204)


def test_what_is_wrong_with_a_body_is_told_before_its_condition(shop: Marketplace, made: Made) -> None:
    assert shop.patch(made["buyer"], {"currency": "EURO"}, **{"If-Match": '"x"'}).status == 400


def test_what_is_not_there_has_no_state(shop: Marketplace) -> None:
    for answer in (shop.get("/paypal/buyer/999999/", **{"If-Match": "*"}), shop.delete("/paypal/buyer/999999/")):
        assert answer.status == 404


@ALL_CHANGES
def test_of_many_changes_of_one_state_at_once_one_succeeds(shop: Marketplace, made: Made, change: str) -> None:
    known = current(shop, made, change)

    answers = at_once(6, lambda _: changed(Marketplace(), made, change, **{"If-Match": known}))

    statuses = Counter(answer.status for answer in answers)
    # After a DELETE there is nothing left that could be in another state.
    assert statuses in ({202: 1, 412: 5}, {204: 1, 404: 5})
    kinds = {"seller": SellerPaypal, "buyer": BuyerPaypal}
    assert list(kinds[CHANGES[change][1]].objects.values_list("counter", flat=True)) == ([1] if 202 in statuses else [])


def test_a_change_and_a_deletion_of_one_state_at_once(shop: Marketplace, made: Made) -> None:
    """Whichever comes first: the buyer who was changed is not deleted unseen, and the one who was deleted is gone."""
    known = tag(shop.get(made["buyer"]))
    changes = ("PATCH of a buyer", "DELETE of a buyer")

    patched, deleted = at_once(2, lambda number: changed(Marketplace(), made, changes[number], **{"If-Match": known}))

    assert (patched.status, deleted.status) in ((202, 412), (404, 204))
    assert BuyerPaypal.objects.count() == (1 if patched.status == 202 else 0)


def test_a_payment_has_another_tag_after_each_step(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    payment = shop.pay(app_id)
    tags = [tag(shop.get(payment["transaction"]))]
    paypal.approve(payment["pay_url"])
    shop.check(uuid=payment["uuid"])
    tags.append(tag(shop.get(payment["transaction"])))
    shop.refund(uuid=payment["uuid"])
    tags.append(tag(shop.get(payment["transaction"])))
    assert len(set(tags)) == 3


def test_an_answer_is_sent_again_when_what_relates_to_it_has_changed(shop: Marketplace, made: Made) -> None:
    """A refund that the client keeps itself is shown with its payment, and the payment's own row knows nothing of it."""
    path = made["transaction"]
    before = tag(shop.get(path))
    counter = Transaction.objects.get(uuid="kept").counter

    shop.post("/generic/transaction/", {"uuid": "its refund", "type": 1, "related": path})

    after = shop.get(path, **{"If-None-Match": before})
    assert (after.status, len(after["relations"])) == (200, 1)
    assert Transaction.objects.get(uuid="kept").counter == counter
    Transaction.objects.get(uuid="its refund").change(notes="changed")
    assert shop.get(path, **{"If-None-Match": tag(after)}).status == 200
    assert is_empty(shop.get(path, **{"If-None-Match": tag(shop.get(path))}), 304)
    # For a change of the payment any tag of the payment will do.
    row = Transaction.objects.get(uuid="kept")
    assert shop.get(path, **{"If-Match": etag_of(row)}).status == 200
    assert shop.get(path, **{"If-Match": before}).status == 200
    row.change(notes="changed")
    assert is_empty(shop.get(path, **{"If-Match": before}), 412)
