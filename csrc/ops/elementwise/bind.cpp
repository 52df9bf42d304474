#include <algorithm>

#include "bind/array.h"
#include "bind/families.h"
#include "ops/elementwise/bind_call.h"
#include "ops/elementwise/doc.h"

namespace fastnn::bind {
namespace {

using ew::Op;

// Whether both are arrays of one shape and dtype: then no gradient needs summing or casting. Asked
// for every gradient of every operation, in Python it would cost as much as a small kernel.
bool alike(py::handle a, py::handle b) {
    if (!is_array(a) || !is_array(b)) return false;
    const auto* p = py::detail::array_proxy(a.ptr());
    const auto* q = py::detail::array_proxy(b.ptr());
    return p->nd == q->nd && p->descr == q->descr &&
           std::equal(p->dimensions, p->dimensions + p->nd, q->dimensions);
}

using H = py::handle;
constexpr const char* kUnaryNames[] = {"input"};
constexpr const char* kBinaryNames[] = {"input", "other"};
constexpr const char* kGradientNames[] = {"dy", "saved"};

void bind_unary(py::module_& m, Op op) {
    m.def(
        ew::info(op).name, [op](H input, H out) { return call(op, kUnaryNames, &input, out); },
        ew::doc::of(op).c_str(), py::arg("input"), py::arg("out") = py::none());
}

void bind_binary(py::module_& m, Op op) {
    m.def(
        ew::info(op).name,
        [op](H input, H other, H out) {
            const H given[] = {input, other};
            return call(op, kBinaryNames, given, out);
        },
        ew::doc::of(op).c_str(), py::arg("input"), py::arg("other"), py::arg("out") = py::none());
}

void bind_ternary(py::module_& m, Op op, Names names) {
    m.def(
        ew::info(op).name,
        [op, names](H a, H b, H c, H out) {
            const H given[] = {a, b, c};
            return call(op, names, given, out);
        },
        ew::doc::of(op).c_str(), py::arg(names[0]), py::arg(names[1]), py::arg(names[2]),
        py::arg("out") = py::none());
}

void bind_quaternary(py::module_& m, Op op, Names names) {
    m.def(
        ew::info(op).name,
        [op, names](H a, H b, H c, H d, H out) {
            const H given[] = {a, b, c, d};
            return call(op, names, given, out);
        },
        ew::doc::of(op).c_str(), py::arg(names[0]), py::arg(names[1]), py::arg(names[2]),
        py::arg(names[3]), py::arg("out") = py::none());
}

void bind_gradient(py::module_& m, Op op) {
    m.def(
        ew::info(op).name,
        [op](H dy, H saved) {
            const H given[] = {dy, saved};
            return call(op, kGradientNames, given, py::none());
        },
        ew::doc::of(op).c_str(), py::arg("dy"), py::arg("saved"));
}

// dy and what the operation was given; `first` and `second` say which gradients are wanted.
void bind_pair(py::module_& m, Op op, Names names) {
    if (ew::info(op).inputs == 2) {
        m.def(
            ew::info(op).name,
            [op, names](H dy, H a, bool first, bool second) {
                const H given[] = {dy, a};
                return call_pair(op, names, given, {first, second});
            },
            ew::doc::of(op).c_str(), py::arg(names[0]), py::arg(names[1]), py::arg("first") = true,
            py::arg("second") = true);
    } else if (ew::info(op).inputs == 3) {
        m.def(
            ew::info(op).name,
            [op, names](H dy, H a, H b, bool first, bool second) {
                const H given[] = {dy, a, b};
                return call_pair(op, names, given, {first, second});
            },
            ew::doc::of(op).c_str(), py::arg(names[0]), py::arg(names[1]), py::arg(names[2]),
            py::arg("first") = true, py::arg("second") = true);
    } else {
        m.def(
            ew::info(op).name,
            [op, names](H dy, H a, H b, H c, bool first, bool second) {
                const H given[] = {dy, a, b, c};
                return call_pair(op, names, given, {first, second});
            },
            ew::doc::of(op).c_str(), py::arg(names[0]), py::arg(names[1]), py::arg(names[2]),
            py::arg(names[3]), py::arg("first") = true, py::arg("second") = true);
    }
}

// f(op) for every op from first up to, and without, last.
template <class F>
void each(Op first, Op last, F f) {
    for (int i = static_cast<int>(first); i < static_cast<int>(last); ++i) f(static_cast<Op>(i));
}

constexpr const char* kAddNames[] = {"input", "other", "alpha"};
constexpr const char* kWhereNames[] = {"condition", "input", "other"};
constexpr const char* kClampNames[] = {"input", "min", "max"};
constexpr const char* kLerpNames[] = {"input", "end", "weight"};
constexpr const char* kAddProductNames[] = {"input", "tensor1", "tensor2", "value"};
constexpr const char* kNanNames[] = {"input", "nan", "posinf", "neginf"};
constexpr const char* kCloseNames[] = {"input", "other", "rtol", "atol"};
constexpr const char* kClampBackwardNames[] = {"dy", "input", "min", "max"};
constexpr const char* kPowBackwardNames[] = {"dy", "input", "exponent"};
constexpr const char* kPairNames[] = {"dy", "input", "other"};
constexpr const char* kWhereBackwardNames[] = {"dy", "condition"};
constexpr const char* kLerpBackwardNames[] = {"dy", "weight"};

}  // namespace

void bind_elementwise(py::module_& m) {
    m.def_submodule("autograd", "What the tape asks of arrays.")
        .def("alike", &alike, py::arg("a"), py::arg("b"));
    each(ew::kFirstUnary, ew::kFirstBinary, [&](Op op) { bind_unary(m, op); });
    each(ew::kFirstBinary, Op::add_scaled, [&](Op op) { bind_binary(m, op); });
    bind_ternary(m, Op::add_scaled, kAddNames);
    bind_ternary(m, Op::where, kWhereNames);
    bind_ternary(m, Op::clamp, kClampNames);
    bind_ternary(m, Op::lerp, kLerpNames);
    bind_quaternary(m, Op::addcmul, kAddProductNames);
    bind_quaternary(m, Op::addcdiv, kAddProductNames);
    bind_quaternary(m, Op::nan_to_num, kNanNames);
    each(Op::eq, Op::logical_not, [&](Op op) { bind_binary(m, op); });
    each(Op::logical_not, Op::isclose, [&](Op op) { bind_unary(m, op); });
    bind_quaternary(m, Op::isclose, kCloseNames);
    each(ew::kFirstBackward, Op::clamp_backward, [&](Op op) { bind_gradient(m, op); });
    bind_quaternary(m, Op::clamp_backward, kClampBackwardNames);
    bind_ternary(m, Op::pow_scalar_backward, kPowBackwardNames);
    each(Op::mul_backward, Op::where_backward, [&](Op op) { bind_pair(m, op, kPairNames); });
    bind_pair(m, Op::where_backward, kWhereBackwardNames);
    bind_pair(m, Op::clamp_bounds_backward, kClampBackwardNames);
    bind_pair(m, Op::lerp_backward, kLerpBackwardNames);
}

}  // namespace fastnn::bind
