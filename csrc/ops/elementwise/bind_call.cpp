#include "ops/elementwise/bind_call.h"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <utility>

#include "bind/copy.h"
#include "ops/elementwise/layout.h"

namespace fastnn::bind {
namespace {

using ew::Op;

// The NumPy function that computes the operation for integers, booleans and float types without
// kernels; null where the result is a float anyway.
const char* numpy_name(Op op) {
    switch (op) {
        case Op::neg: return "negative";
        case Op::abs: return "absolute";
        case Op::sub: return "subtract";
        case Op::mul: return "multiply";
        case Op::pow: return "power";
        case Op::clamp: return "clip";
        case Op::eq: return "equal";
        case Op::ne: return "not_equal";
        case Op::lt: return "less";
        case Op::le: return "less_equal";
        case Op::gt: return "greater";
        case Op::ge: return "greater_equal";
        case Op::floor:
        case Op::ceil:
        case Op::round:
        case Op::trunc: return "positive";  // whole numbers already
        case Op::sign:
        case Op::square:
        case Op::add:
        case Op::maximum:
        case Op::minimum:
        case Op::remainder:
        case Op::fmod:
        case Op::floor_divide:
        case Op::fmax:
        case Op::fmin:
        case Op::heaviside:
        case Op::where: return ew::info(op).name;
        default:
            return op >= ew::kFirstCompare && op < ew::kFirstBackward ? ew::info(op).name : nullptr;
    }
}

enum class Kind { floating, integer, python_float, python_int, other };

// From so many elements on inputs in another order are copied.
constexpr dim_t kTurnedSize = 4096;

struct Input {
    py::object hold;
    Kind kind;
    bool c_order;
    ew::View view;
    dim_t shape[kMaxDims], strides[kMaxDims];

    // `view` points into the array object until this copies its shape and strides, which is needed
    // before other threads may run.
    void settle() {
        std::copy_n(view.shape, view.ndim, shape);
        std::copy_n(view.strides, view.ndim, strides);
        if (view.shape != nullptr) view = {view.ndim, shape, strides};
    }
};

const py::object& numpy() {
    PYBIND11_CONSTINIT static py::gil_safe_call_once_and_store<py::object> storage;
    return storage
        .call_once_and_store_result([]() -> py::object { return py::module_::import("numpy"); })
        .get_stored();
}

bool is_numpy_scalar(py::handle x) {
    PYBIND11_CONSTINIT static py::gil_safe_call_once_and_store<py::object> storage;
    const auto& generic =
        storage.call_once_and_store_result([]() -> py::object { return numpy().attr("generic"); })
            .get_stored();
    return PyObject_TypeCheck(x.ptr(), reinterpret_cast<PyTypeObject*>(generic.ptr())) != 0;
}

bool is_numpy_float(py::handle x) {
    const py::object floating = numpy().attr("floating");
    return PyObject_TypeCheck(x.ptr(), reinterpret_cast<PyTypeObject*>(floating.ptr())) != 0;
}

double as_double(py::handle x) {
    const double value = PyFloat_AsDouble(x.ptr());
    if (value == -1.0 && PyErr_Occurred() != nullptr) throw py::error_already_set();
    return value;
}

// An array of any strides.
void parse_array(py::handle x, Input& input, ew::Operand& operand) {
    operand = {nullptr, 0, Dtype::f32};
    const auto* a = py::detail::array_proxy(x.ptr());
    const auto* descr = py::detail::array_descriptor_proxy(a->descr);
    input.view = {a->nd, reinterpret_cast<const dim_t*>(a->dimensions),
                  reinterpret_cast<const dim_t*>(a->strides)};
    input.c_order = (a->flags & py::detail::npy_api::NPY_ARRAY_C_CONTIGUOUS_) != 0;
    operand.data = a->data;
    const bool known = (descr->byteorder == '=' || descr->byteorder == '|') &&
                       parse_dtype(descr->type_num, operand.dtype);
    const bool floating = operand.dtype == Dtype::f32 || operand.dtype == Dtype::f64;
    input.kind = !known ? Kind::other : floating ? Kind::floating : Kind::integer;
}

// A number, which takes the dtype of the arrays.
void parse_scalar(py::handle x, Name name, Input& input, ew::Operand& operand) {
    input.view = {0, nullptr, nullptr};
    operand = {nullptr, 0, Dtype::f32};
    if (PyFloat_Check(x.ptr())) {
        input.kind = Kind::python_float;
        operand.value = PyFloat_AS_DOUBLE(x.ptr());
    } else if (PyLong_Check(x.ptr())) {
        input.kind = Kind::python_int;
        operand.value = PyLong_AsDouble(x.ptr());
        if (operand.value == -1.0 && PyErr_Occurred() != nullptr) throw py::error_already_set();
    } else if (is_numpy_scalar(x) && PyComplex_Check(x.ptr()) == 0) {
        input.kind = is_numpy_float(x) ? Kind::python_float : Kind::python_int;
        operand.value = as_double(x);
    } else {
        fail<TypeError>(name.op, ": ", name.argument, " must be a NumPy array or a number, got ",
                        Py_TYPE(x.ptr())->tp_name);
    }
}

std::string shapes_text(const Input* inputs, int count) {
    std::string text;
    for (int k = 0; k < count; ++k) {
        if (inputs[k].view.shape == nullptr) continue;
        if (!text.empty()) text += ", ";
        text += shape_text(inputs[k].view.ndim,
                           reinterpret_cast<const Py_ssize_t*>(inputs[k].view.shape));
    }
    return text;
}

Array view_of(const Input& input, const ew::Operand& operand) {
    Array a;
    a.data = operand.data;
    a.dtype = operand.dtype;
    a.ndim = input.view.ndim;
    std::copy_n(input.view.shape, a.ndim, a.shape);
    std::copy_n(input.view.strides, a.ndim, a.strides);
    return a;
}

// A result cast to the type of `out`, in which it is stored.
py::object store(const py::object& y, py::handle out, const char* op) {
    if (!is_array(out)) {
        fail<TypeError>(op, ": out must be a NumPy array, got ", Py_TYPE(out.ptr())->tp_name);
    }
    const py::object from = y.attr("dtype"), to = out.attr("dtype");
    if (!py::module_::import("fastnn.dtypes").attr("can_cast")(from, to).cast<bool>()) {
        fail<TypeError>(op, ": a result of dtype ", py::str(from).cast<std::string>(),
                        " cannot be stored in a tensor of dtype ", py::str(to).cast<std::string>());
    }
    if (!y.attr("shape").equal(out.attr("shape"))) {
        fail<ValueError>(op, ": out must have shape ", py::str(y.attr("shape")).cast<std::string>(),
                         ", got ", py::str(out.attr("shape")).cast<std::string>());
    }
    copy_into(out, y);
    return py::reinterpret_borrow<py::object>(out);
}

// Whether kernels write outputs of this type.
bool is_written(py::handle out, bool boolean) {
    if (!is_array(out)) return true;  // an error, raised later
    const auto* a = py::detail::array_proxy(out.ptr());
    const auto* descr = py::detail::array_descriptor_proxy(a->descr);
    Dtype dtype;
    if (!parse_dtype(descr->type_num, dtype)) return false;
    return dtype == Dtype::f32 || dtype == Dtype::f64 || (boolean && dtype == Dtype::b8);
}

// out= of the right shape and a suitable dtype. It must not overlap itself.
Array check_out(py::handle out, const char* op, Dtype dtype, const ew::Layout& layout) {
    const Name name{op, "out"};
    const Array a = array(out, name);
    const bool boolean = dtype == Dtype::b8;
    if (boolean ? a.dtype != dtype : a.dtype != Dtype::f32 && a.dtype != Dtype::f64) {
        fail<TypeError>(op, ": out must have dtype ", fastnn::name(dtype), ", got ",
                        fastnn::name(a.dtype));
    }
    if (a.ndim != layout.ndim || !std::equal(a.shape, a.shape + a.ndim, layout.shape)) {
        fail<ValueError>(op, ": out must have shape ",
                         shape_text(layout.ndim, reinterpret_cast<const Py_ssize_t*>(layout.shape)),
                         ", got ", shape_text(a));
    }
    if (!a.writable) fail<ValueError>(op, ": out must be writable, got a read-only array");
    if (overlaps_itself(a.ndim, a.shape, a.strides, size_of(a.dtype)))
        fail<ValueError>(op, ": out must not overlap itself");
    return a;
}

// An input that shares memory with the output, other than element for element, is copied.
void separate(const Array& out, py::handle given, Input& input, ew::Operand& operand) {
    if (operand.data == nullptr) return;
    const Array a = view_of(input, operand);
    if (!may_overlap(out, a)) return;
    const bool same = a.data == out.data && a.dtype == out.dtype && a.ndim == out.ndim &&
                      std::equal(a.shape, a.shape + a.ndim, out.shape) &&
                      std::equal(a.strides, a.strides + a.ndim, out.strides);
    if (same) return;
    py::object copy = empty(a.dtype, a.ndim, a.shape);
    copy_into(copy, given);
    input.hold = std::move(copy);
    parse_array(input.hold, input, operand);
    input.settle();
}

// Whether the fastest axis of an input is not that of the result, and both are long. Then a copy in
// the order of the result pays: it reads and writes whole cache lines, which rows across the input
// do not.
bool crosses(const ew::Layout& layout, const ew::View& v) {
    constexpr dim_t kLong = 16;
    const int lead = layout.ndim - v.ndim;
    int own = -1, inner = -1;  // the fastest axes of the input and of the result
    for (int i = 0; i < v.ndim; ++i) {
        if (v.shape[i] <= 1 || v.strides[i] == 0) continue;
        if (own < 0 || std::abs(v.strides[i]) <= std::abs(v.strides[own])) own = i;
    }
    for (int i = 0; i < layout.ndim && inner < 0; ++i) {
        if (layout.shape[layout.order[i]] > 1) inner = layout.order[i] - lead;
    }
    return own >= 0 && inner >= 0 && own != inner && v.strides[inner] != 0 &&
           v.shape[own] >= kLong && v.shape[inner] >= kLong;
}

// A copy of an input with its axes in the order of the result.
py::object turned(const ew::Layout& layout, py::handle source, const ew::View& v) {
    const int lead = layout.ndim - v.ndim;
    Order order;
    for (int i = layout.ndim - 1; i >= 0; --i) {
        if (layout.order[i] >= lead) order.axis[order.ndim++] = layout.order[i] - lead;
    }
    py::object copy =
        empty_as(source, v.ndim, reinterpret_cast<const Py_ssize_t*>(v.shape), &order);
    copy_into(copy, source);
    return copy;
}

struct Call {
    Op op;
    const ew::Info& info;
    Names names;
    Input inputs[ew::kMaxInputs];
    ew::Args args;
    Dtype made;           // of the result, where kernels compute
    py::object result;    // the dtype, where NumPy computes, or which is narrow
    bool narrow = false;  // float16 or bfloat16

    Call(Op o, Names n) : op(o), info(ew::info(o)), names(n) { args.op = o; }

    // Brings all inputs into the order of the result; `views` are theirs. Copies let other threads
    // run, so the views are taken out of the arrays first.
    void turn_inputs(const py::handle* given, const ew::Layout& layout, ew::View* views) {
        if (args.size < kTurnedSize) return;
        bool settled = false;
        for (int k = 0; k < info.inputs; ++k) {
            Input& input = inputs[k];
            if (args.operands[k].data == nullptr || !crosses(layout, input.view)) continue;
            for (int j = 0; j < info.inputs && !settled; ++j) {
                inputs[j].settle();
                views[j] = inputs[j].view;
            }
            settled = true;
            input.hold = turned(layout, input.hold ? py::handle(input.hold) : given[k], input.view);
            parse_array(input.hold, input, args.operands[k]);
            input.settle();
            views[k] = input.view;
        }
    }

    // The owners are the inputs as given, their copies, and the outputs.
    void launch(const py::handle* given, py::handle y, py::handle second = {}) const {
        py::handle owners[2 * ew::kMaxInputs + 2];
        int count = 0;
        for (int k = 0; k < info.inputs; ++k) {
            owners[count++] = given[k];
            owners[count++] = inputs[k].hold;
        }
        owners[count++] = y;
        owners[count++] = second;
        fastnn::launch(ew::kernel(op), args, Owners{owners, static_cast<std::size_t>(count)});
    }

    // Reads the inputs and chooses the dtype to compute in, by the rule of fastnn.result_type: 0-d
    // arrays count where none with dimensions is of their kind, and numbers after both. False where
    // `result` is the dtype, in which NumPy is to compute unless it is narrow.
    bool parse_inputs(const py::handle* given) {
        bool array = false, number = false, other = false;
        bool floating = false, wide = false, floating_0d = false, wide_0d = false;
        // A number may run code of its own, so arrays are looked at after all numbers.
        for (int k = 0; k < info.inputs; ++k) {
            if (!is_array(given[k]))
                parse_scalar(given[k], {info.name, names[k]}, inputs[k], args.operands[k]);
        }
        for (int k = 0; k < info.inputs; ++k) {
            Input& input = inputs[k];
            if (is_array(given[k])) parse_array(given[k], input, args.operands[k]);
            array = array || args.operands[k].data != nullptr;
            if (op == Op::where && k == 0) {
                if (input.kind != Kind::integer || args.operands[0].dtype != Dtype::b8) {
                    fail<TypeError>("where: condition must be a NumPy array of dtype bool");
                }
                continue;
            }
            number = number || input.kind == Kind::python_float;
            other = other || input.kind == Kind::other;
            if (input.kind == Kind::floating) {
                const bool f64 = args.operands[k].dtype == Dtype::f64;
                if (input.view.ndim > 0) {
                    floating = true;
                    wide = wide || f64;
                } else {
                    floating_0d = true;
                    wide_0d = wide_0d || f64;
                }
            }
        }
        if (!array) {
            fail<TypeError>(
                info.name,
                ": at least one of the arguments must be a NumPy array, got numbers only");
        }
        args.dtype = (floating ? wide : wide_0d) ? Dtype::f64 : Dtype::f32;
        const bool floats = floating || floating_0d || number;
        if (!other && !floats && are_integers(given)) return true;
        if ((other || !floats) && !by_kernel(given)) return false;
        made = info.boolean ? Dtype::b8 : args.dtype;
        return true;
    }

    // Arrays of one integer type, and numbers of it, go through kernels where they have the
    // operation.
    bool are_integers(const py::handle* given) {
        if (ew::integer_index(op) < 0) return false;
        Dtype common = Dtype::b8;
        for (int k = 0; k < info.inputs; ++k) {
            if (args.operands[k].data != nullptr) common = args.operands[k].dtype;
        }
        if (common == Dtype::b8) return false;
        constexpr double kExact = 0x1p53;  // numbers come as double
        const double most = common == Dtype::i64 ? kExact : common == Dtype::i32 ? 0x1p31 - 1 : 255;
        const double least = common == Dtype::u8 ? 0 : common == Dtype::i32 ? -0x1p31 : -kExact;
        for (int k = 0; k < info.inputs; ++k) {
            const ew::Operand& operand = args.operands[k];
            const bool fits = operand.data != nullptr
                                  ? operand.dtype == common
                                  : operand.value >= least && operand.value <= most;
            if (!fits) return false;
        }
        const bool divides = op == Op::remainder || op == Op::fmod || op == Op::floor_divide;
        if (divides && args.operands[1].data == nullptr && args.operands[1].value == 0)
            return false;  // where NumPy raises the error
        if (divides && args.operands[1].data != nullptr) {
            if (!numpy().attr("all")(given[1]).cast<bool>()) return false;
            // Other threads may have run: arrays are looked at anew.
            for (int k = 0; k < info.inputs; ++k) {
                if (!is_array(given[k])) continue;
                parse_array(given[k], inputs[k], args.operands[k]);
                if (args.operands[k].dtype != common)
                    fail<TypeError>(info.name, ": an argument changed during the call");
            }
        }
        args.dtype = Dtype::i64;
        made = info.boolean ? Dtype::b8 : common;
        return true;
    }

    // Without floats, or with types that have no kernels: those go through NumPy where it has the
    // operation and the result is no float32 or float64. Other operations on integers take them as
    // float32.
    bool by_kernel(const py::handle* given) {
        check_numbers(given);
        const int first = op == Op::where ? 1 : 0;
        py::tuple operands(static_cast<std::size_t>(info.inputs - first));
        for (int k = first; k < info.inputs; ++k) {
            operands[static_cast<std::size_t>(k - first)] =
                py::reinterpret_borrow<py::object>(given[k]);
        }
        const auto dtypes = py::module_::import("fastnn.dtypes");
        result = dtypes.attr("result_type")(*operands);
        const auto kind = dtypes.attr("kind")(result).cast<std::string>();
        const auto size = result.attr("itemsize").cast<int>();
        narrow = kind == "f" && size == 2;
        if (narrow) return false;
        const bool integer = kind == "i" || kind == "u" || kind == "b";
        if (integer ? numpy_name(op) != nullptr : kind != "f" || (size != 4 && size != 8)) {
            if (numpy_name(op) == nullptr) refuse(given);
            if (kind == "b") check_truth_values();
            return false;
        }
        args.dtype = kind == "f" && size == 8 ? Dtype::f64 : Dtype::f32;
        for (int k = 0; k < info.inputs; ++k) {
            if (inputs[k].kind == Kind::other) inputs[k].hold = astype(given[k], args.dtype);
        }
        // All of this runs Python, and conversions let other threads run: arrays are looked at
        // anew.
        for (int k = 0; k < info.inputs; ++k) {
            if (!is_array(given[k])) continue;
            parse_array(inputs[k].hold ? py::handle(inputs[k].hold) : given[k], inputs[k],
                        args.operands[k]);
            if (inputs[k].kind == Kind::other)
                fail<TypeError>(info.name, ": an argument changed during the call");
        }
        return true;
    }

    // What has no meaning for truth values, or another one than NumPy's.
    void check_truth_values() {
        switch (op) {
            case Op::square: result = numpy().attr("dtype")("int64"); return;
            case Op::neg:
            case Op::abs:
            case Op::floor:
            case Op::ceil:
            case Op::round:
            case Op::trunc:
            case Op::sub:
            case Op::pow:
            case Op::remainder:
            case Op::fmod:
            case Op::floor_divide:
                fail<TypeError>(info.name, ": ", names[0],
                                " must hold numbers, got bool; use logical operations, or .to() "
                                "another type");
            default: return;
        }
    }

    void check_numbers(const py::handle* given) const {
        for (int k = 0; k < info.inputs; ++k) {
            if (inputs[k].kind != Kind::other) continue;
            const auto kind = py::module_::import("fastnn.dtypes")
                                  .attr("kind")(given[k].attr("dtype"))
                                  .cast<std::string>();
            if (std::string("iuf").find(kind) == std::string::npos) refuse(given[k], names[k]);
        }
    }

    // Names the operand that is neither an integer nor of a type that kernels have.
    [[noreturn]] void refuse(const py::handle* given) const {
        int k = 0;
        while (inputs[k].kind != Kind::other ||
               given[k].attr("dtype").attr("kind").cast<std::string>() != "f") {
            ++k;
        }
        refuse(given[k], names[k]);
    }

    [[noreturn]] void refuse(py::handle array, const char* name) const {
        fail<TypeError>(info.name, ": ", name, " must have dtype float32 or float64, got ",
                        std::string(py::str(array.attr("dtype"))), kConvert);
    }
};

// The same by NumPy, for types that have no kernels here. Numbers wrap around in integer types, as
// in PyTorch; comparisons are of the values themselves.
py::object by_numpy(const Call& c, const py::handle* given, py::handle out) {
    const ew::Info& info = c.info;
    py::tuple arguments(static_cast<std::size_t>(info.inputs));
    for (int k = 0; k < info.inputs; ++k) {
        auto x = py::reinterpret_borrow<py::object>(given[k]);
        if (!info.boolean && !(c.op == Op::where && k == 0)) {
            x = numpy().attr("asarray")(x).attr("astype")(c.result, py::arg("copy") = false);
        }
        arguments[static_cast<std::size_t>(k)] = x;
    }
    const bool divides = c.op == Op::remainder || c.op == Op::fmod || c.op == Op::floor_divide;
    if (divides && c.result.attr("kind").cast<std::string>() != "f" &&
        !numpy().attr("all")(arguments[1]).cast<bool>()) {
        PyErr_Format(PyExc_ZeroDivisionError, "%s: integers cannot be divided by 0", info.name);
        throw py::error_already_set();
    }
    // long double has fractions, which the names for whole numbers leave.
    const bool rounds =
        c.op == Op::floor || c.op == Op::ceil || c.op == Op::round || c.op == Op::trunc;
    const bool fractions = rounds && c.result.attr("kind").cast<std::string>() == "f";
    const char* const name = !fractions ? numpy_name(c.op) : c.op == Op::round ? "rint" : info.name;
    py::object y = numpy().attr(name)(*arguments);
    if (!is_array(y)) y = numpy().attr("asarray")(y);
    if (out.is_none()) return y;
    return store(y, out, info.name);
}

// float16 and bfloat16 are for storage: operands are taken to float32, by way of the narrow type
// where they have another one, and the result is rounded to it. Numbers keep their value but in
// comparisons, where the nearest one of the narrow type counts, as in PyTorch.
class Widened {
 public:
    Widened(const Call& c, const py::handle* given) : result_(c.result) {
        const auto kind = c.result.attr("kind").cast<std::string>();
        const double most = kind == "f" ? 65504 : 0x1.fep127;
        for (int k = 0; k < c.info.inputs; ++k) {
            wide[k] = given[k];
            if (c.op == Op::where && k == 0) continue;
            if (!is_array(given[k]) &&
                (!c.info.boolean || !(std::abs(c.args.operands[k].value) <= most)))
                continue;
            const py::object x = numpy().attr("asarray")(given[k]), type = x.attr("dtype");
            hold_[k] = astype(type.equal(result_) ? x : rounded(x), Dtype::f32);
            wide[k] = hold_[k];
        }
    }
    py::object rounded(const py::object& y) const {
        if (y.is_none()) return y;
        py::object narrow = numpy().attr("empty_like")(y, result_);
        copy_into(narrow, y);
        return narrow;
    }

    py::handle wide[ew::kMaxInputs];

 private:
    py::object result_, hold_[ew::kMaxInputs];
};

py::object by_float32(const Call& c, const py::handle* given, py::handle out) {
    const Widened in(c, given);
    py::object y = call(c.op, c.names, in.wide, py::none());
    if (!c.info.boolean) y = in.rounded(y);
    return out.is_none() ? y : store(y, out, c.info.name);
}

Py_ssize_t* sizes(dim_t* p) {
    return reinterpret_cast<Py_ssize_t*>(p);
}

// A new output for the inputs, in the order of their memory.
py::object new_output(const ew::View* inputs, int count, Dtype dtype, ew::Layout& layout,
                      dim_t* strides) {
    ew::choose_order(inputs, count, layout);
    const bool c_order = !ew::dense_strides(layout, static_cast<dim_t>(size_of(dtype)), strides);
    return empty(dtype, layout.ndim, sizes(layout.shape), c_order ? nullptr : sizes(strides));
}

void check_broadcast(const Call& c, const ew::View* views, ew::Layout& layout) {
    if (ew::broadcast(views, c.info.inputs, layout)) return;
    fail<ValueError>(c.info.name, ": shapes ", shapes_text(c.inputs, c.info.inputs),
                     " do not broadcast");
}

// Arrays in C order and of one shape, the usual case, are one row; no layout is needed. False for
// any other.
bool one_row(Call& c, py::object& y) {
    const ew::View* first = nullptr;
    for (int k = 0; k < c.info.inputs; ++k) {
        const Input& input = c.inputs[k];
        c.args.strides[0][k] = 0;
        if (c.args.operands[k].data == nullptr) continue;
        if (!input.c_order) return false;
        if (first == nullptr) first = &input.view;
        if (input.view.ndim != first->ndim ||
            !std::equal(first->shape, first->shape + first->ndim, input.view.shape)) {
            return false;
        }
        c.args.strides[0][k] = static_cast<dim_t>(size_of(c.args.operands[k].dtype));
    }
    const Dtype dtype = c.made;
    y = empty(dtype, first->ndim, reinterpret_cast<const Py_ssize_t*>(first->shape));
    c.args.operands[c.info.inputs] = {data_of(y), 0, dtype};
    c.args.strides[0][c.info.inputs] = static_cast<dim_t>(size_of(dtype));
    c.args.axes = 1;
    c.args.size = 1;
    for (int i = 0; i < first->ndim; ++i) c.args.size *= first->shape[i];
    c.args.extents[0] = c.args.size;
    return true;
}

}  // namespace

py::object call(Op op, Names names, const py::handle* given, py::handle out) {
    Call c(op, names);
    const ew::Info& info = c.info;
    ew::Args& args = c.args;
    if (!c.parse_inputs(given))
        return c.narrow ? by_float32(c, given, out) : by_numpy(c, given, out);
    py::object y;
    if (out.is_none()) {
        if (one_row(c, y)) {
            if (args.size != 0) c.launch(given, y);
            return y;
        }
    } else if (!is_written(out, info.boolean)) {
        return store(call(op, names, given, py::none()), out, info.name);
    }

    if (!out.is_none()) {  // copies may be needed
        for (int k = 0; k < info.inputs; ++k) c.inputs[k].settle();
    }
    ew::View views[1 + ew::kMaxOperands];
    // in[-1] is a given output: its memory order takes precedence over that of the inputs.
    ew::View* const in = views + 1;
    for (int k = 0; k < info.inputs; ++k) in[k] = c.inputs[k].view;
    ew::Layout layout;
    check_broadcast(c, in, layout);
    args.size = layout.size;
    const Dtype dtype = c.made;
    dim_t strides[ew::kMaxDims];
    ew::View y_view{layout.ndim, layout.shape, strides};
    if (out.is_none()) {
        y = new_output(in, info.inputs, dtype, layout, strides);
        args.operands[info.inputs] = {data_of(y), 0, dtype};
    } else {
        const Array a = check_out(out, info.name, dtype, layout);
        for (int k = 0; k < info.inputs; ++k) {
            separate(a, given[k], c.inputs[k], args.operands[k]);
            in[k] = c.inputs[k].view;
        }
        y_view.strides = reinterpret_cast<const dim_t*>(a.strides);
        in[-1] = y_view;
        ew::choose_order(in - 1, info.inputs + 1, layout);
        y = py::reinterpret_borrow<py::object>(out);
        args.operands[info.inputs] = {a.data, 0, a.dtype};
    }
    if (args.size == 0) return y;
    c.turn_inputs(given, layout, in);
    in[info.inputs] = y_view;
    ew::merge_axes(in, info.inputs + 1, layout, args);
    c.launch(given, y);
    return y;
}

Tuple<OptionalArray, OptionalArray> call_pair(Op op, Names names, const py::handle* given,
                                              const bool (&wanted)[2]) {
    Call c(op, names);
    const ew::Info& info = c.info;
    ew::Args& args = c.args;
    if (!c.parse_inputs(given)) {  // narrow: NumPy has no operation with two results
        const Widened in(c, given);
        const auto pair = call_pair(op, names, in.wide, wanted);
        return py::make_tuple(in.rounded(pair[0]), in.rounded(pair[1]));
    }
    ew::View views[ew::kMaxOperands];
    for (int k = 0; k < info.inputs; ++k) views[k] = c.inputs[k].view;
    ew::Layout layout;
    check_broadcast(c, views, layout);
    args.size = layout.size;
    dim_t strides[ew::kMaxDims];
    py::object made[2] = {py::none(), py::none()};
    for (int j = 0; j < 2; ++j) {
        ew::Operand& y = args.operands[info.inputs + j];
        y = {nullptr, 0, args.dtype};
        views[info.inputs + j] = {layout.ndim, layout.shape, strides};
        if (!wanted[j]) continue;
        made[j] = new_output(views, info.inputs, args.dtype, layout, strides);
        y.data = data_of(made[j]);
    }
    if (args.size != 0 && (wanted[0] || wanted[1])) {
        c.turn_inputs(given, layout, views);
        ew::merge_axes(views, info.inputs + 2, layout, args);
        c.launch(given, made[0], made[1]);
    }
    return py::make_tuple(std::move(made[0]), std::move(made[1]));
}

}  // namespace fastnn::bind
