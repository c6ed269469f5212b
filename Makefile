# Every target does its own set-up: Python 3.11 or later and make are all it needs.
# PYTHON=/usr/bin/python3.13 make test   uses another interpreter.

PYTHON ?= python3
UV_VERSION := 0.13.9
UV := .tools/bin/uv
BIN := .venv/bin
READY := .venv/.ready
NPM := frontend/with-node npm
NODE_MODULES := frontend/node_modules/.ready
UI := frontend/dist/index.html
UI_SOURCES := $(shell find frontend/src frontend/public -type f ! -name openapi.d.ts) \
	$(addprefix frontend/,index.html openapi.json tsconfig.json vite.config.ts)
MEMBERS := analyser distributor loadtest operator
WORKERS ?= $(shell nproc 2>/dev/null || echo 2)
export UV_PYTHON_DOWNLOADS := never
export UV_LINK_MODE := copy

.DEFAULT_GOAL := help
.PHONY: help demo ui load jmeter drill test check format bench protocols scale simulate simulate-fleet manifests cluster cluster-down images clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: $(READY) ## run everything on this machine, on real log files
	@$(MAKE) --silent ui || echo "The web UI could not be built, as told above: the demo goes on without it." >&2
	@$(BIN)/python -m logdist_loadtest.demo

ui: $(UI) ## build the web UI (Node.js is fetched where it is missing)

load: $(READY) ## load it by locust, here or at HOST=URL; LOAD="--scenario failover --users 50"
	@$(BIN)/python -m logdist_loadtest.load $(if $(HOST),--host $(HOST)) $(LOAD)

jmeter: $(READY) ## load it by JMeter, which Maven fetches; JMETER="-Jscenario=failover -Jusers=10"
	@$(BIN)/python -m logdist_loadtest.jmeter $(JMETER)

drill: $(READY) ## a game day: things go wrong, packets are accounted for; DRILL="--only disk-full", DRILL=--cluster
	@$(BIN)/python -m logdist_loadtest.drill --lab "$(BIN)/python tests/cluster/lab" $(DRILL)

test: check $(UI) ## run every check and test this machine can run
	@frontend/fetch-chromium || echo "No Chromium could be had: the tests of the web UI are skipped." >&2
	$(NPM) run --silent test
	$(BIN)/pytest -n $(WORKERS) --dist loadfile

check: $(READY) $(NODE_MODULES) ## formatting, lint, types and layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(NPM) run --silent check

format: $(READY) $(NODE_MODULES) ## format and mend what a machine can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(NPM) run --silent format

bench: $(READY) ## measure beside nginx, HAProxy and Envoy; writes docs/performance.md
	$(BIN)/python -m logdist_loadtest.protocols
	$(BIN)/python -m logdist_loadtest.bench --cluster "$(BIN)/python tests/cluster/lab" $(BENCH)

protocols: $(READY) ## measure what a message costs in each protocol; writes into docs/performance.md
	$(BIN)/python -m logdist_loadtest.protocols $(PROTOCOLS)

scale: $(READY) ## measure the curves of docs/performance.md; SCALE=--draw only draws them
	$(BIN)/python -m logdist_loadtest.scale $(SCALE)

simulate-fleet: $(READY) ## deal for 1,000 distributors and 1,000 analysers in process; draws docs/scaling.md's pictures
	$(BIN)/python -m logdist_loadtest.plots.scaling

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
	rm -rf frontend/node_modules frontend/dist frontend/src/types/openapi.d.ts
	rm -rf .venv .tools .cache .demo .load .drill .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
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

$(NODE_MODULES): $(UV) frontend/package.json frontend/package-lock.json frontend/.npmrc
	$(NPM) ci --silent
	@touch $@

$(UI): $(NODE_MODULES) $(UI_SOURCES)
	$(NPM) run --silent build
