#include <new>

#include "bind/arguments.h"
#include "bind/array.h"
#include "bind/families.h"
#include "bind/image.h"
#include "ops/fold/doc.h"
#include "ops/fold/fold.h"

namespace fastnn::bind {
namespace {

using folding::Axis;

struct Pair {
    dim_t value[folding::kAxes];

    Pair(py::handle tuple, Name name, dim_t least) {
        parse_sizes(tuple, name, folding::kAxes, least, value);
    }
};

struct Options {
    Pair k, d, p, s;

    Options(const char* op, py::handle kernel, py::handle dilation, py::handle padding,
            py::handle stride)
        : k(kernel, {op, "kernel_size"}, 1),
          d(dilation, {op, "dilation"}, 1),
          p(padding, {op, "padding"}, 0),
          s(stride, {op, "stride"}, 1) {}
};

// The windows of an image of this size.
struct Windows {
    Axis axis[folding::kAxes];
    Py_ssize_t places, count;

    Windows(const char* op, const Py_ssize_t* size, const Options& options) {
        const auto& [k, d, p, s] = options;
        for (int i = 0; i < folding::kAxes; ++i) {
            if (size[i] > kMostSize) fail<ValueError>(op, ": images must be smaller than 2**31");
            const Py_ssize_t room = size[i] + 2 * p.value[i] - d.value[i] * (k.value[i] - 1) - 1;
            if (room < 0) {
                fail<ValueError>(op, ": kernel_size (", k.value[0], ", ", k.value[1],
                                 ") with dilation (", d.value[0], ", ", d.value[1],
                                 ") is larger than the padded image (", size[0] + 2 * p.value[0],
                                 ", ", size[1] + 2 * p.value[1], ")");
            }
            axis[i] = Axis{.size = size[i],
                           .windows = room / s.value[i] + 1,
                           .kernel = k.value[i],
                           .stride = s.value[i],
                           .dilation = d.value[i],
                           .padding = p.value[i]};
        }
        places = product(axis[0].kernel, axis[1].kernel);
        count = product(axis[0].windows, axis[1].windows);
        product(places, count);
    }
    // A size that overflows cannot be allocated either.
    static Py_ssize_t product(Py_ssize_t a, Py_ssize_t b) {
        Py_ssize_t found = 0;
        if (__builtin_mul_overflow(a, b, &found)) throw std::bad_alloc();
        return found;
    }
};

py::object unfold(py::handle input, py::handle kernel_size, py::handle dilation, py::handle padding,
                  py::handle stride) {
    constexpr Name name{"unfold", "input"};
    const Options options(name.op, kernel_size, dilation, padding, stride);
    py::object aligned, hold;
    const Array a = strided_float(input, name, aligned);
    if (a.ndim != 3 && a.ndim != 4) {
        fail<ValueError>(name.op,
                         ": input must have 4 dimensions (N, C, H, W), or 3 without N, got ",
                         "shape ", shape_text(a));
    }
    const Py_ssize_t* image = a.shape + a.ndim - 3;
    const Windows w(name.op, image + 1, options);
    const Array x = dense(a, hold);
    const Py_ssize_t shape[] = {a.shape[0], Windows::product(image[0], w.places), w.count};
    const int batched = a.ndim - 3;
    py::object y = empty(a.dtype, 2 + batched, shape + 1 - batched);
    launch(folding::kUnfold,
           folding::Args{.dtype = a.dtype,
                         .planes = (batched ? a.shape[0] : 1) * image[0],
                         .h = w.axis[0],
                         .w = w.axis[1],
                         .x = x.data,
                         .y = data_of(y)},
           {x, y});
    return y;
}

py::object fold(py::handle input, py::handle output_size, py::handle kernel_size,
                py::handle dilation, py::handle padding, py::handle stride) {
    constexpr Name name{"fold", "input"};
    const Pair size(output_size, {name.op, "output_size"}, 0);
    const Windows w(name.op, size.value, Options(name.op, kernel_size, dilation, padding, stride));
    py::object hold;
    const Array x = dense_float(input, name, hold);
    const int batched = x.ndim - 2;
    if ((batched != 0 && batched != 1) || x.shape[batched] % w.places != 0 ||
        x.shape[batched + 1] != w.count) {
        fail<ValueError>(name.op, ": input must have shape (N, C * ", w.places, ", ", w.count,
                         "), or without N, for these windows, got ", shape_text(x));
    }
    const Py_ssize_t shape[] = {x.shape[0], x.shape[batched] / w.places, size.value[0],
                                size.value[1]};
    py::object y = empty(x.dtype, 3 + batched, shape + 1 - batched), last;
    launch(folding::kFold,
           folding::Args{.dtype = x.dtype,
                         .planes = (batched ? shape[0] : 1) * shape[1],
                         .h = w.axis[0],
                         .w = w.axis[1],
                         .x = x.data,
                         .y = data_of(y)},
           {x, y});
    // In channels-last order, which convolutions read.
    channels_last(Array(y.ptr(), x.dtype), 2, last);
    return last ? last : y;
}

}  // namespace

void bind_fold(py::module_& m) {
    m.def("unfold", &unfold, folding::doc::kUnfold, py::arg("input"), py::arg("kernel_size"),
          py::arg("dilation"), py::arg("padding"), py::arg("stride"));
    m.def("fold", &fold, folding::doc::kFold, py::arg("input"), py::arg("output_size"),
          py::arg("kernel_size"), py::arg("dilation"), py::arg("padding"), py::arg("stride"));
}

}  // namespace fastnn::bind
