// Looks for Ctrl-C in kernels' loops that may take longer than a chunk should.
#pragma once

#include "vec.h"

namespace fastnn {

bool interrupted() noexcept;  // core/interrupt.h, whose code must not be compiled for one level

namespace FASTNN_ISA {

// Whether to return, asked once in so many turns.
FASTNN_INLINE bool stop_in_loop(dim_t turn, dim_t turns = 1 << 20) {
    return turn % turns == turns - 1 && interrupted();
}

// Calls f(begin, end) for pieces of 0 ... n until it is to return.
template <class F>
FASTNN_INLINE void in_pieces(dim_t n, F f) {
    constexpr dim_t piece = 1 << 22;
    for (dim_t begin = 0; begin < n; begin += piece) {
        if (begin > 0 && interrupted()) return;
        f(begin, n - begin < piece ? n : begin + piece);
    }
}

}  // namespace FASTNN_ISA
}  // namespace fastnn
