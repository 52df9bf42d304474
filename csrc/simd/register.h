// What the compiler is to keep in a register.
#pragma once

#include "vec.h"

namespace fastnn::FASTNN_ISA {

// A vector that was loaded and is used several times: GCC 12 would rather load it again each time.
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
