"""Django's settings: every `SOLITUDE_*` variable is declared in a module beside this one, once, with its default, unit and meaning.

The environment is emptied of them as they are read. A value that cannot be used stops the start.
"""

import secrets

import dj_database_url

from solitude import sqlite
from solitude.settings.audit import *
from solitude.settings.bango import *
from solitude.settings.braintree import *
from solitude.settings.clients import *
from solitude.settings.keys import *
from solitude.settings.logs import *
from solitude.settings.metrics import *
from solitude.settings.packages import *
from solitude.settings.payments import *
from solitude.settings.paypal import *
from solitude.settings.process import *
from solitude.settings.proxy import *
from solitude.settings.reading import environment as environment
from solitude.settings.reference import *
from solitude.settings.retention import *
from solitude.settings.routing import *
from solitude.settings.serving import *
from solitude.settings.worlds import *

# --- Django --------------------------------------------------------------------------------------------------------
_NONE = "django.db.backends.dummy"
_SQLITE, _POSTGRESQL = "solitude.databases.sqlite3", "solitude.databases.postgresql"
_ENGINES = {"django.db.backends.sqlite3": _SQLITE, "django.db.backends.postgresql": _POSTGRESQL}
if SOLITUDE_PROXY:
    # What this process does not have nobody can take from it.
    environment.forbid(
        {
            f"{name} must not be set where this process is the proxy": environment.is_given(name)
            for name in (
                "SOLITUDE_DATABASE_URL",
                "SOLITUDE_KEYS_FILE",
                "SOLITUDE_KEYS",
                "SOLITUDE_KEYS_COMMAND",
                "SOLITUDE_CLIENTS",
                "SOLITUDE_CLIENTS_FILE",
            )
        }
    )
    SOLITUDE_DATABASE_URL, SOLITUDE_SERVE_WORKER = "", False
    _credentials = {
        "bango": SOLITUDE_BANGO_USER and SOLITUDE_BANGO_PASSWORD,
        "braintree": SOLITUDE_BRAINTREE_PRIVATE_KEY,
        "paypal": SOLITUDE_PAYPAL_CLIENT_SECRET or SOLITUDE_PAYPAL_CLASSIC_SIGNATURE,
        # Neither can be named without them.
        **dict.fromkeys(SOLITUDE_REFERENCE_PROVIDERS, "its auth"),
        **{package.name: "its own" for package in PROVIDER_PACKAGES},
    }
    _served = tuple(name for name, there in _credentials.items() if there)
    environment.forbid(
        {
            f"SOLITUDE_PROXY_SERVES: the proxy has no credentials of {name}": name not in _served
            for name in SOLITUDE_PROXY_SERVES
        }
        | {"the proxy has no credentials of any provider": not _served}
    )
    SOLITUDE_PROXY_SERVES = SOLITUDE_PROXY_SERVES or _served
try:
    DATABASES = {"default": dj_database_url.parse(SOLITUDE_DATABASE_URL, conn_max_age=600, conn_health_checks=True)}
except ValueError:
    # Its message may hold the URL, and with it the password.
    DATABASES = {"default": {}}
_database = DATABASES["default"]
# In memory, every thread would have a database of its own.
if SOLITUDE_PROXY:
    DATABASES = {"default": {"ENGINE": _NONE}}
elif _database.get("NAME") in (None, "", ":memory:") or _database["ENGINE"] not in _ENGINES:
    environment.problems.append(
        "SOLITUDE_DATABASE_URL must be a postgresql:// or sqlite:/// URL with the name of a database"
    )
environment.finish()
# As if they were declared in a module beside this one.
globals().update(PACKAGE_SETTINGS)
SETTINGS_GIVEN = environment.given()

_database = DATABASES["default"]
_database["ENGINE"] = _ENGINES.get(_database["ENGINE"], _NONE)
if _database["ENGINE"] == _SQLITE:
    _database["OPTIONS"] = sqlite.options()
elif _database["ENGINE"] == _POSTGRESQL:
    _options = _database.setdefault("OPTIONS", {})
    _options.setdefault("connect_timeout", SOLITUDE_DATABASE_CONNECT_TIMEOUT_S)
    _given = _options.get("options", "")
    # Of what `prepared` prepares one plan is good for all values. PostgreSQL would plan anew each time, for all months of a table at once.
    _plans = "-c plan_cache_mode=force_generic_plan"
    _options["options"] = (
        f"{_given} -c statement_timeout={SOLITUDE_DATABASE_STATEMENT_TIMEOUT_MS} -c timezone=UTC {_plans}".strip()
    )

# Django's own debug mode shows settings and code in its pages, so it stays off even in development.
DEBUG = False
# Nothing here is signed with it; Django wants one to exist.
SECRET_KEY = secrets.token_urlsafe(48)
# The peer's address decides who may call, not the name that it used.
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = [
    "solitude.vault",
    "solitude.web",
    "solitude.audit",
    "solitude.retention",
    "solitude.buyers",
    "solitude.sellers",
    "solitude.events",
    "solitude.transactions",
    "solitude.payments",
    "solitude.providers.paypal",
    "solitude.providers.bango",
    "solitude.providers.reference",
    "solitude.providers.braintree",
    "solitude.moving",
    *(package.module for package in PROVIDER_PACKAGES),
    # Behind all providers: rules are held to what they offer.
    "solitude.routing",
]
MIDDLEWARE = [
    "solitude.web.requests.RequestContext",
    "solitude.web.headers.SafeHeaders",
    "solitude.web.networks.AllowedNetworks",
    "solitude.web.turns.InTurn",
    "solitude.web.requests.BothSpellings",
    "solitude.web.requests.HeadIsGet",
    "solitude.web.etags.ContentTags",
    "solitude.audit.watching.AccessLog",
    "solitude.web.admission.Admission",
    "solitude.web.media.JsonOnly",
    "solitude.web.errors.JsonErrors",
]
ROOT_URLCONF = "solitude.urls"
if SOLITUDE_PROXY:
    ROOT_URLCONF = "solitude.proxy_urls"
    # A path stays as it is sent, for it is passed on so; and what is passed on gets neither tags nor forms of ours.
    MIDDLEWARE = [
        "solitude.web.requests.RequestContext",
        "solitude.web.networks.AllowedNetworks",
        "solitude.proxy.gate.Gate",
    ]
WSGI_APPLICATION = "solitude.wsgi.application"
APPEND_SLASH = False
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATA_UPLOAD_MAX_MEMORY_SIZE = SOLITUDE_BODY_MAX_BYTES
LOGGING_CONFIG = None
