"""What the catalogue holds, and that the documents and the facade hold to it."""

import re
from pathlib import Path

import pytest

from solitude.telemetry import metrics, metrics_catalogue
from solitude.telemetry.metrics_catalogue import METRICS, Kind, Metric

PAGE = Path(__file__).parents[2] / "docs" / "metrics.md"
# Of whom or of what there are as many as there are customers.
UNBOUNDED = re.compile(r"buyer|seller|product|uuid|email|transaction|payment|token|path|ip|address")


@pytest.mark.parametrize("names", [[one.statsd for one in METRICS], [one.prometheus for one in METRICS]])
def test_each_name_is_there_once(names: list[str]) -> None:
    given = [name for name in names if name]
    assert len(given) > 20
    assert len(set(given)) == len(given)


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.statsd or metric.prometheus)
def test_a_name_says_what_it_is(metric: Metric) -> None:
    assert metric.statsd or metric.prometheus
    assert not metric.prometheus or re.fullmatch(r"solitude_[a-z_]+", metric.prometheus)
    assert metric.prometheus.endswith("_total") == bool(metric.prometheus and metric.kind == Kind.COUNTER)
    if metric.prometheus and metric.kind == Kind.TIMER:
        assert metric.prometheus.endswith("_seconds")


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.statsd or metric.prometheus)
def test_no_label_has_as_many_values_as_there_are_customers(metric: Metric) -> None:
    assert [label for label in metric.labels if UNBOUNDED.fullmatch(label)] == []


@pytest.mark.parametrize("metric", [one for one in METRICS if one.statsd], ids=lambda metric: metric.statsd)
def test_a_name_at_statsd_leads_to_its_own_line(metric: Metric) -> None:
    """And not to one before it, whose pattern is wider."""
    found = metrics_catalogue.named(re.sub(r"<\w+>", "word", metric.statsd))
    assert found is not None
    assert found.metric is metric
    assert set(found.labels.values()) <= {"word"}


def test_the_page_holds_both_tables_of_the_code() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert metrics_catalogue.statsd_table() in page
    assert metrics_catalogue.prometheus_table() in page


@pytest.mark.parametrize(
    "labels", [{}, {"provider": "paypal"}, {"provider": "paypal", "operation": "pay", "outcome": "x", "buyer": "bea"}]
)
def test_other_labels_than_those_of_the_catalogue_are_a_mistake(labels: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="its labels"):
        metrics.count("solitude_provider_calls_total", **labels)


def test_only_a_gauge_of_prometheus_alone_is_added_to() -> None:
    for name in ("uncertain.count", "solitude_provider_calls_total", "nobody"):
        with pytest.raises(ValueError, match="metric's name"):
            metrics.add(name, 1)


@pytest.mark.parametrize(("text", "word"), [("paypal-classic", "paypal_classic"), ("", "none"), ("Ä b", "__b")])
def test_a_text_as_a_word_of_a_name(text: str, word: str) -> None:
    assert metrics.word(text) == word
