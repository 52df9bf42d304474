#include "ops/gemm/dot_kernel.h"
#include "ops/gemm/pack_kernel.h"
#include "ops/gemm/skinny_kernel.h"
#include "ops/gemm/tile_kernel.h"

namespace fastnn {
template <>
const gemm::TypedKernels<double>& isa::table_at<Isa::FASTNN_ISA>() {
    using T = double;
    namespace isa = FASTNN_ISA;
    static constexpr gemm::TypedKernels<T> table{isa::blocking<T>(), isa::block<T>,  isa::dot<T>,
                                                 isa::skinny<T>,     isa::finish<T>, isa::pack_b<T>,
                                                 isa::copy_rows<T>,  isa::pack_a<T>};
    return table;
}
}  // namespace fastnn
