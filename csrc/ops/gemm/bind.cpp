#include <algorithm>

#include "bind/array.h"
#include "bind/families.h"
#include "ops/gemm/doc.h"
#include "ops/gemm/gemm.h"

namespace fastnn::bind {
namespace {

// Axis `i` of the batch of an operand, counted from the right: its length and stride in elements.
struct BatchAxis {
    Py_ssize_t size;
    dim_t stride;
};

BatchAxis batch_axis(const Array& x, int i) {
    const int axis = x.ndim - 3 - i;
    if (axis < 0) return {1, 0};
    const auto size = static_cast<dim_t>(size_of(x.dtype));
    return {x.shape[axis], x.shape[axis] == 1 ? 0 : static_cast<dim_t>(x.strides[axis]) / size};
}

// Batches as few axes as possible: neighbours that lie behind one another become one, and those for
// which B is the same become rows of A.
void add_axis(gemm::Args& args, Py_ssize_t size, dim_t a, dim_t b, dim_t c) {
    gemm::Batch& batch = args.batch;
    if (size == 1) return;
    if (batch.ndim == 0 && b == 0 && c == args.m * args.n &&
        (args.m == 1 || a == args.m * args.a_row)) {
        if (args.m == 1) args.a_row = a;
        args.m *= size;
        return;
    }
    if (batch.ndim > 0) {
        const int i = batch.ndim - 1;
        const dim_t n = batch.shape[i];
        if (a == n * batch.a_stride[i] && b == n * batch.b_stride[i] &&
            c == n * batch.c_stride[i]) {
            batch.shape[i] *= size;
            return;
        }
    }
    if (batch.ndim == gemm::kMaxBatchDims) {
        fail<ValueError>("matmul: at most ", gemm::kMaxBatchDims,
                         " batch dimensions of different layout");
    }
    batch.shape[batch.ndim] = size;
    batch.a_stride[batch.ndim] = a;
    batch.b_stride[batch.ndim] = b;
    batch.c_stride[batch.ndim] = c;
    ++batch.ndim;
}

// Matrices without neighbours along either axis are copied first: they would be packed element by
// element, some of them several times.
Array matrices(py::handle object, const char* argument, py::object& hold) {
    const Array x = strided_float(object, {"matmul", argument}, hold);
    const auto size = static_cast<Py_ssize_t>(size_of(x.dtype));
    const auto apart = [&](int axis) { return x.shape[axis] > 1 && x.strides[axis] != size; };
    if (x.ndim < 2 || !apart(x.ndim - 1) || !apart(x.ndim - 2)) return x;
    // A repeated matrix would be copied as often.
    const bool repeats = std::any_of(x.strides, x.strides + x.ndim, [](auto s) { return s == 0; });
    return repeats ? x : dense(x, hold);
}

py::object matmul(py::handle a_object, py::handle b_object) {
    py::object hold_a, hold_b;
    const Array a = matrices(a_object, "input", hold_a);
    const Array b = matrices(b_object, "other", hold_b);
    check_dtype(b, {"matmul", "other"}, a.dtype);
    if (a.ndim == 0 || b.ndim == 0) {
        fail<ValueError>("matmul: both arguments need at least one dimension, got shapes ",
                         shape_text(a), " and ", shape_text(b));
    }
    const auto size = static_cast<dim_t>(size_of(a.dtype));
    const auto stride = [size](const Array& x, int axis) {
        return static_cast<dim_t>(x.strides[axis]) / size;
    };
    gemm::Args args{};
    args.dtype = a.dtype;
    args.a = a.data, args.b = b.data;
    args.m = a.ndim == 1 ? 1 : a.shape[a.ndim - 2];
    args.k = a.shape[a.ndim - 1];
    args.n = b.ndim == 1 ? 1 : b.shape[b.ndim - 1];
    const dim_t depth = b.shape[b.ndim == 1 ? 0 : b.ndim - 2];
    if (depth != args.k) {
        fail<ValueError>(
            "matmul: input (..., M, K) and other (..., K, N) must have the same K, got shapes ",
            shape_text(a), " and ", shape_text(b));
    }
    args.a_row = a.ndim == 1 ? args.k : stride(a, a.ndim - 2);
    args.a_col = stride(a, a.ndim - 1);
    args.b_row = stride(b, b.ndim == 1 ? 0 : b.ndim - 2);
    args.b_col = b.ndim == 1 ? args.k : stride(b, b.ndim - 1);

    const int batch_dims = std::max({0, a.ndim - 2, b.ndim - 2});
    Py_ssize_t shape[kMaxDims + 2];
    int ndim = batch_dims;
    if (a.ndim > 1) shape[ndim++] = args.m;
    if (b.ndim > 1) shape[ndim++] = args.n;
    dim_t step = args.m * args.n;
    for (int i = 0; i < batch_dims; ++i) {
        const BatchAxis x = batch_axis(a, i), y = batch_axis(b, i);
        if (x.size != y.size && x.size != 1 && y.size != 1) {
            fail<ValueError>(
                "matmul: the batch dimensions of input and other do not broadcast, got shapes ",
                shape_text(a), " and ", shape_text(b));
        }
        const Py_ssize_t both = x.size == 1 ? y.size : x.size;
        shape[batch_dims - 1 - i] = both;
        add_axis(args, both, x.stride, y.stride, step);
        step *= both;
    }
    // Axes were met from the innermost out; the batch counts from the outermost.
    gemm::Batch& batch = args.batch;
    std::reverse(batch.shape, batch.shape + batch.ndim);
    std::reverse(batch.a_stride, batch.a_stride + batch.ndim);
    std::reverse(batch.b_stride, batch.b_stride + batch.ndim);
    std::reverse(batch.c_stride, batch.c_stride + batch.ndim);
    py::object c = empty(args.dtype, ndim, shape);
    args.c = data_of(c);
    launch(gemm::kMatmul, args, {a, b, c});
    return c;
}

}  // namespace

void bind_gemm(py::module_& m) {
    m.def("matmul", &matmul, gemm::doc::kMatmul, py::arg("input"), py::arg("other"));
}

}  // namespace fastnn::bind
