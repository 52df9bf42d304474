#include "bind/array.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <utility>

namespace fastnn::bind {
namespace {

using Npy = py::detail::npy_api;
using Proxy = py::detail::PyArray_Proxy;

constexpr char kNativeOrder = std::endian::native == std::endian::little ? '<' : '>';

const Npy& npy() {
    static const Npy& api = Npy::get();
    return api;
}

std::string dtype_text(const Proxy* a) {
    return py::str(py::handle(a->descr)).cast<std::string>();
}

int type_num(Dtype dtype) {
    switch (dtype) {
        case Dtype::f32: return Npy::NPY_FLOAT_;
        case Dtype::f64: return Npy::NPY_DOUBLE_;
        case Dtype::b8: return Npy::NPY_BOOL_;
        case Dtype::u8: return Npy::NPY_UBYTE_;
        case Dtype::i32: return Npy::NPY_INT_;
        default: return Npy::NPY_LONG_;
    }
}

// For the usual few axes, a call of memcpy takes longer than the copy.
void copy_axes(const Py_ssize_t* from, int n, Py_ssize_t* to) {
    if (n > 4) {
        std::copy_n(from, n, to);
        return;
    }
    if (n > 0) to[0] = from[0];
    if (n > 1) to[1] = from[1];
    if (n > 2) to[2] = from[2];
    if (n > 3) to[3] = from[3];
}

Proxy* proxy(py::handle object, Name name) {
    if (!is_array(object)) {
        fail<TypeError>(name.op, ": ", name.argument, " must be a NumPy array, got ",
                        Py_TYPE(object.ptr())->tp_name);
    }
    Proxy* a = py::detail::array_proxy(object.ptr());
    const char order = py::detail::array_descriptor_proxy(a->descr)->byteorder;
    if (order != '=' && order != '|' && order != kNativeOrder) {
        fail<ValueError>(name.op, ": ", name.argument,
                         " must be in native byte order; pass a.astype(a.dtype.newbyteorder('='))");
    }
    return a;
}

// A view with strides of zero may have any number of elements. More than these fit in no memory,
// and take longer to compute than anyone means to wait.
constexpr dim_t kMostElements = dim_t{1} << 40;

void check_count(const Array& a, Name name) {
    if (a.contiguous) return;  // so it is in memory
    double size = 1;
    for (int i = 0; i < a.ndim; ++i) size *= static_cast<double>(a.shape[i]);
    if (size <= static_cast<double>(kMostElements)) return;
    const std::string text = std::string(name.op) + ": " + name.argument +
                             " has more than 2**40 elements, of which most are the same in " +
                             "memory, got shape " + shape_text(a);
    PyErr_SetString(PyExc_MemoryError, text.c_str());
    throw py::error_already_set();
}

Array any_array(py::handle object, Name name) {
    const Proxy* a = proxy(object, name);
    Dtype dtype;
    if (!parse_dtype(py::detail::array_descriptor_proxy(a->descr)->type_num, dtype)) {
        fail<TypeError>(name.op, ": ", name.argument,
                        " has a dtype that no kernel knows: ", dtype_text(a));
    }
    const Array result(object.ptr(), dtype);
    check_count(result, name);
    return result;
}

Array any_float_array(py::handle object, Name name) {
    const Proxy* a = proxy(object, name);
    Dtype dtype;
    if (!parse_dtype(py::detail::array_descriptor_proxy(a->descr)->type_num, dtype) ||
        (dtype != Dtype::f32 && dtype != Dtype::f64)) {
        fail<TypeError>(name.op, ": ", name.argument, " must have dtype float32 or float64, got ",
                        dtype_text(a), kConvert);
    }
    const Array result(object.ptr(), dtype);
    check_count(result, name);
    return result;
}

void check_aligned(const Array& a, Name name) {
    if (a.aligned) return;
    fail<ValueError>(name.op, ": ", name.argument, " must be aligned in memory; pass a copy");
}

// The new array `hold` in the place of `a`, filled with its elements.
void replace(Array& a, py::object& hold, py::object copy) {
    copy_into(copy, a);
    a = Array(copy.ptr(), a.dtype);
    hold = std::move(copy);
}

void make_strided(Array& a, py::object& hold) {
    if (!a.aligned) replace(a, hold, empty(a.dtype, a.ndim, a.shape));
}

void make_dense(Array& a, py::object& hold) {
    if (!a.contiguous || !a.aligned) replace(a, hold, empty(a.dtype, a.ndim, a.shape));
}

void make_block(Array& a, py::object& hold) {
    if (!a.aligned || !fills_block(a)) replace(a, hold, empty(a.dtype, a.ndim, a.shape));
}

// The base object of a pool array: returns the block when the last array on it is destroyed.
struct PoolBlock {
    PyObject_HEAD Block block;
};

void pool_block_dealloc(PyObject* self) {
    PyTypeObject* type = Py_TYPE(self);
    pool::give(reinterpret_cast<PoolBlock*>(self)->block);
    type->tp_free(self);
    Py_DECREF(type);
}

PyTypeObject* pool_block_type() {
    static PyTypeObject* type = [] {
        static PyType_Slot slots[] = {
            {Py_tp_dealloc, reinterpret_cast<void*>(pool_block_dealloc)},
            {Py_tp_doc,
             const_cast<char*>("Memory of the buffer pool; the base of arrays that fastnn made.")},
            {0, nullptr}};
        static PyType_Spec spec = {"fastnn._core.PoolBlock", sizeof(PoolBlock), 0,
                                   Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
        PyObject* made = PyType_FromSpec(&spec);
        if (made == nullptr) throw py::error_already_set();
        return reinterpret_cast<PyTypeObject*>(made);
    }();
    return type;
}

}  // namespace

// Both are statics whose initialization runs Python code: a second thread that waited for it while
// holding the GIL would wait forever.
void init_arrays() {
    npy();
    pool_block_type();
}

bool parse_dtype(int type_num, Dtype& dtype) {
    switch (type_num) {
        case Npy::NPY_FLOAT_: dtype = Dtype::f32; return true;
        case Npy::NPY_DOUBLE_: dtype = Dtype::f64; return true;
        case Npy::NPY_BOOL_: dtype = Dtype::b8; return true;
        case Npy::NPY_UBYTE_: dtype = Dtype::u8; return true;
        case Npy::NPY_INT_: dtype = Dtype::i32; return true;
        case Npy::NPY_LONG_:
        case Npy::NPY_LONGLONG_: dtype = Dtype::i64; return true;
        default: return false;
    }
}

bool is_array(py::handle object) {
    return PyObject_TypeCheck(object.ptr(), npy().PyArray_Type_) != 0;
}

Array::Array(PyObject* array, Dtype type)
    : object(array),
      data(py::detail::array_proxy(array)->data),
      dtype(type),
      ndim(py::detail::array_proxy(array)->nd) {
    const Proxy* const a = py::detail::array_proxy(array);
    contiguous = (a->flags & kCContiguous) != 0;
    writable = (a->flags & kWriteable) != 0;
    aligned = (a->flags & kAligned) != 0;
    copy_axes(reinterpret_cast<const Py_ssize_t*>(a->dimensions), ndim, shape);
    copy_axes(reinterpret_cast<const Py_ssize_t*>(a->strides), ndim, strides);
}

Array& Array::operator=(const Array& a) {
    object = a.object, data = a.data, dtype = a.dtype, ndim = a.ndim;
    contiguous = a.contiguous, writable = a.writable, aligned = a.aligned;
    copy_axes(a.shape, ndim, shape);
    copy_axes(a.strides, ndim, strides);
    return *this;
}

Array array(py::handle object, Name name) {
    Array a = any_array(object, name);
    check_aligned(a, name);
    return a;
}

Array float_array(py::handle object, Name name) {
    Array a = any_float_array(object, name);
    check_aligned(a, name);
    return a;
}

Array writable_array(py::handle object, Name name) {
    Array a = float_array(object, name);
    if (!a.writable)
        fail<ValueError>(name.op, ": ", name.argument, " must be writable, got a read-only array");
    if (!a.contiguous) fail<ValueError>(name.op, ": ", name.argument, " must be C-contiguous");
    return a;
}

Array integer_array(py::handle object, Name name) {
    const Proxy* a = proxy(object, name);
    const int num = py::detail::array_descriptor_proxy(a->descr)->type_num;
    if (num < Npy::NPY_BYTE_ || num > Npy::NPY_ULONGLONG_) {
        fail<TypeError>(name.op, ": ", name.argument, " must have an integer dtype, got ",
                        dtype_text(a));
    }
    return {object.ptr(), Dtype{}};
}

Array strided(py::handle object, Name name, py::object& hold) {
    Array a = any_array(object, name);
    make_strided(a, hold);
    return a;
}

Array strided_float(py::handle object, Name name, py::object& hold) {
    Array a = any_float_array(object, name);
    make_strided(a, hold);
    return a;
}

Array dense(py::handle object, Name name, py::object& hold) {
    Array a = any_array(object, name);
    make_dense(a, hold);
    return a;
}

Array dense(const Array& given, py::object& hold) {
    Array a = given;
    make_dense(a, hold);
    return a;
}

Array dense_float(py::handle object, Name name, py::object& hold) {
    Array a = any_float_array(object, name);
    make_dense(a, hold);
    return a;
}

Array dense_as(py::handle object, Name name, Dtype dtype, py::object& hold) {
    Array a = any_array(object, name);
    check_dtype(a, name, dtype);
    make_dense(a, hold);
    return a;
}

bool fills_block(const Array& a) {
    if (a.contiguous) return true;
    int axes[kMaxDims], n = 0;
    for (int i = 0; i < a.ndim; ++i) {
        if (a.shape[i] == 0) return false;  // no elements, no order
        if (a.shape[i] > 1) axes[n++] = i;
    }
    std::sort(axes, axes + n, [&](int i, int j) { return a.strides[i] < a.strides[j]; });
    auto expected = static_cast<Py_ssize_t>(size_of(a.dtype));
    for (int i = 0; i < n; ++i) {
        if (a.strides[axes[i]] != expected) return false;
        expected *= a.shape[axes[i]];
    }
    return true;
}

Array block_float(py::handle object, Name name, py::object& hold) {
    Array a = any_float_array(object, name);
    make_block(a, hold);
    return a;
}

Array block(const Array& given, py::object& hold) {
    Array a = given;
    make_block(a, hold);
    return a;
}

Array block_like(py::handle object, Name name, const Array& layout, py::object& hold) {
    Array a = any_array(object, name);
    check_dtype(a, name, layout.dtype);
    if (a.ndim != layout.ndim || !std::equal(a.shape, a.shape + a.ndim, layout.shape)) {
        fail<ValueError>(name.op, ": ", name.argument, " must have shape ", shape_text(layout),
                         ", got ", shape_text(a));
    }
    bool same = true;
    for (int i = 0; i < a.ndim; ++i)
        same = same && (a.shape[i] <= 1 || a.strides[i] == layout.strides[i]);
    if (!a.aligned || (!same && !(a.contiguous && layout.contiguous)))
        replace(a, hold, empty_like(layout));
    return a;
}

namespace {

PoolBlock* new_owner(py::object& hold) {
    auto* owner = reinterpret_cast<PoolBlock*>(pool_block_type()->tp_alloc(pool_block_type(), 0));
    if (owner == nullptr) throw py::error_already_set();
    hold = py::reinterpret_steal<py::object>(reinterpret_cast<PyObject*>(owner));
    return owner;
}

}  // namespace

py::object new_block(std::size_t bytes, void*& data) {
    py::object object;
    PoolBlock* const owner = new_owner(object);
    owner->block = pool::take(bytes);
    data = owner->block.data;
    return object;
}

py::object idle_block() {
    py::object object;
    PoolBlock* const owner = new_owner(object);
    if (!pool::take_cached(owner->block)) return py::none();
    return py::array(py::dtype::of<std::uint8_t>(), {static_cast<py::ssize_t>(owner->block.bytes)},
                     owner->block.data, object);
}

py::object array_over(py::object owner, Dtype dtype, int ndim, const Py_ssize_t* shape, void* data,
                      const Py_ssize_t* strides) {
    PyObject* made = npy().PyArray_NewFromDescr_(
        npy().PyArray_Type_, npy().PyArray_DescrFromType_(type_num(dtype)), ndim,
        reinterpret_cast<const Py_intptr_t*>(shape), reinterpret_cast<const Py_intptr_t*>(strides),
        data, kAligned | kWriteable | (strides == nullptr ? kCContiguous : 0), nullptr);
    if (made == nullptr) throw py::error_already_set();
    auto array = py::reinterpret_steal<py::object>(made);
    if (npy().PyArray_SetBaseObject_(made, owner.release().ptr()) != 0)
        throw py::error_already_set();
    return array;
}

py::object empty(Dtype dtype, int ndim, const Py_ssize_t* shape, const Py_ssize_t* strides) {
    std::size_t bytes = size_of(dtype);
    for (int i = 0; i < ndim; ++i) bytes = checked_bytes(bytes, static_cast<std::size_t>(shape[i]));
    void* data = nullptr;
    py::object owner = new_block(bytes, data);
    return array_over(std::move(owner), dtype, ndim, shape, data, strides);
}

py::object empty(Dtype dtype, std::initializer_list<Py_ssize_t> shape) {
    return empty(dtype, static_cast<int>(shape.size()), shape.begin());
}

py::object output(py::handle out, Name name, Dtype dtype, int ndim, const Py_ssize_t* shape) {
    if (out.is_none()) return empty(dtype, ndim, shape);
    const Array a = array(out, name);
    if (a.dtype != dtype) {
        fail<TypeError>(name.op, ": ", name.argument, " must have dtype ", fastnn::name(dtype),
                        ", got ", fastnn::name(a.dtype));
    }
    if (a.ndim != ndim || !std::equal(shape, shape + ndim, a.shape)) {
        fail<ValueError>(name.op, ": ", name.argument, " must have shape ", shape_text(ndim, shape),
                         ", got ", shape_text(a));
    }
    if (!a.writable)
        fail<ValueError>(name.op, ": ", name.argument, " must be writable, got a read-only array");
    if (!a.contiguous) fail<ValueError>(name.op, ": ", name.argument, " must be C-contiguous");
    return py::reinterpret_borrow<py::object>(out);
}

bool may_overlap(const Array& a, const Array& b) {
    const auto bounds = [](const Array& x, const char*& low, const char*& high) {
        low = high = x.data;
        for (int i = 0; i < x.ndim; ++i) {
            if (x.shape[i] == 0) {
                high = low;
                return;
            }
            (x.strides[i] < 0 ? low : high) += (x.shape[i] - 1) * x.strides[i];
        }
        high += size_of(x.dtype);
    };
    const char *a_low, *a_high, *b_low, *b_high;
    bounds(a, a_low, a_high);
    bounds(b, b_low, b_high);
    return a_low < b_high && b_low < a_high;
}

bool overlaps_itself(int ndim, const Py_ssize_t* shape, const Py_ssize_t* strides,
                     std::size_t size) {
    std::pair<Py_ssize_t, Py_ssize_t> axes[kMaxDims];
    int n = 0;
    for (int i = 0; i < ndim; ++i) {
        if (shape[i] == 0) return false;
        if (shape[i] > 1) axes[n++] = {std::abs(strides[i]), shape[i]};
    }
    std::sort(axes, axes + n);
    auto extent = static_cast<Py_ssize_t>(size);
    for (int i = 0; i < n; ++i) {
        if (axes[i].first < extent) return true;
        extent += axes[i].first * (axes[i].second - 1);
    }
    return false;
}

std::string shape_text(int ndim, const Py_ssize_t* shape) {
    std::ostringstream text;
    text << "(";
    for (int i = 0; i < ndim; ++i) text << (i > 0 ? ", " : "") << shape[i];
    text << (ndim == 1 ? ",)" : ")");
    return text.str();
}

std::string shape_text(const Array& a) {
    return shape_text(a.ndim, a.shape);
}

void check_shape(const Array& a, Name name, std::initializer_list<Py_ssize_t> shape) {
    const int ndim = static_cast<int>(shape.size());
    if (a.ndim == ndim && std::equal(shape.begin(), shape.end(), a.shape)) return;
    fail<ValueError>(name.op, ": ", name.argument, " must have shape ",
                     shape_text(ndim, shape.begin()), ", got ", shape_text(a));
}

void check_same_shape(const Array& a, Name name, const Array& b, const char* other) {
    if (a.ndim == b.ndim && std::equal(a.shape, a.shape + a.ndim, b.shape)) return;
    fail<ValueError>(name.op, ": ", name.argument, " must have the shape of ", other, ", ",
                     shape_text(b), ", got ", shape_text(a));
}

void check_dtype(const Array& a, Name name, Dtype dtype) {
    if (a.dtype == dtype) return;
    const auto floating = [](Dtype d) { return d == Dtype::f32 || d == Dtype::f64; };
    const char* fix = "";
    if (floating(dtype)) {
        fix = floating(a.dtype)     ? "; convert one of the operands with .float() or .double()"
              : dtype == Dtype::f32 ? "; convert it with .float()"
                                    : "; convert it with .double()";
    }
    fail<TypeError>(name.op, ": ", name.argument, " must have dtype ", fastnn::name(dtype),
                    ", got ", fastnn::name(a.dtype), fix);
}

void check_ndim(const Array& a, Name name, int ndim, const char* layout) {
    if (a.ndim == ndim) return;
    fail<ValueError>(name.op, ": ", name.argument, " must have ", ndim, " dimensions ", layout,
                     ", got shape ", shape_text(a));
}

}  // namespace fastnn::bind
