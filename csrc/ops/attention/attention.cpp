#include <limits>

#include "ops/attention/tiles.h"

namespace fastnn::attention {
namespace {

// The work is divided into blocks of rows of one matrix. Where there are few of these, as for one
// query against many keys, each block is divided further into slices of the keys. Every slice has
// its own sums, which are merged in the order of the slices; those of the first are in the output.
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
        scores_ = local_.add(kRows * kScoresStride);
        if (pack_) k_ = local_.add(gemm::PackedB<T>::size(a_.e, cols_));
        if (pack_v_) v_ = local_.add(gemm::PackedB<T>::size(cols_, a_.ev));
        products_ = local_.add(products_scratch());
    }

    void run() {
        const dim_t count = matrices_ * blocks_;
        const Partition partition(count * slices_, slice_ns(slice_));
        Scratch<T> memory(local_.size() * static_cast<std::size_t>(partition.threads));
        partition.run([&](dim_t i, int thread) {
            const Block b{i / slices_ / blocks_, i / slices_ % blocks_ * block_, i % slices_};
            block(b, memory.data() + local_.size() * static_cast<std::size_t>(thread));
            if (slices_ == 1) finish(b);
        });
        if (slices_ == 1) return;
        const double merge_ns = cost::kMerge * static_cast<double>(block_ * a_.ev * slices_);
        parallel_for(count, merge_ns, [&](dim_t i) {
            Block b{i / blocks_, i % blocks_ * block_, 0};
            const Partial<T> sums = partial(b);
            for (b.slice = 1; b.slice < slices_; ++b.slice) f_.merge(sums, partial(b), rows_of(b));
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
        bool first;  // of the slice
    };

    double slice_ns(dim_t keys) const {
        return cost::kForwardBlock + block_ns<T>(a_, block_, keys, 2);
    }

    // The largest scratch of the products of a tile.
    std::size_t products_scratch() const {
        std::size_t most = 0;
        T somewhere[1];
        const Partial<T> sums = partial({0, 0, slices_ - 1});
        for (const dim_t rows : TileSizes(a_.l, kRows)) {
            for (const dim_t cols : TileSizes(a_.s, cols_)) {
                const Tile t{0, 0, rows, 0, cols, true};
                most = std::max({most, gemm::scratch_size(problem(scores(t, somewhere))),
                                 gemm::scratch_size(problem(outputs(t, sums, somewhere)))});
            }
        }
        return most;
    }

    dim_t rows_of(const Block& b) const { return std::min(block_, a_.l - b.row); }

    // The sums of a slice.
    Partial<T> partial(const Block& b) const {
        const dim_t rows = matrices_ * a_.l, at = b.item * a_.l + b.row;
        T* const row_max = sums_.data() + b.slice * 2 * rows + at;
        if (b.slice == 0) {
            T* const out = pointer<T>(a_.out, a_, a_.ndim, b.item) + b.row * a_.out.row;
            return {out, a_.out.row, a_.ev, row_max, row_max + rows};
        }
        T* const out = sums_.data() + slices_ * 2 * rows + ((b.slice - 1) * rows + at) * a_.ev;
        return {out, a_.ev, a_.ev, row_max, row_max + rows};
    }

    void finish(const Block& b) const {
        T* const lse = static_cast<T*>(a_.lse);
        f_.finish(partial(b), rows_of(b), lse == nullptr ? nullptr : lse + b.item * a_.l + b.row);
    }

    // Keys are packed once per block of rows: blocks are as long as leaves enough of them.
    dim_t block_rows() const {
        for (const dim_t rows : {4 * kRows, 2 * kRows}) {
            if (matrices_ * ceil_div(a_.l, rows) >= kManyChunks) return std::min(rows, a_.l);
        }
        return std::min(kRows, a_.l);
    }

    Product<T> scores(const Tile& t, T* local) const {
        return {.m = t.rows,
                .n = t.cols,
                .k = a_.e,
                .a = rows_from(matrix<T>(a_.q, a_, a_.ndim, t.item), t.row),
                .b = rows_from(matrix<T>(a_.k, a_, a_.ndim, t.item), t.col).transposed(),
                .c = local + scores_,
                .c_row = kScoresStride,
                .alpha = static_cast<T>(a_.scale),
                .packed_b = pack_ ? local + k_ : nullptr};
    }
    Product<T> outputs(const Tile& t, const Partial<T>& sums, T* local) const {
        return {.m = t.rows,
                .n = a_.ev,
                .k = t.cols,
                .a = {local + scores_, kScoresStride, 1},
                .b = rows_from(matrix<T>(a_.v, a_, a_.ndim, t.item), t.col),
                .c = sums.out,
                .c_row = sums.row,
                .beta = t.first ? T(0) : T(1),
                .packed_b = pack_v_ ? local + v_ : nullptr};
    }

    void block(const Block& b, T* local) const {
        const dim_t begin = b.slice * slice_, end = std::min(a_.s, begin + slice_),
                    last = b.row + rows_of(b);
        if (begin >= end) clear(b);  // no keys, or none left for the last slices
        for (dim_t col = begin; col < end; col += cols_) {
            const dim_t cols = std::min(cols_, end - col);
            if (a_.causal && col >= last) break;
            pack(b.item, col, cols, local);
            for (dim_t row = b.row; row < last; row += kRows) {
                const dim_t rows = std::min(kRows, last - row);
                if (a_.causal && col >= row + rows) continue;
                const Tile t{b.item, row, rows, col, cols, col == begin};
                const Partial<T> sums = partial({b.item, row, b.slice});
                gemm::multiply_here(problem(scores(t, local)), local + products_);
                f_.weights({local + scores_, kScoresStride, rows, cols,
                            masking<T>(a_, b.item, row, col), t.first, sums});
                gemm::multiply_here(problem(outputs(t, sums, local)), local + products_);
            }
        }
    }

    void clear(const Block& b) const {
        const Partial<T> sums = partial(b);
        const dim_t rows = rows_of(b);
        std::fill_n(sums.row_max, rows, -std::numeric_limits<T>::infinity());
        std::fill_n(sums.row_sum, rows, T(0));
        for (dim_t i = 0; i < rows; ++i) std::fill_n(sums.out + i * sums.row, a_.ev, T(0));
    }

    // Packs the keys and values of a tile.
    void pack(dim_t item, dim_t col, dim_t cols, T* local) const {
        using Packed = gemm::PackedB<T>;
        const auto k = rows_from(matrix<T>(a_.k, a_, a_.ndim, item), col),
                   v = rows_from(matrix<T>(a_.v, a_, a_.ndim, item), col);
        if (pack_) Packed::pack(a_.e, cols, k.transposed(), local + k_, false);
        if (pack_v_) Packed::pack(cols, a_.ev, v, local + v_, false);
    }

    const Args& a_;
    const TypedKernels<T>& f_;
    const dim_t matrices_, cols_, block_, blocks_, tiles_, slices_, slice_;
    mutable Scratch<T> sums_;  // row_max and row_sum of all slices; out of all but the first
    const bool pack_, pack_v_;
    WorkspaceLayout<T> local_;  // of a thread
    std::size_t scores_ = 0, k_ = 0, v_ = 0, products_ = 0;
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
