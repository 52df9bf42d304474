"""Programs that import PyTorch run on fastnn, with all that they ask of devices and compilers."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import fastnn
from fastnn import nn

pytestmark = pytest.mark.any_threading

ROOT = Path(fastnn.__file__).parents[1]


def run(*arguments, cwd=ROOT):
    """The output of Python in a new process, in which no PyTorch has been imported."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


SCRIPT = """
import os
import tempfile
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
import torch.backends.cudnn as cudnn
import torch.multiprocessing as mp
import torch.utils.model_zoo as model_zoo
from torch import Tensor
from torch.autograd import Variable
from torch.distributions.normal import Normal
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.conv import _ConvNd
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.init import _calculate_fan_in_and_fan_out
from torch.nn.modules.pixelshuffle import PixelShuffle
from torch.nn.modules.utils import _pair
from torch.nn.parameter import Parameter
from torch.utils.data import DataLoader, TensorDataset
from torch.utils.data.dataloader import default_collate
from torch.utils.data.dataset import Dataset
from torch.utils.data.distributed import DistributedSampler

use_cuda = torch.cuda.is_available()
device = torch.device("cuda" if use_cuda else "cpu")
torch.manual_seed(1)
torch.cuda.manual_seed_all(1)
cudnn.benchmark = True

class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.conv = nn.Conv2d(1, 4, 3)
        self.norm = nn.BatchNorm2d(4)
        self.out = nn.Linear(4 * 6 * 6, 3)

    def forward(self, x):
        x = F.relu(self.norm(self.conv(x)))
        return F.log_softmax(self.out(x.view(x.size(0), -1)), dim=1)

model = torch.jit.script(torch.compile(Net().to(device)))
data = TensorDataset(torch.randn(32, 1, 8, 8), torch.LongTensor(32).random_(3))
loader = DataLoader(data, batch_size=8, shuffle=True, num_workers=2, pin_memory=True)
optimizer = optim.SGD(model.parameters(), lr=0.1)
losses = []
for epoch in range(5):
    for x, t in loader:
        x, t = Variable(x.to(device, non_blocking=True)), Variable(t.to(device))
        optimizer.zero_grad()
        loss = F.nll_loss(model(x), t)
        loss.backward()
        optimizer.step()
        losses.append(loss.data.item())
assert losses[-1] < losses[0], losses
assert isinstance(model.norm, _BatchNorm) and isinstance(model.conv, _ConvNd)
assert isinstance(model.norm, nn.modules.batchnorm._BatchNorm)
assert _calculate_fan_in_and_fan_out(model.conv.weight) == (9, 36)
with sdpa_kernel([SDPBackend.MATH]), torch.backends.cuda.sdp_kernel(enable_flash=False):
    assert PixelShuffle(2)(torch.ones(1, 4, 1, 1)).shape == (1, 1, 2, 2)
assert torch.version.cuda is None and torch.version.__version__ == torch.__version__
assert _pair(3) == (3, 3) and _pair([1, 2]) == (1, 2)
checkpoint = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3}
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "x.pth")
    torch.save(checkpoint, path)
    loaded = torch.load(path, map_location=torch.device("cpu"), weights_only=True)
    loaded = torch.load(path, map_location=lambda storage, loc: storage)
model.load_state_dict(loaded["model"])
optimizer.load_state_dict(loaded["optimizer"])
assert loaded["epoch"] == 3 and torch.serialization.load is torch.load
print(torch.__name__, len(losses))
"""


def test_a_script_runs_unchanged(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT + "import sys, neighbour; print(sys.argv[1:], neighbour.x)")
    (tmp_path / "neighbour.py").write_text("import torch; x = torch.ones(1).item()")
    lines = run("-m", "fastnn.compat", str(script), "--epochs", "5", cwd=tmp_path).splitlines()
    assert lines == ["fastnn 20", "['--epochs', '5'] 1.0"]
    assert run("-c", "import fastnn.compat; fastnn.compat.install()" + SCRIPT) == "fastnn 20\n"


def test_install_can_be_undone():
    code = """
import sys, fastnn
assert "torch" not in sys.modules and not fastnn.compat.is_installed()
before = set(sys.modules)
fastnn.compat.install(); fastnn.compat.install()
import torch, torch.nn.functional
assert torch is fastnn and fastnn.compat.is_installed() and fastnn.nn.modules
try:
    import torch.fft
except ModuleNotFoundError as error:
    print(error)
fastnn.compat.uninstall(); fastnn.compat.uninstall()
assert not [name for name in sys.modules if name.split(".")[0] == "torch"]
assert not hasattr(fastnn.nn, "modules") and not hasattr(fastnn, "multiprocessing")
assert not fastnn.compat.is_installed()
assert all(f is not fastnn.compat.Refusal for f in sys.meta_path)
sys.modules["torch"] = object()
try:
    fastnn.compat.install()
except RuntimeError as error:
    print(error)
"""
    missing, refused = run("-c", code).splitlines()
    assert missing.startswith("No module named 'torch.fft': fastnn.compat stands for PyTorch")
    assert refused.startswith("compat.install: PyTorch has been imported in this process")


def test_nothing_is_imported_before_it_is_asked_for():
    code = "import sys, fastnn; print([m for m in sys.modules if m.startswith(%r)])"
    late = ("accelerator", "amp", "backends", "compat", "cuda", "distributed", "fx", "hub", "jit")
    for name in (*late, "utils"):
        assert run("-c", code % f"fastnn.{name}") == "[]\n", name
    assert run("-c", code % "torch") == "[]\n"
    with pytest.raises(AttributeError, match="module 'fastnn' has no attribute 'nothing'"):
        _ = fastnn.nothing


def test_gpus_are_absent():
    cuda = fastnn.cuda
    assert not cuda.is_available()
    assert not cuda.is_initialized()
    assert not cuda.is_bf16_supported()
    assert cuda.device_count() == fastnn.accelerator.device_count() == 0
    for harmless in (cuda.empty_cache, cuda.synchronize, cuda.ipc_collect, cuda.seed):
        assert harmless() is None
    assert cuda.manual_seed(3) is cuda.manual_seed_all(3) is None
    used = (cuda.memory_allocated, cuda.max_memory_allocated, cuda.memory_reserved)
    assert [f() for f in used] == [0, 0, 0]
    for name in ("current_device", "get_device_name", "get_device_properties", "init"):
        with pytest.raises(RuntimeError, match=rf"cuda\.{name}: there is no GPU"):
            getattr(cuda, name)()
    with pytest.raises(RuntimeError, match=r"cuda\.set_device: there is no GPU"):
        cuda.set_device(0)
    assert not fastnn.accelerator.is_available()
    assert fastnn.accelerator.current_accelerator() is None
    for thing in (fastnn.ones(2), nn.Linear(2, 3)):
        for args in ((), (0,), ("cuda:0",)):
            with pytest.raises(RuntimeError, match="cuda: device must be 'cpu'"):
                thing.cuda(*args)


def test_backends_may_be_set():
    backends = fastnn.backends
    for module, name in ((backends.cudnn, "benchmark"), (backends.cudnn, "deterministic")):
        setattr(module, name, True)
        assert getattr(import_module(module.__name__), name) is True
        setattr(module, name, False)
    backends.cuda.matmul.allow_tf32 = True
    answers = {name: getattr(backends, name) for name in ("cudnn", "mps", "mkl", "mkldnn")}
    assert not any(module.is_available() for module in answers.values())
    assert backends.openmp.is_available()
    assert not backends.mps.is_built()
    assert not backends.cuda.is_built()
    assert backends.cudnn.version() is None


def test_compilers_return_what_they_get():
    jit, layer = fastnn.jit, nn.Linear(2, 2)
    same_methods = (jit.export, jit.unused, jit.script_method, jit._overload_method)
    for same in (jit.script, jit.trace, jit.freeze, *same_methods):
        assert same(layer) is layer
    assert jit.trace(layer, fastnn.ones(1, 2), strict=False) is layer
    for mark in (jit.ignore, jit.ignore(), jit.ignore(drop=True)):
        assert mark(abs) is abs
    assert jit.annotate(int, 3) == 3
    assert jit.Final[int] is int
    assert not jit.is_scripting()
    assert not jit.is_tracing()
    assert issubclass(nn.Linear, jit.ScriptModule)
    for call in (lambda: jit.load("f"), lambda: jit.save(layer, "f")):
        with pytest.raises(
            RuntimeError, match=r"jit\.(load|save): fastnn has no compiled programs"
        ):
            call()
    assert fastnn.compile(layer, mode="reduce-overhead") is layer
    assert fastnn.compile()(abs) is fastnn.compile(fullgraph=True)(abs) is abs
    assert fastnn.fx.wrap("len") == "len"
    with pytest.raises(RuntimeError, match=r"fx\.symbolic_trace: fastnn runs programs as they are"):
        fastnn.fx.symbolic_trace(layer)
    assert not fastnn.onnx.is_in_onnx_export()


def test_what_needs_a_network_is_an_error():
    for call in (
        lambda: fastnn.hub.load("a/b", "resnet18"),
        lambda: fastnn.hub.load_state_dict_from_url("http://x"),
        lambda: fastnn.hub.download_url_to_file("http://x", "f"),
    ):
        with pytest.raises(RuntimeError, match=r"^hub\.\w+: fastnn downloads nothing, got"):
            call()
    kept = fastnn.hub.get_dir()
    assert kept.endswith("hub")
    fastnn.hub.set_dir("somewhere")
    assert fastnn.hub.get_dir() == "somewhere"
    fastnn.hub.set_dir(kept)
    group = fastnn.distributed
    assert not group.is_available()
    assert not group.is_initialized()
    for call in (group.get_rank, group.get_world_size, group.init_process_group):
        with pytest.raises(RuntimeError, match=r"^distributed\.\w+: fastnn trains in one process"):
            call()


def test_mixed_precision_computes_in_the_types_of_the_tensors():
    layer = nn.Linear(2, 1)
    sgd, scaler = fastnn.optim.SGD(layer.parameters(), lr=0.1), fastnn.cuda.amp.GradScaler()
    before = layer.weight.tolist()
    with fastnn.amp.autocast("cpu", dtype=fastnn.float16), fastnn.cuda.amp.autocast():
        loss = layer(fastnn.ones(1, 2)).sum()
    assert loss.dtype == fastnn.float32
    scaler.scale(loss).backward()
    scaler.unscale_(sgd)
    scaler.step(sgd)
    scaler.update()
    assert layer.weight.tolist() != before
    scaler.load_state_dict(scaler.state_dict())
    assert (scaler.get_scale(), scaler.is_enabled()) == (1.0, False)
    assert fastnn.amp.autocast("cuda")(abs)(-1) == 1
    assert fastnn.autocast is fastnn.amp.autocast
    assert fastnn.GradScaler is fastnn.amp.GradScaler
    assert not fastnn.amp.is_autocast_available("cpu")


def test_checkpoints_compute_the_function():
    x = fastnn.ones(2, requires_grad=True)
    y = fastnn.utils.checkpoint.checkpoint(lambda a, b: a * b, x, 3, use_reentrant=False)
    y.sum().backward()
    assert x.grad.tolist() == [3, 3]
    two = fastnn.utils.checkpoint.checkpoint_sequential([abs, lambda v: -v], 2, fastnn.tensor([-2]))
    assert two.tolist() == [-2]


def test_settings():
    assert fastnn.get_default_dtype() == fastnn.float32
    fastnn.set_default_dtype(fastnn.float32)
    fastnn.set_default_tensor_type("torch.FloatTensor")
    fastnn.set_default_tensor_type(fastnn.FloatTensor)
    for wrong in (fastnn.float64, fastnn.DoubleTensor, "torch.DoubleTensor"):
        with pytest.raises(RuntimeError, match="default type is float32, got float64; pass dtype="):
            fastnn.set_default_tensor_type(wrong)
    fastnn.set_default_device("cpu")
    assert fastnn.get_default_device() == fastnn.device("cpu")
    with pytest.raises(RuntimeError, match="set_default_device: device must be 'cpu'"):
        fastnn.set_default_device("cuda")
    fastnn.use_deterministic_algorithms(True)
    assert fastnn.are_deterministic_algorithms_enabled()
    fastnn.set_float32_matmul_precision("high")
    assert fastnn.get_float32_matmul_precision() == "highest"
    with pytest.raises(ValueError, match="precision must be 'highest', 'high' or 'medium'"):
        fastnn.set_float32_matmul_precision("low")
    fastnn.set_num_interop_threads(4)
    assert fastnn.get_num_interop_threads() == 1
    state = fastnn.get_rng_state()
    first = fastnn.rand(3).tolist()
    fastnn.set_rng_state(state)
    assert fastnn.rand(3).tolist() == first
    assert (fastnn.inf, fastnn.newaxis, fastnn.pi, fastnn.e) == pytest.approx(
        (float("inf"), None, 3.141592653589793, 2.718281828459045)
    )
    assert fastnn.nan != fastnn.nan
    assert fastnn.finfo(fastnn.float32).max > 1e38
    assert fastnn.iinfo(fastnn.int32).max == 2**31 - 1
    assert isinstance(fastnn.float32, fastnn.dtype)


def test_the_modules_of_datasets_have_pytorch_s_names_too():
    for name in ("dataset", "dataloader", "sampler", "distributed"):
        theirs = import_module(f"fastnn.utils.data.{name}")
        ours = import_module(f"fastnn.data.{name}")
        assert set(theirs.__all__) == set(ours.__all__)
        assert all(getattr(theirs, n) is getattr(ours, n) for n in ours.__all__)
    assert fastnn.utils.data.DataLoader is fastnn.data.DataLoader


def test_parallel_modules_call_the_module():
    layer = nn.Linear(2, 3)
    model = nn.DataParallel(layer, device_ids=[0])
    x = fastnn.ones(4, 2)
    assert model(x).tolist() == layer(x).tolist()
    assert model.module is layer
    assert list(model.state_dict()) == ["module.weight", "module.bias"]
    assert nn.parallel.DataParallel is nn.DataParallel
    with pytest.raises(RuntimeError, match="DistributedDataParallel: fastnn trains in one process"):
        nn.parallel.DistributedDataParallel(layer)
