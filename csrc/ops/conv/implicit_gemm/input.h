// What the blocks of a convolution read: `from` itself, or a copy of a part of it with zeros
// around.
#pragma once

#include "core/integer.h"
#include "ops/conv/implicit_gemm/layout.h"
#include "ops/conv/kernels.h"
#include "ops/gemm/gemm.h"

namespace fastnn::conv {

// What one chunk computes of a product: first of each, and how many.
struct Part {
    dim_t image, images, group, depth, row, rows, col, cols, out, outs;
};

template <class T>
class Input {
 public:
    // `shared`: memory for the copies that serve all chunks.
    Input(const ForwardLayout& layout, const T* from, T* shared)
        : l_(layout),
          s_(layout.sides),
          from_(from),
          shared_(shared),
          g_(isa::table<gemm::TypedKernels<T>>()) {}

    // Chunks that make the shared copies, a row each.
    dim_t copy_chunks() const;
    void copy_chunk(dim_t chunk) const;

    // Where a part begins, in `from` or in a shared copy; or in `copy`, which is filled first.
    const T* in_place(const Product& p, const Part& t) const;
    const T* read(const Product& p, const Part& t, T* copy) const;

 private:
    dim_t copy_chunks(const Product& p) const;
    void copy_rows(const Product& p, const Part& t, dim_t begin_row, dim_t end_row, T* out) const;
    void copy_pixels(const T* x, dim_t step, dim_t pixels, T* to, dim_t pixel) const;

    const ForwardLayout& l_;
    const Sides& s_;
    const T* const from_;
    T* const shared_;
    const gemm::TypedKernels<T>& g_;
};

extern template class Input<float>;
extern template class Input<double>;

}  // namespace fastnn::conv
