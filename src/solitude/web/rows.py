"""What every row of the API has: when it was made and changed, and how often."""

from typing import Any

from django.db import models
from django.utils import timezone


class Row(models.Model):
    """`counter` starts at 0 and grows with every change; `touch` names what an update must save besides its own columns."""

    created = models.DateTimeField(default=timezone.now, editable=False)
    modified = models.DateTimeField(default=timezone.now, editable=False)
    counter = models.PositiveIntegerField(default=0)

    class Meta:
        abstract = True

    def __init__(self, *args: Any, **given: Any) -> None:
        # A new row has not been changed: both times are one. (Django gives what it reads by position.)
        if not args:
            now = timezone.now()
            given = {"created": now, "modified": now} | given
        super().__init__(*args, **given)

    def change(self, **columns: object) -> None:
        """Sets and saves the named columns, and nothing else, in one UPDATE."""
        self._update(self.changed(**columns))

    def changed(self, **columns: object) -> list[str]:
        """Sets the named columns; what there is to save."""
        for name, value in columns.items():
            setattr(self, name, value)
        self.modified = timezone.now()
        self.counter += 1
        return [*columns, "modified", "counter"]

    def _update(self, names: list[str]) -> None:
        self.save(update_fields=names)
