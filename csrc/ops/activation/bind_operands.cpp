// Activations with operands besides their input: gates, slopes, random numbers.
#include "bind/array.h"
#include "bind/axis.h"
#include "bind/families.h"
#include "bind/rng.h"
#include "ops/activation/doc_operands.h"
#include "ops/activation/glu.h"
#include "ops/activation/prelu.h"
#include "ops/activation/rrelu.h"

namespace fastnn::bind {
namespace {

// -- glu ---------------------------------------------------------------------------------------

struct Halves {
    py::object hold;  // before what points into it
    Array x;
    Axis axis;
    Py_ssize_t shape[kMaxDims], strides[kMaxDims];  // of one half, in the memory order of x

    Halves(const char* op, py::handle input, dim_t dim)
        : x(block_float(input, {op, "input"}, hold)), axis(axis_of(x, {op, "input"}, dim)) {
        const auto at = static_cast<int>(dim < 0 ? dim + x.ndim : dim);
        if (x.ndim == 0 || x.shape[at] % 2 != 0) {
            fail<ValueError>(op, ": input must have an even size along dim ", dim, ", got shape ",
                             shape_text(x));
        }
        for (int i = 0; i < x.ndim; ++i) {
            shape[i] = x.shape[i];
            const bool outside = i != at && x.strides[i] > x.strides[at];
            strides[i] = outside ? x.strides[i] / 2 : x.strides[i];
        }
        shape[at] /= 2;
    }
    dim_t size() const { return axis.size / 2 * axis.inner; }
    py::object half() const { return empty(x.dtype, x.ndim, shape, x.size() ? strides : nullptr); }
};

py::object glu_forward(py::handle input, dim_t dim) {
    const Halves in(glu::kForward.name, input, dim);
    py::object y = in.half();
    launch(glu::kForward, glu::Args{in.x.dtype, in.axis.outer, in.size(), in.x.data, data_of(y)},
           {in.x, y});
    return y;
}

py::object glu_backward(py::handle dy, py::handle input, dim_t dim) {
    const char* op = glu::kBackward.name;
    const Halves in(op, input, dim);
    const py::object like = in.half();
    py::object hold;
    const Array d = block_like(dy, {op, "dy"}, Array(like.ptr(), in.x.dtype), hold);
    py::object dx = empty_like(in.x);
    launch(glu::kBackward,
           glu::BackwardArgs{in.x.dtype, in.axis.outer, in.size(), d.data, in.x.data, data_of(dx)},
           {d, in.x, dx});
    return dx;
}

// -- prelu -------------------------------------------------------------------------------------

struct Slopes {
    py::object hold_x, hold_w;  // before what points into them
    Array x, w;
    Axis axis;  // around the channels

    Slopes(const char* op, py::handle input, py::handle weight)
        : x(block_float(input, {op, "input"}, hold_x)),
          w(dense_as(weight, {op, "weight"}, x.dtype, hold_w)) {
        if (w.size() == 1) {
            axis = {x.size(), 1, 1};
            return;
        }
        const Py_ssize_t channels = x.ndim > 1 ? x.shape[1] : 1;
        if (w.ndim != 1 || w.shape[0] != channels) {
            fail<ValueError>(op, ": weight must have one element, or one for each of the ",
                             channels, " channels (dim 1) of input ", shape_text(x), ", got shape ",
                             shape_text(w));
        }
        axis = axis_of(x, {op, "input"}, 1);
    }
};

py::object prelu_forward(py::handle input, py::handle weight) {
    const Slopes in(prelu::kForward.name, input, weight);
    py::object y = empty_like(in.x);
    launch(prelu::kForward,
           prelu::Args{in.x.dtype, in.axis.outer, in.axis.size, in.axis.inner, in.x.data, in.w.data,
                       data_of(y)},
           {in.x, in.w, y});
    return y;
}

Tuple<py::object, py::object> prelu_backward(py::handle dy, py::handle input, py::handle weight) {
    const char* op = prelu::kBackward.name;
    const Slopes in(op, input, weight);
    py::object hold;
    const Array d = block_like(dy, {op, "dy"}, in.x, hold);
    py::object dx = empty_like(in.x), dw = empty(in.w.dtype, in.w.ndim, in.w.shape);
    launch(prelu::kBackward,
           prelu::BackwardArgs{in.x.dtype, in.axis.outer, in.axis.size, in.axis.inner, d.data,
                               in.x.data, in.w.data, data_of(dx), data_of(dw)},
           {d, in.x, in.w, dx, dw});
    return py::make_tuple(std::move(dx), std::move(dw));
}

// -- rrelu -------------------------------------------------------------------------------------

// factor is x itself in the forward pass.
py::object rrelu_call(const Kernel<rrelu::Args>& kernel, py::handle factor, py::handle input,
                      double lower, double upper, py::handle stream) {
    const std::uint64_t* numbers = seed_and_offset(kernel.name, stream);
    py::object hold_x, hold, hold_f;
    const Array given = strided_float(input, {kernel.name, "input"}, hold_x);
    const Array x = dense(given, hold);
    const Array f = factor ? dense_as(factor, {kernel.name, "dy"}, x.dtype, hold_f) : x;
    if (factor) check_same_shape(f, {kernel.name, "dy"}, x, "input");
    py::object y = empty(x.dtype, x.ndim, x.shape);
    launch(kernel,
           rrelu::Args{x.dtype, x.size(), x.data, f.data, data_of(y), numbers, lower, upper},
           {x, f, y, stream});
    if (!hold || !fills_block(given)) return y;
    // Random numbers belong to elements in C order; the result has the memory order of the input.
    py::object laid_out = empty_like(given);
    copy_into(laid_out, y);
    return laid_out;
}

}  // namespace

void bind_activation_operands(py::module_& m) {
    m.def("glu", &glu_forward, glu::kDoc, py::arg("input"), py::arg("dim") = -1);
    m.def("glu_backward", &glu_backward, glu::kDocBackward, py::arg("dy"), py::arg("input"),
          py::arg("dim") = -1);
    m.def("prelu", &prelu_forward, prelu::kDoc, py::arg("input"), py::arg("weight"));
    m.def("prelu_backward", &prelu_backward, prelu::kDocBackward, py::arg("dy"), py::arg("input"),
          py::arg("weight"));
    m.def(
        "rrelu",
        [](py::handle input, double lower, double upper, py::handle stream) {
            return rrelu_call(rrelu::kForward, {}, input, lower, upper, stream);
        },
        rrelu::kDoc, py::arg("input"), py::arg("lower"), py::arg("upper"), py::arg("stream"));
    m.def(
        "rrelu_backward",
        [](py::handle dy, py::handle input, double lower, double upper, py::handle stream) {
            return rrelu_call(rrelu::kBackward, dy, input, lower, upper, stream);
        },
        rrelu::kDocBackward, py::arg("dy"), py::arg("input"), py::arg("lower"), py::arg("upper"),
        py::arg("stream"));
}

}  // namespace fastnn::bind
