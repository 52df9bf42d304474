"""Files that PyTorch writes are read as PyTorch reads them, and ours by its safetensors readers."""

import io
import math
import warnings
from collections import OrderedDict

import numpy as np
import pytest

import fastnn
from fastnn import nn

torch = pytest.importorskip("torch", reason="PyTorch, the second reference, is not installed")
pytestmark = pytest.mark.any_threading


def read(value, **options):
    """A value that PyTorch saved, as PyTorch and fastnn read it."""
    file = io.BytesIO()
    torch.save(value, file, **options)
    theirs = torch.load(io.BytesIO(file.getvalue()), weights_only=True)
    return theirs, fastnn.load(io.BytesIO(file.getvalue()))


def same(theirs, ours):
    """Equal values, with the bits of tensors."""
    if isinstance(theirs, torch.Tensor):
        assert isinstance(ours, nn.Parameter) == isinstance(theirs, torch.nn.Parameter)
        assert ours.requires_grad == theirs.requires_grad
        assert ours.shape == tuple(theirs.shape)
        assert ours.stride() == theirs.stride() or theirs.numel() < 2
        assert str(ours.dtype) == str(theirs.dtype).removeprefix("torch.")
        plain = theirs.detach().contiguous().reshape(-1).view(torch.uint8)
        assert np.ascontiguousarray(ours._array).tobytes() == plain.numpy().tobytes()
    elif isinstance(theirs, dict):
        assert type(ours) is type(theirs)
        assert [*ours] == [*theirs]
        for key in theirs:
            same(theirs[key], ours[key])
    elif isinstance(theirs, (list, tuple)):
        assert len(ours) == len(theirs)
        for a, b in zip(theirs, ours):
            same(a, b)
    elif isinstance(theirs, float) and math.isnan(theirs):
        assert math.isnan(ours)
    elif isinstance(theirs, (torch.dtype, torch.device)):
        assert str(ours) == str(theirs).removeprefix("torch.")
    else:
        assert ours == theirs
        assert type(ours) is type(theirs)


INTEGERS = ["uint8", "int8", "int16", "int32", "int64", "uint16", "uint32", "uint64"]
TYPES = ["bool", *INTEGERS, "float16", "float32", "float64", "complex64", "complex128"]


@pytest.mark.parametrize("name", TYPES)
def test_every_type(name):
    x = torch.arange(6).reshape(2, 3).to(getattr(torch, name))
    same(*read([x, x.T, x[1], x[:, 1:], x[1, 2], torch.zeros(2, 0, 3, dtype=x.dtype)]))


@pytest.mark.parametrize("name", ["bfloat16", "float8_e4m3fn", "float8_e5m2"])
def test_types_of_ml_dtypes(name):
    pytest.importorskip("ml_dtypes", reason="ml_dtypes is not installed")
    same(*read([torch.arange(6.0).to(getattr(torch, name)).reshape(2, 3)]))


def test_views_and_parameters():
    x = torch.arange(24.0).reshape(2, 3, 4)
    parameter = torch.nn.Parameter(torch.ones(3))
    values = [x, x[1], x[:, ::2], x.permute(2, 0, 1), x[0, 0].expand(5, 4), parameter, parameter]
    values += [torch.nn.Parameter(torch.ones(2), False), torch.ones(2, requires_grad=True)]
    values += [torch.zeros(1, 3, 4, 4).to(memory_format=torch.channels_last)]
    theirs, ours = read(values)
    same(theirs, ours)
    ours[0][1] = 0.0
    assert ours[1].sum().item() == 0.0
    assert ours[5] is ours[6]


def test_plain_values():
    loop = [1]
    loop.append(loop)
    value = {
        "numbers": [0, 255, 256, -1, 2**31, -(2**80), 0.5, math.nan, -math.inf, 1 - 2j],
        "text": ["", "é", "\ud800", "long " * 100],
        "others": [None, True, b"\0\xff", (), (1,), (1, 2, 3, 4, 5), {1, 2}],
        "ordered": OrderedDict(a=1),
        ("a", 1): torch.float32,
        "size": torch.Size([1, 2]),
        3: torch.device("cpu"),
        "many": list(range(3000)),
        "more": {f"k{i}": i for i in range(2500)},
    }
    same(*read(value))
    file = io.BytesIO()
    torch.save(loop, file)
    ours = fastnn.load(io.BytesIO(file.getvalue()))
    assert ours[1] is ours


def test_a_checkpoint_of_a_training_run(tmp_path):
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.LSTM(4, 2))
    optimizer = torch.optim.Adam(model.parameters(), 0.01)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 3)
    for _ in range(2):
        model(torch.randn(5, 3))[0].sum().backward()
        optimizer.step()
        schedule.step()
    value = {
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "schedule": schedule.state_dict(),
        "random": torch.get_rng_state(),
        "epoch": 2,
    }
    torch.save(value, tmp_path / "x.pt")
    for mmap in (False, True):
        ours = fastnn.load(tmp_path / "x.pt", map_location="cpu", mmap=mmap)
        same(value, ours)
        assert ours["model"]._metadata == value["model"]._metadata
    mine = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.LSTM(4, 2))
    mine.load_state_dict(ours["model"])
    same(model.state_dict(), OrderedDict(mine.state_dict()))
    adam = fastnn.optim.Adam(mine.parameters(), 0.01)
    adam.load_state_dict(ours["optimizer"])
    steps = fastnn.optim.lr_scheduler.StepLR(adam, 3)
    steps.load_state_dict(ours["schedule"])
    assert steps.get_last_lr() == [0.01]


def test_without_checksums():
    before = torch.serialization.get_crc32_options()
    torch.serialization.set_crc32_options(False)
    try:
        same(*read({"w": torch.ones(3)}))
    finally:
        torch.serialization.set_crc32_options(before)


def test_the_format_before_version_1_6():
    file = io.BytesIO()
    torch.save({"w": torch.ones(2)}, file, _use_new_zipfile_serialization=False)
    with pytest.raises(ValueError, match=r"format before version 1\.6"):
        fastnn.load(io.BytesIO(file.getvalue()))


def test_another_protocol():
    file = io.BytesIO()
    torch.save({"w": torch.ones(2)}, file, pickle_protocol=4)
    with pytest.raises(ValueError, match="another protocol than 2"):
        fastnn.load(io.BytesIO(file.getvalue()))


def test_what_is_refused():
    for value, name in [
        (torch.nn.Linear(2, 2), r"torch\.nn\.modules\.linear\.Linear"),
        ({"x": np.ones(2)}, r"numpy\._?core\.multiarray\._reconstruct"),
        ({"x": torch.ones(2).to_sparse()}, r"torch\._utils\._rebuild_sparse_tensor"),
    ]:
        file = io.BytesIO()
        torch.save(value, file)
        with pytest.raises(ValueError, match=f"it needs {name}"):
            fastnn.load(io.BytesIO(file.getvalue()))


def test_compiled_programs_are_refused():
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.jit.save(torch.jit.trace(torch.nn.Linear(2, 2), torch.ones(1, 2)), file)
    with pytest.raises(ValueError, match="load: cannot read the BytesIO: "):
        fastnn.load(io.BytesIO(file.getvalue()))
