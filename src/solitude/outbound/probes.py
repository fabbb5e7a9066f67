"""Whether the peers answer at all: one short question to each at the same time, and the answers are remembered for a while.

Whoever may ask the status page asks unsigned, and as often as he likes. So it is time that decides how much goes out, and nobody
waits longer than one question takes. A provider offers its probe at the start.
"""

import threading
import time
from pathlib import Path

from django.conf import settings

from solitude.outbound import hop, ways
from solitude.outbound.failures import NoAnswer, NotSent
from solitude.outbound.http import Outlet, Request
from solitude.telemetry.logs import get_logger

log = get_logger("solitude.outbound")
# A thread that is in the system's resolver cannot be interrupted: it is left there after the time-out and this.
GRACE_S = 0.25


class Probe:
    """One peer. Any HTTP answer from `url` and `path` within `timeout_ms` says that it is there."""

    def __init__(
        self,
        name: str,
        url: str,
        timeout_ms: int,
        *,
        method: str = "HEAD",
        path: str = "/",
        ca_file: Path | None = None,
        identity: tuple[Path, Path] | None = None,
    ) -> None:
        self.name, self.timeout_s = name, timeout_ms / 1000
        self.url, self.timeout_ms = url, timeout_ms
        self._request = Request(method, f"{url}{path}", operation="probe")
        self._outlet = Outlet(
            name,
            base_urls=[url],
            connect_timeout_ms=timeout_ms,
            read_timeout_ms=timeout_ms,
            total_timeout_ms=timeout_ms,
            pool_size=1,
            # One that hangs holds one thread, and not one for each time that somebody asks.
            in_progress_limit=1,
            ca_file=ca_file,
            identity=identity,
            breaks=False,
        )

    def answers(self) -> bool:
        try:
            self._outlet.send(self._request)
        except (NotSent, NoAnswer):
            return False
        return True


class Probes:
    """The probes of this process, and what they found last."""

    def __init__(self) -> None:
        self._probes: list[Probe] = []
        self._asking = threading.Lock()
        self._found: bool | None = None
        self._good_until = 0.0

    def offer(self, probe: Probe) -> None:
        self._probes.append(probe)

    def all_answer(self, life_s: float) -> bool:
        """Whether every peer answers; true where there is none. An answer holds for `life_s`.

        Whoever comes while another one asks is told what was found before; only at the very first time he waits.
        """
        found = self._found
        if found is not None and time.monotonic() < self._good_until:
            return found
        if not self._asking.acquire(blocking=found is None):
            return bool(found)
        try:
            if self._found is None or time.monotonic() >= self._good_until:
                self._found = self._ask()
                self._good_until = time.monotonic() + life_s
            return self._found
        finally:
            self._asking.release()

    def _ask(self) -> bool:
        answers: dict[str, bool] = {}

        def ask(probe: Probe) -> None:
            answers[probe.name] = probe.answers()

        threads = [threading.Thread(target=ask, args=(probe,), daemon=True) for probe in self._probes]
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + max((probe.timeout_s for probe in self._probes), default=0) + GRACE_S
        for thread in threads:
            thread.join(max(deadline - time.monotonic(), 0))
        silent = [probe.name for probe in self._probes if not answers.get(probe.name)]
        if silent:
            log.warning("providers_do_not_answer", providers=silent)
        return not silent


_of_this_process = Probes()
_proxies_asked: set[str] = set()


def offer(probe: Probe) -> None:
    """Of a provider that is asked through a proxy only the proxy is there to be asked, and once for all providers."""
    url = ways.proxy_url(probe.name)
    if not url:
        _of_this_process.offer(probe)
        return
    root = url.partition("/proxy/")[0]
    if root not in _proxies_asked:
        _proxies_asked.add(root)
        _of_this_process.offer(of_proxy(root, probe.timeout_ms))


def of_proxy(root: str, timeout_ms: int) -> Probe:
    """Whether the proxy is there, and well or not: what of it does not work it says itself."""
    return Probe(
        "proxy",
        root,
        timeout_ms,
        method="GET",
        path="/services/status/",
        ca_file=settings.SOLITUDE_PROXY_CA_FILE,
        identity=hop.identity(),
    )


all_answer = _of_this_process.all_answer
