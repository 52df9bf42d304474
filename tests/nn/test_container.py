"""Containers of modules and parameters."""

import pytest

import fastnn
from fastnn import nn


def test_sequential():
    m = nn.Sequential(nn.Flatten(), nn.Identity(), nn.Unflatten(1, (2, 3)))
    assert m(fastnn.zeros(4, 3, 2)).shape == (4, 2, 3)
    assert len(m) == 3
    assert isinstance(m[-1], nn.Unflatten)
    assert [n for n, _ in m[1:].named_children()] == ["1", "2"]
    m.append(nn.Flatten()).insert(0, nn.Identity())
    assert [type(x).__name__ for x in m] == [
        "Identity",
        "Flatten",
        "Identity",
        "Unflatten",
        "Flatten",
    ]
    del m[1:4]
    assert [n for n, _ in m.named_children()] == ["0", "1"]
    m[0] = nn.Flatten(2)
    assert m(fastnn.zeros(2, 3, 4, 5)).shape == (2, 60)
    assert len(m + m) == 4
    with pytest.raises(IndexError, match="Sequential: index 2 is out of range for 2"):
        m[2]


def test_sequential_with_names():
    m = nn.Sequential({"flat": nn.Flatten(), "same": nn.Identity()})
    assert m.flat is m[0]
    with pytest.raises(TypeError, match="add_module: expected a Module, got int"):
        nn.Sequential(nn.Flatten(), 3)


def test_module_list():
    m = nn.ModuleList([nn.Identity()])
    m.extend([nn.Flatten(), nn.Flatten(2)])
    assert len(m[1:]) == 2
    assert isinstance(m[1:], nn.ModuleList)
    assert [type(x) for x in m] == [nn.Identity, nn.Flatten, nn.Flatten]
    with pytest.raises(NotImplementedError):
        m(1)


def test_module_dict():
    m = nn.ModuleDict({"a": nn.Identity()})
    m["b"] = nn.Flatten()
    m["a"] = nn.Flatten()
    assert list(m) == list(m.keys()) == ["a", "b"]
    assert [type(x) for x in m.values()] == [nn.Flatten] * 2
    assert isinstance(dict(m.items())["a"], nn.Flatten)
    assert "b" in m
    m.pop("b")
    del m["a"]
    assert len(m) == 0
    with pytest.raises(KeyError):
        m["a"]


def test_parameter_list():
    m = nn.ParameterList([fastnn.ones(2)])
    m.append(nn.Parameter(fastnn.zeros(3)))
    assert [p.shape for p in m] == [(2,), (3,)]
    assert list(m.state_dict()) == ["0", "1"]
    m[0] = fastnn.zeros(4)
    assert isinstance(m[-2], nn.Parameter)
    assert repr(m) == "ParameterList(\n  (0): float32 (4,)\n  (1): float32 (3,)\n)"


def test_parameter_dict():
    values = nn.ParameterDict({"a": fastnn.ones(2)})
    values["b"] = fastnn.zeros(3)
    assert list(values) == list(values.keys()) == ["a", "b"]
    assert [name for name, _ in values.named_parameters()] == ["a", "b"]
    assert all(isinstance(p, nn.Parameter) for p in values.values())
    assert "a" in values
    assert values.get("c") is None
    assert values.setdefault("c", fastnn.ones(1)) is values["c"]
    assert repr(values) == (
        "ParameterDict(\n  (a): float32 (2,)\n  (b): float32 (3,)\n  (c): float32 (1,)\n)"
    )
    a = values.pop("a")
    assert a.shape == (2,)
    assert values.popitem()[0] == "c"
    assert (values | nn.ParameterDict([("a", a)]))["a"] is a
    values |= nn.ParameterDict({"d": a})
    assert len(values) == 2
    del values["d"]
    with pytest.raises(KeyError):
        values["d"]
    values.clear()
    assert list(values.items()) == []


def test_containers_are_added():
    a, b, c = nn.ReLU(), nn.Tanh(), nn.Sigmoid()
    layers = nn.ModuleList([a])
    same = layers
    layers += [b]
    assert layers is same
    assert list(layers) == [a, b]
    assert list(layers + nn.ModuleList([c])) == [a, b, c]
    assert len(layers) == 2
    layers += layers
    assert list(layers) == [a, b, a, b]
    assert list(nn.Sequential(a) + nn.Sequential(b)) == [a, b]
    weights = nn.ParameterList([nn.Parameter(fastnn.ones(1))])
    weights += [nn.Parameter(fastnn.zeros(1))]
    assert [w.item() for w in weights] == [1, 0]
