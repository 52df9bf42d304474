#include "bind/copy.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>

#include "core/recorder.h"

namespace fastnn::bind {
namespace {

using Npy = py::detail::npy_api;
using Proxy = py::detail::PyArray_Proxy;

const Proxy* proxy(py::handle array) {
    return py::detail::array_proxy(array.ptr());
}

std::size_t item_size(const Proxy* a) {
    return static_cast<std::size_t>(py::reinterpret_borrow<py::dtype>(a->descr).itemsize());
}

// NumPy knows it by the class of its elements only.
bool is_bfloat16(const py::detail::PyArrayDescr_Proxy* descr, std::size_t bytes) {
    return descr->kind == 'V' && bytes == 2 &&
           std::strcmp(reinterpret_cast<const PyTypeObject*>(descr->typeobj)->tp_name,
                       "ml_dtypes.bfloat16") == 0;
}

// Of kind 0, which no kernel copies, where bytes are swapped or elements are no numbers.
copy::Element element_of(const Proxy* a) {
    const auto* const descr = py::detail::array_descriptor_proxy(a->descr);
    constexpr char native = std::endian::native == std::endian::little ? '<' : '>';
    const char order = descr->byteorder, kind = descr->kind;
    if (order != '=' && order != '|' && order != native) return {'\0', 0};
    if (is_bfloat16(descr, item_size(a))) return {copy::kBrain, 2};
    if (kind == '\0' || std::strchr("fiubc", kind) == nullptr) return {'\0', 0};
    return {kind, static_cast<std::uint8_t>(item_size(a))};
}

// NumPy's broadcasting; false where the shapes do not fit.
bool broadcast(const Proxy* to, const Proxy* from, copy::Args& args) {
    const int more = to->nd - from->nd;
    if (more < 0) return false;
    args.axes = to->nd;
    for (int i = 0; i < to->nd; ++i) {
        args.shape[i] = to->dimensions[i], args.y_stride[i] = to->strides[i];
        args.x_stride[i] = 0;
        if (i < more || from->dimensions[i - more] == 1) continue;
        if (from->dimensions[i - more] != to->dimensions[i]) return false;
        args.x_stride[i] = from->strides[i - more];
    }
    return true;
}

// The first and last address of an array's elements.
void bounds(const Proxy* a, const char*& low, const char*& high) {
    low = high = a->data;
    for (int i = 0; i < a->nd; ++i)
        (a->strides[i] < 0 ? low : high) +=
            std::max<py::ssize_t>(0, a->dimensions[i] - 1) * a->strides[i];
    high += item_size(a);
}

bool overlap(const Proxy* a, const Proxy* b) {
    const char *a_low, *a_high, *b_low, *b_high;
    bounds(a, a_low, a_high);
    bounds(b, b_low, b_high);
    return a_low < b_high && b_low < a_high;
}

// Whether it can be written, each element once.
bool is_simple(const Proxy* a) {
    const int flags = a->flags;
    return (flags & kWriteable) != 0 &&
           ((flags & kCContiguous) != 0 ||
            !overlaps_itself(a->nd, a->dimensions, a->strides, item_size(a)));
}

}  // namespace

bool fill_args(py::handle to, py::handle from, copy::Args& args) {
    const Proxy *const y = proxy(to), *x = proxy(from);
    args.x_type = element_of(x), args.y_type = element_of(y);
    args.x = x->data, args.y = y->data;
    return args.x_type.kind != '\0' && args.y_type.kind != '\0' &&
           copy::can_copy(args.x_type, args.y_type) && broadcast(y, x, args);
}

Order::Order(py::handle array) : ndim(proxy(array)->nd) {
    const Proxy* const a = proxy(array);
    // Sorted as they come; equal strides, and axes along which the array repeats itself, which may
    // lie anywhere, stay in C order.
    for (int i = 0; i < ndim; ++i) {
        const Py_ssize_t stride = std::abs(a->strides[i]);
        int place = i;
        for (int j = i - 1; j >= 0 && stride != 0; --j) {
            const Py_ssize_t other = std::abs(a->strides[axis[j]]);
            if (other > stride) break;
            if (other != 0 && other < stride) place = j;
        }
        std::copy_backward(axis + place, axis + i, axis + i + 1);
        axis[place] = i;
    }
}

void Order::insert(int new_axis) {
    for (int i = 0; i < ndim; ++i) axis[i] += axis[i] >= new_axis ? 1 : 0;
    int place = 0;
    if (new_axis == ndim) {
        place = ndim;
    } else if (new_axis > 0) {
        while (axis[place] != new_axis + 1) ++place;
    }
    std::copy_backward(axis + place, axis + ndim, axis + ndim + 1);
    axis[place] = new_axis;
    ++ndim;
}

py::object empty_as(py::handle like, int ndim, const Py_ssize_t* shape, const Order* order) {
    const copy::Element type = element_of(proxy(like));
    const bool known = type.kind != '\0' && copy::can_copy(type, type);
    Py_ssize_t strides[kMaxDims];
    std::size_t bytes = item_size(proxy(like)), whole = bytes;  // `whole` counts no axis as empty
    for (int i = ndim - 1; i >= 0; --i) {
        const int at = order == nullptr ? i : order->axis[i];
        strides[at] = static_cast<Py_ssize_t>(whole);
        bytes = checked_bytes(bytes, static_cast<std::size_t>(shape[at]));
        whole = checked_bytes(whole, static_cast<std::size_t>(std::max<Py_ssize_t>(1, shape[at])));
    }
    void* data = nullptr;
    py::object owner;
    if (known) owner = new_block(bytes, data);
    const Npy& npy = Npy::get();
    Py_INCREF(proxy(like)->descr);  // which the array takes over
    PyObject* const made = npy.PyArray_NewFromDescr_(
        npy.PyArray_Type_, proxy(like)->descr, ndim, reinterpret_cast<const Py_intptr_t*>(shape),
        known ? reinterpret_cast<const Py_intptr_t*>(strides) : nullptr, data,
        known ? kAligned | kWriteable : 0, nullptr);
    if (made == nullptr) throw py::error_already_set();
    auto array = py::reinterpret_steal<py::object>(made);
    if (known && npy.PyArray_SetBaseObject_(made, owner.release().ptr()) != 0)
        throw py::error_already_set();
    return array;
}

void record_copy(py::handle to, py::handle from) {
    if (!recorder::on()) return;
    py::object in_shape;
    copy::Args args;
    bool fits = fill_args(to, from, args);
    if (!fits && args.x_type.kind != '\0' && copy::can_copy(args.x_type, args.y_type)) {
        // A reshaped copy is in C order, and so are its elements in the shape of `from`.
        in_shape = to.attr("reshape")(from.attr("shape"));
        fits = fill_args(in_shape, from, args);
    }
    if (!fits) {
        fail<TypeError>("record: no kernel copies ", std::string(py::str(from.attr("dtype"))),
                        " to ", std::string(py::str(to.attr("dtype"))));
    }
    const py::handle owners[] = {to, from};
    recorder::add(call_of(copy::kCopy, args, Owners{owners, 2}));
}

void copy_into(py::handle to, py::handle from) {
    copy::Args args;
    if (is_simple(proxy(to)) && fill_args(to, from, args) && !overlap(proxy(to), proxy(from))) {
        launch(copy::kCopy, args, {to, from});
        return;
    }
    if (Npy::get().PyArray_CopyInto_(to.ptr(), from.ptr()) != 0) throw py::error_already_set();
    record_copy(to, from);
}

py::object astype(py::handle array, Dtype dtype) {
    const Order order(array);
    const py::object like = empty(dtype, {});
    py::object copy = empty_as(like, proxy(array)->nd, proxy(array)->dimensions, &order);
    copy_into(copy, array);
    return copy;
}

}  // namespace fastnn::bind
