# Two commands do all the set-up: `make demo` and `make test`.
PYTHON ?= python3
# The CPU build is enough for the demo and the tests. For a GPU: make install TORCH="torch==2.13.0" with your CUDA index.
TORCH  ?= torch==2.13.0
BIN    := .venv/bin
JOBS   ?= 2

.PHONY: install demo test test-full lint docs bench clean

install: .venv/.installed

.venv/.installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "symbol-llm needs Python 3.11 or newer: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt $(TORCH)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[planner,dev]"
	touch $@

demo: install
	$(BIN)/symbol-llm demo --out runs/demo

test: install lint
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile -m "not full"

# Also the fuzz, fault and soak suites.
test-full: install lint
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Reference pages of all packages, a page per file; a warning is an error. pdoc cannot look into the types of named
# tuples, and has to be told of the files of a package whose `__init__.py` names what it exports.
DOCS       ?= build/docs
ONE_BY_ONE := $(filter-out %/__init__.py,$(wildcard symbol_llm/formats/*.py symbol_llm/solvers/*.py eval/backends/*.py))
docs: install
	mkdir -p $(DOCS)
	$(BIN)/python -W "ignore:Error parsing type annotation ForwardRef" -m pdoc --no-show-source -o $(DOCS) \
		symbol_llm collection symbol_evol injection infusion eval recipes $(subst /,.,$(ONE_BY_ONE:.py=)) \
		2> $(DOCS)/warnings.log || { cat $(DOCS)/warnings.log; exit 1; }
	@if [ -s $(DOCS)/warnings.log ]; then cat $(DOCS)/warnings.log; exit 1; fi

# A benchmark that needs what this machine lacks, a GPU say, tells so and ends with code 2.
bench: install
	for script in benchmarks/*.py; do \
		$(BIN)/python -m benchmarks.$$(basename $$script .py) || [ $$? -eq 2 ] || exit 1; done

clean:
	rm -rf .venv runs build *.egg-info
