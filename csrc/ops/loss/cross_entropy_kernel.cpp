#include "ops/loss/cross_entropy_kernels.h"

#include "simd/loops.h"
#include "simd/math.h"
#include "simd/poll.h"
#include "simd/reduce.h"

namespace fastnn::FASTNN_ISA {
namespace {

using cross_entropy::Problem;

// So many vectors are added lane by lane in T; their sums are added in double. The error of a row's
// sum is some tens of roundings for any length.
constexpr dim_t kBlock = 64;
constexpr dim_t kPollBlocks = 1 << 12;  // between two looks for Ctrl-C in a giant row

// The target class `t` of a row and its coefficient `k`; not `counted` where the row is ignored.
template <class T>
struct Hard {
    dim_t t = 0;
    T k = 0;
    bool counted = true;
};

template <class T>
FASTNN_INLINE Hard<T> hard_target(const Problem<T>& p, dim_t row) {
    if (p.target == nullptr) return {};
    const int64_t t = p.target[row];
    // The binding has checked the ids, but another thread may have written to the array since.
    if (t == p.ignore_index || t < 0 || t >= p.classes) return {0, T(0), false};
    return {dim_t(t), p.weight == nullptr ? p.hard : p.hard * p.weight[t], true};
}

// Whether coefficients other than the hard one are not zero.
template <class T>
FASTNN_INLINE bool is_soft(const Problem<T>& p) {
    return p.target == nullptr || p.uniform != T(0);
}

// y = factor x, by non-temporal stores where they are wanted.
template <class T>
FASTNN_INLINE void copy_scaled(const T* x, T factor, T* y, dim_t n, bool past_cache) {
    using V = Vec<T>;
    const V f = factor;
    dim_t i = 0;
    if (past_cache) {
        const dim_t head = to_aligned(y) < n ? to_aligned(y) : n;
        if (head > 0) (V::load(x, head) * f).store(y, head);
        in_pieces(
            (n - head) / V::width, [=](dim_t begin, dim_t end) __attribute__((always_inline)) {
                for (dim_t j = head + begin * V::width; j < head + end * V::width; j += V::width)
                    nt_store(V::load(x + j) * f, y + j);
            });
        i = n - (n - head) % V::width;
    } else {
        for (; i + V::width <= n; i += V::width) (V::load(x + i) * f).store(y + i);
    }
    if (i < n) (V::load(x + i, n - i) * f).store(y + i, n - i);
}

// k_c = w_c (hard q_c + uniform), the soft part of the coefficients, from class i on; q may be
// null.
template <class T>
FASTNN_INLINE Vec<T> soft_coefficient(const Problem<T>& p, const T* q, dim_t i, dim_t count) {
    Vec<T> k = p.uniform;
    if (q != nullptr) k = fma(Vec<T>(p.hard), load(q + i, count), k);
    return p.weight == nullptr ? k : k * load(p.weight + i, count);
}

// dx = factor e - scale k for the soft coefficients k.
template <class T>
FASTNN_INLINE void subtract_soft(const Problem<T>& p, const T* q, const T* e, T factor, T* dx,
                                 dim_t n) {
    using V = Vec<T>;
    const V f = factor, scale = p.scale;
    in_pieces(n, [=, &p](dim_t begin, dim_t end) __attribute__((always_inline)) {
        for (dim_t i = begin; i < end; i += V::width) {
            const dim_t count = end - i < V::width ? end - i : V::width;
            const V k = soft_coefficient(p, q, i, count);
            fnma(scale, k, f * V::load(e + i, count)).store(dx + i, count);
        }
    });
}

// The second pass over a row: e_c = exp(x_c - max), and the sums of e_c, k_c and k_c (x_c - max),
// k being the soft coefficients.
template <bool soft, class T>
struct RowPass {
    using V = Vec<T>;
    const Problem<T>& p;
    const T* x;
    const T* q;  // probabilities or null
    T* e;
    V max;
    V exps, softs, dots;
    double exp_sum = 0, soft_sum = 0, dot_sum = 0;

    FASTNN_INLINE RowPass(const Problem<T>& p, dim_t row, T max, T* e)
        : p(p),
          x(p.x + row * p.classes),
          q(p.probabilities == nullptr ? nullptr : p.probabilities + row * p.classes),
          e(e),
          max(max) {}

    FASTNN_INLINE void step(dim_t i, dim_t count) {
        const bool whole = count == V::width;
        const Mask<T> valid = Mask<T>::first(count);
        V d = load(x + i, count) - max;
        if (!whole) d = select(valid, d, V());
        V r = exp(d);
        if (!whole) r = select(valid, r, V());
        whole ? r.store(e + i) : r.store(e + i, count);
        exps += r;
        if constexpr (soft) {
            V k = soft_coefficient(p, q, i, count);
            if (!whole) k = select(valid, k, V());
            softs += k;
            dots = fma(k, d, dots);
        }
    }
    FASTNN_INLINE void flush() {
        exp_sum += double(sum(exps));
        soft_sum += double(sum(softs));
        dot_sum += double(sum(dots));
        exps = softs = dots = V();
    }
    FASTNN_INLINE void run(dim_t n) {
        const dim_t whole = n / V::width * V::width;
        in_pieces(whole, [&](dim_t begin, dim_t end) __attribute__((always_inline)) {
            for (dim_t i = begin; i < end;) {
                for (const dim_t stop = i + kBlock * V::width; i < stop && i < end; i += V::width) {
                    // The next row, while the exponentials keep the core busy.
                    __builtin_prefetch(x + n + i, 0, 2);
                    step(i, V::width);
                }
                if (i < whole) flush();
            }
        });
        if (whole < n) step(whole, n - whole);
        flush();
    }
};

// The loss of one row; writes its gradient.
template <bool soft, class T>
FASTNN_INLINE double row_loss(const Problem<T>& p, dim_t row, Hard<T> hard, T* scratch) {
    const dim_t n = p.classes;
    const T* x = p.x + row * n;
    T* dx = p.dx == nullptr ? nullptr : p.dx + row * n;
    T* e = dx == nullptr || p.stream ? scratch : dx;
    const T max = row_max(x, n), below_max = x[hard.t] - max;  // before dx, which may be x
    RowPass<soft, T> pass(p, row, max, e);
    pass.run(n);
    const double k_sum = pass.soft_sum + double(hard.k);
    if (dx != nullptr) {
        const T factor = T(k_sum * double(p.scale) / pass.exp_sum);
        if constexpr (soft) {
            subtract_soft(p, pass.q, e, factor, dx, n);
            dx[hard.t] -= hard.k * p.scale;
        } else {
            // Read before the row is written: after non-temporal stores it is in memory only.
            const T at_target = e[hard.t] * factor - hard.k * p.scale;
            copy_scaled(e, factor, dx, n, p.stream);
            dx[hard.t] = at_target;
        }
    }
    return k_sum * __builtin_log(pass.exp_sum) - pass.dot_sum - double(hard.k * below_max);
}

template <class T>
void fill_zero(T* p, dim_t n, dim_t stride) {
    for (dim_t i = 0; i < n; ++i) p[i * stride] = T(0);
}

template <class T>
double rows(const Problem<T>& p, dim_t begin, dim_t end, T* scratch) {
    const bool soft = is_soft(p);
    double total = 0;
    for (dim_t row = begin; row < end; ++row) {
        const Hard<T> hard = hard_target(p, row);
        double loss = 0;
        if (hard.counted) {
            loss = soft ? row_loss<true>(p, row, hard, scratch)
                        : row_loss<false>(p, row, hard, scratch);
        } else if (p.dx != nullptr) {
            fill_zero(p.dx + row * p.classes, p.classes, 1);
        }
        if (p.loss != nullptr) p.loss[row] = T(loss);
        total += loss;
    }
    if (p.stream) nt_fence();
    return total;
}

// The same for `count` neighbouring columns of one `outer`, a row per lane.
template <bool soft, class T>
FASTNN_INLINE double column_losses(const Problem<T>& p, dim_t outer, dim_t begin, dim_t count) {
    using V = Vec<T>;
    constexpr int width = V::width;
    const dim_t n = p.classes, stride = p.inner, offset = outer * n * stride + begin;
    const T* x = p.x + offset;
    const T* q = p.probabilities == nullptr ? nullptr : p.probabilities + offset;
    T* dx = p.dx == nullptr ? nullptr : p.dx + offset;
    const auto coefficient = [&](dim_t c) {
        V k = p.uniform;
        if (q != nullptr) k = fma(V(p.hard), load(q + c * stride, count), k);
        return p.weight == nullptr ? k : k * V(p.weight[c]);
    };

    V top = T(-__builtin_inf());
    for (dim_t c = 0; c < n; ++c) top = max(load(x + c * stride, count), top);

    V exps, softs, dots;
    for (dim_t c = 0; c < n;) {
        if (stop_in_loop(c / kBlock, kPollBlocks)) return 0;
        V block_exps, block_softs, block_dots;
        for (const dim_t stop = c + kBlock < n ? c + kBlock : n; c < stop; ++c) {
            const V d = load(x + c * stride, count) - top;
            const V r = exp(d);
            if (dx != nullptr) r.store(dx + c * stride, count);
            block_exps += r;
            if constexpr (soft) {
                const V k = coefficient(c);
                block_softs += k;
                block_dots = fma(k, d, block_dots);
            }
        }
        exps += block_exps;
        softs += block_softs;
        dots += block_dots;
    }

    Hard<T> hard[width];
    T hard_k[width] = {}, hard_dot[width] = {}, counted[width] = {};
    for (dim_t i = 0; i < count; ++i) {
        hard[i] = hard_target(p, outer * stride + begin + i);
        if (!hard[i].counted) continue;
        counted[i] = T(1);
        hard_k[i] = hard[i].k;
        hard_dot[i] = hard[i].k * (x[hard[i].t * stride + i] - top.lane(int(i)));
    }
    const Mask<T> counts = V::load(counted) != V();
    const V k_sum = softs + V::load(hard_k);
    if (dx != nullptr) {
        const V factor = k_sum * V(p.scale) / exps;
        for (dim_t c = 0; c < n; ++c) {
            V g = load(dx + c * stride, count) * factor;
            if constexpr (soft) g = fnma(V(p.scale), coefficient(c), g);
            select(counts, g, V()).store(dx + c * stride, count);
        }
        for (dim_t i = 0; i < count; ++i) dx[hard[i].t * stride + i] -= hard_k[i] * p.scale;
    }

    T losses[width];
    select(counts, k_sum * log(exps) - dots - V::load(hard_dot), V()).store(losses);
    double total = 0;
    for (dim_t i = 0; i < count; ++i) {
        if (p.loss != nullptr) p.loss[outer * stride + begin + i] = losses[i];
        total += double(losses[i]);
    }
    return total;
}

template <class T>
double columns(const Problem<T>& p, dim_t outer, dim_t begin, dim_t end) {
    constexpr dim_t width = Vec<T>::width;
    const bool soft = is_soft(p);
    double total = 0;
    for (dim_t i = begin; i < end; i += width) {
        const dim_t count = end - i < width ? end - i : width;
        total += soft ? column_losses<true>(p, outer, i, count)
                      : column_losses<false>(p, outer, i, count);
    }
    return total;
}

template <class T>
void scale_by(const T* x, T factor, T* y, dim_t n) {
    copy_scaled(x, factor, y, n, false);
}

template <class T>
void scale_each(const T* x, const T* factor, T* y, dim_t n) {
    using V = Vec<T>;
    for (dim_t i = 0; i < n; i += V::width) {
        const dim_t count = n - i < V::width ? n - i : V::width;
        (V::load(x + i, count) * V::load(factor + i, count)).store(y + i, count);
    }
}

template <class T>
constexpr cross_entropy::TypedKernels<T> kTyped{rows<T>, columns<T>, scale_by<T>, scale_each<T>};

constexpr cross_entropy::Kernels kTable{kTyped<float>, kTyped<double>};

}  // namespace
}  // namespace fastnn::FASTNN_ISA

FASTNN_KERNELS(cross_entropy::Kernels, kTable)
