# Everything that is installed goes to .venv in this folder; `make` alone lists the targets.

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check --no-input
UV := VIRTUAL_ENV="$(CURDIR)/$(VENV)" $(BIN)/uv
LOCKED := --require-hashes --no-deps --requirement requirements.lock

# One process more than CI's two processors have room for: some tests wait for servers most of the time.
IN_PARALLEL := -q -n 3 --dist worksteal

# The first of these that is a Python the platform runs on; `make setup PYTHON=…` takes another.
PYTHONS := python3 python3.13 python3.12 python3.11
IS_SUITABLE := import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))
PYTHON ?= $(firstword $(foreach python,$(PYTHONS),$(shell $(python) -c '$(IS_SUITABLE)' 2>/dev/null && echo $(python))))

.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# $(READY) holds the folder it was made in. The scripts of a virtual environment name that folder, so a
# checkout that was moved is set up anew.
ifneq ($(shell cat $(READY) 2>/dev/null),$(CURDIR))
.PHONY: $(READY)
endif

.PHONY: help
help: ## List these targets
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(READY) ## Install the platform and its locked dependencies into .venv
	@echo "Ready: $(BIN)/growthleads --help"

# $(READY) says `unfinished` while it works: what an interrupted set-up left is not to be trusted, nor is what
# was made for another folder, so these are made anew. An environment made by other means is kept and used.
# uv installs in seconds what takes pip minutes. It compiles what it installs, as pip does: where Python itself is kept
# from that (PYTHONDONTWRITEBYTECODE), every process would do it anew, which nearly doubled what imports take. Only pip
# reads the configuration of pip, so that whoever has an index of their own in it is served by pip, and so is who is
# without luck with uv. Our own package is compiled too, and the dbt project parsed, both as in the image, so that new
# homes begin without that; after the project has changed, each home parses it.
$(READY): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { \
		echo "The platform needs Python 3.11, 3.12 or 3.13, and none of $(PYTHONS) is one." \
		"Install one, or name it: make setup PYTHON=/path/to/python3.12" >&2; exit 1; }
	@$(PYTHON) -c '$(IS_SUITABLE)' || { echo "$(PYTHON) is no Python 3.11, 3.12 or 3.13." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) cannot make virtual environments: install its venv package" \
		"(Debian, Ubuntu: apt-get install python3-venv) and try again." >&2; exit 1; }
	@if test "$$(cat $(READY) 2>/dev/null || echo "$(CURDIR)")" != "$(CURDIR)" || ! $(PIP) --version >/dev/null 2>&1; \
	then \
		echo "Making $(VENV) with $$($(PYTHON) --version)"; \
		$(PYTHON) -m venv --clear $(VENV); \
	fi
	@echo unfinished > $(READY)
	@echo "Installing the locked dependencies (up to a minute or two, only when they changed)"
	@sed -n '/^uv==/,/[^\\]$$/p' requirements.lock > $(VENV)/uv.txt
	@$(PIP) install --require-hashes --no-deps --requirement $(VENV)/uv.txt
	@if $(PIP) config list | grep -q '[.]index-url=' || ! $(UV) pip install --quiet --compile-bytecode $(LOCKED); then \
		echo "Installing them with pip, which takes longer"; $(PIP) install $(LOCKED); \
	fi
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q growthleads_assets
	@$(BIN)/python -m growthleads_assets.commands.parse growthleads >/dev/null || \
		echo "Each home will parse the dbt project by itself." >&2
	@echo "$(CURDIR)" > $(READY)

# Only what is empty is filled in, so that a second call changes nothing. Passwords are 48 hexadecimal digits; root's
# files are no user's of a container, so its zones get an owner.
.PHONY: env
env: ## Write .env for docker compose: new passwords, and your user as the owner of the zones
	@umask 077; test -e .env || cp .env.example .env; chmod 600 .env
	@for name in $$(sed -n 's/^\([A-Z]*_PASSWORD\)=$$/\1/p' .env); do \
		sed -i "s/^$$name=$$/&$$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')/" .env; done
	@user=$$(id -u); if test "$$user" = 0; then user=10001; chown "$$user" landing_zone archive_zone; fi; \
		sed -i "s/^PLATFORM_UID=$$/&$$user/" .env
	@echo "Ready: .env has passwords and the user $$(sed -n 's/^PLATFORM_UID=//p' .env). Next: docker compose up -d --build --wait"

.PHONY: demo
demo: $(READY) ## Land the sample data, run the pipeline and show the six marts
	@$(BIN)/growthleads demo

.PHONY: dev
dev: $(READY) ## Open the Dagster UI on your own data
	@$(BIN)/growthleads dev

.PHONY: test
test: $(READY) ## Check style and types, then run every test (ARGS="-k deals" picks some)
	@$(MAKE) -j2 lint types
	@$(BIN)/pytest $(IN_PARALLEL) $(ARGS)

.PHONY: test-deep
test-deep: $(READY) ## Run every test with many more random examples
	@$(BIN)/pytest $(IN_PARALLEL) --hypothesis-profile=deep $(ARGS)

.PHONY: mutants
mutants: $(READY) ## Change one formula after another and see that a test notices each (some minutes)
	@$(BIN)/python -m tests.mutations

.PHONY: coverage
coverage: $(READY) ## Run every test and list what no test reaches; fails below the floor in pyproject.toml
	@$(BIN)/coverage erase
	@$(BIN)/coverage run -m pytest $(IN_PARALLEL) $(ARGS)
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report

.PHONY: fuzz
MINUTES := 10
fuzz: $(READY) ## Land damaged files of every source for MINUTES=10, and show what goes wrong
	@$(BIN)/python -m tests.landing.fuzzing --minutes $(MINUTES)

.PHONY: bench
bench: $(READY) ## Measure speed and memory (ONLY=load,startup picks some, SCALE=0.1 makes all smaller)
	@$(BIN)/python -m benchmarks $(if $(ONLY),--only $(ONLY)) $(if $(SCALE),--scale $(SCALE))

.PHONY: lint
lint: $(READY) secrets ## Check the style of Python, SQL, the image and the workflows, and look for secrets
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/sqlfluff lint dbt_project
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.compose-spec docker-compose.yml
	@$(BIN)/hadolint Dockerfile
	@$(BIN)/zizmor --offline --quiet --no-progress --persona pedantic .github/workflows

# Made-up passwords are what tests are full of; a key or a token that is one by its form is found in them too.
.PHONY: secrets
SCAN := xargs -0 -r $(BIN)/detect-secrets-hook --no-verify
secrets: $(READY) ## Look for passwords, keys and tokens in what git has
	@git ls-files -z -- ':!tests' ':!requirements*.lock' ':!*.png' | $(SCAN) --exclude-secrets '^password$$'
	@git ls-files -z -- tests | $(SCAN) $(patsubst %,--disable-plugin %,\
		BasicAuthDetector KeywordDetector Base64HighEntropyString HexHighEntropyString)

.PHONY: audit
audit: $(READY) ## Ask PyPI for known holes in the locked dependencies (needs the network)
	@$(BIN)/pip-audit --strict --require-hashes --disable-pip --progress-spinner off --requirement requirements.lock

.PHONY: types
types: $(READY) ## Check the types
	@$(BIN)/mypy

.PHONY: check-defs
check-defs: $(READY) ## Load Dagster's definitions as the UI does
	@VIRTUAL_ENV="$(CURDIR)/$(VENV)" $(BIN)/growthleads exec -- dg check defs

.PHONY: format
format: $(READY) ## Mend what can be mended of the style of Python and SQL
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format
	@$(BIN)/sqlfluff fix dbt_project

.PHONY: docs
docs: $(READY) ## Write the documentation of the models, their columns and their lineage, as one page
	@$(BIN)/python -m growthleads_assets.commands.docs

.PHONY: hooks
hooks: $(READY) ## Check style and types at every commit
	@$(BIN)/pre-commit install

.PHONY: lock
lock: $(READY) ## Write both locks from pyproject.toml (ARGS=--upgrade takes newer releases)
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-strip-extras \
		--python-version 3.11 pyproject.toml --group dev -o requirements.lock $(ARGS)
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-strip-extras --no-annotate \
		--python-version 3.11 pyproject.toml --group build --constraints requirements.lock -o requirements-image.lock

.PHONY: clean
clean: ## Remove .venv and everything that tools left; landed files and databases stay
	@rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage* build dist dbt_project/target dbt_project/logs dbt_project/shipped
	@find benchmarks growthleads_assets tests -name __pycache__ -type d -prune -exec rm -rf {} +
