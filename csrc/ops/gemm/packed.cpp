// An operand B in the order in which the kernels read it.
#include "ops/gemm/blocks.h"
#include "ops/gemm/cost.h"

namespace fastnn::gemm {

template <class T>
std::size_t PackedB<T>::size(dim_t k, dim_t n) {
    const Blocking& f = isa::table<TypedKernels<T>>().blocking;
    const auto [block, count] = k_blocks(k, f.kc);
    return checked_bytes(static_cast<std::size_t>(block * count),
                         static_cast<std::size_t>(round_up(n, f.width)));
}

template <class T>
void PackedB<T>::pack(dim_t k, dim_t n, Matrix<T> b, T* packed, bool threaded) {
    const TypedKernels<T>& f = isa::table<TypedKernels<T>>();
    const Matrix<T> x = with_unit_stride(b, k, n);
    const auto [block, count] = k_blocks(k, f.blocking.kc);
    const dim_t width = 4 * f.blocking.nr, groups = ceil_div(n, width),
                padded = round_up(n, f.blocking.width);
    const auto run = [&, block = block](dim_t chunk) {
        const dim_t k0 = chunk / groups * block, depth = std::min(block, k - k0),
                    j = chunk % groups * width;
        f.pack_b(x.data + k0 * x.row_stride + j * x.col_stride, x.row_stride, x.col_stride, depth,
                 std::min(width, n - j), packed + k0 * padded + j * depth);
    };
    if (threaded) {
        parallel_for(count * groups, cost::kPackNs * static_cast<double>(width * block), run);
    } else {
        for (dim_t i = 0; i < count * groups; ++i) run(i);
    }
}

template struct PackedB<float>;
template struct PackedB<double>;

}  // namespace fastnn::gemm
