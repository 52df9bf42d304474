#include "bind/array.h"
#include "bind/families.h"
#include "bind/image.h"
#include "ops/shuffle/doc.h"
#include "ops/shuffle/shuffle.h"

namespace fastnn::bind {
namespace {

using shuffle::Row;

Array image_of(py::handle input, Name name, py::object& aligned, py::object& hold) {
    const Array a = strided_float(input, name, aligned);
    check_ndim(a, name, 4, "(N, C, H, W)");
    return channels_last(a, 2, hold);
}

// More than 2**30 has no square that fits.
Py_ssize_t factor_of(const char* op, const char* argument, Py_ssize_t factor) {
    if (factor < 1 || factor > Py_ssize_t{1} << 30)
        fail<ValueError>(op, ": ", argument, " must be at least 1 and at most 2**30, got ", factor);
    return factor;
}

// The images of pixel_shuffle, or with `collect` of pixel_unshuffle, in a new array of this shape.
// The images with more channels are (r * r * c, h, w), the others (c, r * h, r * w).
py::object shuffle_pixels(const Kernel<shuffle::Args>& kernel, bool collect, const Array& x,
                          const Py_ssize_t (&shape)[4], dim_t r, dim_t c, dim_t h, dim_t w) {
    py::object y = empty_channels_last(x.dtype, 4, shape, 2);
    const dim_t pixel = c * r * r,
                part = c * r;  // of the h x w image; its part in a row of the other
    launch(kernel,
           shuffle::Args{.dtype = x.dtype,
                         .collect = collect,
                         .row = Row{.pixels = w,
                                    .x_pixel = collect ? part : pixel,
                                    .y_pixel = collect ? pixel : part,
                                    .channels = c,
                                    .places = r * r,
                                    .j_count = r,
                                    .j_stride = c,
                                    .i_stride = part * w},
                         .rows = x.shape[0] * h,
                         .x_row = pixel * w,
                         .y_row = pixel * w,
                         .x = x.data,
                         .y = data_of(y)},
           {x, y});
    return y;
}

py::object pixel_shuffle(py::handle input, Py_ssize_t upscale_factor) {
    constexpr Name name{"pixel_shuffle", "input"};
    const Py_ssize_t r = factor_of(name.op, "upscale_factor", upscale_factor);
    py::object aligned, hold;
    const Array x = image_of(input, name, aligned, hold);
    const Py_ssize_t h = x.shape[2], w = x.shape[3], c = x.shape[1] / (r * r);
    if (x.shape[1] % (r * r) != 0) {
        fail<ValueError>(name.op, ": channels must be a multiple of ", r, " * ", r, ", got shape ",
                         shape_text(x));
    }
    // An image without channels may have any size, so the product may overflow.
    Py_ssize_t shape[4] = {x.shape[0], c, 0, 0};
    if (__builtin_mul_overflow(h, r, &shape[2]) || __builtin_mul_overflow(w, r, &shape[3]))
        throw std::bad_alloc();
    return shuffle_pixels(shuffle::kPixelShuffle, false, x, shape, r, c, h, w);
}

py::object pixel_unshuffle(py::handle input, Py_ssize_t downscale_factor) {
    constexpr Name name{"pixel_unshuffle", "input"};
    const Py_ssize_t r = factor_of(name.op, "downscale_factor", downscale_factor);
    py::object aligned, hold;
    const Array x = image_of(input, name, aligned, hold);
    if (x.shape[2] % r != 0 || x.shape[3] % r != 0) {
        fail<ValueError>(name.op, ": height and width must be multiples of ", r, ", got shape ",
                         shape_text(x));
    }
    const Py_ssize_t c = x.shape[1], h = x.shape[2] / r, w = x.shape[3] / r;
    Py_ssize_t shape[4] = {x.shape[0], 0, h, w};
    if (__builtin_mul_overflow(c, r * r, &shape[1])) throw std::bad_alloc();
    return shuffle_pixels(shuffle::kPixelUnshuffle, true, x, shape, r, c, h, w);
}

py::object channel_shuffle(py::handle input, Py_ssize_t groups) {
    constexpr Name name{"channel_shuffle", "input"};
    py::object aligned, hold;
    const Array a = strided_float(input, name, aligned);
    if (a.ndim < 3 || a.ndim > 5)
        fail<ValueError>(name.op, ": input must have 3 to 5 dimensions, got ", shape_text(a));
    if (groups < 1 || a.shape[1] % groups != 0) {
        fail<ValueError>(name.op, ": groups must be positive and divide the ", a.shape[1],
                         " channels, got ", groups);
    }
    const Array x = channels_last(a, a.ndim - 2, hold);
    py::object y = empty_channels_last(x.dtype, x.ndim, x.shape, x.ndim - 2);
    const Py_ssize_t c = x.shape[1], other = c / groups;
    // The same permutation in either direction; the smaller number is that of the places.
    const bool collect = groups < other;
    const Py_ssize_t places = collect ? groups : other, run = collect ? other : groups;
    launch(shuffle::kChannelShuffle,
           shuffle::Args{.dtype = x.dtype,
                         .collect = collect,
                         .row = Row{.pixels = 1,
                                    .x_pixel = c,
                                    .y_pixel = c,
                                    .channels = run,
                                    .places = places,
                                    .j_count = 1,
                                    .j_stride = 0,
                                    .i_stride = run},
                         .rows = c == 0 ? 0 : x.size() / c,
                         .x_row = c,
                         .y_row = c,
                         .x = x.data,
                         .y = data_of(y)},
           {x, y});
    return y;
}

}  // namespace

void bind_shuffle(py::module_& m) {
    m.def("pixel_shuffle", &pixel_shuffle, shuffle::doc::kPixelShuffle, py::arg("input"),
          py::arg("upscale_factor"));
    m.def("pixel_unshuffle", &pixel_unshuffle, shuffle::doc::kPixelUnshuffle, py::arg("input"),
          py::arg("downscale_factor"));
    m.def("channel_shuffle", &channel_shuffle, shuffle::doc::kChannelShuffle, py::arg("input"),
          py::arg("groups"));
}

}  // namespace fastnn::bind
