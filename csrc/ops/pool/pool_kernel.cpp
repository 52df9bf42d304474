#include "ops/pool/average_kernel.h"
#include "ops/pool/max_kernel.h"

namespace fastnn::FASTNN_ISA {
namespace {

template <class T>
constexpr pooling::TypedKernels<T> kTyped{
    {max_rows<void, T>, max_rows<uint8_t, T>, max_rows<int32_t, T>},
    {max_backward_rows<uint8_t, T>, max_backward_rows<int32_t, T>},
    average_rows<T>,
    average_backward_rows<T>};

constexpr pooling::Kernels kTable{kTyped<float>, kTyped<double>};

}  // namespace
}  // namespace fastnn::FASTNN_ISA

FASTNN_KERNELS(pooling::Kernels, kTable)
