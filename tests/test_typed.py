"""PyTorch's constructors of one type, sizes, and questions about tensors."""

import copy
import pickle

import numpy as np
import pytest

import fastnn
from fastnn import typed

pytestmark = pytest.mark.any_threading

NAMES = {
    "BoolTensor": np.bool_,
    "ByteTensor": np.uint8,
    "CharTensor": np.int8,
    "DoubleTensor": np.float64,
    "FloatTensor": np.float32,
    "HalfTensor": np.float16,
    "IntTensor": np.int32,
    "LongTensor": np.int64,
    "ShortTensor": np.int16,
}


def test_all_constructors_are_in_the_table():
    assert set(typed.__all__) == set(NAMES) == set(fastnn.dtypes.LEGACY)
    assert {n: getattr(fastnn, n).dtype for n in NAMES} == fastnn.dtypes.LEGACY


@pytest.mark.parametrize("name", NAMES)
def test_a_constructor(name):
    make, dtype = getattr(fastnn, name), np.dtype(NAMES[name])
    for sizes in ((2, 3), (fastnn.zeros(2, 3).shape,), (fastnn.ones(2, 3).size(),)):
        assert (make(*sizes).shape, make(*sizes).dtype) == ((2, 3), dtype)
    assert make().shape == (0,)
    for data in ([1, 0], (1, 0), np.array([1.0, 0.0]), fastnn.tensor([1, 0])):
        x = make(data)
        assert (x.tolist(), x.dtype) == ([1, 0], dtype)
        assert isinstance(x, make)
    assert [n for n in NAMES if isinstance(x, getattr(fastnn, n))] == [name]
    assert not isinstance(np.zeros(2, dtype), make)
    assert make(2, device="cpu").shape == (2,)
    with pytest.raises(RuntimeError, match=f"^{name}: device must be 'cpu'"):
        make(2, device="cuda")
    for wrong in ((1.5,), (True,), ([1], [2]), (2, "a")):
        with pytest.raises(TypeError, match=f"^{name}: expected sizes or"):
            make(*wrong)
    with pytest.raises(ValueError, match=f"^{name}: sizes must not be negative"):
        make(-1)
    with pytest.raises(MemoryError, match=f"^{name}: shape"):
        make(2**62, 2**62)


@pytest.mark.parametrize("name", NAMES)
def test_conversions_by_name(name):
    dtype = np.dtype(NAMES[name])
    x = fastnn.tensor([1, 0])
    for kind in (getattr(fastnn, name), name, f"torch.{name}", f"fastnn.{name}", dtype):
        assert x.type(kind).dtype == dtype
    assert x.type(dtype).type() == f"torch.{name}" == fastnn.typename(x.type(dtype))
    assert fastnn.ones(2).type(x.type(name).type()).dtype == dtype
    for wrong in (f"torch.cuda.{name}", "torch.NoTensor"):
        with pytest.raises(ValueError, match="type: expected a type of the CPU"):
            x.type(wrong)


def test_a_constructor_shares_the_memory_of_a_tensor_of_its_type():
    x = fastnn.ones(2, requires_grad=True)
    y = fastnn.FloatTensor(x)
    assert not y.requires_grad
    assert y.data_ptr() == x.data_ptr()
    data = np.ones(2, np.float32)
    fastnn.FloatTensor(data).zero_()
    assert data.tolist() == [1, 1]


def test_tensor_as_a_constructor():
    assert fastnn.Tensor().shape == (0,)
    assert fastnn.Tensor(2).shape == (2,)
    assert fastnn.Tensor(2, 3).shape == (2, 3)
    assert fastnn.Tensor(2, 3, 4, 5).shape == (2, 3, 4, 5)
    assert fastnn.Tensor(0, 1).shape == (0, 1)
    assert not fastnn.Tensor(2, 1).requires_grad
    assert fastnn.Tensor(fastnn.zeros(3, 2).size()).shape == (3, 2)
    assert fastnn.Tensor(2, 3).dtype == np.float32
    assert fastnn.Tensor((2, 3)).tolist() == fastnn.Tensor([2, 3]).tolist() == [2.0, 3.0]
    a = np.arange(3.0)
    assert fastnn.Tensor(a, True).requires_grad
    assert np.shares_memory(fastnn.Tensor(a).numpy(), a)
    assert fastnn.Tensor(np.float64(2.5)).item() == 2.5
    for wrong in ((a, False, 2), ([1.0], False, 2), (2, 3, "a"), (2, 0.5)):
        with pytest.raises(TypeError, match=r"Tensor: (sizes|expected sizes)"):
            fastnn.Tensor(*wrong)
    with pytest.raises(ValueError, match="Tensor: sizes must not be negative"):
        fastnn.Tensor(2, -3)
    with pytest.raises(MemoryError, match="does not fit in memory"):
        fastnn.Tensor(2**40, 2**40)


def test_sizes():
    size = fastnn.zeros(2, 3).shape
    assert type(size) is fastnn.Size
    assert size == (2, 3)
    assert repr(size) == "(2, 3)"
    assert (size.numel(), fastnn.Size().numel(), fastnn.Size([0, 3]).numel()) == (6, 1, 0)
    assert fastnn.zeros(size).shape == fastnn.zeros(*size).shape == size
    assert copy.deepcopy(size) == pickle.loads(pickle.dumps(size)) == size
    assert type(pickle.loads(pickle.dumps(size))) is fastnn.Size


def test_new_tensors_of_the_type_of_another():
    for dtype in (np.float32, np.float64, np.int64, np.bool_):
        x = fastnn.zeros(2, dtype=dtype)
        assert x.new_zeros(2, 3).tolist() == [[0] * 3] * 2
        assert x.new_ones((2, 3)).tolist() == [[1] * 3] * 2
        assert x.new_full((3,), 1).tolist() == [1] * 3
        assert x.new_tensor([[1, 0]]).tolist() == [[1, 0]]
        assert x.new_empty(2, 3).shape == x.new(2, 3).shape == x.new(x.new_ones(2, 3).size()).shape
        assert x.new([1, 0]).tolist() == [1, 0]
        made = x.new_zeros(1), x.new_ones(1), x.new_full((1,), 0), x.new_tensor([1]), x.new(1)
        assert {y.dtype for y in made} == {np.dtype(dtype)}
    y = fastnn.ones(2).new_zeros(2, dtype=np.float64, device="cpu", requires_grad=True)
    assert (y.dtype, y.requires_grad) == (np.float64, True)
    with pytest.raises(RuntimeError, match="device must be 'cpu'"):
        y.new_ones(2, device="cuda")
    with pytest.raises(TypeError, match=r"^new: expected sizes or one list"):
        y.new([1], [2])
    with pytest.raises(RuntimeError, match="new: device must be 'cpu'"):
        y.new(2, device="cuda")


def test_what_every_tensor_of_the_cpu_says():
    x = fastnn.ones(2, 3)
    assert (x.is_cuda, x.is_cpu, x.get_device(), x.is_pinned()) == (False, True, -1, False)
    assert x.pin_memory() is x
    assert (x.nelement(), x.ndimension(), x.itemsize, x.element_size()) == (6, 2, 4, 4)
    assert (x.is_complex(), x.is_signed(), x.byte().is_signed()) == (False, True, False)
    assert x[1:, 1:].storage_offset() == 4
    for place in ("ipu", "meta", "mps", "mtia", "vulkan", "xla", "xpu", "quantized", "sparse"):
        assert getattr(x, f"is_{place}") is False
    assert x.is_same_size(fastnn.zeros(2, 3))
    assert not x.is_same_size(x.t())
    assert [x.short().dtype, x.char().dtype, x.byte().dtype] == ["int16", "int8", "uint8"]


def test_questions():
    x = fastnn.ones(2, 3)
    assert (fastnn.is_tensor(x), fastnn.is_tensor(x.numpy())) == (True, False)
    assert fastnn.numel(x) == 6
    assert (fastnn.is_floating_point(x), fastnn.is_floating_point(x.long())) == (True, False)
    assert not fastnn.is_complex(x)
    assert not fastnn.is_storage(x)
    assert fastnn.is_signed(x)
    assert fastnn.is_same_size(x, np.zeros((2, 3)))
    assert fastnn.get_device(x) == -1
    assert fastnn.broadcast_shapes((2, 1), (3,), ()) == (2, 3)
    with pytest.raises(RuntimeError, match=r"broadcast_shapes: \(2,\), \(3,\) cannot be broadcast"):
        fastnn.broadcast_shapes((2,), (3,))
    assert fastnn.tensor([2]).is_nonzero()
    assert fastnn.is_nonzero(fastnn.tensor([2]))
    assert not fastnn.is_nonzero(fastnn.tensor(0.0))
    with pytest.raises(RuntimeError, match="is_nonzero: expected one element"):
        fastnn.is_nonzero(x)
    fastnn._assert(True, "never")
    with pytest.raises(AssertionError, match="said so"):
        fastnn._assert(False, "said so")


def test_conjugate_transposes_are_transposes():
    x = fastnn.arange(6.0).reshape(2, 3).requires_grad_()
    assert x.H.tolist() == x.mH.tolist() == x.t().tolist()
    x.H[0].sum().backward()
    assert x.grad.tolist() == [[1, 0, 0], [1, 0, 0]]
    with pytest.raises(RuntimeError, match=r"H: expected a matrix, got shape \(2, 3, 1\)"):
        _ = x[..., None].H


def test_print_options():
    x = fastnn.tensor([0.123456, 2.0])
    try:
        fastnn.set_printoptions(precision=2)
        assert repr(x) == "tensor([0.12, 2.  ])"
        assert repr(x[0]) == "tensor(0.12)"
        fastnn.set_printoptions(sci_mode=True)
        assert repr(x) == "tensor([1.23e-01, 2.00e+00])"
        fastnn.set_printoptions(profile="short", threshold=4, edgeitems=1)
        assert repr(fastnn.arange(9)) == "tensor([0, ..., 8])"
        with pytest.raises(ValueError, match="profile must be one of default, short, full"):
            fastnn.set_printoptions(profile="long")
        for wrong in (-1, float("nan")):
            with pytest.raises(ValueError, match="threshold must be at least 0"):
                fastnn.set_printoptions(threshold=wrong)
    finally:
        fastnn.set_printoptions(profile="default")
    assert repr(x) == "tensor([0.1235, 2.    ])"


def test_variables_are_tensors():
    x = fastnn.ones(2, requires_grad=True)
    v = fastnn.autograd.Variable(x * 2)
    assert type(v) is fastnn.Tensor
    assert isinstance(v, fastnn.autograd.Variable)
    assert isinstance(fastnn.nn.Parameter(v), fastnn.autograd.Variable)
    assert not isinstance(v.numpy(), fastnn.autograd.Variable)
    assert not v.requires_grad
    assert fastnn.autograd.Variable(x, requires_grad=True).requires_grad
    assert fastnn.autograd.Variable(np.ones(2), volatile=True).dtype == np.float64


def test_inference_mode():
    x = fastnn.ones(2, requires_grad=True)

    @fastnn.inference_mode
    def plain(y):
        return y * 2

    @fastnn.inference_mode()
    def called(y):
        return y * 2

    assert not plain(x).requires_grad
    assert not called(x).requires_grad
    with fastnn.inference_mode():
        assert not (x * 2).requires_grad
    with fastnn.inference_mode(False):
        assert (x * 2).requires_grad
    with fastnn.no_grad(), fastnn.autograd.inference_mode(mode=False):
        assert not (x * 2).requires_grad


@pytest.mark.parametrize("name", ["zeros", "ones", "empty", "rand", "randn"])
def test_sizes_by_name(name):
    make = getattr(fastnn, name)
    for size in ((2, 3), [2, 3], fastnn.Size((2, 3))):
        assert make(size=size, dtype=fastnn.float64, pin_memory=True).shape == (2, 3)
    assert make(size=()).shape == ()
    with pytest.raises(TypeError, match=f"^{name}: give sizes by position or by name, not both"):
        make(2, size=(2,))


def test_resizing():
    x = fastnn.arange(6)
    memory = x.data_ptr()
    assert x.resize_(2, 2) is x
    assert (x.tolist(), x.data_ptr()) == ([[0, 1], [2, 3]], memory)
    x.resize_((3, 3))
    assert x.shape == (3, 3)
    assert x.reshape(-1)[:4].tolist() == [0, 1, 2, 3]
    y = fastnn.arange(6).view(2, 3).t()
    assert y.resize_(4).tolist() == [0, 3, 1, 4]
    assert y.new().resize_as_(y).zero_().tolist() == [0] * 4
    assert y.resize_(0, 3).shape == (0, 3)
    with pytest.raises(RuntimeError, match="resize_: a tensor that requires a gradient keeps its"):
        fastnn.ones(2, requires_grad=True).resize_(3)
    with pytest.raises(ValueError, match="resize_: sizes must not be negative"):
        fastnn.ones(2).resize_(-1)
