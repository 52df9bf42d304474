// The one loop of every elementwise operation, over a function of registers. For kernel files only.
#pragma once

#include "ops/elementwise/elementwise.h"
#include "simd/vec.h"

namespace fastnn::FASTNN_ISA {
namespace {

using elementwise::Op;
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

// f(load(0), load(1), ...)
template <class V, class F, class Load>
FASTNN_INLINE auto call(F f, Load load) {
    constexpr int inputs = arity<F, V>();
    if constexpr (inputs == 1) {
        return f(load(0));
    } else if constexpr (inputs == 2) {
        return f(load(0), load(1));
    } else if constexpr (inputs == 3) {
        return f(load(0), load(1), load(2));
    } else {
        return f(load(0), load(1), load(2), load(3));
    }
}

// The result of a function of registers V: a register, two of them, or a mask.
template <class V, class F>
using Result = decltype(call<V>(F{}, [](int) { return V(); }));
template <class V, class F>
constexpr bool gives_pair = requires(Two<V> two, Result<V, F> y) { two = y; };
template <class V, class F>
constexpr bool gives_mask = requires(Result<V, F> y) { select(y, V(), V()); };

// The same; a mask becomes 1 or 0.
template <class V, class F, class Load>
FASTNN_INLINE auto apply(F f, Load load) {
    const auto result = call<V>(f, load);
    if constexpr (gives_mask<V, F>) {
        return select(result, V(1), V(0));
    } else {
        return result;
    }
}

template <class T, class F>
void loop(const Streams<T>& streams, dim_t n) {
    using V = Vec<T>;
    constexpr bool pair = gives_pair<V, F>;
    const Streams<T> s = streams;  // a copy that no store can reach
    dim_t i = 0;
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

// An operation: its name, what an element costs, and its function of registers of either type.
template <Op operation, class Function>
struct Entry {
    static constexpr Op op = operation;
    using F = Function;
    elementwise::Info info;
};

template <Op op, class F>
constexpr Entry<op, F> entry(const char* name, double ns, double flops, F) {
    using V = Vec<float>;
    return {{name, arity<F, V>(), gives_pair<V, F> ? 2 : 1, gives_mask<V, F>, ns, flops}};
}

template <class... E>
struct Table {
    static constexpr int count = sizeof...(E);
    elementwise::Loop<float> f32[count] = {loop<float, typename E::F>...};
    elementwise::Loop<double> f64[count] = {loop<double, typename E::F>...};
    elementwise::Info info[count];
    constexpr elementwise::Loops loops() const { return {f32, f64, info}; }
};

// table<first>(entry, entry, ...): the entries of all operations from `first` on, in their order.
template <Op first, class... E>
constexpr Table<E...> table(E... entries) {
    int next = static_cast<int>(first);
    if (((static_cast<int>(E::op) != next++) || ...)) __builtin_trap();  // at compile time
    return {.info = {entries.info...}};
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
