#include "bind/array.h"
#include "bind/families.h"
#include "bind/rng.h"
#include "ops/dropout/doc.h"
#include "ops/dropout/dropout.h"

namespace fastnn::bind {
namespace {

py::object call(const Kernel<dropout::Args>& kernel, const char* argument, py::handle x, double p,
                py::handle stream) {
    if (!(p >= 0 && p <= 1))
        fail<ValueError>(kernel.name, ": p must be a probability, from 0 to 1, got ", p);
    const std::uint64_t* numbers = seed_and_offset(kernel.name, stream);
    py::object hold_x, hold;
    const Array given = strided_float(x, {kernel.name, argument}, hold_x);
    const Array in = dense(given, hold);
    py::object y = empty(in.dtype, in.ndim, in.shape);
    launch(kernel, dropout::Args{in.dtype, in.size(), in.data, data_of(y), numbers, p},
           {in, y, stream});
    if (!hold || !fills_block(given)) return y;
    // Random numbers belong to elements in C order; the result has the memory order of the input.
    py::object laid_out = empty_like(given);
    copy_into(laid_out, y);
    return laid_out;
}

}  // namespace

void bind_dropout(py::module_& m) {
    m.def(
        "dropout",
        [](py::handle input, double p, py::handle stream) {
            return call(dropout::kDropout, "input", input, p, stream);
        },
        dropout::doc::kDropout, py::arg("input"), py::arg("p"), py::arg("stream"));
    m.def(
        "dropout_backward",
        [](py::handle dy, double p, py::handle stream) {
            return call(dropout::kDropoutBackward, "dy", dy, p, stream);
        },
        dropout::doc::kDropoutBackward, py::arg("dy"), py::arg("p"), py::arg("stream"));
}

}  // namespace fastnn::bind
