#include "ops/attention/backward_plan.h"

namespace fastnn::attention {
namespace {

// Carries out a plan.
template <class T>
class Backward {
 public:
    explicit Backward(const BackwardPlan<T>& plan)
        : p_(plan),
          a_(plan.a),
          f_(isa::table<TypedKernels<T>>()),
          dq_slices_(plan.dq_slice_size * static_cast<std::size_t>(plan.slices - 1)) {}

    void run() {
        const std::size_t local = p_.local.size();
        const Partition partition(p_.heads * p_.slices, p_.slice_ns(p_.slice_keys));
        Scratch<T> memory(local * static_cast<std::size_t>(partition.threads));
        T* const dq_slices = dq_slices_.data();
        partition.run([&](dim_t i, int thread) {
            const Workspace w{dq_slices, memory.data() + local * static_cast<std::size_t>(thread)};
            slice(i / p_.slices, i % p_.slices, w);
        });
        if (p_.slices == 1) return;
        const dim_t matrices = p_.heads * p_.group;
        const double merge_ns = cost::kMerge * static_cast<double>(kRows * a_.e * p_.slices);
        parallel_for(matrices * ceil_div(a_.l, kRows), merge_ns, [&](dim_t i) {
            add_slices(i % matrices, i / matrices * kRows, {dq_slices, nullptr});
        });
    }

 private:
    using Tile = typename BackwardPlan<T>::Tile;
    using Rows = typename BackwardPlan<T>::Rows;
    using Workspace = typename BackwardPlan<T>::Workspace;

    static void zero(Rows x, dim_t rows, dim_t cols) {
        for (dim_t i = 0; i < rows; ++i) std::fill_n(x.data + i * x.stride, cols, T(0));
    }

    void slice(dim_t head, dim_t slice, const Workspace& w) const {
        const dim_t begin = slice * p_.slice_keys, end = std::min(a_.s, begin + p_.slice_keys);
        if (begin >= end) {  // no keys, or none left for the last slices
            for (dim_t g = 0; g < p_.group; ++g) {
                const Tile t{head * p_.group + g, head, slice, 0, 0, 0, 0, true, true};
                zero(p_.dq_of(t, w), a_.l, a_.e);
            }
        }
        for (dim_t col = begin; col < end; col += p_.cols) {
            const dim_t cols = std::min(p_.cols, end - col);
            keys({head * p_.group, head, slice, 0, 0, col, cols, col == begin, true}, w);
        }
    }

    // One tile of keys against all rows that attend to it.
    void keys(Tile t, const Workspace& w) const {
        if (p_.pack) pack(t, w);
        for (dim_t g = 0; g < p_.group; ++g) {
            t.item = t.head * p_.group + g;
            for (t.row = 0; t.row < a_.l; t.row += kRows) {
                t.rows = std::min(kRows, a_.l - t.row);
                if (a_.causal && t.col >= t.row + t.rows) {
                    if (t.first_keys) zero(p_.dq_of(t, w), t.rows, a_.e);
                    continue;
                }
                tile(t, w);
                t.first_rows = false;
            }
        }
        if (t.first_rows) {
            zero(p_.of_keys(p_.g.dk, t), t.cols, a_.e);
            zero(p_.of_keys(p_.g.dv, t), t.cols, a_.ev);
        }
    }

    void pack(const Tile& t, const Workspace& w) const {
        using Packed = gemm::PackedB<T>;
        Packed::pack(a_.e, t.cols, p_.keys_of(a_.k, t).transposed(), w.local + p_.kt_at, false);
        Packed::pack(a_.ev, t.cols, p_.keys_of(a_.v, t).transposed(), w.local + p_.vt_at, false);
        Packed::pack(t.cols, a_.e, p_.keys_of(a_.k, t), w.local + p_.k_at, false);
    }

    void tile(const Tile& t, const Workspace& w) const {
        T* const scratch = w.local + p_.products_at;
        f_.dots(p_.rows_of(p_.g.dy, t).data, p_.g.dy.row,
                pointer<T>(a_.out, a_, a_.ndim, t.item) + t.row * a_.out.row, a_.out.row, t.rows,
                a_.ev, w.local + p_.dots_at);
        gemm::multiply_here(problem(p_.scores(t, w)), scratch);
        gemm::multiply_here(problem(p_.dweights(t, w)), scratch);
        f_.score_gradients({w.local + p_.scores_at, w.local + p_.dscores_at, kScoresStride, t.rows,
                            t.cols, masking<T>(a_, t.item, t.row, t.col),
                            static_cast<const T*>(a_.lse) + t.item * a_.l + t.row,
                            w.local + p_.dots_at, static_cast<T>(a_.scale)});
        gemm::multiply_here(problem(p_.dv(t, w)), scratch);
        gemm::multiply_here(problem(p_.dk(t, w)), scratch);
        gemm::multiply_here(problem(p_.dq(t, w)), scratch);
    }

    // Adds dq of the slices after the first, for a tile of rows.
    void add_slices(dim_t item, dim_t row, const Workspace& w) const {
        Tile t{item, 0, 0, row, std::min(kRows, a_.l - row), 0, 0, false, false};
        const Rows sum = p_.dq_of(t, w);
        for (t.slice = 1; t.slice < p_.slices; ++t.slice) {
            const Rows x = p_.dq_of(t, w);
            f_.add(x.data, x.stride, sum.data, sum.stride, t.rows, a_.e);
        }
    }

    const BackwardPlan<T>& p_;
    const Args& a_;
    const TypedKernels<T>& f_;
    Scratch<T> dq_slices_;
};

void run(const BackwardArgs& args) {
    if (items(args.forward, args.forward.ndim) == 0) return;
    visit_float(args.forward.dtype, [&]<class T>() {
        const BackwardPlan<T> plan(args);
        Backward<T>(plan).run();
    });
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
