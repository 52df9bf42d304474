#include <utility>

#include "bind/activation.h"
#include "bind/array.h"
#include "bind/families.h"
#include "ops/activation/activation.h"
#include "ops/activation/doc.h"

namespace fastnn::bind {
namespace {

// Integers and booleans become float32, as in PyTorch.
py::object to_float(py::handle x) {
    if (!is_array(x)) return {};
    const char kind =
        py::detail::array_descriptor_proxy(py::detail::array_proxy(x.ptr())->descr)->kind;
    return kind == 'i' || kind == 'u' || kind == 'b' ? astype(x, Dtype::f32) : py::object();
}

// Into x itself; by way of a copy where its elements fill no block of memory.
py::object run_in_place(const FusedActivation& f, py::handle x) {
    const auto& kernel = activation::forward_kernel(f.kind);
    const Array given = float_array(x, {kernel.name, "input"});
    if (!given.writable ||
        overlaps_itself(given.ndim, given.shape, given.strides, size_of(given.dtype))) {
        fail<ValueError>(kernel.name,
                         ": overwrite needs an input with writable elements of its "
                         "own, got a read-only array or one whose elements share memory");
    }
    py::object hold;
    const Array in = block(given, hold);
    launch(kernel, activation::Args{f, in.dtype, in.size(), in.data, in.data}, {in});
    if (in.object != x.ptr()) copy_into(x, in);
    return py::reinterpret_borrow<py::object>(x);
}

py::object run(const FusedActivation& f, py::handle x, bool overwrite) {
    const auto& kernel = activation::forward_kernel(f.kind);
    check_activation(f, kernel.name);
    if (overwrite) return run_in_place(f, x);
    const py::object promoted = to_float(x);
    py::object hold;
    const Array in = block_float(promoted ? py::handle(promoted) : x, {kernel.name, "input"}, hold);
    py::object y = hold ? hold : empty_like(in);  // in place of a copy that nobody else knows
    launch(kernel, activation::Args{f, in.dtype, in.size(), in.data, data_of(y)}, {in, y});
    return y;
}

// overwrite: into dy itself where it is writable and laid out as `saved`.
py::object run_backward(const FusedActivation& f, py::handle dy, py::handle saved,
                        bool overwrite = false) {
    const auto& kernel = activation::backward_kernel(f.kind);
    py::object hold_saved, hold_dy;
    const Array s = block_float(saved, {kernel.name, "saved"}, hold_saved);
    const Array d = block_like(dy, {kernel.name, "dy"}, s, hold_dy);
    const bool into_dy = overwrite && d.object == dy.ptr() && d.writable && !may_overlap(d, s);
    py::object dx = into_dy ? py::reinterpret_borrow<py::object>(dy) : empty_like(s);
    launch(kernel, activation::BackwardArgs{f, s.dtype, s.size(), d.data, s.data, data_of(dx)},
           {s, d, dx});
    return dx;
}

// f(input, parameters...) and f_backward(dy, y or input, parameters...), with the names and
// defaults in the facts of the functor; i are the parameters.
template <std::size_t... i>
void define(py::module_& m, Activation f, std::index_sequence<i...>) {
    const ActivationFacts& facts = activation::facts(f);
    m.def(
        facts.name,
        [f](py::handle x, decltype(static_cast<void>(i), 0.0)... params, bool overwrite) {
            return run({f, {params...}}, x, overwrite);
        },
        activation::doc::forward(f).c_str(), py::arg("input"),
        (py::arg(facts.parameters[i].name) = facts.parameters[i].usual)...,
        py::arg("overwrite") = false);
    if (f == Activation::relu) return;
    m.def(
        activation::backward_kernel(f).name,
        [f](py::handle dy, py::handle saved, decltype(static_cast<void>(i), 0.0)... params) {
            return run_backward({f, {params...}}, dy, saved);
        },
        activation::doc::backward(f).c_str(), py::arg("dy"),
        py::arg(facts.gradient_reads_output ? "y" : "input"),
        (py::arg(facts.parameters[i].name) = facts.parameters[i].usual)...);
}

}  // namespace

void bind_activation(py::module_& m) {
    for (int k = 1; k < kActivations; ++k) {
        const auto f = static_cast<Activation>(k);
        const auto& parameters = activation::facts(f).parameters;
        if (parameters[0].name == nullptr) {
            define(m, f, std::make_index_sequence<0>());
        } else if (parameters[1].name == nullptr) {
            define(m, f, std::make_index_sequence<1>());
        } else if (parameters[2].name == nullptr) {
            define(m, f, std::make_index_sequence<2>());
        } else {
            define(m, f, std::make_index_sequence<3>());
        }
    }
    m.def(
        "relu_backward",
        [](py::handle dy, py::handle y, bool overwrite) {
            return run_backward({Activation::relu, {}}, dy, y, overwrite);
        },
        activation::doc::backward(Activation::relu,
                                  "overwrite : bool = False; dx may be dy itself\n")
            .c_str(),
        py::arg("dy"), py::arg("y"), py::arg("overwrite") = false);
    m.def_submodule("config").def("activations", [] {
        py::typing::Dict<py::str, Tuple<py::str, py::ellipsis>> all;
        for (int k = 1; k < kActivations; ++k) {
            const ActivationFacts& facts = activation::facts(static_cast<Activation>(k));
            py::list names;
            for (const auto& parameter : facts.parameters) {
                if (parameter.name != nullptr) names.append(parameter.name);
            }
            all[facts.name] = py::tuple(names);
        }
        return all;
    });
}

}  // namespace fastnn::bind
