// n = tanh(W_n x + b_n + r (U_n h + b'_n)), h' = n + z (h - n).
#pragma once

#include "ops/rnn/cells/step_loop.h"

namespace fastnn::FASTNN_ISA {

struct Gru {
    template <class T, class Load, class Store>
    static FASTNN_INLINE Vec<T> forward(const ForwardRow<T>& s, dim_t j, Load load, Store store) {
        using V = Vec<T>;
        T* const g = s.gates + j;
        const V r = sigmoid(load(g)), z = sigmoid(load(g + s.gate));
        const V n = tanh(fma(r, load(g + 3 * s.gate), load(g + 2 * s.gate)));
        store(g, r);
        store(g + s.gate, z);
        store(g + 2 * s.gate, n);
        const V h = fma(z, load(s.cell + j) - n, n);
        store(s.cell + j, h);
        return h;
    }
    template <class T, class Load, class Store>
    static FASTNN_INLINE Vec<T> backward(const BackwardRow<T>& s, dim_t j, Vec<T> dh, Load load,
                                         Store store) {
        using V = Vec<T>;
        const V one(T(1));
        const T* const g = s.gates + j;
        T *const dg = s.dgates + j, *const next = s.next + j;
        const V r = load(g), z = load(g + s.gate), n = load(g + 2 * s.gate),
                product = load(g + 3 * s.gate);
        const V before = load(s.before + j);
        const V dn = dh * (one - z) * fnma(n, n, one);
        const V dr = dn * product * r * (one - r), dz = dh * (before - n) * z * (one - z);
        store(dg, dr);
        store(next, dr);
        store(dg + s.gate, dz);
        store(next + s.gate, dz);
        store(dg + 2 * s.gate, dn);
        store(dg + 3 * s.gate, dn * r);
        store(next + 2 * s.gate, dn * r);
        return dh * z;
    }
};

}  // namespace fastnn::FASTNN_ISA
