"""A history of millions of transactions: what `stories` played, copied by the database into years past.

Each row is a copy of one that the house wrote itself, moved in time by whole seconds, with the names of another sale in it: another
uuid, other ids of the provider, another buyer, seller and product. What retention empties after a while was emptied by retention, in a
second and third playing that was made old before. Sealed values are copied with the `row_uuid` that they are bound to, so they open.

What is not as years would have left it: copies share their `row_uuid`; there are no records of who saw personal data; and the chain of
seals begins with the newest rows (`sealed.py`), or to make it would take longer than all the rest.
"""

import subprocess
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import psycopg
from tests.support.processes import solitude

from benchmarks import indexes
from benchmarks.places import Database, House
from benchmarks.stories import STORIES, Player, Story, played
from solitude import monthly

SPAN_DAYS = 1095
# By days since a sale: what retention has emptied by then. A day less than its periods, so that nothing is due at first.
AGES_DAYS = (0, 179, 539)
EVENTS_DAYS = 729
# How far back the months go of what is partitioned by month (docs/adr/0022): as far as its rows.
BY_MONTH_DAYS = {"events_event": EVENTS_DAYS, "payments_providercall": SPAN_DAYS, "payments_notification": SPAN_DAYS}
# What comes later in a sale (a refund, a dispute) comes up to so many days later.
LATER_DAYS = 20
SECONDS_KEPT = 3
TABLES = {
    "transactions_transaction": "transaction",
    "events_event": "event",
    "payments_providercall": "call",
    "payments_notification": "notification",
    "payments_dispute": "dispute",
}
COUNTED = ("event", "call", "notification", "dispute")
PEOPLE = ("buyers_buyer", "paypal_buyerpaypal", "sellers_seller", "sellers_product", "paypal_sellerpaypal")
BUYERS_FROM, AGREED_OF_BUYERS = 1000, 5


@dataclass(frozen=True, slots=True)
class Size:
    """How much there shall be of each; `transactions` roughly, for some sales have two."""

    transactions: int

    @property
    def sales(self) -> int:
        twice = sum(story.of_100 for story in STORIES if story.name in ("refunded", "reversed"))
        return max(round(self.transactions / (1 + twice / 100)), 1)

    @property
    def agreed(self) -> int:
        return max(self.transactions // 100, 10)

    @property
    def guests(self) -> int:
        return max(self.transactions // 25, 20)

    @property
    def sellers(self) -> int:
        return max(min(self.transactions // 100, 2000), 5)

    @property
    def products(self) -> int:
        return self.sellers * 3


def id_for(table: str, created: str, number: str) -> str:
    """SQL of a row's key: its number, and the month in which it was made where the table's keys tell that."""
    if table not in BY_MONTH_DAYS:
        return number
    return f"(({monthly.number_of(created)}::bigint << {monthly.ROW_BITS}) + {number})"


def write(database: Database, house: House, size: Size, say: Callable[[str], None]) -> None:
    """Fills a migrated, empty house. Nobody else may be at its database. Raises RuntimeError where a story does not go as told."""
    _settings(database, loading=True)
    player = Player(house)
    player.open()
    played_at = [dict(played(database, player)) for _ in AGES_DAYS]
    _grow_old(database, house, played_at)
    _keep_as_template(database, played_at)
    say("stories are played")
    _copy_people(database, size)
    _plan(database, size)
    say("sales are planned")
    for table, days in BY_MONTH_DAYS.items():
        _make_months(database, table, days)
    taken = indexes.take_away(database, TABLES)
    _each(TABLES, lambda table: _copy(database, table))
    say("rows are written")
    indexes.restore(database, taken)
    say("indexes are made")
    _finish(database)
    database.ask("DROP SCHEMA story CASCADE")
    begin_chain(house)
    _settings(database, loading=False)
    database.ask("VACUUM ANALYZE")


def _settings(database: Database, *, loading: bool) -> None:
    """Much memory for the load; and what is long is compressed by lz4 where there is one: the default would take most of the time."""
    ((name, methods),) = database.ask(
        "SELECT current_database(), enumvals FROM pg_settings WHERE name = 'default_toast_compression'"
    )
    for setting, value in (("work_mem", "'256MB'"), ("maintenance_work_mem", "'1GB'")):
        change = f"SET {setting} = {value}" if loading else f"RESET {setting}"
        database.ask(f'ALTER DATABASE "{name}" {change}')
    if "lz4" in methods:
        database.ask(f"ALTER DATABASE \"{name}\" SET default_toast_compression = 'lz4'")


def begin_chain(house: House) -> None:
    """Seals the newest rows of each kind, in a process of the house."""
    subprocess.run([sys.executable, "-m", "benchmarks.sealed"], env=house.environment, check=True, timeout=600)


# --- what was played becomes what is copied ---------------------------------------------------------------------------------


def _grow_old(database: Database, house: House, played_at: list[dict[Story, list[int]]]) -> None:
    """Retention does with each playing what it does at its age; then all are young again."""
    for back in (1, -1):
        for age, stories in zip(AGES_DAYS, played_at, strict=True):
            pks = ", ".join(str(pk) for found in stories.values() for pk in found)
            for table in ("transactions_transaction", "payments_providercall", "payments_notification"):
                own = "id" if table == "transactions_transaction" else "transaction_id"
                moved = ", ".join(
                    f"{column} = {column} - interval '{back * (age + 2 * bool(age))} days'"
                    for column in _columns(database, table, "timestamp with time zone")
                    if column != "truncated_at"
                )
                database.ask(f"UPDATE {table} SET {moved} WHERE {own} IN ({pks})")
        if back == 1:
            subprocess.run(
                solitude("retention", "--run"), env=house.environment, check=True, capture_output=True, timeout=300
            )
    database.ask(
        "UPDATE payments_providercall SET truncated_at = begun_at + interval '540 days' WHERE truncated_at IS NOT NULL"
    )
    database.ask(
        "UPDATE payments_notification SET truncated_at = received_at + interval '180 days' WHERE truncated_at IS NOT NULL"
    )


_BELONGS = {
    "transaction": ("t.id", "t.created"),
    "event": ("substring(t.resource_uri FROM '/generic/transaction/([0-9]+)/')::bigint", "t.created"),
    "call": ("t.transaction_id", "t.begun_at"),
    "notification": ("t.transaction_id", "t.received_at"),
    "dispute": ("t.transaction_id", "t.opened_at"),
}


def _keep_as_template(database: Database, played_at: list[dict[Story, list[int]]]) -> None:
    """The tables of `story`: a part is what happens at one time in a sale, with its transaction, events, calls, notifications.

    `stage` 0 is the payment, 1 what comes days later; `role` says whose row it is. In texts stand marks for what is another in each sale.
    """
    ask = database.ask
    ask("DROP SCHEMA IF EXISTS story CASCADE")
    ask("CREATE SCHEMA story")
    ask("CREATE TABLE story.played (id bigint, age int, story int, role int, sale int)")
    sale = 0
    for age, stories in enumerate(played_at):
        for number, pks in enumerate(stories.values()):
            for role, pk in enumerate(pks):
                ask(f"INSERT INTO story.played VALUES ({pk}, {age}, {number}, {role}, {sale})")
            sale += 1
    ask(
        "CREATE TABLE story.part AS SELECT row_number() OVER () AS part, p.age, p.story, p.role AS stage, p.sale, "
        "date_trunc('second', t.created) AS base, COALESCE((SELECT min(n.received_at) FROM payments_notification n "
        "JOIN story.played o ON o.id = n.transaction_id WHERE o.sale = p.sale AND n.event_type LIKE 'CUSTOMER.DISPUTE%'), "
        "(SELECT l.created FROM story.played o JOIN transactions_transaction l ON l.id = o.id "
        "WHERE o.sale = p.sale AND o.role = 1)) AS later "
        "FROM story.played p JOIN transactions_transaction t USING (id)"
    )
    for table, kind in TABLES.items():
        owner, at = _BELONGS[kind]
        stage = "p.role" if kind == "transaction" else f"(p.role = 1 OR {at} >= s.later)::int"
        ask(
            f"CREATE TABLE story.{kind} AS SELECT t.*, p.role, s.sale, o.part, o.base, "
            "row_number() OVER (PARTITION BY o.part ORDER BY t.id) - 1 AS ordinal "
            f"FROM {table} t JOIN story.played p ON p.id = {owner} JOIN story.part s ON s.sale = p.sale AND s.stage = p.role "
            f"JOIN story.part o ON o.sale = p.sale AND o.stage = COALESCE({stage}, 0)"
        )
    ask("ALTER TABLE story.transaction ADD late boolean")
    ask(
        "UPDATE story.transaction t SET late = t.role = 0 AND t.modified >= s.later FROM story.part s WHERE s.part = t.part"
    )
    for kind in COUNTED:
        ask(f"ALTER TABLE story.part ADD {kind}s int")
        ask(f"UPDATE story.part p SET {kind}s = (SELECT count(*) FROM story.{kind} t WHERE t.part = p.part)")
    _mark(database)
    emptied = ", ".join(name for table in TABLES for name in _with_beside(database, table))
    ask(f"TRUNCATE {emptied} CASCADE")


_NAMES = """
    SELECT DISTINCT sale, name FROM (
        SELECT sale, regexp_replace(uuid, '^[a-z]+:', '') FROM story.transaction
        UNION ALL SELECT sale, unnest(ARRAY[uid_pay, taken_id, uid_support]) FROM story.transaction
        UNION ALL SELECT sale, request_id FROM story.event
        UNION ALL SELECT sale, unnest(ARRAY[key, request_id, correlation_id]) FROM story.call
        UNION ALL SELECT sale, jsonb_path_query(exchanges, '$[*].correlation_id')#>>'{}' FROM story.call
        UNION ALL SELECT sale, jsonb_path_query(exchanges, '$.**.custom_id')#>>'{}' FROM story.call
        UNION ALL SELECT sale, unnest(ARRAY[fingerprint, request_id, substr(event_id, 4)]) FROM story.notification
        UNION ALL SELECT sale, substr(dispute_id, 6) FROM story.dispute
    ) found (sale, name) WHERE length(name) >= 8
"""


def _mark(database: Database) -> None:
    """Puts marks in all texts in place of names: of every identifier its first eight characters go."""
    ask = database.ask
    seconds = r"regexp_matches(exchanges::text, '\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d', 'g')"
    ask("ALTER TABLE story.call ADD seconds text[]")
    ask(f"UPDATE story.call SET seconds = ARRAY(SELECT DISTINCT m[1] FROM {seconds} m ORDER BY 1)")
    marks: dict[int, dict[str, str]] = {
        sale: dict(_STORYS) for (sale,) in ask("SELECT DISTINCT sale FROM story.played")
    }
    for pk, sale, role in ask("SELECT id, sale, role FROM story.played"):
        marks[sale][f"/generic/transaction/{pk}/"] = f"/generic/transaction/@{('first', 'second')[role]}@/"
    for sale, name in ask(_NAMES):
        marks[sale][name[:8]] = "@UPPER8@" if name.upper() == name and not name[:8].isdecimal() else "@lower8@"
    for sale, found in ask("SELECT sale, seconds FROM story.call"):
        if len(found) > SECONDS_KEPT:
            raise RuntimeError(f"a call took more than {SECONDS_KEPT} seconds: {found}")
        marks[sale] |= {second: f"@second:{second}@" for second in found}
    with psycopg.connect(database.url) as connection:
        for kind in TABLES.values():
            texts = _texts(database, kind)
            types = ", ".join(f'ALTER "{name}" TYPE text USING "{name}"::text' for name in texts)
            connection.execute(f"ALTER TABLE story.{kind} {types}")
            own = ", seconds" if kind == "call" else ", NULL"
            for at, sale, own_seconds, *said in connection.execute(
                f"SELECT ctid::text, sale{own}, {_quoted(texts)} FROM story.{kind}"
            ).fetchall():
                marked = [None if one is None else _marked(one, marks[sale], own_seconds or []) for one in said]
                to = ", ".join(f'"{name}" = %s' for name in texts)
                connection.execute(f"UPDATE story.{kind} SET {to} WHERE ctid = %s::tid", [*marked, at])


_STORYS = {
    **dict.fromkeys(("shop:story", "shop:poor", "guest:story"), "@buyer@"),
    "dev:story": "@seller@",
    "story-product": "@product@",
}


def _marked(text: str, marks: dict[str, str], seconds: list[str]) -> str:
    for name, mark in marks.items():
        text = text.replace(name, mark)
    for place, second in enumerate(seconds):
        text = text.replace(f"@second:{second}@", f"@second{place}@")
    return text


def _texts(database: Database, kind: str) -> list[str]:
    found = database.ask(
        f"SELECT column_name FROM information_schema.columns WHERE table_schema = 'story' AND table_name = '{kind}' "
        "AND data_type IN ('character varying', 'text', 'jsonb') ORDER BY ordinal_position"
    )
    return [str(name) for (name,) in found]


def _columns(database: Database, table: str, of_type: str = "") -> dict[str, str]:
    """The columns of a table of the house, with their types."""
    found = database.ask(
        "SELECT column_name, data_type FROM information_schema.columns "
        f"WHERE table_schema = 'public' AND table_name = '{table}' ORDER BY ordinal_position"
    )
    return {str(name): str(kind) for name, kind in found if of_type in ("", kind)}


# --- who buys and sells -----------------------------------------------------------------------------------------------------


def _copy_people(database: Database, size: Size) -> None:
    began = f"date_trunc('second', now()) - interval '{SPAN_DAYS} days'"
    first, guests = BUYERS_FROM, BUYERS_FROM + size.agreed
    buyers, of_paypal = {"uuid": "'shop:' || n"}, {"buyer_id": "n"}
    _people(database, "buyers_buyer", "uuid = 'shop:story'", (first, size.agreed), buyers, began)
    _people(database, "buyers_buyer", "uuid = 'guest:story'", (guests, size.guests), {"uuid": "'guest:' || n"}, began)
    for name, at in (("shop:story", (first, size.agreed)), ("guest:story", (guests, size.guests))):
        whose = f"buyer_id = (SELECT id FROM buyers_buyer WHERE uuid = '{name}')"
        _people(database, "paypal_buyerpaypal", whose, at, of_paypal, began)
    seller = "(SELECT id FROM sellers_seller WHERE uuid = 'dev:story')"
    sellers, products = (BUYERS_FROM, size.sellers), (BUYERS_FROM, size.products)
    _people(database, "sellers_seller", f"id = {seller}", sellers, {"uuid": "'dev:' || n"}, began)
    _people(database, "paypal_sellerpaypal", f"seller_id = {seller}", sellers, {"seller_id": "n"}, began)
    sold = {
        "seller_id": f"{BUYERS_FROM} + (n - {BUYERS_FROM}) % {size.sellers}",
        "external_id": "'app-' || n",
        "public_id": "'product-' || n",
    }
    _people(database, "sellers_product", f"seller_id = {seller}", products, sold, began)
    for table in PEOPLE:
        _number_on(database, table)


def _people(
    database: Database, table: str, which: str, numbers: tuple[int, int], named: dict[str, str], began: str
) -> None:
    """Copies one row; `numbers` are the first key and how many."""
    columns = _columns(database, table)
    # As if changed just now: nothing of it is due to go.
    others = {"id": "n", "created": began, "modified": "date_trunc('second', now())"} | named
    values = ", ".join(others.get(name, f't."{name}"') for name in columns)
    first, count = numbers
    database.ask(
        f"INSERT INTO {table} ({_quoted(columns)}) SELECT {values} FROM (SELECT * FROM {table} WHERE {which}) t, "
        f"generate_series({first}, {first + count - 1}) n"
    )


def _with_beside(database: Database, table: str) -> list[str]:
    """The table, and those in which it is kept what it may have only once in all months: triggers fill them, but do not empty them."""
    found = database.ask(f"SELECT relname FROM pg_class WHERE relkind = 'r' AND starts_with(relname, '{table}_once_')")
    return [table, *(str(name) for (name,) in found)]


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _number_on(database: Database, table: str) -> None:
    """The next key is behind those which are there; the month in them is not the sequence's."""
    last = f"(SELECT max(id) & {monthly.ROW_MASK} FROM {table})"
    database.ask(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), GREATEST({last}, 1))")


# --- which sales there are, and their rows ----------------------------------------------------------------------------------


def _plan(database: Database, size: Size) -> None:
    """One row for each transaction: when it is, of which part it is a copy, and how many rows of each kind come before its own."""
    sales, reach, story = size.sales, 0, ""
    for number, one in enumerate(STORIES):
        reach += one.of_100
        story += f" WHEN pick < {reach} THEN {number}"
    agreed = ", ".join(str(number) for number, one in enumerate(STORIES) if one.agreed)
    spread = f"{SPAN_DAYS * 86400.0} / {sales}"
    age = " ".join(
        f"WHEN sold < now() - interval '{days} days' THEN {number}"
        for number, days in reversed(list(enumerate(AGES_DAYS)))
    )
    counts = ", ".join(
        (
            f"CASE WHEN a.at < now() - interval '{EVENTS_DAYS} days' THEN 0 ELSE events END"
            if kind == "event"
            else f"{kind}s"
        )
        + f" AS {kind}s"
        for kind in COUNTED
    )
    before = ", ".join(f"sum({kind}s) OVER w - {kind}s AS before_{kind}s" for kind in COUNTED)
    database.ask(f"""
        CREATE UNLOGGED TABLE story.plan AS
        SELECT row_number() OVER w AS id, sale, part, stage, at, at - base AS shift, later, buyer_id, seller_product_id,
               {BUYERS_FROM} + (seller_product_id - {BUYERS_FROM}) % {size.sellers} AS seller_id,
               lpad(to_hex((sale * 2654435761) & 4294967295), 8, '0') AS hex, events > 0 AS has_events, {before}
        FROM (
            SELECT a.sale, part, stage, base, at, later, buyer_id, seller_product_id, {counts} FROM (
                SELECT s.sale, p.*, s.sold + p.stage * s.later AS at, s.later AS later_by, s.buyer_id, s.seller_product_id
                FROM (
                    SELECT sale, sold, story, CASE {age} ELSE 0 END AS age, seller_product_id,
                           LEAST(interval '1 second' * 86400 * (1 + abs(hashint8(sale + 3)::bigint) % {LATER_DAYS}),
                                 date_trunc('second', (now() - sold) / 2)) AS later,
                           CASE WHEN story IN ({agreed}) THEN {BUYERS_FROM} + abs(hashint8(sale + 1)::bigint) % {size.agreed}
                                ELSE {BUYERS_FROM + size.agreed} + abs(hashint8(sale + 1)::bigint) % {size.guests} END AS buyer_id
                    FROM (
                        SELECT sale, sold, CASE {story} END AS story,
                               {BUYERS_FROM} + floor({size.products} * power(abs(hashint8(sale + 2)::bigint) / 2147483649.0, 2))::bigint
                                   AS seller_product_id
                        FROM (
                            SELECT n AS sale, abs(hashint8(n)::bigint) % 100 AS pick,
                                   date_trunc('second', now()) - interval '{SPAN_DAYS} days'
                                       + interval '1 second' * floor((n - 0.5) * {spread}) AS sold
                            FROM generate_series(1, {sales}) n
                        ) picked
                    ) told
                ) s JOIN story.part p ON p.age = s.age AND p.story = s.story
            ) a (sale, part, age, story, stage, sale_played, base, later_played, {", ".join(f"{kind}s" for kind in COUNTED)},
                 at, later, buyer_id, seller_product_id)
        ) planned
        WINDOW w AS (ORDER BY at, sale ROWS UNBOUNDED PRECEDING)
    """)
    database.ask("""
        CREATE UNLOGGED TABLE story.pair AS
        SELECT f.sale, f.id AS first, s.id AS second FROM story.plan s JOIN story.plan f ON f.sale = s.sale AND f.stage = 0
        WHERE s.stage = 1
    """)
    database.ask("ANALYZE story.plan, story.pair")


_FIRST, _SECOND = "COALESCE(r.first, p.id)", "r.second"
_MARKS = {
    "@lower8@": "p.hex",
    "@UPPER8@": "upper(p.hex)",
    "@buyer@": "(CASE WHEN p.buyer_id < {guests} THEN 'shop:' ELSE 'guest:' END || p.buyer_id)",
    "@seller@": "('dev:' || p.seller_id)",
    "@product@": "('product-' || p.seller_product_id)",
    "@first@": f"({_FIRST})::text",
    "@second@": f"({_SECOND})::text",
} | {
    f"@second{place}@": f"to_char(t.seconds[{place + 1}]::timestamp + p.shift, 'YYYY-MM-DD\"T\"HH24:MI:SS')"
    for place in range(SECONDS_KEPT)
}
_OTHERS = {
    "related_id": _FIRST,
    "reversal_id": _SECOND,
    "transaction_id": f"CASE t.role WHEN 0 THEN {_FIRST} ELSE {_SECOND} END",
    "buyer_id": "p.buyer_id",
    "seller_id": "p.seller_id",
    "seller_product_id": "p.seller_product_id",
}


def _make_months(database: Database, table: str, days: int) -> None:
    """Makes the months of the past, like this one; the house itself makes none that is over."""
    since = monthly.number_of(f"(now() - interval '{days} days')")
    ((first, now),) = database.ask(f"SELECT {since}, {monthly.NUMBER_NOW}")
    for month in range(first, now):
        start, end = month << monthly.ROW_BITS, month + 1 << monthly.ROW_BITS
        database.ask(
            f"CREATE TABLE {_month(table, month)} (LIKE {_month(table, now)} INCLUDING ALL); "
            f"ALTER TABLE {table} ATTACH PARTITION {_month(table, month)} FOR VALUES FROM ({start}) TO ({end})"
        )


def _month(table: str, number: int) -> str:
    """The name of a partition, as the house gives it."""
    return f"{table}_{number // 12}_{number % 12 + 1:02}"


def _copy(database: Database, table: str) -> None:
    kind = TABLES[table]
    marked, guests = _marked_columns(database, kind), _guests(database)
    number = "p.id" if kind == "transaction" else f"p.before_{kind}s + t.ordinal + 1"
    values = []
    for name, of_type in _columns(database, table).items():
        if name == "id":
            values.append(id_for(table, "p.at", number))
        elif name == "place":
            values.append(number)
        elif name in _OTHERS:
            values.append(f"CASE WHEN t.{name} IS NOT NULL THEN {_OTHERS[name]} END")
        elif of_type == "timestamp with time zone":
            later = (
                " + CASE WHEN t.late THEN p.later ELSE interval '0' END"
                if (kind, name) == ("transaction", "modified")
                else ""
            )
            values.append(f't."{name}" + p.shift{later}')
        else:
            value = _text(f't."{name}"', marked.get(name, []), guests)
            values.append(f"({value})::jsonb" if of_type == "jsonb" else value)
    rows = "WHERE p.has_events" if kind == "event" else ""
    # In one transaction with TRUNCATE nothing of it need be logged; nor of what triggers write beside it.
    emptied = ", ".join(_with_beside(database, table))
    database.ask(
        f"TRUNCATE {emptied}; INSERT INTO {table} ({_quoted(_columns(database, table))}) SELECT {', '.join(values)} "
        f"FROM story.plan p JOIN story.{kind} t USING (part) LEFT JOIN story.pair r ON r.sale = p.sale {rows}"
    )


def _marked_columns(database: Database, kind: str) -> dict[str, list[str]]:
    """The marks that are in each text column."""
    looked_for = [(name, mark) for name in _texts(database, kind) for mark in _MARKS]
    found = ", ".join(f"bool_or(position('{mark}' IN t.\"{name}\") > 0)" for name, mark in looked_for)
    (there,) = database.ask(f"SELECT {found} FROM story.{kind} t")
    columns: dict[str, list[str]] = {}
    for (name, mark), is_there in zip(looked_for, there, strict=True):
        if is_there:
            columns.setdefault(name, []).append(mark)
    return columns


def _text(value: str, marks: list[str], guests: str) -> str:
    """SQL of a column that is the same in each copy, but for its marks."""
    for mark in marks:
        instead = _MARKS[mark].replace("{guests}", guests)
        value = f"replace({value}, '{mark}', COALESCE({instead}, ''))"
    return value


def _guests(database: Database) -> str:
    """The first key of those who have not agreed."""
    ((first,),) = database.ask(f"SELECT min(id) FROM buyers_buyer WHERE id >= {BUYERS_FROM} AND uuid LIKE 'guest:%'")
    return str(first)


def _finish(database: Database) -> None:
    for table in TABLES:
        _number_on(database, table)
    database.ask(
        "INSERT INTO events_feed (id, last_place) SELECT 1, COALESCE(max(place), 0) FROM events_event "
        "ON CONFLICT (id) DO UPDATE SET last_place = EXCLUDED.last_place"
    )


def _each(tables: Iterable[str], do: Callable[[str], None], at_once: int = 2) -> None:
    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(do, sorted(tables, key=lambda table: table != "payments_providercall")))
