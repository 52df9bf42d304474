// The cell of an LSTM with layer norm: its sums are normalized over all units of a row, so it
// computes whole rows, each while it is in L1.
#include "ops/rnn/cells/step_loop.h"
#include "simd/reduce.h"

namespace fastnn::FASTNN_ISA {
namespace {

template <class T>
struct Norm {
    T mean, scale;  // 1 / deviation
    FASTNN_INLINE Vec<T> operator()(Vec<T> x) const { return (x - Vec<T>(mean)) * Vec<T>(scale); }
};

// In two passes, since the row is in L1: accurate also with a mean far from zero.
template <class T>
FASTNN_INLINE Norm<T> norm_of(const T* x, dim_t n, T eps) {
    using V = Vec<T>;
    const T mean = row_sum(x, n, [](V v) __attribute__((always_inline)) { return v; }) / T(n);
    const T square = row_sum(x, n,
                             [mean](V v) __attribute__((always_inline)) {
                                 const V d = v - V(mean);
                                 return d * d;
                             }) /
                     T(n);
    return {mean, T(1 / __builtin_sqrt(double(square) + double(eps)))};
}

// The preactivation of a gate, from the normalized sums x and u.
template <class T, class Load>
FASTNN_INLINE Vec<T> gate_sum(const rnn::Gains<T>& g, dim_t at, Vec<T> x, Vec<T> u, Load load) {
    Vec<T> sum = fma(load(g.hh + at), u, load(g.ih + at) * x);
    if (g.b_ih != nullptr) sum += load(g.b_ih + at) + load(g.b_hh + at);
    return sum;
}

template <class T, class Load>
FASTNN_INLINE Vec<T> cell_sum(const rnn::Gains<T>& g, dim_t j, Vec<T> c, Load load) {
    return g.b_c != nullptr ? fma(load(g.c + j), c, load(g.b_c + j)) : load(g.c + j) * c;
}

template <class T>
void forward(const rnn::NormForwardStep<T>& s) {
    using V = Vec<T>;
    const dim_t n = s.units;
    for (dim_t i = 0; i < s.rows; ++i) {
        T *const x = row_at(s.gates, i), *const u = row_at(s.recurrent, i);
        T *const cell = row_at(s.cell, i), *const cells = optional_row_at(s.cells, i);
        T *const h = row_at(s.h, i), *const next = row_at(s.next, i);
        const T* const mask = optional_row_at(s.mask, i);
        const Norm<T> of_x = norm_of(x, 4 * n, s.eps), of_u = norm_of(u, 4 * n, s.eps);
        for_units<T>(n, [&](dim_t j, auto load, auto store) __attribute__((always_inline)) {
            const auto sum = [&](dim_t gate) __attribute__((always_inline)) {
                const dim_t at = gate * n + j;
                const V a = of_x(load(x + at)), b = of_u(load(u + at));
                store(x + at, a);
                store(u + at, b);
                return gate_sum(s.gains, at, a, b, load);
            };
            const V in = sigmoid(sum(0)), forget = sigmoid(sum(1)), value = tanh(sum(2));
            const V c = fma(forget, load(cell + j), in * value);
            store(cell + j, c);
            if (cells != nullptr) store(cells + j, c);
            store(h + j, sigmoid(sum(3)));
        });
        const Norm<T> of_c = norm_of(cell, n, s.eps);
        for_units<T>(n, [&](dim_t j, auto load, auto store) __attribute__((always_inline)) {
            V y = load(h + j) * tanh(cell_sum(s.gains, j, of_c(load(cell + j)), load));
            store(h + j, y);
            if (mask != nullptr) y *= load(mask + j);
            store(next + j, y);
        });
        if (s.norms == nullptr) continue;
        T* const norms = s.norms + 4 * i;
        norms[0] = of_x.scale, norms[1] = of_u.scale, norms[2] = of_c.mean, norms[3] = of_c.scale;
    }
}

// Of y = (x - mean) / deviation: dx = (dy - mean dy - y mean(dy y)) / deviation.
template <class T>
struct NormBackward {
    using V = Vec<T>;
    V dy, dy_y;  // sums, then means
    T scale;
    FASTNN_INLINE explicit NormBackward(T scale_) : scale(scale_) {}
    FASTNN_INLINE void add(V d, V y) {
        dy += d;
        dy_y = fma(d, y, dy_y);
    }
    FASTNN_INLINE void finish(dim_t n) {
        dy = sum(dy) / T(n);
        dy_y = sum(dy_y) / T(n);
    }
    FASTNN_INLINE V operator()(V d, V y) const { return fnma(y, dy_y, d - dy) * V(scale); }
};

template <class T>
void backward(const rnn::NormBackwardStep<T>& s) {
    using V = Vec<T>;
    const V one(T(1));
    const dim_t n = s.units;
    for (dim_t i = 0; i < s.rows; ++i) {
        const StateGradient<T> state_gradient(s, i);
        const T *const x = row_at(s.gates, i), *const u = x + s.recurrent;
        const T *const cell = row_at(s.cell, i), *const before = row_at(s.before, i);
        T* const dcell = row_at(s.dcell, i);
        const T* const norms = s.norms + 4 * i;
        T* const sums = s.sums + (s.place + i) / s.group * s.sums_row;
        // Holds the gradients of the preactivations; before them, in the place of gate i, the
        // gradient of the normalized c.
        T* const dgates = row_at(s.next, i);
        NormBackward<T> of_x(norms[0]), of_u(norms[1]), of_c(norms[3]);
        const Norm<T> cell_norm{norms[2], norms[3]};
        const auto gate = [&](dim_t g, dim_t j, auto load) __attribute__((always_inline)) {
            const dim_t at = g * n + j;
            return gate_sum(s.gains, at, load(x + at), load(u + at), load);
        };
        for_units<T>(n, [&](dim_t j, auto load, auto store) __attribute__((always_inline)) {
            const V dh = state_gradient(j, load);
            store(state_gradient.carry + j, V());
            const V out = sigmoid(gate(3, j, load)), c = cell_norm(load(cell + j));
            const V t = tanh(cell_sum(s.gains, j, c, load));
            const V d = dh * out * fnma(t, t, one);
            T *const dgain = sums + 12 * n + j, *const db = sums + 13 * n + j;
            store(dgain, fma(d, c, load(dgain)));
            store(db, load(db) + d);
            const V dc = d * load(s.gains.c + j);
            of_c.add(dc, c);
            store(dgates + j, dc);
            store(dgates + 3 * n + j, dh * t * out * (one - out));
        });
        of_c.finish(n);
        for_units<T>(n, [&](dim_t j, auto load, auto store) __attribute__((always_inline)) {
            const V in = sigmoid(gate(0, j, load)), forget = sigmoid(gate(1, j, load)),
                    value = tanh(gate(2, j, load));
            const V dc = of_c(load(dgates + j), cell_norm(load(cell + j))) + load(dcell + j);
            store(dcell + j, dc * forget);
            const auto put = [&](dim_t g, V d) __attribute__((always_inline)) {
                const dim_t at = g * n + j;
                T* const sum = sums + at;
                const V a = load(x + at), b = load(u + at);
                store(dgates + at, d);
                store(sum, load(sum) + d);
                store(sum + 4 * n, fma(d, a, load(sum + 4 * n)));
                store(sum + 8 * n, fma(d, b, load(sum + 8 * n)));
                of_x.add(d * load(s.gains.ih + at), a);
                of_u.add(d * load(s.gains.hh + at), b);
            };
            put(0, dc * value * in * (one - in));
            put(1, dc * load(before + j) * forget * (one - forget));
            put(2, dc * in * fnma(value, value, one));
            put(3, load(dgates + 3 * n + j));
        });
        of_x.finish(4 * n);
        of_u.finish(4 * n);
        T* const dx = row_at(s.dgates, i);
        for_units<T>(4 * n, [&](dim_t j, auto load, auto store) __attribute__((always_inline)) {
            const V d = load(dgates + j);
            const V du = of_u(d * load(s.gains.hh + j), load(u + j));
            store(dx + j, of_x(d * load(s.gains.ih + j), load(x + j)));
            store(dx + s.recurrent + j, du);
            store(dgates + j, du);
        });
    }
}

template <class T>
constexpr rnn::NormKernels<T> kTable{forward<T>, backward<T>};

}  // namespace
}  // namespace fastnn::FASTNN_ISA

FASTNN_KERNELS(rnn::NormKernels<float>, kTable<float>)
FASTNN_KERNELS(rnn::NormKernels<double>, kTable<double>)
