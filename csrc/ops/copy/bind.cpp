#include <algorithm>

#include "bind/arguments.h"
#include "bind/copy.h"
#include "bind/families.h"
#include "ops/copy/doc.h"
#include "ops/copy/triangle.h"

namespace fastnn::bind {
namespace {

using Npy = py::detail::npy_api;

void check_is_array(py::handle object, Name name) {
    if (is_array(object)) return;
    fail<TypeError>(name.op, ": ", name.argument, " must be a NumPy array, got ",
                    Py_TYPE(object.ptr())->tp_name);
}

const auto* proxy(py::handle array) {
    return py::detail::array_proxy(array.ptr());
}

std::string shape_of(py::handle array) {
    return shape_text(proxy(array)->nd, proxy(array)->dimensions);
}

// Sizes, none below `least`; returns how many.
int parse_shape(py::handle shape, Name name, dim_t least, Py_ssize_t* sizes) {
    const py::tuple items = items_of(shape, name);
    const auto count = static_cast<Py_ssize_t>(items.size());
    if (count > kMaxDims) {
        fail<ValueError>(name.op, ": ", name.argument, " must have at most ", kMaxDims,
                         " sizes, got ", count);
    }
    for (Py_ssize_t i = 0; i < count; ++i) {
        sizes[i] = parse_int(items[static_cast<std::size_t>(i)], name);
        if (sizes[i] < least)
            fail<ValueError>(name.op, ": ", name.argument, " has a negative size, ", sizes[i]);
    }
    return static_cast<int>(count);
}

py::object array_like(py::handle input, py::handle shape) {
    check_is_array(input, {"empty_like", "input"});
    if (shape.is_none()) {
        const Order order(input);
        return empty_as(input, order.ndim, proxy(input)->dimensions, &order);
    }
    Py_ssize_t sizes[kMaxDims];
    const int ndim = parse_shape(shape, {"empty_like", "shape"}, 0, sizes);
    const Order order(input);
    return empty_as(input, ndim, sizes, order.ndim == ndim ? &order : nullptr);
}

void copy_arrays(py::handle to, py::handle source) {
    check_is_array(to, {"copy_into", "to"});
    check_is_array(source, {"copy_into", "source"});
    copy_into(to, source);
}

py::object clone(py::handle input, bool contiguous) {
    check_is_array(input, {"clone", "input"});
    const Order order(input);
    py::object y =
        empty_as(input, order.ndim, proxy(input)->dimensions, contiguous ? nullptr : &order);
    copy_into(y, input);
    return y;
}

py::object astype_like(py::handle input, py::handle like) {
    check_is_array(input, {"astype", "input"});
    check_is_array(like, {"astype", "like"});
    const Order order(input);
    py::object y = empty_as(like, order.ndim, proxy(input)->dimensions, &order);
    copy_into(y, input);
    return y;
}

// Replaces a size of -1 by what remains; false where the sizes do not multiply to `all`.
bool complete(int ndim, Py_ssize_t* sizes, Py_ssize_t all) {
    Py_ssize_t known = 1, *open = nullptr;
    for (int i = 0; i < ndim; ++i) {
        if (sizes[i] == -1) {
            if (open != nullptr) return false;
            open = sizes + i;
        } else if (__builtin_mul_overflow(known, sizes[i], &known)) {
            return false;
        }
    }
    if (open == nullptr) return known == all;
    if (known == 0 || all % known != 0) return false;
    *open = all / known;
    return true;
}

// Whether an array has a view of another shape: groups of its axes that become one group of others
// are one axis in memory.
bool has_view(py::handle array, int ndim, const Py_ssize_t* sizes) {
    const auto* const a = proxy(array);
    Py_ssize_t length[kMaxDims], stride[kMaxDims];
    int n = 0;
    for (int i = 0; i < a->nd; ++i) {
        if (a->dimensions[i] == 0) return true;
        if (a->dimensions[i] == 1) continue;
        length[n] = a->dimensions[i], stride[n++] = a->strides[i];
    }
    int from = 0, to = 0;
    while (from < n) {
        Py_ssize_t have = length[from], want = 1;
        int last = from;
        while (want != have) {
            if (want < have) {
                want *= sizes[to++];
                continue;
            }
            if (stride[last] != stride[last + 1] * length[last + 1]) return false;
            have *= length[++last];
        }
        from = last + 1;
    }
    return to <= ndim;
}

py::object reshape(py::handle input, py::handle shape) {
    check_is_array(input, {"reshape", "input"});
    Py_ssize_t sizes[kMaxDims];
    const int ndim = parse_shape(shape, {"reshape", "shape"}, -1, sizes);
    Py_ssize_t all = 1;
    for (int i = 0; i < proxy(input)->nd; ++i) all *= proxy(input)->dimensions[i];
    if (!complete(ndim, sizes, all)) {
        fail<ValueError>("reshape: shape ", shape_text(ndim, sizes), " does not fit the ", all,
                         " elements of an input of shape ", shape_of(input));
    }
    auto x = py::reinterpret_borrow<py::object>(input);
    if ((proxy(x)->flags & kCContiguous) == 0 && !has_view(x, ndim, sizes)) x = clone(x, true);
    Npy::PyArray_Dims dims{reinterpret_cast<Py_intptr_t*>(sizes), ndim};
    PyObject* const y = Npy::get().PyArray_Newshape_(x.ptr(), &dims, 0);
    if (y == nullptr) throw py::error_already_set();
    return py::reinterpret_steal<py::object>(y);
}

// Position `i` of a dimension counted from either end.
int place_of(const char* op, dim_t i, int ndim) {
    if (i < -ndim || i >= ndim)
        fail<IndexError>(op, ": dim must lie between ", -ndim, " and ", ndim - 1, ", got ", i);
    return static_cast<int>(i < 0 ? i + ndim : i);
}

// The elements of a list or tuple as they are now.
py::tuple arrays_of(const char* op, py::handle tensors) {
    if (!is_sequence(tensors)) fail<TypeError>(op, ": tensors must be a list or tuple of arrays");
    auto arrays = py::reinterpret_steal<py::tuple>(
        PyList_Check(tensors.ptr()) != 0 ? PyList_AsTuple(tensors.ptr())
                                         : PyTuple_GetSlice(tensors.ptr(), 0, PY_SSIZE_T_MAX));
    if (!arrays) throw py::error_already_set();
    if (arrays.empty()) fail<ValueError>(op, ": expected at least one tensor, got none");
    for (const py::handle a : arrays) check_is_array(a, {op, "tensors"});
    return arrays;
}

// A part of an array along axis `at`, which an array without that axis fills where it is `stacked`.
py::object part(const py::object& y, int at, Py_ssize_t begin, Py_ssize_t count, bool stacked) {
    py::tuple key(static_cast<std::size_t>(at) + 2);
    key[static_cast<std::size_t>(at) + 1] = py::ellipsis();  // no scalar
    for (int i = 0; i < at; ++i)
        key[static_cast<std::size_t>(i)] = py::slice(py::none(), py::none(), py::none());
    key[static_cast<std::size_t>(at)] =
        stacked ? py::object(py::int_(begin)) : py::slice(begin, begin + count, 1);
    return y[key];
}

// Along axis `at` of the result, which the arrays have, or which is new.
template <bool stacked>
py::object join(py::handle tensors, py::handle dim) {
    const char* const op = stacked ? "stack" : "cat";
    const dim_t place = parse_int(dim, {op, "dim"});
    const py::tuple arrays = arrays_of(op, tensors);
    const py::handle first = arrays[0];
    const int own = proxy(first)->nd, ndim = own + (stacked ? 1 : 0);
    if (ndim > kMaxDims)
        fail<ValueError>(op, ": the result has more than ", kMaxDims, " dimensions");
    if (ndim == 0) fail<ValueError>(op, ": tensors without dimensions have none to join along");
    const int at = place_of(op, place, ndim);
    Py_ssize_t shape[kMaxDims];
    for (int i = 0; i < ndim; ++i)
        shape[i] = i == at ? 0 : proxy(first)->dimensions[i - (stacked && i > at ? 1 : 0)];
    for (const py::handle a : arrays) {
        bool fits = proxy(a)->nd == own;
        for (int i = 0; fits && i < own; ++i)
            fits = (!stacked && i == at) || proxy(a)->dimensions[i] == proxy(first)->dimensions[i];
        if (!fits) {
            fail<ValueError>(op, ": tensors must have one shape", stacked ? "" : " but for dim ",
                             stacked ? "" : std::to_string(at), ", got ", shape_of(first), " and ",
                             shape_of(a));
        }
        if (!Npy::get().PyArray_EquivTypes_(proxy(a)->descr, proxy(first)->descr))
            fail<TypeError>(op, ": tensors must have one dtype");
        if (__builtin_add_overflow(shape[at], stacked ? 1 : proxy(a)->dimensions[at], &shape[at]))
            throw std::bad_alloc();
    }
    Order order(first);
    if (stacked) order.insert(at);
    py::object y = empty_as(first, ndim, shape, &order);
    Py_ssize_t begin = 0;
    for (const py::handle a : arrays) {
        const Py_ssize_t count = stacked ? 1 : proxy(a)->dimensions[at];
        copy_into(part(y, at, begin, count, stacked), a);
        begin += count;
    }
    return y;
}

template <bool lower>
py::object triangle(py::handle input, py::handle diagonal) {
    const char* const op = lower ? "tril" : "triu";
    check_is_array(input, {op, "input"});
    const dim_t k = parse_int(diagonal, {op, "diagonal"});
    const Order order(input);
    if (order.ndim < 2)
        fail<ValueError>(op, ": input must have at least 2 dimensions, got shape ",
                         shape_of(input));
    py::object y = empty_as(input, order.ndim, proxy(input)->dimensions, &order);
    copy::TriangleArgs args;
    if (!fill_args(y, input, args.copy)) fail<TypeError>(op, ": input must hold numbers");
    args.lower = lower;
    // Beyond the sides all is kept or nothing.
    const dim_t side = std::max(proxy(input)->dimensions[order.ndim - 1],
                                proxy(input)->dimensions[order.ndim - 2]);
    args.diagonal = std::clamp<dim_t>(k, -side - 1, side + 1);
    launch(lower ? copy::kTril : copy::kTriu, args, {y, input});
    return y;
}

}  // namespace

void bind_copy(py::module_& m) {
    using py::arg;
    m.def("astype", &astype_like, copy::doc::kAstype, arg("input"), arg("like"));
    m.def("empty_like", &array_like, copy::doc::kEmptyLike, arg("input"),
          arg("shape") = py::none());
    m.def("copy_into", &copy_arrays, copy::doc::kCopyInto, arg("to"), arg("source"));
    m.def("clone", &clone, copy::doc::kClone, arg("input"), arg("contiguous") = false);
    m.def("reshape", &reshape, copy::doc::kReshape, arg("input"), arg("shape"));
    m.def("cat", &join<false>, copy::doc::kCat, arg("tensors"), arg("dim"));
    m.def("stack", &join<true>, copy::doc::kStack, arg("tensors"), arg("dim"));
    m.def("tril", &triangle<true>, copy::doc::kTril, arg("input"), arg("diagonal"));
    m.def("triu", &triangle<false>, copy::doc::kTriu, arg("input"), arg("diagonal"));
}

}  // namespace fastnn::bind
