# Every target does its own set-up: Python 3.11 or later and make are all it needs.
# PYTHON=/usr/bin/python3.13 make test   uses another interpreter.

PYTHON ?= python3
UV_VERSION := 0.13.9
UV := .tools/bin/uv
BIN := .venv/bin
READY := .venv/.ready
MEMBERS := analyser distributor loadtest operator
WORKERS ?= $(shell nproc 2>/dev/null || echo 2)
export UV_PYTHON_DOWNLOADS := never
export UV_LINK_MODE := copy

.DEFAULT_GOAL := help
.PHONY: help demo load test check format bench simulate manifests cluster cluster-down images clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: $(READY) ## run everything on this machine, on real log files
	@$(BIN)/python -m logdist_loadtest.demo

load: $(READY) ## load it by locust, here or at HOST=URL; LOAD="--scenario failover --users 50"
	@$(BIN)/python -m logdist_loadtest.load $(if $(HOST),--host $(HOST)) $(LOAD)

test: check ## run every check and test this machine can run
	$(BIN)/pytest -n $(WORKERS) --dist loadfile

check: $(READY) ## formatting, lint, types and layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY) ## format and mend what a machine can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY) ## measure beside nginx, HAProxy and Envoy; writes docs/performance.md
	$(BIN)/python -m logdist_loadtest.bench --cluster "$(BIN)/python tests/cluster/lab" $(BENCH)

simulate: $(READY) ## live through many more simulated turmoils: SEEDS=20000, or one: SEED=123
	SEEDS=$${SEEDS:-20000} $(BIN)/pytest -n $(WORKERS) tests/simulation

manifests: $(READY) ## write manifests/ and the charts' tables anew, from the charts (builds helm the first time, needs Go)
	$(BIN)/python charts/render.py "$$(PYTHONPATH=tests/cluster:charts $(BIN)/python tests/chart/chart_helm.py)"

cluster: $(READY) ## a Kubernetes with everything installed, and what to open; builds all of it the first time (Docker, or root and Go)
	@$(BIN)/python tests/cluster/lab up
	@$(BIN)/python tests/cluster/lab images
	@$(BIN)/python tests/cluster/lab install

images: $(READY) ## build an image of each part, without Docker where there is none (then as root, on Debian)
	@$(BIN)/python tests/cluster/lab images

cluster-down: $(READY) ## stop it
	@$(BIN)/python tests/cluster/lab down

clean: ## remove everything that was built or installed here
	rm -rf .venv .tools .cache .demo .load .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or later is needed: PYTHON=/path/to/python3 make ..." >&2; exit 1; }
	@$(PYTHON) -m venv .tools \
		|| { echo "python3 -m venv failed: on Debian and Ubuntu, install python3-venv" >&2; exit 1; }
	.tools/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(READY): $(UV) uv.lock pyproject.toml $(MEMBERS:%=%/pyproject.toml)
	$(UV) sync --locked --quiet --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')"
	@touch $@
