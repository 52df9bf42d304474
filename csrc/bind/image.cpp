#include "bind/image.h"

namespace fastnn::bind {
namespace {

// Calls f(axis) for the axes from the innermost to the outermost: channels, then the spatial ones,
// then the batch if there is one.
template <class F>
void outwards(int ndim, int axes, F f) {
    const int channels = ndim - axes - 1;
    f(channels);
    for (int i = ndim - 1; i > channels; --i) f(i);
    for (int i = channels - 1; i >= 0; --i) f(i);
}

}  // namespace

bool is_channels_last(const Array& a, int axes) {
    bool fits = a.aligned, empty = false;
    auto expected = static_cast<Py_ssize_t>(size_of(a.dtype));
    outwards(a.ndim, axes, [&](int i) {
        fits = fits && (a.shape[i] <= 1 || a.strides[i] == expected);
        empty = empty || a.shape[i] == 0;
        expected *= a.shape[i];
    });
    return fits || empty;
}

Array channels_last(const Array& from, int axes, py::object& hold) {
    if (is_channels_last(from, axes)) return from;
    hold = empty_channels_last(from.dtype, from.ndim, from.shape, axes);
    copy_into(hold, from);
    return Array(hold.ptr(), from.dtype);
}

py::object empty_channels_last(Dtype dtype, int ndim, const Py_ssize_t* shape, int axes) {
    Py_ssize_t strides[kMaxDims];
    std::size_t next = size_of(dtype);
    outwards(ndim, axes, [&](int i) {
        strides[i] = static_cast<Py_ssize_t>(next);
        next = checked_bytes(next, static_cast<std::size_t>(shape[i] < 1 ? 1 : shape[i]));
    });
    return empty(dtype, ndim, shape, strides);
}

}  // namespace fastnn::bind
