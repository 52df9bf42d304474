#include "ops/rnn/sequence.h"

namespace fastnn::rnn {
namespace {

std::size_t memory_of(const Shape& s) {
    if (s.lengths != nullptr) return static_cast<std::size_t>(2 * s.steps + s.batch);
    return s.batch_sizes != nullptr ? static_cast<std::size_t>(s.steps) : 0;
}

}  // namespace

Sequence::Sequence(const Shape& s)
    : steps_(s.steps),
      batch_(s.batch),
      all_rows_(s.rows),
      memory_(memory_of(s)),
      sizes_(s.batch_sizes) {
    if (s.lengths != nullptr) sort(s.lengths);
    if (sizes_ == nullptr) return;
    dim_t* const offsets = memory_.data();
    for (dim_t t = 0, at = 0; t < steps_; at += sizes_[t++]) offsets[t] = at;
    offsets_ = offsets;
}

// Counting sort: the samples of length n follow those of more than n steps, whose number is that of
// the samples with a step n.
void Sequence::sort(const dim_t* lengths) {
    dim_t *const next = memory_.data(), *const sizes = next + steps_, *const order = sizes + steps_;
    std::fill(sizes, sizes + steps_, dim_t{0});
    for (dim_t n = 0; n < batch_; ++n) ++sizes[lengths[n] - 1];
    for (dim_t t = steps_ - 1, longer = 0; t >= 0; --t) {
        next[t] = longer;
        longer += sizes[t];
        sizes[t] = longer;
    }
    for (dim_t n = 0; n < batch_; ++n) order[next[lengths[n] - 1]++] = n;
    sizes_ = sizes, order_ = order;
}

}  // namespace fastnn::rnn
