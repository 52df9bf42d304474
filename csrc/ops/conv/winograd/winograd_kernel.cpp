#include "ops/conv/winograd/kernels.h"

#include "ops/conv/winograd/tile_kernel.h"
#include "ops/conv/winograd/weight_kernel.h"

namespace fastnn::FASTNN_ISA {
namespace {

constexpr conv::WinogradKernels kTable{{input_tiles<F2>, input_tiles<F4>},
                                       {gradient_tiles<F2>, gradient_tiles<F4>},
                                       {output_tiles<F2>, output_tiles<F4>},
                                       {weight_panel<F2>, weight_panel<F4>},
                                       {weight_gradient<F2>, weight_gradient<F4>}};

}  // namespace
}  // namespace fastnn::FASTNN_ISA

FASTNN_KERNELS(conv::WinogradKernels, kTable)
