"""Programs written for PyTorch, run without changing their imports.

After `install`, ``import torch`` gives fastnn, and ``torch.nn.functional``, ``torch.utils.data``
and all other modules that fastnn has are found under PyTorch's names::

    import fastnn.compat

    fastnn.compat.install()

`uninstall` takes the names away again. ``python -m fastnn.compat script.py arguments`` runs a
script in this way. Nothing happens unless one of these is asked for, and neither replaces an
imported PyTorch.
"""

from __future__ import annotations

import importlib
import runpy
import sys
from collections.abc import Callable, Iterable
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from .names import SUBMODULES, offer

__all__ = ["install", "is_installed", "uninstall"]

# Modules of PyTorch that are no module of the same name here, and what they are instead.
ELSEWHERE = {
    **{
        f"torch.distributions.{name}": "fastnn.distributions"
        for name in (
            *("bernoulli", "beta", "binomial", "categorical", "cauchy", "chi2"),
            *("constraint_registry", "continuous_bernoulli", "dirichlet", "distribution"),
            *("exponential", "fishersnedecor", "gamma", "generalized_pareto", "geometric"),
            *("gumbel", "half_cauchy", "half_normal", "independent", "inverse_gamma", "kl"),
            *("kumaraswamy", "laplace", "lkj_cholesky", "log_normal", "logistic_normal"),
            *("lowrank_multivariate_normal", "mixture_same_family", "multinomial"),
            *("multivariate_normal", "negative_binomial", "normal", "one_hot_categorical"),
            *("pareto", "poisson", "relaxed_bernoulli", "relaxed_categorical", "studentT"),
            *("transformed_distribution", "uniform", "von_mises", "weibull", "wishart"),
        )
    },
    "torch.autograd.function": "fastnn.autograd",
    "torch.autograd.variable": "fastnn.autograd",
    "torch.multiprocessing": "multiprocessing",
    "torch.nn.attention": "fastnn.backends.cuda",
    "torch.nn.parameter": "fastnn.nn.parameter",
    "torch.nn.utils.clip_grad": "fastnn.nn.utils",
    "torch.optim.adam": "fastnn.optim",
    "torch.optim.adamw": "fastnn.optim",
    "torch.optim.optimizer": "fastnn.optim.optimizer",
    "torch.optim.sgd": "fastnn.optim",
    "torch.utils.model_zoo": "fastnn.hub",
}

# The parts of torch.nn.modules, each of which offers all layers, and the private names that
# programs take from them: base classes, and functions that repeat a size for each dimension.
LAYERS = {
    "": {},
    "activation": {},
    "batchnorm": {"_BatchNorm": "fastnn.nn.norm.batch.BatchNorm"},
    "channelshuffle": {},
    "container": {},
    "conv": {"_ConvNd": "fastnn.nn.conv.base.ConvBase"},
    "distance": {},
    "dropout": {},
    "flatten": {},
    "fold": {},
    "instancenorm": {},
    "linear": {"NonDynamicallyQuantizableLinear": "fastnn.nn.Linear"},
    "loss": {"_Loss": "fastnn.nn.loss.Loss", "_WeightedLoss": "fastnn.nn.loss.WeightedLoss"},
    "module": {},
    "normalization": {},
    "padding": {},
    "pixelshuffle": {},
    "pooling": {},
    "rnn": {},
    "sparse": {},
    "transformer": {},
    "upsampling": {},
    "utils": {
        "_ntuple": "fastnn.compat.repeated",
        "_pair": "fastnn.compat.pair",
        "_single": "fastnn.compat.single",
        "_triple": "fastnn.compat.triple",
    },
}


def repeated(n: int, name: str = "parse") -> Callable[[Any], tuple[Any, ...]]:
    """A function that makes a tuple of n equal numbers of one, and of others the tuple of them."""

    def parse(x: Any) -> tuple[Any, ...]:
        return tuple(x) if isinstance(x, Iterable) else (x,) * n

    parse.__name__ = name
    return parse


single, pair, triple = repeated(1, "single"), repeated(2, "pair"), repeated(3, "triple")


class Refusal:
    """The finder of modules of PyTorch that fastnn does not have."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """Raise ModuleNotFoundError for a module below ``torch``, None for others."""
        if name.startswith("torch."):
            raise ModuleNotFoundError(
                f"No module named {name!r}: fastnn.compat stands for PyTorch and has no such "
                "module",
                name=name,
            )
        return None


installed: dict[str, ModuleType] = {}  # by PyTorch's names
added: list[tuple[ModuleType, str]] = []  # attributes of modules of fastnn while it is installed


def is_installed() -> bool:
    """Whether ``import torch`` gives fastnn."""
    return bool(installed)


def install() -> None:
    """Let fastnn and its modules be found under PyTorch's names.

    Raises
    ------
    RuntimeError
        If PyTorch itself has been imported.

    Examples
    --------
    >>> fastnn.compat.install()
    >>> import torch
    >>> from torch.utils.data import DataLoader
    >>> torch is fastnn, DataLoader is fastnn.data.DataLoader
    (True, True)
    >>> fastnn.compat.uninstall()
    """
    if installed:
        return
    if "torch" in sys.modules:
        raise RuntimeError(
            "compat.install: PyTorch has been imported in this process; install before it, or "
            "import fastnn by its own name"
        )
    modules = {
        "torch" + name[len("fastnn") :]: importlib.import_module(name)
        for name in SUBMODULES
        if name != "fastnn.compat"
    }
    for name, other in ELSEWHERE.items():
        modules.setdefault(name, importlib.import_module(other))
    nn = modules["torch.nn"]
    for name, private in LAYERS.items():
        module = ModuleType(f"{nn.__name__}.modules{name and '.'}{name}", nn.__doc__)
        vars(module).update({public: getattr(nn, public) for public in vars(nn)["__all__"]})
        vars(module).update({name: found(place) for name, place in private.items()})
        modules[f"torch.nn.modules{name and '.'}{name}"] = module
        setattr(modules["torch.nn.modules"], name or "__path__", module if name else [])
    for name, module in modules.items():  # for `import torch.multiprocessing as mp`
        parent, _, attribute = name.rpartition(".")
        if parent and not hasattr(modules[parent], attribute):
            setattr(modules[parent], attribute, module)
            added.append((modules[parent], attribute))
    installed.update(modules)
    sys.modules.update(modules)
    sys.meta_path.insert(0, Refusal)


def found(place: str) -> Any:
    """What a dotted name means."""
    module, _, name = place.rpartition(".")
    return getattr(importlib.import_module(module), name)


def uninstall() -> None:
    """Take PyTorch's names away from fastnn; what programs have imported by them they keep."""
    if not installed:
        return
    for name, module in installed.items():
        if sys.modules.get(name) is module:
            del sys.modules[name]
    for parent, attribute in added:
        delattr(parent, attribute)
    sys.meta_path.remove(Refusal)
    installed.clear()
    added.clear()


def main() -> None:
    """Run the script that the command line names, with the arguments behind it."""
    if len(sys.argv) < 2:
        sys.exit("usage: python -m fastnn.compat script.py [arguments]")
    from fastnn import compat  # the module that programs import, not this run of it

    compat.install()
    del sys.argv[0]
    sys.path[0] = str(importlib.import_module("pathlib").Path(sys.argv[0]).resolve().parent)
    runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    main()
else:
    offer(__name__)
