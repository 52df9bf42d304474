"""Call everything with good arguments of which some are replaced by hostile objects.

``python -m tests.hostile --calls 1000000`` runs so many calls of kernels, operations, functionals,
methods of tensors and modules in child processes. A hostile object converts itself by code that
changes arrays and lists of the same call, raises, calls fastnn, collects garbage or returns the
wrong type; a hostile array is unaligned, read-only, overlapping, empty, of a subclass, of another
byte order or dtype. Any exception is a good answer except ``SystemError``; so what is reported is a
signal, a hang, which is a call that Ctrl-C does not end, or a ``SystemError``, with the line that
repeats it. ``--only kernels`` limits the calls, ``--seed`` begins another series;
test_robustness.py runs the first few thousand calls.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import gc
import inspect
import os
import pickle
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import fastnn
from fastnn import kernels, nn
from fastnn.nn import functional as F

from .fuzz import GROUPS, MEMORY, NOT_CALLED, NUMBERS, WORDS, arity, odd_array
from .harness.running import arrays_in, cast, listed, tree
from .kernel_calls import copied, is_small, records

BATCH = 5000  # calls of one child
PATIENCE = 30.0  # seconds of one call before it is interrupted
ROOT = Path(__file__).resolve().parent.parent


@dataclass
class Target:
    """Something to call, and samples of its good arguments."""

    name: str
    call: Callable[..., Any]
    samples: list[tuple[tuple[Any, ...], dict[str, Any]]]
    kernel: bool = False


# -- what is called ------------------------------------------------------------------------------


def module_targets() -> list[Target]:
    from .test_device import LAYERS

    inputs = [fastnn.rand(*shape) for shape in [(2, 3), (2, 4), (5, 2, 3), (5, 2, 4), (2, 4, 6)]]
    inputs += [fastnn.rand(*shape) for shape in [(2, 3, 6), (2, 3, 6, 6), (2, 4, 6, 6)]]
    inputs += [fastnn.rand(2, 3, 4, 4, 4), fastnn.rand(2, 4, 4, 4, 4)]
    inputs += [fastnn.tensor([[0, 1, 2], [3, 4, 0]])]
    arguments = dict(LAYERS)
    for name, value in vars(nn).items():
        if inspect.isclass(value) and issubclass(value, nn.Module) and name not in arguments:
            arguments[name] = ()
    targets = []
    for name, given in arguments.items():
        make = getattr(nn, name)
        with contextlib.suppress(Exception):
            module = make(*given)
            samples = []
            for x in inputs:
                for xs in ((x,), (x, x), (x, x, x)):
                    with contextlib.suppress(Exception):
                        module(*xs)
                        samples.append((tuple(t._array for t in xs), {}))
            targets.append(Target(f"nn.{name}()", make, [(given, {})]))
            if samples:
                targets.append(Target(f"nn.{name}", wrapping(module), samples))
    return targets


def wrapping(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function on tensors, given arrays; with the gradient of what it returns."""

    def call(*args: Any, **kwargs: Any) -> Any:
        make = fastnn.Tensor
        args = tree(make, args)
        for t in args:
            if isinstance(t, fastnn.Tensor) and t._array.dtype.kind == "f":
                t.requires_grad = True
        y = function(*args, **tree(make, kwargs))
        for part in listed(y):
            if isinstance(part, fastnn.Tensor) and part.requires_grad:
                part.sum().backward()
                break
        return y

    return call


def all_targets(only: str, samples_of_kernels: Path) -> list[Target]:
    targets: list[Target] = []
    if only in ("all", "kernels"):
        for name, samples in pickle.loads(samples_of_kernels.read_bytes()).items():
            if not NOT_CALLED.match(name):
                kernel = getattr(kernels, name)
                targets.append(Target(f"kernels.{name}", kernel, samples, kernel=True))
    if only in ("all", "ops"):
        for record in records():
            samples = [(s.args, s.kwargs) for s in map(cast32, record.samples[:12])]
            samples = [s for s in samples if is_small(s)]
            if not samples:
                continue
            targets.append(Target(f"ops.{record.name}", wrapping(record.op), samples))
            for where, place in (("F", F), ("Tensor", fastnn.Tensor)):
                if callable(function := getattr(place, record.name, None)):
                    name = f"{where}.{record.name}"
                    targets.append(Target(name, wrapping(function), samples))
        for where, place in (("F", F), ("fastnn", fastnn.ops), ("Tensor", fastnn.Tensor)):
            known = {t.name for t in targets}
            for name, function in inspect.getmembers(place, callable):
                if name.startswith("_") or NOT_CALLED.match(name) or inspect.isclass(function):
                    continue
                if f"{where}.{name}" not in known:
                    x = np.arange(6, dtype=np.float32).reshape(2, 3)
                    most = min(arity(function), 4)
                    samples = [((x, *[1] * (most - 1)), {}), ((x, *[x] * (most - 1)), {})]
                    targets.append(Target(f"{where}.{name}", wrapping(function), samples))
    if only in ("all", "modules"):
        targets += module_targets()
    return targets


def cast32(sample: Any) -> Any:
    return cast(sample, "float32")


# -- hostile objects -----------------------------------------------------------------------------


class Refusal(BaseException):
    pass


ERRORS = (ValueError, TypeError, KeyboardInterrupt, MemoryError, SystemExit, Refusal, IndexError)
ERRORS += (StopIteration, GeneratorExit, OverflowError, AttributeError, RecursionError)
WRONG = ["x", None, 2**100, -1, 1.5, float("nan"), [], b"", NotImplemented, np.ones(3)]


class Scene:
    """The arrays and lists of one call, which hostile objects change."""

    def __init__(self, rng: random.Random, kernel: bool) -> None:
        self.rng, self.kernel = rng, kernel
        self.arrays: list[np.ndarray] = []
        self.lists: list[list[Any]] = []
        self.depth, self.acts = 0, False  # it acts during the call only
        self.kept: list[Any] = []

    def take(self, value: Any) -> None:
        self.arrays = arrays_in(value)
        self.lists = [v for v in parts(value) if type(v) is list]

    def act(self) -> None:
        """One thing that code of a user might do."""
        if not self.acts or self.depth > 2 or not self.arrays:
            return
        self.depth += 1
        try:
            a = self.rng.choice(self.arrays)
            self.rng.choice(ACTIONS)(self, a)
        finally:
            self.depth -= 1

    def owners(self) -> list[np.ndarray]:
        """Arrays that own their memory, of which no other array of the call is a view."""
        bases = {id(a.base) for a in self.arrays}
        return [a for a in self.arrays if a.base is None and id(a) not in bases]


def parts(value: Any) -> Iterator[Any]:
    yield value
    if isinstance(value, (list, tuple)):
        for v in value:
            yield from parts(v)
    elif isinstance(value, dict):
        yield from parts(list(value.values()))


def change_shape(scene: Scene, a: np.ndarray) -> None:
    with contextlib.suppress(Exception):
        a.shape = scene.rng.choice([(a.size,), (1, *a.shape), (1,) * 20 + a.shape, a.shape[::-1]])
    scene.kept += [np.broadcast_to(np.float32(1), (1 << 20, 1 << 10, 2, 3)) for _ in range(5)]


def change_dtype(scene: Scene, a: np.ndarray) -> None:
    with contextlib.suppress(Exception), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        a.dtype = np.dtype(scene.rng.choice(["u1", "f4", "f8", "i8", ">f4", "f2", "c8"]))


def reallocate(scene: Scene, a: np.ndarray) -> None:
    # Views of such an array would be NumPy's own fault, as would be objects that are still known
    # elsewhere; kernels are given arrays of numbers, not views.
    if scene.kernel:
        for b in [b for b in scene.owners() if not b.dtype.hasobject]:
            with contextlib.suppress(Exception):
                b.resize(scene.rng.choice([(0,), (1,), (1 << 16,), b.shape]), refcheck=False)


def fill(scene: Scene, a: np.ndarray) -> None:
    with contextlib.suppress(Exception):
        a[...] = scene.rng.choice([0, -1, 1 << 44, float("nan"), float("inf"), 1e30])


def protect(scene: Scene, a: np.ndarray) -> None:
    with contextlib.suppress(Exception):
        a.flags.writeable = not a.flags.writeable


def call_back(scene: Scene, a: np.ndarray) -> None:
    with contextlib.suppress(Exception):
        x = fastnn.Tensor(a)
        x.requires_grad = True
        (F.softmax(x, -1) * 2 + x).sum().backward()
        kernels.relu(a)


def shrink(scene: Scene, a: np.ndarray) -> None:
    for values in scene.lists:
        scene.rng.choice([values.clear, values.reverse, lambda v=values: v.append(a)])()


def refuse(scene: Scene, a: np.ndarray) -> None:
    raise scene.rng.choice(ERRORS)("hostile")


def collect(scene: Scene, a: np.ndarray) -> None:
    gc.collect(0)


ACTIONS = [change_shape, change_shape, change_dtype, reallocate, reallocate, fill, protect]
ACTIONS += [call_back, shrink, refuse, collect]


class Hostile:
    """Converts itself to anything, by code that first acts on the scene."""

    def __init__(self, scene: Scene, value: Any) -> None:
        self.scene, self.value = scene, value

    def _convert(self, *args: Any, **kwargs: Any) -> Any:
        self.scene.act()
        if self.scene.rng.random() < 0.1:
            return self.scene.rng.choice(WRONG)
        return self.value

    def _items(self) -> Iterator[Any]:
        yield from [self._convert(), self._convert()]

    def __getitem__(self, i: Any) -> Any:
        if isinstance(i, int) and i > 3:
            raise IndexError
        return self._convert()

    __index__ = __bool__ = __float__ = __int__ = __len__ = __array__ = __complex__ = _convert
    __eq__ = __lt__ = __gt__ = __le__ = __ge__ = __ne__ = __neg__ = __add__ = __radd__ = _convert  # type: ignore[assignment]
    __mul__ = __rmul__ = __sub__ = __rsub__ = __truediv__ = __call__ = __contains__ = _convert
    __repr__ = __str__ = __format__ = _convert  # type: ignore[assignment]
    __iter__ = _items

    def __hash__(self) -> int:
        return 1


class HostileInt(int):
    scene: Scene

    def _convert(self, *args: Any) -> Any:
        self.scene.act()
        return int.__int__(self)

    __index__ = __bool__ = __float__ = __int__ = __eq__ = __lt__ = __gt__ = _convert  # type: ignore[assignment]
    __hash__ = int.__hash__


class HostileFloat(np.float64):
    scene: Scene

    def _convert(self, *args: Any) -> Any:
        self.scene.act()
        return 0.5

    __float__ = __bool__ = __int__ = __eq__ = __lt__ = __gt__ = _convert  # type: ignore[assignment]


class HostileScalar(np.float32):
    scene: Scene
    __float__ = __bool__ = __int__ = HostileFloat._convert  # type: ignore[assignment]


class HostileList(list):  # type: ignore[type-arg]
    scene: Scene

    def __getitem__(self, i: Any) -> Any:
        self.scene.act()
        return copied(list.__getitem__(self, i))

    def __len__(self) -> int:
        self.scene.act()
        return self.scene.rng.choice([list.__len__(self)] * 4 + [0, 2**60])

    def __iter__(self) -> Iterator[Any]:
        self.scene.act()
        return list.__iter__(self)


class HostileTuple(tuple):  # type: ignore[type-arg]
    scene: Scene
    __getitem__ = HostileList.__getitem__  # type: ignore[assignment]

    def __iter__(self) -> Iterator[Any]:
        self.scene.act()
        return tuple.__iter__(self)


class HostileArray(np.ndarray):
    """A subclass whose attributes and methods are not NumPy's."""

    scene: Scene | None = None

    def _refuse(self, *args: Any, **kwargs: Any) -> Any:
        if HostileArray.scene is not None:
            HostileArray.scene.act()
        raise Refusal("hostile")

    dtype = shape = strides = property(_refuse)  # type: ignore[assignment]
    copy = astype = __len__ = __bool__ = __array_wrap__ = _refuse  # type: ignore[assignment]

    def __array_finalize__(self, other: Any) -> None:
        if HostileArray.scene is not None:
            HostileArray.scene.act()


def unaligned(a: np.ndarray) -> np.ndarray:
    b = np.zeros(a.nbytes + 1, np.uint8)[1:].view(a.dtype).reshape(a.shape)
    b[...] = a
    return b


def read_only(a: np.ndarray) -> np.ndarray:
    a.flags.writeable = False
    return a


def structured(a: np.ndarray) -> np.ndarray:
    return np.zeros(a.shape, "f4,i8")


VARIANTS: list[Callable[[np.ndarray], np.ndarray]] = [
    lambda a: a.astype(a.dtype.newbyteorder()),
    unaligned,
    read_only,
    structured,
    lambda a: np.broadcast_to(a.ravel()[:1].reshape((1,) * a.ndim), a.shape),
    lambda a: a[:0] if a.ndim else a,
    lambda a: a.astype(object),
    lambda a: np.asfortranarray(a),
    lambda a: a[::-1] if a.ndim else a,
    lambda a: a.T,
    lambda a: a.reshape(-1)[:1].reshape(()) if a.size else a,
    lambda a: np.full_like(a, np.nan) if a.dtype.kind == "f" else np.full_like(a, -(2**62)),
    lambda a: np.full_like(a, 1e30) if a.dtype.kind == "f" else np.full_like(a, 2**40),
    lambda a: a.astype("f8"),
    lambda a: a.astype("f2"),
    lambda a: a.astype("i4"),
    lambda a: a.astype("u8"),
    lambda a: a.astype("?"),
    lambda a: a.view(HostileArray),
    lambda a: a.view(np.recarray),
    lambda a: np.ma.masked_array(a),
    lambda a: a[None],
    lambda a: np.repeat(a, 2, -1)[..., ::2] if a.ndim else a,
]


def hostile(scene: Scene, value: Any) -> Any:
    """What stands in the place of an argument."""
    rng = scene.rng
    chance = rng.random()
    if isinstance(value, np.ndarray):
        if chance < 0.6:
            with contextlib.suppress(Exception), np.errstate(all="ignore"):
                return rng.choice(VARIANTS)(value)
        if chance < 0.75 and scene.arrays:
            return rng.choice(scene.arrays)  # overlaps another argument
        if chance < 0.85 and scene.arrays:
            return rng.choice(scene.arrays).reshape(-1)[: value.size][::-1]
        if chance < 0.95:
            return odd_array(rng)
    elif type(value) in (list, tuple) and chance < 0.5:
        made = (HostileList if type(value) is list or rng.random() < 0.3 else HostileTuple)(value)
        made.scene = scene
        return made
    elif type(value) in (int, bool) and chance < 0.3:
        number = HostileInt(value)
        number.scene = scene
        return number
    elif type(value) is float and chance < 0.3:
        real = rng.choice([HostileFloat, HostileScalar])(value)
        real.scene = scene
        return real
    if chance < 0.85 and not isinstance(value, np.ndarray):
        return Hostile(scene, value)
    return rng.choice([*NUMBERS, *WORDS, *GROUPS, Hostile(scene, rng.choice([0, 1, 2.5, value]))])


def replaced(scene: Scene, value: Any, chance: float) -> Any:
    """The argument, or its items, or something hostile."""
    if isinstance(value, dict):
        return {k: replaced(scene, v, chance) for k, v in value.items()}
    if type(value) in (list, tuple) and value and scene.rng.random() < 0.7:
        value = type(value)(replaced(scene, v, chance) for v in value)
    return hostile(scene, value) if scene.rng.random() < chance else value


# -- calls ---------------------------------------------------------------------------------------


def run_calls(only: str, seed: int, begin: int, count: int, progress: Path) -> None:
    """Run some calls in this process. The file `progress` names the one that runs."""
    warnings.simplefilter("ignore")
    if "san.so" not in os.environ.get("LD_PRELOAD", ""):  # sanitizers reserve terabytes
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    targets = [t for t in all_targets(only, progress.with_name("kernels")) if t.samples or t.kernel]
    signal.signal(signal.SIGINT, signal.default_int_handler)  # may be inherited as ignored
    file = os.open(progress, os.O_WRONLY)
    for number in range(begin, begin + count):
        rng = random.Random(f"{seed} {number}")
        target = rng.choice(targets)
        os.pwrite(file, f"{number} {target.name}".ljust(80).encode(), 0)
        HostileArray.scene = None
        scene = Scene(rng, target.kernel)
        if target.samples:
            args, kwargs = copied(copy.copy(rng.choice(target.samples)))
        else:
            args, kwargs = tuple(odd_array(rng) for _ in range(arity(target.call))), {}
        scene.take([args, kwargs])
        chance = rng.choice([0.1, 0.2, 0.4])
        args = [replaced(scene, a, chance) for a in args]
        kwargs = replaced(scene, kwargs, chance)
        scene.take([args, kwargs])
        HostileArray.scene = scene
        try:
            scene.acts = True
            target.call(*args, **kwargs)
        except SystemError as error:
            HostileArray.scene = None
            os.pwrite(file, f"{number} {target.name}: SystemError: {error}".ljust(300).encode(), 0)
            os._exit(3)
        except BaseException:
            pass
        finally:
            scene.acts = False
    HostileArray.scene = None
    os.pwrite(file, b"done".ljust(80), 0)
    os._exit(0)  # what hostile objects have left behind is no subject of this test


def watch(child: subprocess.Popen[bytes], progress: Path) -> str:
    """Wait for a child; what went wrong, or nothing.

    A call may take as long as it was asked to, such as the construction of 2**31 layers, if Ctrl-C
    ends it.
    """
    last, since, interrupted = b"", time.monotonic(), False
    while child.poll() is None:
        time.sleep(0.05)
        now = progress.read_bytes()
        if now != last:
            last, since, interrupted = now, time.monotonic(), False
        elif now.startswith(b"start"):  # not so far as to know Ctrl-C
            continue
        elif not interrupted and time.monotonic() - since > PATIENCE:
            child.send_signal(signal.SIGINT)
            since, interrupted = time.monotonic(), True
        elif interrupted and time.monotonic() - since > PATIENCE:
            child.kill()
            child.wait()
            return f"hang at {now.decode(errors='replace').strip()}"
    text = progress.read_text(errors="replace").strip()
    return "" if text.startswith("done") else f"exit status {child.returncode} at {text}"


def fuzz(only: str, seed: int, begin: int, calls: int) -> list[str]:
    """Run calls in child processes. The faults that were found, each with how to repeat it."""
    faults = []
    with tempfile.TemporaryDirectory() as folder:
        progress = Path(folder) / "progress"
        noting = [sys.executable, "-m", "tests.kernel_calls", str(progress.with_name("kernels"))]
        subprocess.run(noting, cwd=ROOT, check=True)
        at, end = begin, begin + calls
        while at < end:
            progress.write_bytes(b"start".ljust(80))
            count = min(BATCH, end - at)
            command = [sys.executable, "-m", "tests.hostile", "--child", str(progress)]
            command += ["--only", only, "--seed", str(seed), "--begin", str(at)]
            command += ["--calls", str(count)]
            with subprocess.Popen(
                command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            ) as child:
                fault = watch(child, progress)
            at += count
            if fault:
                number = fault.split(" at ")[1].split()[0]
                repeat = f"--only {only} --seed {seed} --begin {number} --calls 1"
                faults.append(f"{fault}\n    python -m tests.hostile {repeat}")
                if not number.isdigit():
                    break
                at = int(number) + 1
    return faults


def main() -> int:
    parser = argparse.ArgumentParser(description="Calls with hostile arguments.")
    parser.add_argument("--only", choices=["all", "kernels", "ops", "modules"], default="all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--begin", type=int, default=0, help="the number of the first call")
    parser.add_argument("--calls", type=int, default=20_000)
    parser.add_argument("--child", default="", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        run_calls(given.only, given.seed, given.begin, given.calls, Path(given.child))
    faults = fuzz(given.only, given.seed, given.begin, given.calls)
    print("\n".join(faults) or f"{given.calls} calls, nothing found")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
