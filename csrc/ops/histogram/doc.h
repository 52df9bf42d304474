// The docstrings of counts.
#pragma once

namespace fastnn::histogram::doc {

constexpr char kBincount[] =
    R"(Counts how often each integer from 0 on occurs, or adds up the weights of its occurrences.

input : int64, int32, uint8 or bool (N); none negative
weights : float (N) = None
minlength : int = 0; the size of the result at least
Returns int64, or float as weights (max(input) + 1, or minlength).

>>> kernels.bincount(np.array([1, 2, 2]))
array([0, 1, 2]))";

constexpr char kHistogram[] =
    R"(Counts elements between edges, or adds up their weights; the last bin has its right edge, too.

input : float (...); NaN and what lies outside is ignored
edges : float (bins + 1); ascending
weights : float, as many elements as input = None
even : bool = False; the edges are evenly spaced, which saves a search
Returns float (bins).

>>> kernels.histogram(np.array([0.5, 1.0, 2.0]), np.array([0.0, 1.0, 2.0]))
array([1., 2.]))";

}  // namespace fastnn::histogram::doc
