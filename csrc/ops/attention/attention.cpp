#include <limits>

#include "ops/attention/tiles.h"

namespace fastnn::attention {
namespace {

// Chunks are blocks of rows of one matrix; where these are few, as for one query against many keys,
// slices of the keys for each of them. Every slice has sums of its own, which are then added in
// the order of the slices: the first one's are in the output.
template <class T>
class Forward {
 public:
    explicit Forward(const Args& args)
        : a_(args),
          f_(isa::table<TypedKernels<T>>()),
          matrices_(items(args, args.ndim)),
          cols_(columns_of(args)),
          block_(block_rows()),
          blocks_(ceil_div(a_.l, block_)),
          tiles_(ceil_div(a_.s, cols_)),
          slices_(a_.causal ? 1 : slices_of(matrices_ * blocks_, tiles_, slice_ns(a_.s))),
          slice_(ceil_div(tiles_, slices_) * cols_),
          sums_(static_cast<std::size_t>(matrices_ * a_.l * (2 * slices_ + a_.ev * (slices_ - 1)))),
          pack_(block_ > 16 && a_.e > 0),
          pack_v_(block_ > kRows && a_.ev > 0) {
        add(scores_, kRows * kScoresStride);
        if (pack_) add(k_, gemm::PackedB<T>::size(a_.e, cols_));
        if (pack_v_) add(v_, gemm::PackedB<T>::size(cols_, a_.ev));
        std::size_t most = 0;
        T somewhere[1];
        for (const dim_t rows : Sizes(a_.l, kRows)) {
            for (const dim_t cols : Sizes(a_.s, cols_)) {
                const Tile t{0, 0, rows, 0, cols, true};
                const Part<T> sums = part({0, 0, slices_ - 1});
                most = std::max({most, gemm::scratch_size(problem(scores(t, somewhere))),
                                 gemm::scratch_size(problem(outputs(t, sums, somewhere)))});
            }
        }
        add(products_, most);
    }

    void run() {
        const dim_t count = matrices_ * blocks_;
        const Sharing share(count * slices_, slice_ns(slice_));
        Scratch<T> memory(local_ * static_cast<std::size_t>(share.threads));
        share.run(count * slices_, [&](dim_t i, int thread) {
            const Block b{i / slices_ / blocks_, i / slices_ % blocks_ * block_, i % slices_};
            block(b, memory.data() + local_ * static_cast<std::size_t>(thread));
            if (slices_ == 1) finish(b);
        });
        if (slices_ == 1) return;
        parallel_for(count, 0.2 * static_cast<double>(block_ * a_.ev * slices_), [&](dim_t i) {
            Block b{i / blocks_, i % blocks_ * block_, 0};
            const Part<T> sums = part(b);
            for (b.slice = 1; b.slice < slices_; ++b.slice) f_.merge(sums, part(b), rows_of(b));
            b.slice = 0;
            finish(b);
        });
    }

 private:
    struct Block {
        dim_t item, row, slice;
    };
    struct Tile {
        dim_t item, row, rows, col, cols;
        bool first;  // nothing was before
    };
    void add(std::size_t& at, std::size_t size) {
        at = local_;
        local_ += lines<T>(size);
    }
    void add(std::size_t& at, dim_t size) { add(at, static_cast<std::size_t>(size)); }

    double slice_ns(dim_t keys) const { return 200 + block_ns<T>(a_, block_, keys, 2); }

    dim_t rows_of(const Block& b) const { return std::min(block_, a_.l - b.row); }

    // Where a slice adds up.
    Part<T> part(const Block& b) const {
        const dim_t rows = matrices_ * a_.l, at = b.item * a_.l + b.row;
        T* const top = sums_.data() + b.slice * 2 * rows + at;
        if (b.slice == 0) {
            T* const out = pointer<T>(a_.out, a_, a_.ndim, b.item) + b.row * a_.out.row;
            return {out, a_.out.row, a_.ev, top, top + rows};
        }
        T* const out = sums_.data() + slices_ * 2 * rows + ((b.slice - 1) * rows + at) * a_.ev;
        return {out, a_.ev, a_.ev, top, top + rows};
    }

    void finish(const Block& b) const {
        T* const lse = static_cast<T*>(a_.lse);
        f_.finish(part(b), rows_of(b), lse == nullptr ? nullptr : lse + b.item * a_.l + b.row);
    }

    // Keys are packed once per block of rows, which should be long; but blocks should be many.
    dim_t block_rows() const {
        for (const dim_t rows : {4 * kRows, 2 * kRows}) {
            if (matrices_ * ceil_div(a_.l, rows) >= kManyChunks) return std::min(rows, a_.l);
        }
        return std::min(kRows, a_.l);
    }

    Product<T> scores(const Tile& t, T* local) const {
        const auto q = rows_from(matrix<T>(a_.q, a_, a_.ndim, t.item), t.row),
                   k = rows_from(matrix<T>(a_.k, a_, a_.ndim, t.item), t.col);
        return {t.rows,         t.cols,
                a_.e,           q,
                k.transposed(), local + scores_,
                kScoresStride,  static_cast<T>(a_.scale),
                T(0),           pack_ ? local + k_ : nullptr};
    }
    Product<T> outputs(const Tile& t, const Part<T>& sums, T* local) const {
        const gemm::Matrix<T> w{local + scores_, kScoresStride, 1};
        const auto v = rows_from(matrix<T>(a_.v, a_, a_.ndim, t.item), t.col);
        return {t.rows,
                a_.ev,
                t.cols,
                w,
                v,
                sums.out,
                sums.row,
                T(1),
                t.first ? T(0) : T(1),
                pack_v_ ? local + v_ : nullptr};
    }

    void block(const Block& b, T* local) const {
        const dim_t item = b.item, begin = b.slice * slice_, end = std::min(a_.s, begin + slice_),
                    last = b.row + rows_of(b);
        const Part<T> sums = part(b);
        if (begin >= end) {  // no keys, or none left for the last slices
            const dim_t rows = rows_of(b);
            std::fill_n(sums.top, rows, -std::numeric_limits<T>::infinity());
            std::fill_n(sums.total, rows, T(0));
            for (dim_t i = 0; i < rows; ++i) std::fill_n(sums.out + i * sums.row, a_.ev, T(0));
        }
        for (dim_t col = begin; col < end; col += cols_) {
            const dim_t cols = std::min(cols_, end - col);
            if (a_.causal && col >= last) break;
            if (pack_) {
                gemm::PackedB<T>::pack(
                    a_.e, cols, rows_from(matrix<T>(a_.k, a_, a_.ndim, item), col).transposed(),
                    local + k_, false);
            }
            if (pack_v_) {
                gemm::PackedB<T>::pack(cols, a_.ev,
                                       rows_from(matrix<T>(a_.v, a_, a_.ndim, item), col),
                                       local + v_, false);
            }
            for (dim_t row = b.row; row < last; row += kRows) {
                const dim_t rows = std::min(kRows, last - row);
                if (a_.causal && col >= row + rows) continue;
                const Tile t{item, row, rows, col, cols, col == begin};
                const Part<T> here = part({item, row, b.slice});
                gemm::multiply_here(problem(scores(t, local)), local + products_);
                f_.weights({local + scores_, kScoresStride, rows, cols,
                            masking<T>(a_, item, row, col), t.first, here});
                gemm::multiply_here(problem(outputs(t, here, local)), local + products_);
            }
        }
    }

    const Args& a_;
    const TypedKernels<T>& f_;
    const dim_t matrices_, cols_, block_, blocks_, tiles_, slices_, slice_;
    mutable Scratch<T> sums_;  // top and total of all slices; out of all but the first
    const bool pack_, pack_v_;
    // Parts of the memory of a thread.
    std::size_t local_ = 0, scores_ = 0, k_ = 0, v_ = 0, products_ = 0;
};

void run(const Args& args) {
    if (items(args, args.ndim) == 0 || args.l == 0) return;
    visit_float(args.dtype, [&]<class T>() { Forward<T>(args).run(); });
}

Work work(const Args& a) {
    const auto n = static_cast<double>(items(a, a.ndim)), l = static_cast<double>(a.l),
               s = static_cast<double>(a.s), e = static_cast<double>(a.e),
               ev = static_cast<double>(a.ev);
    return {n * l * s * (2 * (e + ev) + 20) * (a.causal ? 0.5 : 1.0),
            n * (l + s) * (e + ev) * static_cast<double>(size_of(a.dtype))};
}

}  // namespace

const Kernel<Args> kAttention{"scaled_dot_product_attention", run, work};

}  // namespace fastnn::attention
