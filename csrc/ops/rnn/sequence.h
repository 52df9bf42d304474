// Which samples have which steps, and the rows of these.
#pragma once

#include <algorithm>

#include "core/memory.h"
#include "ops/rnn/rnn.h"

namespace fastnn::rnn {

// Places are samples sorted by length, longest first, so that each step has places 0 .. rows(t)
// - 1. Samples of a batch without `lengths` are at their own places.
class Sequence {
 public:
    explicit Sequence(const Shape& shape);

    dim_t steps() const { return steps_; }
    dim_t batch() const { return batch_; }
    dim_t all_rows() const { return all_rows_; }
    bool full() const { return sizes_ == nullptr; }  // all samples have all steps
    // The sample of each place, or null where each sample is at its own place.
    const dim_t* order() const { return order_; }
    dim_t sample(dim_t place) const { return order_ != nullptr ? order_[place] : place; }

    // Step number s of a direction is time(d, s).
    dim_t time(int direction, dim_t s) const { return direction == 0 ? s : steps_ - 1 - s; }
    dim_t rows(dim_t t) const { return sizes_ != nullptr ? sizes_[t] : batch_; }
    dim_t offset(dim_t t) const { return sizes_ != nullptr ? offsets_[t] : t * batch_; }
    // How many of the places begin .. end - 1 have a step number s; none before the first step and
    // after the last.
    dim_t active(int direction, dim_t s, dim_t begin, dim_t end) const {
        if (s < 0 || s >= steps_) return 0;
        return std::clamp(rows(time(direction, s)) - begin, dim_t{0}, end - begin);
    }
    // f(place, t) with the last step of every place.
    template <class F>
    void each_last(F f) const {
        for (dim_t t = steps_ - 1, done = 0; t >= 0; --t) {
            for (; done < rows(t); ++done) f(done, t);
        }
    }

 private:
    void sort(const dim_t* lengths);

    dim_t steps_, batch_, all_rows_;
    Scratch<dim_t> memory_;
    const dim_t *sizes_, *offsets_ = nullptr, *order_ = nullptr;
};

}  // namespace fastnn::rnn
