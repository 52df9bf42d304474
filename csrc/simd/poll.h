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

}  // namespace FASTNN_ISA
}  // namespace fastnn
