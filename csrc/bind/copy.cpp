// Copies by NumPy, recorded as calls of core/strided_copy.h.
#include <algorithm>

#include "bind/array.h"
#include "core/recorder.h"
#include "core/strided_copy.h"

namespace fastnn::bind {
namespace {

Element element_of(const py::array& a) {
    return {a.dtype().kind(), static_cast<std::uint8_t>(a.itemsize())};
}

// More bytes than these are copied in pieces, between which Ctrl-C is looked for.
constexpr py::ssize_t kBytesAtOnce = py::ssize_t{1} << 26;

// Half of the array along an axis counted from the last, or all of it where it has one such place
// only, which is broadcast. `index` is the function of NumPy's own arrays, of subclasses too.
py::object half(const py::function& index, const py::array& a, py::ssize_t behind, bool upper,
                py::ssize_t size) {
    const py::ssize_t axis = a.ndim() - 1 - behind;
    if (axis < 0 || a.shape(axis) == 1) return a;
    py::tuple at(static_cast<std::size_t>(behind) + 2);
    at[0] = py::ellipsis();
    at[1] = upper ? py::slice(size / 2, size, 1) : py::slice(0, size / 2, 1);
    for (std::size_t i = 2; i < at.size(); ++i)
        at[i] = py::slice(py::none(), py::none(), py::none());
    return index(a, at);
}

void copy_pieces(const py::array& to, const py::array& from) {
    if (to.nbytes() <= kBytesAtOnce) {
        if (py::detail::npy_api::get().PyArray_CopyInto_(to.ptr(), from.ptr()) != 0)
            throw py::error_already_set();
        return;
    }
    if (PyErr_CheckSignals() != 0) throw py::error_already_set();
    const auto* const longest = std::max_element(to.shape(), to.shape() + to.ndim());
    const py::ssize_t size = *longest, behind = to.shape() + to.ndim() - 1 - longest;
    PyTypeObject* const type = py::detail::npy_api::get().PyArray_Type_;
    const py::function index = py::handle(reinterpret_cast<PyObject*>(type)).attr("__getitem__");
    for (const bool upper : {false, true})
        copy_pieces(half(index, to, behind, upper, size), half(index, from, behind, upper, size));
}

}  // namespace

void record_copy(py::handle to, py::handle from) {
    if (!recorder::on()) return;
    const auto x = py::reinterpret_borrow<py::array>(from);
    const auto y = py::reinterpret_borrow<py::array>(to);
    CopyArgs args{};
    args.from_type = element_of(x), args.to_type = element_of(y);
    if (!can_copy(args.from_type, args.to_type)) {
        fail<TypeError>("record: no kernel copies ", std::string(py::str(x.dtype())), " to ",
                        std::string(py::str(y.dtype())));
    }
    args.from = static_cast<const char*>(x.data());
    args.to = static_cast<char*>(const_cast<void*>(y.data()));
    // A reshaped copy is in C order, and so are its elements in the shape of `from`.
    const bool broadcasts =
        x.ndim() <= y.ndim() &&
        std::equal(
            x.shape(), x.shape() + x.ndim(), y.shape() + (y.ndim() - x.ndim()),
            [](py::ssize_t mine, py::ssize_t wanted) { return mine == 1 || mine == wanted; });
    const py::array& shape = broadcasts ? y : x;
    args.axes = static_cast<int>(shape.ndim());
    py::ssize_t dense = y.itemsize();
    for (int i = args.axes - 1; i >= 0; --i) {
        args.shape[i] = shape.shape(i);
        const int mine = i - args.axes + static_cast<int>(x.ndim());
        args.from_stride[i] = mine < 0 || x.shape(mine) == 1 ? 0 : x.strides(mine);
        args.to_stride[i] = broadcasts ? y.strides(i) : dense;
        dense *= shape.shape(i);
    }
    const py::handle owners[] = {to, from};
    recorder::add(call_of(kStridedCopy, args, Owners{owners, 2}));
}

void copy_into(py::handle to, py::handle from) {
    copy_pieces(py::reinterpret_borrow<py::array>(to), py::reinterpret_borrow<py::array>(from));
    record_copy(to, from);
}

py::object astype(py::handle array, Dtype dtype) {
    using Npy = py::detail::npy_api;
    const Npy& npy = Npy::get();
    PyObject* const descr =
        npy.PyArray_DescrFromType_(dtype == Dtype::f64 ? Npy::NPY_DOUBLE_ : Npy::NPY_FLOAT_);
    // Of a subclass, too, an array of NumPy's own: no method of the subclass runs.
    constexpr int flags =
        Npy::NPY_ARRAY_ALIGNED_ | Npy::NPY_ARRAY_FORCECAST_ | Npy::NPY_ARRAY_ENSUREARRAY_;
    auto copy = py::reinterpret_steal<py::object>(
        npy.PyArray_FromAny_(array.ptr(), descr, 0, 0, flags, nullptr));
    if (!copy) throw py::error_already_set();
    record_copy(copy, array);
    return copy;
}

}  // namespace fastnn::bind
