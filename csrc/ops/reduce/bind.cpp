#include <algorithm>
#include <cmath>

#include "bind/arguments.h"
#include "bind/array.h"
#include "bind/families.h"
#include "ops/reduce/doc.h"
#include "ops/reduce/product.h"
#include "ops/reduce/reduce.h"

namespace fastnn::bind {
namespace {

using reduce::Op;

// None for all axes, an int, or a tuple or list of int.
struct Dims {
    bool all;
    int count = 0;
    dim_t given[kMaxDims];

    Dims(const char* op, py::handle dim) : all(dim.is_none()) {
        const Name name{op, "dim"};
        if (is_sequence(dim)) {
            const py::tuple items = items_of(dim, name);
            const Py_ssize_t size = PyTuple_GET_SIZE(items.ptr());
            if (size > kMaxDims)
                fail<ValueError>(op, ": dim must name at most ", kMaxDims, " axes, got ", size);
            all = size == 0;  // no axes means all of them, as in PyTorch
            for (Py_ssize_t i = 0; i < size; ++i) add(PyTuple_GET_ITEM(items.ptr(), i), name);
        } else if (!all) {
            add(dim, name);
        }
    }

 private:
    void add(py::handle dim, Name name) {
        given[count++] = parse_int(dim, name, "be an int, a tuple of int or None");
    }
};

// Which axes are reduced, and the shape of the result.
struct Axes {
    bool reduced[kMaxDims];
    int ndim;
    Py_ssize_t shape[kMaxDims];
};

void mark(Axes& axes, dim_t given, const char* op, int ndim) {
    const int room = std::max(ndim, 1);  // a number has one dimension here, as in PyTorch
    if (given < -room || given >= room) {
        fail<IndexError>(op, ": dim must be in [", -room, ", ", room - 1, "], got ", given);
    }
    if (ndim == 0) return;
    bool& reduced = axes.reduced[given < 0 ? given + ndim : given];
    if (reduced) fail<ValueError>(op, ": dim ", given, " is given twice");
    reduced = true;
}

Axes axes_of(const char* op, int ndim, const Py_ssize_t* shape, const Dims& dims, bool keepdim) {
    Axes axes;
    std::fill_n(axes.reduced, ndim, dims.all);
    for (int i = 0; i < dims.count; ++i) mark(axes, dims.given[i], op, ndim);
    axes.ndim = 0;
    for (int i = 0; i < ndim; ++i) {
        if (!axes.reduced[i]) {
            axes.shape[axes.ndim++] = shape[i];
        } else if (keepdim) {
            axes.shape[axes.ndim++] = 1;
        }
    }
    return axes;
}

// Fills the geometry of an array; where no axis is dense, of a copy, which is returned.
Array plan(reduce::Geometry& g, const Array& x, const Axes& axes, py::object& hold, bool ordered,
           bool once = false) {
    if (reduce::plan(g, x.ndim, x.shape, x.strides, size_of(x.dtype), axes.reduced, ordered, once))
        return x;
    hold = empty(x.dtype, x.ndim, x.shape);
    copy_into(hold, x);
    const Array copy(hold.ptr(), x.dtype);
    reduce::plan(g, copy.ndim, copy.shape, copy.strides, size_of(copy.dtype), axes.reduced,
                 ordered);
    return copy;
}

void check_not_empty(const char* op, const reduce::Geometry& g, const Array& x) {
    if (g.reduced == 0)
        fail<ValueError>(op, ": cannot reduce no elements, got shape ", shape_text(x));
}

bool needs_elements(Op op) {
    return op == Op::amax || op == Op::amin || op == Op::norm_inf;
}

const char* name_of(Op op) {
    return reduce::kReduce[static_cast<int>(op)].name;
}

const char* backward_name_of(Op op) {
    return reduce::kBackward[static_cast<int>(op)].name;
}

struct Options {
    double power = 0;
    double correction = 0;
    py::object* mean = nullptr;
    py::handle like = {};
};

py::object reduce_any(Op op, py::handle input, const Dims& dims, bool keepdim,
                      Options options = {}) {
    const auto& kernel = reduce::kReduce[static_cast<int>(op)];
    py::object hold, hold_copy, hold_like;
    const Array x = strided_float(input, {kernel.name, "input"}, hold_copy);
    const Axes axes = axes_of(kernel.name, x.ndim, x.shape, dims, keepdim);
    reduce::Args args;
    // The spread of equal elements is not 0, but what rounding leaves of their mean, whatever their
    // layout: its gradient, which divides by it, must not depend on that.
    const bool once = op != Op::var && op != Op::std;
    args.x = plan(args.g, x, axes, hold, false, once).data;
    if (needs_elements(op)) check_not_empty(kernel.name, args.g, x);
    args.op = op;
    args.dtype = x.dtype;
    args.power = options.power;
    args.correction = options.correction;
    args.shift = nullptr;
    if (options.like) args.shift = dense(options.like, {kernel.name, "y"}, hold_like).data;
    py::object y = empty(reduce::result_type(op, x.dtype), axes.ndim, axes.shape);
    args.y = data_of(y);
    args.mean = nullptr;
    if (options.mean != nullptr) {
        *options.mean = empty(x.dtype, axes.ndim, axes.shape);
        args.mean = data_of(*options.mean);
    }
    launch(kernel, args,
           {x, hold, options.like, hold_like, y,
            options.mean != nullptr ? *options.mean : py::handle()});
    return y;
}

template <Op op>
py::object simple(py::handle input, py::handle dim, bool keepdim) {
    return reduce_any(op, input, Dims(name_of(op), dim), keepdim);
}

Op norm_op(double p) {
    if (std::isnan(p) || p < 0) fail<ValueError>("norm: p must be 0, positive or inf, got ", p);
    return p == 0          ? Op::norm0
           : p == 1        ? Op::norm1
           : p == 2        ? Op::norm2
           : std::isinf(p) ? Op::norm_inf
                           : Op::norm;
}

py::object norm(py::handle input, double p, py::handle dim, bool keepdim) {
    const Op op = norm_op(p);
    return reduce_any(op, input, Dims(name_of(op), dim), keepdim, {.power = p});
}

template <Op op>
Tuple<py::object, py::object> with_mean(py::handle input, py::handle dim, double correction,
                                        bool keepdim) {
    py::object mean;
    py::object y = reduce_any(op, input, Dims(name_of(op), dim), keepdim,
                              {.correction = correction, .mean = &mean});
    return py::make_tuple(std::move(y), std::move(mean));
}

template <reduce::ArgOp op>
Tuple<py::object, py::object> position(py::handle input, py::handle dim, bool keepdim) {
    const auto& kernel = reduce::kArg[static_cast<int>(op)];
    const Dims dims(kernel.name, dim);
    py::object hold, hold_copy, hold_dense;
    Array x = strided_float(input, {kernel.name, "input"}, hold_copy);
    const Axes axes = axes_of(kernel.name, x.ndim, x.shape, dims, keepdim);
    reduce::ArgArgs args;
    if (dim.is_none()) {  // counted over all elements in C order
        x = dense(x, hold_dense);
        const Py_ssize_t size = x.size(), step = static_cast<Py_ssize_t>(size_of(x.dtype));
        const bool reduced = true;
        reduce::plan(args.g, 1, &size, &step, size_of(x.dtype), &reduced, true);
        args.x = x.data;
    } else if (std::count(axes.reduced, axes.reduced + x.ndim, true) > 1) {
        fail<ValueError>(kernel.name, ": dim must be one int, got ",
                         py::repr(dim).cast<std::string>());
    } else {
        args.x = plan(args.g, x, axes, hold, true).data;
    }
    check_not_empty(kernel.name, args.g, x);
    py::object values = empty(x.dtype, axes.ndim, axes.shape),
               indices = empty(Dtype::i64, axes.ndim, axes.shape);
    args.op = op;
    args.dtype = x.dtype;
    args.values = data_of(values);
    args.indices = reinterpret_cast<std::int64_t*>(data_of(indices));
    launch(kernel, args, {x, hold, values, indices});
    return py::make_tuple(std::move(values), std::move(indices));
}

// An array with one element per output, in C order; reduced axes may be missing or of size 1.
Array outputs_as(py::handle object, Name name, Dtype dtype, dim_t size, py::object& hold) {
    const Array a = dense_as(object, name, dtype, hold);
    if (a.size() != size) {
        fail<ValueError>(name.op, ": ", name.argument, " must have ", size,
                         " elements, one per output, got shape ", shape_text(a));
    }
    return a;
}

py::object backward_any(Op op, py::handle dy, py::handle input, py::handle y, const Dims& dims,
                        Options options = {}, py::handle extra = {}, const char* extra_name = "") {
    const auto& kernel = reduce::kBackward[static_cast<int>(op)];
    py::object hold_x, hold_dy, hold_y, hold_extra;
    const Array x = block_float(input, {kernel.name, "input"}, hold_x);
    const Axes axes = axes_of(kernel.name, x.ndim, x.shape, dims, false);
    reduce::BackwardArgs args;
    reduce::plan(args.g, x.ndim, x.shape, x.strides, size_of(x.dtype), axes.reduced, false);
    const auto given = [&](py::handle object, const char* name, py::object& hold) {
        return outputs_as(object, {kernel.name, name}, x.dtype, args.g.outputs, hold).data;
    };
    args.op = op;
    args.dtype = x.dtype;
    args.power = options.power;
    args.correction = options.correction;
    args.dy = given(dy, "dy", hold_dy);
    args.y = given(y, "y", hold_y);
    args.extra = extra ? given(extra, extra_name, hold_extra) : nullptr;
    py::object dx = empty_like(x);
    args.x = x.data;
    args.dx = data_of(dx);
    launch(kernel, args, {x, dy, hold_dy, y, hold_y, extra, hold_extra, dx});
    return dx;
}

// amax, amin, norm_inf: the gradient is shared evenly by the elements that are equal to the result.
py::object shared_backward(Op op, py::handle dy, py::handle input, py::handle y, const Dims& dims) {
    const char* name = reduce::kBackward[static_cast<int>(op)].name;
    py::object hold, hold_copy;
    const Array x = strided_float(input, {name, "input"}, hold_copy);
    const Axes axes = axes_of(name, x.ndim, x.shape, dims, false);
    dim_t outputs = 1;
    for (int i = 0; i < axes.ndim; ++i) outputs *= axes.shape[i];
    outputs_as(y, {name, "y"}, x.dtype, outputs, hold);
    const Op count = op == Op::norm_inf ? Op::abs_ties : Op::ties;
    const py::object ties = reduce_any(count, input, dims, false, {.like = y});
    return backward_any(op, dy, input, y, dims, {}, ties, "ties");
}

py::object norm_backward(py::handle dy, py::handle input, py::handle y, double p, py::handle dim) {
    const Op op = norm_op(p);
    if (op == Op::norm0)
        fail<ValueError>("norm_backward: p must not be 0: its gradient is 0 everywhere");
    const Dims dims(backward_name_of(op), dim);
    if (op == Op::norm_inf) return shared_backward(op, dy, input, y, dims);
    return backward_any(op, dy, input, y, dims, {.power = p});
}

template <Op op>
py::object spread_backward(py::handle dy, py::handle input, py::handle y, py::handle mean,
                           py::handle dim, double correction) {
    return backward_any(op, dy, input, y, Dims(backward_name_of(op), dim),
                        {.correction = correction}, mean, "mean");
}

template <Op op>
py::object select_backward(py::handle dy, py::handle input, py::handle y, py::handle dim) {
    const Dims dims(backward_name_of(op), dim);
    if constexpr (op == Op::logsumexp) {
        return backward_any(op, dy, input, y, dims);
    } else {
        return shared_backward(op, dy, input, y, dims);
    }
}

// A view of an array's memory.
py::object read_only(py::handle owner, int ndim, const Py_ssize_t* shape, const Py_ssize_t* strides,
                     void* data) {
    const auto& npy = py::detail::npy_api::get();
    PyObject* descr = py::detail::array_proxy(owner.ptr())->descr;
    Py_INCREF(descr);
    auto view = py::reinterpret_steal<py::object>(npy.PyArray_NewFromDescr_(
        npy.PyArray_Type_, descr, ndim, reinterpret_cast<const Py_intptr_t*>(shape),
        reinterpret_cast<const Py_intptr_t*>(strides), data, kAligned, nullptr));
    if (!view) throw py::error_already_set();
    Py_INCREF(owner.ptr());
    if (npy.PyArray_SetBaseObject_(view.ptr(), owner.ptr()) != 0) throw py::error_already_set();
    return view;
}

// dy broadcast to the shape of the input: a read-only view with stride 0 along the reduced axes.
py::object sum_backward(py::handle dy, const py::tuple& shape, py::handle dim) {
    const char* op = "sum_backward";
    const Dims dims(op, dim);
    const auto ndim = static_cast<int>(shape.size());
    Py_ssize_t full[kMaxDims], strides[kMaxDims];
    if (ndim > kMaxDims) fail<ValueError>(op, ": shape has too many dimensions, ", ndim);
    for (int i = 0; i < ndim; ++i) {
        full[i] = parse_int(PyTuple_GET_ITEM(shape.ptr(), i), {op, "shape"}, "hold ints");
        if (full[i] < 0) fail<ValueError>(op, ": shape must not be negative, got ", full[i]);
    }
    const Array d = float_array(dy, {op, "dy"});
    const Axes squeezed = axes_of(op, ndim, full, dims, false);
    const bool keepdim = d.ndim == ndim && squeezed.ndim != ndim;
    const Axes axes = keepdim ? axes_of(op, ndim, full, dims, true) : squeezed;
    if (d.ndim != axes.ndim || !std::equal(d.shape, d.shape + d.ndim, axes.shape)) {
        fail<ValueError>(op, ": dy must have shape ", shape_text(squeezed.ndim, squeezed.shape),
                         ", got ", shape_text(d));
    }
    int from = 0;
    for (int i = 0; i < ndim; ++i) {
        strides[i] = axes.reduced[i] ? 0 : d.strides[from];
        if (!axes.reduced[i] || keepdim) ++from;
    }
    return read_only(dy, ndim, full, strides, d.data);
}

// Elements that are repeated along a reduced axis have one gradient: there dx is a read-only view.
py::object prod_backward(py::handle dy, py::handle input, py::handle y, py::handle dim) {
    const char* op = reduce::kProductBackward.name;
    const Dims dims(op, dim);
    py::object hold_strided, hold_x, hold_dy, hold_y;
    const Array given = strided_float(input, {op, "input"}, hold_strided);
    const Axes axes = axes_of(op, given.ndim, given.shape, dims, false);
    reduce::ProductBackwardArgs args;
    args.dtype = given.dtype;
    args.repeat = 1;
    Py_ssize_t once[kMaxDims];
    for (int i = 0; i < given.ndim; ++i) {
        const bool repeats = axes.reduced[i] && given.strides[i] == 0 && given.shape[i] > 1;
        once[i] = repeats ? 1 : given.shape[i];
        if (repeats) args.repeat *= given.shape[i];
    }
    const py::object elements = array_over(py::reinterpret_borrow<py::object>(given), given.dtype,
                                           given.ndim, once, given.data, given.strides);
    const Array x = block(Array(elements.ptr(), given.dtype), hold_x);
    reduce::plan(args.g, x.ndim, x.shape, x.strides, size_of(x.dtype), axes.reduced, false);
    args.dy = outputs_as(dy, {op, "dy"}, x.dtype, args.g.outputs, hold_dy).data;
    args.y = outputs_as(y, {op, "y"}, x.dtype, args.g.outputs, hold_y).data;
    py::object dx = empty_like(x);
    args.x = x.data;
    args.dx = data_of(dx);
    launch(reduce::kProductBackward, args,
           {given, hold_strided, hold_x, dy, hold_dy, y, hold_y, dx});
    if (args.repeat == 1) return dx;
    Py_ssize_t strides[kMaxDims];
    for (int i = 0; i < x.ndim; ++i) strides[i] = x.shape[i] == given.shape[i] ? x.strides[i] : 0;
    return read_only(dx, x.ndim, given.shape, strides, args.dx);
}

}  // namespace

void bind_reduce(py::module_& m) {
    using py::arg;
    const auto def = [&m](const char* name, auto f, const auto&... arguments) {
        m.def(name, f, reduce::doc::of(name).c_str(), arguments...);
    };
    const auto dim = arg("dim") = py::none();
    const auto keepdim = arg("keepdim") = false;
    def("sum", &simple<Op::sum>, arg("input"), dim, keepdim);
    def("sum_backward", &sum_backward, arg("dy"), arg("shape"), dim);
    def("mean", &simple<Op::mean>, arg("input"), dim, keepdim);
    def("prod", &simple<Op::prod>, arg("input"), dim, keepdim);
    def("prod_backward", &prod_backward, arg("dy"), arg("input"), arg("y"), dim);
    def("amax", &simple<Op::amax>, arg("input"), dim, keepdim);
    def("amax_backward", &select_backward<Op::amax>, arg("dy"), arg("input"), arg("y"), dim);
    def("amin", &simple<Op::amin>, arg("input"), dim, keepdim);
    def("amin_backward", &select_backward<Op::amin>, arg("dy"), arg("input"), arg("y"), dim);
    def("logsumexp", &simple<Op::logsumexp>, arg("input"), dim, keepdim);
    def("logsumexp_backward", &select_backward<Op::logsumexp>, arg("dy"), arg("input"), arg("y"),
        dim);
    def("norm", &norm, arg("input"), arg("p") = 2.0, dim, keepdim);
    def("norm_backward", &norm_backward, arg("dy"), arg("input"), arg("y"), arg("p") = 2.0, dim);
    def("var", &with_mean<Op::var>, arg("input"), dim, arg("correction") = 1.0, keepdim);
    def("var_backward", &spread_backward<Op::var>, arg("dy"), arg("input"), arg("y"), arg("mean"),
        dim, arg("correction") = 1.0);
    def("std", &with_mean<Op::std>, arg("input"), dim, arg("correction") = 1.0, keepdim);
    def("std_backward", &spread_backward<Op::std>, arg("dy"), arg("input"), arg("y"), arg("mean"),
        dim, arg("correction") = 1.0);
    def("count_nonzero", &simple<Op::count_nonzero>, arg("input"), dim, keepdim);
    def("any", &simple<Op::any>, arg("input"), dim, keepdim);
    def("all", &simple<Op::all>, arg("input"), dim, keepdim);
    def("argmax", &position<reduce::ArgOp::argmax>, arg("input"), dim, keepdim);
    def("argmin", &position<reduce::ArgOp::argmin>, arg("input"), dim, keepdim);
}

}  // namespace fastnn::bind
