# Everything from one command each, on a machine with Python 3, g++ and make:
#
#   make demo    train two networks on handwritten digits, print how well and how fast, write demo.png
#   make test    the whole test suite
#   make torch   its comparisons with PyTorch, which is installed for them
#   make bench   the side-by-side benchmarks
#
# All of them work in a virtual environment of their own, .venv, and build the extension anew only when its
# sources changed. PYTHON=python3.12 chooses another interpreter, ARGS="-k softmax" goes to pytest.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
CLANG_SOURCES := $(shell find csrc -name '*.cpp' -o -name '*.h')

# What the extension is made of. Python files are used where they stand (an editable install).
SOURCES := pyproject.toml CMakeLists.txt tools/write_stub.py $(shell find csrc -type f) $(shell find fastnn -name '*.pyx')

demo: $(VENV)/.demo
	$(BIN)/python examples/digits.py

test: $(VENV)/.test
	$(BIN)/python -m pytest $(ARGS)

# The tests that need PyTorch have its name in theirs; `make test` skips them where it is not installed.
torch: $(VENV)/.torch
	$(BIN)/python -m pytest -k torch $(ARGS)

bench: $(VENV)/.bench
	$(BIN)/python -m benches $(ARGS)

lint: $(VENV)/.lint fastnn/_core/__init__.pyi
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m mypy.stubtest --allowlist tools/stubtest.txt fastnn._core
	$(BIN)/clang-format --dry-run -Werror $(CLANG_SOURCES)

# The stubs that the build wrote, where mypy looks for them.
fastnn/_core/__init__.pyi: $(VENV)/.test
	mkdir -p $(@D) && cp build/wheel/stubs/_core/*.pyi $(@D)

# $(VENV)/.demo and so on: the environment holds fastnn, built from these sources, with the extra of that name.
$(VENV)/.demo $(VENV)/.test $(VENV)/.bench: $(VENV)/.%: $(SOURCES) | $(VENV)/.made
	@echo "Building fastnn; the first time takes about 3 minutes on two cores"
	$(BIN)/python -m pip install --quiet --quiet $(PIP_FLAGS) --editable '.[$*]'
	@touch $@

# One release: its results are what the tests were written against.
$(VENV)/.torch: $(VENV)/.test
	$(BIN)/python -m pip install --quiet --quiet torch==2.13.0
	@touch $@

$(VENV)/.lint: tools/lint.txt | $(VENV)/.made
	$(BIN)/python -m pip install --quiet --quiet --requirement tools/lint.txt 'numpy>=2.2'
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

# The kernel tests under AddressSanitizer and UndefinedBehaviorSanitizer, in an environment of their own.
# libstdc++ is loaded beside the sanitizer so that it sees exceptions being thrown.
SANITIZED := build/sanitize
sanitize:
	$(MAKE) VENV=$(SANITIZED)/venv $(SANITIZED)/venv/.test PIP_FLAGS="--config-settings=build-dir=$(SANITIZED)/cmake \
	  --config-settings=cmake.define.FASTNN_SANITIZE=address,undefined --config-settings=install.strip=false"
	LD_PRELOAD="$$(g++ -print-file-name=libasan.so) $$(g++ -print-file-name=libstdc++.so)" \
	  ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 UBSAN_OPTIONS=print_stacktrace=1 PYTHONMALLOC=malloc \
	  $(SANITIZED)/venv/bin/python -m pytest --capture=sys -p no:cacheprovider $(or $(ARGS),tests/ops tests/optim tests/bind)

format:
	$(BIN)/ruff check --fix . && $(BIN)/ruff format . && $(BIN)/clang-format -i $(CLANG_SOURCES)

clean:
	rm -rf build dist wheelhouse $(VENV) demo.png

.PHONY: demo test torch bench lint dev sanitize format clean
