#include "ops/gemm/table_kernel.h"

FASTNN_KERNELS(gemm::TypedKernels<double>, kTable<double>)
