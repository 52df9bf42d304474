"""Whole models in files: their weights, and the arguments that they are made with."""

from __future__ import annotations

import inspect
import io
import json
import os
from types import FunctionType
from typing import Any

import numpy as np

from ..nn import Module, ModuleDict, ModuleList, Sequential
from ..nn.module.state import EXTRA
from ..random import fork_rng
from ..tensor import Tensor
from .element_types import element_type
from .fault import Fault
from .registry import ARGUMENTS, Spent, budget, classes, names
from .safetensors import parse_json

__all__ = ["load_model", "save_model"]

KEY = "fastnn.model"  # of the text in the file's metadata
VERSION = 1
DEPTH = 100
# An int of an argument may be as large as an axis of an array of the file, or as this.
LARGEST = 4096
CONTAINERS = (Sequential, ModuleList, ModuleDict)


def save_model(model: Module, f: Any) -> None:
    """Write a module to a safetensors file: its weights, and how it is made.

    Of each module, the file has the name of its class and the arguments of its constructor, as
    JSON, and none of its code. `load_model` makes the module again from them. To `fastnn.load` and
    other readers the file is that of the ``state_dict()``.

    Parameters
    ----------
    model
        Of a class of `fastnn.nn` or `fastnn.models`, or one of your own under
        `fastnn.register_model`. Modules that it holds are made by its constructor; those that were
        replaced since are kept too, if their classes are registered.
    f
        As for `fastnn.save`; a path gets the whole file in one step.

    Raises
    ------
    TypeError
        For a class that is not registered, or an argument that files do not hold: they hold
        numbers, strings, None, types, tuples, lists and dicts, registered classes, modules, and
        functions of `fastnn.nn.functional`.
    ValueError
        If the arguments do not make the module: attributes were changed after it was made.

    Examples
    --------
    >>> import io
    >>> file = io.BytesIO()
    >>> model = fastnn.models.resnet18(num_classes=10)
    >>> model.fc = fastnn.nn.Linear(512, 3)
    >>> fastnn.save_model(model, file)
    >>> copy = fastnn.load_model(io.BytesIO(file.getvalue()))
    >>> copy.fc
    Linear(in_features=512, out_features=3, bias=True)
    """
    from .save import write_file

    if not isinstance(model, Module):
        raise TypeError(f"save_model: model must be a Module, got {type(model).__name__}")
    state = model.state_dict()
    with fork_rng():
        config = config_of(model, "", 0)
        count = check(model, config, largest(dict(model._state())))
    frozen = [name for name, p in model.named_parameters() if not p.requires_grad]
    text = json.dumps(
        {
            "version": VERSION,
            "model": config,
            "modules": count,
            "training": model.training,
            "frozen": frozen,
        },
        separators=(",", ":"),
        allow_nan=False,
    )
    write_file("save_model", state, f, {KEY: text})


def load_model(f: Any) -> Module:
    """Make the module that `save_model` has written, with its weights.

    Classes are looked up by name among those that are registered; nothing is imported, and no code
    of the file's is run.

    Parameters
    ----------
    f
        A path, or a file opened for reading in binary mode.

    Returns
    -------
    Module
        In the mode, training or evaluation, in which it was saved.

    Raises
    ------
    ValueError
        If the file is damaged or has no model, is of another version of the format, or names a
        class that is not registered.

    Examples
    --------
    >>> import io
    >>> file = io.BytesIO()
    >>> fastnn.save_model(fastnn.nn.Sequential(fastnn.nn.Linear(2, 3), fastnn.nn.ReLU()), file)
    >>> fastnn.load_model(io.BytesIO(file.getvalue()))
    Sequential(
      (0): Linear(in_features=2, out_features=3, bias=True)
      (1): ReLU()
    )
    """
    if isinstance(f, (str, bytes, os.PathLike)):
        with open(f, "rb") as file:
            return load_from(file, os.fsdecode(f))
    return load_from(f, f"the {type(f).__name__}")


def load_from(file: Any, name: str) -> Module:
    """Read an open file."""
    from .load import value_of
    from .safetensors import read
    from .source import Source

    if isinstance(file, io.TextIOBase):
        raise TypeError("load_model: f must be a file opened in binary mode")
    try:
        metadata, arrays = read(Source(file))
        if KEY not in metadata:
            raise Fault("it has no model; fastnn.load reads what is in it")
        state = value_of(metadata, arrays)
        return restored(parse_json(metadata[KEY]), state)
    except Fault as fault:
        raise ValueError(f"load_model: cannot read {name}: {fault}") from None
    except RecursionError:
        raise ValueError(f"load_model: cannot read {name}: it is nested too deeply") from None


def restored(whole: Any, state: Any) -> Module:
    """The module of a file's text and its weights."""
    if not isinstance(whole, dict) or "version" not in whole:
        raise Fault(f"{KEY} of its metadata has no version")
    if whole["version"] != VERSION:
        raise Fault(
            f"its model is of version {whole['version']!r:.40} of the format; this fastnn reads "
            f"{VERSION}"
        )
    if {*whole} != {"version", "model", "modules", "training", "frozen"}:
        raise Fault(f"{KEY} of its metadata has the keys {[*whole]!r:.200}")
    count, frozen = whole["modules"], whole["frozen"]
    if not isinstance(state, dict):
        raise Fault("it holds no state of a model")
    weights = {k: x for k, x in state.items() if isinstance(x, Tensor)}
    if any(k.rpartition(".")[2] != EXTRA for k in state.keys() - weights.keys()):
        raise Fault("it holds more than the state of a model")
    if type(count) is not int or not isinstance(frozen, list):
        raise Fault(f"{KEY} of its metadata is no model")
    # Each module has an array, or stands in the text, or is one of a few without either.
    most = 1000 + 20 * (len(state) + len(json.dumps(whole["model"])))
    budget.left = min(count, most)
    try:
        with fork_rng():
            model = made("load_model", whole["model"], largest(weights))
    except Spent:
        raise Fault(f"its model makes more than {min(count, most)} modules") from None
    except MemoryError:
        raise Fault("its model takes more memory than there is") from None
    finally:
        budget.left = None
    fill(model, state)
    known = dict(model.named_parameters())
    for name in frozen:
        if not isinstance(name, str) or name not in known:
            raise Fault(f"its model has no parameter {name!r:.80}")
        known[name].requires_grad = False
    return model.train(bool(whole["training"]))


def largest(state: dict[str, Tensor]) -> int:
    """The largest int that an argument may be."""
    return max([LARGEST, *[n for x in state.values() for n in x.shape]])


def fill(model: Module, state: dict[str, Tensor]) -> None:
    """Give a module its weights, in the types that the file has."""
    try:
        model.load_state_dict(state)
    except (AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
        raise Fault(f"its weights are not those of its model: {error}") from None
    for name, tensor in model._state():
        value = state[name]
        if value.dtype != tensor.dtype:
            tensor.data = Tensor(value._array)


# -- writing -----------------------------------------------------------------------------------


def check(model: Module, config: dict[str, Any], limit: int) -> int:
    """Raise unless a config makes a module; how many modules that takes."""
    budget.left = most = 1 << 30
    try:
        compare(model, made("save_model", config, limit))
        return most - budget.left
    except Fault as fault:
        raise ValueError(f"save_model: the file could not be read: {fault}") from None
    finally:
        budget.left = None


def config_of(module: Module, path: str, depth: int) -> dict[str, Any]:
    """How a module is made, as JSON."""
    where = f"save_model: {path or 'the model'}"
    if depth > DEPTH:
        raise ValueError(f"{where} is nested in more than {DEPTH} levels")
    kind, args, kwargs = module.__dict__.get(ARGUMENTS, (type(module), None, None))
    if type(module) not in names:
        raise TypeError(
            f"{where} is of class {type(module).__qualname__}, which is not registered: decorate "
            "it with fastnn.register_model"
        )
    if args is None or kind is not type(module):
        raise TypeError(
            f"{where} was made before its class, {type(module).__qualname__}, was registered"
        )
    config: dict[str, Any] = {"class": names[kind]}
    children = {
        name: (child, f"{path}.{name}" if path else name) for name, child in module.named_children()
    }
    if kind in CONTAINERS:
        config["modules"] = {
            name: config_of(child, at, depth + 1) for name, (child, at) in children.items()
        }
        return config
    if args:
        config["args"] = [
            encoded(x, f"{where}: argument {i + 1}", depth) for i, x in enumerate(args)
        ]
    if kwargs:
        config["kwargs"] = {k: encoded(x, f"{where}: {k}", depth) for k, x in kwargs.items()}
    if children:
        replaced = {}
        default = made("save_model", config)
        for name, (child, at) in children.items():
            before = default.__dict__.get(name)
            if not isinstance(before, Module) or differs(child, before):
                replaced[name] = config_of(child, at, depth + 1)
        if replaced:
            config["modules"] = replaced
    return config


def differs(module: Module, other: Module) -> bool:
    """Whether two modules do not look alike."""
    return type(module) is not type(other) or repr(module) != repr(other)


def encoded(x: Any, where: str, depth: int) -> Any:
    """An argument as JSON."""
    if depth > DEPTH:
        raise ValueError(f"{where} is nested in more than {DEPTH} levels")
    if x is None or isinstance(x, (bool, str)):
        return x
    if isinstance(x, (int, np.integer)):
        return int(x)
    if isinstance(x, (float, np.floating)):
        number = float(x)
        return number if np.isfinite(number) else {"$float": repr(number)}
    if isinstance(x, tuple):
        return {"$tuple": [encoded(part, where, depth + 1) for part in x]}
    if isinstance(x, list):
        return [encoded(part, where, depth + 1) for part in x]
    if isinstance(x, dict) and all(isinstance(k, str) and not k.startswith("$") for k in x):
        return {k: encoded(part, where, depth + 1) for k, part in x.items()}
    if isinstance(x, np.dtype) or (isinstance(x, type) and issubclass(x, np.generic)):
        return {"$dtype": np.dtype(x).name}
    if isinstance(x, type) and x in names:
        return {"$class": names[x]}
    if isinstance(x, Module):
        return {"$module": config_of(x, where.removeprefix("save_model: "), depth + 1)}
    name = getattr(x, "__name__", "")
    if isinstance(x, FunctionType) and functions().get(name) is x:
        return {"$function": name}
    raise TypeError(
        f"{where} is of class {type(x).__qualname__}; files hold numbers, strings, None, types, "
        "tuples, lists, dicts, registered classes, modules, and functions of nn.functional"
    )


def functions() -> dict[str, Any]:
    """The functions that files may name."""
    from ..nn import functional

    return {k: v for k, v in vars(functional).items() if isinstance(v, FunctionType)}


def compare(model: Module, other: Module) -> None:
    """Raise ValueError unless a module is what its arguments make."""
    others = dict(other.named_modules())
    for name, module in model.named_modules():
        twin = others.pop(name, None)
        if twin is None or type(twin) is not type(module) or shown(twin) != shown(module):
            text = f", {shown(twin)}" if twin is not None else ""
            raise ValueError(
                f"save_model: {name or 'the model'}, {shown(module)}, is not what its arguments "
                f"make{text}: attributes were changed after it was made"
            )
    if others:
        raise ValueError(
            f"save_model: {min(others)} was removed after the model was made, or is the same "
            "module as another, which files do not keep"
        )
    tied = {k for k, _ in model.named_parameters()} ^ {k for k, _ in other.named_parameters()}
    if tied:
        raise ValueError(
            f"save_model: {min(tied)} and another parameter were made one after the model was "
            "made, which files do not keep"
        )
    own = [(k, v.shape) for k, v in model._state()]
    theirs = [(k, v.shape) for k, v in other._state()]
    if dict(own) != dict(theirs):
        name = min(k for k, _ in {*own} ^ {*theirs})
        raise ValueError(
            f"save_model: {name} is not what the arguments of the model make: it was changed after "
            "it was made"
        )


def shown(module: Module) -> str:
    """A module without those that it holds."""
    return f"{type(module).__name__}({module.extra_repr()})"


# -- making ------------------------------------------------------------------------------------


def made(op: str, config: Any, limit: int | None = None) -> Module:
    """The module of a config; `limit` bounds ints, for files."""
    if not isinstance(config, dict) or not {*config} <= {"class", "args", "kwargs", "modules"}:
        raise Fault(f"its model has {config!r:.80}, no class with arguments")
    name, args = config.get("class"), config.get("args", [])
    kwargs, modules = config.get("kwargs", {}), config.get("modules", {})
    if not isinstance(name, str) or name not in classes:
        raise Fault(
            f"its model has the class {name!r:.80}, which is not registered: import the module "
            "that registers it with fastnn.register_model"
        )
    if not isinstance(args, list) or not isinstance(kwargs, dict) or not isinstance(modules, dict):
        raise Fault(f"the arguments of {name} in its model are no list and object")
    kind = classes[name]
    children = {key: made(op, value, limit) for key, value in modules.items()}
    if kind in CONTAINERS:
        return contained(kind, children)
    values = [decoded(op, x, limit) for x in args]
    named = {key: decoded(op, x, limit) for key, x in kwargs.items()}
    try:
        inspect.signature(kind).bind(*values, **named)
        module = kind(*values, **named)
    except (ValueError, TypeError, IndexError, RuntimeError, ArithmeticError, AttributeError) as e:
        if limit is None:
            raise
        raise Fault(f"its model has {name} with arguments that do not fit: {e}") from None
    for key, child in children.items():
        if not isinstance(module.__dict__.get(key), Module):
            raise Fault(f"its model has a module {key!r:.80} in {name}, which has none")
        setattr(module, key, child)
    return module


def contained(kind: type[Module], children: dict[str, Module]) -> Module:
    """A container of modules under their names."""
    if kind is ModuleList:
        if [*children] != [str(i) for i in range(len(children))]:
            raise Fault(f"the names in a ModuleList are {[*children]!r:.80}")
        return ModuleList(children.values())
    try:
        return kind(children)
    except (KeyError, TypeError, ValueError) as error:
        raise Fault(f"its model has names that modules cannot have: {error}") from None


def decoded(op: str, x: Any, limit: int | None) -> Any:
    """An argument of its JSON."""
    if isinstance(x, list):
        return [decoded(op, part, limit) for part in x]
    if type(x) is int and limit is not None and abs(x) > limit:
        raise Fault(f"its model has the argument {x}, larger than any axis of its weights")
    if not isinstance(x, dict):
        return x
    tag = next(iter(x), "")
    if not tag.startswith("$"):
        if any(key.startswith("$") for key in x):
            raise Fault(f"its model has an object with the keys {[*x]!r:.80}")
        return {key: decoded(op, part, limit) for key, part in x.items()}
    content = x[tag]
    if len(x) == 1:
        if tag == "$tuple" and isinstance(content, list):
            return tuple([decoded(op, part, limit) for part in content])
        if tag == "$module":
            return made(op, content, limit)
        if tag == "$class" and isinstance(content, str) and content in classes:
            return classes[content]
        if tag == "$function" and isinstance(content, str) and content in functions():
            return functions()[content]
        if tag == "$float" and content in ("nan", "inf", "-inf"):
            return float(content)
        if tag == "$dtype" and isinstance(content, str):
            return element_type(content)
    raise Fault(f"its model has the argument {x!r:.80}, which is not known")
