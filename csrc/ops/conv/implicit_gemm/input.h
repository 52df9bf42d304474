// What the blocks of a direct convolution read: `from` itself, or a copy of a part of it with zeros
// around.
#pragma once

#include <vector>

#include "ops/conv/implicit_gemm/products.h"

namespace fastnn::conv {

// What one chunk computes of a product: first of each, and how many.
struct Part {
    long image, images, group, depth, row, rows, col, cols, out, outs;
};

template <class T>
class Input {
 public:
    explicit Input(const Args& args);

    // Copies that serve all chunks: their room, and the chunks that make them, a row each.
    void place_shared(Product& p);
    std::size_t shared_size() const { return shared_size_; }
    void set_shared(T* shared) { shared_ = shared; }
    long copy_chunks(const std::vector<Product>& products) const;
    void copy_chunk(const std::vector<Product>& products, long chunk) const;

    // Where a part begins, in `from` or in a shared copy; or in `copy`, which is filled first.
    const T* in_place(const Product& p, const Part& t) const;
    const T* read(const Product& p, const Part& t, T* copy) const;

 private:
    long copy_chunks(const Product& p) const;
    void copy_rows(const Product& p, const Part& t, long begin_row, long end_row, T* out) const;
    void copy_pixels(const T* x, long step, long pixels, T* to, long pixel) const;

    const long images_;
    const Sides s_;
    const gemm::TypedKernels<T>& g_;
    const T* const from_;
    std::size_t shared_size_ = 0;
    T* shared_ = nullptr;
};

extern template class Input<float>;
extern template class Input<double>;

}  // namespace fastnn::conv
