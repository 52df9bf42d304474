// What the partition of a product, its chunks and a packed operand have in common.
#pragma once

#include <algorithm>

#include "core/integer.h"
#include "ops/gemm/gemm.h"

namespace fastnn::gemm {

struct KBlocks {
    dim_t size, count;
};

// k in equal parts of about kc: 400 is one part and 800 two, rather than 384 + 16.
inline KBlocks k_blocks(dim_t k, dim_t kc) {
    const dim_t count = 3 * k <= 4 * kc ? 1 : ceil_div(k, kc);
    const dim_t size = std::max<dim_t>(8, round_up(ceil_div(k, count), 8));
    return {size, std::max<dim_t>(1, ceil_div(k, size))};
}

// A stride along an axis of length 1 is never used: it may be set to one the kernels like.
template <class T>
Matrix<T> with_unit_stride(Matrix<T> x, dim_t rows, dim_t cols) {
    if (x.row_stride == 1 || x.col_stride == 1) {
        if (cols == 1 && x.row_stride == 1) x.col_stride = rows;
        if (rows == 1 && x.col_stride == 1) x.row_stride = cols;
        return x;
    }
    if (cols == 1) {
        x.col_stride = 1;
    } else if (rows == 1) {
        x.row_stride = 1;
    }
    return x;
}

}  // namespace fastnn::gemm
