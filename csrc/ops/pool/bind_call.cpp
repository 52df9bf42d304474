#include "ops/pool/bind_call.h"

#include <algorithm>

namespace fastnn::bind {
namespace {

using pooling::kAxes;

constexpr const char* kLayouts[kAxes] = {"(N, C, L)", "(N, C, H, W)", "(N, C, D, H, W)"};

std::string text_of(const dim_t* values, int axes) {
    Py_ssize_t shape[kAxes];
    std::copy(values, values + axes, shape);
    return shape_text(axes, shape);
}

}  // namespace

Dims::Dims(const Array& a) : ndim(std::min(a.ndim, kMostImageDims + 1)) {
    if (a.ndim <= kMostImageDims) std::copy(a.shape, a.shape + a.ndim, shape);
}

Dims::Dims(py::handle tuple, Name name) {
    if (!PyTuple_Check(tuple.ptr())) {
        fail<TypeError>(name.op, ": ", name.argument, " must be a tuple, got ",
                        Py_TYPE(tuple.ptr())->tp_name);
    }
    const Py_ssize_t count = PyTuple_GET_SIZE(tuple.ptr());
    ndim = static_cast<int>(std::min<Py_ssize_t>(count, kMostImageDims + 1));
    if (ndim > kMostImageDims) return;
    dim_t sizes[kMostImageDims];
    parse_sizes(tuple, name, ndim, 0, sizes);
    std::copy(sizes, sizes + ndim, shape);
}

Sizes sizes_of(py::handle tuple, Name name, int axes, dim_t least) {
    Sizes found{};
    parse_sizes(tuple, name, axes, least, found.value + kAxes - axes);
    return found;
}

PoolCall::PoolCall(const char* name, int count, const WindowArgs& windows)
    : op(name),
      axes(count),
      ceil_mode_(windows.ceil_mode),
      dilated_(static_cast<bool>(windows.dilation)) {
    for (int i = 0; i < kAxes; ++i) {
        shape.kernel[i] = shape.stride[i] = shape.dilation[i] = 1;
        shape.pad[i] = 0;
        shape.out[i] = 1;
    }
    const int first = kAxes - axes;
    const auto take = [&](py::handle object, const char* argument, dim_t least, dim_t(&to)[kAxes]) {
        const Sizes sizes = sizes_of(object, {op, argument}, axes, least);
        std::copy(sizes.value + first, sizes.value + kAxes, to + first);
    };
    take(windows.kernel, "kernel_size", 1, shape.kernel);
    take(windows.stride, "stride", 1, shape.stride);
    take(windows.padding, "padding", 0, shape.pad);
    if (dilated_) take(windows.dilation, "dilation", 1, shape.dilation);
    for (int i = first; i < kAxes; ++i) {
        if (shape.pad[i] > shape.kernel[i] / 2) {
            fail<ValueError>(op, ": padding must be at most half of kernel_size ",
                             text_of(shape.kernel + first, axes), ", got ",
                             text_of(shape.pad + first, axes));
        }
    }
}

PoolCall::PoolCall(const char* name, int count, py::handle output_size) : op(name), axes(count) {
    shape.adaptive = true;
    const Sizes out = sizes_of(output_size, {op, "output_size"}, axes, 1);
    for (int i = 0; i < kAxes; ++i) {
        shape.out[i] = i < kAxes - axes ? 1 : out.value[i];
        shape.stride[i] = shape.dilation[i] = 1;
        shape.pad[i] = 0;
    }
}

void PoolCall::set_input(const Dims& input) {
    check_input(input);
    shape.adaptive ? divide() : fit_windows();
    check_places();
}

void PoolCall::check_input(const Dims& input) {
    batched_ = input.ndim == axes + 2;
    if (!batched_ && input.ndim != axes + 1) {
        fail<ValueError>(op, ": input must have ", axes + 2, " dimensions ", kLayouts[axes - 1],
                         ", or ", axes + 1, " without N, got ",
                         input.ndim > kMostImageDims ? "more" : input.text());
    }
    const Py_ssize_t* sizes = input.shape + (batched_ ? 2 : 1);
    shape.n = batched_ ? input.shape[0] : 1;
    shape.c = sizes[-1];
    for (int i = 0; i < kAxes; ++i) {
        shape.in[i] = i < kAxes - axes ? 1 : sizes[i - (kAxes - axes)];
        if (shape.in[i] < 1 || shape.in[i] > kMostSize) {
            fail<ValueError>(op,
                             ": input must have axes of at least 1 and below 2**31 to pool "
                             "over, got shape ",
                             input.text());
        }
    }
}

// The windows that divide the input into as many parts as there are outputs.
void PoolCall::divide() {
    for (int i = 0; i < kAxes; ++i) {
        // Windows of different sizes: the largest has one place more.
        const dim_t in = shape.in[i], even = ceil_div(in, shape.out[i]);
        shape.kernel[i] = in % shape.out[i] == 0 ? even : even + 1;
    }
}

// The number of windows that the input has room for.
void PoolCall::fit_windows() {
    const int first = kAxes - axes;
    for (int i = first; i < kAxes; ++i) {
        const dim_t reach = shape.dilation[i] * (shape.kernel[i] - 1) + 1,
                    padded = shape.in[i] + 2 * shape.pad[i], step = shape.stride[i];
        // With ceil_mode even the first window may exceed the input.
        const dim_t free = padded - reach + (ceil_mode_ ? step - 1 : 0);
        if (free < 0) {
            fail<ValueError>(op, ": kernel_size ", text_of(shape.kernel + first, axes),
                             dilated_ ? " with dilation " : "",
                             dilated_ ? text_of(shape.dilation + first, axes) : "",
                             " is larger than the padded input ", padded_text(),
                             "; pad more or take a smaller one");
        }
        shape.out[i] = free / step + 1;
        // No window begins in the padding after the input.
        if (ceil_mode_ && (shape.out[i] - 1) * step >= shape.in[i] + shape.pad[i]) --shape.out[i];
    }
}

void PoolCall::check_places() const {
    double places = 1;
    for (const dim_t k : shape.kernel) places *= static_cast<double>(k);
    if (places > static_cast<double>(kMostSize)) {
        fail<ValueError>(op, ": windows must have fewer than 2**31 places, got ", places);
    }
}

std::string PoolCall::padded_text() const {
    dim_t padded[kAxes];
    for (int i = 0; i < kAxes; ++i) padded[i] = shape.in[i] + 2 * shape.pad[i];
    return text_of(padded + kAxes - axes, axes);
}

int PoolCall::dims_of(const dim_t (&sizes)[kAxes], Py_ssize_t* dims) const {
    int ndim = 0;
    if (batched_) dims[ndim++] = shape.n;
    dims[ndim++] = shape.c;
    for (int i = kAxes - axes; i < kAxes; ++i) dims[ndim++] = sizes[i];
    return ndim;
}

py::object PoolCall::empty_image(Dtype dtype, const dim_t (&sizes)[kAxes]) const {
    Py_ssize_t dims[kMostImageDims];
    const int ndim = dims_of(sizes, dims);
    return empty_channels_last(dtype, ndim, dims, axes);
}

void PoolCall::check_output(const Array& a, const char* argument) const {
    Py_ssize_t dims[kMostImageDims];
    const int ndim = dims_of(shape.out, dims);
    if (a.ndim == ndim && std::equal(dims, dims + ndim, a.shape)) return;
    fail<ValueError>(op, ": ", argument, " must have the shape of the output, ",
                     shape_text(ndim, dims), ", got ", shape_text(a));
}

Array PoolCall::places(py::handle object, py::object& hold) const {
    const Array a = array(object, {op, "places"});
    check_output(a, "places");
    if (a.dtype != place_dtype()) {
        fail<TypeError>(op, ": places must have dtype ", fastnn::name(place_dtype()), ", got ",
                        fastnn::name(a.dtype));
    }
    if (is_channels_last(a, axes)) return a;
    hold = empty_channels_last(a.dtype, a.ndim, a.shape, axes);
    copy_into(hold, a);
    return Array(hold.ptr(), a.dtype);
}

}  // namespace fastnn::bind
