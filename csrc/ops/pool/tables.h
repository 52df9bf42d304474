// Builds the tables of windows.h.
#pragma once

#include "core/integer.h"
#include "core/memory.h"
#include "ops/pool/pool.h"
#include "ops/pool/windows.h"

namespace fastnn::pooling {

class Tables {
 public:
    // `backward`: what inputs are seen by is wanted too. The sizes of windows are with the padding
    // that they cover or without; `divisor` replaces them where not 0.
    Tables(const Shape& shape, bool backward, bool count_pad = false, dim_t divisor = 0);
    const Windows& windows() const { return windows_; }

 private:
    Scratch<int> places_;
    Scratch<double> sizes_;
    Windows windows_;
};

}  // namespace fastnn::pooling
