// Matrix products: C[i, j] = f(alpha * sum_k A[i, k] B[k, j] + beta * C[i, j] + bias[j] +
// residual[i, j]).
//
// A is M x K, B is K x N, each with any two strides (a transpose is a swap of strides); C is M x N
// with unit column stride. C overlaps none of the inputs. beta = 0 does not read C; K = 0 gives an
// empty sum.
//
// Other drivers use it in one of three ways:
//   multiply(problem)                  its own team of threads
//   multiply_here(problem)             on this thread, also inside a parallel region
//   Plan and Team                      one phase of a team that does other work before and after
// Each gives the same bits: how a product is cut into blocks, chunks and slices of K depends on its
// sizes and strides only, chunks share no output, and slices are added in a fixed order.
//
// An operand B that is used many times is packed once: PackedB.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/dtype.h"
#include "core/epilogue.h"
#include "core/integer.h"
#include "core/isa.h"
#include "core/launch.h"
#include "core/memory.h"
#include "core/parallel.h"
#include "ops/gemm/kernels.h"

namespace fastnn {

class PackedCache;

}  // namespace fastnn

namespace fastnn::gemm {

// Element (i, j) is data[i * row_stride + j * col_stride].
template <class T>
struct Matrix {
    const T* data = nullptr;
    dim_t row_stride = 0, col_stride = 0;
    Matrix transposed() const { return {data, col_stride, row_stride}; }
};

template <class T>
struct Problem {
    dim_t m = 0, n = 0, k = 0;
    Matrix<T> a, b;
    T* c = nullptr;
    dim_t c_stride = 0;  // of rows
    T alpha = 1, beta = 0;
    Epilogue<T> epilogue;         // its preactivation only with beta = 0
    const T* packed_b = nullptr;  // from PackedB::pack, instead of b
};

// A product cut into pieces that any thread may compute. The steps run one after the other; within
// a step all pack chunks come before all compute chunks; after the last step come the reduce
// chunks. `shared` memory is one block for the plan, `local` memory one block per thread.
template <class T>
class Plan {
 public:
    Plan() = default;
    explicit Plan(const Problem<T>& problem);

    std::size_t shared_size() const { return shared_size_; }  // in elements
    std::size_t local_size() const { return local_size_; }
    double cost_ns() const { return cost_ns_; }  // of one thread, estimated
    // The largest number of threads that it keeps busy.
    dim_t pieces() const { return row_chunks_ * col_chunks_ * slices_; }
    // Whether a B that is packed before gives the same bits and saves work.
    bool gains_from_packed_b() const;
    void set_shared(T* shared) { shared_ = shared; }
    // The same product with other operands of the same strides (a time step of a recurrent layer).
    void set_pointers(const T* a, const T* b, T* c);
    Problem<T>& problem() { return p_; }

    dim_t steps() const { return m_steps_ * n_steps_ * k_steps_; }
    dim_t pack_chunks(dim_t step) const;
    void pack(dim_t step, dim_t chunk) const;
    dim_t chunks(dim_t step) const;
    void compute(dim_t step, dim_t chunk, T* local) const;
    dim_t reduce_chunks() const;
    void reduce(dim_t chunk) const;

 private:
    enum class Method : std::uint8_t { none, sum_is_empty, block, dot, skinny };
    enum class CopyA : std::uint8_t { no, rows, panels };
    enum class PackB : std::uint8_t { no, given, shared, local };
    struct Step {
        dim_t m0, m1, n0, n1, block0, block1;  // k in blocks
        bool pack;                             // this step packs its B first
    };
    struct Range {
        dim_t begin, end;
        dim_t size() const { return end - begin; }
    };
    Step step_at(dim_t step) const;
    Range k_range(dim_t block) const;
    void choose_method();
    dim_t skinny_cols() const;
    void choose_slices();
    void choose_chunks();
    void choose_copies();
    void choose_steps();
    void set_a(Block<T>& g, Range rows, Range k, T* copy) const;
    Epilogue<T> epilogue(Range rows, Range cols) const;
    void multiply_by_b(Block<T>& g, const Step& s, Range k, Range cols, T* copy) const;
    void block_chunk(const Step& s, dim_t slice, Range rows, Range cols, T* local) const;
    void flat_chunk(dim_t slice, Range rows, T* local) const;
    void finish(const T* sums, dim_t sums_stride, dim_t slices, Range rows, Range cols) const;
    void activate(Range rows, Range cols) const;
    // Methods without tiles: all of the shorter side against chunks of the longer one.
    bool flat() const { return method_ == Method::dot || method_ == Method::skinny; }
    // Where sums are stored.
    T* out() const { return p_.epilogue.out(p_.c); }

    Problem<T> p_;
    const TypedKernels<T>* f_ = nullptr;
    Method method_ = Method::none;
    CopyA copy_a_ = CopyA::no;
    PackB pack_b_ = PackB::no;
    bool swapped_ = false;  // the transposed product is computed: its rows are the columns of C
    // The product that is computed, after a swap.
    dim_t m_ = 0, n_ = 0, k_ = 0;
    Matrix<T> a_, b_;
    dim_t k_block_ = 0, k_blocks_ = 0, slices_ = 1;
    dim_t chunk_rows_ = 0, chunk_cols_ = 0, row_chunks_ = 0, col_chunks_ = 0;
    dim_t m_step_ = 0, n_step_ = 0, k_step_ = 0, m_steps_ = 1, n_steps_ = 1, k_steps_ = 1;
    dim_t a_stride_ = 0;                             // of copied rows
    std::size_t a_size_ = 0, b_size_ = 0;            // of the parts of local memory
    std::size_t packed_size_ = 0, sums_stride_ = 0;  // of the parts of shared memory
    std::size_t shared_size_ = 0, local_size_ = 0;
    double cost_ns_ = 0;
    T* shared_ = nullptr;
};

// Runs up to a few plans side by side in a team: their chunks share the phases. `local` is this
// thread's, of the largest local_size() among them.
template <class T>
void run_plans(Team& team, const Plan<T>* plans, int count, T* local) {
    dim_t steps = 0;
    for (int i = 0; i < count; ++i) steps = plans[i].steps() > steps ? plans[i].steps() : steps;
    const auto side_by_side = [&](auto size, auto run) {
        dim_t total = 0;
        for (int i = 0; i < count; ++i) total += size(plans[i]);
        if (total == 0) return;
        team.for_each(total, [&](dim_t chunk) {
            for (int i = 0; i < count; ++i) {
                const dim_t mine = size(plans[i]);
                if (chunk < mine) return run(plans[i], chunk);
                chunk -= mine;
            }
        });
    };
    for (dim_t s = 0; s < steps; ++s) {
        side_by_side([s](const Plan<T>& p) { return s < p.steps() ? p.pack_chunks(s) : 0; },
                     [s](const Plan<T>& p, dim_t chunk) { p.pack(s, chunk); });
        side_by_side([s](const Plan<T>& p) { return s < p.steps() ? p.chunks(s) : 0; },
                     [s, local](const Plan<T>& p, dim_t chunk) { p.compute(s, chunk, local); });
    }
    side_by_side([](const Plan<T>& p) { return p.reduce_chunks(); },
                 [](const Plan<T>& p, dim_t chunk) { p.reduce(chunk); });
}

// With the cache of a B that can never change, B is packed in the first call that gains from it.
template <class T>
void multiply(const Problem<T>& problem, PackedCache* cache = nullptr);

// On the calling thread. `scratch` of scratch_size(problem) elements, or null: then from the pool,
// which may throw where there is no memory (nothing may throw out of a parallel region).
template <class T>
void multiply_here(const Problem<T>& problem, T* scratch = nullptr);
template <class T>
std::size_t scratch_size(const Problem<T>& problem);

// A K x N operand B in the order in which the kernels read it. Valid for the level of kernels it
// was packed with.
template <class T>
struct PackedB {
    static std::size_t size(dim_t k, dim_t n);  // in elements
    static void pack(dim_t k, dim_t n, Matrix<T> b, T* packed, bool threaded = true);
};

// `count` products of one shape. Operand x of item i starts at x + offset, where the offsets are
// those of a C-ordered index over `shape` with one stride per axis (0: the same matrix for all).
constexpr int kMaxBatchDims = 8;
struct Batch {
    int ndim = 0;
    dim_t shape[kMaxBatchDims], a_stride[kMaxBatchDims], b_stride[kMaxBatchDims],
        c_stride[kMaxBatchDims];
    dim_t count() const {
        dim_t n = 1;
        for (int i = 0; i < ndim; ++i) n *= shape[i];
        return n;
    }
};
template <class T>
void multiply_batch(const Problem<T>& first, const Batch& batch);

struct Args {
    Dtype dtype;
    dim_t m, n, k;
    const void *a, *b;
    dim_t a_row, a_col, b_row, b_col;
    void* c;
    Batch batch;
};
extern const Kernel<Args> kMatmul;

}  // namespace fastnn::gemm
