// The loops over rows and units of a step, and what all cells have in common.
#pragma once

#include "ops/rnn/cells/kernels.h"
#include "simd/math.h"

namespace fastnn::FASTNN_ISA {

template <class T>
FASTNN_INLINE T* row_at(const rnn::RowView<T>& rows, dim_t i) {
    return rows.data + (rows.index != nullptr ? rows.index[i] : i) * rows.stride;
}
template <class T>
FASTNN_INLINE T* optional_row_at(const rnn::RowView<T>& rows, dim_t i) {
    return rows.data != nullptr ? row_at(rows, i) : nullptr;
}

// f(j, load, store) for every vector of n units.
template <class T, class F>
FASTNN_INLINE void for_units(dim_t n, F f) {
    using V = Vec<T>;
    dim_t j = 0;
    for (; j + V::width <= n; j += V::width) {
        f(
            j, [](const T* p) __attribute__((always_inline)) { return V::load(p); },
            [](T* p, V x) __attribute__((always_inline)) { x.store(p); });
    }
    if (const dim_t rest = n - j; rest > 0) {
        f(
            j, [rest](const T* p) __attribute__((always_inline)) { return V::load(p, rest); },
            [rest](T* p, V x) __attribute__((always_inline)) { x.store(p, rest); });
    }
}

// One row of a step.
template <class T>
struct ForwardRow {
    T *gates, *cell, *cells;
    dim_t gate;
    FASTNN_INLINE ForwardRow(const rnn::ForwardStep<T>& s, dim_t i)
        : gates(row_at(s.gates, i)),
          cell(optional_row_at(s.cell, i)),
          cells(optional_row_at(s.cells, i)),
          gate(s.gate) {}
};

template <class T>
struct BackwardRow {
    const T *gates, *cell, *before;
    T *dgates, *next, *dcell;
    dim_t gate;
    FASTNN_INLINE BackwardRow(const rnn::BackwardStep<T>& s, dim_t i)
        : gates(row_at(s.gates, i)),
          cell(optional_row_at(s.cell, i)),
          before(optional_row_at(s.before, i)),
          dgates(row_at(s.dgates, i)),
          next(row_at(s.next, i)),
          dcell(optional_row_at(s.dcell, i)),
          gate(s.gate) {}
};

// dh of one row.
template <class T>
struct StateGradient {
    const T *product, *mask, *dy;
    T* carry;
    FASTNN_INLINE StateGradient(const rnn::BackwardStep<T>& s, dim_t i)
        : product(optional_row_at(s.product, i)),
          mask(optional_row_at(s.mask, i)),
          dy(optional_row_at(s.dy, i)),
          carry(optional_row_at(s.carry, i)) {}
    template <class Load>
    FASTNN_INLINE Vec<T> operator()(dim_t j, Load load) const {
        Vec<T> dh;
        if (product != nullptr) {
            dh = load(product + j);
            if (mask != nullptr) dh *= load(mask + j);
        }
        if (dy != nullptr) dh += load(dy + j);
        if (carry != nullptr) dh += load(carry + j);
        return dh;
    }
};

}  // namespace fastnn::FASTNN_ISA
