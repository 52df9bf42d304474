#include "ops/embedding/embedding.h"

#include "simd/loops.h"
#include "simd/poll.h"

namespace fastnn::FASTNN_ISA {
namespace {

using embedding::Entry;
using embedding::Terms;

constexpr dim_t kAhead = 6;       // entries between the prefetch of a row and its use
constexpr dim_t kAheadLines = 8;  // cache lines of a row at most; the hardware prefetches the rest

template <class T>
FASTNN_INLINE void prefetch_row(const T* row, dim_t width) {
    constexpr dim_t line = 64 / dim_t(sizeof(T));
    const dim_t end = width < kAheadLines * line ? width : kAheadLines * line;
    for (dim_t i = 0; i < end; i += line) __builtin_prefetch(row + i);
}

template <bool past_cache, class T>
FASTNN_INLINE void gather_rows(const T* weight, const std::int64_t* ids, T* y, dim_t width,
                               dim_t count) {
    for (dim_t k = 0; k < count; ++k) {
        if (k + kAhead < count) prefetch_row(weight + ids[k + kAhead] * width, width);
        copy<past_cache>(weight + ids[k] * width, y + k * width, width);
    }
    if (past_cache) nt_fence();
}

template <class T>
void gather(const T* weight, const std::int64_t* ids, T* y, dim_t width, dim_t count,
            bool past_cache) {
    past_cache ? gather_rows<true>(weight, ids, y, width, count)
               : gather_rows<false>(weight, ids, y, width, count);
}

// out = factor * sum over k of scale(k) * row(k); null rows are skipped. B registers of sums at a
// time, each stored once.
template <bool scaled, bool past_cache, class T, class Row, class Scale>
FASTNN_INLINE void sum_rows(dim_t count, dim_t width, T factor, T* out, Row row, Scale scale) {
    using V = Vec<T>;
    constexpr dim_t B = 8;
    dim_t i = 0;
    for (; i + B * V::width <= width; i += B * V::width) {
        V s[B];
        for (dim_t k = 0; k < count; ++k) {
            if (stop_in_loop(k)) return;
            const T* r = row(k);
            if (r == nullptr) continue;
            const V f = scaled ? V(scale(k)) : V();
#pragma GCC unroll 8
            for (dim_t j = 0; j < B; ++j) {
                const V v = V::load(r + i + j * V::width);
                s[j] = scaled ? fma(v, f, s[j]) : s[j] + v;
            }
        }
#pragma GCC unroll 8
        for (dim_t j = 0; j < B; ++j) {
            if (factor != 1) s[j] *= V(factor);
            put<past_cache>(s[j], out + i + j * V::width);
        }
    }
    for (; i < width; i += V::width) {
        const dim_t n = width - i < V::width ? width - i : V::width;
        V s;
        for (dim_t k = 0; k < count; ++k) {
            if (stop_in_loop(k)) return;
            const T* r = row(k);
            if (r == nullptr) continue;
            const V v = V::load(r + i, n);
            s = scaled ? fma(v, V(scale(k)), s) : s + v;
        }
        if (factor != 1) s *= V(factor);
        s.store(out + i, n);
    }
}

FASTNN_INLINE dim_t position(Entry e) {
    return dim_t(e & 0xffffffffu);
}

template <bool past_cache, class T>
FASTNN_INLINE void sum_to(const Terms<T>& t, const Entry* entries, dim_t count, T factor, T* out) {
    const auto row_of = [&t](Entry e) __attribute__((always_inline)) {
        const dim_t p = position(e);
        return t.dy + (t.bags != nullptr ? dim_t(t.bags[p]) : p) * t.width;
    };
    const auto row = [=](dim_t k) __attribute__((always_inline)) { return row_of(entries[k]); };
    const dim_t rest = dim_t(t.end - entries);
    const dim_t ahead = count + kAhead < rest ? count : rest - kAhead;
    for (dim_t k = 0; k < ahead; ++k) prefetch_row(row_of(entries[k + kAhead]), t.width);
    if (t.scales == nullptr && t.bag_scales == nullptr) {
        if (count == 1 && factor == 1) {
            copy<past_cache>(row(0), out, t.width);
        } else {
            sum_rows<false, past_cache>(count, t.width, factor, out, row,
                                        [](dim_t) { return T(1); });
        }
        return;
    }
    sum_rows<true, past_cache>(count, t.width, factor, out, row,
                               [=](dim_t k) __attribute__((always_inline)) {
                                   const dim_t p = position(entries[k]);
                                   T f = t.scales != nullptr ? t.scales[p] : T(1);
                                   if (t.bag_scales != nullptr) {
                                       f *= t.bag_scales[t.bags != nullptr ? dim_t(t.bags[p]) : p];
                                   }
                                   return f;
                               });
}

template <class T>
void sum(const Terms<T>& t, const Entry* entries, dim_t count, T factor, T* out, bool past_cache) {
    past_cache ? sum_to<true>(t, entries, count, factor, out)
               : sum_to<false>(t, entries, count, factor, out);
}

template <class T>
void zero(T* out, dim_t n, bool past_cache) {
    using V = Vec<T>;
    dim_t i = 0;
    if (past_cache) {
        for (; i + V::width <= n; i += V::width) nt_store(V(), out + i);
    } else {
        for (; i + V::width <= n; i += V::width) V().store(out + i);
    }
    if (i < n) V().store(out + i, n - i);
}

template <class T>
void add(const T* x, T* y, dim_t n) {
    using V = Vec<T>;
    for (dim_t i = 0; i < n; i += V::width) {
        const dim_t k = n - i < V::width ? n - i : V::width;
        (V::load(y + i, k) + V::load(x + i, k)).store(y + i, k);
    }
}

template <class T>
void bag(const T* weight, const std::int64_t* ids, const T* scales, dim_t count, dim_t width,
         std::int64_t padding, T factor, T* y) {
    const auto row = [=](dim_t k) __attribute__((always_inline)) {
        return ids[k] == padding ? nullptr : weight + ids[k] * width;
    };
    if (scales == nullptr) {
        sum_rows<false, false>(count, width, factor, y, row, [](dim_t) { return T(1); });
    } else {
        sum_rows<true, false>(count, width, factor, y, row,
                              [=](dim_t k) __attribute__((always_inline)) { return scales[k]; });
    }
}

// The first of equal numbers wins.
template <class T>
void bag_max(const T* weight, const std::int64_t* ids, dim_t count, dim_t width,
             std::int64_t padding, T* y, std::int64_t* winners) {
    bool empty = true;
    for (dim_t k = 0; k < count; ++k) {
        if (stop_in_loop(k)) return;
        const std::int64_t id = ids[k];
        if (id == padding) continue;
        const T* row = weight + id * width;
        for (dim_t d = 0; d < width; ++d) {
            const bool wins = empty || row[d] > y[d];
            y[d] = wins ? row[d] : y[d];
            winners[d] = wins ? id : winners[d];
        }
        empty = false;
    }
    if (!empty) return;
    for (dim_t d = 0; d < width; ++d) {
        y[d] = 0;
        winners[d] = -1;
    }
}

template <class T>
T dot(const T* x, const T* y, dim_t n) {
    using V = Vec<T>;
    V a, b;
    dim_t i = 0;
    for (; i + 2 * V::width <= n; i += 2 * V::width) {
        a = fma(V::load(x + i), V::load(y + i), a);
        b = fma(V::load(x + i + V::width), V::load(y + i + V::width), b);
    }
    for (; i < n; i += V::width) {
        const dim_t k = n - i < V::width ? n - i : V::width;
        a = fma(V::load(x + i, k), V::load(y + i, k), a);
    }
    return sum(a + b);
}

void fence() {
    nt_fence();
}

template <class T>
constexpr embedding::TypedKernels<T> kTyped{gather<T>, sum<T>,     zero<T>, add<T>,
                                            bag<T>,    bag_max<T>, dot<T>,  fence};

constexpr embedding::Kernels kTable{kTyped<float>, kTyped<double>};

}  // namespace
}  // namespace fastnn::FASTNN_ISA

FASTNN_KERNELS(embedding::Kernels, kTable)
