from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import AppConfig, apps
from django.db import connection
from tests.vault.rings import ring_of

from solitude.vault.current import use_ring
from solitude.vault.keyring import KeyRing


class VaultTests(AppConfig):
    name = "tests.vault"
    label = "vault_tests"
    default_auto_field = "django.db.models.BigAutoField"
    path = str(Path(__file__).parent)


@pytest.fixture
def ring() -> Iterator[KeyRing]:
    """A ring of its own for the test, current while it runs."""
    with use_ring(ring_of("k1")) as ring:
        yield ring


@pytest.fixture(scope="module")
def tables(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The models of `tests.vault.models` as an app, and their tables.

    The app is added by hand, because Django's own way starts all other apps again. The tables are made outside of the
    test's transaction, because SQLite cannot make them inside.
    """
    from tests.vault import models
    from tests.vault.models import Account, Wallet

    config = VaultTests("tests.vault", models)
    config.apps = apps
    apps.app_configs[config.label] = config
    config.import_models()
    apps.clear_cache()
    with django_db_blocker.unblock():
        with connection.schema_editor() as editor:
            editor.create_model(Account)
            editor.create_model(Wallet)
        try:
            yield
        finally:
            with connection.schema_editor() as editor:
                editor.delete_model(Wallet)
                editor.delete_model(Account)
            del apps.app_configs[config.label]
            apps.clear_cache()
