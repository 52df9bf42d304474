"""Metrics: values of predictions that are taken batch by batch."""

from ..names import offer as _offer
from .accuracy import Accuracy, TopKAccuracy
from .calibration import CalibrationError
from .confusion import ConfusionMatrix
from .counts import F1, FBeta, Precision, Recall
from .curves import AUROC, ROC, AveragePrecision, PrecisionRecallCurve
from .likelihood import MeanLoss, Perplexity
from .metric import Metric
from .regression import R2, MeanAbsoluteError, MeanSquaredError, RootMeanSquaredError
from .sequence import EntityF1

__all__ = [
    "AUROC",
    "F1",
    "R2",
    "ROC",
    "Accuracy",
    "AveragePrecision",
    "CalibrationError",
    "ConfusionMatrix",
    "EntityF1",
    "FBeta",
    "MeanAbsoluteError",
    "MeanLoss",
    "MeanSquaredError",
    "Metric",
    "Perplexity",
    "Precision",
    "PrecisionRecallCurve",
    "Recall",
    "RootMeanSquaredError",
    "TopKAccuracy",
]

_offer(__name__)
