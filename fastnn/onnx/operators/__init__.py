"""What each operator of ONNX is in operations of fastnn: one file per family."""

from . import (
    activation,
    conv,
    create,
    elementwise,
    linear,
    norm,
    pool,
    reduce,
    resample,
    rnn,
    shape,
)
