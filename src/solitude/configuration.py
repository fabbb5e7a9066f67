"""How a setting is declared, read from the environment, checked and described.

`solitude.settings` declares every setting with one call, so that its name, default, unit and meaning stand in one place: the
start checks them there and `docs/settings.md` is printed from there.
"""

import ipaddress
import json
import os
import re
import stat
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from dotenv import dotenv_values

from solitude import exact_json
from solitude.money.currencies import is_currency
from solitude.money.errors import MoneyError
from solitude.money.money import Money

PREFIX = "SOLITUDE_"
_METRICS_PREFIX = re.compile(r"([A-Za-z0-9_-]{1,32}(\.[A-Za-z0-9_-]{1,32}){0,3})?")
_PLAIN_ID = re.compile(r"[A-Za-z0-9-]{0,50}")
_ACCOUNT = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}")
# PayPal takes six receivers of a payment; one is the seller.
RECEIVERS_MAX = 5
# While one takes the place of the other.
IDS_MAX = 2
SECRET_MIN_CHARS, SECRET_MAX_CHARS = 8, 255
# What every credential of a simulator begins with.
SIMULATED = "sandbox-"
# No client can have this key.
ALL_CLIENTS = "*"
TRUE, FALSE = {"true", "1", "yes", "on"}, {"false", "0", "no", "off", ""}

T = TypeVar("T")
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class ConfigurationError(Exception):
    """The configuration cannot be used; the text is for the operator and names each setting at fault."""


@dataclass(frozen=True, slots=True)
class Declared:
    """One setting as the documentation shows it."""

    name: str
    default: str
    unit: str
    meaning: str


def flag(text: str) -> bool:
    if text.lower() in TRUE:
        return True
    if text.lower() in FALSE:
        return False
    raise ValueError("must be true or false")


def one_of(*names: str) -> Callable[[str], str]:
    """One of these words."""

    def parse(text: str) -> str:
        if text not in names:
            raise ValueError(f"must be {' or '.join(names)}")
        return text

    return parse


def days_or_keep(least: int, most: int, *, keep: bool) -> Callable[[str], int | None]:
    """A whole number of days within these limits; None for the word `keep`, where `keep` allows it."""

    def parse(text: str) -> int | None:
        if keep and text.lower() == "keep":
            return None
        if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
            raise ValueError(f"must be {'keep or ' if keep else ''}a whole number of days from {least} to {most}")
        return int(text)

    return parse


def words(text: str) -> tuple[str, ...]:
    return tuple(word for word in (part.strip() for part in text.split(",")) if word)


def currency_codes(text: str) -> tuple[str, ...]:
    """ISO 4217 codes of currencies that can be paid in."""
    codes = words(text)
    if not all(is_currency(code) for code in codes):
        raise ValueError("must be ISO 4217 codes, such as EUR, USD")
    return codes


def which_clients(text: str) -> frozenset[str]:
    """The keys of clients; `true` stands for all of them (`ALL_CLIENTS`), `false` and nothing for none."""
    if text.lower() in TRUE:
        return frozenset({ALL_CLIENTS})
    named = frozenset() if text.lower() in FALSE else frozenset(words(text))
    if ALL_CLIENTS in named:
        raise ValueError("must be true, false or a list of clients' keys")
    return named


def networks(text: str) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(word) for word in words(text))


def web_url(text: str) -> str:
    """An http(s) URL without a trailing slash; empty stays empty."""
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.username is not None or not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("must be an http or https URL, without user and password")
    return text.rstrip("/")


def base_url(text: str) -> str:
    """A URL to which a path can be appended; empty stays empty."""
    url = web_url(text)
    if "?" in url or "#" in url:
        raise ValueError("must have no query")
    return url


def https_url(text: str) -> str:
    """The same, of a peer that is asked over TLS; on this machine http will do."""
    url = base_url(text)
    if not (url.startswith("https://") or is_on_this_machine(url)):
        raise ValueError("must be https")
    return url


def secret(text: str) -> str:
    """One that can be masked in logs."""
    if not SECRET_MIN_CHARS <= len(text) <= SECRET_MAX_CHARS or not text.isascii() or not text.isprintable():
        raise ValueError(f"must have {SECRET_MIN_CHARS} to {SECRET_MAX_CHARS} printable characters")
    return text


def read_json(text: str, otherwise: str) -> Any:
    """What a setting's JSON says, with decimals as they are. Raises ValueError with a sentence that quotes nothing of it but a name that is
    there twice: of the two one would count, and the other one be forgotten."""
    try:
        return exact_json.decode(text.encode())
    except exact_json.SaidTwice as twice:
        raise ValueError(f"has {twice} more than once") from None
    except ValueError:
        raise ValueError(otherwise) from None


def command(text: str) -> tuple[str, ...]:
    """A command and its arguments, as a JSON list; it is run without a shell. Empty stays empty."""
    given = json.loads(text or "[]")
    if not isinstance(given, list) or not all(isinstance(word, str) and word and "\0" not in word for word in given):
        raise ValueError('must be a JSON list such as ["/usr/local/bin/fetch-keys", "--region", "eu"]')
    return tuple(given)


def currency_accounts(text: str) -> dict[str, str]:
    """By currency, the name of the account through which it is taken."""
    form = 'must be JSON such as {"USD": "shop_usd"}'
    given = read_json(text, form)
    if not isinstance(given, dict) or not all(is_currency(code) for code in given):
        raise ValueError(form)
    if not all(isinstance(name, str) and _ACCOUNT.fullmatch(name) for name in given.values()):
        raise ValueError("each account must have a name of letters, digits, _ and -")
    return given


def url_prefixes(text: str) -> tuple[str, ...]:
    return tuple(web_url(word) for word in words(text))


def safe_url_prefixes(text: str) -> tuple[str, ...]:
    """Prefixes below which we fetch something ourselves."""
    prefixes = url_prefixes(text)
    if not all(prefix.startswith("https://") or is_on_this_machine(prefix) for prefix in prefixes):
        raise ValueError("must hold https URLs, or http URLs of this machine")
    return prefixes


def is_on_this_machine(url: str) -> bool:
    return is_loopback(urlsplit(url).hostname or "")


def is_loopback(host: str) -> bool:
    """Whether the host is this machine. Names other than `localhost` are not looked up."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def host_and_port(text: str) -> tuple[str, int] | None:
    """`host:port`, an IPv6 address in brackets; empty stays None."""
    if not text:
        return None
    try:
        parts = urlsplit(f"//{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or not port or parts.netloc != text or "@" in text or not text.isascii() or not text.isprintable():
        raise ValueError("must be host:port")
    return host, port


def metrics_prefix(text: str) -> str:
    if not _METRICS_PREFIX.fullmatch(text):
        raise ValueError("must be up to four words of letters, digits, _ and -, with dots between them")
    return text


def plain_ids(text: str) -> str:
    """An id, or two of them with a comma between; empty stays empty."""
    ids = text.split(",")
    if len(ids) > IDS_MAX or not all(map(_PLAIN_ID.fullmatch, ids)) or (len(ids) > 1 and not all(ids)):
        raise ValueError("must be at most 50 letters, digits and hyphens, or two such ids with a comma between them")
    return text


def certificates_file(text: str) -> Path | None:
    """A PEM file with at least one certificate; empty stays None."""
    if not text:
        return None
    try:
        x509.load_pem_x509_certificates(Path(text).read_bytes())
    except (OSError, ValueError):
        raise ValueError("must name a PEM file with certificates") from None
    return Path(text).absolute()


def key_file(text: str) -> Path | None:
    """A PEM file with a private key that is not encrypted, and not everybody's to read; empty stays None."""
    if not text:
        return None
    try:
        if Path(text).stat().st_mode & stat.S_IRWXO:
            raise ValueError("must name a file that others cannot read or change")
    except OSError:
        raise ValueError("must name a PEM file with a private key") from None
    try:
        serialization.load_pem_private_key(Path(text).read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError("must name a PEM file with a private key") from None
    return Path(text).absolute()


def folder(text: str) -> Path:
    path = Path(text).absolute()
    if not text or (path.exists() and not path.is_dir()):
        raise ValueError("must name a folder")
    return path


def amount_limits(text: str) -> dict[str, tuple[Money, Money]]:
    """The least and the most of one payment by currency: `{"EUR": ["0.50", "2000"]}`."""
    given = read_json(text or "{}", "must be a JSON object: for each currency a list of two amounts")
    try:
        limits = {code: (Money.parse(least, code), Money.parse(most, code)) for code, (least, most) in given.items()}
    except (MoneyError, ValueError, TypeError, AttributeError) as error:
        why = error if isinstance(error, MoneyError) else "for each currency a list of two amounts"
        raise ValueError(f"must be a JSON object: {why}") from None
    if any(not 0 < least.amount <= most.amount for least, most in limits.values()):
        raise ValueError("must hold a least above zero and a most that is not below it")
    return limits


def chains(text: str) -> tuple[tuple[Decimal, str], ...]:
    """Who gets how much of every payment, in percent: `[["5", "partner@shop.example"]]`."""
    try:
        given = json.loads(text or "[]", parse_float=Decimal)
        found = tuple((Decimal(percent), email) for percent, email in given)
    except (ValueError, TypeError, InvalidOperation, RecursionError):
        raise ValueError("must be a JSON list of [percent, e-mail address]") from None
    if not isinstance(given, list):
        raise ValueError("must be a JSON list of [percent, e-mail address]")
    if not all(percent.is_finite() and 0 < percent <= 100 for percent, _ in found) or sum(p for p, _ in found) > 100:
        raise ValueError("must have percentages above 0, of together 100 at most")
    emails = [email for _, email in found]
    if not all(isinstance(email, str) and _EMAIL.fullmatch(email) for email in emails):
        raise ValueError("must name receivers by e-mail address")
    if len(set(emails)) < len(emails) or len(emails) > RECEIVERS_MAX:
        raise ValueError(f"must have at most {RECEIVERS_MAX} receivers, each once")
    return found


def email(text: str) -> str:
    """An e-mail address; empty stays empty."""
    if text and not _EMAIL.fullmatch(text):
        raise ValueError("must be an e-mail address")
    return text


class Environment:
    """The `SOLITUDE_*` variables, taken out of the process's environment so that nothing else can see them.

    The application server copies the process's environment into every request; what is not there cannot leak from there.
    """

    def __init__(self, variables: MutableMapping[str, str]) -> None:
        self._process = variables
        taken = {name: variables.pop(name) for name in list(variables) if name.startswith(PREFIX)}
        self._values = development_file(taken) | taken
        self.declared: list[Declared] = []
        # Who has the credentials that are declared now, where it is not this process.
        self.proxy = ""
        self.problems: list[str] = []

    def give_back(self) -> None:
        """Puts the variables back for child processes, which read and remove them themselves. For a process that serves no request."""
        self._process.update(self._values)

    def is_given(self, name: str) -> bool:
        """Whether the environment gives the setting a value."""
        return bool(self._values.get(name, "").strip())

    def given(self) -> list[str]:
        """The names of the settings that have a value of the operator's."""
        return sorted({setting.name for setting in self.declared} & set(self._values))

    def undeclared(self) -> list[str]:
        known = {setting.name for setting in self.declared} | {"SOLITUDE_ENV_FILE"}
        return sorted(set(self._values) - known)

    def get(
        self,
        name: str,
        parse: Callable[[str], T],
        default: T,
        meaning: str,
        *,
        unit: str = "",
        shown: str | None = None,
    ) -> T:
        self.declared.append(Declared(name, shown if shown is not None else _shown(default), unit, meaning))
        text = self._values.get(name)
        if text is None:
            return default
        try:
            return parse(text.strip())
        except (ValueError, TypeError, InvalidOperation) as error:
            # The value itself may be a secret, so only the rule that it broke is told.
            self.problems.append(f"{name} {error if isinstance(error, ValueError) else 'cannot be read'}")
            return default

    def text(self, name: str, default: str, meaning: str, *, shown: str | None = None) -> str:
        return self.get(name, str, default, meaning, shown=shown)

    def flag(self, name: str, *, default: bool, meaning: str) -> bool:
        return self.get(name, flag, default, meaning)

    def number(
        self,
        name: str,
        default: int,
        meaning: str,
        *,
        unit: str = "",
        least: int = 0,
        most: int = 2**31,
        shown: str | None = None,
    ) -> int:
        def parse(text: str) -> int:
            if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
                raise ValueError(f"must be a whole number from {least} to {most}{' ' + unit if unit else ''}")
            return int(text)

        return self.get(name, parse, default, meaning, unit=unit, shown=shown)

    def decimal(self, name: str, default: str, meaning: str, *, unit: str, least: int, most: int) -> Decimal:
        def parse(text: str) -> Decimal:
            value = Decimal(text)
            if not value.is_finite() or not least <= value <= most:
                raise ValueError(f"must be a number from {least} to {most}")
            return value

        return self.get(name, parse, Decimal(default), meaning, unit=unit)

    def credential(self, name: str, meaning: str, *, simulator: str) -> str:
        """A secret that must be there; in development, where `simulator` says where that is, it is the simulator's (`sandbox-token`).

        In a process that asks its provider through a proxy it must not be there, and is empty.
        """
        if self.proxy:
            self.declared.append(Declared(name, "none; with debug the simulator's", "", meaning))
            self.forbid({f"{name} must not be set where {self.proxy} has the credentials": self.is_given(name)})
            return ""
        default = f"{SIMULATED}token" if simulator else ""
        found = self.get(name, secret, default, meaning, shown="none; with debug the simulator's")
        is_simulators = found.startswith(SIMULATED) and not simulator
        self.forbid({f"{name} must be set": not found, f"{name} is the simulator's": is_simulators})
        return found

    def path(self, name: str, default: Path | None, meaning: str, *, shown: str | None = None) -> Path | None:
        return self.get(name, lambda text: Path(text) if text else None, default, meaning, shown=shown)

    def forbid(self, problems: Mapping[str, object]) -> None:
        """Adds the problems that are there: each is a sentence, and whether (or with what) it is one."""
        self.problems += [problem for problem, is_one in problems.items() if is_one]

    def finish(self) -> None:
        if self.problems:
            raise ConfigurationError("; ".join(self.problems))


def development_file(values: Mapping[str, str]) -> dict[str, str]:
    """The variables of the `.env` file, in development only: it is never read where SOLITUDE_DEBUG is not true."""
    path = values.get("SOLITUDE_ENV_FILE", ".env")
    if not path or not Path(path).is_file():
        return {}
    try:
        read = dotenv_values(path, interpolate=False)  # a secret may have a "$"
    except (OSError, ValueError):
        raise ConfigurationError(f"SOLITUDE_ENV_FILE {path} cannot be read") from None
    found = {name: value or "" for name, value in read.items() if name.startswith(PREFIX)}
    debug = values.get("SOLITUDE_DEBUG", found.get("SOLITUDE_DEBUG", ""))
    return found if debug.strip().lower() in TRUE else {}


def process_environment() -> Environment:
    return Environment(os.environ)


def _shown(default: object) -> str:
    match default:
        case bool():
            return str(default).lower()
        case None | "" | ():
            return "none"
        case tuple():
            return ", ".join(str(item) for item in default)
        case _:
            return str(default)


def table(declared: list[Declared]) -> str:
    """The settings as a Markdown table; `docs/settings.md` holds what this gives."""
    rows = [f"| `{one.name}` | {one.default} | {one.unit} | {one.meaning} |" for one in declared]
    return "\n".join(["| setting | default | unit | meaning |", "|---|---|---|---|", *rows]) + "\n"
