"""Files as modules: values, names, and errors for files of every kind."""

import io

import numpy as np
import pytest

import fastnn
from fastnn import models, nn
from tests.onnx.cases import CASES, floats
from tests.onnx.test_export import TIMES, axes_of, exported, flat

onnx = pytest.importorskip("onnx")
helper = pytest.importorskip("onnx.helper")

pytestmark = pytest.mark.any_threading


def loaded(data):
    return fastnn.onnx.load(io.BytesIO(data))


@pytest.mark.parametrize("case", CASES, ids=[f"{i}-{c.name}" for i, c in enumerate(CASES)])
def test_values_are_those_of_the_module(case):
    fastnn.manual_seed(0)
    module = case.make().eval()
    example = case.inputs(2)
    copy = loaded(exported(module, example, dynamic_axes=axes_of(case, len(example))))
    for n in (2, 5):
        arrays = tuple(map(fastnn.from_numpy, case.inputs(n)))
        expected, found = flat(module(*arrays)), flat(copy(*arrays))
        assert len(found) == len(expected)
        for a, b in zip(found, expected):
            assert a.shape == b.shape
            assert a.dtype == b.dtype
            size = max(1.0, float(np.abs(b).max(initial=0)))
            np.testing.assert_allclose(a, b, rtol=0, atol=case.tolerance * size)


@pytest.mark.parametrize("name", TIMES)
def test_batch_and_length_may_vary(name):
    make, inputs = TIMES[name]
    module = make().eval()
    axes = {"input": {0: "batch", 2 if name == "conv" else 1: "time"}}
    copy = loaded(exported(module, (inputs(2, 5),), dynamic_axes=axes))
    for n, t in ((2, 5), (1, 9), (7, 3)):
        x = fastnn.from_numpy(inputs(n, t))
        for a, b in zip(flat(copy(x)), flat(module(x)), strict=True):
            np.testing.assert_allclose(a, b, atol=1e-5)


def test_names_are_those_of_the_state_dict():
    model = models.resnet18(num_classes=3).eval()
    copy = loaded(exported(model, (floats(1, 3, 32, 32),)))
    expected = {k: v for k, v in model.state_dict().items() if "num_batches" not in k}
    found = copy.state_dict()
    assert set(found) == set(expected)
    for name, x in expected.items():
        np.testing.assert_array_equal(found[name].numpy(), x.numpy())
    parameters = {name for name, _ in model.named_parameters()}
    assert {name for name, _ in copy.named_parameters()} == parameters


def test_a_loaded_module_learns():
    fastnn.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))
    copy = loaded(exported(model, (floats(2, 4),)))
    x, y = fastnn.from_numpy(floats(16, 4)), fastnn.from_numpy(floats(16, 1, seed=1))
    optimizer = fastnn.optim.Adam(copy.parameters(), lr=0.05)
    losses = []
    for _ in range(40):
        optimizer.zero_grad()
        loss = ((copy(x) - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 2


def test_a_path(tmp_path):
    path = tmp_path / "model.onnx"
    model = nn.Linear(4, 3)
    fastnn.onnx.export(model, fastnn.ones(2, 4), path)
    copy = fastnn.onnx.load(path)
    assert not copy.training
    x = fastnn.from_numpy(floats(5, 4))
    np.testing.assert_array_equal(copy(x).detach().numpy(), model(x).detach().numpy())
    assert repr(copy) == "GraphModule((input) -> (output), 1 operations)"
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(ValueError, match=r"^onnx\.load: .*model\.onnx: "):
        fastnn.onnx.load(path)


def test_inputs_are_checked():
    copy = loaded(exported(nn.Linear(4, 3), (floats(2, 4),)))
    with pytest.raises(ValueError, match=r"input must have shape \(any, 4\), got \(2, 5\)"):
        copy(floats(2, 5))
    with pytest.raises(TypeError, match=r"input must have dtype float32, got float64"):
        copy(np.zeros((2, 4)))
    with pytest.raises(TypeError, match=r"expected 1 inputs \(input\), got 2"):
        copy(floats(2, 4), floats(2, 4))


def graph_of(nodes, arrays=(), *, inputs=None, outputs=("y",), opset=18):
    """A file with one input x, (2, 4), or others."""
    floats_ = onnx.TensorProto.FLOAT
    infos = [helper.make_tensor_value_info(n, floats_, s) for n, s in inputs or [("x", [2, 4])]]
    ends = [helper.make_tensor_value_info(n, floats_, None) for n in outputs]
    graph = helper.make_graph(nodes, "g", infos, ends, initializer=list(arrays))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])


def tensor(name, dims, raw, kind=onnx.TensorProto.FLOAT):
    t = onnx.TensorProto(name=name, data_type=kind, raw_data=raw)
    t.dims.extend(dims)
    return t


def outside(name):
    t = tensor(name, [1], b"")
    t.data_location = onnx.TensorProto.EXTERNAL
    t.external_data.add(key="location", value="/etc/passwd")
    return t


RELU = helper.make_node("Relu", ["x"], ["y"], name="r")
FAULTS = [
    (graph_of([RELU], opset=9), r"version of its operators must be 13 to 21: 9"),
    (graph_of([helper.make_node("Loop", ["x"], ["y"], name="n")]), r"'n': the operator Loop"),
    (
        graph_of([helper.make_node("Relu", ["x"], ["y"], domain="evil")]),
        r"the operator evil\.Relu cannot be loaded",
    ),
    (graph_of([helper.make_node("Relu", ["z"], ["y"], name="n")]), r"'n' \(Relu\) reads 'z'"),
    (graph_of([RELU, RELU]), r"node 'r' \(Relu\) makes 'y', which is there already"),
    (graph_of([RELU], outputs=("q",)), r"nothing makes the output 'q'"),
    (graph_of([helper.make_node("Add", ["x"], ["y"])]), r"a node \(Add\) has 1 inputs"),
    (graph_of([helper.make_node("Elu", ["x"], ["y"], beta=1.0)]), r"the attribute beta of Elu"),
    (graph_of([helper.make_node("Elu", ["x"], ["y"], alpha=1)]), r"alpha must be float"),
    (graph_of([helper.make_node("Concat", ["x"], ["y"])]), r"\(Concat\) lacks the attribute axis"),
    (graph_of([RELU], [tensor("w", [2**40, 2**40], b"")]), r"'w' has 0 bytes, and its shape"),
    (graph_of([RELU], [tensor("w", [3], b"1234")]), r"'w' has 4 bytes, and its shape \[3\] takes"),
    (graph_of([RELU], [tensor("w", [-1], b"")]), r"'w' has the impossible shape \[-1\]"),
    (graph_of([RELU], [tensor("w", [0] * 40, b"")]), r"'w' has the impossible shape"),
    (graph_of([RELU], [tensor("w", [1], b"1", 16)]), r"'w': element type 16 is not known"),
    (graph_of([RELU], [outside("w")]), r"'w' is in another file, which is not read"),
    (graph_of([RELU], [tensor("w", [], b"1234")] * 2), r"'w' stands twice"),
]


@pytest.mark.parametrize(("model", "text"), FAULTS, ids=[t for _, t in FAULTS])
def test_what_cannot_be_loaded(model, text):
    with pytest.raises(ValueError, match=rf"^onnx\.load: the file: .*{text}"):
        loaded(model.SerializeToString())


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"\xff" * 100, b"{}", bytes(1000)])
def test_files_of_other_kinds(data):
    with pytest.raises(ValueError, match=r"^onnx\.load: the file: not a file of ONNX"):
        loaded(data)


def test_a_node_that_fails_is_named():
    size = onnx.numpy_helper.from_array(np.array([2**40, 2**20]), "s")
    model = loaded(
        graph_of(
            [helper.make_node("Reshape", ["x", "s"], ["y"], name="n")], [size]
        ).SerializeToString()
    )
    with pytest.raises(ValueError, match=r"node 'n' \(Reshape\): reshape: shape \(1099511627776"):
        model(floats(2, 4))


def test_odd_names_are_kept_as_constants():
    w = onnx.numpy_helper.from_array(floats(3, 4), "forward")
    v = onnx.numpy_helper.from_array(floats(3), "training.a")
    nodes = [helper.make_node("Gemm", ["x", "forward", "training.a"], ["y"], transB=1)]
    model = loaded(graph_of(nodes, [w, v]).SerializeToString())
    assert not model.state_dict()
    expected = floats(2, 4) @ floats(3, 4).T + floats(3)
    np.testing.assert_allclose(model(floats(2, 4)).numpy(), expected, atol=1e-5)


def test_damaged_files():
    """A few of those of ``python -m benches.checks.onnx_files``."""
    from benches.checks.onnx_files import check

    read, _, faults = check(2000, seed=7)
    assert not faults
    assert 100 < read < 2000
