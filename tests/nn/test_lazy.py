"""Lazy layers are, after their first call, the layers that they stand for."""

import copy
import pickle

import numpy as np
import pytest

import fastnn
from fastnn import nn, optim

AXES = {1: (9,), 2: (9, 8), 3: (5, 6, 4)}

# A lazy layer's class, arguments, the size that its input has, the input's shape.
CASES = [
    ("Linear", (3,), {}, 5, (2, 4, 5)),
    ("Linear", (3, False), {"activation": "relu"}, 5, (5,)),
    *[(f"Conv{d}d", (6, 3), {"groups": 2}, 4, (2, 4, *AXES[d])) for d in AXES],
    *[(f"Conv{d}d", (6, 3), {"padding_mode": "circular"}, 4, (4, *AXES[d])) for d in (1, 2)],
    *[(f"ConvTranspose{d}d", (6, 3, 2), {"groups": 2}, 4, (2, 4, *AXES[d])) for d in AXES],
    ("ConvTranspose2d", (6, 3), {"bias": False}, 4, (4, *AXES[2])),
    *[(f"BatchNorm{d}d", (), {"momentum": 0.3}, 4, (2, 4, *AXES[d])) for d in AXES],
    ("BatchNorm1d", (), {"affine": False}, 4, (6, 4)),
    ("BatchNorm2d", (), {"track_running_stats": False, "bias": False}, 4, (2, 4, *AXES[2])),
    *[(f"InstanceNorm{d}d", (), {}, 4, (2, 4, *AXES[d])) for d in AXES],
    ("InstanceNorm2d", (), {"affine": False}, 4, (4, *AXES[2])),
]
LAYERS = [f"Lazy{kind}" for kind in dict.fromkeys(case[0] for case in CASES)]
TRACKED = {"affine": True, "track_running_stats": True}


def eager(kind, args, options, size):
    """The layer whose size is known."""
    usual = TRACKED if kind.startswith("Instance") else {}
    return getattr(nn, kind)(size, *args, **{**usual, **options})


def numbers(shape, dtype="float32"):
    return fastnn.tensor(np.random.default_rng(3).standard_normal(shape), dtype=dtype)


def same(a, b):
    """Whether two modules have the same tensors and text."""
    found, wanted = a.state_dict(), b.state_dict()
    return (
        repr(a) == repr(b)
        and list(found) == list(wanted)
        and all(
            found[k].dtype == wanted[k].dtype and np.array_equal(found[k], wanted[k]) for k in found
        )
    )


@pytest.mark.parametrize(("kind", "args", "options", "size", "shape"), CASES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_first_call_makes_the_layer_of_that_size(kind, args, options, size, shape, dtype):
    lazy = getattr(nn, f"Lazy{kind}")(*args, **options).to(getattr(fastnn, dtype))
    assert lazy.has_uninitialized_params() or not list(lazy.parameters())
    held = dict(lazy.named_parameters())
    x = numbers(shape, dtype)
    fastnn.manual_seed(5)
    y = lazy(x)
    drawn = fastnn.rand(1)
    fastnn.manual_seed(5)
    layer = eager(kind, args, {**options, "dtype": dtype}, size)
    want = layer(x)
    assert type(lazy) is type(layer) is getattr(nn, kind)
    assert np.array_equal(y.detach(), want.detach())
    assert np.array_equal(fastnn.rand(1), drawn)
    assert same(lazy, layer)
    assert all(p is held[name] for name, p in lazy.named_parameters())
    assert {type(p) for p in lazy.parameters()} <= {nn.Parameter}
    assert vars(lazy).keys() == vars(layer).keys()
    assert np.array_equal(lazy(x).detach(), layer(x).detach())


@pytest.mark.parametrize("name", LAYERS)
def test_nothing_is_drawn_before(name):
    args = {"LazyLinear": (3,)}.get(name, (6, 3) if "Conv" in name else ())
    fastnn.manual_seed(1)
    want = fastnn.rand(1)
    fastnn.manual_seed(1)
    layer = getattr(nn, name)(*args)
    layer.reset_parameters()
    assert np.array_equal(fastnn.rand(1), want)
    assert repr(layer).startswith(name + ("(in_features=0" if name == "LazyLinear" else "(0,"))


@pytest.mark.parametrize("kind", ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "NAdam", "RAdam"])
def test_an_optimizer_may_hold_the_parameters_before(kind):
    x, t = numbers((8, 5)), numbers((8, 2))

    def trained(model, optimizer):
        for _ in range(3):
            optimizer.zero_grad()
            nn.functional.mse_loss(model(x), t).backward()
            optimizer.step()
        return model

    lazy = nn.Sequential(nn.LazyLinear(4), nn.Tanh(), nn.LazyBatchNorm1d(), nn.LazyLinear(2))
    early = getattr(optim, kind)(lazy.parameters(), lr=0.01)
    fastnn.manual_seed(2)
    trained(lazy, early)
    fastnn.manual_seed(2)
    plain = nn.Sequential(nn.Linear(5, 4), nn.Tanh(), nn.BatchNorm1d(4), nn.Linear(4, 2))
    assert same(lazy, trained(plain, getattr(optim, kind)(plain.parameters(), lr=0.01)))


def test_a_layer_and_the_activation_behind_it_are_fused():
    for lazy in (nn.LazyLinear(3), nn.LazyConv2d(3, 1), nn.LazyBatchNorm2d()):
        x = numbers((2, 3, 4, 4))
        if isinstance(lazy, nn.LazyLinear):
            x = x.flatten(1)
        model = nn.Sequential(lazy, nn.ReLU())
        seen = []
        y = model(x)
        assert np.array_equal(y.detach(), nn.functional.relu(model[0](x)).detach())
        model[0].register_forward_hook(lambda m, args, out, seen=seen: seen.append(type(m)))
        model(x)
        assert seen == [type(model[0])]
        assert not seen[0].__name__.startswith("Lazy")


def model():
    return nn.Sequential(nn.LazyConv2d(4, 3), nn.LazyBatchNorm2d(), nn.Flatten(), nn.LazyLinear(2))


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_copies_are_lazy(copied):
    lazy = model().double()
    lazy[0].weight.requires_grad_(False)
    other = copied(lazy)
    assert repr(other) == repr(lazy)
    assert [p.dtype for p in other.parameters()] == [np.float64] * 6
    assert not other[0].weight.requires_grad
    assert other[0].bias.requires_grad
    assert not {id(p) for p in lazy.parameters()} & {id(p) for p in other.parameters()}
    other(numbers((2, 3, 5, 5), "float64"))
    assert not other[0].weight.requires_grad
    assert other[0].bias.requires_grad
    assert lazy[0].has_uninitialized_params()
    assert not isinstance(other[0], nn.LazyConv2d)
    assert repr(copied(other)) == repr(other)


def test_a_state_dict_gives_values():
    full = model()
    x = numbers((2, 3, 5, 5))
    want = full.eval()(x)
    lazy = model().eval()
    held = list(lazy.parameters())
    assert lazy.load_state_dict(full.state_dict()) == ([], [])
    assert all(a is b for a, b in zip(held, lazy.parameters()))
    assert not lazy[0].has_uninitialized_params()
    assert lazy[0].weight is not full[0].weight
    fastnn.manual_seed(1)
    first = fastnn.rand(1)
    fastnn.manual_seed(1)
    assert np.array_equal(lazy(x).detach(), want.detach())
    assert np.array_equal(fastnn.rand(1), first)  # no number was drawn
    assert same(lazy, full)


def test_a_part_of_a_state_keeps_its_values_and_the_rest_is_drawn():
    layer = nn.LazyLinear(3)
    weight = numbers((3, 5))
    assert layer.load_state_dict({"weight": weight}, strict=False).missing_keys == ["bias"]
    assert layer.has_uninitialized_params()
    layer(numbers((2, 5)))
    assert np.array_equal(layer.weight.detach(), weight)
    assert (layer.bias.abs() <= 5**-0.5).all()
    assert layer.bias.any()


def test_a_state_without_values():
    lazy = model()
    state = lazy.state_dict()
    assert repr(state["0.weight"]) == "<UninitializedParameter>"
    assert repr(state["1.running_mean"]) == "<UninitializedBuffer>"
    assert model().load_state_dict(state) == ([], [])
    with pytest.raises(RuntimeError, match="weight has no value in the state: its lazy layer had"):
        nn.Linear(2, 3).load_state_dict(nn.LazyLinear(3).state_dict())
    layer = nn.LazyLinear(3)
    with pytest.raises(RuntimeError, match="dtype mismatch for bias: cannot copy complex64 into"):
        layer.load_state_dict({"weight": np.zeros((3, 2)), "bias": np.zeros(3, np.complex64)})
    assert len([p for p in layer.parameters() if "<Unin" in repr(p)]) == 2  # nothing has changed


@pytest.mark.parametrize(
    "use",
    [
        lambda p: p.shape,
        lambda p: p.numel(),
        lambda p: len(p),
        lambda p: p + 1,
        lambda p: fastnn.relu(p),
        lambda p: p.sum(),
        lambda p: p.numpy(force=True),
        lambda p: nn.init.zeros_(p),
        lambda p: p.data,
        lambda p: fastnn.cat([p, p]),
        lambda p: fastnn.nn.functional.linear(fastnn.zeros(2, 3), p),
        lambda p: p[0],
    ],
)
@pytest.mark.parametrize("kind", [nn.UninitializedParameter, nn.UninitializedBuffer])
def test_use_before_the_first_call(use, kind):
    match = f"{kind.__name__}: there are no values and no shape yet; call the module that has it"
    with pytest.raises(RuntimeError, match=match):
        use(kind())


def test_what_a_tensor_without_values_has():
    p = nn.UninitializedParameter(dtype=fastnn.float64)
    assert (p.dtype, p.requires_grad, p.grad, p.is_leaf) == (np.float64, True, None, True)
    assert isinstance(p, nn.Parameter)
    assert isinstance(nn.UninitializedBuffer(), nn.Buffer)
    assert p in {p}
    assert p.detach() is p
    p.materialize((2, 3))
    assert (type(p), p.shape, p.dtype, p.requires_grad) == (nn.Parameter, (2, 3), np.float64, True)
    assert "_dtype" not in vars(p)
    b = nn.UninitializedBuffer(persistent=False)
    assert not copy.deepcopy(b).persistent
    b.materialize(3, dtype=fastnn.int64)
    assert (type(b), b.shape, b.dtype, b.persistent) == (nn.Buffer, (3,), np.int64, False)
    with pytest.raises(AttributeError, match="'UninitializedParameter' object has no attribute"):
        nn.UninitializedParameter().wieght  # noqa: B018
    with pytest.raises(RuntimeError, match="requires_grad: only floating point"):
        nn.UninitializedParameter(dtype=fastnn.int64)
    with pytest.raises(RuntimeError, match="UninitializedParameter"):
        nn.UninitializedParameter(device="cuda")


@pytest.mark.parametrize(
    ("layer", "x", "kind", "text"),
    [
        (nn.LazyLinear(3), fastnn.zeros(()), ValueError, "LazyLinear `0`: input's last dimension"),
        (nn.LazyLinear(3), fastnn.zeros(2, 3).long(), TypeError, "got int64; input.float() conv"),
        (nn.LazyLinear(3), "words", TypeError, "LazyLinear `0`: input must be a tensor or an arr"),
        (
            nn.LazyConv2d(3, 3),
            fastnn.zeros(2, 3),
            ValueError,
            "LazyConv2d `0`: input must have shape (N, in_channels, H, W) or (in_channels, H, W), "
            "got (2, 3)",
        ),
        (nn.LazyConv2d(4, 3, groups=2), fastnn.zeros(3, 9, 9), ValueError, "groups must divide in"),
        (nn.LazyBatchNorm1d(), fastnn.zeros(4), ValueError, "(N, num_features) or (N, num_f"),
    ],
)
def test_an_input_that_is_refused_leaves_the_layer_lazy(layer, x, kind, text):
    before = fastnn.get_rng_state()
    with pytest.raises(kind) as error:
        nn.Sequential(layer)(x)
    assert text in str(error.value)
    assert layer.has_uninitialized_params()
    assert type(layer).__name__.startswith("Lazy")
    assert pickle.dumps(fastnn.get_rng_state()) == pickle.dumps(before)


def test_a_loaded_state_and_an_input_that_differ():
    layer = nn.LazyLinear(3)
    layer.load_state_dict(nn.Linear(4, 3).state_dict())
    text = "weight of in_features=5, the size of the input, has shape (3, 5), got (3, 4) from a st"
    with pytest.raises(ValueError, match=text.replace("(", r"\(").replace(")", r"\)")):
        layer(fastnn.zeros(2, 5))
    assert layer(fastnn.zeros(2, 4)).shape == (2, 3)


def test_arguments_that_are_missing():
    with pytest.raises(TypeError, match="LazyLinear: missing a required argument: 'out_features'"):
        nn.LazyLinear()
    with pytest.raises(RuntimeError, match="LazyLinear"):
        nn.LazyLinear(3, device="cuda")


def test_a_summary_counts_what_the_first_run_made():
    assert "18 learnt" in str(nn.Sequential(nn.LazyLinear(3)).summary(2, 5))


@pytest.mark.parametrize(("kind", "args", "options", "size", "shape"), CASES)
def test_lazy_layers_match_torch(kind, args, options, size, shape):
    torch = pytest.importorskip("torch", reason="PyTorch, the second reference, is not installed")
    options = {k: v for k, v in options.items() if k != "activation"}
    ours = getattr(nn, f"Lazy{kind}")(*args, **options)
    theirs = getattr(torch.nn, f"Lazy{kind}")(*args, **options)
    assert repr(ours) == repr(theirs)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    if kind == "InstanceNorm2d" and len(shape) == 3:
        return  # PyTorch takes the number of channels from the wrong axis
    x = np.random.default_rng(1).standard_normal(shape).astype(np.float32)
    theirs(torch.from_numpy(x))
    ours(fastnn.from_numpy(x))
    assert repr(ours) == repr(theirs)
    assert {k: tuple(v.shape) for k, v in ours.state_dict().items()} == {
        k: tuple(v.shape) for k, v in theirs.state_dict().items()
    }
