#include <algorithm>

#include "ops/pool/bind_call.h"
#include "ops/pool/doc.h"

namespace fastnn::bind {
namespace {

// The indices in channels-last order, as the numbers they belong to; checked to be in the plane.
const std::int64_t* indices_of(const Array& a, const PoolCall& call, py::object& hold) {
    const dim_t plane = call.shape.out_size();
    const Array ordered = integer_image(a, call.axes, hold);
    const auto* index = ordered.as<const std::int64_t>();
    const std::int64_t* end = index + ordered.size();
    const auto* wrong = std::find_if(index, end, [=](dim_t i) {
        return static_cast<std::uint64_t>(i) >= static_cast<std::uint64_t>(plane);
    });
    if (wrong != end) {
        fail<IndexError>(call.op, ": indices must lie in the output's plane of ", plane,
                         " numbers, got ", *wrong);
    }
    return index;
}

// An array of any integer type; int64 with its own strides, others converted.
Array index_array(py::handle object, const char* op, py::object& hold) {
    using Npy = py::detail::npy_api;
    if (is_array(object)) {
        const auto* a = py::detail::array_proxy(object.ptr());
        const int type = py::detail::array_descriptor_proxy(a->descr)->type_num;
        if ((type == Npy::NPY_LONG_ || type == Npy::NPY_LONGLONG_) &&
            (a->flags & Npy::NPY_ARRAY_ALIGNED_) != 0) {
            return array(object, {op, "indices"});
        }
    }
    return dense_ids(object, {op, "indices"}, hold);
}

pooling::UnpoolArgs arguments(const PoolCall& call, const Array& from, const std::int64_t* index) {
    return {.dtype = from.dtype,
            .n = call.shape.n,
            .c = call.shape.c,
            .in = call.shape.in_size(),
            .out = call.shape.out_size(),
            .index = index,
            .from = from.data,
            .to = nullptr};
}

py::object max_unpool(py::handle input, py::handle indices, py::handle output_size) {
    const Chosen chosen(pooling::kUnpool, "max_unpool", output_size, "output_size");
    const char* op = chosen.kernel.name;
    py::object hold_x, hold_aligned, hold_dense, hold_index;
    const Array x = image_array(input, {op, "input"}, hold_aligned);
    const PoolCall call(op, chosen.axes, Dims(x), output_size);
    const Array given = index_array(indices, op, hold_dense);
    check_same_shape(given, {op, "indices"}, x, "input");
    const std::int64_t* index = indices_of(given, call, hold_index);
    py::object y = call.empty_output(x.dtype);
    const Array in = call.image(x, "input", hold_x);
    pooling::UnpoolArgs args = arguments(call, in, index);
    args.to = data_of(y);
    launch(chosen.kernel, args, {in, given, hold_index, y});
    return y;
}

py::object max_unpool_backward(py::handle dy, py::handle indices, py::handle output_size) {
    const Chosen chosen(pooling::kUnpoolBackward, "max_unpool_backward", output_size,
                        "output_size");
    const char* op = chosen.kernel.name;
    py::object hold_dy, hold_aligned, hold_dense, hold_index;
    const Array given = index_array(indices, op, hold_dense);
    const PoolCall call(op, chosen.axes, Dims(given), output_size);
    const Array d = image_array(dy, {op, "dy"}, hold_aligned);
    call.check_output(d, "dy");
    const std::int64_t* index = indices_of(given, call, hold_index);
    py::object dx = call.empty_input(d.dtype);
    const Array out = call.image(d, "dy", hold_dy);
    pooling::UnpoolArgs args = arguments(call, out, index);
    args.to = data_of(dx);
    launch(chosen.kernel, args, {out, given, hold_index, dx});
    return dx;
}

}  // namespace

void bind_unpooling(py::module_& m) {
    m.def("max_unpool", &max_unpool, pooling::doc::kMaxUnpool, py::arg("input"), py::arg("indices"),
          py::arg("output_size"));
    m.def("max_unpool_backward", &max_unpool_backward, pooling::doc::kMaxUnpoolBackward,
          py::arg("dy"), py::arg("indices"), py::arg("output_size"));
}

}  // namespace fastnn::bind
