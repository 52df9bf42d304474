#include "ops/gemm/table_kernel.h"

namespace fastnn {
template <>
const gemm::TypedKernels<float>& isa::table_at<Isa::FASTNN_ISA>() {
    return FASTNN_ISA::kTable<float>;
}
}  // namespace fastnn
