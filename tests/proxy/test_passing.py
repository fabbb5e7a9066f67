"""The proxy as it runs, over TLS: what it passes on, and for whom not."""

import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
import urllib3

from solitude.outbound import vouching
from solitude.outbound.failures import NoAnswer, NotSent, Reason
from solitude.outbound.hop import Hop
from solitude.outbound.http import Request
from solitude.outbound.vouching import Mark
from solitude.providers.bango.soap.description import description
from solitude.services import proxy_plugin
from solitude.services.finding import CRITICAL, Finding
from tests.proxy.conftest import Served
from tests.support import proxied, simulator
from tests.support.authority import Authority
from tests.support.bango import BangoSimulator
from tests.support.processes import solitude, wait_for
from tests.support.waiting import until
from tests.support.zippy import ZippySimulator

pytestmark = pytest.mark.long
BANGO_PATH = "/mozillaexporter/service.asmx"
ENVELOPE = description(None).write("GetPackage", {"packageId": 1, "username": "", "password": ""})
SOAP = {
    "Content-Type": "text/xml; charset=utf-8",
    "SOAPAction": description(None).action("GetPackage"),
}


@pytest.fixture(autouse=True)
def asking(served: Served, settings: Any) -> Any:
    """The settings of a database process, which a test may spoil."""
    settings.SOLITUDE_PROXY_SECRETS = (served.plan.secret,)
    settings.SOLITUDE_PROXY_CA_FILE = served.plan.authority.certificate
    settings.SOLITUDE_PROXY_CLIENT_CERT = served.plan.client.certificate
    settings.SOLITUDE_PROXY_CLIENT_KEY = served.plan.client.key
    return settings


def reference(served: Served, below: str = "") -> Hop:
    url = f"{served.plan.url}/proxy/provider/reference"
    return Hop("reference", url=url, service="provider", below=below or zippy().url)


def bango(served: Served) -> Hop:
    return Hop("bango", url=f"{served.plan.url}/proxy/bango", service="bango")


def zippy() -> ZippySimulator:
    return ZippySimulator(simulator.running().root, "reference")


def status_of(hop: Hop, below: str = "") -> int:
    return hop.send(Request("GET", f"{below or zippy().url}/status", {"Accept": "application/json"})).status


def test_the_proxy_signs_for_the_provider_and_its_answer_comes_back(served: Served) -> None:
    zippy().reset()
    url = f"{zippy().url}/products"
    unsigned = urllib3.request("GET", url, headers={"Accept": "application/json"})
    answer = reference(served).send(Request("GET", url, {"Accept": "application/json"}))
    assert unsigned.status == 401
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")


def test_an_upstreams_own_404_is_an_answer(served: Served) -> None:
    assert reference(served).send(Request("GET", f"{zippy().url}/products/none")).status == 404


@pytest.mark.parametrize("method", ["HEAD", "DELETE", "PUT", "PATCH"])
def test_every_verb_comes_back_with_a_proof(served: Served, method: str) -> None:
    answer = reference(served).send(
        Request(method, f"{zippy().url}/nowhere", {"Content-Type": "application/json"}, b"")
    )
    assert answer.status in (404, 405)


def test_bango_is_asked_with_the_proxys_credentials(served: Served) -> None:
    BangoSimulator(simulator.running().root, "bango").reset()
    url = f"{simulator.running().root}/bango{BANGO_PATH}"
    answer = bango(served).send(Request("PUT", url, SOAP, ENVELOPE, "GetPackage"))
    assert answer.status == 200
    assert b"ACCESS_DENIED" not in answer.body
    assert b"responseCode" in answer.body


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/mozillaexporter/service.asmx",
        "http://127.0.0.1:9/mozillaexporter/service.asmx",
        "http://evil.example@127.0.0.1/x",
        "file:///etc/passwd",
    ],
)
def test_a_foreign_target_is_refused_and_nothing_is_sent(served: Served, url: str) -> None:
    with pytest.raises(NotSent) as caught:
        bango(served).send(Request("POST", url, SOAP, ENVELOPE))
    assert caught.value.reason == Reason.PROXY_REFUSED
    assert "Proxy passes it not on: bango is not asked this: refused_url." in served.plan.logs()


def test_another_url_of_a_provider_than_the_proxys_is_refused(served: Served) -> None:
    with pytest.raises(NotSent) as caught:
        status_of(reference(served, "https://evil.example"), "https://evil.example")
    assert caught.value.reason == Reason.PROXY_REFUSED


def test_a_document_type_is_refused(served: Served) -> None:
    body = b'<!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]>' + ENVELOPE.partition(b"?>")[2]
    with pytest.raises(NotSent) as caught:
        bango(served).send(Request("POST", f"{simulator.running().root}/bango{BANGO_PATH}", SOAP, body))
    assert caught.value.reason == Reason.PROXY_REFUSED


def test_an_operation_that_is_never_asked_for_is_refused(served: Served) -> None:
    body = ENVELOPE.replace(b"GetPackage", b"DeletePackage")
    with pytest.raises(NotSent) as caught:
        bango(served).send(Request("POST", f"{simulator.running().root}/bango{BANGO_PATH}", SOAP, body))
    assert caught.value.reason == Reason.PROXY_REFUSED


def test_an_unknown_provider_is_refused(served: Served) -> None:
    with pytest.raises(NotSent) as caught:
        Hop("nobody", url=f"{served.plan.url}/proxy/provider/nobody", service="provider", below=zippy().url).send(
            Request("GET", f"{zippy().url}/status")
        )
    assert caught.value.reason == Reason.PROXY_REFUSED


def test_a_wrong_secret_leaves_the_outcome_unknown_and_nothing_is_passed_on(served: Served, asking: Any) -> None:
    before = len(zippy().state()["requests"])
    asking.SOLITUDE_PROXY_SECRETS = ("somebody-elses-secret-0123456789abcdef",)
    with pytest.raises(NoAnswer) as caught:
        status_of(reference(served))
    assert caught.value.reason == Reason.UNVERIFIED
    assert len(zippy().state()["requests"]) == before


def test_without_the_proxys_authority_nothing_is_sent(served: Served, asking: Any, tmp_path: Path) -> None:
    asking.SOLITUDE_PROXY_CA_FILE = Authority(tmp_path, "another").certificate
    with pytest.raises(NotSent) as caught:
        status_of(reference(served))
    assert caught.value.reason == Reason.TLS_FAILED


def test_without_a_clients_certificate_nobody_is_let_in(served: Served, asking: Any, tmp_path: Path) -> None:
    asking.SOLITUDE_PROXY_CLIENT_CERT = asking.SOLITUDE_PROXY_CLIENT_KEY = None
    with pytest.raises((NotSent, NoAnswer)):
        status_of(reference(served))
    other = Authority(tmp_path, "another").signs("somebody")
    asking.SOLITUDE_PROXY_CLIENT_CERT, asking.SOLITUDE_PROXY_CLIENT_KEY = other.certificate, other.key
    with pytest.raises((NotSent, NoAnswer)):
        status_of(reference(served))


def raw(served: Served) -> urllib3.PoolManager:
    plan = served.plan
    pair = {"cert_file": str(plan.client.certificate), "key_file": str(plan.client.key)}
    return urllib3.PoolManager(ca_certs=str(plan.authority.certificate), retries=False, **pair)


def signed(served: Served, target: str, headers: dict[str, str], jti: str, secret: str = "") -> dict[str, str]:
    names = vouching.CARRIED
    token = vouching.authorization(secret or served.plan.secret, jti, "GET", target, b"", headers, names)
    return {**headers, "authorization": token}


def test_a_request_that_comes_again_is_not_passed_on_and_called_unknown(served: Served) -> None:
    target = "/proxy/provider/reference/status"
    headers = signed(served, target, {}, "once-only")
    first = raw(served).request("GET", served.plan.url + target, headers=headers)
    again = raw(served).request("GET", served.plan.url + target, headers=headers)
    assert (first.status, first.headers[vouching.MARK]) == (200, Mark.ANSWERED)
    # "Not sent" would be a lie: it was sent, the first time.
    assert (again.status, again.headers[vouching.MARK]) == (401, Mark.NO_ANSWER)


def test_nor_by_the_process_that_takes_the_place_of_one_that_died(tmp_path: Path) -> None:
    """It is forked from one that is as old as the proxy, and knows nothing of what the other one has sent."""
    target = "/proxy/provider/reference/status"
    planned = proxied.plan(tmp_path)
    with proxied.proxy(planned, simulator.running().root) as process:
        both = Served(planned, process.pid)
        headers = signed(both, target, {}, "taken-by-the-first")
        first = raw(both).request("GET", planned.url + target, headers=headers)
        dead = children(process.pid)
        for pid in dead:
            os.kill(pid, signal.SIGKILL)
        until(lambda: set(children(process.pid)) - set(dead), "another server process")
        wait_for(f"{planned.url}/services/status/", planned.http())

        again = raw(both).request("GET", planned.url + target, headers=headers)
        other = raw(both).request("GET", planned.url + target, headers=signed(both, target, {}, "another"))

    assert (first.status, first.headers[vouching.MARK]) == (200, Mark.ANSWERED)
    assert (again.status, again.headers[vouching.MARK]) == (401, Mark.NO_ANSWER)
    assert (other.status, other.headers[vouching.MARK]) == (200, Mark.ANSWERED)


def children(parent: int) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


@pytest.mark.parametrize("changed", ["x-solitude-service", "accept", "x-solitude-operation", "transaction-id"])
def test_a_header_that_is_not_the_signed_one_is_refused(served: Served, changed: str) -> None:
    target = "/proxy/provider/reference/status"
    headers = signed(served, target, {"accept": "application/json"}, f"changed-{changed}")
    answer = raw(served).request("GET", served.plan.url + target, headers=headers | {changed: "x"})
    assert answer.status == 401
    assert vouching.MARK not in answer.headers


def test_a_client_of_the_api_is_nobody_here(served: Served) -> None:
    from solitude.client.signing import authorization

    target = "/services/request/"
    header = authorization(key=vouching.DATABASE, secret=served.plan.secret, method="GET", target=target)
    assert raw(served).request("GET", served.plan.url + target, headers={"Authorization": header}).status == 401
    mine = signed(served, target, {}, "who-am-i")
    answer = raw(served).request("GET", served.plan.url + target, headers=mine)
    assert answer.json() == {"authenticated": "solitude-database"}


def test_without_the_header_of_its_target_bango_is_not_asked(served: Served) -> None:
    headers = signed(served, "/proxy/bango", {}, "no-target")
    answer = raw(served).request("GET", f"{served.plan.url}/proxy/bango", headers=headers)
    assert (answer.status, answer.headers[vouching.MARK]) == (400, Mark.REFUSED)


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        ("/", 200, None),
        ("/generic/buyer/", 404, {}),
        ("/proxy/provider/reference", 404, {}),
        ("/proxy/bango/", 404, {}),
        ("/services/failures/transactions/", 404, {}),
        ("/services/uncertain/", 404, {}),
        ("/openapi.json/", 404, {}),
    ],
)
def test_nothing_else_is_there(served: Served, path: str, status: int, body: Any) -> None:
    answer = raw(served).request("GET", served.plan.url + path, redirect=False)
    assert answer.status == status
    assert "ETag" not in answer.headers
    assert body is None or answer.json() == body


def test_an_error_keeps_its_code(served: Served) -> None:
    target = "/services/settings/"
    answer = raw(served).request("GET", served.plan.url + target, headers=signed(served, target, {}, "settings"))
    assert answer.status == 403
    assert raw(served).request("POST", f"{served.plan.url}/services/status/").status == 405


def test_the_proxy_is_well_without_a_database(served: Served) -> None:
    answer = raw(served).request("GET", f"{served.plan.url}/services/status/")
    assert (answer.status, answer.json()) == (200, {"proxies": True, "db": False, "cache": True, "settings": True})


def test_the_plugin_of_the_monitoring_asks_the_proxy(served: Served, asking: Any) -> None:
    environment = {"PATH": "/usr/bin:/bin", "SOLITUDE_DEBUG": "true", "SOLITUDE_ENV_FILE": "", **served.plan.settings}
    environment |= {"SOLITUDE_HOME": str(served.plan.home / "check"), "SOLITUDE_REFERENCE_PROVIDERS": ""}
    command = solitude("check", "--url", served.plan.url, "--timeout-s", "60")
    done = subprocess.run(command, check=False, env=environment, capture_output=True, text=True, timeout=90)
    assert done.stdout.startswith("SOLITUDE OK - the proxy is well, signing works | status="), done.stdout
    assert done.returncode == 0
    asking.SOLITUDE_PROXY_SECRETS = ("somebody-elses-secret-0123456789abcdef",)
    assert proxy_plugin.found(served.plan.url, 10)[1] == Finding(CRITICAL, "1 of 1 secrets are not taken")


def test_plain_http_gets_nothing(served: Served) -> None:
    with pytest.raises(urllib3.exceptions.HTTPError):
        urllib3.request("GET", served.plan.url.replace("https", "http"), retries=False, timeout=5)


def test_the_process_holds_neither_database_nor_keys(served: Served) -> None:
    made = {path.name for path in served.plan.home.iterdir()}
    assert "keys.json" not in made
    assert not [name for name in made if "sqlite" in name]
    for pid in children(served.pid):
        opened = [path.readlink().name for path in Path(f"/proc/{pid}/fd").iterdir() if path.exists()]
        assert not [name for name in opened if "sqlite" in name or name == "keys.json"]
