"""Activation and loss modules pass their arguments to the operations."""

import numpy as np
import pytest

import fastnn
from fastnn import nn
from fastnn.nn import functional as F
from tests.harness import numbers

X = numbers(4, 5).astype(np.float32)
T = numbers(4, 5, low=0.0, high=1.0, seed=1).astype(np.float32)
IDS = np.array([0, 3, 1, 4])
W = fastnn.tensor([0.5, 1.0, 2.0, 1.0, 3.0])


@pytest.mark.parametrize(
    ("module", "expected", "text"),
    [
        (nn.Step(0.5), lambda: fastnn.step(X, 0.5), "Step(value=0.5)"),
        (nn.ReLU(inplace=True), lambda: fastnn.relu(X), "ReLU(inplace=True)"),
        (nn.LeakyReLU(0.2), lambda: fastnn.leaky_relu(X, 0.2), "LeakyReLU(negative_slope=0.2)"),
        (nn.ELU(0.5), lambda: fastnn.elu(X, 0.5), "ELU(alpha=0.5)"),
        (
            nn.Hardtanh(-2.0, 1.0),
            lambda: fastnn.hardtanh(X, -2, 1),
            "Hardtanh(min_val=-2.0, max_val=1.0)",
        ),
        (
            nn.Softplus(2.0, 9.0),
            lambda: fastnn.softplus(X, 2, 9),
            "Softplus(beta=2.0, threshold=9.0)",
        ),
        (nn.GELU(), lambda: fastnn.gelu(X), "GELU(approximate='none')"),
        (nn.GELU("tanh"), lambda: fastnn.gelu(X, "tanh"), "GELU(approximate='tanh')"),
        (nn.Softmax(dim=0), lambda: fastnn.softmax(X, 0), "Softmax(dim=0)"),
        (nn.LogSoftmax(1), lambda: fastnn.log_softmax(X, 1), "LogSoftmax(dim=1)"),
        (nn.Softmin(1), lambda: fastnn.softmin(X, 1), "Softmin(dim=1)"),
        (nn.CELU(0.5), lambda: fastnn.celu(X, 0.5), "CELU(alpha=0.5)"),
        (nn.Hardshrink(0.3), lambda: fastnn.hardshrink(X, 0.3), "Hardshrink(lambd=0.3)"),
        (nn.Softshrink(0.3), lambda: fastnn.softshrink(X, 0.3), "Softshrink(lambd=0.3)"),
        (
            nn.Threshold(0.3, 2.0),
            lambda: fastnn.threshold(X, 0.3, 2.0),
            "Threshold(threshold=0.3, value=2.0)",
        ),
        (nn.GLU(0), lambda: fastnn.glu(X, 0), "GLU(dim=0)"),
        (nn.PReLU(5), lambda: fastnn.leaky_relu(X, 0.25), "PReLU(num_parameters=5)"),
        (
            nn.RReLU(0.1, 0.3).eval(),
            lambda: fastnn.leaky_relu(X, 0.2),
            "RReLU(lower=0.1, upper=0.3)",
        ),
    ],
)
def test_activation(module, expected, text):
    np.testing.assert_array_equal(module(fastnn.tensor(X)).detach(), expected())
    assert repr(module) == text


WITH_ARGUMENTS = ("LogSoftmax", "Softmax", "Softmax2d", "Softmin", "Threshold")


@pytest.mark.parametrize("name", [n for n in nn.activation.__all__ if n not in WITH_ARGUMENTS])
def test_an_activation_has_the_name_of_its_operation(name):
    operation = getattr(fastnn, {"LeakyReLU": "leaky_relu"}.get(name, name.lower()))
    module = getattr(nn, name)()
    np.testing.assert_array_equal(module(fastnn.tensor(X)), operation(X))
    assert repr(module).startswith(f"{name}(")


def test_softmax_of_pixels():
    x = numbers(2, 3, 4, 5).astype(np.float32)
    np.testing.assert_array_equal(nn.Softmax2d()(fastnn.tensor(x)), fastnn.softmax(x, 1))
    np.testing.assert_array_equal(nn.Softmax2d()(fastnn.tensor(x[0])), fastnn.softmax(x[0], 0))
    with pytest.raises(ValueError, match=r"Softmax2d: input must have shape .* got \(4, 5\)"):
        nn.Softmax2d()(fastnn.tensor(X))


def test_maxout():
    layer = nn.Maxout(5, 3, 2)
    y = layer(fastnn.tensor(X))
    all_pieces = layer.linear(fastnn.tensor(X)).detach().numpy()
    np.testing.assert_array_equal(y.detach(), all_pieces.reshape(4, 3, 2).max(2))
    y.sum().backward()
    assert layer.linear.weight.grad.shape == (6, 5)
    assert repr(layer).startswith("Maxout(\n")


@pytest.mark.parametrize(
    ("module", "target", "expected"),
    [
        (nn.CrossEntropyLoss(), IDS, lambda: fastnn.cross_entropy(X, IDS)),
        (
            nn.CrossEntropyLoss(W, ignore_index=3, reduction="sum", label_smoothing=0.1),
            IDS,
            lambda: fastnn.cross_entropy(
                X, IDS, W, ignore_index=3, reduction="sum", label_smoothing=0.1
            ),
        ),
        (
            nn.NLLLoss(W, ignore_index=3, reduction="none"),
            IDS,
            lambda: fastnn.nll_loss(X, IDS, W, ignore_index=3, reduction="none"),
        ),
        (nn.MSELoss(reduction="sum"), T, lambda: fastnn.mse_loss(X, T, "sum")),
        (nn.L1Loss(), T, lambda: fastnn.l1_loss(X, T)),
        (nn.SmoothL1Loss(beta=0.5), T, lambda: fastnn.smooth_l1_loss(X, T, beta=0.5)),
        (nn.HuberLoss(delta=0.5), T, lambda: fastnn.huber_loss(X, T, delta=0.5)),
        (nn.SoftMarginLoss(), T, lambda: fastnn.soft_margin_loss(X, T)),
        (
            nn.BCEWithLogitsLoss(W, pos_weight=W),
            T,
            lambda: fastnn.binary_cross_entropy_with_logits(X, T, W, pos_weight=W),
        ),
    ],
)
def test_loss(module, target, expected):
    got = module(fastnn.tensor(X), fastnn.tensor(target))
    np.testing.assert_array_equal(got, expected())


def test_bce_loss():
    got = nn.BCELoss(W, reduction="sum")(fastnn.tensor(T), fastnn.tensor(T))
    want = fastnn.binary_cross_entropy(T, T, W, reduction="sum")
    np.testing.assert_array_equal(got, want)


S = fastnn.tensor([1.0, -1.0, 1.0, -1.0])
XS, TS = fastnn.tensor(X), fastnn.tensor(T)


@pytest.mark.parametrize(
    ("module", "args", "expected"),
    [
        (nn.KLDivLoss("batchmean"), (XS, TS), lambda: F.kl_div(X, T, reduction="batchmean")),
        (
            nn.KLDivLoss("sum", log_target=True),
            (XS, TS),
            lambda: F.kl_div(X, T, reduction="sum", log_target=True),
        ),
        (
            nn.PoissonNLLLoss(False, full=True, eps=0.1, reduction="sum"),
            (TS, TS),
            lambda: F.poisson_nll_loss(T, T, False, full=True, eps=0.1, reduction="sum"),
        ),
        (
            nn.GaussianNLLLoss(full=True, eps=0.1, reduction="sum"),
            (XS, TS, TS),
            lambda: F.gaussian_nll_loss(X, T, T, full=True, eps=0.1, reduction="sum"),
        ),
        (
            nn.HingeEmbeddingLoss(0.5, reduction="sum"),
            (S, S),
            lambda: F.hinge_embedding_loss(S, S, 0.5, reduction="sum"),
        ),
        (
            nn.MarginRankingLoss(0.5, reduction="sum"),
            (XS, TS, TS),
            lambda: F.margin_ranking_loss(X, T, T, 0.5, reduction="sum"),
        ),
        (
            nn.CosineEmbeddingLoss(0.5, reduction="sum"),
            (XS, TS, S),
            lambda: F.cosine_embedding_loss(X, T, S, 0.5, reduction="sum"),
        ),
        (
            nn.MultiMarginLoss(2, 0.5, W, reduction="sum"),
            (XS, fastnn.tensor(IDS)),
            lambda: F.multi_margin_loss(X, IDS, 2, 0.5, W, reduction="sum"),
        ),
        (
            nn.MultiLabelMarginLoss(reduction="sum"),
            (XS, fastnn.tensor([[1, -1, 0, 0, 0]] * 4)),
            lambda: F.multilabel_margin_loss(X, np.array([[1, -1, 0, 0, 0]] * 4), reduction="sum"),
        ),
        (
            nn.MultiLabelSoftMarginLoss(W, reduction="sum"),
            (XS, TS),
            lambda: F.multilabel_soft_margin_loss(X, T, W, reduction="sum"),
        ),
        (
            nn.TripletMarginLoss(0.5, 1.0, 0.1, True, reduction="sum"),
            (XS, TS, XS),
            lambda: F.triplet_margin_loss(X, T, X, 0.5, 1.0, 0.1, True, reduction="sum"),
        ),
        (
            nn.TripletMarginWithDistanceLoss(
                distance_function=F.cosine_similarity, margin=0.5, swap=True, reduction="sum"
            ),
            (XS, TS, XS),
            lambda: F.triplet_margin_with_distance_loss(
                X,
                T,
                X,
                distance_function=F.cosine_similarity,
                margin=0.5,
                swap=True,
                reduction="sum",
            ),
        ),
        (nn.CosineSimilarity(0, 0.1), (XS, TS), lambda: F.cosine_similarity(X, T, 0, 0.1)),
        (
            nn.PairwiseDistance(1.0, 0.1, True),
            (XS, TS),
            lambda: F.pairwise_distance(X, T, 1.0, 0.1, True),
        ),
        (
            nn.CTCLoss(1, "sum", True),
            (XS, fastnn.tensor([2, 3]), 4, 2),
            lambda: F.ctc_loss(X, np.array([2, 3]), 4, 2, 1, "sum", True),
        ),
    ],
    ids=lambda m: type(m).__name__ if isinstance(m, nn.Module) else "",
)
def test_losses_of_several_inputs(module, args, expected):
    np.testing.assert_array_equal(module(*args), expected())


def test_weights_are_saved():
    loss = nn.BCEWithLogitsLoss(W, pos_weight=W)
    assert list(loss.state_dict()) == ["weight", "pos_weight"]
    assert list(nn.CrossEntropyLoss().state_dict()) == []
    assert repr(nn.MSELoss()) == "MSELoss()"


def test_unknown_reduction():
    with pytest.raises(ValueError, match="MSELoss: reduction must be 'none', 'mean' or 'sum'"):
        nn.MSELoss("avg")
