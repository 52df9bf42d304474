// The docstring of CTC.
#pragma once

namespace fastnn::ctc::doc {

constexpr char kCtcLoss[] =
    R"(Computes l, the negative log likelihood of targets over all alignments, and its gradient.

log_probs : float (T, N, C); logarithms of the probabilities of C symbols at T steps
targets : int (N, S), or (sum of target_lengths,); the symbols of each target
input_lengths : int (N,); steps of each sample, at most T
target_lengths : int (N,); symbols of each target
blank : int = 0; the symbol between two others
reduction : str = "mean"; of l / max(target length, 1) over the samples, or "sum" or "none"
zero_infinity : bool = False; whether l and gradient of an impossible target are 0
with_gradient : bool = True; whether to compute the gradient
Returns (l, gradient) : float () or, for "none", (N,); and float (T, N, C), or None.
Raises IndexError for symbols outside [0, C).

>>> x = np.log(np.full((2, 1, 2), 0.5))
>>> l, gradient = kernels.ctc_loss(x, np.array([[1]]), np.array([2]), np.array([1]))
>>> l.round(3).item(), gradient[:, 0].round(3).tolist()
(0.288, [[-0.333, -0.667], [-0.333, -0.667]]))";

}  // namespace fastnn::ctc::doc
