#include "bind/ids.h"
#include "ops/pool/bind_call.h"
#include "ops/pool/doc.h"

namespace fastnn::bind {
namespace {

// The indices (checked to lie in the plane of the output) in channels-last order, as the numbers
// they belong to.
const std::int64_t* indices_of(const Array& a, const PoolCall& call, py::object& hold) {
    hold = empty_channels_last(Dtype::i64, a.ndim, a.shape, call.axes);
    copy_into(hold, a);
    const auto* const index = reinterpret_cast<const std::int64_t*>(data_of(hold));
    verify(
        [index, count = a.size(), plane = call.shape.out_size(), op = call.op] {
            const dim_t wrong = first_outside(index, count, 0, plane);
            if (wrong == count) return;
            fail<IndexError>(op, ": indices must lie in the output's plane of ", plane,
                             " numbers, got ", index[wrong]);
        },
        hold);
    return index;
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
    PoolCall call(chosen.kernel.name, chosen.axes, output_size);
    py::object hold_x, hold_aligned, hold_index;
    const Array x = strided_float(input, {call.op, "input"}, hold_aligned);
    call.set_input(Dims(x));
    const Array given = integer_array(indices, {call.op, "indices"});
    check_same_shape(given, {call.op, "indices"}, x, "input");
    const std::int64_t* index = indices_of(given, call, hold_index);
    py::object y = call.empty_output(x.dtype);
    const Array in = call.image(x, hold_x);
    pooling::UnpoolArgs args = arguments(call, in, index);
    args.to = data_of(y);
    launch(chosen.kernel, args, {in, hold_index, y});
    return y;
}

py::object max_unpool_backward(py::handle dy, py::handle indices, py::handle output_size) {
    const Chosen chosen(pooling::kUnpoolBackward, "max_unpool_backward", output_size,
                        "output_size");
    PoolCall call(chosen.kernel.name, chosen.axes, output_size);
    py::object hold_dy, hold_aligned, hold_index;
    const Array given = integer_array(indices, {call.op, "indices"});
    call.set_input(Dims(given));
    const Array d = strided_float(dy, {call.op, "dy"}, hold_aligned);
    call.check_output(d, "dy");
    const std::int64_t* index = indices_of(given, call, hold_index);
    py::object dx = call.empty_input(d.dtype);
    const Array out = call.image(d, hold_dy);
    pooling::UnpoolArgs args = arguments(call, out, index);
    args.to = data_of(dx);
    launch(chosen.kernel, args, {out, hold_index, dx});
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
