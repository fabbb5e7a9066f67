"""Many customers at once, each with one payment and a connection of its own.

One loop over all of them, without threads, so that thousands take little of the processor that the server needs.
"""

import asyncio
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from tests.support.processes import KEY

from benchmarks.scenarios import LIFE_S, SECRET, preapproved_payment
from solitude.client.signing import authorization

TARGET = "/paypal/pay"


@dataclass(frozen=True, slots=True)
class Customer:
    """One who wants to pay, under one idempotency key however often it takes."""

    body: bytes
    key: str = field(default_factory=lambda: uuid.uuid4().hex)


@dataclass(slots=True)
class Crowd:
    """What came of it: the `uuids` of payments, who was `refused` for want of room (each time), and answers that nobody should get."""

    uuids: list[str] = field(default_factory=list)
    refused: list[Customer] = field(default_factory=list)
    others: list[str] = field(default_factory=list)


def customers(materials: Mapping[str, Any], number: int) -> list[Customer]:
    buyers = materials["buyers"]
    payments = (preapproved_payment(materials, buyers[one % len(buyers)]) for one in range(number))
    return [Customer(json.dumps(payment).encode()) for payment in payments]


def pay(house: str, who: Sequence[Customer], *, again: bool, within_s: float) -> Crowd:
    """All begin at once. With `again` who is refused comes back when it was told to. Raises TimeoutError."""
    crowd = Crowd()
    asyncio.run(asyncio.wait_for(_all(crowd, house, who, again=again), within_s))
    return crowd


async def _all(crowd: Crowd, house: str, who: Sequence[Customer], *, again: bool) -> None:
    await asyncio.gather(*(_until_paid(crowd, house, customer, again=again) for customer in who))


async def _until_paid(crowd: Crowd, house: str, customer: Customer, *, again: bool) -> None:
    while True:
        status, headers, said = await _ask(house, customer)
        if status in (HTTPStatus.OK, HTTPStatus.CREATED):
            crowd.uuids.append(said["uuid"])
            return
        if status != HTTPStatus.SERVICE_UNAVAILABLE or said["code"] != "busy":
            crowd.others.append(f"{status} {said}")
            return
        crowd.refused.append(customer)
        pause_s = int(headers["retry-after"])
        if not again:
            return
        await asyncio.sleep(pause_s)


async def _ask(house: str, customer: Customer) -> tuple[int, dict[str, str], Any]:
    host, port = house.rsplit(":", 1)
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(_request(house, customer))
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().rstrip().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        body = await reader.readexactly(int(headers["content-length"]))
    finally:
        writer.close()
    return int(first.split(" ")[1]), headers, json.loads(body)


def _request(house: str, customer: Customer) -> bytes:
    """A token is good for one try."""
    token = authorization(key=KEY, secret=SECRET, method="POST", target=TARGET, body=customer.body, life_s=LIFE_S)
    head = (
        f"POST {TARGET} HTTP/1.1\r\nHost: {house}\r\nConnection: close\r\nAuthorization: {token}\r\n"
        f"Idempotency-Key: {customer.key}\r\nContent-Type: application/json\r\nContent-Length: {len(customer.body)}\r\n\r\n"
    )
    return head.encode() + customer.body
