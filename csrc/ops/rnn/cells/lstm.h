// c' = f c + i g, h' = o tanh(c').
#pragma once

#include "ops/rnn/cells/step_loop.h"

namespace fastnn::FASTNN_ISA {

struct Lstm {
    template <class T, class Load, class Store>
    static FASTNN_INLINE Vec<T> forward(const ForwardRow<T>& s, dim_t j, Load load, Store store) {
        using V = Vec<T>;
        T* const g = s.gates + j;
        const V in = sigmoid(load(g)), forget = sigmoid(load(g + s.gate)),
                value = tanh(load(g + 2 * s.gate)), out = sigmoid(load(g + 3 * s.gate));
        const V c = fma(forget, load(s.cell + j), in * value);
        store(g, in);
        store(g + s.gate, forget);
        store(g + 2 * s.gate, value);
        store(g + 3 * s.gate, out);
        store(s.cell + j, c);
        if (s.cells != nullptr) store(s.cells + j, c);
        return out * tanh(c);
    }
    template <class T, class Load, class Store>
    static FASTNN_INLINE Vec<T> backward(const BackwardRow<T>& s, dim_t j, Vec<T> dh, Load load,
                                         Store store) {
        using V = Vec<T>;
        const V one(T(1));
        const T* const g = s.gates + j;
        const auto put = [&](dim_t gate, V x) __attribute__((always_inline)) {
            store(s.dgates + j + gate * s.gate, x);
            store(s.next + j + gate * s.gate, x);
        };
        const V in = load(g), forget = load(g + s.gate), value = load(g + 2 * s.gate),
                out = load(g + 3 * s.gate);
        const V t = tanh(load(s.cell + j));
        const V dc = fma(dh * out, fnma(t, t, one), load(s.dcell + j));
        const V before = load(s.before + j);
        store(s.dcell + j, dc * forget);
        put(0, dc * value * in * (one - in));
        put(1, dc * before * forget * (one - forget));
        put(2, dc * in * fnma(value, value, one));
        put(3, dh * t * out * (one - out));
        return V();
    }
};

}  // namespace fastnn::FASTNN_ISA
