#include "bind/image.h"

#include "ops/layout/layout.h"

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
    const auto size = static_cast<Py_ssize_t>(size_of(from.dtype));
    const int channels = from.ndim - axes - 1;
    layout::Args args{.dtype = from.dtype,
                      .n = channels == 0 ? 1 : static_cast<dim_t>(from.shape[0]),
                      .c = static_cast<dim_t>(from.shape[channels]),
                      .size = {1, 1, 1},
                      .n_stride = channels == 0 ? 0 : static_cast<dim_t>(from.strides[0] / size),
                      .c_stride = static_cast<dim_t>(from.strides[channels] / size),
                      .stride = {0, 0, 0},
                      .x = from.data,
                      .y = nullptr};
    for (int i = 0; i < axes; ++i) {
        const int to = layout::kAxes - axes + i, axis = channels + 1 + i;
        args.size[to] = static_cast<dim_t>(from.shape[axis]);
        args.stride[to] = static_cast<dim_t>(from.strides[axis] / size);
    }
    hold = empty_channels_last(from.dtype, from.ndim, from.shape, axes);
    args.y = data_of(hold);
    launch(layout::kChannelsLast, args, {from, hold});
    return Array(hold.ptr(), from.dtype);
}

Array c_order_images(const Array& a, py::object& hold) {
    if (a.contiguous || !is_channels_last(a, 2)) return dense(a, hold);
    // Here the pixels are what channels are to the kernel.
    const Py_ssize_t* image = a.shape + a.ndim - 3;
    const Py_ssize_t plane = image[1] * image[2];
    hold = empty(a.dtype, a.ndim, a.shape);
    launch(layout::kChannelsLast,
           layout::Args{.dtype = a.dtype,
                        .n = a.ndim == 3 ? 1 : a.shape[0],
                        .c = plane,
                        .size = {1, 1, image[0]},
                        .n_stride = plane * image[0],
                        .c_stride = image[0],
                        .stride = {0, 0, 1},
                        .x = a.data,
                        .y = data_of(hold)},
           {a, hold});
    return Array(hold.ptr(), a.dtype);
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
