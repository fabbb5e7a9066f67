"""What the commands have in common: how they end, Django with our settings, and whether the database is up to date."""

import gc
import os
import sys
from typing import Any

NOT_MIGRATED, UNUSABLE, NOT_DONE = 3, 2, 1


def set_up() -> Any:
    """Django with our settings; the settings module. Raises ConfigurationError."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "solitude.settings")
    # What is imported stays. To look through it for what does not, again and again while it grows, takes a seventh of the start.
    gc.disable()
    try:
        import solitude.settings as settings

        settings.SOLITUDE_HOME.mkdir(mode=0o700, parents=True, exist_ok=True)
        import django

        django.setup()
        gc.freeze()
    finally:
        gc.enable()
    return settings


def set_up_logs(settings: Any) -> None:
    """For a command that does what the logs tell of: its lines go where those of servers and workers go."""
    from solitude.telemetry import logs

    logs.configure(
        settings.SOLITUDE_DEBUG,
        settings.SOLITUDE_LOG_DIR,
        settings.SYSLOG_STREAMS,
        console=settings.SOLITUDE_CONSOLE_FORMAT,
    )


def unanswered() -> tuple[type[Exception], ...]:
    """What the database raises that is away, or that others have locked for too long."""
    from django.db import OperationalError

    return (OperationalError,)


def unusable() -> tuple[type[Exception], ...]:
    """What is raised where the key ring cannot be used, or not for what is wished."""
    from solitude.vault.keys import KeyRingError

    return (KeyRingError,)


def is_behind() -> bool:
    """Whether the database waits for `migrate`, and says so."""
    from solitude.services.schema import migrations_behind

    behind = migrations_behind()
    if behind:
        print(f"solitude: the database is {behind} migrations behind; run `solitude migrate` first", file=sys.stderr)
    return behind > 0
