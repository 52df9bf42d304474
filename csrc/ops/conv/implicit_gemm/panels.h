// The weights of a convolution, in the order in which blocks read them: panels of B for each
// product, tap by tap and in blocks of channels.
#pragma once

#include "core/integer.h"
#include "ops/conv/implicit_gemm/layout.h"
#include "ops/conv/kernels.h"
#include "ops/gemm/gemm.h"

namespace fastnn::conv {

template <class T>
class Panels {
 public:
    Panels(const ForwardLayout& layout, const T* w)
        : l_(layout),
          s_(layout.sides),
          w_(w),
          f_(isa::table<TypedKernels<T>>()),
          g_(isa::table<gemm::TypedKernels<T>>()) {}

    // Chunks that pack all panels: some channels of one panel.
    dim_t chunks() const { return s_.groups * panels() * parts(); }
    void pack_chunk(dim_t chunk, T* packed) const;
    // Channels `begin` to `end` of the panel that begins with output channel j.
    void pack(dim_t group, dim_t j, dim_t begin, dim_t end, T* packed) const;

    // Where the panel of output j begins, with channels from c on.
    dim_t at(const Product& p, dim_t group, dim_t j, dim_t c) const;

    // Elements that all threads share: all panels, none where chunks pack them, or each panel by
    // itself where chunks pack them and the cache holds them, each at cached_at.
    std::size_t packed_size(bool cached) const;
    dim_t cached_at(dim_t group, dim_t j, dim_t c) const;
    PackedKey key() const;  // of all that the order of packed weights depends on

 private:
    dim_t panels() const { return ceil_div(s_.to_group, g_.blocking.nr); }
    dim_t parts() const;
    dim_t blocks() const { return ceil_div(s_.from_group, l_.block); }

    const ForwardLayout& l_;
    const Sides& s_;
    const T* const w_;
    const TypedKernels<T>& f_;
    const gemm::TypedKernels<T>& g_;
};

extern template class Panels<float>;
extern template class Panels<double>;

}  // namespace fastnn::conv
