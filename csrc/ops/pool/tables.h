// Builds the tables of windows.h.
#pragma once

#include "core/integer.h"
#include "core/memory.h"
#include "ops/pool/pool.h"
#include "ops/pool/windows.h"

namespace fastnn::pooling {

class Tables {
 public:
    // `backward`: also the outputs of each input. The size of a window includes its padding with
    // `count_pad`; `divisor`, if not 0, replaces it.
    Tables(const Shape& shape, bool backward, bool count_pad = false, dim_t divisor = 0);
    const Windows& windows() const { return windows_; }

 private:
    Scratch<int> places_;
    Scratch<double> sizes_;
    Windows windows_;
};

}  // namespace fastnn::pooling
