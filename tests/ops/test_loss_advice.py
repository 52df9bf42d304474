"""What losses say of labels and scores that do not go together."""

import warnings

import numpy as np
import pytest

import fastnn
import fastnn.nn.functional as F
from fastnn import nn


def scores(*shape):
    return fastnn.zeros(*shape)


def ids(values):
    return fastnn.tensor(values, dtype=fastnn.int64)


CLASS_IDS = [
    (scores(4, 3), scores(4), "target.long() converts class ids"),
    (scores(4, 3), ids([[1, 0, 0]] * 4), "target.argmax(1) converts one-hot labels to class ids"),
    (scores(4, 3), ids([[1]] * 4), "target.squeeze(1) has the shape of class ids"),
    (scores(4, 3), scores(4, 1), "target.squeeze(1).long() has the shape of class ids"),
    (scores(4, 3, 5), ids([[[1] * 5]] * 4), "target.squeeze(1) has the shape of class ids"),
    (
        scores(4, 3),
        ids([0, 1, 2, 3]),
        "target[3] is 3, but input has 3 classes; class ids must lie",
    ),
    (scores(4, 3), ids([1, 1, 2, 3]), "count from 0 to 2: target - 1 makes those of 1 to 3"),
    (scores(4, 3), ids([1, -100, 2, 3]), "count from 0 to 2: target - 1 makes those of 1 to 3"),
    (scores(4, 3), ids([0, 1, -1, 2]), "target[2] is -1, but input has 3 classes; ignore_index"),
    (scores(4, 1), ids([0, 1, 0, 1]), "is for binary_cross_entropy_with_logits"),
    (scores(4, 5, 3), ids([[0] * 5] * 4), "input.permute(0, 2, 1) puts them there"),
    (scores(4, 6, 5, 3), ids(np.zeros((4, 6, 5))), "input.permute(0, 3, 1, 2) puts them there"),
    (ids([[1, 2, 3]]), ids([1]), "scores are floats: input.float() converts them"),
    (ids([1]), scores(1, 3), "the scores come first, then the labels"),
    (scores(4, 3), fastnn.tensor([True] * 4), "target.long() converts class ids"),
]


@pytest.mark.parametrize("loss", [F.cross_entropy, F.nll_loss])
@pytest.mark.parametrize(("x", "t", "words"), CLASS_IDS, ids=[c[2][:24] for c in CLASS_IDS])
def test_class_ids(loss, x, t, words):
    with pytest.raises((TypeError, ValueError, IndexError)) as caught:
        loss(x, t)
    assert words in str(caught.value)
    assert str(caught.value).startswith(f"{loss.__name__}: ")
    assert "\n" not in str(caught.value)


def test_the_advice_works():
    x = fastnn.tensor(np.random.default_rng(0).standard_normal((4, 3)).astype(np.float32))
    t = ids([0, 2, 1, 2])
    want = F.cross_entropy(x, t).item()
    one_hot = ids(np.eye(3)[t.numpy()])
    assert F.cross_entropy(x, one_hot.argmax(1)).item() == want
    assert F.cross_entropy(x, one_hot.float()).item() == pytest.approx(want, rel=1e-6)
    assert F.cross_entropy(x, t.float().long()).item() == want
    assert F.cross_entropy(x, t.unsqueeze(1).squeeze(1)).item() == want
    assert F.cross_entropy(x, (t + 1) - 1).item() == want


def test_advice_on_arrays_is_for_arrays():
    with pytest.raises(ValueError, match=r"; target\.astype\('int64'\) converts class ids"):
        F.cross_entropy(np.zeros((4, 3)), np.zeros(4))
    with pytest.raises(TypeError, match=r"; target\.astype\('int64'\) converts class ids"):
        F.nll_loss(np.zeros((4, 3)), np.zeros(4))
    with pytest.raises(ValueError, match=r"input\.transpose\(0, 2, 1\) puts them there"):
        F.cross_entropy(np.zeros((4, 5, 3)), np.zeros((4, 5), np.int64))


def test_the_loss_of_a_model_says_where():
    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.criterion = nn.CrossEntropyLoss()

        def forward(self, x, t):
            return self.criterion(x, t)

    with pytest.raises(ValueError, match=r"CrossEntropyLoss `criterion`: target .*\.long\(\)"):
        Model()(scores(4, 3), scores(4))


def test_other_errors_get_no_advice():
    for options in ({"reduction": "all"}, {"weight": scores(5)}):
        with pytest.raises(ValueError, match="cross_entropy: ") as caught:
            F.cross_entropy(scores(4, 3), ids([0, 1, 2, 0]), **options)
        assert ";" not in str(caught.value)


@pytest.mark.parametrize("loss", [F.binary_cross_entropy, F.binary_cross_entropy_with_logits])
def test_binary_shapes(loss):
    with pytest.raises(ValueError, match=r"got \(4,\); input.squeeze\(-1\) drops the last"):
        loss(scores(4, 1), scores(4))
    with pytest.raises(ValueError, match=r"got \(4, 1\); target.squeeze\(-1\) drops the last"):
        loss(scores(4), scores(4, 1))
    with pytest.raises(ValueError, match=r"\(4,\), got \(3,\)$"):
        loss(scores(4), scores(3))


def test_scores_where_probabilities_belong():
    with pytest.raises(ValueError, match="binary_cross_entropy_with_logits takes scores before"):
        F.binary_cross_entropy(fastnn.tensor([-1.0]), scores(1))


def line_of_warning(call, match):
    with pytest.warns(UserWarning, match=match) as caught:
        call()
    assert len(caught) == 1
    assert caught[0].filename == __file__


def test_a_broadcast_target_is_warned_about_where_it_was_passed():
    match = r"they are broadcast to \(4, 4\).*; input.squeeze\(-1\) drops the last dimension"
    line_of_warning(lambda: F.mse_loss(scores(4, 1), scores(4)), match)
    line_of_warning(lambda: nn.MSELoss()(scores(4, 1), scores(4)), match)


def test_softmax_before_cross_entropy():
    x = fastnn.zeros(4, 3, requires_grad=True)
    t = ids([0, 1, 2, 0])
    match = "cross_entropy: input is an output of softmax, which cross_entropy applies itself"
    line_of_warning(lambda: F.cross_entropy(F.softmax(x, 1), t), match)
    model = nn.Sequential(nn.Linear(3, 3), nn.Softmax(1))
    line_of_warning(lambda: nn.CrossEntropyLoss()(model(x), t), match)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        F.cross_entropy(F.log_softmax(x, 1), t)  # the same loss, if not the fastest way
        F.cross_entropy(F.softmax(x, 1) * 5, t)
        F.cross_entropy(x, t)
