// The weights of a direct convolution, in the order in which its blocks read them: panels of B for
// each product, tap by tap and in blocks of channels.
#pragma once

#include <vector>

#include "ops/conv/implicit_gemm/products.h"

namespace fastnn::conv {

template <class T>
class Panels {
 public:
    // Blocks of `block` channels; of all panels, or of a single one that is packed where it is
    // used.
    Panels(const Args& args, long block, bool single);

    void place(Product& p);  // chooses where its panels stand
    std::size_t size() const { return size_; }

    // Chunks that pack all panels: some channels of one panel.
    long chunks() const;
    void pack_chunk(long chunk, T* packed) const;
    // Channels `begin` to `end` of the panel that begins with output channel j.
    void pack(long group, long j, long begin, long end, T* packed) const;

    // Where the panel of output j begins, with channels from c on.
    long at(const Product& p, long group, long j, long c) const;

 private:
    long padded_columns() const { return round_up(s_.to_group, g_.blocking.width); }
    long panels() const { return ceil_div(s_.to_group, g_.blocking.nr); }
    long parts() const;

    const Args& a_;
    const Sides s_;
    const TypedKernels<T>& f_;
    const gemm::TypedKernels<T>& g_;
    const T* const w_;
    const long block_;
    const bool single_;
    std::size_t size_ = 0;
    // Each names one product for every tap; a tap that several products have is in several.
    std::vector<std::vector<TapPlace>> places_;
};

extern template class Panels<float>;
extern template class Panels<double>;

}  // namespace fastnn::conv
