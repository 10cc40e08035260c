# Every target works as the first command in a new clone. They need python3 (3.11 or newer) and
# Terraform (1.11 or newer); everything else is installed into .venv and node_modules.

PYTHON ?= python3
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(CURDIR)/node_modules/.bin:$(PATH)
# gate.hcl is read from here, whatever the caller's shell says.
unexport GATE_FILE
# What pytest makes of the tests before it runs them is kept: 2.3 s of processor time per worker
# (measured 2026-11).
unexport PYTHONDONTWRITEBYTECODE
SETUP_LOG := .gate/setup.log

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-quick check bench matrix torture rights docs lock clean

help: ## Say what each target does
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/.complete ## Install everything into .venv and node_modules

demo: setup ## Deploy gate.hcl into an embedded AWS, show it, destroy it
	@$(BIN)/python -m demo

# More than the two cores: most of the time a worker waits for S3's lifecycle rules, 55 s each.
test: setup ## Run all tests
	@$(BIN)/python -m pytest -n 6 --dist loadfile --no-loadscope-reorder

test-quick: setup ## Run the tests that need no Terraform and no synth
	@$(BIN)/python -m pytest -n 2 --dist worksteal -m "not slow" \
	  --hypothesis-profile quick

check: setup ## Lint, type-check, check architecture, policies and gate.hcl, prove it
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --verbose | tail -n 4
	@$(BIN)/python -m development.policies
	@$(BIN)/gate check
	@CDKTF_OUTDIR=.gate/check $(BIN)/python main.py
	@CDKTF_OUTDIR=.gate/check $(BIN)/gate prove > .gate/prove.txt || { cat .gate/prove.txt; exit 1; }
	@tail -n 1 .gate/prove.txt

bench: setup ## Measure speed and memory, beside stock cdktf and cdktn
	@$(BIN)/python -m bench

matrix: setup ## Compare engines and providers, deploy what each makes
	@$(BIN)/python -m development.matrix

torture: setup ## Kill runs of Terraform, fail and deny calls, mend it all; 90 minutes
	@$(BIN)/python -m development.torture

rights: setup ## Record the calls of the AWS provider anew, that gate deployer rests on
	@$(BIN)/python -m development.rights record

docs: setup ## Renew what in docs/ comes from the code, build the site into .gate/site
	@$(BIN)/python -m development.docs

lock: setup ## Renew both requirements.lock, package-lock.json, .terraform.lock.hcl
	@$(BIN)/python -m pip install --quiet --target .gate/uv uv
	@PYTHONPATH=.gate/uv $(BIN)/python -m uv pip compile --quiet --universal --upgrade \
	  --python-version 3.11 --extra dev --generate-hashes --no-header \
	  --output-file requirements.lock pyproject.toml
	@PYTHONPATH=.gate/uv $(BIN)/python -m uv pip compile --quiet --universal \
	  --python-version 3.11 --constraint requirements.lock --generate-hashes --no-header \
	  --output-file athena_gate/requirements.lock pyproject.toml
	@npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved
	@$(BIN)/gate lock

clean: ## Remove everything that can be made again; state files stay
	@rm -rf .venv node_modules .gate cdktf.out .mypy_cache .pytest_cache .ruff_cache \
	  .hypothesis .import_linter_cache dist

# jsii keeps a package's index for every later run, but writes it only in a run of several seconds:
# until then each synth takes 2 s longer and 1.1 GB (measured 2026-11, jsii 1.142).
.venv/.complete: requirements.lock pyproject.toml package-lock.json
	@mkdir -p .gate && echo '*' > .gate/.gitignore
	@command -v $(PYTHON) > /dev/null || { echo "python3 was not found; install Python 3.11 or newer" >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "$(PYTHON) is older than 3.11; name another with make PYTHON=..." >&2; exit 2; }
	@echo "setting up (about two minutes, once; log: $(SETUP_LOG))"
	@echo "  Python packages into .venv"
	@{ test -x $(BIN)/python || $(PYTHON) -m venv .venv; } > $(SETUP_LOG) 2>&1 && \
	  $(BIN)/python -m pip install --disable-pip-version-check --require-hashes \
	    --requirement requirements.lock >> $(SETUP_LOG) 2>&1 && \
	  $(BIN)/python -m pip install --disable-pip-version-check --no-deps --no-build-isolation \
	    --editable . >> $(SETUP_LOG) 2>&1 || { tail -n 20 $(SETUP_LOG) >&2; exit 1; }
	@echo "  the cdktf command line into node_modules"
	@npm ci --ignore-scripts --no-audit --no-fund >> $(SETUP_LOG) 2>&1 || \
	  { tail -n 20 $(SETUP_LOG) >&2; exit 1; }
	@echo "  what synth caches"
	@GATE_FAST_BINDINGS=0 $(BIN)/python -c "from athena_gate.modules.bindings import App; App()" \
	  >> $(SETUP_LOG) 2>&1 || { tail -n 20 $(SETUP_LOG) >&2; exit 1; }
	@touch $@
