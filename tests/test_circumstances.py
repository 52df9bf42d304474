"""Every operation and module, called from where users call it, and changed and watched meanwhile.

The operations are those that have a record; what is tried with them is one table.
test_disturbed.py continues it.
"""

import hashlib
import platform
import re
from functools import partial

import numpy as np
import pytest

import fastnn
from fastnn import Tensor
from tests.every_record import FILES, WITH_GRADIENT, flat, forward_backward, some_samples
from tests.harness import Record, threads
from tests.harness.circumstances import MODES, WAYS, floating_point
from tests.harness.running import arrays_in, cast, each_array, tensors, weights
from tests.harness.tolerance import compare_all, gradient_tolerance

pytestmark = pytest.mark.filterwarnings("ignore:.*broadcast", "ignore:.*fork")


def digest(results) -> str:
    return hashlib.sha256(b"".join(x.tobytes() for x in arrays_in(list(results)))).hexdigest()


def draws(record: Record) -> bool:
    """Whether an operation draws from the generator that all threads share."""
    fastnn.manual_seed(1 << 40)
    before = fastnn.random.get_state()
    forward_backward(record, cast(record.samples[0], "float32"))
    return str(fastnn.random.get_state()) != str(before)


# -- the same bits wherever an operation is called -----------------------------------------------


def digests(records: list[Record]) -> dict[str, str]:
    """What every record of a file gives, and that its first bad call is refused."""
    found = {}
    for i, record in enumerate(records):
        for j, sample in enumerate([*some_samples(record), *record.large[:1]]):
            given = cast(sample, "float32")
            found[f"{record.name} {i} {j}"] = digest(forward_backward(record, given))
        for bad in record.bad[:1]:
            wrapped, _ = tensors(record, bad.sample, False)
            with pytest.raises(bad.error):
                record.op(*wrapped.args, **wrapped.kwargs)
    return found


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@pytest.mark.parametrize("file", FILES)
def test_the_same_bits(file, way):
    records = FILES[file]
    if way is WAYS[0]:  # one thread would take random numbers from another
        records = [record for record in records if not draws(record)]
    with threads(3):
        want = digests(records)
        for got in way(partial(digests, records)):
            assert got == want


@pytest.mark.skipif(
    platform.machine() != "x86_64" or platform.libc_ver()[0] != "glibc",
    reason="sets the mode through glibc's fesetenv on x86-64",
)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("file", FILES)
def test_every_thread_computes_in_the_mode_of_the_caller(file, mode):
    """So results do not depend on the number of threads under any mode."""
    for record in FILES[file]:
        for sample in record.large[:1]:
            given = cast(sample, "float32")
            found = []
            with floating_point(MODES[mode]):
                for count in (1, 3):
                    with threads(count):
                        found.append(digest(forward_backward(record, given)))
            assert found[0] == found[1], f"{record.name} {mode}"


# -- changed and watched between forward and backward --------------------------------------------


def changed_in_place(record, given, which):
    """Gradients after a change of the `which`-th tensor, or None if there was an error."""

    def change(leaves, ys):
        with fastnn.no_grad():
            ([*leaves, *ys])[which].fill_(0)

    try:
        return forward_backward(record, cast(given, "float64"), change)[1]
    except (RuntimeError, ValueError) as error:  # of backward; of a view that has no own elements
        if not re.search("changed in place|read-only", str(error)):
            raise
        return None


@pytest.mark.parametrize("record", WITH_GRADIENT)
def test_a_change_before_backward_is_an_error_or_no_matter(record):
    """Never a gradient of other numbers than those of the forward pass."""
    for sample in some_samples(record):
        given = cast(sample, "float64")
        ys, want = forward_backward(record, given)
        for which in range(len(want) + len(ys)):
            got = changed_in_place(record, given, which)
            if got is not None:
                compare_all(got, want, 0, f"{record.name}: gradients after tensor {which} changed")


def through_views(record, given, change):
    """Gradients by inputs that are rows of graph tensors, doubled in place before the operation.

    `change` gets the graph tensors after it. Also tells whether outputs are views of them.
    """
    leaves, graphs = [], []

    def make(has_gradient, x):
        if not has_gradient:
            return Tensor(x)
        leaves.append(Tensor(np.stack([x, x / 2]), requires_grad=True))
        graphs.append(leaves[-1] * 1)
        row = graphs[-1][1]
        row.mul_(2)
        return row

    wrapped = each_array(record, given, make)
    outs = [y for y in flat(record, record.op(*wrapped.args, **wrapped.kwargs)) if y.requires_grad]
    dys = weights(outs)
    for graph in graphs:
        change(graph)
    fastnn.autograd.backward(outs, dys)
    shared = any(np.may_share_memory(y._array, x._array) for y in outs for x in graphs)
    return [x.grad for x in leaves], shared


# What `as_strided` sees depends on the strides of its input.
OF_VIEWS = [param for param in WITH_GRADIENT if param.values[0].name != "as_strided"]


@pytest.mark.parametrize("record", OF_VIEWS)
def test_inputs_are_views_that_change_in_place(record):
    """The operation sees changes before it; those after it are an error or no matter.

    They do matter where the output is a view itself: it changes too.
    """
    given = cast(some_samples(record)[0], "float64")
    _, want = forward_backward(record, given)
    tiny = float(np.finfo(np.float64).tiny)
    rounded = 8 * gradient_tolerance(record, given, want, "float64")

    def compare(grads, factor=2, allowed=tiny):
        for g, w in zip(grads, want, strict=True):
            if g is None:
                assert w is None or not w.any()
                continue
            assert not g._array[0].any(), "another row has a gradient"
            expected = np.zeros_like(g._array[1]) if w is None else factor * w
            compare_all([g._array[1]], [expected], allowed, record.name)

    compare(through_views(record, given, lambda graph: None)[0])
    for factor, change in ((1, lambda graph: graph[1].add_(1)), (4, lambda graph: graph.mul_(4))):
        try:
            grads, shared = through_views(record, given, change)
        except RuntimeError as error:
            if "changed in place" not in str(error):
                raise
        else:
            compare(grads, *(2 * factor, rounded) if shared else ())


@pytest.mark.parametrize("record", WITH_GRADIENT)
def test_hooks_see_and_replace_gradients(record):
    """Those of outputs before the operation's backward, those of inputs after it."""
    for sample in some_samples(record):
        given = cast(sample, "float64")
        _, want = forward_backward(record, given)
        seen = {}

        def see(key, factor, g, seen=seen):
            assert key not in seen
            seen[key] = g.numpy().copy()
            return g * factor

        def register(leaves, ys, see=see):
            ys = [y for y in ys if y.requires_grad and not any(y is x for x in leaves)]
            for kind, factor, some in (("input", 4, leaves), ("output", 2, ys)):
                for i, x in enumerate(some):
                    x.register_hook(partial(see, (kind, i), factor))

        _, got = forward_backward(record, given, register)
        outputs = [seen[key] for key in sorted(seen) if key[0] == "output"]
        inputs = [seen.get(("input", i)) for i in range(len(want))]
        compare_all(outputs, weights(outputs), 0, f"{record.name}: gradients at outputs")
        # By powers of two, which round nothing but subnormal numbers.
        factor, tiny = 2 if outputs else 1, float(np.finfo(np.float64).tiny)
        if record.name in {"logcumsumexp", "matrix_exp"}:  # by logarithms, and by parts of a matrix
            tiny = 8 * gradient_tolerance(record, given, want, "float64")
        doubled = [None if w is None else factor * w for w in want]
        compare_all(inputs, doubled, tiny, f"{record.name}: gradients at inputs")
        replaced = [None if w is None else 4 * factor * w for w in want]
        compare_all(got, replaced, tiny, f"{record.name}: replaced gradients")


# -- one input of several ------------------------------------------------------------------------


def gradient_of_one(record, given, which):
    """That of the `which`-th input where no other requires one."""
    leaves = []

    def make(has_gradient, x):
        if not has_gradient:
            return Tensor(x)
        leaves.append(Tensor(x, requires_grad=len(leaves) == which))
        return leaves[-1]

    wrapped = each_array(record, given, make)
    outs = flat(record, record.op(*wrapped.args, **wrapped.kwargs))
    pairs = [(y, dy) for y, dy in zip(outs, weights(outs)) if y.requires_grad]
    if pairs:
        fastnn.autograd.backward(*map(list, zip(*pairs)))
    return [None if x.grad is None else x.grad.numpy() for x in leaves]


@pytest.mark.parametrize("record", WITH_GRADIENT)
def test_one_input_alone_has_the_same_gradient(record):
    """A backward that computes only some of its gradients computes those."""
    for sample in some_samples(record):
        given = cast(sample, "float64")
        outs, want = forward_backward(record, given)
        allowed = gradient_tolerance(record, given, want, "float64")
        if len(outs) > 1:
            continue  # which outputs have a gradient depends on which inputs have one
        for which in range(len(want)) if len(want) > 1 else ():
            got = gradient_of_one(record, cast(given, "float64"), which)
            assert all(g is None for i, g in enumerate(got) if i != which)
            compare_all([got[which]], [want[which]], allowed, f"{record.name}: input {which}")
