"""Models from the network, for programs that ask for them: fastnn downloads nothing."""

from __future__ import annotations

import os
from typing import Any, NoReturn

from .names import offer

__all__ = ["download_url_to_file", "get_dir", "load", "load_state_dict_from_url", "set_dir"]

places: list[str] = []  # the folder that `set_dir` named


def get_dir() -> str:
    """The folder of downloaded files, as `set_dir` named it or PyTorch's; nothing is put there."""
    return places[-1] if places else os.path.join(_get_torch_home(), "hub")


def set_dir(d: str) -> None:
    """Name the folder that `get_dir` returns."""
    places[:] = [str(d)]


def _get_torch_home() -> str:
    """PyTorch's folder of caches, which packages for it ask for."""
    cache = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    return os.path.expanduser(os.environ.get("TORCH_HOME", os.path.join(cache, "torch")))


def load(repo_or_dir: str, model: str, *args: Any, **kwargs: Any) -> Any:
    """Raise an error: fastnn downloads nothing."""
    refuse("load", repo_or_dir)


def load_state_dict_from_url(url: str, *args: Any, **kwargs: Any) -> Any:
    """Raise an error: fastnn downloads nothing."""
    refuse("load_state_dict_from_url", url)


def download_url_to_file(url: str, dst: str, *args: Any, **kwargs: Any) -> None:
    """Raise an error: fastnn downloads nothing."""
    refuse("download_url_to_file", url)


def refuse(name: str, source: str) -> NoReturn:
    raise RuntimeError(
        f"hub.{name}: fastnn downloads nothing, got {source!r}; load a file that you have with "
        "load_state_dict"
    )


offer(__name__)
