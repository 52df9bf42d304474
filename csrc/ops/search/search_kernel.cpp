#include "ops/search/search.h"

#include "simd/order.h"

namespace fastnn::FASTNN_ISA {
namespace {

using search::Query;

constexpr dim_t kTogether = 16;  // searches at once: each waits for memory at every step

template <class T>
FASTNN_INLINE T element(const Query<T>& q, dim_t i) {
    return q.table[q.sorter == nullptr ? i : q.sorter[i]];
}

// How many elements of the table come before each of `count` values, at most kTogether.
template <bool right, class T>
FASTNN_INLINE void search_some(const Query<T>& q, const T* values, dim_t count, dim_t* found) {
    Ordered<T> keys[kTogether];
    for (dim_t j = 0; j < kTogether; ++j) {
        keys[j] = ordered(values[j < count ? j : 0]);
        found[j] = 0;
    }
    const auto before = [&](dim_t i, dim_t j) __attribute__((always_inline)) {
        const Ordered<T> key = ordered(element(q, i));
        return right ? key <= keys[j] : key < keys[j];
    };
    dim_t size = q.n;
    while (size > 1) {
        const dim_t half = size / 2;
        for (dim_t j = 0; j < kTogether; ++j) found[j] += before(found[j] + half - 1, j) ? half : 0;
        size -= half;
    }
    for (dim_t j = 0; j < kTogether && q.n > 0; ++j) found[j] += dim_t(before(found[j], j));
}

template <bool right, class T, class F>
FASTNN_INLINE void search_all(const Query<T>& q, F f) {
    for (dim_t i = 0; i < q.count; i += kTogether) {
        const dim_t count = q.count - i < kTogether ? q.count - i : kTogether;
        dim_t found[kTogether];
        search_some<right>(q, q.values + i, count, found);
        for (dim_t j = 0; j < count; ++j) f(i + j, found[j]);
    }
}

template <bool right, class Out, class T>
void count_before(const Query<T>& q, Out* out) {
    search_all<right>(
        q, [=](dim_t i, dim_t found) __attribute__((always_inline)) { out[i] = Out(found); });
}

template <class T>
void count(const Query<T>& q, bool right, bool narrow, void* out) {
    auto* const wide = static_cast<int64_t*>(out);
    auto* const thin = static_cast<int32_t*>(out);
    if (right) return narrow ? count_before<true>(q, thin) : count_before<true>(q, wide);
    return narrow ? count_before<false>(q, thin) : count_before<false>(q, wide);
}

template <class T>
void member(const Query<T>& q, bool invert, bool* out) {
    search_all<false>(q, [&](dim_t i, dim_t found) __attribute__((always_inline)) {
        out[i] = (found < q.n && q.table[found] == q.values[i]) != invert;
    });
}

template <class T>
constexpr search::TypedKernels<T> kTyped{count<T>, member<T>};

constexpr search::Kernels kTable{kTyped<float>, kTyped<double>, kTyped<int64_t>, kTyped<int32_t>,
                                 kTyped<uint8_t>};

}  // namespace
}  // namespace fastnn::FASTNN_ISA

FASTNN_KERNELS(search::Kernels, kTable)
