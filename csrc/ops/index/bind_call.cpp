#include "ops/index/bind_call.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <limits>
#include <string>

namespace fastnn::bind::indexing {
namespace {

using Npy = py::detail::npy_api;

std::string type_text(py::handle array) {
    return py::str(py::handle(py::detail::array_proxy(array.ptr())->descr)).cast<std::string>();
}

constexpr int kHalf = 23, kFirstUserType = 256;  // NumPy's type numbers
constexpr std::uint64_t kHoldsObjects = 0x01 | 0x02 | 0x08;

bool is_native(const py::dtype& type) {
    constexpr char native = std::endian::native == std::endian::little ? '<' : '>';
    const char order = type.byteorder();
    return order == '=' || order == '|' || order == native;
}

bool is_width(Py_ssize_t bytes) {
    return bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8 || bytes == 16;
}

}  // namespace

Operand operand(py::handle object, Name name) {
    if (!is_array(object)) {
        fail<TypeError>(name.op, ": ", name.argument, " must be a NumPy array, got ",
                        Py_TYPE(object.ptr())->tp_name);
    }
    const auto* const a = py::detail::array_proxy(object.ptr());
    const auto type = py::reinterpret_borrow<py::dtype>(py::handle(a->descr));
    Operand x;
    static_cast<Array&>(x) = Array(object.ptr(), Dtype::u8);
    x.type_num = type.num();
    x.bytes = static_cast<int>(type.itemsize());
    const bool plain = (x.type_num >= 0 && x.type_num <= Npy::NPY_CLONGDOUBLE_) ||
                       x.type_num == kHalf || x.type_num >= kFirstUserType;
    if (!plain || !is_width(x.bytes) || (type.flags() & kHoldsObjects) != 0) {
        fail<TypeError>(name.op, ": ", name.argument,
                        " must have a float, integer or bool type, got ", type_text(object));
    }
    x.known = is_native(type) && parse_dtype(x.type_num, x.dtype);
    if (!x.known) x.dtype = x.bytes > 4 ? Dtype::i64 : x.bytes > 1 ? Dtype::i32 : Dtype::u8;
    if (!x.aligned) {
        x.hold = empty_of(object, x.ndim, x.shape);
        copy_into(x.hold, object);
        static_cast<Array&>(x) = Array(x.hold.ptr(), x.dtype);
    }
    double size = 1;
    for (int i = 0; i < x.ndim; ++i) size *= static_cast<double>(x.shape[i]);
    if (size > static_cast<double>(dim_t{1} << 40)) {
        const std::string text = std::string(name.op) + ": " + name.argument +
                                 " has more than 2**40 elements, got shape " + shape_text(x);
        PyErr_SetString(PyExc_MemoryError, text.c_str());
        throw py::error_already_set();
    }
    return x;
}

Operand integers(py::handle object, Name name) {
    Operand x = operand(object, name);
    if (x.type_num < Npy::NPY_BYTE_ || x.type_num > Npy::NPY_ULONGLONG_) {
        fail<TypeError>(name.op, ": ", name.argument, " must hold integers, got ",
                        type_text(object));
    }
    if (!is_native(py::reinterpret_borrow<py::dtype>(
            py::handle(py::detail::array_proxy(object.ptr())->descr)))) {
        fail<ValueError>(name.op, ": ", name.argument, " must be in native byte order");
    }
    x.dtype = x.bytes == 8 ? Dtype::i64 : x.bytes == 1 ? Dtype::u8 : Dtype::i32;
    return x;
}

Operand booleans(py::handle object, Name name) {
    Operand x = operand(object, name);
    if (x.type_num != Npy::NPY_BOOL_)
        fail<TypeError>(name.op, ": ", name.argument, " must be boolean, got ", type_text(object));
    return x;
}

void add_axis(Operand& a) {
    if (a.ndim > 0) return;
    a.ndim = 1, a.shape[0] = 1, a.strides[0] = a.bytes;
}

Py_ssize_t dense_strides(const Operand& a, int ndim, const Py_ssize_t* shape, Py_ssize_t* strides) {
    Py_ssize_t dense = a.bytes;
    for (int d = ndim - 1; d >= 0; --d) {
        strides[d] = dense;
        dense *= shape[d];
    }
    return dense;
}

py::object empty_of(py::handle like, int ndim, const Py_ssize_t* shape, const Py_ssize_t* strides) {
    const auto* const a = py::detail::array_proxy(like.ptr());
    const auto type = py::reinterpret_borrow<py::dtype>(py::handle(a->descr));
    auto bytes = static_cast<std::size_t>(type.itemsize());
    for (int i = 0; i < ndim; ++i) bytes = checked_bytes(bytes, static_cast<std::size_t>(shape[i]));
    void* data = nullptr;
    py::object owner = new_block(bytes, data);
    const Npy& npy = Npy::get();
    PyObject* const made = npy.PyArray_NewFromDescr_(
        npy.PyArray_Type_, type.inc_ref().ptr(), ndim, reinterpret_cast<const Py_intptr_t*>(shape),
        reinterpret_cast<const Py_intptr_t*>(strides), data,
        kAligned | kWriteable | (strides == nullptr ? kCContiguous : 0), nullptr);
    if (made == nullptr) throw py::error_already_set();
    auto array = py::reinterpret_steal<py::object>(made);
    if (npy.PyArray_SetBaseObject_(made, owner.release().ptr()) != 0) throw py::error_already_set();
    return array;
}

dim_t parse_dim(py::handle dim, const char* op) {
    if (PyBool_Check(dim.ptr()))
        fail<TypeError>(op, ": dim must be an integer, got ", py::repr(dim).cast<std::string>());
    return parse_int(dim, {op, "dim"}, "be an integer");
}

int axis_in(dim_t axis, const char* op, int dims) {
    if (axis < -dims || axis >= dims)
        fail<IndexError>(op, ": dim must be from ", -dims, " to ", dims - 1, ", got ", axis);
    return static_cast<int>(axis < 0 ? axis + dims : axis);
}

Shape parse_shape(py::handle shape, Name name) {
    Shape s;
    if (PyTuple_Check(shape.ptr()) == 0 || PyTuple_GET_SIZE(shape.ptr()) > kMaxDims)
        fail<TypeError>(name.op, ": ", name.argument, " must be a tuple of sizes");
    s.ndim = static_cast<int>(PyTuple_GET_SIZE(shape.ptr()));
    std::size_t bytes = 1;
    for (int i = 0; i < s.ndim; ++i) {
        s.sizes[i] = parse_int(PyTuple_GET_ITEM(shape.ptr(), i), name, "hold ints");
        if (s.sizes[i] < 0)
            fail<ValueError>(name.op, ": ", name.argument, " must not be negative, got ",
                             s.sizes[i]);
        bytes = checked_bytes(bytes, static_cast<std::size_t>(s.sizes[i]));
    }
    return s;
}

bool broadcast(const Array& a, int ndim, const Py_ssize_t* shape, Py_ssize_t* strides) {
    const int lead = ndim - a.ndim;
    for (int i = 0; i < -lead; ++i) {
        if (a.shape[i] != 1) return false;
    }
    for (int i = 0; i < ndim; ++i) {
        const int own = i - lead;
        if (own < 0 || a.shape[own] == 1) {
            strides[i] = 0;
        } else if (a.shape[own] == shape[i]) {
            strides[i] = a.strides[own];
        } else {
            return false;
        }
    }
    return true;
}

Operand made_operand(const py::object& array, const Operand& like) {
    Operand x;
    static_cast<Array&>(x) = Array(array.ptr(), like.dtype);
    x.bytes = like.bytes, x.type_num = like.type_num, x.known = like.known;
    return x;
}

bool is_block(const Operand& a) {
    if (a.contiguous) return true;
    int axes[kMaxDims], n = 0;
    for (int i = 0; i < a.ndim; ++i) {
        if (a.shape[i] == 0) return false;
        if (a.shape[i] > 1) axes[n++] = i;
    }
    std::sort(axes, axes + n, [&](int i, int j) { return a.strides[i] < a.strides[j]; });
    Py_ssize_t expected = a.bytes;
    for (int i = 0; i < n; ++i) {
        if (a.strides[axes[i]] != expected) return false;
        expected *= a.shape[axes[i]];
    }
    return true;
}

Table changed_table(const Operand& input, const char* op, bool inplace) {
    Table table;
    if (inplace) {
        if (input.hold) fail<ValueError>(op, ": input must be aligned in memory");
        if (!input.writable)
            fail<ValueError>(op, ": input must be writable, got a read-only array");
        table.array = input;
        table.result = py::reinterpret_borrow<py::object>(input.object);
        return table;
    }
    if (is_block(input)) {
        table.result =
            empty_of(input, input.ndim, input.shape, input.contiguous ? nullptr : input.strides);
        table.source = input;
        table.initial = input.data;
        table.initial_bytes = input.size() * input.bytes;
    } else {
        table.result = empty_of(input, input.ndim, input.shape);
        copy_into(table.result, input);
    }
    table.array = made_operand(table.result, input);
    return table;
}

Table zero_table(const Operand& like, const Shape& shape) {
    Table table;
    table.result = empty_of(like, shape.ndim, shape.sizes);
    table.array = made_operand(table.result, like);
    table.initial_bytes = table.array.size() * table.array.bytes;
    return table;
}

Args begin(const Operand& table) {
    Args args;  // whose axes are set one by one
    args.where = {};
    args.bytes = table.bytes;
    args.dtype = table.dtype;
    args.put = index::Put::set;
    args.check_first = false;
    args.alpha = 1;
    args.table = table.data;
    args.values = nullptr;
    args.initial = nullptr;
    args.initial_bytes = 0;
    args.axes = 0;
    return args;
}

void use(Args& args, const Table& table) {
    args.table = table.array.data;
    args.initial = table.initial;
    args.initial_bytes = table.initial_bytes;
}

Places places(const Source* sources, std::size_t count, int ndim, const Py_ssize_t* shape,
              bool wraps) {
    Places found;
    const Source& first = sources[0];
    found.where = first.where;
    const auto strides_of = [&](const Source& s, Py_ssize_t* strides) {
        if (broadcast(*s.ids, ndim, shape, strides)) return;
        fail<IndexError>(s.where.op, ": index arrays of shapes ", shape_text(ndim, shape), " and ",
                         shape_text(*s.ids), " do not fit each other");
    };
    const bool direct =
        count == 1 && first.ids->bytes == 8 &&
        (first.ids->type_num == Npy::NPY_LONG_ || first.ids->type_num == Npy::NPY_LONGLONG_);
    if (direct) {
        strides_of(first, found.strides);
        found.ids = {first.ids->data, first.size, wraps, first.step, first.step};
        found.owner = *first.ids;
        return found;
    }
    dim_t all = 1;
    for (int i = 0; i < ndim; ++i) all *= shape[i];
    void* memory = nullptr;
    found.hold = new_block(checked_bytes(static_cast<std::size_t>(all), 8), memory);
    found.owner = found.hold;
    index::OffsetArgs args;
    dim_t apart = first.step;
    for (std::size_t k = 0; k < count; ++k) {
        const Source& s = sources[k];
        Py_ssize_t strides[kMaxDims];
        strides_of(s, strides);
        const int num = s.ids->type_num;
        const bool is_signed = num == Npy::NPY_BYTE_ || num == Npy::NPY_SHORT_ ||
                               num == Npy::NPY_INT_ || num == Npy::NPY_LONG_ ||
                               num == Npy::NPY_LONGLONG_;
        args.where = s.where;
        args.kind = is_signed ? 'i' : 'u';
        args.bytes = s.ids->bytes;
        args.add = k > 0;
        args.ids = {s.ids->data, s.size, wraps, s.step, s.step};
        if (std::abs(s.step) < std::abs(apart)) apart = s.step;
        args.offsets = static_cast<std::int64_t*>(memory);
        args.axes = ndim;
        std::copy_n(shape, ndim, args.extent);
        std::copy_n(strides, ndim, args.id_stride);
        launch(index::kOffsets, args, {*s.ids, found.hold});
    }
    found.ids = {static_cast<const char*>(memory), std::numeric_limits<dim_t>::max(), false, 1,
                 apart};
    Py_ssize_t dense = 8;
    for (int i = ndim - 1; i >= 0; --i) {
        found.strides[i] = shape[i] == 1 ? 0 : dense;
        dense *= shape[i];
    }
    return found;
}

void separate(Operand& a, const Table& table, bool inplace) {
    if (!inplace || !may_overlap(a, table.array)) return;
    py::object copy = empty_of(a, a.ndim, a.shape);
    copy_into(copy, a);
    Operand other = made_operand(copy, a);
    other.hold = std::move(copy);
    a = std::move(other);
}

void check_type(const Operand& values, Name name, const Operand& table) {
    if (values.bytes == table.bytes &&
        (values.type_num == table.type_num ||
         (values.known && table.known && values.dtype == table.dtype)))
        return;
    fail<TypeError>(name.op, ": ", name.argument, " must have dtype ", type_text(table), ", got ",
                    type_text(values));
}

}  // namespace fastnn::bind::indexing
