// h' = f(g), f tanh or relu. Backward reads y where other cells read gates.
#pragma once

#include "ops/rnn/cells/step_loop.h"

namespace fastnn::FASTNN_ISA {

struct Tanh {
    template <class V>
    static FASTNN_INLINE V value(V sum) {
        return tanh(sum);
    }
    template <class V>
    static FASTNN_INLINE V gradient(V y, V dh) {
        return dh * fnma(y, y, V(1));
    }
};

struct Relu {
    template <class V>
    static FASTNN_INLINE V value(V sum) {
        return select(sum <= V(), V(), sum);
    }
    template <class V>
    static FASTNN_INLINE V gradient(V y, V dh) {
        return select(y <= V(), V(), dh);
    }
};

template <class Function>
struct Elman {
    // The new state of the units from j on.
    template <class T, class Load, class Store>
    static FASTNN_INLINE Vec<T> forward(const ForwardRow<T>& s, dim_t j, Load load, Store) {
        return Function::value(load(s.gates + j));
    }
    // From dh, stores the gradient of each gate. Returns the part of the gradient of h that does
    // not come from the recurrent product.
    template <class T, class Load, class Store>
    static FASTNN_INLINE Vec<T> backward(const BackwardRow<T>& s, dim_t j, Vec<T> dh, Load load,
                                         Store store) {
        const Vec<T> dsum = Function::gradient(load(s.gates + j), dh);
        store(s.dgates + j, dsum);
        store(s.next + j, dsum);
        return Vec<T>();
    }
};

}  // namespace fastnn::FASTNN_ISA
