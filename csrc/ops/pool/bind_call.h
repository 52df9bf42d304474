// The checked arguments of one call of a pooling function.
#pragma once

#include <string>

#include "bind/arguments.h"
#include "bind/array.h"
#include "bind/image.h"
#include "core/integer.h"
#include "ops/pool/pool.h"

namespace fastnn::bind {

constexpr int kMostImageDims = pooling::kAxes + 2;

// Ints, one for each axis; 0 for axes missing in front.
struct Sizes {
    dim_t value[pooling::kAxes];
};

struct Dims {
    int ndim = 0;
    Py_ssize_t shape[kMostImageDims];
    explicit Dims(const Array& a);
    Dims(py::handle tuple, Name name);
    std::string text() const { return shape_text(ndim, shape); }
};

// The arguments of regular windows; a null handle for one that the operation does not have.
struct WindowArgs {
    py::handle kernel, stride, padding, dilation;
    bool ceil_mode;
};

// The kernel for as many axes as a tuple has; errors use its name.
template <class Args>
struct Chosen {
    const Kernel<Args>& kernel;
    int axes;
    Chosen(const Kernel<Args> (&kernels)[pooling::kAxes], const char* plain, py::handle tuple,
           const char* argument)
        : Chosen(kernels, count_sizes(tuple, {plain, argument}, pooling::kAxes)) {}

 private:
    Chosen(const Kernel<Args> (&kernels)[pooling::kAxes], int count)
        : kernel(kernels[count - 1]), axes(count) {}
};

class PoolCall {
 public:
    const char* op;
    int axes;
    pooling::Shape shape{};

    // Both convert the arguments of windows, before any array is looked at; set_input checks them
    // against the shape of the input and computes that of the output.
    PoolCall(const char* op, int axes, const WindowArgs& windows);
    PoolCall(const char* op, int axes, py::handle output_size);
    void set_input(const Dims& input);

    Array image(const Array& a, py::object& hold) const { return channels_last(a, axes, hold); }
    py::object empty_input(Dtype dtype) const { return empty_image(dtype, shape.in); }
    py::object empty_output(Dtype dtype) const { return empty_image(dtype, shape.out); }
    void check_output(const Array& a, const char* argument) const;
    Array places(py::handle object, py::object& hold) const;
    Dtype place_dtype() const { return shape.places() <= 256 ? Dtype::u8 : Dtype::i32; }

 private:
    bool batched_ = false, ceil_mode_ = false, dilated_ = false;

    void check_input(const Dims& input);
    void fit_windows();
    void divide();
    void check_places() const;
    std::string padded_text() const;
    int dims_of(const dim_t (&sizes)[pooling::kAxes], Py_ssize_t* dims) const;
    py::object empty_image(Dtype dtype, const dim_t (&sizes)[pooling::kAxes]) const;
};

Sizes sizes_of(py::handle object, Name name, int axes, dim_t least);

void bind_unpooling(py::module_& m);

}  // namespace fastnn::bind
