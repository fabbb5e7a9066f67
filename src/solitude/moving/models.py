"""How far the import of a file has come."""

from django.db import models


class Import(models.Model):
    """One row for each file that was ever imported, by its content. `rows_done` grows in the commits that bring its rows in, so that
    whoever imports the file again goes on after it. It counts the lines that hold a row; the skipped ones are among them."""

    sha256 = models.CharField(max_length=64)
    kind = models.CharField(max_length=32)
    rows = models.PositiveBigIntegerField()
    rows_done = models.PositiveBigIntegerField(default=0)
    rows_skipped = models.PositiveBigIntegerField(default=0)
    began = models.DateTimeField(auto_now_add=True)
    modified = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sha256", "kind"], name="moving_import_once")]
