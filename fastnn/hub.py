"""Models from the network, for programs that ask for them: fastnn downloads nothing."""

from __future__ import annotations

from typing import Any, NoReturn

from .names import offer

__all__ = ["download_url_to_file", "load", "load_state_dict_from_url"]


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
