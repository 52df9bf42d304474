// Looks for Ctrl-C in kernels' loops that may take longer than a chunk should.
#pragma once

#include "vec.h"

namespace fastnn {

void poll_interrupt();  // of core/interrupt.h, whose code must not be compiled for one level

namespace FASTNN_ISA {

// Once in so many turns.
FASTNN_INLINE void poll_in_loop(dim_t turn, dim_t turns = 1 << 20) {
    if (turn % turns == turns - 1) [[unlikely]]
        poll_interrupt();
}

}  // namespace FASTNN_ISA
}  // namespace fastnn
