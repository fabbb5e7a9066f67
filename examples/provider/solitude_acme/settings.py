"""What an operator settles. The house reads the environment, checks, and shows these among its own settings."""

from typing import Any

from solitude.configuration import Environment, https_url


def declare(environment: Environment, *, simulator: str) -> dict[str, Any]:
    """`simulator` is where ACME's simulator is; empty in production."""
    url, token, timeout = "SOLITUDE_ACME_URL", "SOLITUDE_ACME_TOKEN", "SOLITUDE_ACME_TIMEOUT_MS"
    return {
        url: environment.get(url, https_url, simulator or "https://api.acme.example", "ACME's API."),
        token: environment.credential(token, "Says there who we are.", simulator=simulator),
        timeout: environment.number(timeout, 10_000, "For one call as a whole.", unit="ms", least=50, most=60_000),
    }
