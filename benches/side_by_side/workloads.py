"""The workloads: what runs, in which libraries, its cost and its target.

A target is a ratio (time of the rival / time of fastnn), a share of the roofline or a time in
seconds. A rival with variants ("torch", "torch fused") counts with the fastest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from . import convolution, networks, norms, pooling, resampling
from . import recurrent as inputs_of

Size = tuple[int, ...]
NETWORKS = {"resnet": "ResNet", "vgg": "VGG"}


@dataclass(frozen=True)
class Workload:
    """One row: ``kind`` and ``size`` define the workload, ``entries`` run it."""

    name: str
    kind: str
    size: Size
    entries: Sequence[str]
    flops: float = 0.0
    bytes: float = 0.0
    working_set: float = 0.0
    tolerance: float = 1e-5
    targets: dict[str, float] = field(default_factory=dict)
    min_share: float | None = None
    max_seconds: float | None = None
    roofline: str = "best"
    subject: str = "fastnn"


def matmul(
    m: int, n: int, k: int, target: float, min_share: float | None = None, note: str = ""
) -> Workload:
    """``(m, k) @ (k, n)`` in float32, a new output each time."""
    size = 4.0 * (m * k + k * n + m * n)
    return Workload(
        name=f"matmul {m}x{n}x{k}{note}",
        kind="matmul",
        size=(m, n, k),
        entries=("fastnn", "torch", "jax", "numpy"),
        flops=2.0 * m * n * k,
        bytes=size,
        working_set=size,
        targets={"torch": target},
        min_share=min_share,
    )


def matmul_v3(n: int) -> Workload:
    """Square product with both libraries limited to AVX2, as on most machines."""
    return Workload(
        name=f"matmul {n}x{n}x{n} AVX2",
        kind="matmul",
        size=(n, n, n),
        entries=("fastnn-v3", "numpy-avx2", "torch"),
        flops=2.0 * n**3,
        bytes=12.0 * n * n,
        working_set=12.0 * n * n,
        targets={"numpy-avx2": 0.93, "torch": 1.0},
        roofline="v3",
        subject="fastnn-v3",
    )


def mlp_flops(batch: int, dims: Sequence[int]) -> float:
    """Forward, weight gradients, and input gradients of all layers but the first."""
    products = [2.0 * batch * a * b for a, b in pairwise(dims)]
    return 3 * sum(products) - products[0]


def parameters(dims: Sequence[int]) -> int:
    """Number of weights and biases."""
    return sum(a * b + b for a, b in pairwise(dims))


def mlp_step(
    batch: int, *dims: int, targets: dict[str, float], max_seconds: float | None = None
) -> Workload:
    """One training step: zero_grad, forward, cross entropy, backward, Adam."""
    count = parameters(dims)
    return Workload(
        name=f"MLP step B{batch} {'-'.join(map(str, dims))}",
        kind="mlp_step",
        size=(batch, *dims),
        entries=("fastnn", "torch", "torch fused", "jax"),
        flops=mlp_flops(batch, dims),
        bytes=4.0 * count * (2 + 1 + 7),
        working_set=16.0 * count,
        tolerance=1e-3,
        targets=targets,
        max_seconds=max_seconds,
    )


def mlp_infer(batch: int, *dims: int) -> Workload:
    """Forward without a tape."""
    count = parameters(dims)
    return Workload(
        name=f"MLP inference B{batch} {'-'.join(map(str, dims))}",
        kind="mlp_infer",
        size=(batch, *dims),
        entries=("fastnn", "torch", "jax", "onnxruntime", "numpy"),
        flops=sum(2.0 * batch * a * b for a, b in pairwise(dims)),
        bytes=4.0 * (count + batch * (dims[0] + dims[-1])),
        working_set=4.0 * count,
        targets={"onnxruntime": 1.0},
    )


def pointwise(kind: str, count: int, floats: int, target: float) -> Workload:
    """An activation forward and backward; ``floats`` are read or written per element."""
    return Workload(
        name=f"{kind} f+b {count >> 20}M",
        kind=kind,
        size=(count,),
        entries=("fastnn", "torch", "jax"),
        bytes=4.0 * floats * count,
        working_set=4.0 * floats * count,
        targets={"torch": target},
    )


def encoder_layer(
    batch: int, length: int, features: int, heads: int, inner: int, target: float
) -> Workload:
    """A Transformer's encoder layer forward and backward, without dropout."""
    rows = batch * length
    linear = 2.0 * rows * features * (4 * features + 2 * inner)
    attention = 4.0 * rows * length * features
    return Workload(
        name=f"Transformer encoder layer f+b B{batch} T{length} D{features} h{heads}",
        kind="encoder_layer",
        size=(batch, length, features, heads, inner),
        entries=("fastnn", "torch"),
        flops=3 * linear + 3.5 * attention,
        bytes=4.0 * rows * (18 * features + 4 * inner),
        working_set=4.0 * rows * (9 * features + 2 * inner),
        tolerance=2e-5,
        targets={"torch": target},
    )


def recurrent_flops(kind: str, size: Size) -> float:
    """Operations of a forward pass: the products of input and state with their weights."""
    steps, batch, inner, hidden, layers, directions = size
    gates = {"lstm": 4, "gru": 3, "rnn": 1}[kind]
    widths = inner + (layers - 1) * directions * hidden + layers * hidden
    return 2.0 * steps * batch * gates * hidden * widths * directions


def recurrent(kind: str, *size: int, target: float) -> Workload:
    """Forward and backward, input gradient included: T, N, I, H, layers, directions."""
    steps, batch, inner, hidden, layers, directions = size
    text = f"{layers} layers " if layers > 1 else ""
    flops = 3 * recurrent_flops(kind, size)
    return Workload(
        name=f"{'Bi' if directions == 2 else ''}{kind.upper()} f+b {text}T{steps} B{batch} "
        f"{inner}-{hidden}",
        kind=f"{kind}_step",
        size=size,
        entries=("fastnn", "torch"),
        flops=flops,
        tolerance=1e-3,
        targets={"torch": target},
    )


def recurrent_lengths(kind: str, *size: int, target: float) -> Workload:
    """Forward and backward of sequences of 1 … T steps; only real steps count as work."""
    workload = recurrent(kind, *size, target=target)
    real = inputs_of.lengths(size).sum() / (size[0] * size[1])
    return replace(
        workload,
        name=f"{workload.name} lengths 1…{size[0]}",
        kind=f"{kind}_lengths",
        flops=workload.flops * float(real),
    )


def recurrent_infer(kind: str, *size: int, targets: dict[str, float]) -> Workload:
    """Forward without a tape."""
    steps, batch, inner, hidden, _, _ = size
    return Workload(
        name=f"{kind.upper()} forward T{steps} B{batch} {inner}-{hidden}",
        kind=f"{kind}_infer",
        size=size,
        entries=("fastnn", *targets),
        flops=recurrent_flops(kind, size),
        tolerance=1e-4,
        targets=targets,
    )


def char_lm(*size: int, target: float) -> Workload:
    """A step of training with Adam: T, N, V, E, H."""
    steps, batch, characters, inner, hidden = size
    flops = recurrent_flops("lstm", (steps, batch, inner, hidden, 1, 1))
    return Workload(
        name=f"char-LM step T{steps} B{batch} V{characters} {inner}-{hidden} Adam",
        kind="char_lm",
        size=size,
        entries=("fastnn", "torch", "torch foreach", "torch fused"),
        flops=3 * (flops + 2.0 * steps * batch * hidden * characters),
        targets={"torch": target},
    )


CONVOLUTIONS = {  # kind -> name, and work as a multiple of a forward pass
    "conv_infer": ("forward", 1),
    "conv_data": ("data gradient", 1),
    "conv_weight": ("weight gradient", 1),
    "conv_first": ("first layer f+b", 2),
    "conv_step": ("f+b", 3),
}


def conv(kind: str, *size: int, target: float) -> Workload:
    """Forward without a tape, one gradient, or all; a first layer has none of its images."""
    _, c, h, o, k, stride, _, groups = size
    words, count = CONVOLUTIONS[kind]
    form = f"{k}x{k}{f' s{stride}' if stride > 1 else ''}"
    channels = f"C{c}" if c == o else f"C{c}-{o}"
    x, w, y = convolution.elements(size)
    return Workload(
        name=f"{'depthwise' if groups > 1 else 'conv'} {form} {words} B{size[0]} {channels} H{h}",
        kind=kind,
        size=size,
        entries=("fastnn", "torch", "torch channels_last"),
        flops=count * convolution.flops(size),
        bytes=4.0 * count * (x + w + y),
        working_set=4.0 * (x + w + y) * min(2, count),
        tolerance=5e-5,
        targets={"torch": target},
    )


def norm(kind: str, *size: int, target: float) -> Workload:
    """Forward and backward of a norm of images, with its parameters."""
    batch, channels, h = size
    elements = batch * channels * h * h
    return Workload(
        name=f"{norms.KINDS[kind]} f+b {batch}x{channels}x{h}x{h}",
        kind=kind,
        size=size,
        entries=("fastnn", "torch", "torch channels_last"),
        bytes=4.0 * 8 * elements,  # x twice and y; dy and x twice, and dx
        working_set=4.0 * 4 * elements,
        targets={"torch": target},
    )


def network_step(kind: str, *size: int, target: float, tolerance: float = 5e-3) -> Workload:
    """A step of training with SGD and momentum: depth, N, side of the images, classes."""
    depth, batch, side, _ = size
    total, first = networks.products(kind, size)
    return Workload(
        name=f"{NETWORKS[kind]}-{depth} training step B{batch} {side}x{side}",
        kind=f"{kind}_step",
        size=size,
        entries=("fastnn", "torch", "torch channels_last"),
        flops=2 * (3 * total - first),
        tolerance=tolerance,
        targets={"torch": target},
    )


def resnet_infer(*size: int, targets: dict[str, float]) -> Workload:
    """Forward without a tape, norms folded: depth, N, side of the images, classes."""
    depth, batch, side, _ = size
    return Workload(
        name=f"ResNet-{depth} {side}x{side} inference B{batch}",
        kind="resnet_infer",
        size=size,
        entries=("fastnn", "torch", "torch channels_last", "onnxruntime"),
        flops=2 * networks.products("resnet", size)[0],
        tolerance=1e-4,
        targets=targets,
    )


def max_pool(*size: int, target: float) -> Workload:
    """Forward and backward of images in channels-last memory."""
    n, c, h, kernel, stride, _ = size
    x, y = pooling.elements(size)
    return Workload(
        name=f"MaxPool {kernel} s{stride} f+b {n}x{c}x{h}x{h}",
        kind="max_pool",
        size=size,
        entries=("fastnn", "torch", "torch channels_last"),
        bytes=4.0 * 2 * (x + y),
        working_set=4.0 * 2 * (x + y),
        targets={"torch": target},
    )


def upsample(mode: str, *size: int, step: bool, target: float) -> Workload:
    """Upsampling by 2: forward without a tape, or forward and backward."""
    n, c, h = size
    x = n * c * h * h
    return Workload(
        name=f"Upsample {mode} x2 {'f+b' if step else 'forward'} {n}x{c}x{h}x{h}",
        kind=f"{mode}_{'step' if step else 'infer'}",
        size=size,
        entries=("fastnn", "torch", "torch channels_last"),
        bytes=4.0 * 5 * x * (2 if step else 1),
        working_set=4.0 * 5 * x * (2 if step else 1),
        targets={"torch": target},
    )


WORKLOADS: tuple[Workload, ...] = (
    matmul(512, 512, 512, 2.0, 0.88),
    matmul(1024, 1024, 1024, 2.0, 0.88),
    matmul(2048, 2048, 2048, 2.0, 0.88),
    matmul_v3(1024),
    matmul(64, 256, 256, 1.8),
    matmul(32, 1024, 256, 1.8),
    matmul(128, 1024, 1024, 1.8),
    matmul(32, 64, 64, 2.0),
    matmul(1, 4096, 1024, 1.2),
    matmul(1000, 10, 3000, 2.0),
    matmul(1000, 3000, 10, 2.0),
    mlp_step(32, 64, 64, 10, targets={"torch": 5.0}, max_seconds=30e-6),
    mlp_step(128, 784, 256, 128, 10, targets={"torch": 2.0}),
    mlp_step(256, 1024, 1024, 1024, 10, targets={"torch": 2.1, "jax": 1.0}),
    Workload(
        name="softmax-cross-entropy f+b 640x10000",
        kind="cross_entropy",
        size=(640, 10000),
        entries=("fastnn", "torch", "jax"),
        bytes=4.0 * 640 * 10000 * 3,
        working_set=4.0 * 640 * 10000 * 2,
        tolerance=2e-5,
        targets={"torch": 4.0},
    ),
    pointwise("tanh", 1 << 22, 5, 2.0),
    pointwise("gelu", 1 << 22, 5, 1.2),
    Workload(
        name="LayerNorm f+b 2048x768",
        kind="layer_norm",
        size=(2048, 768),
        entries=("fastnn", "torch", "jax"),
        bytes=4.0 * 5 * 2048 * 768,
        working_set=4.0 * 4 * 2048 * 768,
        targets={"torch": 1.2},
    ),
    max_pool(8, 64, 112, 3, 2, 1, target=2.5),
    *(
        upsample(mode, 8, 64, 56, step=step, target=1.0)
        for mode in resampling.MODES
        for step in (False, True)
    ),
    Workload(
        name="Embedding f+b 20000x128, ids 64x200",
        kind="embedding",
        size=(20000, 128, 64, 200),
        entries=("fastnn", "torch", "jax"),
        bytes=4.0 * 128 * (3 * 64 * 200 + 20000),
        working_set=4.0 * 128 * (2 * 64 * 200 + 2 * 20000),
        targets={"torch": 1.5},
    ),
    Workload(
        name="Adam 10M parameters, 10 tensors",
        kind="adam",
        size=(10, 1000, 1000),
        entries=("fastnn", "torch", "torch foreach", "torch fused", "jax"),
        bytes=4.0 * 7 * 10_000_000,
        working_set=4.0 * 4 * 10_000_000,
        targets={"torch": 1.0},
    ),
    encoder_layer(16, 128, 256, 8, 1024, 2.0),
    mlp_infer(1, 784, 256, 128, 10),
    mlp_infer(64, 784, 256, 128, 10),
    Workload(
        name="digits 64-128-64-10 B32, 30 epochs",
        kind="digits",
        size=(32, 64, 128, 64, 10),
        entries=("fastnn", "sklearn", "torch", "torch fused"),
        flops=30 * mlp_flops(1347, (64, 128, 64, 10)),
        tolerance=0.025,
        targets={"sklearn": 4.0},
    ),
    recurrent("lstm", 32, 16, 64, 64, 1, 1, target=1.5),
    recurrent("lstm", 64, 32, 128, 256, 1, 1, target=1.3),
    recurrent("lstm", 35, 20, 650, 650, 1, 1, target=1.2),
    recurrent("lstm", 128, 64, 256, 512, 1, 1, target=1.3),
    recurrent("lstm", 50, 32, 100, 128, 2, 2, target=1.5),
    recurrent_lengths("lstm", 64, 32, 128, 256, 1, 1, target=1.0),
    recurrent("gru", 64, 32, 128, 256, 1, 1, target=3.0),
    recurrent("rnn", 64, 32, 128, 256, 1, 1, target=3.0),
    char_lm(64, 64, 100, 128, 512, target=1.3),
    recurrent_infer("lstm", 100, 1, 128, 256, 1, 1, targets={"torch": 1.5, "onnxruntime": 1.2}),
    recurrent_infer("lstm", 64, 32, 128, 256, 1, 1, targets={"torch": 1.5, "onnxruntime": 1.2}),
    # N, C, H, O, K, stride, padding, groups
    conv("conv_infer", 8, 64, 56, 64, 3, 1, 1, 1, target=2.3),
    conv("conv_infer", 8, 128, 28, 128, 3, 1, 1, 1, target=2.5),
    conv("conv_infer", 8, 256, 14, 256, 3, 1, 1, 1, target=1.5),
    conv("conv_infer", 32, 32, 28, 64, 3, 1, 1, 1, target=2.2),
    conv("conv_step", 8, 64, 56, 64, 3, 1, 1, 1, target=2.0),
    conv("conv_step", 8, 128, 28, 128, 3, 1, 1, 1, target=2.0),
    conv("conv_step", 8, 256, 14, 256, 3, 1, 1, 1, target=1.5),
    conv("conv_step", 32, 32, 28, 64, 3, 1, 1, 1, target=1.8),
    conv("conv_step", 8, 512, 7, 512, 3, 1, 1, 1, target=1.0),
    conv("conv_step", 8, 64, 56, 128, 3, 2, 1, 1, target=1.1),
    conv("conv_step", 8, 256, 56, 64, 1, 1, 0, 1, target=1.2),
    conv("conv_step", 8, 64, 56, 256, 1, 1, 0, 1, target=1.7),
    conv("conv_first", 8, 3, 224, 64, 7, 2, 3, 1, target=1.3),
    conv("conv_first", 32, 1, 28, 32, 3, 1, 1, 1, target=1.5),
    conv("conv_step", 8, 128, 28, 128, 3, 1, 1, 128, target=1.2),
    norm("batch_norm", 8, 64, 56, target=1.3),
    norm("batch_norm_relu", 8, 64, 56, target=1.3),
    norm("group_norm", 8, 64, 56, target=1.0),
    norm("instance_norm", 8, 64, 56, target=1.0),
    network_step("resnet", 18, 16, 64, 1000, target=1.5),
    resnet_infer(18, 1, 224, 1000, targets={"torch": 1.0, "onnxruntime": 1.4}),
    resnet_infer(18, 8, 224, 1000, targets={"torch": 1.0, "onnxruntime": 1.4}),
    # Its float64 answer changes by 0.01 if the images change by half a unit in the last place of
    # float32, because ReLUs near zero change sides.
    network_step("resnet", 50, 4, 224, 1000, target=1.0, tolerance=5e-2),
    network_step("vgg", 16, 4, 224, 1000, target=1.0),
)
