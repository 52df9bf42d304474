#include "ops/gemm/table_kernel.h"

FASTNN_KERNELS(gemm::TypedKernels<float>, kTable<float>)
