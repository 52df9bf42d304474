# Everything from one command each, on a machine with Python 3, g++ and make:
#
#   make demo    train on handwritten digits, print how well and how fast, write demo.png
#   make test    the whole test suite
#   make bench   the side-by-side benchmarks
#
# All three work in a virtual environment of their own, .venv, and build the extension anew only when its
# sources changed. PYTHON=python3.12 chooses another interpreter, ARGS="-k softmax" goes to pytest.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
CLANG_SOURCES := $(shell find csrc -name '*.cpp' -o -name '*.h')

# What the extension is made of. Python files are used where they stand (an editable install).
SOURCES := pyproject.toml CMakeLists.txt $(shell find csrc -type f) $(shell find fastnn -name '*.pyx')

demo: $(VENV)/.demo
	$(BIN)/python examples/digits.py

test: $(VENV)/.test
	$(BIN)/python -m pytest $(ARGS)

bench: $(VENV)/.bench
	$(BIN)/python -m benches $(ARGS)

lint: $(VENV)/.lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/clang-format --dry-run -Werror $(CLANG_SOURCES)

# $(VENV)/.demo and so on: the environment holds fastnn, built from these sources, with the extra of that name.
$(VENV)/.demo $(VENV)/.test $(VENV)/.bench $(VENV)/.lint: $(VENV)/.%: $(SOURCES) | $(VENV)/.made
	@echo "Building fastnn; the first time takes a few minutes"
	$(BIN)/python -m pip install --quiet --editable '.[$*]'
	@touch $@

$(VENV)/.made:
	@tools/preflight $(PYTHON)
	$(PYTHON) -m venv --clear $(VENV)
	@touch $@

# An incremental build into the source tree, with the tools of the active environment (CONTRIBUTING.md).
dev:
	cmake -G Ninja -S . -B build/dev -DFASTNN_WERROR=ON \
	  -DPython_EXECUTABLE="$$(command -v python)" -Dpybind11_DIR="$$(python -m pybind11 --cmakedir)"
	cmake --build build/dev
	cmake --install build/dev --prefix .

# The kernel tests under AddressSanitizer and UndefinedBehaviorSanitizer.
sanitize: $(VENV)/.test
	tools/sanitize $(VENV)

format:
	$(BIN)/ruff check --fix . && $(BIN)/ruff format . && $(BIN)/clang-format -i $(CLANG_SOURCES)

clean:
	rm -rf build dist wheelhouse $(VENV) demo.png

.PHONY: demo test bench lint dev sanitize format clean
