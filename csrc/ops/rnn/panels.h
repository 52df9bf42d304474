// Recurrent weights, packed.
#pragma once

#include "core/memory.h"
#include "ops/gemm/blocks.h"
#include "ops/gemm/gemm.h"
#include "ops/rnn/cells/kernels.h"

namespace fastnn::rnn {

template <class T>
const TypedKernels<T>& cell_kernels() {
    return isa::table<TypedKernels<T>>();
}

template <class T>
const gemm::Blocking& blocking_of() {
    return isa::table<gemm::TypedKernels<T>>().blocking;
}

// One or several K x N operands (parts) packed together: each panel of columns has all parts, one
// after the other, so that all gates of a few units are computed before their cell runs on them.
struct PanelShape {
    dim_t k = 0, n = 0, parts = 0;
    dim_t panel = 1, vector = 1;  // columns
    dim_t depth = 8;              // of a block of k

    PanelShape() = default;
    PanelShape(dim_t k_, dim_t n_, dim_t parts_, const gemm::Blocking& blocking)
        : k(k_),
          n(n_),
          parts(parts_),
          panel(blocking.nr),
          vector(blocking.width),
          depth(gemm::k_blocks(k_, blocking.kc).size) {}
    dim_t panels() const { return ceil_div(n, panel); }
    dim_t width(dim_t p) const { return std::min(panel, n - p * panel); }
    dim_t size() const {
        return static_cast<dim_t>(checked_bytes(static_cast<std::size_t>(k * parts),
                                                static_cast<std::size_t>(round_up(n, vector))));
    }
};

template <class T>
class Panels {
 public:
    struct Part {
        dim_t column;  // of the output
        T beta;
        const T* bias;
    };
    // Element (k, j) of part p is data[k * row + j * col + p * part].
    struct Source {
        const T* data;
        dim_t row, col, part;
    };
    Panels() = default;
    Panels(const PanelShape& shape, const Source& source, T* packed)
        : f_(&isa::table<gemm::TypedKernels<T>>()),
          shape_(shape),
          source_(source),
          packed_(packed) {}
    const PanelShape& shape() const { return shape_; }
    void pack(dim_t panel) const {
        for_blocks(panel, [&](dim_t k, dim_t depth, dim_t p, T* to) {
            const T* const from = source_.data + k * source_.row +
                                  panel * shape_.panel * source_.col + p * source_.part;
            f_->pack_b(from, source_.row, source_.col, depth, shape_.width(panel), to);
        });
    }
    // c[:, part.column ...] = a b + part.beta c + part.bias, for one panel of columns; c points at
    // the panel's own first column.
    void multiply(dim_t panel, dim_t rows, const T* a, dim_t a_row, T* c, dim_t c_row,
                  const Part* parts) const {
        if (rows <= 0) return;
        if (rows == 1 && shape_.parts >= 3 && shape_.width(panel) == shape_.panel)
            return multiply_row(panel, a, c, parts);
        gemm::Block<T> g{};
        g.m = rows, g.n = shape_.width(panel);
        g.a_row = a_row, g.a_k = 1;
        g.b_panels = true;
        g.c_row = c_row;
        g.alpha = 1;
        for_blocks(panel, [&](dim_t k, dim_t depth, dim_t p, const T* b) {
            g.k = depth, g.a = a + k, g.b = b;
            g.c = c + parts[p].column;
            g.beta = k == 0 ? parts[p].beta : T(1);
            g.epilogue.bias = k + depth == shape_.k ? parts[p].bias : nullptr;
            f_->block(g);
        });
    }

 private:
    void multiply_row(dim_t panel, const T* a, T* c, const Part* parts) const {
        OneRow<T> row{};
        row.parts = static_cast<int>(shape_.parts), row.row = shape_.panel;
        for_blocks(panel, [&](dim_t k, dim_t depth, dim_t p, const T* b) {
            if (p == 0) row.b = b;
            row.c[p] = c + parts[p].column;
            row.beta[p] = k == 0 ? parts[p].beta : T(1);
            row.bias[p] = k + depth == shape_.k ? parts[p].bias : nullptr;
            if (p + 1 < shape_.parts) return;
            row.depth = depth, row.a = a + k, row.part = depth * shape_.panel;
            cell_kernels<T>().one_row(row);
        });
    }
    // f(k, depth, part, packed block) for one panel.
    template <class F>
    void for_blocks(dim_t panel, F f) const {
        const dim_t wide = round_up(shape_.width(panel), shape_.vector);
        T* at = packed_ + panel * shape_.panel * shape_.k * shape_.parts;
        for (dim_t k = 0; k < shape_.k; k += shape_.depth) {
            const dim_t depth = std::min(shape_.depth, shape_.k - k);
            for (dim_t p = 0; p < shape_.parts; ++p, at += depth * wide) f(k, depth, p, at);
        }
    }

    const gemm::TypedKernels<T>* f_ = nullptr;
    PanelShape shape_;
    Source source_{};
    T* packed_ = nullptr;
};

}  // namespace fastnn::rnn
