#include "ops/conv/winograd/kernels.h"

#include "ops/conv/winograd/tile_kernel.h"
#include "ops/conv/winograd/weight_kernel.h"

namespace fastnn {
template <>
const conv::WinogradKernels& isa::table_at<Isa::FASTNN_ISA>() {
    namespace isa = FASTNN_ISA;
    using isa::F2, isa::F4;
    static constexpr conv::WinogradKernels table{
        {isa::input_tiles<F2>, isa::input_tiles<F4>},
        {isa::gradient_tiles<F2>, isa::gradient_tiles<F4>},
        {isa::output_tiles<F2>, isa::output_tiles<F4>},
        {isa::weight_panel<F2>, isa::weight_panel<F4>},
        {isa::weight_gradient<F2>, isa::weight_gradient<F4>}};
    return table;
}
}  // namespace fastnn
