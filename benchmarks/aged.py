"""Scenarios over a history: requests about rows of all ages, of sellers, products and buyers at random."""

import random
import uuid
from collections.abc import Callable

from benchmarks.places import Database, House
from benchmarks.scenarios import RETURN_URLS, Materials, Scenario, Steps, kept_transaction, signed

# What is paged through has at least so many pages at every size that is compared.
PAGES_OF = 400
SAMPLED = 2000


def materials(database: Database, house: House, last: int) -> Materials:
    """What requests name, of a house with a history of transactions up to this id."""
    ask = database.ask

    def sample(sql: str) -> list[str]:
        return [str(value) for (value,) in ask(f"SELECT * FROM ({sql}) s ORDER BY random() LIMIT {SAMPLED}")]

    ((oldest, newest),) = ask("SELECT min(place), max(place) FROM events_event")
    # By random keys: to sort all rows takes long.
    ids = ", ".join(str(random.Random(number).randint(1, last)) for number in range(SAMPLED))  # noqa: S311 - no secret
    return {
        "house": house.host,
        "paypal": house.paypal.root.removeprefix("http://"),
        "transactions": [1, last],
        "places": [oldest, newest],
        "uuids": [str(uuid) for (uuid,) in ask(f"SELECT uuid FROM transactions_transaction WHERE id IN ({ids})")],
        "buyers": sample("SELECT uuid FROM buyers_buyer WHERE uuid LIKE 'shop:%' AND id >= 1000"),
        "products": sample("SELECT public_id FROM sellers_product WHERE id >= 1000"),
        "product_paths": sample("SELECT '/generic/product/' || id || '/' FROM sellers_product WHERE id >= 1000"),
        "sellers": sample("SELECT id FROM sellers_seller WHERE id >= 1000"),
    }


def _pay(materials: Materials, number: int) -> Steps:
    chance = _chance(number)
    body = {
        "user_id": chance.choice(materials["buyers"]),
        "app_id": chance.choice(materials["products"]),
        "amount": 2.49,
        "currency": "EUR",
        "use_preapproval": True,
        **RETURN_URLS,
    }
    reply = yield signed(materials, "POST", "/paypal/pay", body)
    paid = reply.json(201)
    if paid["status"] != "completed":
        raise ValueError(f"a payment with pre-approval is {paid['status']}")
    return str(paid["uuid"])


def _create(materials: Materials, number: int) -> Steps:
    chance = _chance(number)
    name = f"kept:{uuid.uuid4()}"
    body = kept_transaction(name, chance.choice(materials["product_paths"])) | {"status": 1}
    reply = yield signed(materials, "POST", "/generic/transaction/", body)
    return str(reply.json(201)["uuid"])


def _chance(number: int) -> random.Random:
    """The same for the same unit: both sizes are asked alike."""
    return random.Random(number)  # noqa: S311 - no secret


def _get(target: Callable[[Materials, random.Random], str]) -> Callable[[Materials, int], Steps]:
    def steps(materials: Materials, number: int) -> Steps:
        reply = yield signed(materials, "GET", target(materials, _chance(number)))
        reply.json(200)
        return ""

    return steps


def _transaction(materials: Materials, chance: random.Random) -> str:
    return f"/generic/transaction/{chance.randint(*materials['transactions'])}/"


def _feed(materials: Materials, chance: random.Random) -> str:
    return f"/events/?limit=100&after={chance.randint(*materials['places']):018x}"


LIST = "/generic/transaction/"
AGED = {
    scenario.name: scenario
    for scenario in (
        Scenario("pay: any buyer, any product", _pay, provider=True),
        Scenario("create: any product", _create),
        Scenario("read: any transaction", _get(_transaction)),
        Scenario("read: any timeline", _get(lambda materials, chance: f"{_transaction(materials, chance)}timeline/")),
        Scenario("read: by uuid", _get(lambda materials, chance: f"{LIST}?uuid={chance.choice(materials['uuids'])}")),
        Scenario("feed: from anywhere", _get(_feed)),
        Scenario(
            "feed: the newest", _get(lambda materials, _: f"/events/?limit=100&after={materials['places'][1]:018x}")
        ),
        Scenario("list: first page", _get(lambda _materials, _chance: LIST)),
        Scenario("list: any of 400 pages", _get(lambda _, chance: f"{LIST}?page={chance.randint(1, PAGES_OF)}")),
        Scenario(
            "list: behind any cursor",
            _get(lambda materials, chance: f"{LIST}?cursor={chance.randint(*materials['transactions']):x}"),
        ),
        Scenario(
            "list: of any seller",
            _get(lambda materials, chance: f"{LIST}?seller={chance.choice(materials['sellers'])}"),
        ),
        # In the house with few transactions a seller has no more than that: both sizes show as many.
        Scenario(
            "list: of any seller, five a page",
            _get(lambda materials, chance: f"{LIST}?limit=5&seller={chance.choice(materials['sellers'])}"),
        ),
        Scenario(
            "list: of any seller, five by cursor",
            _get(lambda materials, chance: f"{LIST}?limit=5&cursor=&seller={chance.choice(materials['sellers'])}"),
        ),
        Scenario(
            "list: of a provider, by cursor",
            _get(lambda materials, chance: f"{LIST}?cursor={chance.randint(*materials['transactions']):x}&provider=0"),
        ),
        Scenario("services: uncertain", _get(lambda _materials, _chance: "/services/uncertain/")),
    )
}
