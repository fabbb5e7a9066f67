"""The hop: a request that the proxy sends for us, because it has the credentials and we do not.

What the proxy says of it means here what it means there: of what it surely did not send we say so too, and everything else is unknown. An
answer that does not prove to be the proxy's is none.
"""

import uuid
from collections.abc import Collection
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.conf import settings
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from solitude.telemetry import context
from solitude.telemetry.logs import get_logger

from . import breaker, in_time, vouching
from .failures import NoAnswer, NotSent, Reason
from .http import READING, Answer, Outlet, Request
from .vouching import LIFE_S, Mark

log = get_logger("solitude.outbound")


def identity() -> tuple[Path, Path] | None:
    """Certificate and key that we show to the proxy."""
    certificate, key = settings.SOLITUDE_PROXY_CLIENT_CERT, settings.SOLITUDE_PROXY_CLIENT_KEY
    return (certificate, key) if certificate and key else None


def climbs(path: str) -> bool:
    """Whether a path, as it goes over the wire, has a step that leads elsewhere: `.` or `..`, as any server may read it: some decode a
    path twice, or take a backslash for a slash, or know parameters of a step."""
    plain = unquote(unquote(path)).replace("\\", "/")
    return any(step.partition(";")[0].strip() in (".", "..") for step in plain.split("/"))


class Hop:
    """One way to a provider through the proxy. Made once; used by all threads. `url` is the provider's place at the proxy.

    `below` is what the provider's own URLs begin with, where what follows it follows `url` too; empty where the proxy is told the whole
    URL. `headers` (in small letters) are passed on besides those of every request. `name` is also whose `breaker` it is: that of the
    provider, as if it were asked without a proxy.
    """

    def __init__(
        self,
        name: str,
        *,
        url: str,
        service: str,
        below: str = "",
        headers: Collection[str] = (),
        timeout_ms: int = 45_000,
        connect_timeout_ms: int = 3_000,
        max_answer_bytes: int = 1024 * 1024,
    ) -> None:
        self.name = name
        self._url, self._service, self._below = url, service, below
        self._names = vouching.CARRIED | set(headers)
        self._secrets: tuple[str, ...] = settings.SOLITUDE_PROXY_SECRETS
        at_once = settings.SOLITUDE_PAYMENTS_IN_PROGRESS_MAX
        self._outlet = Outlet(
            name,
            base_urls=[url],
            connect_timeout_ms=connect_timeout_ms,
            read_timeout_ms=timeout_ms,
            total_timeout_ms=timeout_ms,
            max_answer_bytes=max_answer_bytes,
            pool_size=at_once,
            in_progress_limit=at_once,
            correlation_header=vouching.CORRELATION_ID,
            ca_file=settings.SOLITUDE_PROXY_CA_FILE,
            identity=identity(),
            # What the proxy says counts, and not that it said something: see `send`.
            breaks=False,
            # Not among the headers that are signed: a proxy of an earlier version does not know it, and nothing depends on it.
            names_trace=True,
        )

    def __repr__(self) -> str:
        return f"Hop({self.name})"

    def send(self, request: Request) -> Answer:
        """Has the proxy send the request, once. Raises NotSent and NoAnswer as an Outlet does."""
        guard, said = breaker.of(self.name), breaker.Verdict.NOTHING
        try:
            began = guard.admit()
        except breaker.Open:
            raise NotSent(Reason.BREAKER_OPEN) from None
        try:
            outcome = self._outcome(request)
            said = breaker.verdict(outcome.status if isinstance(outcome, Answer) else outcome)
        finally:
            guard.tell(began, said)
        if isinstance(outcome, Answer):
            return outcome
        raise outcome

    def _outcome(self, request: Request) -> Answer | NotSent | NoAnswer:
        jti = uuid.uuid4().hex
        try:
            passed = self._passed(request, jti)
        except (ValueError, LocationParseError):
            return NotSent(Reason.INVALID_REQUEST)
        try:
            answer = self._outlet.send(passed)
        except (NotSent, NoAnswer) as error:
            return error
        return self._read(answer, jti)

    def _passed(self, request: Request, jti: str) -> Request:
        """The request as it goes to the proxy. Raises ValueError and LocationParseError for a URL that cannot be passed on."""
        given = {name.lower(): value for name, value in request.headers.items()}
        headers = {name: value for name, value in given.items() if name in self._names}
        headers[vouching.SERVICE] = self._below or request.url
        headers[vouching.WAY] = self.name
        if soap_action := given.get("soapaction"):
            headers[vouching.SOAP_ACTION] = soap_action
        headers[vouching.OPERATION] = request.operation
        headers[vouching.SECRET_TAIL] = str(request.secret_tail)
        headers[vouching.REQUEST_ID] = context.current().get("request_id", "")
        headers = {name: value for name, value in headers.items() if value}
        # As it goes over the wire: what is signed must be what arrives.
        url = parse_url(self._place(request.url))
        headers["authorization"] = vouching.authorization(
            self._secrets[0], jti, request.method, url.request_uri, request.body, headers, self._names, _life_s(request)
        )
        # Of the path at the proxy only the part behind `below` can hold a secret, which its end is.
        tail = request.secret_tail if self._below else 0
        return Request(request.method, url.url, headers, request.body, request.operation, secret_tail=tail)

    def _place(self, url: str) -> str:
        if not self._below:
            return self._url
        rest = url.removeprefix(self._below)
        # What follows must stay below: neither another host's name nor a way up.
        if rest == url or not rest.startswith("/") or climbs(urlsplit(url).path):
            raise ValueError("not below")
        return self._url + rest

    def _read(self, answer: Answer, jti: str) -> Answer | NotSent | NoAnswer:
        said = vouching.Said(answer.status, answer.headers, answer.body)
        try:
            vouching.check(self._secrets, jti, said)
            mark = Mark(answer.headers.get(vouching.MARK, ""))
        except (vouching.NotProven, ValueError):
            log.error("proxy_not_proven", provider=self.name, status=answer.status)
            return NoAnswer(Reason.UNVERIFIED, answer.duration_ms)
        if mark == Mark.ANSWERED:
            return Answer(answer.status, _providers(answer), answer.body, answer.duration_ms, answer.correlation_id)
        reason = answer.headers.get(vouching.REASON, "")
        log.warning("proxy_has_no_answer", provider=self.name, mark=mark, reason=reason, status=answer.status)
        if mark == Mark.REFUSED:
            return NotSent(Reason.PROXY_REFUSED, answer.duration_ms)
        kind = NotSent if mark == Mark.NOT_SENT else NoAnswer
        return kind(_reason(reason), answer.duration_ms)


def _life_s(request: Request) -> int:
    """How long the proxy may pass it on: what may change something not for longer than we might send it ourselves."""
    left_s = LIFE_S if request.method in READING else in_time.left_s()
    return int(max(1, min(left_s, LIFE_S)))


def _reason(text: str) -> Reason:
    try:
        return Reason(text)
    except ValueError:
        return Reason.UNEXPECTED


def _providers(answer: Answer) -> dict[str, str]:
    return {name: answer.headers[name] for name in ("content-type", "retry-after") if name in answer.headers}
