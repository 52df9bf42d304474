// The table of a type's kernels, whose files are compiled apart because they take longest.
#pragma once

#include "ops/gemm/dot_kernel.h"
#include "ops/gemm/pack_kernel.h"
#include "ops/gemm/skinny_kernel.h"
#include "ops/gemm/tile_kernel.h"

namespace fastnn::FASTNN_ISA {
namespace {

template <class T>
constexpr gemm::TypedKernels<T> kTable{blocking<T>(), block<T>,  dot<T>,       skinny<T>,
                                       finish<T>,     pack_b<T>, copy_rows<T>, pack_a<T>};

}  // namespace
}  // namespace fastnn::FASTNN_ISA
