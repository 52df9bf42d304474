#include "bind/families.h"
#include "ops/pool/bind_call.h"
#include "ops/pool/doc.h"

namespace fastnn::bind {
namespace {

// -- max -------------------------------------------------------------------------------------

py::tuple run_max(const Kernel<pooling::MaxArgs>& kernel, const PoolCall& call, const Array& x,
                  bool places) {
    py::object hold, y = call.empty_output(x.dtype), place = py::none();
    if (places) place = call.empty_output(call.place_dtype());
    const Array in = call.image(x, hold);
    launch(kernel,
           pooling::MaxArgs{.dtype = x.dtype,
                            .shape = call.shape,
                            .x = in.data,
                            .y = data_of(y),
                            .place_dtype = call.place_dtype(),
                            .place = places ? data_of(place) : nullptr},
           {in, y, place});
    return py::make_tuple(std::move(y), std::move(place));
}

py::object run_max_backward(const Kernel<pooling::MaxBackwardArgs>& kernel, const PoolCall& call,
                            py::handle dy, py::handle places) {
    py::object hold_dy, hold_aligned, hold_places;
    const Array given = strided_float(dy, {call.op, "dy"}, hold_aligned);
    call.check_output(given, "dy");
    const Array place = call.places(places, hold_places);
    const Array d = call.image(given, hold_dy);
    py::object dx = call.empty_input(d.dtype);
    launch(kernel,
           pooling::MaxBackwardArgs{.dtype = d.dtype,
                                    .shape = call.shape,
                                    .dy = d.data,
                                    .place_dtype = place.dtype,
                                    .place = place.data,
                                    .dx = data_of(dx)},
           {d, place, dx});
    return dx;
}

py::object run_indices(const Kernel<pooling::IndexArgs>& kernel, const PoolCall& call,
                       py::handle places) {
    py::object hold, index = call.empty_output(Dtype::i64);
    const Array place = call.places(places, hold);
    launch(kernel,
           pooling::IndexArgs{.shape = call.shape,
                              .place_dtype = place.dtype,
                              .place = place.data,
                              .index = reinterpret_cast<std::int64_t*>(data_of(index))},
           {place, index});
    return index;
}

py::tuple max_pool(py::handle input, py::handle kernel_size, py::handle stride, py::handle padding,
                   py::handle dilation, bool ceil_mode, bool places) {
    const Chosen chosen(pooling::kMax[0], "max_pool", kernel_size, "kernel_size");
    PoolCall call(chosen.kernel.name, chosen.axes,
                  {kernel_size, stride, padding, dilation, ceil_mode});
    py::object hold;
    const Array x = strided_float(input, {call.op, "input"}, hold);
    call.set_input(Dims(x));
    return run_max(chosen.kernel, call, x, places);
}

py::object max_pool_backward(py::handle dy, py::handle places, py::handle input_shape,
                             py::handle kernel_size, py::handle stride, py::handle padding,
                             py::handle dilation, bool ceil_mode) {
    const Chosen chosen(pooling::kMaxBackward[0], "max_pool_backward", kernel_size, "kernel_size");
    PoolCall call(chosen.kernel.name, chosen.axes,
                  {kernel_size, stride, padding, dilation, ceil_mode});
    call.set_input(Dims(input_shape, {call.op, "input_shape"}));
    return run_max_backward(chosen.kernel, call, dy, places);
}

py::object max_pool_indices(py::handle places, py::handle input_shape, py::handle kernel_size,
                            py::handle stride, py::handle padding, py::handle dilation,
                            bool ceil_mode) {
    const Chosen chosen(pooling::kMaxIndices[0], "max_pool_indices", kernel_size, "kernel_size");
    PoolCall call(chosen.kernel.name, chosen.axes,
                  {kernel_size, stride, padding, dilation, ceil_mode});
    call.set_input(Dims(input_shape, {call.op, "input_shape"}));
    return run_indices(chosen.kernel, call, places);
}

py::tuple adaptive_max_pool(py::handle input, py::handle output_size, bool places) {
    const Chosen chosen(pooling::kMax[1], "adaptive_max_pool", output_size, "output_size");
    PoolCall call(chosen.kernel.name, chosen.axes, output_size);
    py::object hold;
    const Array x = strided_float(input, {call.op, "input"}, hold);
    call.set_input(Dims(x));
    return run_max(chosen.kernel, call, x, places);
}

py::object adaptive_max_pool_backward(py::handle dy, py::handle places, py::handle input_shape,
                                      py::handle output_size) {
    const Chosen chosen(pooling::kMaxBackward[1], "adaptive_max_pool_backward", output_size,
                        "output_size");
    PoolCall call(chosen.kernel.name, chosen.axes, output_size);
    call.set_input(Dims(input_shape, {call.op, "input_shape"}));
    return run_max_backward(chosen.kernel, call, dy, places);
}

py::object adaptive_max_pool_indices(py::handle places, py::handle input_shape,
                                     py::handle output_size) {
    const Chosen chosen(pooling::kMaxIndices[1], "adaptive_max_pool_indices", output_size,
                        "output_size");
    PoolCall call(chosen.kernel.name, chosen.axes, output_size);
    call.set_input(Dims(input_shape, {call.op, "input_shape"}));
    return run_indices(chosen.kernel, call, places);
}

// -- average ---------------------------------------------------------------------------------

struct Divisor {
    bool count_pad;
    dim_t value;  // 0: the size of the window
};

Divisor divisor_of(const char* op, bool count_include_pad, py::handle divisor_override) {
    if (divisor_override.is_none()) return {count_include_pad, 0};
    const dim_t value = parse_int(divisor_override, {op, "divisor_override"});
    if (value == 0) fail<ValueError>(op, ": divisor_override must not be zero");
    return {count_include_pad, value};
}

py::object run_average(const Kernel<pooling::AverageArgs>& kernel, const PoolCall& call,
                       const Array& x, Divisor divisor) {
    py::object hold, y = call.empty_output(x.dtype);
    const Array in = call.image(x, hold);
    launch(kernel,
           pooling::AverageArgs{.dtype = x.dtype,
                                .shape = call.shape,
                                .count_pad = divisor.count_pad,
                                .divisor = divisor.value,
                                .x = in.data,
                                .y = data_of(y)},
           {in, y});
    return y;
}

py::object run_average_backward(const Kernel<pooling::AverageArgs>& kernel, const PoolCall& call,
                                py::handle dy, Divisor divisor) {
    py::object hold, hold_aligned;
    const Array given = strided_float(dy, {call.op, "dy"}, hold_aligned);
    call.check_output(given, "dy");
    const Array d = call.image(given, hold);
    py::object dx = call.empty_input(d.dtype);
    launch(kernel,
           pooling::AverageArgs{.dtype = d.dtype,
                                .shape = call.shape,
                                .count_pad = divisor.count_pad,
                                .divisor = divisor.value,
                                .x = d.data,
                                .y = data_of(dx)},
           {d, dx});
    return dx;
}

py::object avg_pool(py::handle input, py::handle kernel_size, py::handle stride, py::handle padding,
                    bool ceil_mode, bool count_include_pad, py::handle divisor_override) {
    const Chosen chosen(pooling::kAverage[0], "avg_pool", kernel_size, "kernel_size");
    PoolCall call(chosen.kernel.name, chosen.axes, {kernel_size, stride, padding, {}, ceil_mode});
    const Divisor divisor = divisor_of(call.op, count_include_pad, divisor_override);
    py::object hold;
    const Array x = strided_float(input, {call.op, "input"}, hold);
    call.set_input(Dims(x));
    return run_average(chosen.kernel, call, x, divisor);
}

py::object avg_pool_backward(py::handle dy, py::handle input_shape, py::handle kernel_size,
                             py::handle stride, py::handle padding, bool ceil_mode,
                             bool count_include_pad, py::handle divisor_override) {
    const Chosen chosen(pooling::kAverageBackward[0], "avg_pool_backward", kernel_size,
                        "kernel_size");
    PoolCall call(chosen.kernel.name, chosen.axes, {kernel_size, stride, padding, {}, ceil_mode});
    call.set_input(Dims(input_shape, {call.op, "input_shape"}));
    return run_average_backward(chosen.kernel, call, dy,
                                divisor_of(call.op, count_include_pad, divisor_override));
}

py::object adaptive_avg_pool(py::handle input, py::handle output_size) {
    const Chosen chosen(pooling::kAverage[1], "adaptive_avg_pool", output_size, "output_size");
    PoolCall call(chosen.kernel.name, chosen.axes, output_size);
    py::object hold;
    const Array x = strided_float(input, {call.op, "input"}, hold);
    call.set_input(Dims(x));
    return run_average(chosen.kernel, call, x, {false, 0});
}

py::object adaptive_avg_pool_backward(py::handle dy, py::handle input_shape,
                                      py::handle output_size) {
    const Chosen chosen(pooling::kAverageBackward[1], "adaptive_avg_pool_backward", output_size,
                        "output_size");
    PoolCall call(chosen.kernel.name, chosen.axes, output_size);
    call.set_input(Dims(input_shape, {call.op, "input_shape"}));
    return run_average_backward(chosen.kernel, call, dy, {false, 0});
}

}  // namespace

void bind_pool(py::module_& m) {
    const py::arg input("input"), dy("dy"), places("places"), input_shape("input_shape"),
        kernel_size("kernel_size"), stride("stride"), padding("padding"), dilation("dilation"),
        output_size("output_size");
    const py::arg_v ceil_mode = py::arg("ceil_mode") = false;
    const py::arg_v count_include_pad = py::arg("count_include_pad") = true;
    const py::arg_v divisor_override = py::arg("divisor_override") = py::none();
    const py::arg_v with_places = py::arg("with_places") = true;
    m.def("max_pool", &max_pool, pooling::doc::kMaxPool, input, kernel_size, stride, padding,
          dilation, ceil_mode, with_places);
    m.def("max_pool_backward", &max_pool_backward, pooling::doc::kMaxPoolBackward, dy, places,
          input_shape, kernel_size, stride, padding, dilation, ceil_mode);
    m.def("max_pool_indices", &max_pool_indices, pooling::doc::kMaxPoolIndices, places, input_shape,
          kernel_size, stride, padding, dilation, ceil_mode);
    m.def("adaptive_max_pool", &adaptive_max_pool, pooling::doc::kAdaptiveMaxPool, input,
          output_size, with_places);
    m.def("adaptive_max_pool_backward", &adaptive_max_pool_backward,
          pooling::doc::kAdaptiveMaxPoolBackward, dy, places, input_shape, output_size);
    m.def("adaptive_max_pool_indices", &adaptive_max_pool_indices,
          pooling::doc::kAdaptiveMaxPoolIndices, places, input_shape, output_size);
    m.def("avg_pool", &avg_pool, pooling::doc::kAvgPool, input, kernel_size, stride, padding,
          ceil_mode, count_include_pad, divisor_override);
    m.def("avg_pool_backward", &avg_pool_backward, pooling::doc::kAvgPoolBackward, dy, input_shape,
          kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override);
    m.def("adaptive_avg_pool", &adaptive_avg_pool, pooling::doc::kAdaptiveAvgPool, input,
          output_size);
    m.def("adaptive_avg_pool_backward", &adaptive_avg_pool_backward,
          pooling::doc::kAdaptiveAvgPoolBackward, dy, input_shape, output_size);
    bind_unpooling(m);
}

}  // namespace fastnn::bind
