"""Requests and answers as documents show them: read, sent to a running house, and compared.

A fence is either a request or the answer to the one before it. In an answer `…` stands for any text. What `solitude:…` stood for is kept,
so that it means the same in a later request. `"…"` as a name says that there is more than is shown. Times are compared by their form.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import urllib3

from solitude.client.signing import authorization
from tests.support.processes import House

ANY = "…"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@dataclass(frozen=True)
class Message:
    start: str
    headers: dict[str, str]
    body: str

    @classmethod
    def read(cls, text: str) -> "Message":
        head, _, body = text.partition("\n\n")
        start, *lines = head.strip().splitlines()
        return cls(start, dict(line.split(": ", 1) for line in lines), body.strip())


@dataclass
class Conversation:
    """What a document shows, held with a house. `stood_for`: what a text with `…` was in the last answer that had it."""

    house: House
    key: str
    secret: str
    stood_for: dict[str, str] = field(default_factory=dict)

    def hold(self, request: Message, shown: Message) -> None:
        """Sends the request and compares the answer with what is shown. The buyer approves whatever there is to approve."""
        status, headers, body = self._ask(request)
        where = f"{request.start}: {status} {body}"
        assert shown.start.split()[1] == str(status), where
        for name, text in shown.headers.items():
            assert self._is(text, headers.get(name)), f"{name} of {where}"
        assert bool(shown.body) == bool(body), where
        if body:
            self._compare(json.loads(shown.body), json.loads(body), where)
            for url in re.findall(r'"(?:pay|paypal)_url":"(http[^"]+)"', body):
                self.house.paypal.approve(url)

    def _ask(self, request: Message) -> tuple[int, Mapping[str, str], str]:
        method, target, _ = self._said(request.start).split()
        body = self._said(request.body).encode()
        signed = authorization(key=self.key, secret=self.secret, method=method, target=target, body=body)
        headers = {"Authorization": signed, **{name: self._said(text) for name, text in request.headers.items()}}
        answer = urllib3.request(method, f"{self.house.url}{target}", body=body or None, headers=headers, retries=False)
        return answer.status, answer.headers, answer.data.decode()

    def _said(self, text: str) -> str:
        """The text with what its `…` stood for."""
        for shown, found in self.stood_for.items():
            text = text.replace(shown, found)
        assert ANY not in text, text
        return text

    def _compare(self, shown: Any, found: Any, where: str) -> None:
        match shown:
            case dict():
                is_part = ANY in shown
                names = set(shown) - {ANY}
                assert names <= set(found) if is_part else names == set(found), where
                for name in names:
                    self._compare(shown[name], found[name], f"{name} of {where}")
            case list():
                assert len(shown) == len(found), where
                for one, other in zip(shown, found, strict=True):
                    self._compare(one, other, where)
            case str():
                assert self._is(shown, found), where
            case _:
                assert shown == found, where

    def _is(self, shown: str, found: Any) -> bool:
        if not isinstance(found, str):
            return False
        if TIME.fullmatch(shown):
            return TIME.fullmatch(found) is not None
        if ANY not in shown:
            return shown == found
        if shown != ANY:
            self.stood_for[shown] = found
        return re.fullmatch(".*".join(map(re.escape, shown.split(ANY))), found, re.DOTALL) is not None
