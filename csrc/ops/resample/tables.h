// The summands of each place of an axis, computed once per call.
#pragma once

#include <vector>

#include "core/integer.h"
#include "ops/resample/kernels.h"
#include "ops/resample/resample.h"

namespace fastnn::resample {

template <class T>
class Tables {
 public:
    Tables(const Args& args, bool backward);
    const Axis<T>* axes() const { return axes_; }

 private:
    struct Entries {
        std::vector<int> start, place;
        std::vector<T> weight;
        dim_t taps() const;            // of an Axis
        void transpose(dim_t places);  // by inputs instead of outputs
    };
    Entries entries_[kAxes];
    Axis<T> axes_[kAxes];
};

}  // namespace fastnn::resample
