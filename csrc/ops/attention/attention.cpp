#include "ops/attention/tiles.h"

namespace fastnn::attention {
namespace {

template <class T>
class Forward {
 public:
    explicit Forward(const Args& args)
        : a_(args),
          f_(table<T>()),
          matrices_(items(args, args.ndim)),
          cols_(columns_of(args)),
          block_(block_rows()),
          pack_(block_ > 16 && a_.e > 0),
          pack_v_(block_ > kRows && a_.ev > 0) {
        add(scores_, kRows * kScoresStride);
        add(top_, block_);
        add(total_, block_);
        if (pack_) add(k_, gemm::PackedB<T>::size(a_.e, cols_));
        if (pack_v_) add(v_, gemm::PackedB<T>::size(cols_, a_.ev));
        std::size_t most = 0;
        T somewhere[1];
        for (const long rows : Sizes(a_.l, kRows)) {
            for (const long cols : Sizes(a_.s, cols_)) {
                const Tile t{0, 0, rows, 0, cols};
                most = std::max({most, gemm::scratch_size(problem(scores(t, somewhere))),
                                 gemm::scratch_size(problem(outputs(t, somewhere)))});
            }
        }
        add(products_, most);
    }

    void run() {
        const long blocks = ceil_div(a_.l, block_), count = matrices_ * blocks;
        const double pairs = static_cast<double>(std::min(block_, a_.l)) *
                             static_cast<double>(a_.s) * (a_.causal ? 0.5 : 1.0);
        const Sharing share(count, 200 + pairs * pair_ns<T>(a_, 2));
        Scratch<T> memory(local_ * static_cast<std::size_t>(share.threads));
        share.run(count, [&](long i, int thread) {
            block(i / blocks, i % blocks * block_,
                  memory.data() + local_ * static_cast<std::size_t>(thread));
        });
    }

 private:
    struct Tile {
        long item, row, rows, col, cols;
    };
    void add(std::size_t& at, std::size_t size) {
        at = local_;
        local_ += lines<T>(size);
    }
    void add(std::size_t& at, long size) { add(at, static_cast<std::size_t>(size)); }

    // Keys are packed once per block of rows, which should be long; but blocks should be many.
    long block_rows() const {
        for (const long rows : {4 * kRows, 2 * kRows}) {
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
    Product<T> outputs(const Tile& t, T* local) const {
        const gemm::Matrix<T> w{local + scores_, kScoresStride, 1};
        const auto v = rows_from(matrix<T>(a_.v, a_, a_.ndim, t.item), t.col);
        return {t.rows,
                a_.ev,
                t.cols,
                w,
                v,
                pointer<T>(a_.out, a_, a_.ndim, t.item) + t.row * a_.out.row,
                a_.out.row,
                T(1),
                t.col == 0 ? T(0) : T(1),
                pack_v_ ? local + v_ : nullptr};
    }

    void block(long item, long first, T* local) const {
        const long last = std::min(a_.l, first + block_);
        T* const out = pointer<T>(a_.out, a_, a_.ndim, item);
        T *const top = local + top_, *const total = local + total_;
        if (a_.s == 0) {
            std::fill_n(total, last - first, T(0));
            for (long i = first; i < last; ++i) std::fill_n(out + i * a_.out.row, a_.ev, T(0));
        }
        for (long col = 0; col < a_.s; col += cols_) {
            const long cols = std::min(cols_, a_.s - col);
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
            for (long row = first; row < last; row += kRows) {
                const long rows = std::min(kRows, last - row);
                if (a_.causal && col >= row + rows) continue;
                const Tile t{item, row, rows, col, cols};
                gemm::multiply_here(problem(scores(t, local)), local + products_);
                T* const y = out + row * a_.out.row;
                f_.weights({local + scores_, kScoresStride, rows, cols,
                            masking<T>(a_, item, row, col), top + row - first, total + row - first,
                            col == 0, y, a_.out.row, a_.ev});
                gemm::multiply_here(problem(outputs(t, local)), local + products_);
            }
        }
        f_.finish(out + first * a_.out.row, a_.out.row, last - first, a_.ev, top, total,
                  a_.lse == nullptr ? nullptr : static_cast<T*>(a_.lse) + item * a_.l + first);
    }

    const Args& a_;
    const TypedKernels<T>& f_;
    const long matrices_, cols_, block_;
    const bool pack_, pack_v_;
    // Parts of the memory of a thread.
    std::size_t local_ = 0, scores_ = 0, top_ = 0, total_ = 0, k_ = 0, v_ = 0, products_ = 0;
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
