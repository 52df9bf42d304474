// The docstrings of searches.
#pragma once

namespace fastnn::search::doc {

constexpr char kSearchsorted[] =
    R"(Counts the elements of a sorted table that come before each value.

table : float, int32, int64, uint8 or bool (..., n); sorted along the last axis
values : as table (..., m), or of any shape for a table of one axis
right : bool = False; elements equal to the value come before it
narrow : bool = False; the result is int32
sorter : int64, the shape of table = None; the positions of its elements in order
Returns int64 or int32, the shape of values.

>>> kernels.searchsorted(np.array([1.0, 2.0, 3.0]), np.array([2.0, 0.0]))
array([1, 0]))";

constexpr char kIsin[] =
    R"(Tells which values a sorted table holds.

table : float, int32, int64, uint8 or bool (n); sorted
values : as table (...)
invert : bool = False; those it does not hold
Returns bool (...).

>>> kernels.isin(np.array([1.0, 2.0, 3.0]), np.array([2.0, 0.0]))
array([ True, False]))";

}  // namespace fastnn::search::doc
