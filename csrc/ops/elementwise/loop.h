// The one loop of every elementwise operation, over a function of registers. For kernel files only.
#pragma once

#include "ops/elementwise/elementwise.h"
#include "simd/vec.h"

namespace fastnn::FASTNN_ISA {
namespace {

using elementwise::Streams;

template <class V>
struct Two {
    V first, second;
};

template <class F, class V>
constexpr int arity() {
    if constexpr (requires(F f, V v) { f(v); }) {
        return 1;
    } else if constexpr (requires(F f, V v) { f(v, v); }) {
        return 2;
    } else if constexpr (requires(F f, V v) { f(v, v, v); }) {
        return 3;
    } else {
        return 4;
    }
}

// f(load(0), load(1), ...); a truth value becomes 1 or 0.
template <class V, class F, class Load>
FASTNN_INLINE auto apply(F f, Load load) {
    constexpr int inputs = arity<F, V>();
    const auto result = [&] {
        if constexpr (inputs == 1) {
            return f(load(0));
        } else if constexpr (inputs == 2) {
            return f(load(0), load(1));
        } else if constexpr (inputs == 3) {
            return f(load(0), load(1), load(2));
        } else {
            return f(load(0), load(1), load(2), load(3));
        }
    }();
    if constexpr (requires { select(result, V(), V()); }) {
        return select(result, V(1), V(0));
    } else {
        return result;
    }
}

template <class T, class F>
void loop(const Streams<T>& streams, long n) {
    using V = Vec<T>;
    constexpr bool pair = requires(Two<V> two) { two = apply<V>(F{}, [](int) { return V(); }); };
    const Streams<T> s = streams;  // a copy that no store can reach
    long i = 0;
    for (; i + V::width <= n; i += V::width) {
        const auto y = apply<V>(F{}, [&](int k) { return V::load(s.in[k] + i * s.in_step[k]); });
        if constexpr (pair) {
            y.first.store(s.out[0] + i * s.out_step[0]);
            y.second.store(s.out[1] + i * s.out_step[1]);
        } else {
            y.store(s.out[0] + i);
        }
    }
    if (i == n) return;
    const auto y = apply<V>(F{}, [&](int k) { return V::load(s.in[k] + i * s.in_step[k], n - i); });
    if constexpr (pair) {
        y.first.store(s.out[0] + i * s.out_step[0], n - i);
        y.second.store(s.out[1] + i * s.out_step[1], n - i);
    } else {
        y.store(s.out[0] + i, n - i);
    }
}

template <class... F>
struct Table {
    static constexpr elementwise::Loop<float> f32[] = {loop<float, F>...};
    static constexpr elementwise::Loop<double> f64[] = {loop<double, F>...};
};

// table(f, g, ...): the loops of functions that take one type of register as well as another.
template <class... F>
constexpr elementwise::Loops table(F...) {
    return {Table<F...>::f32, Table<F...>::f64};
}

// Calls the C library for each lane: for what is rare, or has no short form in registers.
template <class V, class F>
FASTNN_INLINE V each_lane(F f, V a) {
    for (int i = 0; i < V::width; ++i) a.v[i] = f(a.v[i]);
    return a;
}

template <class V, class F>
FASTNN_INLINE V each_lane(F f, V a, V b) {
    for (int i = 0; i < V::width; ++i) a.v[i] = f(a.v[i], b.v[i]);
    return a;
}

}  // namespace
}  // namespace fastnn::FASTNN_ISA
