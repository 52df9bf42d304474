"""Embedding tables as layers."""

from __future__ import annotations

from typing import Any

from ..autograd.changes import changed
from ..ops.create import empty
from ..ops.embedding import embedding, embedding_bag, row_of
from ..tensor import Tensor, TensorLike
from . import init
from .module import Module
from .module.inputs import Ids, Inputs
from .parameter import Parameter

__all__ = ["Embedding", "EmbeddingBag"]


class Table(Module):
    """Base of the two layers: an embedding table and its initialization."""

    weight: Parameter
    padding_idx: int | None

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None,
        device: Any,
        dtype: Any,
    ) -> None:
        super().__init__(device)
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        self.padding_idx = None
        if padding_idx is not None:
            self.padding_idx = row_of(type(self).__name__, padding_idx, num_embeddings)
        self.weight = Parameter(empty(num_embeddings, embedding_dim, dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Initialize the table at random; the row of `padding_idx` is zero."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            self.weight._array[self.padding_idx] = 0
            changed((self.weight._array,))

    def take(self, embeddings: TensorLike, freeze: bool, padding_idx: int | None) -> None:
        """Use an existing table."""
        self.weight = Parameter(embeddings, requires_grad=not freeze)
        self.num_embeddings = len(self.weight)
        if padding_idx is not None:
            self.padding_idx = row_of(type(self).__name__, padding_idx, self.num_embeddings)

    def _expected(self) -> Inputs:
        return {"input": Ids("num_embeddings")}

    def options(self, *names: str) -> str:
        """The sizes, and the options that differ from their defaults."""
        usual = {"norm_type": 2.0, "scale_grad_by_freq": False, "sparse": False}
        text = f"{self.num_embeddings}, {self.embedding_dim}"
        for name in names:
            value = getattr(self, name)
            if value is not None and value != usual.get(name):
                text += f", {name}={value!r}"
        return text


class Embedding(Table):
    """y = W[ids]: a vector for each id.

    Parameters
    ----------
    num_embeddings
        V, the number of rows.
    embedding_dim
        D, the length of a row.
    padding_idx
        An id whose row is initially zero and gets no gradient.
    max_norm, norm_type, scale_grad_by_freq
        See `fastnn.nn.functional.embedding`.
    sparse
        Whether the gradient holds only the rows that were used. `SGD` without momentum and
        `SparseAdam` then update only these; other optimizers convert it to a dense gradient.
    device, dtype
        ``"cpu"`` or None, and the element type, float32 by default.

    Attributes
    ----------
    weight
        W, (V, D), initially normal with variance 1.

    Examples
    --------
    >>> table = fastnn.nn.Embedding(20000, 128, padding_idx=0)
    >>> table(fastnn.zeros(64, 200, dtype=fastnn.int64)).shape
    (64, 200, 128)
    >>> table
    Embedding(20000, 128, padding_idx=0)
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(num_embeddings, embedding_dim, padding_idx, device, dtype)
        self.max_norm = max_norm
        self.norm_type = norm_type
        self.scale_grad_by_freq = scale_grad_by_freq
        self.sparse = sparse

    @classmethod
    def from_pretrained(
        cls,
        embeddings: TensorLike,
        freeze: bool = True,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
    ) -> Embedding:
        """Make a layer that shares an existing table (V, D).

        Parameters
        ----------
        embeddings
            The table, (V, D).
        freeze
            Whether the table is excluded from training.
        padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse
            As for the layer; the row of `padding_idx` is not set to zero.

        Examples
        --------
        >>> table = fastnn.nn.Embedding.from_pretrained(fastnn.tensor([[1.0, 2.0], [3.0, 4.0]]))
        >>> table(fastnn.tensor([1]))
        tensor([[3., 4.]])
        """
        columns = columns_of(cls.__name__, embeddings)
        layer = cls(0, columns, None, max_norm, norm_type, scale_grad_by_freq, sparse)
        layer.take(embeddings, freeze, padding_idx)
        return layer

    def forward(self, input: TensorLike) -> Tensor:
        """Ids (*) to (*, D)."""
        options = self.padding_idx, self.max_norm, self.norm_type, self.scale_grad_by_freq
        return embedding(input, self.weight, *options, self.sparse)

    def extra_repr(self) -> str:
        """The arguments."""
        return self.options("padding_idx", "max_norm", "norm_type", "scale_grad_by_freq", "sparse")


class EmbeddingBag(Table):
    """y[b] = sum, mean or maximum of the rows W[ids] of bag b, without copying them.

    Parameters
    ----------
    num_embeddings, embedding_dim, device, dtype
        As for `Embedding`.
    max_norm, norm_type, scale_grad_by_freq, mode, sparse, include_last_offset
        See `fastnn.nn.functional.embedding_bag`.
    padding_idx
        An id to ignore; its row is initially zero and gets no gradient.

    Attributes
    ----------
    weight
        W, (V, D), initially normal with variance 1.

    Examples
    --------
    >>> bags = fastnn.nn.EmbeddingBag(10, 3, mode="sum")
    >>> bags(fastnn.tensor([1, 2, 4, 5, 4]), fastnn.tensor([0, 2])).shape
    (2, 3)
    >>> bags
    EmbeddingBag(10, 3, mode='sum')
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if mode not in ("sum", "mean", "max"):
            raise ValueError(f"EmbeddingBag: mode must be 'sum', 'mean' or 'max', got {mode!r}")
        super().__init__(num_embeddings, embedding_dim, padding_idx, device, dtype)
        self.max_norm = max_norm
        self.norm_type = norm_type
        self.scale_grad_by_freq = scale_grad_by_freq
        self.mode = mode
        self.sparse = sparse
        self.include_last_offset = include_last_offset

    @classmethod
    def from_pretrained(
        cls,
        embeddings: TensorLike,
        freeze: bool = True,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
    ) -> EmbeddingBag:
        """Make a layer that shares an existing table (V, D).

        Arguments are those of `Embedding.from_pretrained` and of the layer; the row of
        `padding_idx` is not set to zero.

        Examples
        --------
        >>> table = fastnn.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> fastnn.nn.EmbeddingBag.from_pretrained(table)(fastnn.tensor([[0, 1]]))
        tensor([[2., 3.]])
        """
        columns = columns_of(cls.__name__, embeddings)
        layer = cls(
            0, columns, max_norm, norm_type, scale_grad_by_freq, mode, sparse, include_last_offset
        )
        layer.take(embeddings, freeze, padding_idx)
        return layer

    def forward(
        self,
        input: TensorLike,
        offsets: TensorLike | None = None,
        per_sample_weights: TensorLike | None = None,
    ) -> Tensor:
        """Ids (B, N), or (N,) with offsets (B,), to (B, D)."""
        return embedding_bag(
            input,
            self.weight,
            offsets,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.mode,
            self.sparse,
            per_sample_weights,
            self.include_last_offset,
            self.padding_idx,
        )

    def extra_repr(self) -> str:
        """The arguments."""
        return self.options("max_norm", "norm_type", "scale_grad_by_freq", "mode", "padding_idx")


def columns_of(name: str, embeddings: TensorLike) -> int:
    """The length of a table's rows."""
    shape = Tensor(embeddings._array if isinstance(embeddings, Tensor) else embeddings).shape
    if len(shape) != 2:
        raise ValueError(f"{name}: embeddings must have shape (V, D), got {shape}")
    return shape[1]
