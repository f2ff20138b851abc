# Two commands do everything on a machine with Python 3.11 to 3.13, make and git: make demo, make test.
.DEFAULT_GOAL := help
SHELL := bash
# what waits for the network waits beside what does not: two environments, or the linters and the browser
MAKEFLAGS += --jobs=2

# Python keeps what it has compiled of the packages that are used: all of them at once would take two minutes of a processor
unexport PYTHONDONTWRITEBYTECODE

UV_VERSION := 0.13.9
# where uv keeps its own environment; everything else it installs by the lock file into .venv
UV := .uv/bin/uv
RUN := $(UV) run --frozen --no-sync
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)

# the first Python that fits: python3 where it does, as make PYTHON=/path/to/python says, or one that is named by version
FITS := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
ifndef PYTHON
PYTHON := $(shell for each in python3 python3.13 python3.12 python3.11; do \
	$$each -c '$(FITS)' 2>/dev/null && { echo $$each; break; }; done)
endif
# several of Superset's pins have no wheels for later ones: uv finds a 3.11, or brings one where the network lets it
SUPERSET_PYTHON ?= $(shell $(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' && echo $(PYTHON) || echo 3.11)

.PHONY: help
help: ## Show what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort

$(UV):
	@echo "Installing uv $(UV_VERSION) ..."
	@test -n "$(PYTHON)" && $(PYTHON) -c '$(FITS)' \
		|| { echo "Python 3.11, 3.12 or 3.13 is needed; name it with: make PYTHON=/path/to/python3.11 ..."; exit 1; }
	@$(PYTHON) -m venv .uv
	@.uv/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

# what developers have besides stays where it is
.venv/installed: pyproject.toml uv.lock | $(UV)
	@echo "Installing the packages of uv.lock into .venv ..."
	@$(UV) sync --frozen --no-default-groups --inexact --no-progress --quiet --python $(PYTHON)
	@touch $@

.venv/developed: .venv/installed
	@echo "Installing what developers need besides, as much again, into .venv ..."
	@$(UV) sync --frozen --no-progress --quiet --python $(PYTHON)
	@touch $@

# Superset's pins and ours do not go together: it has an environment of its own
.venv-superset/installed: pyproject.toml uv.lock | $(UV)
	@echo "Installing Superset into .venv-superset ..."
	@UV_PROJECT_ENVIRONMENT=.venv-superset $(UV) sync --frozen --only-group superset --no-progress --quiet --python $(SUPERSET_PYTHON)
	@touch $@

# what the door is measured against does not belong into the warehouse's environment
.venv-bench/installed: pyproject.toml uv.lock | $(UV)
	@echo "Installing what the bench measures with into .venv-bench ..."
	@UV_PROJECT_ENVIRONMENT=.venv-bench $(UV) sync --frozen --no-default-groups --group bench --no-progress --quiet --python $(PYTHON)
	@touch $@

.PHONY: install
install: .venv/installed .venv-superset/installed ## Install by the lock file what the warehouse and its dashboards need

.PHONY: develop
develop: install .venv/developed ## Install what tests, linters and types need, too

.PHONY: demo demonstration scorecard dashboards
demo: scorecard dashboards ## Make the demonstration municipality, run the night, show the scorecard, prepare the dashboards

demonstration: install
	@$(RUN) bolig superset prepare --check
	@$(RUN) bolig demo --history

# what waits for the first night waits beside what Superset makes of its own
scorecard: demonstration
	@$(RUN) bolig nightly
	@$(RUN) bolig scorecard

dashboards: demonstration
	@$(RUN) bolig superset prepare

.PHONY: up
up: install ## Start the database, Dagster and the dashboards; Ctrl-C stops them
	@$(RUN) bolig up

.PHONY: browser
browser:
	@command -v chromium-headless-shell >/dev/null || { echo "Installing Chromium's headless shell ..."; \
		$(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq chromium-headless-shell; } \
		|| command -v chromium >/dev/null || $(SUDO) apt-get install -y -qq chromium
	@test -e /usr/lib/apache2/modules/mod_auth_openidc.so || { echo "Installing mod_auth_openidc ..."; \
		$(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq apache2-bin libapache2-mod-auth-openidc \
		|| echo "It is not to be had here: the tests of the door before Dagster's pages are left out."; }

.PHONY: lint types texts secrets
lint: types texts secrets ## Format, imports, types, SQL, image, contracts, and secrets that slipped in

# the type checker takes as long as the linters: they run beside it
types: develop
	$(RUN) mypy

texts: develop
	$(RUN) ruff format --check .
	$(RUN) ruff check .
	$(RUN) sqruff lint dbt/models
	$(RUN) sqruff lint --config dagster_project/.sqruff --ignore-local-config dagster_project/*/sql dagster_project/warehouse/migrations
	$(RUN) hadolint containers/Dockerfile
	for contract in expectations/contracts/*.odcs.yaml; do $(RUN) datacontract lint "$$contract" >/dev/null \
		|| { $(RUN) datacontract lint --all-errors "$$contract"; exit 1; }; done

secrets: develop
	$(RUN) detect-secrets-hook --exclude-files '^(uv\.lock|superset_assets/server/nb\.json|.*\.(png|ttf))$$' $$(git ls-files)

# SQL that is not committed yet: all of it takes longer than everything else here
CHANGED = { git diff --name-only --diff-filter=d HEAD -- $(1); git ls-files --others --exclude-standard -- $(1); }

.PHONY: check check-texts
check: types check-texts ## What can be said of a change within a minute: style, types, and the short tests
	$(RUN) pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder -m 'not slow and not thorough' tests/unit tests/structure

check-texts: develop
	$(RUN) ruff format --check --quiet .
	$(RUN) ruff check --quiet .
	$(call CHANGED,'dbt/models/*.sql') | xargs -r $(RUN) sqruff lint
	$(call CHANGED,'dagster_project/*/sql/*.sql' 'dagster_project/warehouse/migrations/*.sql') | xargs -r $(RUN) \
		sqruff lint --config dagster_project/.sqruff --ignore-local-config

.PHONY: pages
pages: develop ## Write the tables of docs/definitions.md and docs/contracts.md anew
	@$(RUN) python -m docs.tables

# one more than processors: each waits a good part of its time, for pages, servers and disks
.PHONY: test
test: lint browser ## Lint and run all tests
	$(RUN) pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder

.PHONY: attack
attack: develop browser ## Attack a real installation with its dashboards, as docs/security.md says (some minutes)
	$(RUN) pytest -m attack --hypothesis-profile=attack --verbose --durations=0

.PHONY: engine
engine: develop browser ## Build the containers, and try them with this machine's Docker engine (some 10 minutes)
	BOLIG_TEST_ENGINE=1 $(RUN) pytest --override-ini addopts= --verbose tests/containers/test_engine.py

.PHONY: bench
bench: .venv-bench/installed ## Measure how fast it is; BENCH="door --runs 3" names parts and options
	@.venv-bench/bin/python -m bench $(BENCH)

.PHONY: audit
audit: install ## Ask api.osv.dev for known vulnerabilities of the locked packages
	$(UV) audit --frozen

.PHONY: clean
clean: ## Stop the embedded server and remove the demonstration's home and the environments
	-@test ! -x $(UV) || $(RUN) bolig db stop
	rm -rf .bolig .venv .venv-bench .venv-superset .uv
