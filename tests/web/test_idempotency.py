"""An idempotency key: one effect and one answer, whatever happens in between."""

import hashlib
import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now
from tests.payments.passing import make_due
from tests.support.marketplace import Answer, Api, Marketplace
from tests.support.simulator import Simulator
from tests.web.parallel import at_once

from solitude import clocks
from solitude.payments import recovery
from solitude.payments.models import ProviderCall
from solitude.transactions.models import Transaction
from solitude.vault.current import current_ring, use_ring
from solitude.vault.keyring import KeyRing, Keys
from solitude.web import admission, idempotency, purge
from solitude.web.models import ANSWER_MAX_CHARS, IdempotencyKey
from solitude.web.refusals import Refused

HERE = "/generic/buyer/"
PERSON = {"uuid": "shop:1", "email": "ada@buyer.example"}
KEY = {"Idempotency-Key": "order 77"}
REPLAYED = "Idempotency-Replayed"


def post(api: Api, body: Any = PERSON, target: str = HERE, key: str = "order 77") -> Answer:
    return api.post(target, body, **{"Idempotency-Key": key})


def is_replay_of(first: Answer, second: Answer) -> bool:
    is_same = (second.status, second.text, second.tag_and_place) == (first.status, first.text, first.tag_and_place)
    return is_same and second.headers.get(REPLAYED) == "true"


def age(**columns: int) -> None:
    """Moves times of the kept keys back by so many seconds, as the database sees them."""
    IdempotencyKey.objects.update(**{name: F(name) - timedelta(seconds=seconds) for name, seconds in columns.items()})


class Killed(BaseException):
    """The end of a process, as far as a request can see it: nothing after it runs."""


def kill(*_: object, **__: object) -> None:
    raise Killed


def dies(api: Api, monkeypatch: pytest.MonkeyPatch, where: str = "solitude.buyers.api.insert_once") -> None:
    """A request under the key whose process dies in the middle."""
    with monkeypatch.context() as patched:
        patched.setattr(where, kill)
        with pytest.raises(Killed):
            post(api)


BODIES = [
    (HERE, PERSON),
    ("/generic/seller/", {"uuid": "dev:1"}),
    ("/generic/transaction/", {}),
    ("/generic/transaction/", {"uuid": "pay:1", "amount": "3", "currency": "EUR", "notes": '\u00fc \u0001 \\ "'}),
]


@pytest.mark.parametrize(("target", "body"), BODIES)
def test_the_second_request_gets_the_first_ones_answer(shop: Marketplace, target: str, body: dict[str, Any]) -> None:
    first = post(shop, body, target)
    assert first.status == 201
    assert REPLAYED not in first.headers

    assert is_replay_of(first, post(shop, body, target))
    assert is_replay_of(first, post(shop, body, target))

    assert shop.get(target)["meta"]["total_count"] == 1


@pytest.mark.parametrize(("target", "body"), BODIES)
def test_a_change_by_the_tag_of_a_replay_goes_on_while_nothing_has_changed(
    shop: Marketplace, target: str, body: dict[str, Any]
) -> None:
    post(shop, body, target)
    replay = post(shop, body, target)
    made, tag = replay.headers["Location"], {"If-Match": replay.headers["ETag"]}

    assert [shop.patch(made, {"status": 6}, **tag).status for _ in range(2)] == [200, 412]


def test_a_content_has_the_same_tag_in_a_replay(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    first = shop.pay(app_id, headers=KEY)
    assert first.headers["ETag"]
    assert is_replay_of(first, shop.pay(app_id, headers=KEY))


def test_what_the_version_before_has_kept_is_replayed_without_a_tag(shop: Marketplace) -> None:
    """It kept none: one of the content would be none of the row's."""
    first = post(shop)
    IdempotencyKey.objects.update(headers=None)

    replay = post(shop)

    assert (replay.status, replay.text, replay.headers[REPLAYED]) == (201, first.text, "true")
    assert replay.tag_and_place == (None, None)


def test_a_product_is_made_once(shop: Marketplace) -> None:
    seller = shop.seller(paypal_id=None)["resource_uri"]
    body = {"seller": seller, "external_id": "a", "public_id": "p", "secret": "s"}
    assert is_replay_of(post(shop, body, "/generic/product/"), post(shop, body, "/generic/product/"))


def test_both_spellings_of_the_path_are_one_request(shop: Marketplace) -> None:
    assert is_replay_of(post(shop), post(shop, target=HERE[:-1]))


def test_a_query_makes_no_other_request(shop: Marketplace) -> None:
    """No POST looks at it."""
    first = post(shop, target=f"{HERE}?x=1")
    assert first.status == 201
    assert is_replay_of(first, post(shop, target=f"{HERE}?x=2"))
    assert is_replay_of(first, post(shop))


def test_without_a_key_every_request_is_a_new_one(shop: Marketplace) -> None:
    answers = [shop.post("/generic/transaction/", {}) for _ in range(2)]
    assert answers[0]["uuid"] != answers[1]["uuid"]
    assert IdempotencyKey.objects.count() == 0


@pytest.mark.parametrize(
    ("target", "body"),
    [
        (HERE, {"uuid": "shop:2"}),
        (HERE, json.dumps(PERSON).encode() + b" "),
        (HERE, b""),
        ("/generic/seller/", PERSON),
        (f"{HERE}1/", PERSON),
    ],
)
def test_another_request_under_the_same_key_is_refused(shop: Marketplace, target: str, body: Any) -> None:
    first = post(shop)

    other = post(shop, body, target)

    assert (other.status, other["code"], sorted(other.json)) == (422, "idempotency_key_reused", ["code", "detail"])
    assert shop.get("/generic/seller/")["objects"] == []
    assert is_replay_of(first, post(shop))


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_only_a_post_takes_a_key(shop: Marketplace, method: str) -> None:
    answers = [shop.send(method, HERE, **{"Idempotency-Key": key}) for key in ("k", "k", "", "x" * 300)]
    assert len({answer.status for answer in answers}) == 1
    assert not any(REPLAYED in answer.headers for answer in answers)
    assert IdempotencyKey.objects.count() == 0


def test_a_key_belongs_to_its_client(shop: Marketplace) -> None:
    other = Api("rotating", "the-new-secret-of-the-tests-0123456789")
    first = post(shop, {}, "/generic/transaction/")
    second = post(other, {}, "/generic/transaction/")
    assert second.status == 201
    assert first["uuid"] != second["uuid"]
    assert is_replay_of(second, post(other, {}, "/generic/transaction/"))
    assert is_replay_of(first, post(shop, {}, "/generic/transaction/"))


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "\t"])
def test_a_key_that_cannot_be_used_is_refused(shop: Marketplace, key: str) -> None:
    answer = post(shop, key=key)
    assert (answer.status, list(answer.json)) == (400, ["Idempotency-Key"])
    assert shop.get(HERE)["objects"] == []


@pytest.mark.parametrize("key", ["x" * 255, "0", "\xe9", "'; DROP TABLE web_idempotencykey; --"])
def test_any_other_key_is_good(shop: Marketplace, key: str) -> None:
    assert is_replay_of(post(shop, key=key), post(shop, key=key))


@pytest.mark.parametrize("body", [{}, {"uuid": []}, [], b"{"])
def test_a_400_is_kept(shop: Marketplace, body: Any) -> None:
    first = post(shop, body)
    assert first.status == 400
    assert is_replay_of(first, post(shop, body))


def test_the_refusal_of_a_taken_uuid_is_kept(shop: Marketplace) -> None:
    shop.post(HERE, PERSON)
    first = post(shop)
    assert (first.status, first.json) == (400, {"uuid": ["BUYER_UUID_ALREADY_EXISTS"]})
    assert is_replay_of(first, post(shop))


def test_415_is_kept(shop: Marketplace) -> None:
    answers = [shop.post(HERE, PERSON, **{"Content-Type": "text/plain", **KEY}) for _ in range(2)]
    assert answers[0].status == 415
    assert is_replay_of(*answers)


def test_405_is_not_kept_and_says_each_time_what_is_allowed(shop: Marketplace) -> None:
    for _ in range(2):
        answer = post(shop, target=f"{HERE}7/", key="k")
        assert (answer.status, list(answer.json)) == (405, ["detail"])
        assert "GET" in answer.headers["Allow"]


def test_a_401_is_not_kept(shop: Marketplace) -> None:
    assert shop.send_unsigned("POST", HERE, b"{}", **KEY).status == 401
    assert IdempotencyKey.objects.count() == 0
    assert post(shop).status == 201


def test_a_403_is_not_kept(shop: Marketplace) -> None:
    assert post(Api("nagios", "the-secret-of-nagios-in-tests-0123456789")).status == 403
    assert IdempotencyKey.objects.count() == 0


def test_a_5xx_is_not_kept_and_frees_the_key(shop: Marketplace, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr("solitude.buyers.api.insert_once", fail)
        assert [post(shop).status for _ in range(2)] == [500, 500]
    mended = post(shop)
    assert mended.status == 201
    assert is_replay_of(mended, post(shop))


def test_an_effect_is_never_without_its_answer(shop: Marketplace, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer cannot be kept: then the buyer is not made either."""

    def fail(*_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(idempotency.Claim, "settle", fail)
    assert post(shop).status == 500
    assert shop.get(HERE)["objects"] == []


def test_while_the_first_request_runs_the_second_is_told_to_wait(
    shop: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    dies(shop, monkeypatch)

    waiting = post(shop)

    assert (waiting.status, waiting["code"]) == (409, "idempotency_in_progress")
    assert sorted(waiting.json) == ["code", "detail"]
    assert waiting.headers["Retry-After"] == "1"
    assert post(shop, {"uuid": "shop:2"}).status == 422


@pytest.mark.parametrize("where", ["solitude.buyers.api.insert_once", "solitude.buyers.api.created"])
def test_the_claim_of_a_dead_request_ends(shop: Marketplace, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    dies(shop, monkeypatch, where)
    age(claimed_at=59)
    assert post(shop).status == 409
    age(claimed_at=2)

    revived = post(shop)

    assert revived.status == 201
    assert is_replay_of(revived, post(shop))


def test_of_many_that_revive_a_dead_request_one_does(shop: Marketplace, monkeypatch: pytest.MonkeyPatch) -> None:
    dies(shop, monkeypatch)
    age(claimed_at=61)

    answers = at_once(10, lambda _: post(Marketplace()))

    assert {answer.status for answer in answers} <= {201, 409}
    assert len({answer.text for answer in answers if answer.status == 201}) == 1
    assert shop.get(HERE)["meta"]["total_count"] == 1


def overtaken(monkeypatch: pytest.MonkeyPatch, body: Any, target: str) -> list[Answer]:
    """Lets the next request stall, after it has claimed its key, until its claim has ended and another one has answered."""
    answers: list[Answer] = []

    def stall() -> None:
        monkeypatch.undo()
        age(claimed_at=61)
        answers.append(post(Marketplace(), body, target))

    monkeypatch.setattr(admission.purge, "when_due", stall)
    return answers


@pytest.mark.parametrize(("target", "body"), BODIES)
def test_a_request_that_only_seemed_dead_has_no_effect(
    shop: Marketplace, monkeypatch: pytest.MonkeyPatch, target: str, body: dict[str, Any]
) -> None:
    answers = overtaken(monkeypatch, body, target)

    late = post(shop, body, target)

    assert [answer.status for answer in answers] == [201]
    assert is_replay_of(answers[0], late)
    assert shop.get(target)["meta"]["total_count"] == 1
    assert is_replay_of(answers[0], post(shop, body, target))


def test_a_late_request_is_told_that_another_one_is_at_it(shop: Marketplace, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has lost its key, and whoever has it now has no answer yet."""

    def stall() -> None:
        monkeypatch.undo()
        IdempotencyKey.objects.update(holder=uuid.uuid4())

    monkeypatch.setattr(admission.purge, "when_due", stall)

    late = post(shop, {}, "/generic/transaction/")

    assert (late.status, late["code"]) == (409, "idempotency_in_progress")
    assert Transaction.objects.count() == 0


def test_a_late_request_whose_key_is_forgotten_says_what_it_has_to_say(
    shop: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stall() -> None:
        monkeypatch.undo()
        IdempotencyKey.objects.all().delete()

    monkeypatch.setattr(admission.purge, "when_due", stall)

    assert post(shop, {}, "/generic/transaction/").status == 409
    assert Transaction.objects.count() == 0


def test_a_payment_whose_request_only_seemed_dead_is_made_once(
    shop: Marketplace, paypal: Simulator, app_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The late request has not begun its payment yet, so that nothing in the books would tell it of the other one."""
    answers: list[Answer] = []

    def stall() -> None:
        monkeypatch.undo()
        age(claimed_at=61)
        answers.append(Marketplace().pay(app_id, headers=KEY))
        now = clocks.now_s()
        monkeypatch.setattr(clocks, "now_s", lambda: now + 61)

    monkeypatch.setattr(admission.purge, "when_due", stall)

    late = shop.pay(app_id, headers=KEY)

    assert [answer.status for answer in answers] == [201]
    assert is_replay_of(answers[0], late)
    assert len(paypal.calls("create_order")) == 1
    assert Transaction.objects.count() == 1
    assert is_replay_of(answers[0], shop.pay(app_id, headers=KEY))


@pytest.mark.parametrize(("dawdled_s", "may_write"), [(0, True), (30, True), (31, False), (1000, False)])
def test_nothing_is_written_under_a_key_after_half_of_its_lease(
    monkeypatch: pytest.MonkeyPatch, dawdled_s: int, may_write: bool
) -> None:
    kept, now = IdempotencyKey(), 1000.0
    monkeypatch.setattr(clocks, "now_s", lambda: now)
    held = idempotency.Claim(kept, repeated=False)
    now += dawdled_s
    if may_write:
        assert held.row is kept
    else:
        with pytest.raises(Refused) as refused:
            _ = held.row
        assert refused.value.status == 409


def test_a_key_lives_for_a_day(shop: Marketplace) -> None:
    first = post(shop, {}, "/generic/transaction/")
    age(created=86_400 - 60, claimed_at=86_400 - 60)
    assert is_replay_of(first, post(shop, {}, "/generic/transaction/"))
    age(created=61)

    fresh = post(shop, {"uuid": "pay:2"}, "/generic/transaction/")

    assert (fresh.status, fresh["uuid"]) == (201, "pay:2")
    assert is_replay_of(fresh, post(shop, {"uuid": "pay:2"}, "/generic/transaction/"))


@pytest.fixture
def unknown(shop: Marketplace, paypal: Simulator, app_id: str, preapproved: str) -> Callable[[], Answer]:
    """A payment of which nobody knows yet whether it is paid: PayPal has taken the money, and its answer was lost. To be asked again."""

    def pay() -> Answer:
        return shop.pay(app_id, headers=KEY, user_id=preapproved, use_preapproval=True)

    paypal.fault("create_order", "disconnect_after")
    first = pay()
    assert (first.status, first["code"]) == (504, "outcome_unknown")
    return pay


def test_a_key_is_not_forgotten_while_nobody_knows_what_became_of_its_payment(
    shop: Marketplace, paypal: Simulator, unknown: Callable[[], Answer]
) -> None:
    age(created=3 * 86_400, claimed_at=3 * 86_400)
    purge.purge()

    second = unknown()

    assert (second.status, second["status"]) == (201, "completed")
    assert len(paypal.captured()) == 1
    assert ProviderCall.objects.filter(operation="pay").count() == 1
    assert is_replay_of(second, unknown())


@pytest.mark.parametrize("is_purged", [True, False])
def test_a_key_is_kept_for_a_day_from_when_it_is_known_what_became_of_its_payment(
    shop: Marketplace, paypal: Simulator, unknown: Callable[[], Answer], is_purged: bool
) -> None:
    """A worker has found it out, and the client has not asked yet."""
    make_due()
    assert recovery.run_once() == 1
    age(created=3 * 86_400, claimed_at=3 * 86_400)
    ProviderCall.objects.update(ended_at=Now() - timedelta(hours=23))
    if is_purged:
        purge.purge()

    assert unknown()["status"] == "completed"
    assert len(paypal.captured()) == 1

    ProviderCall.objects.update(ended_at=Now() - timedelta(hours=25))
    age(created=86_400, claimed_at=86_400)
    assert REPLAYED not in unknown().headers
    assert len(paypal.captured()) == 2


def test_of_thirty_at_once_one_has_an_effect(shop: Marketplace) -> None:
    answers = at_once(30, lambda _: post(Marketplace(), {}, "/generic/transaction/"))

    assert {answer.status for answer in answers} <= {201, 409}
    made = [answer for answer in answers if answer.status == 201]
    assert len({answer.text for answer in made}) == 1
    assert sum(REPLAYED not in answer.headers for answer in made) == 1
    assert all(answer.headers["Retry-After"] == "1" for answer in answers if answer.status == 409)
    assert Transaction.objects.count() == 1


def test_the_key_of_thirty_different_requests_serves_one(shop: Marketplace) -> None:
    answers = at_once(30, lambda number: post(Marketplace(), {"uuid": f"shop:{number}"}))
    assert sorted(answer.status for answer in answers) == [201] + [422] * 29
    assert shop.get(HERE)["meta"]["total_count"] == 1


def test_what_is_kept_tells_nothing_to_who_reads_the_database(shop: Marketplace) -> None:
    post(shop)

    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM web_idempotencykey")
        kept = dict(zip([column[0] for column in cursor.description], cursor.fetchone(), strict=True))

    text = " ".join(str(value) for value in kept.values())
    for told in ("shop:1", "ada@", "buyer.example", "resource_uri", HERE):
        assert told not in text
    assert kept["answer"]


def test_the_fingerprint_is_keyed(shop: Marketplace) -> None:
    """A bare hash of a short body could be guessed by trying."""
    body = json.dumps(PERSON).encode()
    post(shop)
    fingerprint = IdempotencyKey.objects.get().fingerprint
    key_id, _, digest = fingerprint.partition(":")
    assert key_id == current_ring().hashes.current
    parts = (b"POST", f"{HERE}?".encode(), body)
    framed = b"".join(b"%d:%s," % (len(part), part) for part in parts)
    guesses = {hashlib.sha256(guess).hexdigest() for guess in (body, b"".join(parts), framed)}
    assert digest not in guesses
    with use_ring(KeyRing.generate(development=True)):
        assert post(Api(), key="another").status == 400
    other = IdempotencyKey.objects.get(key="another").fingerprint
    assert other.partition(":")[2] != digest


def test_a_change_of_the_vaults_keys_changes_no_answer(shop: Marketplace) -> None:
    first = post(shop)
    before, new = current_ring(), KeyRing.generate(development=True)

    def with_new(old: Keys, added: Keys) -> Keys:
        return Keys("k2", {**old.by_id, "k2": added.current_key})

    changed = KeyRing(fields=with_new(before.fields, new.fields), hashes=with_new(before.hashes, new.hashes))
    with use_ring(changed):
        assert is_replay_of(first, post(shop))


def test_the_largest_answer_can_be_kept(shop: Marketplace) -> None:
    texts = ("status_reason", "uid_pay", "uid_support", "pay_url", "carrier", "region", "source")
    body = {"notes": "\u0001" * 16_384, "uuid": "\u0001" * 200, **dict.fromkeys(texts, "\u0001" * 255)}
    first = post(shop, body, "/generic/transaction/")
    assert first.status == 201
    assert len(first.text) < ANSWER_MAX_CHARS
    assert is_replay_of(first, post(shop, body, "/generic/transaction/"))


def test_a_key_costs_the_gate_no_commit_of_its_own(shop: Marketplace) -> None:
    """Token and key are remembered together."""
    IdempotencyKey.objects.all().delete()
    seen: list[bool] = []

    def look(statement: Any, sql: str, params: Any, many: bool, about: Any) -> Any:
        named = [table in sql for table in ("web_seentoken", "web_idempotencykey")]
        if "INSERT INTO" in sql and any(named):
            # In one statement, or else in one transaction.
            seen.append(all(named) or connection.in_atomic_block)
        return statement(sql, params, many, about)

    with connection.execute_wrapper(look):
        assert post(shop).status == 201
    assert seen == [True] * (1 if connection.vendor == "postgresql" else 2)
    assert IdempotencyKey.objects.filter(claimed_at__lte=Now(), status=201).count() == 1
