"""PATCH of a transaction: which fields, until when, by the table of its status, and in which order it is wrong."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from tests.payments.world import Elsewhere
from tests.support.marketplace import Answer, Marketplace
from tests.support.simulator import Simulator
from tests.transactions.kept import HERE, RULES, age, made, pk_of, product
from tests.web.parallel import at_once

from solitude.transactions import states
from solitude.transactions.models import Status, Transaction

RULE = ["__all__"]
FIELDS = ("notes", "pay_url", "provider", "status", "status_reason", "uid_pay")
LOCKDOWN_S = 86_400
STALE = {"If-Match": '"x"'}


def events(shop: Marketplace, path: str) -> list[tuple[str, str | None, str]]:
    """Of this transaction: type, from and to, without that of its birth."""
    found = [event for event in shop.get("/events/?limit=1000")["events"] if event["resource_uri"] == path]
    return [(event["type"], event["from"], event["to"]) for event in found[1:]]


def refused(answer: Answer, *names: str) -> None:
    assert (answer.status, sorted(answer.json)) == (400, sorted(names or RULE)), answer
    assert all(isinstance(texts, list) and texts for texts in answer.json.values())


# --- the table -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("assigned", [True, False])
@pytest.mark.parametrize("old", list(Status), ids=lambda old: old.label)
def test_the_table_of_moves(shop: Marketplace, old: Status, assigned: bool, security_events: list[str]) -> None:
    """All 64 pairs and the change without a status, with provider and product and without."""
    who = {"provider": 2, "seller_product": product(shop)} if assigned else {}
    for (of, new), sign in RULES.items():
        if of != old:
            continue
        before = made(shop, status=old, **who)
        path = before["resource_uri"]
        security_events.clear()

        answer = shop.patch(path, {"notes": "n"} if new is None else {"status": new, "notes": "n"})

        names = old.label.lower(), "none" if new is None else new.label.lower()
        if sign == "✓" or (sign == "S" and assigned):
            assert (answer.status, answer["status"], answer["notes"]) == (200, old if new is None else new, "n")
            assert (answer["counter"], shop.get(path).json) == (1, answer.json)
            moved = new not in (None, old)
            assert events(shop, path) == ([(f"transaction.{names[1]}", *names)] if moved else []), (old, new)
            expected = [("Transaction change success|5|", *names)] if moved else []
        else:
            refused(answer)
            assert shop.get(path).json == before.json, (old, new)
            assert events(shop, path) == []
            expected = [("Transaction change failure|7|", *names)]
        assert len(security_events) == len(expected), (old, new)
        for line, (name, was, becomes) in zip(security_events, expected, strict=True):
            assert f"|{path}|{name}" in line
            assert line.endswith(f"cs6Label=old cs6={was} cs7Label=new cs7={becomes}")


@pytest.mark.parametrize("half", ["provider", "seller_product"])
@pytest.mark.parametrize("old", [old for old in Status if RULES[old, None] == "S"], ids=lambda old: old.label)
def test_half_of_what_is_wanted_is_not_enough(shop: Marketplace, old: Status, half: str) -> None:
    both: dict[str, Any] = {"provider": 0, "seller_product": product(shop)}
    who = {half: both[half]}
    row = made(shop, status=old, **who)
    for new in (Status.COMPLETED, Status.FAILED):
        refused(shop.patch(row["resource_uri"], {"status": new}))
    refused(shop.patch(row["resource_uri"], {"notes": "n"}))


@pytest.mark.parametrize("provider", [0, 4, "2"])
@pytest.mark.parametrize("old", [old for old in Status if RULES[old, None] == "S"], ids=lambda old: old.label)
def test_a_provider_that_comes_with_the_move_counts(shop: Marketplace, old: Status, provider: int | str) -> None:
    row = made(shop, status=old, seller_product=product(shop))
    answer = shop.patch(row["resource_uri"], {"status": 1, "provider": provider})
    assert (answer.status, answer["status"], answer["provider"]) == (200, 1, int(provider))


@pytest.mark.parametrize("provider", [None, 3, "x"])
def test_one_that_is_none_does_not(shop: Marketplace, provider: Any) -> None:
    row = made(shop, seller_product=product(shop))
    names = RULE if provider is None else [*RULE, "provider"]
    refused(shop.patch(row["resource_uri"], {"status": 1, "provider": provider}), *names)


def test_pending_is_wholly_free(shop: Marketplace) -> None:
    path = made(shop, status=0)["resource_uri"]
    assert shop.patch(path, {"status": 1})["status"] == 1


def test_completed_is_not_final(shop: Marketplace) -> None:
    path = made(shop, status=1, provider=2, seller_product=product(shop))["resource_uri"]
    assert [shop.patch(path, {"status": new})["status"] for new in (0, 1, 6, 1, 5)] == [0, 1, 6, 1, 5]
    assert [event for event, _, _ in events(shop, path)] == [
        "transaction.pending", "transaction.completed", "transaction.started", "transaction.completed",
        "transaction.cancelled",
    ]  # fmt: skip


@pytest.mark.parametrize("old", [Status.FAILED, Status.CANCELLED, Status.ERRORED])
def test_what_has_ended_badly_does_not_change_at_all(shop: Marketplace, old: Status) -> None:
    row = made(shop, status=old, seller_product=product(shop))
    refused(shop.patch(row["resource_uri"], {}))
    for name in FIELDS:
        value: Any = {"status": 0, "provider": 2}.get(name, "http://a.example/")
        refused(shop.patch(row["resource_uri"], {name: value}))
    assert shop.get(row["resource_uri"]).json == row.json


def test_a_started_one_without_product_can_only_become_errored(shop: Marketplace) -> None:
    path = made(shop)["resource_uri"]
    for new in range(6):
        refused(shop.patch(path, {"status": new, "provider": 2}))
    assert shop.patch(path, {"status": 6, "notes": "with a status they are taken"})["status"] == 6
    assert shop.patch(path, {"status": 7})["status"] == 7


def test_a_move_is_an_event_of_its_kind(shop: Marketplace) -> None:
    for kind, name in enumerate(("transaction", "refund", "reversal", "refund", "reversal")):
        path = made(shop, status=0, type=kind)["resource_uri"]
        shop.patch(path, {"status": 1})
        assert events(shop, path) == [(f"{name}.completed", "pending", "completed")]


def test_an_event_tells_of_the_reason_and_the_provider_that_came_with_it(shop: Marketplace) -> None:
    path = made(shop, status=0, amount="3", currency="EUR")["resource_uri"]
    shop.patch(path, {"status": 4, "status_reason": "NO_FUNDS", "provider": 2})
    event = shop.get("/events/")["events"][-1]
    assert (event["type"], event["reason"]) == ("transaction.failed", "NO_FUNDS")
    assert (event["data"]["amount"], event["data"]["provider"]) == ("3.00", "reference")
    assert shop.get(f"{path}timeline/")["entries"][-1]["summary"] == "moved_by_client: NO_FUNDS"


@pytest.mark.parametrize("old", [Status.PENDING, Status.COMPLETED, Status.CHECKED, Status.RECEIVED, Status.STARTED])
def test_a_status_in_digits_is_a_status(shop: Marketplace, old: Status, security_events: list[str]) -> None:
    """The old server refused them from checked and received, and its event had no name for them."""
    who = {"provider": 2, "seller_product": product(shop)}
    for new in (Status.FAILED, Status.CANCELLED):
        texts = []
        for given in (str(int(new)), int(new)):
            security_events.clear()
            answer = shop.patch(made(shop, status=old, **who)["resource_uri"], {"status": given})
            assert (answer.status, answer.json.get("status")) == ((400, None) if RULES[old, new] == "×" else (200, new))
            texts += [line.partition("cs6Label")[2] for line in security_events]
        assert texts == [f"=old cs6={old.label.lower()} cs7Label=new cs7={new.label.lower()}"] * 2


# --- which fields --------------------------------------------------------------------------------------------------


def test_the_six_fields_that_change(shop: Marketplace) -> None:
    path = made(shop, status=0)["resource_uri"]
    body = {
        "notes": "n\u00fc\n", "pay_url": "https://pay.example/1", "provider": 2, "status": 3, "status_reason": "why",
        "uid_pay": "p-1",
    }  # fmt: skip
    answer = shop.patch(path, body)
    assert answer.status == 200
    assert {name: answer[name] for name in body} == body
    assert shop.get(path).json == answer.json


def test_only_what_is_given_changes(shop: Marketplace) -> None:
    row = made(shop, status=0, notes="old", pay_url="http://a.example", status_reason="r", uid_pay="p", provider=1)
    answer = shop.patch(row["resource_uri"], {"notes": "new"})
    assert answer.json == row.json | {"notes": "new", "counter": 1, "modified": answer["modified"]}
    assert answer["modified"] > row["modified"]


def test_a_text_can_be_taken_away(shop: Marketplace) -> None:
    texts = dict.fromkeys(("notes", "pay_url", "status_reason", "uid_pay"), "http://a.example")
    path = made(shop, status=0, **texts)["resource_uri"]
    for value in ("", None):
        answer = shop.patch(path, dict.fromkeys(texts, value))
        assert {answer[name] for name in texts} == {value}


def test_any_other_field_is_refused_by_name(shop: Marketplace, security_events: list[str]) -> None:
    row = made(shop, status=0)
    others = set(row.json) - set(FIELDS)
    assert {"uuid", "amount", "seller_product", "type", "uid_support", "created", "counter", "outcome"} <= others
    for name in (*others, "id", "pk", "nonsense", "Notes", "", "__all__", "status ", "model_config"):
        answer = shop.patch(row["resource_uri"], {name: row.json.get(name, "x"), "status": 1})
        refused(answer)
        assert answer["__all__"][0].endswith(f", not {name}")
    assert shop.get(row["resource_uri"]).json == row.json
    # It is no refusal of the status rules.
    assert {line.split("|")[5] for line in security_events} == {"Form not as expected"}


def test_many_other_fields_are_a_short_answer(shop: Marketplace) -> None:
    path = made(shop, status=0)["resource_uri"]
    answer = shop.patch(path, {f"field-{number:04}": number for number in range(1000)})
    refused(answer)
    assert "field-0000, field-0001" in answer.text
    assert len(answer.text) < 1000


def test_a_provider_is_set_once(shop: Marketplace) -> None:
    path = made(shop, status=0)["resource_uri"]
    assert shop.patch(path, {"provider": None}).status == 200
    assert shop.patch(path, {"provider": 0})["provider"] == 0
    for again in (0, 2, None):
        refused(shop.patch(path, {"provider": again}))
    assert shop.get(path)["provider"] == 0


URLS = (
    "http://a.example", "https://a.example:8443/x?y=z#f", "ftp://a.example/x", "HTTP://A.EXAMPLE", "a.example",
    "a.example/pay?x=1", "a.example:8080/x", "localhost:8000/", "http://127.0.0.1/", "http://b\u00fccher.example/",
)  # fmt: skip
NO_URLS = (
    "x", "no url", "javascript:alert(1)", "javascript://a.example/%0aalert(1)", "mailto:ada@a.example", "file:///etc/passwd",
    "ftps://a.example", "http://", "http://[", "http://a b.example", "//a.example", "/pay/1", "http:/a.example",
    "http://a.example/\r\nx", "data:text/html,x", "http://a.example/" + "x" * 250, 7, True, [], {},
)  # fmt: skip


def test_a_pay_url_is_a_url_with_or_without_its_scheme(shop: Marketplace) -> None:
    path = made(shop, status=0)["resource_uri"]
    for url in URLS:
        assert shop.patch(path, {"pay_url": url})["pay_url"] == url
    for junk in NO_URLS:
        refused(shop.patch(path, {"pay_url": junk}), "pay_url")
    assert shop.get(path)["pay_url"] == URLS[-1]


def test_when_it_is_made_a_pay_url_is_any_text(shop: Marketplace) -> None:
    assert made(shop, pay_url="no url")["pay_url"] == "no url"


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("status", (None, "", "x", 8, -1, "01", "1 ", True, 1.0, [], {}, 10**30, "completed")),
        ("provider", ("", 3, 5, "paypal", True, [], {})),
        ("status_reason", ("x" * 256, "a\x00b", [], {}, True)),
        ("uid_pay", ("x" * 256, "a\x00b", [], {}, True)),
        ("notes", ("x" * 16_385, "a\x00b", 7, [], {}, True)),
    ],
)
def test_a_value_that_cannot_be_used_is_told_by_its_field(
    shop: Marketplace, name: str, values: tuple[Any, ...]
) -> None:
    row = made(shop, status=0)
    for value in values:
        refused(shop.patch(row["resource_uri"], {name: value, "notes" if name != "notes" else "uid_pay": "x"}), name)
    assert shop.get(row["resource_uri"]).json == row.json


@pytest.mark.parametrize("value", ["id-1", ""])
def test_a_providers_id_is_unique_with_the_provider(shop: Marketplace, value: str) -> None:
    made(shop, provider=2, uid_pay=value)
    by_id = made(shop, status=0, provider=2)
    by_provider = made(shop, status=0, uid_pay=value)
    both = made(shop, status=0)
    for row, body in (
        (by_id, {"uid_pay": value}),
        (by_provider, {"provider": 2}),
        (both, {"provider": 2, "uid_pay": value}),
    ):
        refused(shop.patch(row["resource_uri"], body | {"status": 1}))
        assert shop.get(row["resource_uri"]).json == row.json
        assert events(shop, row["resource_uri"]) == []
    assert shop.patch(by_provider["resource_uri"], {"provider": 1}).status == 200
    assert shop.patch(by_id["resource_uri"], {"uid_pay": None}).status == 200


def test_a_providers_support_id_is_unique_when_the_provider_comes_later(shop: Marketplace) -> None:
    made(shop, provider=2, uid_support="s")
    path = made(shop, status=0, uid_support="s")["resource_uri"]
    refused(shop.patch(path, {"provider": 2}))
    assert shop.patch(path, {"provider": 4}).status == 200


# --- until when ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("old", list(Status), ids=lambda old: old.label)
def test_after_a_day_nothing_changes_any_more(shop: Marketplace, old: Status, security_events: list[str]) -> None:
    row = made(shop, status=old, provider=2, seller_product=product(shop))
    age(row["resource_uri"], LOCKDOWN_S + 1)
    for body in ({"status": 7}, {"notes": "n"}, {"status": old}, {}):
        refused(shop.patch(row["resource_uri"], body))
    assert shop.get(row["resource_uri"])["counter"] == 0
    assert security_events == []


def test_until_then_it_does_and_the_time_is_a_setting(shop: Marketplace, settings: Any) -> None:
    path = made(shop, status=0)["resource_uri"]
    age(path, LOCKDOWN_S - 120)
    assert shop.patch(path, {"notes": "n"}).status == 200
    settings.SOLITUDE_TRANSACTION_LOCKDOWN_S = 3600
    refused(shop.patch(path, {"notes": "n"}))
    assert "3600 s" in shop.patch(path, {"notes": "n"})["__all__"][0]


# --- the order in which it is wrong --------------------------------------------------------------------------------


def test_the_names_of_the_fields_come_first(shop: Marketplace) -> None:
    path = made(shop, status=4)["resource_uri"]
    age(path, LOCKDOWN_S + 1)
    answer = shop.patch(path, {"uuid": "x", "status": "x", "notes": 7}, **STALE)
    refused(answer)
    assert answer["__all__"][0].endswith("not uuid")


def test_then_comes_its_age(shop: Marketplace) -> None:
    path = made(shop, status=4)["resource_uri"]
    age(path, LOCKDOWN_S + 1)
    answer = shop.patch(path, {"status": "x", "notes": 7}, **STALE)
    refused(answer)
    assert "can be changed for 86400 s" in answer["__all__"][0]


def test_then_come_the_rules_together_with_the_values(shop: Marketplace) -> None:
    made(shop, provider=2, uid_pay="taken")
    path = made(shop, status=5, provider=2)["resource_uri"]
    body = {"status": 1, "provider": 2, "notes": 7, "pay_url": "x", "uid_pay": "taken"}
    answer = shop.patch(path, body, **STALE)
    refused(answer, "__all__", "notes", "pay_url")
    assert len(answer["__all__"]) == 2
    assert answer["__all__"][1] == "a transaction that is cancelled cannot be made completed"


@pytest.mark.parametrize("status", ["x", None, ""])
def test_a_status_that_is_none_is_told_with_what_the_rest_breaks(shop: Marketplace, status: str | None) -> None:
    for old, names in (("pending", ["status"]), ("started", ["__all__", "status"]), ("failed", ["__all__", "status"])):
        path = made(shop, status=Status[old.upper()])["resource_uri"]
        refused(shop.patch(path, {"status": status}), *names)


def test_then_comes_what_is_taken(shop: Marketplace) -> None:
    made(shop, provider=2, uid_pay="taken")
    path = made(shop, status=0, provider=2)["resource_uri"]
    refused(shop.patch(path, {"uid_pay": "taken"}, **STALE))


def test_the_state_that_was_seen_comes_last(shop: Marketplace, security_events: list[str]) -> None:
    """The old server had written by then that the change succeeded."""
    row = made(shop, status=0)
    answer = shop.patch(row["resource_uri"], {"status": 1}, **STALE)
    assert (answer.status, answer.text) == (412, "")
    assert shop.get(row["resource_uri"]).json == row.json
    assert events(shop, row["resource_uri"]) == []
    assert security_events == []


def test_what_is_not_there_is_404_whatever_is_wrong(shop: Marketplace) -> None:
    for path in (f"{HERE}999999999/", f"{HERE}x/"):
        assert shop.patch(path, {"uuid": "x"}, **STALE).status == 404


def test_the_filters_of_the_list_hold_here_too(shop: Marketplace) -> None:
    row = made(shop, uuid="pay:1", status=0)
    path = row["resource_uri"]
    assert shop.patch(f"{path}?uuid=pay:1", {"notes": "n"}).status == 200
    assert shop.patch(f"{path}?uuid=pay:2", {"notes": "n"}).status == 404
    assert shop.patch(f"{path}?x=1", {"notes": "n"}).status == 400


# --- conditions ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["{tag}", "{bare}", "*", '"x", {tag}'])
def test_a_change_of_what_was_seen_goes_on_and_gives_the_new_tag(shop: Marketplace, form: str) -> None:
    path = made(shop, status=0)["resource_uri"]
    known = shop.get(path).headers["ETag"]
    answer = shop.patch(path, {"status": 1}, **{"If-Match": form.format(tag=known, bare=known.strip('"'))})
    assert (answer.status, answer["status"]) == (200, 1)
    assert answer.headers["ETag"] == shop.get(path).headers["ETag"] != known


def test_a_change_that_must_not_meet_this_state_does_not_go_on(shop: Marketplace) -> None:
    path = made(shop, status=0)["resource_uri"]
    known = shop.get(path).headers["ETag"]
    for unwanted in (known, "*"):
        answer = shop.patch(path, {"status": 1}, **{"If-None-Match": unwanted})
        assert (answer.status, answer.text) == (412, "")
    assert shop.patch(path, {"status": 1}, **{"If-None-Match": '"x"'}).status == 200


def test_a_tag_from_before_a_relation_came_still_names_the_payment(shop: Marketplace) -> None:
    path = made(shop, status=0)["resource_uri"]
    before = shop.get(path).headers["ETag"]
    relation = made(shop, status=0, related=path)["resource_uri"]
    shown = shop.patch(path, {"notes": "n"}, **{"If-Match": before})
    assert (shown.status, shown["relations"][0]["resource_uri"]) == (200, relation)
    assert shown.headers["ETag"] == shop.get(path).headers["ETag"] != before
    shop.patch(relation, {"notes": "n"})
    assert shop.get(path).headers["ETag"] != shown.headers["ETag"]


def test_of_many_moves_of_one_state_at_once_one_succeeds(shop: Marketplace, security_events: list[str]) -> None:
    path = made(shop, status=0)["resource_uri"]
    known = {"If-Match": shop.get(path).headers["ETag"]}

    answers = at_once(6, lambda number: Marketplace().patch(path, {"status": (1, 4)[number % 2]}, **known))

    # Those that find it failed are refused by the rules, which come before the condition.
    statuses = Counter(answer.status for answer in answers)
    assert statuses[200] == 1
    assert set(statuses) <= {200, 400, 412}
    assert len(events(shop, path)) == 1
    assert sum("success" in line for line in security_events) == 1


def test_of_many_that_set_a_provider_at_once_one_succeeds(shop: Marketplace) -> None:
    path = made(shop, status=0)["resource_uri"]
    answers = at_once(6, lambda number: Marketplace().patch(path, {"provider": (0, 1, 2, 4, 0, 1)[number]}))
    assert sorted(answer.status for answer in answers) == [200] + [400] * 5
    (winner,) = (answer for answer in answers if answer.status == 200)
    assert shop.get(path)["provider"] == winner["provider"]


def test_of_many_that_take_an_id_at_once_one_gets_it(shop: Marketplace) -> None:
    paths = [made(shop, status=0, provider=2)["resource_uri"] for _ in range(6)]
    answers = at_once(6, lambda number: Marketplace().patch(paths[number], {"uid_pay": "id-1"}))
    assert sorted(answer.status for answer in answers) == [200] + [400] * 5


# --- the engine's own ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "other"), [("status", 4), ("provider", 2), ("uid_pay", "id-1"), ("pay_url", "https://shop.example/")]
)
def test_what_the_engine_keeps_of_a_payment_is_not_the_clients_to_change(
    shop: Marketplace, paid: dict[str, str], name: str, other: int | str
) -> None:
    before = shop.transaction(paid["transaction"])
    refused(shop.patch(paid["transaction"], {name: other, "notes": "n"}))
    refused(shop.patch(paid["transaction"], {name: [], "notes": "n"}), *RULE, name)
    assert shop.transaction(paid["transaction"]) == before


def test_what_is_so_already_is_no_change_of_a_payment(
    shop: Marketplace, paid: dict[str, str], security_events: list[str]
) -> None:
    """As clients say it that kept their transactions themselves at the old server."""
    before, told = shop.transaction(paid["transaction"]), events(shop, paid["transaction"])
    same = {name: before[name] for name in ("status", "provider", "uid_pay", "pay_url")}

    answer = shop.patch(paid["transaction"], same | {"notes": "n"})

    assert answer.status == 200, answer
    assert shop.transaction(paid["transaction"]) == before | {
        "notes": "n", "modified": answer["modified"], "counter": before["counter"] + 1,
    }  # fmt: skip
    assert events(shop, paid["transaction"]) == told
    assert security_events == []
    refused(shop.patch(paid["transaction"], same | {"status": 5}))


def test_notes_and_reason_of_a_payment_are_free_in_any_state_at_any_time(
    shop: Marketplace, paypal: Simulator, app_id: str, paid: dict[str, str]
) -> None:
    waiting = shop.pay(app_id)["transaction"]
    paypal.fault("create_order", "issue:PAYEE_ACCOUNT_RESTRICTED")
    failed = shop.pay(app_id)["transaction"]
    refund = shop.refund(uuid=paid["uuid"], amount="1.00")["transaction"]
    for path, status in ((waiting, 0), (paid["transaction"], 1), (failed, 4), (refund, 1)):
        age(path, LOCKDOWN_S * 30)
        told = events(shop, path)
        answer = shop.patch(path, {"notes": "asked by phone", "status_reason": "checked by hand"})
        assert (answer.status, answer["status"]) == (200, status), answer
        assert (answer["notes"], answer["status_reason"]) == ("asked by phone", "checked by hand")
        assert events(shop, path) == told
        assert shop.patch(path, {"notes": 7}).json == {"notes": ["must be a text"]}


@pytest.mark.parametrize("body", [{"notes": "ada@shop.example called"}, {"status_reason": "Ada"}, {"status": 1}, {}])
def test_nothing_comes_to_a_transaction_that_was_anonymised(
    shop: Marketplace, paid: dict[str, str], body: dict[str, Any]
) -> None:
    """Who it was about would be in the books again, and its day of change another one."""
    kept = made(shop, uuid="of a client")["resource_uri"]
    for path in (paid["transaction"], kept):
        Transaction.objects.filter(pk=pk_of(path)).update(anonymised_at=timezone.now())
        before = shop.transaction(path)
        refused(shop.patch(path, body))
        assert shop.transaction(path) == before


@pytest.mark.parametrize(("status", "named"), [(1, "completed"), ([], "none")])
def test_who_wants_to_move_a_payment_of_the_engine_leaves_a_security_event(
    shop: Marketplace, app_id: str, security_events: list[str], status: Any, named: str
) -> None:
    path = shop.pay(app_id)["transaction"]
    security_events.clear()

    assert shop.patch(path, {"status": status}).status == 400

    (line,) = security_events
    assert f"|{path}|Transaction change failure|7|" in line
    assert line.endswith(f"cs6Label=old cs6=pending cs7Label=new cs7={named}")


@pytest.mark.parametrize(
    "body", [{"status": 0}, {"provider": 2}, {"uid_pay": "id-1"}, {"pay_url": "https://a.example/"}]
)
def test_who_wants_no_other_status_of_it_leaves_none(
    shop: Marketplace, app_id: str, security_events: list[str], body: dict[str, Any]
) -> None:
    path = shop.pay(app_id)["transaction"]
    security_events.clear()

    shop.patch(path, body)

    assert security_events == []


def test_a_payment_whose_call_has_not_ended_is_the_engines(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    paypal.fault("create_order", "disconnect_after")
    payment = shop.pay(app_id)["transaction"]
    Transaction.objects.filter(pk=pk_of(payment)).update(outcome="none")
    refused(shop.patch(payment, {"status": 7}))


def test_a_refund_that_was_made_elsewhere_is_the_engines(
    shop: Marketplace, paypal: Simulator, paid: dict[str, str]
) -> None:
    """It has no call of ours: PayPal told of it."""
    Elsewhere(paypal).refund("1.00")
    for event in paypal.told("PAYMENT.CAPTURE.REFUNDED"):
        shop.forward(event)
    (refund,) = shop.transaction(paid["transaction"])["relations"]
    refused(shop.patch(refund["resource_uri"], {"status": 5}))
    assert shop.patch(refund["resource_uri"], {"notes": "by phone"}).status == 200


def test_a_past_payment_is_its_clients_for_a_day_from_when_it_was_made(shop: Marketplace) -> None:
    """No provider is asked about it, whatever it came to where it was made."""
    for uuid, seconds in (("recent", 60), ("old", LOCKDOWN_S + 1)):
        row = Transaction(uuid=uuid, outcome="succeeded", created=timezone.now() - timedelta(seconds=seconds))
        with transaction.atomic():
            states.past([row])
    recent, old = (shop.get(f"{HERE}?uuid={uuid}")["objects"][0]["resource_uri"] for uuid in ("recent", "old"))
    assert shop.patch(recent, {"status": 7}).status == 200
    refused(shop.patch(old, {"notes": "n"}))


# --- other verbs ---------------------------------------------------------------------------------------------------


def test_put_is_405_with_an_empty_body(shop: Marketplace) -> None:
    path = made(shop, status=0)["resource_uri"]
    for target in (path, path.rstrip("/"), f"{HERE}999999999/"):
        answer = shop.put(target, {"notes": "n"})
        assert (answer.status, answer.text, answer.headers["Allow"]) == (405, "", "GET, HEAD, PATCH")
    assert shop.get(path)["notes"] is None


def test_a_transaction_is_never_deleted(shop: Marketplace) -> None:
    parent = made(shop)["resource_uri"]
    for path in (parent, made(shop, related=parent)["resource_uri"], HERE):
        answer = shop.delete(path)
        assert (answer.status, list(answer.json)) == (405, ["detail"])
    assert len(shop.get(HERE)["objects"]) == 2


# --- lists ---------------------------------------------------------------------------------------------------------


def test_transactions_are_found_by_uuid_seller_and_provider(shop: Marketplace) -> None:
    sellers = [shop.seller(paypal_id=None) for _ in range(2)]
    rows = [
        made(shop, seller=seller["resource_uri"], provider=provider, uuid=f"{seller['uuid']}-{provider}").json
        for seller in sellers
        for provider in (0, 2)
    ]

    def found(query: str) -> list[Any]:
        return list(shop.get(f"{HERE}?{query}")["objects"])

    assert found("") == rows[::-1]
    assert found(f"uuid={rows[2]['uuid']}") == [rows[2]]
    assert found(f"seller={sellers[0]['resource_pk']}") == [rows[1], rows[0]]
    assert found("provider=0") == [rows[2], rows[0]]
    assert found(f"seller={sellers[1]['resource_pk']}&provider=2") == [rows[3]]
    assert found("uuid=&seller=&provider=") == rows[::-1]
    for nobody in ("uuid=x", "seller=999999999", "provider=3", "provider=1"):
        assert found(nobody) == []
    for junk in ("seller=x", f"seller={sellers[0]['resource_uri']}", "provider=paypal", "provider=-1", "status=1"):
        assert shop.get(f"{HERE}?{junk}").status == 400
