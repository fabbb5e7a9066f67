"""The alerts and the dashboard: every name that they use is told, and each alert fires when it should, by Prometheus's own tool."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from solitude.telemetry.metrics_catalogue import METRICS, Kind, Metric

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
RULES = DEPLOY / "prometheus" / "solitude.rules.yml"
EXAMPLE = DEPLOY / "prometheus" / "prometheus.example.yml"
DASHBOARD = DEPLOY / "grafana" / "solitude.json"
PARTS = {Kind.TIMER: ("_bucket", "_count", "_sum"), Kind.COUNTER: ("",), Kind.GAUGE: ("",)}
SERIES = {f"{one.prometheus}{part}": one for one in METRICS if one.prometheus for part in PARTS[one.kind]}
# Labels that Prometheus adds, or that a histogram has by itself.
OTHERS = {"le", "job", "instance"}
SEVERITIES = {"page", "ticket"}
SELECTOR = re.compile(r"\b(solitude_\w+)(?:\{([^}]*)\})?")
GROUPING = re.compile(r"\bby \(([^)]*)\)")
PROMTOOL = shutil.which("promtool")
needs_promtool = pytest.mark.skipif(PROMTOOL is None, reason="there is no promtool on this machine")


def rules() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def panels() -> Iterator[tuple[str, str]]:
    """Title and expression of everything that the dashboard asks for."""
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]


ALERTS = {rule["alert"]: rule for rule in rules() if "alert" in rule}
EXPRESSIONS = [
    *((rule.get("alert") or rule["record"], rule["expr"]) for rule in rules()),
    *panels(),
]


@pytest.mark.parametrize(("where", "expression"), EXPRESSIONS)
def test_an_expression_uses_what_the_catalogue_has(where: str, expression: str) -> None:
    known: set[str] = set(OTHERS)
    for name, selectors in SELECTOR.findall(expression):
        metric: Metric | None = SERIES.get(name)
        assert metric is not None, name
        known |= set(metric.labels)
        asked = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", selectors))
        assert asked <= set(metric.labels) | OTHERS, (name, asked)
    for grouping in GROUPING.findall(expression):
        assert {label.strip() for label in grouping.split(",")} <= known


def test_the_dashboard_shows_every_metric_that_an_alert_is_about() -> None:
    shown = {name for _, expression in panels() for name, _ in SELECTOR.findall(expression)}
    of_alerts = {name for rule in rules() for name, _ in SELECTOR.findall(rule["expr"])}
    failures = {"solitude_retention_failures_total"}
    assert of_alerts - shown - failures == set()


def test_the_dashboard_is_one_that_grafana_takes() -> None:
    dashboard = json.loads(DASHBOARD.read_text())
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(set(ids)) == len(ids) > 20
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        assert panel["type"] == "row" or {panel["datasource"]["uid"]} == {"${datasource}"}
    assert [one["name"] for one in dashboard["templating"]["list"]] == ["datasource"]


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_says_how_bad_it_is_and_where_to_read_on(name: str) -> None:
    alert = ALERTS[name]
    assert alert["labels"]["severity"] in SEVERITIES
    assert alert["annotations"]["summary"].endswith(".")
    page, _, heading = alert["annotations"]["runbook_url"].partition("#")
    headings = re.findall(r"^#+ (.*)$", (ROOT / "docs" / page).read_text(), re.MULTILINE)
    assert heading in {re.sub(r"[^a-z0-9 -]", "", text.lower()).replace(" ", "-") for text in headings}
    assert heading != "alerts" or f"| `{name}` |" in (ROOT / "docs" / page).read_text()


# Minutes until the alerts with long windows know.
SLOW = {"SolitudeErrorBudgetBurnsSlowly": 420, "SolitudeKeyRotationStuck": 420}
# What makes each alert fire: series as promtool writes them, one value for each minute.
STILL = "1x420"
FIRING: dict[str, dict[str, str]] = {
    "SolitudeUncertainOld": {"solitude_uncertain_oldest_seconds": "1000x420"},
    "SolitudeNotificationsWait": {"solitude_notifications_waiting": "101x420"},
    "SolitudeProviderDoesNotAnswer": {'solitude_breaker_open{provider="bango"}': STILL},
    "SolitudeProviderRefusesMore": {
        'solitude_provider_calls_total{provider="paypal", operation="pay", outcome="declined"}': "0+3x420",
        'solitude_provider_calls_total{provider="paypal", operation="pay", outcome="succeeded"}': "0+1x420",
    },
    "SolitudeOutletFull": {
        'solitude_provider_exchanges_under_way{provider="paypal"}': "31x420",
        'solitude_provider_exchanges_limit{provider="paypal"}': "32x420",
    },
    "SolitudeDown": {'up{job="solitude-worker", instance="a"}': "0x420"},
    "SolitudeServerErrors": {
        'solitude_http_responses_total{status="500"}': "0+10x420",
        'solitude_http_responses_total{status="200"}': "0+100x420",
    },
    "SolitudeErrorBudgetBurns": {
        'solitude_http_responses_total{status="500"}': "0+2x420",
        'solitude_http_responses_total{status="200"}': "0+100x420",
    },
    "SolitudeErrorBudgetBurnsSlowly": {
        'solitude_http_responses_total{status="500"}': "0+1x420",
        'solitude_http_responses_total{status="200"}': "0+150x420",
    },
    "SolitudeSlow": {
        'solitude_http_request_duration_seconds_bucket{route="/a/", le="10"}': "0+1x420",
        'solitude_http_request_duration_seconds_bucket{route="/a/", le="30"}': "0+10x420",
        'solitude_http_request_duration_seconds_bucket{route="/a/", le="+Inf"}': "0+10x420",
    },
    "SolitudeDatabaseConnections": {
        'solitude_database_connections{state="idle", instance="a"}': "85x420",
        'solitude_database_connections_limit{instance="a"}': "100x420",
    },
    "SolitudeWorkerDead": {"solitude_worker_last_turn_timestamp_seconds": "0x420"},
    "SolitudeWorkerBehind": {"solitude_worker_lag_seconds": "700x420"},
    "SolitudeWorkerJobFails": {'solitude_worker_job_failures_total{job_name="follow_up"}': "0+1x420"},
    "SolitudeSealingBehind": {
        'solitude_provider_calls_total{provider="paypal", operation="pay", outcome="succeeded"}': "0+1x420",
        'solitude_audit_rows_total{act="sealed"}': "9x420",
    },
    "SolitudeRetentionOverdue": {"solitude_retention_overdue_classes": STILL},
    "SolitudeMonthsRunOut": {"solitude_months_ahead": "1x420"},
    "SolitudeKeyRotationStuck": {"solitude_keys_rows_left": "500x420"},
    "SolitudeSyslogLosesLines": {'solitude_syslog_lost_lines_total{stream="application"}': "0+1x420"},
}
# The same series when all is well. The clock of promtool begins at 0.
WELL = {
    "solitude_uncertain_oldest_seconds": "30x420",
    "solitude_notifications_waiting": "3x420",
    "solitude_notifications_oldest_seconds": "60x420",
    'solitude_breaker_open{provider="bango"}': "0x420",
    'solitude_provider_calls_total{provider="paypal", operation="pay", outcome="declined"}': "0+1x420",
    'solitude_provider_calls_total{provider="paypal", operation="pay", outcome="succeeded"}': "0+9x420",
    'solitude_provider_exchanges_under_way{provider="paypal"}': "3x420",
    'solitude_provider_exchanges_limit{provider="paypal"}': "32x420",
    'up{job="solitude-worker", instance="a"}': STILL,
    'solitude_http_responses_total{status="500"}': "0x420",
    'solitude_http_responses_total{status="200"}': "0+100x420",
    'solitude_http_request_duration_seconds_bucket{route="/a/", le="10"}': "0+10x420",
    'solitude_http_request_duration_seconds_bucket{route="/a/", le="+Inf"}': "0+10x420",
    'solitude_database_connections{state="idle", instance="a"}': "20x420",
    'solitude_database_connections_limit{instance="a"}': "100x420",
    "solitude_worker_last_turn_timestamp_seconds": "0+60x420",
    "solitude_worker_lag_seconds": "1x420",
    'solitude_worker_job_failures_total{job_name="follow_up"}': "0x420",
    'solitude_audit_rows_total{act="sealed"}': "0+9x420",
    "solitude_retention_overdue_classes": "0x420",
    "solitude_months_ahead": "6x420",
    "solitude_retention_failures_total": "0x420",
    "solitude_keys_rows_left": "9000-20x420",
    'solitude_syslog_lost_lines_total{stream="application"}': "5x420",
}


def test_there_is_a_story_for_each_alert() -> None:
    assert set(FIRING) == set(ALERTS)


@pytest.mark.long
@needs_promtool
def test_each_alert_fires_when_it_should_and_none_when_all_is_well(tmp_path: Path) -> None:
    stories = [_story(series, name) for name, series in FIRING.items()]
    tried = {"rule_files": [str(RULES)], "evaluation_interval": "2m", "tests": [*stories, _story(WELL, "")]}
    (tmp_path / "tried.yml").write_text(yaml.safe_dump(tried))
    promtool("test", "rules", str(tmp_path / "tried.yml"))


def _story(series: dict[str, str], fires: str) -> dict[str, Any]:
    """After so many minutes this alert fires; without a name none does."""
    values = [{"series": name, "values": text} for name, text in series.items()]
    wanted = f'count(ALERTS{{alertstate="firing", alertname=~"{fires or ".*"}"}})'
    samples = [{"labels": "{}", "value": 1}] if fires else []
    asked = {"expr": wanted, "eval_time": f"{SLOW.get(fires, 150)}m", "exp_samples": samples}
    return {"interval": "1m", "input_series": values, "promql_expr_test": [asked]}


@needs_promtool
def test_the_example_of_a_configuration_is_one() -> None:
    promtool("check", "config", str(EXAMPLE))


@needs_promtool
def test_the_expressions_of_the_dashboard_can_be_read(tmp_path: Path) -> None:
    """As rules, because that is where the tool reads expressions."""
    shown = [
        {"record": f"shown:{number}", "expr": expression.replace("$__rate_interval", "5m")}
        for number, (_, expression) in enumerate(panels())
    ]
    (tmp_path / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": shown}]}))
    promtool("check", "rules", str(tmp_path / "rules.yml"))


def promtool(*arguments: str) -> None:
    assert PROMTOOL is not None
    ended = subprocess.run([PROMTOOL, *arguments], capture_output=True, text=True, timeout=150, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
