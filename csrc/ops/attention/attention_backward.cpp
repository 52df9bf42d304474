#include "ops/attention/tiles.h"

namespace fastnn::attention {
namespace {

// Chunks are slices of the keys of one head of k, for all heads of q that share it. dk and dv are a
// slice's own; each has a dq of its own as well, and these are added in the order of the slices.
// Where there are many heads there is one slice, and nothing to add.
template <class T>
class Backward {
 public:
    explicit Backward(const BackwardArgs& args)
        : g_(args),
          a_(args.forward),
          f_(isa::table<TypedKernels<T>>()),
          share_(a_.shape[a_.ndim - 1]),
          heads_(items(a_, a_.ndim - 1)),
          cols_(columns_of(a_)),
          tiles_(ceil_div(a_.s, cols_)),
          slices_(slices_of(heads_, tiles_, slice_ns(a_.s))),
          slice_tiles_(ceil_div(tiles_, slices_)),
          pack_(a_.l > 16 && a_.e > 0 && a_.ev > 0),
          partial_size_(static_cast<std::size_t>(heads_ * share_ * a_.l * a_.e)),
          partial_(partial_size_ * static_cast<std::size_t>(slices_ - 1)),
          sums_(partial_.data()) {
        add(scores_, static_cast<std::size_t>(kRows * kScoresStride));
        add(slopes_, static_cast<std::size_t>(kRows * kScoresStride));
        add(dots_, static_cast<std::size_t>(kRows));
        if (pack_) {
            add(kt_, gemm::PackedB<T>::size(a_.e, cols_));
            add(vt_, gemm::PackedB<T>::size(a_.ev, cols_));
            add(k_, gemm::PackedB<T>::size(cols_, a_.e));
        }
        std::size_t most = 0;
        T somewhere[1];
        for (const dim_t rows : Sizes(a_.l, kRows)) {
            for (const dim_t cols : Sizes(a_.s, cols_)) {
                const Tile t{0, 0, 0, 0, rows, 0, cols, true, true};
                for (const auto& p : {scores(t, somewhere), slopes(t, somewhere), dv(t, somewhere),
                                      dk(t, somewhere), dq(t, somewhere)})
                    most = std::max(most, gemm::scratch_size(problem(p)));
            }
        }
        add(products_, most);
    }

    void run() {
        const dim_t count = heads_ * slices_;
        const Sharing share(count, slice_ns(slice_tiles_ * cols_));
        Scratch<T> memory(local_ * static_cast<std::size_t>(share.threads));
        share.run(count, [&](dim_t i, int thread) {
            slice(i / slices_, i % slices_,
                  memory.data() + local_ * static_cast<std::size_t>(thread));
        });
        if (slices_ > 1) {
            const dim_t matrices = heads_ * share_;
            parallel_for(matrices * ceil_div(a_.l, kRows),
                         0.2 * static_cast<double>(kRows * a_.e * slices_),
                         [&](dim_t i) { add_up(i % matrices, i / matrices * kRows); });
        }
    }

 private:
    struct Tile {
        dim_t item, head, slice;
        dim_t row, rows, col, cols;
        bool first_of_rows, first_of_cols;  // dq, dk and dv are not there yet
    };
    void add(std::size_t& at, std::size_t size) {
        at = local_;
        local_ += lines<T>(size);
    }

    double slice_ns(dim_t keys) const { return 300 + block_ns<T>(a_, a_.l * share_, keys, 5); }

    gemm::Matrix<T> rows_of(const Operand& x, const Tile& t) const {
        return rows_from(matrix<T>(x, a_, a_.ndim, t.item), t.row);
    }
    gemm::Matrix<T> keys_of(const Operand& x, const Tile& t) const {
        return rows_from(matrix<T>(x, a_, a_.ndim, t.item), t.col);
    }
    gemm::Matrix<T> tile(std::size_t at, T* local) const { return {local + at, kScoresStride, 1}; }
    // Where a slice adds up dq, and its rows.
    T* dq_at(const Tile& t, dim_t& row) const {
        if (t.slice == 0) {
            row = g_.dq.row;
            return pointer<T>(g_.dq, a_, a_.ndim, t.item) + t.row * row;
        }
        row = a_.e;
        return sums_ + partial_size_ * static_cast<std::size_t>(t.slice - 1) +
               (t.item * a_.l + t.row) * a_.e;
    }
    Product<T> scores(const Tile& t, T* local) const {
        return {t.rows,
                t.cols,
                a_.e,
                rows_of(a_.q, t),
                keys_of(a_.k, t).transposed(),
                local + scores_,
                kScoresStride,
                static_cast<T>(a_.scale),
                T(0),
                pack_ ? local + kt_ : nullptr};
    }
    Product<T> slopes(const Tile& t, T* local) const {
        return {t.rows,
                t.cols,
                a_.ev,
                rows_of(g_.dy, t),
                keys_of(a_.v, t).transposed(),
                local + slopes_,
                kScoresStride,
                T(1),
                T(0),
                pack_ ? local + vt_ : nullptr};
    }
    Product<T> dv(const Tile& t, T* local) const {
        return of_keys(t, tile(scores_, local), rows_of(g_.dy, t), a_.ev, g_.dv);
    }
    Product<T> dk(const Tile& t, T* local) const {
        return of_keys(t, tile(slopes_, local), rows_of(a_.q, t), a_.e, g_.dk);
    }
    // Adds weights^T rows to the rows of a tile of keys.
    Product<T> of_keys(const Tile& t, const gemm::Matrix<T>& weights, const gemm::Matrix<T>& rows,
                       dim_t width, const Output& to) const {
        return {t.cols,
                width,
                t.rows,
                weights.transposed(),
                rows,
                pointer<T>(to, a_, a_.ndim - 1, t.head) + t.col * to.row,
                to.row,
                T(1),
                t.first_of_cols ? T(0) : T(1),
                nullptr};
    }
    Product<T> dq(const Tile& t, T* local) const {
        dim_t row;
        T* const c = dq_at(t, row);
        return {t.rows, a_.e, t.cols, tile(slopes_, local),          keys_of(a_.k, t),
                c,      row,  T(1),   t.first_of_rows ? T(0) : T(1), pack_ ? local + k_ : nullptr};
    }

    static void zero(T* x, dim_t row, dim_t rows, dim_t cols) {
        for (dim_t i = 0; i < rows; ++i) std::fill_n(x + i * row, cols, T(0));
    }

    void slice(dim_t head, dim_t slice, T* local) const {
        const dim_t begin = slice * slice_tiles_ * cols_,
                    end = std::min(a_.s, (slice + 1) * slice_tiles_ * cols_);
        if (begin >= end) {  // no keys, or none left for the last slices
            for (dim_t g = 0; g < share_; ++g) {
                const Tile t{head * share_ + g, head, slice, 0, 0, 0, 0, true, true};
                dim_t row;
                T* const c = dq_at(t, row);
                zero(c, row, a_.l, a_.e);
            }
        }
        for (dim_t col = begin; col < end; col += cols_)
            keys(head, slice, col, std::min(cols_, end - col), col == begin, local);
    }

    // All that passes through one tile of keys.
    void keys(dim_t head, dim_t slice, dim_t col, dim_t cols, bool first, T* local) const {
        Tile t{head * share_, head, slice, 0, 0, col, cols, first, true};
        if (pack_) {
            using Packed = gemm::PackedB<T>;
            Packed::pack(a_.e, cols, keys_of(a_.k, t).transposed(), local + kt_, false);
            Packed::pack(a_.ev, cols, keys_of(a_.v, t).transposed(), local + vt_, false);
            Packed::pack(cols, a_.e, keys_of(a_.k, t), local + k_, false);
        }
        for (dim_t g = 0; g < share_; ++g) {
            t.item = head * share_ + g;
            for (t.row = 0; t.row < a_.l; t.row += kRows) {
                t.rows = std::min(kRows, a_.l - t.row);
                if (a_.causal && col >= t.row + t.rows) {
                    dim_t row;
                    T* const c = dq_at(t, row);
                    if (first) zero(c, row, t.rows, a_.e);
                    continue;
                }
                pair(t, local);
                t.first_of_cols = false;
            }
        }
        if (t.first_of_cols) {
            zero(pointer<T>(g_.dk, a_, a_.ndim - 1, head) + col * g_.dk.row, g_.dk.row, cols, a_.e);
            zero(pointer<T>(g_.dv, a_, a_.ndim - 1, head) + col * g_.dv.row, g_.dv.row, cols,
                 a_.ev);
        }
    }

    void pair(const Tile& t, T* local) const {
        T* const products = local + products_;
        f_.dots(rows_of(g_.dy, t).data, g_.dy.row,
                pointer<T>(a_.out, a_, a_.ndim, t.item) + t.row * a_.out.row, a_.out.row, t.rows,
                a_.ev, local + dots_);
        gemm::multiply_here(problem(scores(t, local)), products);
        gemm::multiply_here(problem(slopes(t, local)), products);
        f_.slopes({local + scores_, local + slopes_, kScoresStride, t.rows, t.cols,
                   masking<T>(a_, t.item, t.row, t.col),
                   static_cast<const T*>(a_.lse) + t.item * a_.l + t.row, local + dots_,
                   static_cast<T>(a_.scale)});
        gemm::multiply_here(problem(dv(t, local)), products);
        gemm::multiply_here(problem(dk(t, local)), products);
        gemm::multiply_here(problem(dq(t, local)), products);
    }

    // dq of the slices after the first, for a tile of rows.
    void add_up(dim_t item, dim_t row) {
        const dim_t rows = std::min(kRows, a_.l - row);
        T* const sum = pointer<T>(g_.dq, a_, a_.ndim, item) + row * g_.dq.row;
        for (dim_t slice = 1; slice < slices_; ++slice) {
            f_.add(sums_ + partial_size_ * static_cast<std::size_t>(slice - 1) +
                       (item * a_.l + row) * a_.e,
                   a_.e, sum, g_.dq.row, rows, a_.e);
        }
    }

    const BackwardArgs& g_;
    const Args& a_;
    const TypedKernels<T>& f_;
    const dim_t share_, heads_, cols_, tiles_, slices_, slice_tiles_;
    const bool pack_;
    const std::size_t partial_size_;
    Scratch<T> partial_;
    T* const sums_;
    // Parts of the memory of a thread.
    std::size_t local_ = 0, scores_ = 0, slopes_ = 0, dots_ = 0, kt_ = 0, vt_ = 0, k_ = 0,
                products_ = 0;
};

void run(const BackwardArgs& args) {
    if (items(args.forward, args.forward.ndim) == 0) return;
    visit_float(args.forward.dtype, [&]<class T>() { Backward<T>(args).run(); });
}

Work work(const BackwardArgs& g) {
    const Args& a = g.forward;
    const auto n = static_cast<double>(items(a, a.ndim)), l = static_cast<double>(a.l),
               s = static_cast<double>(a.s), e = static_cast<double>(a.e),
               ev = static_cast<double>(a.ev);
    return {n * l * s * (6 * e + 4 * ev + 20) * (a.causal ? 0.5 : 1.0),
            n * (l + s) * (e + ev) * 2 * static_cast<double>(size_of(a.dtype))};
}

}  // namespace

const Kernel<BackwardArgs> kAttentionBackward{"scaled_dot_product_attention_backward", run, work};

}  // namespace fastnn::attention
