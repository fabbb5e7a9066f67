"""The classes of data as the documentation shows them: `docs/retention.md` holds what `table` gives."""

from solitude.retention.classes import DataClass, briefs, declared


def table() -> str:
    """Markdown: what has a period in the settings, and then what ends by itself."""
    lines = [
        "| class | data | period | what is done | what holds it back | why |",
        "|---|---|---|---|---|---|",
        *(_row(data) for data in declared().values()),
        "",
        "| class | data | is deleted | why |",
        "|---|---|---|---|",
        *(f"| `{one.name}` | {one.what} | {one.ends} | {one.why} |" for one in briefs().values()),
    ]
    return "\n".join(lines) + "\n"


def period(data: DataClass) -> str:
    return "for ever" if data.days is None else f"{data.days} days"


def _row(data: DataClass) -> str:
    holds = "; ".join(dict.fromkeys(hold.why for hold in data.all_holds)) or "nothing"
    return f"| `{data.name}` | {data.what} | {period(data)}<br>`{data.setting}` | **{data.action}**. {data.then} | {holds} | {data.why} |"
