"""PyTorch's public names beside fastnn's: which are there, which are not, and why.

``python tools/names.py`` writes docs/names.md; it needs PyTorch in the environment of fastnn.
"""

from __future__ import annotations

import importlib
import inspect
import re
import textwrap
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "names.md"

# What is compared, by PyTorch's name.
PLACES = [
    "torch",
    "torch.Tensor",
    "torch.nn",
    "torch.nn.Module",
    "torch.nn.functional",
    "torch.nn.init",
    "torch.nn.utils",
    "torch.optim",
    "torch.optim.lr_scheduler",
    "torch.utils.data",
    "torch.distributions",
    "torch.autograd",
    "torch.func",
    "torch.linalg",
    "torch.special",
    "torch.fft",
]

NOT_YET = "not yet"

# Why a name is missing: the first pattern that is found in it decides.
REASONS = {
    "complex numbers": r"""
        complex | ^torch\.fft\. | ^torch\.linalg\.(eig|eigvals)$ | ^c(float|double|half)$ |
        ^(angle|conj|imag|real|polar|H)(_.*)?$ |
        _conj | _neg$ | stft | view_as_(real|complex)
    """,
    "quantised and sparse layouts": r"""
        quant | ^q(u?int|_|scheme) | ^quint | sparse | spmm | ^(d|h)s(mm|pmm)$ |
        ^s?s(p?add)?mm$ | (ccol|crow|col|row)_indices | to_(sparse|mkldnn|padded) |
        coalesce | _csr | int_repr | fbgemm | ^(indices|values|index)$ | nested | ^bits
        | ^u?int[1-7]$ | ^float(4|8) | mkldnn | choose_qparams | ^hash_tensor$ |
        dense_dim | ^per_(channel|tensor)_ | ^(bit|jagged|strided)$
    """,
    "types without kernels": r"[Bb][Ff]loat16 | ^uint(16|32|64)$ | ^torch\.nn\.Module\.half$",
    "devices": r"""
        cuda | cudnn | miopen | ^is_(xpu|xla|ipu|mps|mtia|maia|meta|vulkan) |
        ^(xpu|ipu|mtia|to_empty)$ | [Ss]tream | ^Event$ | Accelerator | OutOfMemory |
        get_device_module | vulkan | autocast | SyncBatchNorm |
        batch_norm_(stats|elemt|gather|backward|update) | fp16
    """,
    "several processes": r"Parallel | distributed | share_memory | is_shared | fork$ | wait$",
    "compiler internals": r"""
        ^sym_ | ^Sym(Int|Bool|Float)$ | Script | ^(AnyType|Type)$ | Type$ |
        ^(Alias|Argument|Async) |
        ^(Await|Benchmark|Block|Bundle|Call|Capsule|Class|Code|Compil|Complete|Concrete|Deep|Deser)
        |
        ^(Dispatch|Disable|Error|Exclude|Execution|Fatal|File|Function|Future|Gradient|Graph)
        |
        ^(Inferred|JIT|Lite|Locking|Node|Noop|Operator|PyObject|PyTorchFile|Serial|Static|Tag|Throu)
        |
        ^(Tracing|Union|Use|Value|IODescriptor|BufferDict|ModuleDict|ParameterDict|Aggregation|AVG|SUM)
        | parse_ | import_ir | unify_type | merge_type | has_torch_function |
        boolean_dispatch | handle_torch | BroadcastingList | _notes$ | assert_int |
        ^(cpp|export|init_num) | ^torch\.(cond|while_loop)$ |
        ^torch\.linalg\.common_notes$ | functional_datapipe | DataPipe | DataChunk |
        determinis | validation | guaranteed | thread_safe | _copy$ | ^unsafe_ |
        ^native_ | ^swap_in_optimizer | _with_indices$ | convolution | ^batch_norm_ |
        grid_sampler |
        _(lin|opt)_?weight | lift | ^alias | ^rnn_(relu|tanh)$ | ^(gru|lstm)(_cell)?$ |
        module_load | as_subclass | reinforce$ | ^name$ | ^names$ | map2?_$ | apply_$ |
        DType | grad_dtype | output_nr | dim_order | data_ptr | set_$ | storage |
        Storage | qat | intrinsic | common_types | factory_kwargs |
        ^(reproducibility|tf32) | Swizzle | Scaling | grouped_mm | scaled_ |
        is_inference | multithreading | Nested | layout | vmap_increment | debug_mode |
        warn_always | flush_denormal | functionalize | constrain_range | slice_inverse |
        from_file | has_(lapack|mkl|openmp|spectral) | ^is_distributed | lobpcg | _lowrank$ |
        prepare_multiproc | get_file_path | compiled_with | ctx |
        once_differentiable | ^T_destination$ | ^call_super_init$ | ^dump_patches$ |
        ^GRID_SAMPLE_ | ^affine_grid_generator$ | ^LinearCrossEntropyOptions$
    """,
    "in place: a method alone": r"^torch\.\w+_$",
    "obsolete in PyTorch": r"""
        ^(symeig|eig|lstsq|solve|volatile|resize(_as)?|lu|register_backward_hook)$
        | ^(Container|CrossMapLRN2d|NLLLoss2d|variable|classproperty|clip_grad_norm)$
        | ^torch\.matrix_rank$ | ^(uniform|normal|constant|eye|dirac|orthogonal)$
        | ^(xavier|kaiming)_(uniform|normal)$
        | ^(PRIVATE_OPS|TYPE_CHECKING|USE_.*|LoggerBase|Tensor|callable)$
    """,
}


def main() -> None:
    """Write the table."""
    found = {place: compared(place) for place in PLACES}
    DOCUMENT.write_text(document(found))


def compared(place: str) -> tuple[list[str], dict[str, list[str]]]:
    """The names of a place that fastnn has, and those that it has not, by reason."""
    theirs, ours = at(place), at("fastnn" + place.removeprefix("torch"))
    there: list[str] = []
    missing: dict[str, list[str]] = {}
    for name in public_names(theirs):
        if ours is not None and hasattr(ours, name):
            there.append(name)
        else:
            missing.setdefault(reason(place, name), []).append(name)
    return there, missing


def at(place: str) -> Any:
    """A module or class by its dotted name; None if there is none."""
    try:
        return importlib.import_module(place)
    except ModuleNotFoundError:
        package, _, name = place.rpartition(".")
        return getattr(at(package), name, None) if package else None


def public_names(owner: Any) -> list[str]:
    """The names that a module or class offers: nothing of other packages, no modules."""
    listed = getattr(owner, "__all__", None) if isinstance(owner, ModuleType) else None
    if listed is None or owner.__name__ == "torch":
        listed = [name for name in dir(owner) if belongs(owner, getattr(owner, name, None))]
    return sorted(name for name in set(listed) if not name.startswith("_"))


def belongs(owner: Any, value: Any) -> bool:
    """Whether a value is PyTorch's own."""
    if inspect.ismodule(value):
        return False
    home = getattr(value, "__module__", None) or "torch"
    return not isinstance(owner, ModuleType) or home.partition(".")[0] == "torch"


def reason(place: str, name: str) -> str:
    """Why fastnn does not have a name."""
    for why, pattern in REASONS.items():
        if re.search(pattern, name, re.VERBOSE) or re.search(
            pattern, f"{place}.{name}", re.VERBOSE
        ):
            return why
    return NOT_YET


def document(found: dict[str, tuple[list[str], dict[str, list[str]]]]) -> str:
    """The table and the missing names as Markdown."""
    reasons = [*REASONS, NOT_YET]
    rows = []
    total: Counter[str] = Counter()
    for place, (there, missing) in found.items():
        counts = Counter({why: len(names) for why, names in missing.items()}, there=len(there))
        total += counts
        rows.append(row(f"`{place}`", counts, reasons))
    rows.append(row("all", total, reasons))
    text = [
        "# PyTorch's names",
        "",
        "Of each public name of PyTorch 2: whether fastnn has it, and if not, why. Written by",
        "`python tools/names.py`.",
        "",
        f"| | names | there | {' | '.join(reasons)} |",
        "|---" * (len(reasons) + 3) + "|",
        *rows,
        "",
    ]
    for why in reversed(reasons):
        text += [f"## Missing: {why}", ""]
        for place, (_, missing) in found.items():
            if names := missing.get(why):
                line = f"* `{place}`: {', '.join(names)}"
                text += textwrap.wrap(line, 110, subsequent_indent="  ", break_long_words=False)
        text.append("")
    return "\n".join(text)


def row(place: str, counts: Counter[str], reasons: list[str]) -> str:
    """A line of the table."""
    cells = [str(counts.total()), str(counts["there"]), *[str(counts[why]) for why in reasons]]
    return f"| {place} | {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
