"""Softmax in clusters, and other small parts of modules."""

import numpy as np
import pytest

import fastnn
import fastnn.nn.functional as F
from fastnn import nn
from fastnn.nn import init
from fastnn.testing import gradcheck

RNG = np.random.default_rng(0)
X, TARGET = RNG.normal(size=(6, 8)), np.array([0, 4, 5, 9, 10, 19])


def made(**kwargs):
    fastnn.manual_seed(0)
    return nn.AdaptiveLogSoftmaxWithLoss(8, 20, [5, 10], div_value=2.0, dtype=np.float64, **kwargs)


@pytest.mark.parametrize("head_bias", [False, True])
def test_probabilities(head_bias):
    softmax = made(head_bias=head_bias)
    x = fastnn.tensor(X)
    output, loss = softmax(x, TARGET)
    whole = softmax.log_prob(x)
    np.testing.assert_allclose(whole.exp().sum(1).detach(), 1, rtol=1e-12)
    np.testing.assert_allclose(output.detach(), whole.detach().numpy()[np.arange(6), TARGET])
    assert loss.item() == pytest.approx(-output.mean().item())
    np.testing.assert_array_equal(softmax.predict(x), whole.detach().numpy().argmax(1))
    one = softmax(x[1], fastnn.tensor(4))
    assert one.output.shape == ()
    assert one.output.item() == pytest.approx(output[1].item())
    assert gradcheck(lambda x: softmax(x, TARGET).loss, fastnn.tensor(X, requires_grad=True))


def test_matches_torch():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    ours = made(head_bias=True)
    theirs = torch.nn.AdaptiveLogSoftmaxWithLoss(8, 20, [5, 10], 2.0, head_bias=True).double()
    ours.load_state_dict({k: v.numpy() for k, v in theirs.state_dict().items()})
    a, b = ours(fastnn.tensor(X), TARGET), theirs(torch.tensor(X), torch.tensor(TARGET))
    np.testing.assert_allclose(a.output.detach(), b.output.detach(), rtol=1e-10)
    a.loss.backward()
    b.loss.backward()
    for (name, p), q in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        np.testing.assert_allclose(p.grad, q.grad, rtol=1e-8, atol=1e-12, err_msg=name)


def test_invalid_arguments():
    for cutoffs in ([], [5, 5], [10, 5], [0, 5], [5, 20]):
        with pytest.raises(ValueError, match="cutoffs must ascend, from 1 to below n_classes = 20"):
            nn.AdaptiveLogSoftmaxWithLoss(8, 20, cutoffs)
    softmax = made()
    with pytest.raises(IndexError, match="targets must be from 0 to below n_classes = 20, got 0"):
        softmax(fastnn.tensor(X), TARGET + (TARGET == 19))
    with pytest.raises(ValueError, match=r"expected an input \(N, 8\) and targets \(N,\)"):
        softmax(fastnn.tensor(X), TARGET[:2])
    before = softmax.head.weight.tolist()
    softmax.reset_parameters()
    assert softmax.head.weight.tolist() != before


def test_gumbel_softmax():
    logits = fastnn.tensor([[0.0, 1.0, 2.0]]).expand(20000, 3)
    fastnn.manual_seed(0)
    y = F.gumbel_softmax(logits, hard=True)
    assert set(np.unique(y)) == {0.0, 1.0}
    assert (y.sum(1) == 1).all()
    p = F.softmax(logits[0], 0).numpy()
    assert (np.abs(y.numpy().mean(0) - p) < 5 * np.sqrt(p * (1 - p) / 20000)).all()
    soft = F.gumbel_softmax(logits[:5], tau=0.5, dim=1)
    np.testing.assert_allclose(soft.sum(1), 1, rtol=1e-5)
    x = fastnn.tensor(X, requires_grad=True)

    def drawn(x, **kwargs):
        fastnn.manual_seed(3)
        return F.gumbel_softmax(x, **kwargs)

    assert gradcheck(lambda x: drawn(x, tau=2.0), x)
    drawn(x).mul(X).sum().backward()
    soft_gradient, x.grad = x.grad.numpy().copy(), None
    drawn(x, hard=True).mul(X).sum().backward()
    np.testing.assert_allclose(x.grad, soft_gradient, rtol=1e-12)
    with pytest.raises(ValueError, match="gumbel_softmax: tau must be above 0, got 0"):
        F.gumbel_softmax(logits, 0)


def test_dirac_passes_channels_on():
    for shape, groups in (((4, 2, 3), 1), ((4, 2, 3), 2), ((3, 5, 3, 3), 1), ((2, 2, 2, 3, 3), 1)):
        w = init.dirac_(fastnn.empty(*shape), groups)
        ones = np.argwhere(w.numpy())
        size = shape[0] // groups
        wanted = [
            [g * size + c, c, *[n // 2 for n in shape[2:]]]
            for g in range(groups)
            for c in range(min(size, shape[1]))
        ]
        assert ones.tolist() == wanted
        assert set(np.unique(w)) == {0.0, 1.0}
    x = fastnn.tensor(RNG.normal(size=(1, 2, 5)).astype("f4"))
    y = F.conv1d(x, init.dirac_(fastnn.empty(2, 2, 3)), padding=1)
    np.testing.assert_array_equal(y, x)
    with pytest.raises(ValueError, match="dirac_: tensor must have 3, 4 or 5 dimensions"):
        init.dirac_(fastnn.empty(2, 2))
    with pytest.raises(ValueError, match="dirac_: groups must divide 3"):
        init.dirac_(fastnn.empty(3, 2, 3), 2)


def test_buffers_by_assignment():
    net = nn.Module()
    net.mask = nn.Buffer(fastnn.ones(2))
    net.cache = nn.Buffer([1.0], persistent=False)
    assert [name for name, _ in net.named_buffers()] == ["mask", "cache"]
    assert list(net.state_dict()) == ["mask"]
    assert not net.mask.requires_grad
    net.mask = fastnn.zeros(2)
    assert [name for name, _ in net.named_buffers()] == ["mask", "cache"]


def test_gradients_scaled_by_a_known_norm():
    p, q = fastnn.zeros(2, requires_grad=True), fastnn.zeros(1, requires_grad=True)
    p.grad = fastnn.tensor([3.0, 4.0])
    norm = nn.utils.get_total_norm([p.grad, fastnn.tensor([12.0])])
    nn.utils.clip_grads_with_norm_([p, q], 6.5, norm)
    np.testing.assert_allclose(p.grad, [1.5, 2.0], rtol=1e-5)
    nn.utils.clip_grads_with_norm_(p, 100.0, norm)
    np.testing.assert_allclose(p.grad, [1.5, 2.0], rtol=1e-5)


def test_modules_without_initial_values():
    fastnn.manual_seed(0)
    wanted = fastnn.rand(3).tolist()
    fastnn.manual_seed(0)
    linear = nn.utils.skip_init(nn.Linear, 2, 3, bias=False)
    assert linear.weight.shape == (3, 2)
    assert linear.bias is None
    assert fastnn.rand(3).tolist() == wanted
