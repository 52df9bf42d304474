#include "bind/array.h"
#include "bind/axis.h"
#include "bind/families.h"
#include "ops/norm/doc.h"
#include "ops/norm/response.h"

namespace fastnn::bind {
namespace {

norm::Response shape_of(const Array& x, const char* op, dim_t size, double alpha, double beta,
                        double k) {
    if (x.ndim < 3) {
        fail<ValueError>(op, ": input must have shape (N, C, L) or more dimensions, got ",
                         shape_text(x));
    }
    if (size < 1) fail<ValueError>(op, ": size must be at least 1, got ", size);
    const Axis axis = axis_of(x, {op, "input"}, 1);
    // No channel has more neighbours than there are channels to either side.
    const dim_t most = 2 * axis.size + 1;
    norm::Response shape{axis.outer, axis.size * axis.inner, axis.inner, size, alpha, beta, k};
    if (size > most) {
        shape.size = most;
        shape.alpha = alpha * static_cast<double>(most) / static_cast<double>(size);
    }
    return shape;
}

py::object local_response_norm(py::handle input, dim_t size, double alpha, double beta, double k,
                               bool keep) {
    const auto& kernel = norm::kResponse;
    py::object hold, d = py::none();
    const Array x = block_float(input, {kernel.name, "input"}, hold);
    norm::ResponseArgs args{x.dtype, shape_of(x, kernel.name, size, alpha, beta, k), x.data,
                            nullptr, nullptr};
    py::object y = empty_like(x);
    args.y = data_of(y);
    if (keep) {
        d = empty_like(x);
        args.d = data_of(d);
    }
    launch(kernel, args, {x, y, d});
    if (!keep) return y;
    return py::make_tuple(std::move(y), std::move(d));
}

py::object local_response_norm_backward(py::handle dy, py::handle input, py::handle d, dim_t size,
                                        double alpha, double beta, double k) {
    const auto& kernel = norm::kResponseBackward;
    py::object hold, hold_dy, hold_d;
    const Array x = block_float(input, {kernel.name, "input"}, hold);
    const Array dy_block = block_like(dy, {kernel.name, "dy"}, x, hold_dy);
    const Array saved = block_like(d, {kernel.name, "d"}, x, hold_d);
    py::object dx = empty_like(x);
    launch(kernel,
           norm::ResponseBackwardArgs{x.dtype, shape_of(x, kernel.name, size, alpha, beta, k),
                                      dy_block.data, x.data, saved.data, data_of(dx)},
           {dy_block, x, saved, dx});
    return dx;
}

}  // namespace

void bind_norm_response(py::module_& m) {
    m.def("local_response_norm", &local_response_norm, norm::doc::kLocalResponseNorm,
          py::arg("input"), py::arg("size"), py::arg("alpha") = 1e-4, py::arg("beta") = 0.75,
          py::arg("k") = 1.0, py::arg("keep") = false);
    m.def("local_response_norm_backward", &local_response_norm_backward,
          norm::doc::kLocalResponseNormBackward, py::arg("dy"), py::arg("input"), py::arg("d"),
          py::arg("size"), py::arg("alpha") = 1e-4, py::arg("beta") = 0.75, py::arg("k") = 1.0);
}

}  // namespace fastnn::bind
