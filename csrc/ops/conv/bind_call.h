// The checked arguments of one call of a convolution or of its transpose.
#pragma once

#include "bind/array.h"
#include "core/integer.h"
#include "ops/conv/conv.h"

namespace fastnn::bind {

// What the errors call the operation, by the number of its spatial axes; 0 where that is not known.
struct ConvOp {
    const char* name[conv::kAxes + 1];
};

// The arguments that say where windows lie, as Python gives them.
struct ConvOptions {
    py::handle stride, padding, output_padding, dilation, groups;
};

// A checked call: the input (which is y of the convolution where transposed), the weight, and the
// shape of what comes out.
//
// The constructor converts the options; `read` looks at the arrays and checks all. Other arguments
// that are no arrays are converted between the two.
struct ConvProblem {
    const char* op;
    int axes;
    bool transposed;
    Array x, w;
    conv::Shape shape;
    Py_ssize_t out[conv::kAxes + 2];
    py::object hold_x, hold_w;

    ConvProblem(const ConvOp& ops, bool transposes, py::handle weight, const ConvOptions& options);
    void read(py::handle input, py::handle weight);

    // The input, or an array like it, as the kernels read it.
    Array image(const Array& a, py::object& hold) const;
    // Another image: of the type of the input, and of this shape.
    Array checked(py::handle object, const char* argument, const Py_ssize_t* expected,
                  const char* layout, py::object& hold) const;
    bool empty_batch() const { return shape.n == 0; }
    dim_t out_channels() const { return transposed ? shape.c : shape.o; }

 private:
    bool same_ = false;  // padding='same'
    dim_t extra_[conv::kAxes] = {0, 0, 0};

    const char* weight_layout() const;
    void parse_padding(py::handle object);
    void check_weight() const;
    void channels();
    void windows();
    dim_t reach(int i) const { return shape.dilation[i] * (shape.kernel[i] - 1); }
    void pad_same(dim_t (&after)[conv::kAxes]);
    void forward_sizes(const dim_t (&after)[conv::kAxes]);
    void transposed_sizes();
};

}  // namespace fastnn::bind
