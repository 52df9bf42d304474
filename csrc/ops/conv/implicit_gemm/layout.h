// Forward and data gradient: everything that follows from the sizes of a call.
#pragma once

#include "core/integer.h"
#include "ops/conv/implicit_gemm/chunks.h"
#include "ops/conv/implicit_gemm/products.h"
#include "ops/conv/kernels.h"

namespace fastnn::conv {

struct ForwardLayout {
    // `size`: bytes of an element. `ns`: what the call takes one thread.
    ForwardLayout(const Shape& shape, bool transposed, const ProductAxes& axes, double ns,
                  const gemm::Blocking& blocking, dim_t size);

    Shape shape;
    bool transposed;
    Sides sides;
    double ns;
    std::vector<Product> products;
    // Where the panels of weights are. Each list names one product for every tap; a tap that is
    // part of several products is in several lists.
    std::vector<std::vector<TapPlace>> places;
    dim_t block = 1;    // channels of `from` that are summed over at a time
    dim_t outputs = 0;  // of one image, that any product makes
    // Each weight is used by one chunk, which packs it for itself. A chunk is then some outputs of
    // all products.
    bool pack_in_chunk = false;
    // In elements: panels of weights (those of one chunk where it packs them), copies of input that
    // a chunk makes, and those that serve all chunks.
    std::size_t panels_size = 0, copies_size = 0, shared_size = 0;

    dim_t chunks() const;
    std::size_t local_size() const;  // of memory that each thread needs
    dim_t padded_columns;            // of the panels of a group

 private:
    void find_products(const ProductAxes& axes);
    void lay_out_all(dim_t channel_block, const gemm::Blocking& blocking, dim_t size, dim_t share);
    void place_copies();
    void place_panels(Product& p, const gemm::Blocking& blocking);
};

}  // namespace fastnn::conv
