// Loops by whole vectors and a tail, and their loads and stores.
#pragma once

#include "nt_store.h"

namespace fastnn::FASTNN_ISA {

// The first `count` lanes, all of them at the cost of a plain load or store.
template <class T>
FASTNN_INLINE Vec<T> load(const T* p, dim_t count) {
    return count == Vec<T>::width ? Vec<T>::load(p) : Vec<T>::load(p, count);
}
template <class T>
FASTNN_INLINE void store(Vec<T> v, T* p, dim_t count) {
    count == Vec<T>::width ? v.store(p) : v.store(p, count);
}

// A non-temporal store with `past_caches`, for which p must be aligned to the register.
template <bool past_caches, class T>
FASTNN_INLINE void put(Vec<T> v, T* p) {
    if constexpr (past_caches) {
        nt_store(v, p);
    } else {
        v.store(p);
    }
}
template <bool past_caches, class T>
FASTNN_INLINE void put(Vec<T> v, T* p, dim_t count) {
    count == Vec<T>::width ? put<past_caches>(v, p) : v.store(p, count);
}

// f(i, count) for whole vectors, then once for the rest.
template <class T, class F>
FASTNN_INLINE void over_vectors(dim_t begin, dim_t end, F f) {
    dim_t i = begin;
    for (; i + Vec<T>::width <= end; i += Vec<T>::width) f(i, dim_t(Vec<T>::width));
    if (i < end) f(i, end - i);
}
template <class T, class F>
FASTNN_INLINE void over_vectors(dim_t n, F f) {
    over_vectors<T>(0, n, f);
}

// y[0 .. n) = x[0 .. n)
template <bool past_caches = false, class T>
FASTNN_INLINE void copy(const T* x, T* y, dim_t n) {
    using V = Vec<T>;
    dim_t i = 0;
    for (; i + V::width <= n; i += V::width) put<past_caches>(V::load(x + i), y + i);
    if (i < n) V::load(x + i, n - i).store(y + i, n - i);
}

}  // namespace fastnn::FASTNN_ISA
