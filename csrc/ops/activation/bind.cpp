#include "bind/array.h"
#include "bind/families.h"
#include "ops/activation/activation.h"

namespace fastnn::bind {
namespace {

using activation::Op;
using activation::Params;

// Integers and booleans become float32, as in PyTorch.
py::object to_float(py::handle x) {
    if (!is_array(x)) return {};
    const char kind =
        py::detail::array_descriptor_proxy(py::detail::array_proxy(x.ptr())->descr)->kind;
    return kind == 'i' || kind == 'u' || kind == 'b' ? x.attr("astype")("float32") : py::object();
}

py::object run(Op op, py::handle x, const Params& params) {
    const auto& kernel = activation::entry(op).forward;
    const py::object promoted = to_float(x);
    py::object hold;
    const Array in = block_float(promoted ? py::handle(promoted) : x, {kernel.name, "input"}, hold);
    py::object y = empty_like(in);
    launch(kernel, activation::Args{op, in.dtype, in.size(), in.data, data_of(y), params});
    return y;
}

// overwrite: into dy itself where it is writable and laid out as `saved`.
py::object run_backward(Op op, py::handle dy, py::handle saved, const Params& params,
                        bool overwrite = false) {
    const auto& kernel = activation::entry(op).backward;
    py::object hold_saved, hold_dy;
    const Array s = block_float(saved, {kernel.name, "saved"}, hold_saved);
    const Array d = block_like(dy, {kernel.name, "dy"}, s, hold_dy);
    const bool into_dy = overwrite && d.object == dy.ptr() && d.writable && !may_overlap(d, s);
    py::object dx = into_dy ? py::reinterpret_borrow<py::object>(dy) : empty_like(s);
    launch(kernel,
           activation::BackwardArgs{op, s.dtype, s.size(), d.data, s.data, data_of(dx), params});
    return dx;
}

template <Op op, class... Doubles>
py::object forward(py::handle x, Doubles... params) {
    return run(op, x, {params...});
}

template <Op op, class... Doubles>
py::object backward(py::handle dy, py::handle saved, Doubles... params) {
    return run_backward(op, dy, saved, {params...});
}

// f and f_backward without parameters; `saved` is the argument of the second: "y" or "input".
template <Op op>
void def_plain(py::module_& m, const char* saved) {
    const auto& entry = activation::entry(op);
    m.def(entry.forward.name, &forward<op>, py::arg("input"));
    m.def(entry.backward.name, &backward<op>, py::arg("dy"), py::arg(saved));
}

template <Op op, class... Names>
void def_with(py::module_& m, Names... params) {
    const auto& entry = activation::entry(op);
    m.def(entry.forward.name, &forward<op, decltype((void)params, double())...>, py::arg("input"),
          params...);
    m.def(entry.backward.name, &backward<op, decltype((void)params, double())...>, py::arg("dy"),
          py::arg("input"), params...);
}

}  // namespace

void bind_activation(py::module_& m) {
    m.def("relu", &forward<Op::relu>, py::arg("input"));
    m.def(
        "relu_backward",
        [](py::handle dy, py::handle y, bool overwrite) {
            return run_backward(Op::relu, dy, y, {}, overwrite);
        },
        py::arg("dy"), py::arg("y"), py::arg("overwrite") = false);
    def_plain<Op::sigmoid>(m, "y");
    def_plain<Op::tanh>(m, "y");
    def_plain<Op::hardsigmoid>(m, "input");
    def_plain<Op::logsigmoid>(m, "input");
    def_plain<Op::gelu>(m, "input");
    def_plain<Op::gelu_tanh>(m, "input");
    def_plain<Op::silu>(m, "input");
    def_plain<Op::hardswish>(m, "input");
    def_plain<Op::mish>(m, "input");
    m.def("step", &forward<Op::step, double>, py::arg("input"), py::arg("value") = 1.0);
    def_with<Op::leaky_relu>(m, py::arg("negative_slope") = 0.01);
    def_with<Op::hardtanh>(m, py::arg("min_val") = -1.0, py::arg("max_val") = 1.0);
    def_with<Op::elu>(m, py::arg("alpha") = 1.0, py::arg("scale") = 1.0,
                      py::arg("input_scale") = 1.0);
    def_with<Op::softplus>(m, py::arg("beta") = 1.0, py::arg("threshold") = 20.0);
}

}  // namespace fastnn::bind
