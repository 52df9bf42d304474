"""Allowed dependencies: a table of Python imports, and one of C++ includes."""

import ast
import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.any_threading

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sorted((ROOT / "fastnn").rglob("*.py"))
CPP = sorted(p for p in (ROOT / "csrc").rglob("*") if p.suffix in (".h", ".cpp"))

# Module or package -> its allowed imports of fastnn besides its own package; longest name wins.
BASE = {"tensor", "autograd", "callers", "devices", "dtypes", "formats", "random"}
LAYERS = BASE | {"ops", "nn", "data", "optim", "config", "testing"}
IMPORTS = {
    "callers": set(),
    "devices": set(),
    "dtypes": set(),
    "formats": set(),
    "autograd.changes": set(),
    "autograd.contract": set(),
    "autograd.hooks": set(),
    "autograd.graph": set(),
    "autograd.tape": {
        "_core",
        "autograd.changes",
        "autograd.contract",
        "autograd.graph",
        "autograd.hooks",
    },
    "autograd.grad_mode": {"autograd.tape", "autograd._block"},
    "tensor": {
        "_core",
        "autograd.changes",
        "autograd.contract",
        "autograd.tape",
        "autograd.hooks",
        "callers",
        "devices",
        "dtypes",
    },
    "autograd": {"_core", "autograd", "callers", "names", "tensor"},
    "func": BASE | {"autograd", "names", "nn", "ops"},
    "serialization": {
        *("devices", "dtypes", "models", "nn", "random", "serialization", "tensor"),
    },
    "special": {"names", "ops", "tensor"},
    "unbuilt": set(),
    "names": set(),
    "config": {"_core", "callers"},
    "profile": {"_core", "config"},
    "random": {"_core", "devices"},
    "kernels": {"_core"},
    "ask": BASE,
    "typed": BASE,
    "settings": BASE,
    "accelerator": {"names"},
    "amp": {"names"},
    "backends": {"backends", "names"},
    "compat": {"compat", "names"},
    "cuda": {"amp", "cuda", "names"},
    "distributed": {"names"},
    "distributions": BASE | {"distributions", "names", "ops", "special"},
    "metrics": {"dtypes", "metrics", "names", "ops", "tensor"},
    "fx": {"names"},
    "hub": {"names"},
    "jit": {"names", "nn"},
    "onnx": BASE | {"names", "nn", "ops", "onnx", "serialization", "version"},
    "train": LAYERS | {"metrics", "names", "serialization", "train"},
    "utils": {"data", "names", "utils"},
    "version": {"config", "names"},
    "testing": BASE,
    "ops": BASE | {"ops", "_core", "config"},
    "linalg": {"ops"},
    "nn": BASE | {"nn", "ops"},
    "data": BASE | {"data", "names", "ops"},
    "optim": BASE | {"optim", "ops", "_core"},
    "optim.swa_utils": BASE | {"optim", "nn", "ops", "_core"},
    "text": LAYERS | {"text"},
    "models": LAYERS | {"models", "text"},
    "cli": LAYERS | {"cli", "models", "text", "profile"},
}
TOP = {"", "__main__", "smoke"}  # these may import anything


def names_of(path):
    """``autograd.tape`` for fastnn/autograd/tape.py, ``ops`` for fastnn/ops/__init__.py."""
    parts = path.relative_to(ROOT / "fastnn").with_suffix("").parts
    return parts[:-1] if parts[-1] == "__init__" else parts


def imports_of(path):
    """Modules of fastnn that a file imports, except for type checkers."""
    tree = ast.parse(path.read_text())
    typing = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for branch in node.body
        for inner in ast.walk(branch)
    }
    package = path.relative_to(ROOT / "fastnn").parent.parts
    for node in ast.walk(tree):
        if id(node) in typing:
            continue
        if isinstance(node, ast.ImportFrom):
            if node.level:
                base = package[: len(package) - node.level + 1]
                target = [*base, *(node.module or "").split(".")]
            elif (node.module or "").split(".")[0] == "fastnn":
                target = node.module.split(".")[1:]
            else:
                continue
            target = [part for part in target if part]
            for alias in node.names:
                yield ".".join([*target, alias.name] if not target or not node.module else target)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "fastnn":
                    yield ".".join(alias.name.split(".")[1:])


def longest(name, table):
    """The longest entry of a table that is a prefix of a dotted name."""
    parts = name.split(".")
    for size in range(len(parts), 0, -1):
        if ".".join(parts[:size]) in table:
            return ".".join(parts[:size])
    return None


@pytest.mark.parametrize("path", PYTHON, ids=lambda p: str(p.relative_to(ROOT)))
def test_python_imports(path):
    name = ".".join(names_of(path))
    if name in TOP:
        return
    entry = longest(name, IMPORTS)
    assert entry is not None, f"{name} is not in the table of tests/test_layout.py"
    own = name.split(".")[0] if entry.split(".")[0] == entry else None
    for target in imports_of(path):
        if target.startswith("__") or (own is not None and target.split(".")[0] == own):
            continue
        assert longest(target, IMPORTS[entry]), f"{name} must not import {target}"


# -- C++ -------------------------------------------------------------------------------------

C_HEADER = r"<[a-z_/0-9]+\.h>"
# Headers of the standard library with only types and constants, without code.
PLAIN = r"<(cstdint|cstddef|climits|cfloat|cstring|cmath|limits|bit|type_traits)>"
STANDARD = r"<(?!.*intrin|pybind|omp|arm_neon|cpuid)[a-z_/0-9]+(\.h)?>"
MACHINE = r"<(immintrin|cpuid)\.h>"
RULES = {
    "simd": [C_HEADER, PLAIN, r'"core/(activation|integer)\.h"', r'"simd/.*"', r'"[a-z0-9_]+\.h"'],
    "core": [STANDARD, MACHINE, r'"core/.*"'],
    "kernel": [
        C_HEADER,
        PLAIN,
        r'"core/(activation|dtype|epilogue|integer|isa)\.h"',
        r'"simd/.*"',
        r'"ops/FAMILY/.*"',
        r'"[a-z0-9_]+\.h"',
    ],
    "driver": [STANDARD, r'"core/.*"', r'"ops/FAMILY/.*"'],
    "bind": [STANDARD, r"<pybind11/.*>", r'"(bind|core)/.*"', r'"ops/FAMILY/.*"'],
}
# Headers of other families that drivers and bindings of a family may include: interfaces only.
# Families built on matrix products use gemm, and families that fuse an activation use
# activation. "" is csrc/bind itself.
ACTIVATION = r'"ops/activation/activation\.h"'
CONTRACTS = {
    "attention": [r'"ops/gemm/(gemm|operand)\.h"'],
    "conv": [r'"ops/gemm/(gemm|blocks|operand)\.h"', ACTIVATION],
    "ctc": [r'"ops/loss/loss\.h"'],
    "gemm": [ACTIVATION],
    "linear": [r'"ops/gemm/(gemm|operand)\.h"', ACTIVATION],
    "linear_cross_entropy": [r'"ops/gemm/gemm\.h"', r'"ops/loss/(cross_entropy|loss|nll)\.h"'],
    "norm": [ACTIVATION],
    "rnn": [r'"ops/gemm/(gemm|blocks|operand)\.h"'],
    "": [r'"ops/copy/copy\.h"', ACTIVATION],
}


def role_of(path):
    """The role of a file, which selects its rule, and its family."""
    parts = path.relative_to(ROOT / "csrc").parts
    if parts[0] != "ops":
        return parts[0], ""
    if path.name.startswith("bind"):
        return "bind", parts[1]
    return "kernel" if path.name.endswith("_kernel.cpp") else "driver", parts[1]


def includes_of(path, role, seen):
    """The includes of a file, and those of its own family's headers."""
    for found in re.finditer(r"^\s*#\s*include\s+(\S+)", path.read_text(), re.M):
        yield found[1]
        name = found[1].strip('"')
        own = name.startswith("ops/") and ROOT / "csrc" / name
        same_family = own and own.relative_to(ROOT).parts[:3] == path.relative_to(ROOT).parts[:3]
        header = own if same_family else path.parent / name.rpartition("/")[2]
        # A kernel includes its driver's header, whose includes follow the driver's rule.
        contract = role == "kernel" and header.with_suffix(".cpp").exists()
        if found[1].startswith('"') and header.exists() and header not in seen and not contract:
            seen.add(header)
            yield from includes_of(header, role, seen)


OPENMP = {"openmp.cpp", "thread_count.cpp"}
SOURCES = [p for p in CPP if p.suffix == ".cpp" or "ops" not in p.relative_to(ROOT).parts]


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_includes(path):
    role, family = role_of(path)
    rules = [rule.replace("FAMILY", family) for rule in RULES[role]]
    if role in ("driver", "bind"):
        rules += CONTRACTS.get(family, [])
    for name in includes_of(path, role, set()):
        if name == "<omp.h>":
            assert path.name in OPENMP, "OpenMP is a provider of threads, and has their limit"
            continue
        assert any(re.fullmatch(rule, name) for rule in rules), f"{role} includes {name}"


@pytest.mark.parametrize("path", CPP, ids=lambda p: str(p.relative_to(ROOT)))
def test_kernels_are_plain(path):
    text = path.read_text()
    if path.name != "openmp.cpp":
        assert "#pragma omp" not in text, "threads belong to core/parallel.h"
    if role_of(path)[0] == "kernel" and path.suffix == ".cpp":
        for word in (r"\bthrow\b", r"\btry\b", r"\bnew\b", r"std::(vector|string|map|function)"):
            code = re.sub(r"//.*", "", text)
            assert not re.search(word, code), f"{word} in a kernel"


def test_no_catch_all_names():
    for path in (ROOT / "fastnn", ROOT / "csrc", ROOT / "tests"):
        names = {
            p.stem
            for p in path.rglob("*")
            # PyTorch's public names; the packages only re-export.
            if "__pycache__" not in p.parts
            and p not in (ROOT / "fastnn/nn/utils", ROOT / "fastnn/utils")
        }
        assert not names & {"utils", "util", "misc", "old", "helpers", "common"}


def test_tests_that_need_pytorch_have_its_name():
    """`make torch` finds them by it."""
    unnamed = []
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        tree = ast.parse(path.read_text())
        for scope in [tree, *[n for n in tree.body if isinstance(n, ast.FunctionDef)]]:
            own = (
                scope.body
                if scope is not tree
                else [n for n in tree.body if not hasattr(n, "body")]
            )
            needs = any("importorskip('torch'" in ast.unparse(node) for node in own)
            name = path.stem if scope is tree else scope.name
            if needs and name.startswith("test_") and "torch" not in name:
                unnamed.append(f"{path.relative_to(ROOT)}: {name}")
    assert not unnamed
