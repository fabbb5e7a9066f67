"""Seals over what was written, and who saw or changed personal data."""

from solitude.settings.reading import environment

SOLITUDE_SEAL_ROWS_MAX: int = environment.number(
    "SOLITUDE_SEAL_ROWS_MAX",
    1_000,
    "Rows under one seal, at most.",
    unit="rows",
    least=2,
    most=10_000,
)
SOLITUDE_SEAL_AFTER_S: int = environment.number(
    "SOLITUDE_SEAL_AFTER_S",
    300,
    "A row is sealed when it is so old, or earlier where there are enough rows for a whole seal. What is changed before is not noticed.",
    unit="s",
    least=1,
    most=86_400,
)
SOLITUDE_SEAL_WARNING_S: int = environment.number(
    "SOLITUDE_SEAL_WARNING_S",
    7_200,
    "`solitude check` warns when a row is so old and under no seal yet. More than `SOLITUDE_SEAL_AFTER_S`.",
    unit="s",
    least=2,
    most=30 * 86_400,
)

if SOLITUDE_SEAL_WARNING_S <= SOLITUDE_SEAL_AFTER_S:
    environment.problems.append("SOLITUDE_SEAL_WARNING_S must be more than SOLITUDE_SEAL_AFTER_S")
