"""Threads, instruction set levels and show_config."""

import os
import subprocess
import sys

import numpy as np
import pytest

import fastnn
from fastnn import _core

pytestmark = pytest.mark.usefixtures("restored")

LEVELS = list(_core.config.isa_levels())


def python(code, **environment):
    """Standard output of code in a fresh interpreter."""
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize("level", LEVELS)
def test_isa_level_can_be_set(level):
    fastnn.set_isa(level)
    assert fastnn.isa() == level
    np.testing.assert_array_equal(_core.relu(np.float32([-1, 2])), [0, 2])


def test_isa_block_restores_the_level_after_an_error():
    before = fastnn.isa()
    with pytest.raises(KeyError), fastnn.isa(LEVELS[0]):
        assert fastnn.isa() == LEVELS[0]
        raise KeyError
    assert fastnn.isa() == before
    assert fastnn.show_config("dicts")["isa"]["source"] in ("cpu", "FASTNN_ISA")


@pytest.mark.parametrize("level", LEVELS)
def test_isa_is_forced_by_the_environment(level):
    done = python("import fastnn; fastnn.show_config()", FASTNN_ISA=level)
    assert f"{level}, forced by FASTNN_ISA" in done.stdout


@pytest.mark.parametrize(
    ("level", "message"),
    [
        ("v9", "FASTNN_ISA: the instruction set level must be one of v2, v3, v4, neon, got 'v9'"),
        ("neon" if "v2" in LEVELS else "v2", "this machine offers"),
    ],
)
def test_an_invalid_isa_variable_is_an_import_error(level, message):
    done = python("import fastnn", FASTNN_ISA=level)
    assert done.returncode != 0
    assert message in done.stderr.splitlines()[-1]
    assert "ImportError" in done.stderr


def test_threads_are_set():
    for n in (1, 3, np.int64(2)):
        fastnn.set_num_threads(n)
        assert fastnn.get_num_threads() == n
    assert fastnn.show_config("dicts")["threads"] == {"number": 2, "source": "set_num_threads"}


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: fastnn.set_num_threads(0), ValueError, "n must be at least 1, got 0"),
        (lambda: fastnn.set_num_threads(-1), ValueError, "n must be at least 1, got -1"),
        (
            lambda: fastnn.set_num_threads(-(10**30)),
            ValueError,
            "at least 1, got -1000000000000000",
        ),
        (lambda: fastnn.set_num_threads(10**9), ValueError, "at most 256, got 1000000000"),
        (lambda: fastnn.set_num_threads(10**30), ValueError, "got 1000000000000000000000000000000"),
        (lambda: fastnn.set_num_threads(2.0), TypeError, "n must be an int, got float"),
        (lambda: fastnn.set_num_threads(True), TypeError, "n must be an int, got bool"),
        (lambda: fastnn.set_num_threads(None), TypeError, "n must be an int, got NoneType"),
        (lambda: fastnn.set_threading("tbb"), ValueError, "must be 'pool' or 'openmp', got 'tbb'"),
        (lambda: fastnn.set_threading(None), TypeError, "name must be a str, got NoneType"),
        (lambda: fastnn.set_isa("v9"), ValueError, "must be one of v2, v3, v4, neon, got 'v9'"),
        (lambda: fastnn.set_isa(None), TypeError, "level must be a str, got NoneType"),
        (lambda: fastnn.isa("v9").__enter__(), ValueError, "must be one of v2, v3, v4, neon"),
        (lambda: fastnn.show_config("html"), ValueError, "mode must be 'stdout' or 'dicts'"),
        (lambda: _core.config.set_pool_limit(-1), TypeError, "incompatible"),
        (lambda: _core.config.set_isa(None), TypeError, "incompatible"),
    ],
)
def test_bad_arguments(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_the_environment_sets_threads():
    code = "import fastnn; print(fastnn.show_config('dicts')['threads'])"
    done = python(code, OMP_NUM_THREADS="3")
    assert done.stdout == "{'number': 3, 'source': 'OMP_NUM_THREADS'}\n"


@pytest.mark.parametrize("name", ["pool", "openmp"])
def test_the_environment_sets_the_threading(name):
    code = "import fastnn; print(fastnn.show_config('dicts')['threading'])"
    done = python(code, FASTNN_THREADING=name)
    assert done.stdout == f"{{'provider': '{name}', 'source': 'FASTNN_THREADING'}}\n"


def test_an_invalid_threading_variable_is_an_import_error():
    done = python("import fastnn", FASTNN_THREADING="tbb")
    assert done.returncode != 0
    assert "FASTNN_THREADING: the threading must be 'pool' or 'openmp'" in done.stderr


def test_openmp_thread_limit():
    done = python("import fastnn; print(fastnn.get_num_threads())", OMP_THREAD_LIMIT="1")
    assert done.stdout == "1\n"


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="needs two CPUs")
@pytest.mark.parametrize(("places", "number"), [("{%d}", 1), ("{%d},{%d}", 2)])
def test_bound_threads_count_the_places(places, number):
    """OpenMP binds the first thread to its place, which must not limit the number of threads."""
    cpus = sorted(os.sched_getaffinity(0))[:number]
    code = "import fastnn; print(fastnn.get_num_threads())"
    limits = {"OMP_PROC_BIND": "close", "OMP_PLACES": places % tuple(cpus)}
    done = python(code, **limits)
    assert int(done.stdout) <= number
    if number == 1:
        assert done.stdout == "1\n"
    else:
        free = python(code)
        assert int(done.stdout) == min(number, int(free.stdout))


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="needs two CPUs")
def test_affinity_sets_threads():
    code = (
        "import os; os.sched_setaffinity(0, [min(os.sched_getaffinity(0))]); "
        "import fastnn; print(fastnn.get_num_threads())"
    )
    environment = {k: v for k, v in os.environ.items() if k != "OMP_NUM_THREADS"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == "1\n"


def test_show_config_prints_every_row(capsys):
    assert fastnn.show_config() is None
    text = capsys.readouterr().out
    assert text.startswith(f"fastnn {fastnn.__version__}\n")
    for row in (
        "Python",
        "compiler",
        "CPU",
        "features",
        "ISA built",
        "ISA in use",
        "threads",
        "threading",
        "pool",
    ):
        assert f"\n{row} " in text


def test_show_config_marks_levels_that_this_machine_lacks():
    config = fastnn.show_config("dicts")
    assert config["isa"]["level"] in config["isa"]["available"]
    assert set(config["isa"]["available"]) <= set(config["isa"]["built"])
    config["isa"]["available"] = []
    assert "not on this machine" in fastnn.config._describe(config)


def test_import_is_light():
    """Importing fastnn imports no optional library and no slow module of the standard library."""
    heavy = [
        "scipy",
        "sklearn",
        "matplotlib",
        "tqdm",
        "torch",
        "argparse",
        "unittest",
        "asyncio",
        "multiprocessing",
        "importlib.metadata",
    ]
    code = f"""
import sys, numpy
before = set(sys.modules)
import fastnn
print([name for name in {heavy} if name in sys.modules and name not in before])
"""
    assert python(code).stdout == "[]\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("FASTNN_THREADS", "FASTNN_THREADS is not read; the number of threads is OMP_NUM_THREADS"),
        ("FASTNN_NUM_THREADS", "FASTNN_NUM_THREADS is not read; the number of threads is OMP_NUM"),
        ("FASTNN_THREDING", "FASTNN_THREDING is not read; did you mean FASTNN_THREADING?"),
        ("FASTNN_isa", "FASTNN_isa is not read; did you mean FASTNN_ISA?"),
    ],
)
def test_an_environment_variable_that_nothing_reads(name, text):
    code = """
import warnings
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    import fastnn
print(*[warning.message for warning in caught])
"""
    assert python(code, **{name: "1"}).stdout.startswith(text)
    others = {"FASTNN_ISA": LEVELS[0], "FASTNN_THREADING": "pool", "FASTNN_DATA": "d", "FAST": "1"}
    assert python(code, **others).stdout == "\n"
