// What the backward driver decides before it computes: how the work is divided, the workspace, and
// the five products of a tile.
#pragma once

#include "ops/attention/tiles.h"

namespace fastnn::attention {

// The work is divided into slices of the keys of one head of k and v, for all heads of q that share
// it. Each slice owns its rows of dk and dv. It contributes to all rows of dq: the first slice in
// the output, each other one in an array of its own, and these are added in the order of the
// slices. With many heads there is one slice, and nothing to add.
template <class T>
class BackwardPlan {
 public:
    // Some rows of q and of dq, and some keys: rows of k, v, dk and dv.
    struct Tile {
        dim_t item, head, slice;
        dim_t row, rows, col, cols;
        bool first_keys, first_rows;  // dq holds nothing yet; dk and dv hold nothing yet
    };
    // Shared by all threads: dq of the slices after the first. For one thread: all else.
    struct Workspace {
        T *dq_slices, *local;
    };

    explicit BackwardPlan(const BackwardArgs& args)
        : g(args),
          a(args.forward),
          group(a.shape[a.ndim - 1]),
          heads(items(a, a.ndim - 1)),
          cols(columns_of(a)),
          slices(slices_of(heads, ceil_div(a.s, cols), slice_ns(a.s))),
          slice_keys(ceil_div(ceil_div(a.s, cols), slices) * cols),
          pack(a.l > 16 && a.e > 0 && a.ev > 0),
          dq_slice_size(static_cast<std::size_t>(heads * group * a.l * a.e)) {
        scores_at = local.add(kRows * kScoresStride);
        dscores_at = local.add(kRows * kScoresStride);
        dots_at = local.add(kRows);
        if (pack) {
            kt_at = local.add(gemm::PackedB<T>::size(a.e, cols));
            vt_at = local.add(gemm::PackedB<T>::size(a.ev, cols));
            k_at = local.add(gemm::PackedB<T>::size(cols, a.e));
        }
        products_at = local.add(products_scratch());
    }

    double slice_ns(dim_t keys) const {
        return cost::kBackwardSlice + block_ns<T>(a, a.l * group, keys, 5);
    }

    // The rows of a tile, and its keys.
    gemm::Matrix<T> rows_of(const Operand& x, const Tile& t) const {
        return rows_from(matrix<T>(x, a, a.ndim, t.item), t.row);
    }
    gemm::Matrix<T> keys_of(const Operand& x, const Tile& t) const {
        return rows_from(matrix<T>(x, a, a.ndim, t.item), t.col);
    }
    // dq of the rows of a tile, where its slice adds it up.
    struct Rows {
        T* data;
        dim_t stride;
    };
    Rows dq_of(const Tile& t, const Workspace& w) const {
        if (t.slice == 0) return {pointer<T>(g.dq, a, a.ndim, t.item) + t.row * g.dq.row, g.dq.row};
        return {w.dq_slices + dq_slice_size * static_cast<std::size_t>(t.slice - 1) +
                    (t.item * a.l + t.row) * a.e,
                a.e};
    }
    // dk or dv of the keys of a tile.
    Rows of_keys(const Output& x, const Tile& t) const {
        return {pointer<T>(x, a, a.ndim - 1, t.head) + t.col * x.row, x.row};
    }

    // scores = scale q k^T
    Product<T> scores(const Tile& t, const Workspace& w) const {
        return {.m = t.rows,
                .n = t.cols,
                .k = a.e,
                .a = rows_of(a.q, t),
                .b = keys_of(a.k, t).transposed(),
                .c = w.local + scores_at,
                .c_row = kScoresStride,
                .alpha = static_cast<T>(a.scale),
                .packed_b = pack ? w.local + kt_at : nullptr};
    }
    // dw = dy v^T, in the place of dscores
    Product<T> dweights(const Tile& t, const Workspace& w) const {
        return {.m = t.rows,
                .n = t.cols,
                .k = a.ev,
                .a = rows_of(g.dy, t),
                .b = keys_of(a.v, t).transposed(),
                .c = w.local + dscores_at,
                .c_row = kScoresStride,
                .packed_b = pack ? w.local + vt_at : nullptr};
    }
    // dv += w^T dy
    Product<T> dv(const Tile& t, const Workspace& w) const {
        return to_keys(t, w.local + scores_at, rows_of(g.dy, t), a.ev, g.dv);
    }
    // dk += dscores^T q
    Product<T> dk(const Tile& t, const Workspace& w) const {
        return to_keys(t, w.local + dscores_at, rows_of(a.q, t), a.e, g.dk);
    }
    // dq += dscores k
    Product<T> dq(const Tile& t, const Workspace& w) const {
        const Rows to = dq_of(t, w);
        return {.m = t.rows,
                .n = a.e,
                .k = t.cols,
                .a = {w.local + dscores_at, kScoresStride, 1},
                .b = keys_of(a.k, t),
                .c = to.data,
                .c_row = to.stride,
                .beta = t.first_keys ? T(0) : T(1),
                .packed_b = pack ? w.local + k_at : nullptr};
    }

    const BackwardArgs& g;
    const Args& a;
    const dim_t group, heads;  // heads of q that share one of k and v; heads of k and v
    const dim_t cols, slices, slice_keys;
    const bool pack;
    const std::size_t dq_slice_size;
    WorkspaceLayout<T> local;
    std::size_t scores_at = 0, dscores_at = 0, dots_at = 0, kt_at = 0, vt_at = 0, k_at = 0,
                products_at = 0;

 private:
    Product<T> to_keys(const Tile& t, const T* weights, const gemm::Matrix<T>& rows, dim_t width,
                       const Output& x) const {
        const Rows to = of_keys(x, t);
        return {.m = t.cols,
                .n = width,
                .k = t.rows,
                .a = {weights, 1, kScoresStride},
                .b = rows,
                .c = to.data,
                .c_row = to.stride,
                .beta = t.first_rows ? T(0) : T(1)};
    }

    // The largest scratch of the products of a tile.
    std::size_t products_scratch() const {
        std::size_t most = 0;
        T somewhere[1];
        const Workspace w{somewhere, somewhere};
        for (const dim_t t_rows : TileSizes(a.l, kRows)) {
            for (const dim_t t_cols : TileSizes(a.s, cols)) {
                const Tile t{0, 0, 0, 0, t_rows, 0, t_cols, true, true};
                for (const auto& p : {scores(t, w), dweights(t, w), dv(t, w), dk(t, w), dq(t, w)})
                    most = std::max(most, gemm::scratch_size(problem(p)));
            }
        }
        return most;
    }
};

}  // namespace fastnn::attention
