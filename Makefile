# Everything starts here. `make` alone lists what there is.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN := $(VENV)/.run-installed
DEV := $(VENV)/.dev-installed

# A file's tests stay together: they share servers. Many tests wait for other processes, so two more
# run than there are cores, and no more than six.
PROCESSES := $(shell $(PYTHON) -c 'import os; print(min((os.cpu_count() or 1) + 2, 6))')
ON_ALL_CORES := --numprocesses $(PROCESSES) --dist loadfile --no-loadscope-reorder

# Where this is set, each of the many processes that tests start would compile all modules again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help serve test test-nightly check hooks coverage fmt bench gen docs lock clean

help: ## List the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit("Poolhouse needs Python 3.11 or newer") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)

$(RUN): requirements/build.txt requirements/run.txt pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes \
	  -r requirements/build.txt -r requirements/run.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

INSTALL_DEV = $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes \
  -r requirements/dev.txt

$(DEV): requirements/dev.txt $(RUN)
	$(INSTALL_DEV)
	@touch $@

serve: $(RUN) ## Start Poolhouse for development, with a pool ready to use; ARGS="--port 0" passes flags
	@exec $(BIN)/poolhouse dev $(ARGS)

# Tests of the code in the test process: those of commands start processes, which aren't measured.
COVERED := $(addprefix tests/,rules operations auth services store api audit delivery crypto config \
  http1 oauth server pages dev transfer triggers workers bootstrap)

# Tests that are named by ARGS start and install only what they need themselves.
test: $(DEV) ## Run the tests; ARGS="tests/test_ids.py -k code" runs some of them
ifndef ARGS
	@tests/install.sh
endif
	$(BIN)/python -m pytest $(or $(ARGS),$(ON_ALL_CORES))

test-nightly: $(DEV) ## Run every test on both stores, the slow ones too, fuzzing at full size
	@tests/install.sh
	$(BIN)/python -m pytest --nightly $(or $(ARGS),$(ON_ALL_CORES))

# The slowest first: they run side by side, one on each core.
CHECKS := check-types check-docs check-wire check-imports check-english check-spelling check-lint
.PHONY: $(CHECKS)

check: $(DEV) ## Lint, types, import rule, freshness of what is generated
	@$(MAKE) --no-print-directory --jobs $(shell nproc 2>/dev/null || echo 2) $(CHECKS)

# The benchmark imports `tests.support`, which the first run knows as `support`.
check-types: $(DEV)
	$(BIN)/mypy
	$(BIN)/mypy bench
check-docs: $(DEV)
	$(BIN)/python tools/gen_docs.py --check
check-wire: $(DEV)
	$(BIN)/python tools/gen_wire.py --check
check-imports: $(DEV)
	$(BIN)/lint-imports
check-english: $(DEV)
	$(BIN)/python tools/check_english.py
check-spelling: $(DEV)
	$(BIN)/codespell
check-lint: $(DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

hooks: $(DEV) ## Install the Git hooks that check each commit
	$(BIN)/pre-commit install --hook-type pre-commit --hook-type commit-msg

coverage: $(DEV) ## Show which code the tests reach that run in one process
	@tests/install.sh
	$(BIN)/python -m pytest $(COVERED) $(ON_ALL_CORES) --ignore tests/api/test_costs.py \
	  --cov --cov-report term:skip-covered

fmt: $(DEV) ## Format the code
	$(BIN)/ruff check --fix --quiet . || true
	$(BIN)/ruff format .

bench: $(DEV) ## Measure speed against the floor of this machine
	$(BIN)/python -m bench $(ARGS)

# What carries the API model, and the clients that are released with it.
API_MODEL := botocore boto3 awscli

gen: $(DEV) ## Write wire/ again from the locked API model; UPGRADE=1 locks the newest one first
ifdef UPGRADE
	tools/lock.sh $(API_MODEL)
	$(INSTALL_DEV)
	@touch $(DEV)
endif
	$(BIN)/python tools/gen_wire.py

docs: $(DEV) ## Write the generated pages of docs/ again; EXAMPLES=1 records their examples first
ifdef EXAMPLES
	PYTHONPATH=.:tests $(BIN)/python -m support.documented_calls
endif
	$(BIN)/python tools/gen_docs.py

lock: $(DEV) ## Lock the newest versions of the requirements
	tools/lock.sh

clean: ## Remove what was installed and built
	rm -rf $(VENV) build dist *.egg-info tests/clients/node/node_modules
