"""A setting that cannot be used stops the start with a sentence that names it, and never shows a secret."""

import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.configuration.starting import DEVELOPMENT, PRODUCTION, settings_of
from tests.outbound.peers import Certificate

from solitude.configuration import ALL_CLIENTS, ConfigurationError, Environment
from solitude.settings.serving import is_here
from solitude.web.clients import Client

SECRET = "Q2FuYXJ5LXNlY3JldC10aGF0LW5vYm9keS1zZWVz"


def problem(variables: dict[str, str]) -> str:
    with pytest.raises(ConfigurationError) as refused:
        settings_of(variables)
    assert SECRET not in repr(refused.value)
    # Nor may a traceback tell of it by way of the error before it.
    assert refused.value.__suppress_context__ or refused.value.__context__ is None
    return str(refused.value)


def test_the_defaults_are_a_development_system(tmp_path: Path) -> None:
    found = settings_of(DEVELOPMENT | {"SOLITUDE_HOME": str(tmp_path)})
    assert found["SOLITUDE_DEBUG"] is True
    assert found["SOLITUDE_KEYS_FILE"] == tmp_path / "keys.json"
    assert found["SOLITUDE_LOG_DIR"] == tmp_path / "logs"
    assert found["DATABASES"]["default"]["NAME"] == str(tmp_path / "solitude.sqlite3")
    assert found["SOLITUDE_PAYPAL_URL"] == found["SOLITUDE_PAYPAL_WEB_URL"] == "http://127.0.0.1:2680/paypal"
    assert (found["SOLITUDE_PAYPAL_CLIENT_ID"], found["SOLITUDE_PAYPAL_CLIENT_SECRET"]) == (
        "sandbox-client",
        "sandbox-secret",
    )


@pytest.mark.parametrize(
    ("url", "turns"),
    [
        ("sqlite:////var/lib/solitude/solitude.sqlite3", 2),
        ("postgresql://127.0.0.1/solitude", 2),
        ("postgresql://solitude:secret@localhost:5432/solitude", 2),
        ("postgresql://[::1]/solitude", 2),
        ("postgresql:///solitude", 2),
        ("postgresql://%2Fvar%2Frun%2Fpostgresql/solitude", 2),
        ("postgresql:///solitude?host=/var/run/postgresql", 2),
        ("postgresql://db.internal/solitude", 4),
        ("postgresql://10.0.0.7:5432/solitude", 4),
        ("postgresql://127.0.0.1/solitude?host=10.0.0.7", 4),
        ("postgresql:///solitude?host=10.0.0.7,10.0.0.8", 4),
    ],
)
def test_more_requests_compute_at_a_time_where_the_database_is_far(url: str, turns: int) -> None:
    assert is_here(url) == (turns == 2)
    found = settings_of(DEVELOPMENT | {"SOLITUDE_DATABASE_URL": url})
    assert found["SOLITUDE_SERVE_TURNS_WRITING"] == turns
    assert settings_of(DEVELOPMENT | {"SOLITUDE_SERVE_TURNS_WRITING": "7"})["SOLITUDE_SERVE_TURNS_WRITING"] == 7


def test_the_console_shows_text_to_developers_and_json_to_programs_unless_told_otherwise() -> None:
    assert settings_of(DEVELOPMENT)["SOLITUDE_CONSOLE_FORMAT"] == "text"
    assert settings_of(PRODUCTION)["SOLITUDE_CONSOLE_FORMAT"] == "json"
    assert settings_of(DEVELOPMENT | {"SOLITUDE_CONSOLE_FORMAT": "json"})["SOLITUDE_CONSOLE_FORMAT"] == "json"
    assert "SOLITUDE_CONSOLE_FORMAT" in problem(DEVELOPMENT | {"SOLITUDE_CONSOLE_FORMAT": "xml"})


def test_a_url_that_cannot_be_read_is_told_by_its_name() -> None:
    assert "SOLITUDE_DATABASE_URL" in problem({**DEVELOPMENT, "SOLITUDE_DATABASE_URL": f"postgresql://[{SECRET}/x"})


def test_production_is_the_default_and_starts_without_development_values() -> None:
    found = settings_of(PRODUCTION)
    assert found["SOLITUDE_DEBUG"] is False
    assert found["SOLITUDE_REQUIRE_SIGNATURE"] is True
    assert found["SOLITUDE_PAYPAL_URL"] == "https://api-m.sandbox.paypal.com"
    assert found["SOLITUDE_PAYPAL_WEB_URL"] == "https://www.sandbox.paypal.com"
    assert (found["SOLITUDE_PAYPAL_CLIENT_ID"], found["SOLITUDE_PAYPAL_CLIENT_SECRET"]) == ("", "")
    assert [str(network) for network in found["SOLITUDE_ALLOWED_NETWORKS"]] == ["127.0.0.0/8", "::1/128"]
    assert found["SOLITUDE_TRUSTED_PROXIES"] == ()
    assert found["SOLITUDE_PAYPAL_PLATFORM_FEE_PERCENT"] == Decimal(0)
    assert (found["SOLITUDE_IDEMPOTENCY_LIFE_S"], found["SOLITUDE_PREAPPROVAL_PENDING_LIFE_S"]) == (86_400, 259_200)


def test_notifications_of_the_simulator_are_believed_in_development() -> None:
    found = settings_of(DEVELOPMENT)
    assert found["SOLITUDE_PAYPAL_WEBHOOK_ID"] == "SANDBOXWEBHOOK001"
    assert found["SOLITUDE_PAYPAL_CERT_URLS_ALLOWED"] == ("http://127.0.0.1:2680/paypal/v1/notifications/certs",)
    assert found["PAYPAL_SIMULATOR_CA_URL"] == "http://127.0.0.1:2680/paypal/sandbox/ca.pem"
    assert (found["SOLITUDE_PAYPAL_CERT_CA"], found["SOLITUDE_PAYPAL_VERIFY_ONLINE"]) == (None, False)


@pytest.mark.parametrize(
    "url",
    [
        "https://api-m.sandbox.paypal.com",
        "https://127.0.0.1.example",
        "http://10.0.0.1/paypal",
        "https://[2001:db8::1]",
    ],
)
def test_who_is_not_on_this_machine_never_vouches_for_itself(url: str) -> None:
    found = settings_of(DEVELOPMENT | {"SOLITUDE_PAYPAL_URL": url})
    assert found["PAYPAL_SIMULATOR_CA_URL"] == ""
    assert found["SOLITUDE_PAYPAL_CERT_URLS_ALLOWED"] == (f"{url}/v1/notifications/certs",)


@pytest.mark.parametrize("url", ["https://api-m.paypal.com", "https://127.0.0.1:2680/paypal", "https://localhost"])
def test_in_production_nobody_vouches_for_itself(url: str) -> None:
    found = settings_of(PRODUCTION | {"SOLITUDE_PAYPAL_URL": url})
    assert found["PAYPAL_SIMULATOR_CA_URL"] == ""
    assert found["SOLITUDE_PAYPAL_CERT_URLS_ALLOWED"] == ()
    assert found["SOLITUDE_PAYPAL_WEBHOOK_ID"] == ""


def test_a_file_of_authorities_replaces_the_simulators(tmp_path: Path) -> None:
    file = Certificate(tmp_path, "ca.example").file
    for start in (DEVELOPMENT, PRODUCTION):
        found = settings_of(start | {"SOLITUDE_PAYPAL_CERT_CA": str(file)})
        assert (found["SOLITUDE_PAYPAL_CERT_CA"], found["PAYPAL_SIMULATOR_CA_URL"]) == (file, "")


@pytest.mark.parametrize("start", [PRODUCTION, DEVELOPMENT])
def test_djangos_own_debug_mode_stays_off(start: dict[str, str]) -> None:
    assert settings_of(start)["DEBUG"] is False


ZIPPY = f'{{"url": "https://zippy.example", "auth": {{"key": "solitude", "secret": "{SECRET}"}}}}'
WRONG = [
    ("SOLITUDE_DEBUG", "maybe"),
    ("SOLITUDE_DEBUG", "2"),
    ("SOLITUDE_REQUIRE_SIGNATURE", "never"),
    ("SOLITUDE_OAUTH1", "1.0a"),
    ("SOLITUDE_URL", "payments.internal"),
    ("SOLITUDE_URL", f"https://user:{SECRET}@payments.internal"),
    ("SOLITUDE_URL", "https://payments.internal/?tenant=1"),
    ("SOLITUDE_URL", "https://payments.internal/#top"),
    ("SOLITUDE_HOME", ""),
    ("SOLITUDE_HOME", __file__),
    ("SOLITUDE_LOG_DIR", __file__),
    ("SOLITUDE_CLIENTS", SECRET),
    ("SOLITUDE_CLIENTS", f'"{SECRET}"'),
    ("SOLITUDE_CLIENTS", f'["{SECRET}"]'),
    ("SOLITUDE_CLIENTS", f'{{"marketplace": "{SECRET}"'),
    ("SOLITUDE_CLIENTS", f'{{"": "{SECRET}"}}'),
    ("SOLITUDE_CLIENTS", f'{{"<anon>": "{SECRET}"}}'),
    ("SOLITUDE_CLIENTS", f'{{"{"x" * 65}": "{SECRET}"}}'),
    ("SOLITUDE_CLIENTS", '{"marketplace": ""}'),
    ("SOLITUDE_CLIENTS", '{"marketplace": []}'),
    ("SOLITUDE_CLIENTS", '{"marketplace": null}'),
    ("SOLITUDE_CLIENTS", '{"marketplace": 7}'),
    ("SOLITUDE_CLIENTS", f'{{"marketplace": ["{SECRET}", 7]}}'),
    ("SOLITUDE_CLIENTS", f'{{"marketplace": ["{SECRET}", "{SECRET}2", "{SECRET}3"]}}'),
    ("SOLITUDE_CLIENTS", '{"marketplace": {"allow": []}}'),
    ("SOLITUDE_CLIENTS", f'{{"marketplace": {{"secrets": ["{SECRET}"], "allow": "GET /*"}}}}'),
    ("SOLITUDE_CLIENTS", f'{{"marketplace": {{"secrets": ["{SECRET}"], "allow": [7]}}}}'),
    ("SOLITUDE_CLIENTS", f'{{"marketplace": {{"secrets": ["{SECRET}"], "alow": []}}}}'),
    ("SOLITUDE_CLIENTS", "[" * 100_000),
    # Of two of one name one would count, and the other one be forgotten.
    ("SOLITUDE_CLIENTS", f'{{"marketplace": "{SECRET}", "marketplace": "{SECRET}2"}}'),
    ("SOLITUDE_CLIENTS", f'{{"marketplace": {{"secrets": ["{SECRET}"], "secrets": ["{SECRET}2"]}}}}'),
    ("SOLITUDE_ROUTING_RULES", '[{"providers": ["paypal"], "currency": ["EUR"], "currency": ["USD"]}]'),
    ("SOLITUDE_AMOUNT_LIMITS", '{"EUR": ["0.50", "2000"], "EUR": ["0.50", "5000"]}'),
    ("SOLITUDE_BRAINTREE_MERCHANT_ACCOUNTS", '{"USD": "shop_usd", "USD": "other_usd"}'),
    (
        "SOLITUDE_REFERENCE_PROVIDERS",
        f'{{"zippy": {ZIPPY}, "zippy": {ZIPPY}}}',
    ),
    ("SOLITUDE_CLIENTS_FILE", "/no/such/file"),
    ("SOLITUDE_CLIENTS_FILE", "/"),
    ("SOLITUDE_CLIENTS_FILE", __file__),
    ("SOLITUDE_ALLOWED_NETWORKS", "10.0.0.0/33"),
    ("SOLITUDE_ALLOWED_NETWORKS", "10.0.0.1/8"),
    ("SOLITUDE_ALLOWED_NETWORKS", "localhost"),
    ("SOLITUDE_TRUSTED_PROXIES", "10.0.0.0/8 10.1.0.0/16"),
    ("SOLITUDE_BODY_MAX_BYTES", "1023"),
    ("SOLITUDE_BODY_MAX_BYTES", "1 MB"),
    ("SOLITUDE_IDEMPOTENCY_LIFE_S", "59"),
    ("SOLITUDE_IDEMPOTENCY_LEASE_S", "0"),
    ("SOLITUDE_PAYMENTS_IN_PROGRESS_MAX", "0"),
    ("SOLITUDE_CALL_LEASE_S", "4"),
    ("SOLITUDE_CALL_LEASE_S", "30"),
    ("SOLITUDE_RESEND_MAX_S", "-1"),
    ("SOLITUDE_RESEND_MAX_S", "999999999"),
    ("SOLITUDE_SERVE_THREADS", "\u0663"),
    ("SOLITUDE_SERVE_THREADS", "9" * 5000),
    ("SOLITUDE_SERVE_BACKLOG", ""),
    ("SOLITUDE_SERVE_THREADS_READING", "320"),
    ("SOLITUDE_AMOUNT_LIMITS", "x"),
    ("SOLITUDE_AMOUNT_LIMITS", "[]"),
    ("SOLITUDE_AMOUNT_LIMITS", '{"EUR": "1"}'),
    ("SOLITUDE_AMOUNT_LIMITS", '{"EUR": ["1"]}'),
    ("SOLITUDE_AMOUNT_LIMITS", '{"EUR": ["2", "1"]}'),
    ("SOLITUDE_AMOUNT_LIMITS", '{"EUR": ["0.001", "1"]}'),
    ("SOLITUDE_AMOUNT_LIMITS", '{"eur": ["1", "2"]}'),
    ("SOLITUDE_AMOUNT_LIMITS", '{"EUR": {"a": 1, "b": 2}}'),
    ("SOLITUDE_AMOUNT_LIMITS", '{"EUR": ["NaN", "2"]}'),
    ("SOLITUDE_PAYPAL_URL", "paypal.example"),
    ("SOLITUDE_PAYPAL_URL", "ftp://paypal.example"),
    ("SOLITUDE_PAYPAL_URL", "https://"),
    ("SOLITUDE_PAYPAL_URL", "https://[::1"),
    ("SOLITUDE_PAYPAL_URL", "https://paypal.example:99999"),
    ("SOLITUDE_PAYPAL_URL", f"https://user:{SECRET}@paypal.example"),
    ("SOLITUDE_PAYPAL_WEB_URL", "https://pay pal.example"),
    ("SOLITUDE_PAYPAL_RETURN_URL", "/back"),
    ("SOLITUDE_PAYPAL_CANCEL_URL", "javascript:alert(1)"),
    ("SOLITUDE_PAYPAL_URLS_ALLOWED", "https://shop.example, shop.example"),
    ("SOLITUDE_PAYPAL_PLATFORM_FEE_PERCENT", "101"),
    ("SOLITUDE_PAYPAL_PLATFORM_FEE_PERCENT", "-1"),
    ("SOLITUDE_PAYPAL_PLATFORM_FEE_PERCENT", "NaN"),
    ("SOLITUDE_PAYPAL_PLATFORM_FEE_PERCENT", "ten"),
    ("SOLITUDE_PAYPAL_TIMEOUT_MS", "0"),
    ("SOLITUDE_PAYPAL_CONNECT_TIMEOUT_MS", "1e3"),
    ("SOLITUDE_PREAPPROVAL_PENDING_LIFE_S", "1"),
    ("SOLITUDE_STATSD", "statsd.example"),
    ("SOLITUDE_STATSD", "statsd.example:0"),
    ("SOLITUDE_STATSD", "statsd.example:65536"),
    ("SOLITUDE_STATSD", ":8125"),
    ("SOLITUDE_STATSD", "udp://statsd.example:8125"),
    ("SOLITUDE_STATSD", "u@statsd.example:8125"),
    ("SOLITUDE_STATSD", "statsd.example:8125/x"),
    ("SOLITUDE_STATSD", "[::1:8125"),
    ("SOLITUDE_STATSD_PREFIX", "a b"),
    ("SOLITUDE_STATSD_PREFIX", "a:1|c"),
    ("SOLITUDE_STATSD_PREFIX", "shop."),
    ("SOLITUDE_STATSD_PREFIX", "x" * 33),
    # Too short to be masked without spoiling what is written besides.
    ("SOLITUDE_PAYPAL_CLIENT_SECRET", "12345"),
    ("SOLITUDE_PAYPAL_CLASSIC_PASSWORD", "12345"),
    ("SOLITUDE_PAYPAL_CLASSIC_SIGNATURE", "12345"),
    ("SOLITUDE_BANGO_PASSWORD", "12345"),
    ("SOLITUDE_BANGO_BASIC_AUTH_PASSWORD", "12345"),
    ("SOLITUDE_BRAINTREE_PRIVATE_KEY", "12345"),
    ("SOLITUDE_PAYPAL_WEBHOOK_ID", "WH|1"),
    ("SOLITUDE_PAYPAL_WEBHOOK_ID", "x" * 51),
    ("SOLITUDE_PAYPAL_WEBHOOK_ID", "WEBHOOK_ID"),  # with this one PayPal's event simulator signs for everybody
    ("SOLITUDE_PAYPAL_CERT_URLS_ALLOWED", "api.paypal.com"),
    ("SOLITUDE_PAYPAL_CERT_URLS_ALLOWED", "https://paypal.example, http://paypal.example/certs"),
    ("SOLITUDE_PAYPAL_CERT_CA", "/no/such/file"),
    ("SOLITUDE_PAYPAL_CERT_CA", "/"),
    ("SOLITUDE_PAYPAL_CERT_CA", __file__),
    ("SOLITUDE_PAYPAL_VERIFY_ONLINE", "perhaps"),
    ("SOLITUDE_DATABASE_STATEMENT_TIMEOUT_MS", "99"),
    ("SOLITUDE_DATABASE_URL", "junk"),
    ("SOLITUDE_DATABASE_URL", ""),
    ("SOLITUDE_DATABASE_URL", f"mysql://u:{SECRET}@h/n"),
    ("SOLITUDE_DATABASE_URL", f"postgresql://u:{SECRET}@h/"),
    ("SOLITUDE_DATABASE_URL", f"postgresql://u:{SECRET}#@h/n"),
    ("SOLITUDE_DATABASE_URL", f"postgresql://u:{SECRET}@h:port/n"),
    ("SOLITUDE_DATABASE_URL", "sqlite://"),
    ("SOLITUDE_DATABASE_URL", "sqlite://:memory:"),
]


@pytest.mark.parametrize("start", [DEVELOPMENT, PRODUCTION], ids=["development", "production"])
@pytest.mark.parametrize(("name", "value"), WRONG, ids=lambda text: text[:60])
def test_a_wrong_value_stops_the_start(start: dict[str, str], name: str, value: str) -> None:
    assert name in problem(start | {name: value})


def test_all_wrong_values_are_told_at_once() -> None:
    told = problem(PRODUCTION | {"SOLITUDE_BODY_MAX_BYTES": "x", "SOLITUDE_PAYPAL_URL": "x", "SOLITUDE_CLIENTS": "x"})
    for name in ("SOLITUDE_BODY_MAX_BYTES", "SOLITUDE_PAYPAL_URL", "SOLITUDE_CLIENTS"):
        assert name in told


DEVELOPMENT_ONLY = [
    {"SOLITUDE_REQUIRE_SIGNATURE": "false"},
    {"SOLITUDE_OAUTH1": "true"},
    {"SOLITUDE_OAUTH1": "true", "SOLITUDE_URL": "http://payments.internal:2602"},
    {"SOLITUDE_CLIENTS": '{"marketplace": "short"}'},
    {"SOLITUDE_CLIENTS": f'{{"marketplace": ["{SECRET}", "{"s" * 31}"]}}'},
    {"SOLITUDE_CLIENTS": f'{{"marketplace": "{SECRET}", "nagios": {{"secrets": ["short"], "allow": []}}}}'},
    {"SOLITUDE_CLIENTS": f'{{"marketplace": "{"x" * 64}"}}'},
    {"SOLITUDE_CLIENTS": f'{{"marketplace": "{"0123456789" * 5}"}}'},
    {"SOLITUDE_CLIENTS": '{"marketplace": "a-common-secret-of-at-least-32-bytes"}'},
    {"SOLITUDE_CLIENTS": '{"marketplace": "please-ChangeMe-before-you-start-this-in-production"}'},
    {"SOLITUDE_PAYPAL_CLIENT_ID": "sandbox-client"},
    {"SOLITUDE_PAYPAL_CLIENT_SECRET": "sandbox-secret"},
    {"SOLITUDE_PAYPAL_URL": "http://api-m.paypal.example"},
    {"SOLITUDE_PAYPAL_WEB_URL": "http://www.paypal.example"},
    {"SOLITUDE_PAYPAL_WEBHOOK_ID": "SANDBOXWEBHOOK001"},
    {"SOLITUDE_PAYPAL_CERT_URLS_ALLOWED": "https://certificates.example/paypal"},
    {"SOLITUDE_PAYPAL_CERT_URLS_ALLOWED": "http://127.0.0.1:2680/paypal/v1/notifications/certs"},
    {"SOLITUDE_BANGO_USER": "sandbox-bango-user"},
    {"SOLITUDE_BANGO_URL": "http://webservices.bango.example"},
    {"SOLITUDE_BANGO_TOKEN_URL": "http://mozilla.bango.example"},
    {"SOLITUDE_BANGO_PAY_URL": "http://pay.bango.example/?bcid="},
    {"SOLITUDE_BANGO_CHECK_TOKEN": "false"},
    {"SOLITUDE_BANGO_FAKE_REFUNDS": "true"},
]


@pytest.mark.parametrize("variables", DEVELOPMENT_ONLY)
def test_what_is_good_for_development_only_stops_the_start_in_production(variables: dict[str, str]) -> None:
    settings_of(DEVELOPMENT | variables)
    told = problem(PRODUCTION | variables)
    assert next(iter(variables)) in told
    for name, value in variables.items():
        assert name in told
        assert value not in told or value in ("true", "false")


def test_bango_needs_zeep_in_production(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zeep", None)
    settings_of(PRODUCTION)

    with pytest.raises(ConfigurationError, match="SOLITUDE_BANGO_PASSWORD needs zeep"):
        settings_of({**PRODUCTION, "SOLITUDE_BANGO_PASSWORD": "a-password-of-ours"})


def test_a_folder_of_wsdl_files_has_wsdl_files(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(ConfigurationError, match=r"SOLITUDE_BANGO_WSDL_DIR must have Bango's own files"):
            settings_of({**DEVELOPMENT, "SOLITUDE_BANGO_WSDL_DIR": str(folder)})

    (tmp_path / "mozilla_exporter.wsdl").touch()
    assert settings_of({**DEVELOPMENT, "SOLITUDE_BANGO_WSDL_DIR": str(tmp_path)})["SOLITUDE_BANGO_WSDL_DIR"] == tmp_path


def test_a_clients_file_is_judged_like_the_setting(tmp_path: Path) -> None:
    file = tmp_path / "clients.json"
    file.write_text('{"nagios": "short"}')
    settings_of(DEVELOPMENT | {"SOLITUDE_CLIENTS_FILE": str(file)})
    told = problem(PRODUCTION | {"SOLITUDE_CLIENTS_FILE": str(file)})
    assert "nagios" in told
    assert "short" not in told


def test_clients_are_read_in_all_their_forms(tmp_path: Path) -> None:
    file = tmp_path / "clients.json"
    file.write_text('{"from-file": "a"}')
    given = '{"one": "s\u00fc", "two": ["new", "old"], "three": {"secrets": "s", "allow": ["GET /services/*"]}, "four": {"secrets": ["s"]}}'
    found = settings_of(DEVELOPMENT | {"SOLITUDE_CLIENTS": given, "SOLITUDE_CLIENTS_FILE": str(file)})
    assert found["SOLITUDE_CLIENTS"] == {
        "one": Client("one", ("s\u00fc".encode(),)),
        "two": Client("two", (b"new", b"old")),
        "three": Client("three", (b"s",), ("GET /services/*",)),
        "four": Client("four", (b"s",)),
        "from-file": Client("from-file", (b"a",)),
    }
    assert "s\u00fc" not in repr(found["SOLITUDE_CLIENTS"])


@pytest.mark.parametrize(
    ("allow", "request_line", "may"),
    [
        (None, "DELETE /paypal/buyer/1/", True),
        ((), "GET /", False),
        (("GET /services/*",), "GET /services/status/", True),
        (("GET /services/*",), "POST /services/status/", False),
        (("GET /services/*",), "GET /servicesx/", False),
        (("GET /services/*",), "GET /generic/services/x/", False),
        (("GET /services/*",), "get /services/x/", False),
        (("* /generic/buyer/*", "POST /paypal/pay/"), "PATCH /generic/buyer/1/", True),
        (("* /generic/buyer/*", "POST /paypal/pay/"), "POST /paypal/pay/", True),
        (("* /generic/buyer/*", "POST /paypal/pay/"), "POST /paypal/pay-check/", False),
        # Either spelling of a path is that path.
        (("POST /paypal/pay",), "POST /paypal/pay/", True),
        (("POST /paypal/pay",), "POST /paypal/pay-check/", False),
        (("POST /paypal/pay",), "POST /paypal/pay/x/", False),
        (("GET /generic/buyer/?",), "GET /generic/buyer/7/", True),
        (("GET /generic/buyer/?",), "GET /generic/buyer/77/", False),
    ],
)
def test_a_client_may_what_a_pattern_allows(allow: tuple[str, ...] | None, request_line: str, may: bool) -> None:
    method, path = request_line.split(" ")
    assert Client("c", (b"s",), allow).may(method, path) is may


@pytest.mark.parametrize(
    ("url", "engine", "name"),
    [
        ("postgresql://u:p@db.example:5433/solitude", "postgresql", "solitude"),
        ("postgres://u:p%23@db.example/solitude", "postgresql", "solitude"),
        ("sqlite:////tmp/x.sqlite3", "sqlite3", "/tmp/x.sqlite3"),  # noqa: S108
    ],
)
def test_a_database_is_named_by_its_url(url: str, engine: str, name: str) -> None:
    database = settings_of(DEVELOPMENT | {"SOLITUDE_DATABASE_URL": url})["DATABASES"]["default"]
    assert (database["ENGINE"], database["NAME"]) == (f"solitude.databases.{engine}", name)


def test_the_options_of_a_database_url_stay_beside_ours() -> None:
    url = "postgresql://u:p@h/n?sslmode=require&options=-c%20search_path%3Dpay"
    options = settings_of(DEVELOPMENT | {"SOLITUDE_DATABASE_URL": url})["DATABASES"]["default"]["OPTIONS"]
    assert options["sslmode"] == "require"
    assert options["options"].startswith("-c search_path=pay -c statement_timeout=15000 -c timezone=UTC ")


RIGHT: list[tuple[str, str, Any]] = [
    ("SOLITUDE_REQUIRE_SIGNATURE", " FALSE ", False),
    ("SOLITUDE_OAUTH1", "true", True),
    ("SOLITUDE_URL", "https://payments.internal:2602/", "https://payments.internal:2602"),
    ("SOLITUDE_SERVE_THREADS", " 7 ", 7),
    ("SOLITUDE_PAYPAL_PLATFORM_FEE_PERCENT", "2.5", Decimal("2.5")),
    ("SOLITUDE_PAYPAL_URL", "https://paypal.example:8443/api/", "https://paypal.example:8443/api"),
    ("SOLITUDE_PAYPAL_RETURN_URL", "", ""),
    ("SOLITUDE_STATSD", "", None),
    ("SOLITUDE_STATSD", "statsd.example:8125", ("statsd.example", 8125)),
    ("SOLITUDE_STATSD", "[::1]:8125", ("::1", 8125)),
    ("SOLITUDE_STATSD_PREFIX", "shop.eu-1.pay", "shop.eu-1.pay"),
    ("SOLITUDE_PAYPAL_WEBHOOK_ID", "2A9741408B151863U", "2A9741408B151863U"),
    ("SOLITUDE_PAYPAL_CERT_CA", "", None),
    ("SOLITUDE_PAYPAL_CERT_URLS_ALLOWED", "http://[::1]:9/certs/", ("http://[::1]:9/certs",)),
    (
        "SOLITUDE_PAYPAL_URLS_ALLOWED",
        " https://a.example/x ,, http://b.example ",
        ("https://a.example/x", "http://b.example"),
    ),
]


@pytest.mark.parametrize(("name", "value", "expected"), RIGHT)
def test_a_right_value_is_taken(name: str, value: str, expected: Any) -> None:
    assert settings_of(DEVELOPMENT | {name: value})[name] == expected


@pytest.mark.parametrize("url", ["https://payments.internal:2602", "http://127.0.0.1:2602", "http://localhost:2602"])
def test_oauth_1_starts_in_production_where_nobody_else_sees_the_body(url: str) -> None:
    """Off as long as nobody asks for it; then it needs the URL that clients sign."""
    assert settings_of(PRODUCTION)["SOLITUDE_OAUTH1"] is False
    assert settings_of(PRODUCTION)["SOLITUDE_URL"] == ""
    found = settings_of(PRODUCTION | {"SOLITUDE_OAUTH1": "true", "SOLITUDE_URL": url})
    assert (found["SOLITUDE_OAUTH1"], found["SOLITUDE_URL"]) == (True, url)


@pytest.mark.parametrize(
    ("value", "clients"),
    [
        ("", set()),
        ("false", set()),
        ("True", {ALL_CLIENTS}),
        ("shop", {"shop"}),
        (" shop , till ", {"shop", "till"}),
    ],
)
def test_a_pin_is_required_of_the_clients_that_are_named(value: str, clients: set[str]) -> None:
    known = {"SOLITUDE_CLIENTS": f'{{"shop": "{SECRET}", "till": "{SECRET}"}}'}
    assert settings_of(DEVELOPMENT | known | {"SOLITUDE_REQUIRE_PIN": value})["SOLITUDE_REQUIRE_PIN"] == clients


@pytest.mark.parametrize("value", ["shoop", "shop,true", "shop,till,tiill"])
def test_a_pin_cannot_be_required_of_a_client_that_is_not_there(value: str) -> None:
    known = {"SOLITUDE_CLIENTS": f'{{"shop": "{SECRET}", "till": "{SECRET}"}}'}
    assert "SOLITUDE_REQUIRE_PIN names no clients" in problem(DEVELOPMENT | known | {"SOLITUDE_REQUIRE_PIN": value})
    assert "SOLITUDE_REQUIRE_PIN must be" in problem(DEVELOPMENT | known | {"SOLITUDE_REQUIRE_PIN": "shop, *"})


def test_settings_that_nobody_declared_can_be_told() -> None:
    found = settings_of(DEVELOPMENT | {"SOLITUDE_TYPO": "1"})
    assert found["environment"].undeclared() == ["SOLITUDE_TYPO"]


def test_a_process_that_serves_no_request_gives_the_variables_back() -> None:
    process = {"SOLITUDE_DEBUG": "true", "SOLITUDE_SECRET": SECRET, "SOLITUDE_ENV_FILE": "", "PATH": "/bin"}
    before = dict(process)
    environment = Environment(process)
    assert process == {"PATH": "/bin"}
    environment.give_back()
    assert process == before
