#include "ops/attention/attention.h"
#include "simd/loops.h"
#include "simd/math.h"
#include "simd/philox.h"

namespace fastnn::FASTNN_ISA {
namespace {

using attention::kCols;
using attention::kDropBlock;
using attention::Masking;
using attention::Partial;
using attention::ScoreGradients;
using attention::Weights;

static_assert(Philox::numbers == kDropBlock && kCols % kDropBlock == 0);

template <class T>
FASTNN_INLINE T exp_of(T x) {
    return exp(Vec<T>(x)).lane(0);
}

// The rows of a mask as numbers to add to the scores: -inf where a boolean mask is false.
template <class T>
struct AdditiveMask {
    T row[kCols];
    bool ready = false;
    FASTNN_INLINE const T* at(const Masking<T>& m, dim_t i, dim_t cols) {
        if (m.additive != nullptr) return m.additive + i * m.row;
        if (ready && m.row == 0) return row;
        ready = true;
        const unsigned char* attends = m.boolean + i * m.row;
        const T hidden = T(-__builtin_inf());
        for (dim_t j = 0; j < cols; ++j) row[j] = attends[j] != 0 ? T(0) : hidden;
        return row;
    }
};

// The dropout factors of row i: 0 or 1 / (1 - p) for each weight.
template <class T>
FASTNN_INLINE void draw(const Masking<T>& m, dim_t i, dim_t cols, T* factors) {
    const T keep = m.keep_scale;  // a copy: to the compiler, factors may alias m
    const uint32_t threshold = m.threshold;
    for (dim_t j = 0; j < cols; j += kDropBlock) {
        uint32_t numbers[kDropBlock];
        const uint64_t block = m.block + uint64_t(i) * m.blocks + uint64_t(j / kDropBlock);
        Philox::block(m.seed, m.offset, block * Philox::counters, numbers);
        for (dim_t n = 0; n < kDropBlock; ++n)
            factors[j + n] = numbers[n] >= threshold ? keep : T(0);
    }
}

template <class T>
FASTNN_INLINE dim_t visible(const Masking<T>& m, dim_t i, dim_t cols) {
    const dim_t n = m.visible + i;
    return n < 0 ? 0 : n < cols ? n : cols;
}

template <class T>
FASTNN_INLINE void clear(T* x, dim_t begin, dim_t end) {
    over_vectors<T>(end - begin, [=](dim_t j, dim_t k) { store(Vec<T>(), x + begin + j, k); });
}

template <class T>
constexpr T kLowest = T(-__builtin_inf());

// Stores x + add in x and returns its maximum. max(x, m) ignores NaN in x; exp propagates it later.
template <bool masked, class T>
FASTNN_INLINE T masked_max(T* x, const T* add, dim_t n) {
    using V = Vec<T>;
    const V lowest = kLowest<T>;
    V m0 = lowest, m1 = lowest;
    const auto at = [=](dim_t i) __attribute__((always_inline)) {
        V v = V::load(x + i);
        if (masked) {
            v += V::load(add + i);
            v.store(x + i);
        }
        return v;
    };
    dim_t i = 0;
    for (; i + 2 * V::width <= n; i += 2 * V::width) {
        m0 = max(at(i), m0);
        m1 = max(at(i + V::width), m1);
    }
    for (; i < n; i += V::width) {
        const dim_t rest = n - i < V::width ? n - i : V::width;
        V v = load(x + i, rest);
        if (masked) {
            v += load(add + i, rest);
            store(v, x + i, rest);
        }
        m0 = max(select(Mask<T>::first(rest), v, lowest), m0);
    }
    return max_lane(max(m0, m1));
}

// x = exp(x - shift); returns the sum.
template <class T>
FASTNN_INLINE T exp_and_sum(T* x, T shift, dim_t n) {
    using V = Vec<T>;
    V s0, s1;
    const V t = shift;
    dim_t i = 0;
    for (; i + 2 * V::width <= n; i += 2 * V::width) {
        const V a = exp(V::load(x + i) - t), b = exp(V::load(x + i + V::width) - t);
        a.store(x + i);
        b.store(x + i + V::width);
        s0 += a;
        s1 += b;
    }
    for (; i < n; i += V::width) {
        const dim_t rest = n - i < V::width ? n - i : V::width;
        const V a = exp(load(x + i, rest) - t);
        store(a, x + i, rest);
        s0 += select(Mask<T>::first(rest), a, V());
    }
    return sum(s0 + s1);
}

// What is subtracted from scores before exp: their maximum, or 0 where all of them are masked, for
// exp(-inf - 0) is 0 and exp(-inf + inf) NaN.
template <class T>
FASTNN_INLINE T shift_of(T row_max) {
    return row_max == kLowest<T> ? T(0) : row_max;
}

// Rescales the sums of row i to a new maximum.
template <class T>
FASTNN_INLINE void rescale(const Partial<T>& p, dim_t i, T row_max) {
    using V = Vec<T>;
    const T before = p.row_max[i], shift = shift_of(row_max),
            factor = before == shift ? T(1) : exp_of(before - shift);
    p.row_max[i] = row_max;
    p.row_sum[i] *= factor;
    if (factor == T(1)) return;
    const V f = factor;
    T* const out = p.out + i * p.row;
    over_vectors<T>(p.cols, [=](dim_t j, dim_t k) __attribute__((always_inline)) {
        store(load(out + j, k) * f, out + j, k);
    });
}

template <bool masked, class T>
FASTNN_INLINE void weights_of(const Weights<T>& a) {
    const Partial<T>& p = a.partial;
    AdditiveMask<T> mask;
    for (dim_t i = 0; i < a.rows; ++i) {
        T* const x = a.scores + i * a.stride;
        const dim_t n = visible(a.masking, i, a.cols);
        const T largest =
            masked_max<masked>(x, masked ? mask.at(a.masking, i, a.cols) : nullptr, n);
        if (a.first) {
            p.row_max[i] = largest;
            p.row_sum[i] = T(0);
        } else {
            rescale(p, i, largest > p.row_max[i] ? largest : p.row_max[i]);
        }
        p.row_sum[i] += exp_and_sum(x, shift_of(p.row_max[i]), n);
        clear(x, n, a.cols);
        if (a.masking.drop) {
            T factors[kCols];
            draw(a.masking, i, n, factors);
            over_vectors<T>(n, [=, &factors](dim_t j, dim_t k) __attribute__((always_inline)) {
                store(load(x + j, k) * load(factors + j, k), x + j, k);
            });
        }
    }
}

// y += x
template <class T>
FASTNN_INLINE void add_row(const T* x, T* y, dim_t n) {
    over_vectors<T>(n, [=](dim_t j, dim_t k) __attribute__((always_inline)) {
        store(load(y + j, k) + load(x + j, k), y + j, k);
    });
}

template <class T>
void weights(const Weights<T>& a) {
    if (a.masking.boolean == nullptr && a.masking.additive == nullptr) {
        weights_of<false>(a);
    } else {
        weights_of<true>(a);
    }
}

template <class T>
void merge(const Partial<T>& p, const Partial<T>& other, dim_t rows) {
    for (dim_t i = 0; i < rows; ++i) {
        const T row_max = p.row_max[i] > other.row_max[i] ? p.row_max[i] : other.row_max[i];
        rescale(p, i, row_max);
        rescale(other, i, row_max);
        p.row_sum[i] += other.row_sum[i];
        add_row(other.out + i * other.row, p.out + i * p.row, p.cols);
    }
}

template <class T>
void finish(const Partial<T>& p, dim_t rows, T* lse) {
    using V = Vec<T>;
    for (dim_t i = 0; i < rows; ++i) {
        const T row_sum = p.row_sum[i];
        const bool masked = row_sum == T(0);  // all keys
        const V factor = masked ? T(0) : T(1) / row_sum;
        T* const y = p.out + i * p.row;
        over_vectors<T>(p.cols, [=](dim_t j, dim_t k) __attribute__((always_inline)) {
            store(load(y + j, k) * factor, y + j, k);
        });
        if (lse != nullptr)
            lse[i] = masked ? T(__builtin_inf()) : p.row_max[i] + log(V(row_sum)).lane(0);
    }
}

template <bool masked, bool drop, class T>
FASTNN_INLINE void score_gradients_of(const ScoreGradients<T>& a) {
    using V = Vec<T>;
    AdditiveMask<T> mask;
    T factors[kCols];
    for (dim_t i = 0; i < a.rows; ++i) {
        T* const x = a.scores + i * a.stride;
        T* const d = a.dscores + i * a.stride;
        const dim_t n = visible(a.masking, i, a.cols);
        const T* const add = masked ? mask.at(a.masking, i, a.cols) : nullptr;
        if (drop) draw(a.masking, i, n, factors);
        const V lse = a.lse[i], dot = a.dots[i], scale = a.scale;
        const T* const f = factors;
        over_vectors<T>(n, [=](dim_t j, dim_t k) __attribute__((always_inline)) {
            V score = load(x + j, k);
            if (masked) score += load(add + j, k);
            V w = exp(score - lse), dw = load(d + j, k), dropped = w;
            if (drop) {
                const V z = load(f + j, k);
                dropped = w * z;
                dw = dw * z;
            }
            store(dropped, x + j, k);
            store(w * (dw - dot) * scale, d + j, k);
        });
        clear(x, n, a.cols);
        clear(d, n, a.cols);
    }
}

template <class T>
void score_gradients(const ScoreGradients<T>& a) {
    const bool masked = a.masking.boolean != nullptr || a.masking.additive != nullptr;
    if (a.masking.drop) {
        masked ? score_gradients_of<true, true>(a) : score_gradients_of<false, true>(a);
    } else {
        masked ? score_gradients_of<true, false>(a) : score_gradients_of<false, false>(a);
    }
}

template <class T>
void dots(const T* a, dim_t a_row, const T* b, dim_t b_row, dim_t rows, dim_t cols, T* dots) {
    using V = Vec<T>;
    for (dim_t i = 0; i < rows; ++i) {
        const T *x = a + i * a_row, *y = b + i * b_row;
        V total;
        over_vectors<T>(cols, [=, &total](dim_t j, dim_t k) __attribute__((always_inline)) {
            total = fma(load(x + j, k), load(y + j, k), total);
        });
        dots[i] = sum(total);
    }
}

template <class T>
void add(const T* x, dim_t x_row, T* y, dim_t y_row, dim_t rows, dim_t cols) {
    for (dim_t i = 0; i < rows; ++i) add_row(x + i * x_row, y + i * y_row, cols);
}

template <class T>
constexpr attention::TypedKernels<T> kTable{weights<T>,         merge<T>, finish<T>,
                                            score_gradients<T>, dots<T>,  add<T>};

}  // namespace
}  // namespace fastnn::FASTNN_ISA

FASTNN_KERNELS(attention::TypedKernels<float>, kTable<float>)
FASTNN_KERNELS(attention::TypedKernels<double>, kTable<double>)
