# Two commands: `make run` and `make test`. Everything else is for people who work on govportal.
PYTHON ?= python3
PORT ?= 6543
HOST ?= 127.0.0.1
VAR ?= var
PROCESSES ?= 1
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTHONWARNINGS := ignore

.PHONY: run dev test lint soak bench pictures clean

.venv/installed: setup.cfg etc/constraints.txt
	$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v < (3, 14) else "需要 Python 3.11、3.12 或 3.13，现在是 %d.%d" % v)'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q -c etc/constraints.txt -e .
	touch $@

.venv/tested: .venv/installed
	$(BIN)/python -m pip install -q -c etc/constraints.txt -e '.[test]'
	touch $@

run: .venv/installed
	$(BIN)/govportal --var $(VAR) serve --host $(HOST) --port $(PORT) --processes $(PROCESSES)

dev: .venv/tested
	GOVPORTAL_PAGE_CACHE_MB=0 GOVPORTAL_LOG_FORMAT=text $(BIN)/hupper -m govportal --var $(VAR) serve --host $(HOST) --port $(PORT) --reload

lint: .venv/tested
	$(BIN)/ruff check src tests
	$(BIN)/mypy -p govportal

test: .venv/tested lint
	$(BIN)/pytest -q -n 2 --dist loadfile

soak: .venv/tested
	$(BIN)/python -m tests.soak

bench: .venv/tested
	$(BIN)/python -m pip install -q -c etc/constraints.txt -e '.[bench]'
	$(BIN)/python -m tests.bench

pictures: .venv/tested
	$(BIN)/python -m tests.tools.manual_pictures

clean:
	rm -rf .venv build dist *.egg-info src/*.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
