"""Whole models in files: what is made of them, and errors."""

import io
import json
import random
from itertools import pairwise

import numpy as np
import pytest

import fastnn
from fastnn import models, nn
from fastnn.nn import functional as F
from fastnn.serialization import registry
from fastnn.serialization.models import KEY
from fastnn.serialization.safetensors import header_of
from tests.onnx import cases

pytestmark = pytest.mark.any_threading

OWN = {"WithLengths", "Masked", "Parts"}  # modules of the cases that are not registered


def saved(model):
    file = io.BytesIO()
    fastnn.save_model(model, file)
    return file.getvalue()


def loaded(data):
    return fastnn.load_model(io.BytesIO(data))


def same(model, copy):
    assert type(model) is type(copy)
    assert repr(model) == repr(copy)
    state, other = model.state_dict(), copy.state_dict()
    assert list(state) == list(other)
    for name, x in state.items():
        assert x.dtype == other[name].dtype
        np.testing.assert_array_equal(x.numpy(), other[name].numpy())


@pytest.fixture
def register():
    """Registration that ends with the test."""
    before = dict(registry.classes), dict(registry.names)
    yield fastnn.register_model
    for table, old in zip((registry.classes, registry.names), before):
        table.clear()
        table.update(old)


CASES = [c for c in cases.CASES if type(c.make()).__name__ not in OWN and c.name != "folded"]


@pytest.mark.parametrize("case", CASES, ids=[f"{i}-{c.name}" for i, c in enumerate(CASES)])
def test_layers_and_models(case):
    model = case.make().eval()
    copy = loaded(saved(model))
    same(model, copy)
    arrays = tuple(map(fastnn.from_numpy, case.inputs(2)))
    for a, b in zip(flat(model(*arrays)), flat(copy(*arrays)), strict=True):
        np.testing.assert_array_equal(a, b)


def flat(result):
    if isinstance(result, (tuple, list)):
        return [x for part in result for x in flat(part)]
    return [] if result is None else [result.detach().numpy()]


def test_every_public_class_is_registered():
    for package, prefix in ((nn, "nn"), (models, "models")):
        for value in vars(package).values():
            if isinstance(value, type) and issubclass(value, nn.Module) and value is not nn.Module:
                assert registry.classes[registry.names[value]] is value
                assert registry.names[value].startswith((prefix, "nn"))


def test_what_was_replaced_is_kept():
    model = models.resnet18(num_classes=4)
    model.fc = nn.Sequential(nn.Linear(512, 8), nn.ReLU(), nn.Linear(8, 2))
    model.layer1[0].conv2 = nn.Conv2d(64, 64, 1)
    same(model, loaded(saved(model)))


def test_modes_types_and_frozen_parameters_are_kept():
    model = nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.25)).double()
    model[0].weight.requires_grad = False
    for training in (True, False):
        copy = loaded(saved(model.train(training)))
        assert copy.training is training is copy[1].training
        assert not copy[0].weight.requires_grad
        assert copy[0].bias.requires_grad
        assert copy[0].weight.dtype == np.float64


def test_functions_classes_and_numbers_are_arguments():
    layer = nn.TransformerEncoderLayer(8, 2, 16, activation=F.gelu)
    same(layer, loaded(saved(layer)))
    assert loaded(saved(layer)).activation is F.gelu
    net = models.ResNet(models.BasicBlock, [1, 1, 1, 1], 2, norm_layer=nn.BatchNorm2d)
    same(net, loaded(saved(net)))
    tanh = nn.Hardtanh(-float("inf"), 2.0)
    assert repr(loaded(saved(tanh))) == repr(tanh)


def test_random_numbers_are_not_drawn():
    model = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 2))
    fastnn.manual_seed(3)
    expected = fastnn.rand(4).tolist()
    fastnn.manual_seed(3)
    loaded(saved(model))
    assert fastnn.rand(4).tolist() == expected


def test_a_path_and_other_readers(tmp_path):
    path = tmp_path / "model.safetensors"
    model = nn.Linear(3, 2)
    fastnn.save_model(model, path)
    same(model, fastnn.load_model(path))
    assert list(fastnn.load(path)) == ["weight", "bias"]
    with pytest.raises(FileNotFoundError):
        fastnn.load_model(tmp_path / "none")


def test_classes_of_a_program(register):
    class Net(nn.Module):
        def __init__(self, sizes, *, scale=1.0):
            super().__init__()
            self.layers = nn.ModuleList([nn.Linear(a, b) for a, b in pairwise(sizes)])
            self.scale = scale

        def forward(self, x):
            for layer in self.layers:
                x = layer(x) * self.scale
            return x

    model = Net([3, 4, 2], scale=0.5)
    with pytest.raises(TypeError, match=r"the model is of class .*Net, which is not registered"):
        saved(model)
    with pytest.raises(TypeError, match=r"save_model: 0 is of class .*Net, which is not"):
        saved(nn.Sequential(model))
    register(Net)
    with pytest.raises(TypeError, match=r"was made before its class, .*Net, was registered"):
        saved(model)
    model = Net([3, 4, 2], scale=0.5)
    data = saved(nn.Sequential(model, nn.ReLU()))
    copy = loaded(data)
    assert copy[0].scale == 0.5
    x = fastnn.ones(1, 3)
    assert copy(x).tolist() == nn.functional.relu(model(x)).tolist()
    del registry.classes["Net"]
    with pytest.raises(
        ValueError,
        match=r"^load_model: cannot read the BytesIO: its model has the "
        r"class 'Net', which is not registered",
    ):
        loaded(data)


def test_names_of_classes(register):
    class Net(nn.Module):
        pass

    assert register(name="my.Net")(Net) is Net
    assert registry.classes["my.Net"] is Net
    with pytest.raises(ValueError, match=r"'nn\.Linear' is fastnn\.nn\.linear\.Linear already"):
        register(name="nn.Linear")(Net)
    with pytest.raises(TypeError, match=r"expected a class of modules, got int"):
        register(int)


class Subclass(nn.Linear):
    """Of a registered class, but not registered."""


def test_what_cannot_be_saved(register):
    class Scaled(nn.Module):
        def __init__(self, factor):
            super().__init__()

    register(Scaled)
    with pytest.raises(TypeError, match=r"save_model: the model: argument 1 is of class Tensor"):
        saved(Scaled(fastnn.ones(3)))
    relu = nn.ReLU()
    with pytest.raises(ValueError, match=r"1 was removed .*, or is the same module as another"):
        saved(nn.Sequential(relu, relu))
    tied = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    tied[1].weight = tied[0].weight
    with pytest.raises(ValueError, match=r"1\.weight and another parameter were made one"):
        saved(tied)
    with pytest.raises(ValueError, match=r"the argument 8000, larger than any axis"):
        saved(nn.Unflatten(1, (8000, 2)))
    with pytest.raises(TypeError, match=r"is of class Subclass, which is not registered"):
        saved(Subclass(2, 3))
    with pytest.raises(TypeError, match=r"model must be a Module, got dict"):
        saved({})
    changed = nn.Sequential(nn.Dropout(0.5))
    changed[0].p = 0.25
    with pytest.raises(ValueError, match=r"save_model: 0, Dropout\(p=0\.25.*were changed after"):
        saved(changed)
    larger = nn.Linear(2, 3)
    larger.weight = nn.Parameter(fastnn.ones(3, 5))
    with pytest.raises(ValueError, match=r"save_model: weight is not what the arguments"):
        saved(larger)
    folded = models.fold_norms(models.BasicBlock(4, 4).eval())
    with pytest.raises(ValueError, match=r"conv1.*attributes were changed after it was made"):
        saved(folded)


def test_a_file_is_not_touched_by_an_error(tmp_path):
    path = tmp_path / "model"
    path.write_bytes(b"before")
    with pytest.raises(TypeError):
        fastnn.save_model(Subclass(2, 3), path)
    assert path.read_bytes() == b"before"


def with_text(data, change):
    """A file whose text about the model is changed."""
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    whole = json.loads(header["__metadata__"][KEY])
    text = change(whole)
    if text is None:
        del header["__metadata__"][KEY]
    else:
        header["__metadata__"][KEY] = text if isinstance(text, str) else json.dumps(text)
    encoded = json.dumps(header).encode()
    return len(encoded).to_bytes(8, "little") + encoded + data[8 + length :]


def model_of(**config):
    return lambda whole: {**whole, "model": {**whole["model"], **config}}


DAMAGED = [
    (lambda w: None, r"it has no model; fastnn\.load reads what is in it"),
    (lambda w: {**w, "version": 0}, r"version 0 of the format; this fastnn reads 1"),
    (lambda w: {**w, "version": 2}, r"version 2 of the format; this fastnn reads 1"),
    (lambda w: "[", r"its header is no JSON"),
    (lambda w: [], r"has no version"),
    (lambda w: {"version": 1}, r"has the keys"),
    (model_of(**{"class": "os.system"}), r"the class 'os\.system', which is not registered"),
    (model_of(**{"class": "nn.Tanh"}), r"nn\.Tanh with arguments that do not fit"),
    (model_of(args=[3, 10**9]), r"the argument 1000000000, larger than any axis"),
    (model_of(args=[3, "a"]), r"nn\.Linear with arguments that do not fit"),
    (model_of(args=[3]), r"nn\.Linear with arguments that do not fit"),
    (model_of(args=[4, 2]), r"its weights are not those of its model"),
    (
        model_of(kwargs={"bias": {"$eval": "1"}}),
        r"the argument {'\$eval': '1'}, which is not known",
    ),
    (model_of(kwargs={"activation": {"$function": "exec"}}), r"'\$function': 'exec'"),
    (
        lambda w: {**model_of(modules={"x": {"class": "nn.ReLU"}})(w), "modules": 2},
        r"a module 'x' in nn\.Linear, which has none",
    ),
    (model_of(evil=1), r"no class with arguments"),
    (lambda w: {**w, "frozen": ["q"]}, r"no parameter 'q'"),
    (lambda w: {**w, "modules": 0}, r"its model makes more than 0 modules"),
]


@pytest.mark.parametrize(("change", "text"), DAMAGED, ids=[t for _, t in DAMAGED])
def test_damaged_texts(change, text):
    data = with_text(saved(nn.Linear(3, 2)), change)
    with pytest.raises(ValueError, match=rf"^load_model: cannot read the BytesIO: .*{text}"):
        loaded(data)


def test_many_modules_are_not_made():
    block = {"$class": "models.BasicBlock"}
    config = {"class": "models.ResNet", "args": [block, [4000] * 4]}
    data = with_text(saved(nn.Linear(3, 2)), lambda w: {**w, "model": config, "modules": 10**9})
    with pytest.raises(ValueError, match=r"its model makes more than \d+ modules"):
        loaded(data)


def test_weights_alone_are_no_model():
    file = io.BytesIO()
    fastnn.save(nn.Linear(3, 2).state_dict(), file)
    with pytest.raises(ValueError, match=r"it has no model"):
        loaded(file.getvalue())
    header, _ = header_of({}, {})
    with pytest.raises(ValueError, match=r"it has no model"):
        loaded(header)


def test_random_changes_of_the_text():
    """Each is a model, or a ValueError."""
    rng = random.Random(0)
    model = nn.Sequential(
        nn.Linear(3, 2), nn.LSTM(2, 3, bidirectional=True), nn.Unflatten(1, (2, 3))
    )
    data = saved(model)
    good = 0
    for _ in range(1500):

        def change(whole):
            text = list(json.dumps(whole))
            for _ in range(rng.choice([1, 1, 2, 5])):
                at = rng.randrange(len(text))
                text[at] = rng.choice('0123456789-{}[]":,$aelnrtu.') if rng.random() < 0.7 else ""
            return "".join(text)

        try:
            loaded(with_text(data, change))
            good += 1
        except ValueError as error:
            if not str(error).startswith("load_model: cannot read the BytesIO: "):
                raise
    assert 0 < good < 1500


def test_state_beyond_tensors_is_kept(tmp_path):
    @fastnn.register_model
    class Seen(nn.Module):
        def __init__(self, size):
            super().__init__()
            self.weight = nn.Parameter(fastnn.ones(size))
            self.seen = 0

        def get_extra_state(self):
            return {"seen": self.seen}

        def set_extra_state(self, state):
            self.seen = state["seen"]

    model = nn.Sequential(Seen(3))
    model[0].seen = 7
    fastnn.save_model(model, tmp_path / "model.safetensors")
    assert fastnn.load_model(tmp_path / "model.safetensors")[0].seen == 7
    model[0].get_extra_state = dict
    fastnn.save_model(model, tmp_path / "model.safetensors")
    with pytest.raises(ValueError, match="its weights are not those of its model: 'seen'"):
        fastnn.load_model(tmp_path / "model.safetensors")
