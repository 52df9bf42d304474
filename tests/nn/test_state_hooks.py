"""Hooks around state dicts, and state beyond tensors."""

import copy
import pickle

import numpy as np
import pytest

import fastnn
from fastnn import nn


class Counter(nn.Module):
    """A layer that counts its calls."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(fastnn.ones(2))
        self.calls = {"seen": 0}

    def forward(self, x):
        self.calls["seen"] += 1
        return x * self.weight

    def get_extra_state(self):
        return dict(self.calls)

    def set_extra_state(self, state):
        self.calls = dict(state)


def test_extra_state_goes_with_the_tensors():
    model = nn.Sequential(Counter(), nn.Linear(2, 2), Counter())
    model(fastnn.ones(1, 2))
    state = model.state_dict()
    assert list(state) == [
        "0.weight", "0._extra_state", "1.weight", "1.bias", "2.weight", "2._extra_state",
    ]  # fmt: skip
    other = nn.Sequential(Counter(), nn.Linear(2, 2), Counter())
    assert other.load_state_dict(state) == ([], [])
    assert other[0].calls == other[2].calls == {"seen": 1}


def test_extra_state_survives_a_file(tmp_path):
    model = Counter()
    model(fastnn.ones(2))
    fastnn.save(model.state_dict(), tmp_path / "state.safetensors")
    other = Counter()
    other.load_state_dict(fastnn.load(tmp_path / "state.safetensors"))
    assert other.calls == {"seen": 1}


def test_extra_state_is_missing_or_unexpected():
    state = {"weight": fastnn.zeros(2)}
    model = Counter()
    with pytest.raises(RuntimeError, match=r'Missing key\(s\) in state_dict: "_extra_state"'):
        model.load_state_dict(state)
    assert model.weight.tolist() == [1, 1]
    assert model.load_state_dict(state, strict=False).missing_keys == ["_extra_state"]
    with pytest.raises(RuntimeError, match=r'Unexpected key\(s\) in state_dict: "_extra_state"'):
        nn.PReLU(2).load_state_dict({"weight": fastnn.zeros(2), "_extra_state": 3})


def test_one_half_of_extra_state_is_an_error():
    class Half(nn.Module):
        def set_extra_state(self, state):
            pass

    with pytest.raises(RuntimeError, match="Half: define a method get_extra_state"):
        Half().state_dict()
    with pytest.raises(RuntimeError, match="Linear: define a method set_extra_state"):
        nn.Linear(1, 1).set_extra_state(None)


def test_hooks_are_called_around_state_dict():
    model, calls = nn.Sequential(nn.Linear(1, 1)), []
    handles = [
        model[0].register_state_dict_pre_hook(lambda *args: calls.append(("before", args[1:]))),
        model[0].register_state_dict_post_hook(
            lambda module, state, prefix, data: calls.append(("after", module, list(state), prefix))
        ),
        model.register_state_dict_post_hook(
            lambda module, state, prefix, data: state.update({"new": state.pop("0.bias")})
        ),
    ]
    assert list(model.state_dict()) == ["0.weight", "new"]
    assert calls == [
        ("before", ("0.", False)),
        ("after", model[0], ["0.weight", "0.bias"], "0."),
    ]
    for handle in handles:
        handle.remove()
    assert list(model.state_dict(prefix="a.")) == ["a.0.weight", "a.0.bias"]
    assert len(calls) == 2


def test_a_hook_before_loading_renames_keys():
    model = nn.Sequential(nn.Linear(2, 1))
    given = {"0.w": np.ones((1, 2), np.float32), "0.bias": np.ones(1, np.float32)}

    def rename(module, state, prefix, data, strict, missing, unexpected, errors):
        assert module is model[0]
        assert (strict, missing, unexpected, errors) == (True, [], [], [])
        state[prefix + "weight"] = state.pop(prefix + "w")

    model[0].register_load_state_dict_pre_hook(rename)
    assert model.load_state_dict(given) == ([], [])
    assert model[0].weight.tolist() == [[1, 1]]
    assert list(given) == ["0.w", "0.bias"]  # the caller's dict stays


def test_what_a_hook_before_loading_reports_is_an_error():
    model = nn.Linear(1, 1)
    before = model.weight.tolist()
    model.register_load_state_dict_pre_hook(lambda *args: args[-1].append("version 1 is too old."))
    with pytest.raises(
        RuntimeError, match="loading state_dict for Linear:\n\tversion 1 is too old"
    ):
        model.load_state_dict({"weight": np.zeros((1, 1)), "bias": np.zeros(1)})
    assert model.weight.tolist() == before


def test_a_hook_after_loading_forgives_keys():
    model, order = nn.Sequential(nn.Linear(1, 1)), []
    state = {"0.weight": fastnn.zeros(1, 1), "old": fastnn.zeros(1)}
    model[0].register_load_state_dict_post_hook(lambda module, keys: order.append(module))
    model.register_load_state_dict_post_hook(lambda module, keys: order.append(module))
    with pytest.raises(RuntimeError, match=r'"old"\.\n.*"0\.bias"'):
        model.load_state_dict(state)
    assert order == [model[0], model]
    model.register_load_state_dict_post_hook(
        lambda module, keys: [k.clear() for k in keys] and None
    )
    assert model.load_state_dict(state) == ([], [])
    with pytest.raises(RuntimeError, match=r"size mismatch for 0\.weight"):  # before any hook
        model.load_state_dict({"0.weight": fastnn.zeros(2, 2), "0.bias": fastnn.zeros(1)})
    assert len(order) == 4


def test_hooks_that_return_something_are_an_error():
    model = nn.Linear(1, 1)
    state = model.state_dict()
    handle = model.register_state_dict_post_hook(lambda *args: {})
    with pytest.raises(RuntimeError, match="must change the dict in place"):
        model.state_dict()
    handle.remove()
    model.register_load_state_dict_post_hook(lambda *args: {})
    with pytest.raises(RuntimeError, match="must return None"):
        model.load_state_dict(state)
    with pytest.raises(TypeError, match="a hook must be callable, got int"):
        model.register_state_dict_pre_hook(3)


def test_hooks_go_with_copies_and_leave_the_forward_pass_alone():
    model = nn.Sequential(nn.Linear(1, 1), nn.ReLU())
    model.register_state_dict_post_hook(remember)
    other = pickle.loads(pickle.dumps(copy.deepcopy(model)))
    assert "remembered" in other.state_dict()
    assert other._hooks is None


def remember(module, state, prefix, data):
    state["remembered"] = 1
