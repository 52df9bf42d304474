"""Training loops: fitting, callbacks, checkpoints, the search for a learning rate."""

from ..names import offer as _offer
from .callback import Callback, LambdaCallback
from .history import History
from .learning_rate_finder import LearningRateCurve, find_learning_rate
from .logs import CSVLogger, TensorBoard
from .model_checkpoint import ModelCheckpoint
from .rates import LearningRateScheduler, ReduceLROnPlateau
from .stopping import EarlyStopping, TerminateOnNaN
from .trainer import Trainer

__all__ = [
    "CSVLogger",
    "Callback",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateCurve",
    "LearningRateScheduler",
    "ModelCheckpoint",
    "ReduceLROnPlateau",
    "TensorBoard",
    "TerminateOnNaN",
    "Trainer",
    "find_learning_rate",
]

_offer(__name__)
