// Keeping a vector in a register.
#pragma once

#include "vec.h"

namespace fastnn::FASTNN_ISA {

// For a vector that is loaded and used several times: GCC 12 would load it again for each use.
template <class V>
FASTNN_INLINE V in_register(V x) {
#if defined(__aarch64__)
    asm("" : "+w"(x.v));
#else
    asm("" : "+v"(x.v));
#endif
    return x;
}

}  // namespace fastnn::FASTNN_ISA
