"""What each operation is in ONNX: one file per family."""

from . import (
    activation,
    aggregation,
    attention,
    conv,
    create,
    elementwise,
    embedding,
    index,
    linear,
    norm,
    pool,
    rearrange,
    reduce,
    resample,
    rnn,
    shape,
)
