"""Modules: contents, calls, state dicts and text."""

import copy
import pickle

import numpy as np
import pytest

import fastnn
from fastnn import nn
from fastnn.autograd.record import array, record


def scale(x, w):
    """A product in NumPy, to test modules without kernels."""
    a, b = array(x), array(w)

    def backward(node, dy):
        return dy * b, (dy * a).reshape(-1, b.size).sum(0)

    return record(a * b, backward, (x, w))


class Scale(nn.Module):
    def __init__(self, size=3, bias=False):
        super().__init__()
        self.size = size
        self.weight = nn.Parameter(fastnn.full((size,), 2.0))
        self.register_parameter("bias", nn.Parameter(fastnn.zeros(size)) if bias else None)
        self.register_buffer("seen", fastnn.zeros(1))
        self.register_buffer("scratch", fastnn.zeros(2), persistent=False)

    def forward(self, x):
        return scale(x, self.weight)

    def extra_repr(self):
        return f"size={self.size}"


def model():
    return nn.Sequential(Scale(), nn.Sequential(Scale(bias=True), nn.Identity()))


def test_names():
    m = model()
    assert [n for n, _ in m.named_parameters()] == ["0.weight", "1.0.weight", "1.0.bias"]
    assert [n for n, _ in m.named_buffers()] == ["0.seen", "0.scratch", "1.0.seen", "1.0.scratch"]
    assert [n for n, _ in m.named_modules()] == ["", "0", "1", "1.0", "1.1"]
    assert [n for n, _ in m.named_children()] == ["0", "1"]
    assert list(m.state_dict()) == ["0.weight", "0.seen", "1.0.weight", "1.0.bias", "1.0.seen"]
    assert len(list(m.parameters(recurse=False))) == 0
    assert m.get_submodule("1.0") is m[1][0]
    assert m.get_parameter("1.0.bias") is m[1][0].bias
    with pytest.raises(AttributeError, match="Sequential has no module '9'"):
        m.get_submodule("9.0")


def test_parameters_are_plain_attributes():
    m = Scale()
    assert m.__dict__["weight"] is m.weight
    assert "bias" in m._parameters
    assert m.bias is None


def test_shared_parameters_are_counted_once():
    a, b = Scale(), Scale()
    b.weight = a.weight
    m = nn.Sequential(a, b)
    assert len(list(m.parameters())) == 1
    assert len(list(m.named_parameters(remove_duplicate=False))) == 2
    assert len(m.state_dict()) == 4


def test_shared_parameters_of_one_module():
    """Also without the modules inside, each once unless all names are asked for."""
    m = Scale()
    m.twin, m.child = m.weight, Scale()
    assert [n for n, _ in m.named_parameters(recurse=False)] == ["weight"]
    assert [n for n, _ in m.named_parameters()] == ["weight", "child.weight"]
    everything = m.named_parameters("m", recurse=False, remove_duplicate=False)
    assert [n for n, _ in everything] == ["m.weight", "m.twin"]
    assert len(list(m.parameters(recurse=False))) == 1
    assert len(list(m.parameters())) == 2
    m.register_buffer("again", m.seen)
    assert [n for n, _ in m.named_buffers(recurse=False)] == ["seen", "scratch"]
    assert len(list(m.buffers(recurse=False))) == 2
    assert len(list(m.named_buffers(recurse=False, remove_duplicate=False))) == 3


def test_assignment():
    m = Scale()
    with pytest.raises(TypeError, match="'weight' is a parameter"):
        m.weight = fastnn.ones(3)
    with pytest.raises(TypeError, match="'seen' is a buffer"):
        m.seen = 3
    m.seen = fastnn.ones(1)
    assert dict(m.named_buffers())["seen"].item() == 1
    m.weight = None
    assert [n for n, _ in m.named_parameters()] == []
    m.weight = nn.Parameter(fastnn.ones(3))
    assert [n for n, _ in m.named_parameters()] == ["weight"]
    del m.weight
    assert not hasattr(m, "weight")
    m.seen = nn.Parameter(fastnn.ones(1))
    assert [n for n, _ in m.named_parameters()] == ["seen"]
    m.child = Scale()
    with pytest.raises(TypeError, match="'child' is a module"):
        m.child = 5
    m.child = None
    assert list(m.children()) == []


def test_init_must_be_called_first():
    class Late(nn.Module):
        def __init__(self):
            self.weight = nn.Parameter(fastnn.ones(1))

    with pytest.raises(AttributeError, match=r"Late: call super\(\).__init__\(\) before"):
        Late()


def test_registration_is_checked():
    m = Scale()
    for name in ("", "a.b", 3):
        with pytest.raises(KeyError):
            m.register_buffer(name, fastnn.ones(1))
    with pytest.raises(KeyError, match="there is an attribute 'forward' already"):
        m.register_buffer("forward", fastnn.ones(1))
    with pytest.raises(TypeError, match="register_parameter: expected a Parameter, got Tensor"):
        m.register_parameter("p", fastnn.ones(1))
    with pytest.raises(TypeError, match="register_buffer: expected a Tensor, got int"):
        m.register_buffer("b", 3)
    with pytest.raises(TypeError, match="add_module: expected a Module, got int"):
        m.add_module("m", 3)


def test_modes():
    m = model()
    assert m.eval() is m
    assert not any(child.training for child in m.modules())
    m.train()
    assert all(child.training for child in m.modules())
    with pytest.raises(ValueError, match="train: mode must be True or False"):
        m.train("yes")


def test_types():
    m = model().double()
    assert {p.dtype for p in m.parameters()} == {fastnn.float64}
    assert m[0].seen.dtype == fastnn.float64
    assert {p.dtype for p in m.float().parameters()} == {fastnn.float32}
    assert m.to("cpu") is m.cpu() is m
    with pytest.raises(TypeError, match="to: parameters are floating point, got int64"):
        m.to(fastnn.int64)


def test_types_of_gradients():
    """They change with their parameters, and go on adding up."""
    m = Scale(bias=True)
    m(fastnn.ones(2, 3)).backward(fastnn.ones(2, 3))
    weight, grad = m.weight, m.weight.grad
    m.double()
    assert m.weight is weight
    assert m.bias.grad is None
    assert m.weight.grad.dtype == m.weight.dtype == fastnn.float64
    assert m.weight.grad.tolist() == [2, 2, 2]
    x = fastnn.ones(2, 3, dtype="float64", requires_grad=True)
    m(x).backward(fastnn.ones(2, 3, dtype="float64"))
    assert m.weight.grad is grad
    assert m.weight.grad.tolist() == [4, 4, 4]
    assert x.grad.dtype == fastnn.float64
    fastnn.optim.SGD([m.weight], lr=0.5).step()
    assert m.weight.tolist() == [0, 0, 0]
    m.float()
    assert m.weight.grad.dtype == m.weight.dtype == fastnn.float32
    assert m.weight.grad.tolist() == [4, 4, 4]


def test_gradients():
    m = Scale()
    m(fastnn.ones(2, 3)).backward(fastnn.ones(2, 3))
    assert m.weight.grad.tolist() == [2, 2, 2]
    m.zero_grad(set_to_none=False)
    assert m.weight.grad.tolist() == [0, 0, 0]
    m.zero_grad()
    assert m.weight.grad is None
    m.requires_grad_(False)
    assert not m(fastnn.ones(2, 3)).requires_grad


def test_apply_visits_children_before_parents():
    names = []
    model().apply(lambda m: names.append(type(m).__name__))
    assert names == ["Scale", "Scale", "Identity", "Sequential", "Sequential"]


# -- state -----------------------------------------------------------------------------------


def test_state_is_shared_and_loads():
    m, other = model(), model()
    m[0].weight._array[...] = 7
    assert m.state_dict()["0.weight"].tolist() == [7, 7, 7]
    assert not m.state_dict()["0.weight"].requires_grad
    result = other.load_state_dict(m.state_dict())
    assert other[0].weight.tolist() == [7, 7, 7]
    assert not np.shares_memory(other[0].weight._array, m[0].weight._array)
    assert result.missing_keys == result.unexpected_keys == []


def test_arrays_and_foreign_tensors_load():
    class Foreign:
        requires_grad = True

        def detach(self):
            self.requires_grad = False
            return self

        def __array__(self, dtype=None, copy=None):
            assert not self.requires_grad
            return np.full(3, 9.0)

    m = Scale()
    m.load_state_dict({"weight": Foreign(), "seen": np.ones(1)})
    assert m.weight.tolist() == [9, 9, 9]
    assert m.weight.dtype == fastnn.float32
    m.load_state_dict({"weight": [1.0, 2.0, 3.0], "seen": np.ones(1)})
    assert m.weight.tolist() == [1, 2, 3]


def test_errors_while_loading_change_nothing():
    m = Scale(bias=True)
    with pytest.raises(RuntimeError) as error:
        m.load_state_dict({"weight": np.ones(3), "bias": np.ones(4), "extra": np.ones(1)})
    assert str(error.value) == (
        "Error(s) in loading state_dict for Scale:\n"
        '\tUnexpected key(s) in state_dict: "extra".\n'
        '\tMissing key(s) in state_dict: "seen".\n'
        "\tsize mismatch for bias: copying a param with shape (4,) from checkpoint, "
        "the shape in current model is (3,)."
    )
    assert m.weight.tolist() == [2, 2, 2]
    with pytest.raises(RuntimeError, match="dtype mismatch for weight"):
        m.load_state_dict({"weight": np.ones(3, complex)}, strict=False)
    result = m.load_state_dict({"weight": np.ones(3), "extra": np.ones(1)}, strict=False)
    assert result == (["bias", "seen"], ["extra"])
    assert m.weight.tolist() == [1, 1, 1]


def test_copies():
    m = model()
    m(fastnn.ones(1, 3)).backward(fastnn.ones(1, 3))
    for other in (copy.deepcopy(m), pickle.loads(pickle.dumps(m))):
        assert isinstance(other[0].weight, nn.Parameter)
        other[0].weight._array[...] = 5
        assert m[0].weight.tolist() == [2, 2, 2]
        assert len(list(other.parameters())) == 3
    a, b = Scale(), Scale()
    b.weight = a.weight
    tied = copy.deepcopy(nn.Sequential(a, b))
    assert tied[0].weight is tied[1].weight


# -- hooks -----------------------------------------------------------------------------------


def test_forward_hooks():
    m = Scale()
    log = []
    before = m.register_forward_pre_hook(lambda module, args: (args[0].clone().fill_(3.0),))
    after = m.register_forward_hook(
        lambda module, args, y: log.append((args[0].tolist(), y.tolist()))
    )
    replace = m.register_forward_hook(lambda module, args, y: fastnn.zeros(1))
    assert m(fastnn.ones(3)).tolist() == [0]
    assert log == [([3, 3, 3], [6, 6, 6])]
    for handle in (before, after, replace):
        handle.remove()
    assert m(fastnn.ones(3)).tolist() == [2, 2, 2]


class Difference(nn.Module):
    def forward(self, a, b, scale=1):
        return (a - b) * scale


@pytest.mark.parametrize(
    ("result", "want"),
    [
        (None, 6.0),
        (lambda args: (args[1], args[0]), -6.0),
        (lambda args: (*args, 5), 30.0),
    ],
)
def test_forward_pre_hooks_of_several_arguments(result, want):
    m = Difference()
    seen = []

    def hook(module, args):
        seen.append([x.item() for x in args])
        return result and result(args)

    m.register_forward_pre_hook(hook)
    assert m(fastnn.tensor(8.0), fastnn.tensor(2.0)).item() == want
    assert seen == [[8.0, 2.0]]


def test_pre_hooks_see_what_earlier_ones_returned():
    m = Difference()
    m.register_forward_pre_hook(lambda module, args: (args[0] + 1, args[1] * 2))
    m.register_forward_pre_hook(lambda module, args: (args[1], args[0]))
    assert m(fastnn.tensor(8.0), fastnn.tensor(2.0)).item() == 4.0 - 9.0


def test_backward_hooks():
    m = Scale()
    log = []
    m.register_full_backward_pre_hook(lambda module, dy: (fastnn.Tensor(dy[0]._array * 10),))
    m.register_full_backward_hook(
        lambda module, dx, dy: log.append((dx[0].tolist(), dy[0].tolist()))
    )
    x = fastnn.ones(3, requires_grad=True)
    m(x).backward(fastnn.ones(3))
    assert log == [([20, 20, 20], [10, 10, 10])]
    assert x.grad.tolist() == [20, 20, 20]
    assert m.weight.grad.tolist() == [10, 10, 10]


def test_backward_hooks_without_gradients_for_inputs():
    m = Scale()
    log = []
    m.register_full_backward_hook(lambda module, dx, dy: log.append((dx, dy[0].tolist())))
    m(fastnn.ones(3)).backward(fastnn.ones(3))
    assert log == [((None,), [1, 1, 1])]


def test_backward_hook_may_replace_the_gradient():
    m = Scale()
    m.register_full_backward_hook(lambda module, dx, dy: (fastnn.zeros(3),))
    x = fastnn.ones(3, requires_grad=True)
    m(x).backward(fastnn.ones(3))
    assert x.grad.tolist() == [0, 0, 0]


# -- text ------------------------------------------------------------------------------------


def test_repr():
    assert repr(model()) == (
        "Sequential(\n"
        "  (0): Scale(size=3)\n"
        "  (1): Sequential(\n"
        "    (0): Scale(size=3)\n"
        "    (1): Identity()\n"
        "  )\n"
        ")"
    )


def test_summary():
    m = model()
    m[0].requires_grad_(False)
    m[1].eval()
    lines = [" ".join(line.split()) for line in str(m.summary(5, 3)).splitlines()]
    assert lines[2:-2] == [
        "Sequential (5, 3) 0",
        "0: Scale (5, 3) 3",
        "1: Sequential (5, 3) 0",
        "0: Scale (5, 3) 6",
        "1: Identity (5, 3) 0",
    ]
    assert lines[-1] == "parameters: 9 (6 learnt), 36 bytes"
    assert m[0].training
    assert not m[1][0].training
    assert not m[0]._hooks.after
    assert m.summary((5, 3)).total == m.summary([(5, 3)]).total == 9


def test_missing_forward():
    with pytest.raises(NotImplementedError, match=r"Module: define a method forward"):
        nn.Module()(1)


# -- dicts of contents, and None in them -------------------------------------------------------


def test_dicts_of_contents_have_the_values():
    m = model()
    first = m[0]
    assert dict(first._parameters) == {"weight": first.weight, "bias": None}
    assert first._buffers["seen"] is first.seen
    assert dict(m._modules) == {"0": first, "1": m[1]}
    assert list(m._modules.values()) == [first, m[1]]
    assert "weight" in first._parameters
    assert "seen" not in first._parameters
    assert (len(first._parameters), len(first._buffers)) == (2, 2)
    assert first._parameters.get("missing") is None
    assert repr(first._parameters).startswith("{'weight': Parameter")
    with pytest.raises(KeyError, match="seen"):
        first._parameters["seen"]


def test_a_change_to_a_dict_of_contents_changes_the_module():
    m = Scale()
    m._parameters["weight"] = new = nn.Parameter(fastnn.ones(3))
    assert m.weight is new
    m._parameters["extra"] = nn.Parameter(fastnn.zeros(2))
    m._parameters["absent"] = None
    assert [n for n, _ in m.named_parameters()] == ["weight", "extra"]
    assert m.absent is None
    del m._parameters["extra"]
    assert not hasattr(m, "extra")
    assert m._parameters.pop("absent") is None
    m._buffers["seen"] = fastnn.full((1,), 7.0)
    assert m.seen.item() == 7
    m._buffers["count"] = fastnn.zeros(1)
    assert "count" in m.state_dict()
    m._modules["child"] = Scale()
    assert [n for n, _ in m.named_children()] == ["child"]
    for contents, bad in ((m._parameters, 3), (m._buffers, 3), (m._modules, fastnn.ones(1))):
        for name in (next(iter(contents)), "new"):
            with pytest.raises(TypeError):
                contents[name] = bad
        with pytest.raises(KeyError):
            del contents["missing"]
    with pytest.raises(KeyError, match="there is an attribute 'forward' already"):
        m._modules["forward"] = Scale()
    chain = nn.Sequential(nn.Linear(2, 3), nn.ReLU())
    assert chain(fastnn.ones(1, 2)).shape == (1, 3)
    chain._modules["0"] = nn.Linear(2, 5)
    assert chain(fastnn.ones(1, 2)).shape == (1, 5)


def test_a_module_not_yet_made_has_no_contents():
    class Late(nn.Module):
        def __init__(self):
            assert len(self._parameters) == len(self._buffers) == len(self._modules) == 0
            super().__init__()

    Late()


OPTIONAL = {
    "bias of Linear": (lambda: nn.Linear(4, 4), "bias", (2, 4)),
    "bias of Conv2d": (lambda: nn.Conv2d(4, 4, 1), "bias", (2, 4, 3, 3)),
    "bias of ConvTranspose1d": (lambda: nn.ConvTranspose1d(4, 4, 1), "bias", (2, 4, 3)),
    "bias of LayerNorm": (lambda: nn.LayerNorm(4), "bias", (2, 4)),
    "bias of GroupNorm": (lambda: nn.GroupNorm(2, 4), "bias", (2, 4, 3)),
    "bias of BatchNorm1d": (lambda: nn.BatchNorm1d(4), "bias", (2, 4)),
    "statistics of BatchNorm1d": (
        lambda: nn.BatchNorm1d(4),
        ("running_mean", "running_var", "num_batches_tracked"),
        (2, 4),
    ),
}


@pytest.mark.parametrize(("make", "names", "shape"), OPTIONAL.values(), ids=OPTIONAL)
def test_what_is_set_to_none_is_absent_everywhere(make, names, shape):
    inner = make()
    m = nn.Sequential(nn.Identity(), inner)
    before = dict(m.state_dict())
    for name in (names,) if isinstance(names, str) else names:
        setattr(inner, name, None)
        before.pop(f"1.{name}")
        assert getattr(inner, name) is None
        assert {**inner._parameters, **inner._buffers}[name] is None
        with pytest.raises(AttributeError, match=f"has no (parameter|buffer) '{name}'"):
            (m.get_parameter if name in inner._parameters else m.get_buffer)(f"1.{name}")
    assert list(m.state_dict()) == list(before)
    x = fastnn.ones(*shape)
    for each in (m, copy.deepcopy(m), pickle.loads(pickle.dumps(m))):
        y = each(x)
        assert y.shape == shape
        y.sum().backward()
        each.zero_grad()
        each.double().float().eval().train().requires_grad_(False)
        each.load_state_dict(before)
        each.apply(lambda module: None)
        assert len(list(each.parameters())) == len(list(each.named_parameters()))
        repr(each)
        each.summary(*shape)
    with pytest.raises(RuntimeError, match="Unexpected key"):
        m.load_state_dict(make().state_dict() | before)


def test_a_child_may_be_none():
    class Residual(nn.Module):
        def __init__(self, shortcut):
            super().__init__()
            self.body = Scale()
            self.add_module("shortcut", shortcut)

        def forward(self, x):
            return self.body(x) if self.shortcut is None else self.shortcut(self.body(x))

    m = Residual(None)
    assert dict(m._modules) == {"body": m.body, "shortcut": None}
    assert [n for n, _ in m.named_modules()] == ["", "body"]
    assert list(m.state_dict()) == ["body.weight", "body.seen"]
    assert m(fastnn.ones(3)).tolist() == [2, 2, 2]
    with pytest.raises(AttributeError, match="Residual has no module 'shortcut'"):
        m.get_submodule("shortcut.weight")
    m.shortcut = Scale()
    assert [n for n, _ in m.named_modules()] == ["", "body", "shortcut"]
    m.shortcut = None
    assert "shortcut" in repr(dict(m._modules))
    assert copy.deepcopy(m)(fastnn.ones(3)).tolist() == [2, 2, 2]
    several = nn.ModuleDict({"a": nn.Identity()})
    several._modules["b"] = None
    assert list(several.items()) == [("a", several["a"]), ("b", None)]
    assert several["b"] is None
    parameters = nn.ParameterList([fastnn.ones(1)])
    parameters._parameters["1"] = None
    assert repr(parameters).splitlines()[2].strip() == "(1): None"


def test_get_buffer():
    m = model()
    assert m.get_buffer("1.0.seen") is m[1][0].seen
    with pytest.raises(AttributeError, match="Scale has no buffer 'weight'"):
        m.get_buffer("0.weight")
    with pytest.raises(AttributeError, match="Scale has no parameter 'seen'"):
        m.get_parameter("0.seen")


def test_parameters_of_a_module_alone():
    """Shared ones are counted once, also without those of children."""
    m = Scale(bias=True)
    m.twin = m.weight
    m.child = Scale()
    m.child.weight = m.weight
    assert [n for n, _ in m.named_parameters(recurse=False)] == ["weight", "bias"]
    assert [n for n, _ in m.named_parameters(recurse=False, remove_duplicate=False)] == [
        *("weight", "bias", "twin")
    ]
    assert list(m.parameters(recurse=False)) == [m.weight, m.bias]
    assert [n for n, _ in m.named_parameters()] == ["weight", "bias"]
    m.child.more = nn.Parameter(fastnn.ones(1))
    assert [n for n, _ in m.named_parameters()] == ["weight", "bias", "child.more"]
    assert list(m.parameters(recurse=False)) == [m.weight, m.bias]
    m.child.seen = m.seen
    assert list(m.buffers(recurse=False)) == [m.seen, m.scratch]
    assert len(list(m.buffers())) == 3


def test_a_pre_hook_sees_and_replaces_all_arguments():
    class Sum(nn.Module):
        def forward(self, a, b, scale=1):
            return (a + b) * scale

    m, seen = Sum(), []
    x, y = fastnn.ones(2), fastnn.full((2,), 5.0)
    handle = m.register_forward_pre_hook(lambda module, args: seen.append((module, args)))
    assert m(x, y, scale=2).tolist() == [12, 12]
    ((module, args),) = seen
    assert module is m
    assert args[0] is x
    assert args[1] is y
    handle.remove()
    m.register_forward_pre_hook(lambda module, args: (args[1], args[1], 3))
    m.register_forward_pre_hook(lambda module, args: (*args[:2], args[2] + 1))
    assert m(x, y).tolist() == [40, 40]
    single = nn.Identity()
    single.register_forward_pre_hook(lambda module, args: args[0] * 2)  # not a tuple: one argument
    assert single(x).tolist() == [2, 2]


def test_a_state_that_cannot_be_converted_changes_nothing():
    class Broken:
        def __array__(self, dtype=None, copy=None):
            raise RuntimeError("no data")

    m = Scale(bias=True)
    good = {"weight": np.ones(3), "seen": np.ones(1)}
    with pytest.raises(RuntimeError, match="no data"):
        m.load_state_dict({**good, "bias": Broken()})
    with pytest.raises(RuntimeWarning, match="overflow"):  # to float32, as an error in tests
        m.load_state_dict({**good, "bias": np.full(3, 1e300)})
    for bad in (None, "model.pt", [("weight", 1)]):
        with pytest.raises(TypeError, match="load_state_dict: expected a dict of names and values"):
            m.load_state_dict(bad)
    assert m.weight.tolist() == [2, 2, 2]
    assert m.seen.tolist() == [0]
    m.load_state_dict({**good, "unexpected": object()}, strict=False)
    assert m.weight.tolist() == [1, 1, 1]


@pytest.mark.parametrize("layer", [nn.BatchNorm2d, nn.BatchNorm1d, nn.BatchRenorm2d])
def test_states_of_old_versions_have_no_number_of_batches(layer):
    model = nn.Sequential(nn.Linear(3, 3), layer(3))
    model[1].num_batches_tracked.fill_(5)
    state = {n: v.clone() for n, v in model.state_dict().items() if "tracked" not in n}
    state["1.running_mean"] += 1
    assert model.load_state_dict(state) == ([], [])
    assert model[1].num_batches_tracked.item() == 5
    assert model[1].running_mean.tolist() == [1, 1, 1]
    alone = layer(3)
    assert alone.load_state_dict({n[2:]: v for n, v in state.items() if n[0] == "1"}) == ([], [])
    del state["1.running_var"]
    with pytest.raises(RuntimeError, match=r'Missing key\(s\) in state_dict: "1.running_var".'):
        model.load_state_dict(state)


def test_attributes_can_be_asked_for_by_a_call():
    model = nn.Sequential(nn.Linear(2, 3))
    model.level_1 = nn.ReLU()
    assert model.__getattr__("level_1") is model.level_1
    assert model[0].__getattr__("weight") is model[0].weight
    for ask in (lambda: model.level_2, lambda: model.__getattr__("level_2")):
        with pytest.raises(AttributeError, match="'Sequential' object has no attribute 'level_2'"):
            ask()
    assert not hasattr(model, "level_2")


def test_set_submodule():
    net = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.ReLU()))
    new = nn.Tanh()
    net.set_submodule("1.0", new)
    assert net[1][0] is new
    net.set_submodule("2", nn.Flatten())  # as in PyTorch a new name, unless `strict`
    assert len(net) == 3
    assert net(fastnn.zeros(4, 2)).shape == (4, 3)
    for target, strict, error, match in (
        ("", False, ValueError, "target is the module itself"),
        ("5.x", False, AttributeError, "Sequential has no module '5'"),
        ("5", True, AttributeError, "Sequential has no module '5'"),
        ("training", False, AttributeError, "'training' is no module"),
        ("0.weight", False, AttributeError, "'0.weight' is no module"),
    ):
        with pytest.raises(error, match=match):
            net.set_submodule(target, new, strict)
    with pytest.raises(TypeError, match="set_submodule: expected a Module, got type"):
        net.set_submodule("0", nn.ReLU)
    assert len(list(net.modules())) == 5


def test_older_names_of_conversions():
    layer = nn.Linear(2, 3)
    assert layer.type(fastnn.float64) is layer
    assert layer.weight.dtype == np.float64
    assert layer.compile(mode="default") is None
    assert layer.float().weight.dtype == np.float32
