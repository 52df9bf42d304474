// The cells: what happens to the sums of one step, elementwise.
#include "ops/rnn/cell_kernel.h"

namespace fastnn::FASTNN_ISA {
namespace {

using rnn::Mode;

// All parts side by side: two sums alone would wait for their own last addition.
template <class T, int Parts>
void one_row(const rnn::OneRow<T>& s) {
    using V = Vec<T>;
    constexpr long W = V::width;
    constexpr long ahead = 1024 / sizeof(T);
    V acc[Parts][2];
    const T* b = s.b;
    for (long k = 0; k < s.depth; ++k, b += s.row) {
        const V x(s.a[k]);
#pragma GCC unroll 4
        for (int p = 0; p < Parts; ++p) {
#pragma GCC unroll 2
            for (int v = 0; v < 2; ++v) {
                __builtin_prefetch(b + p * s.part + v * W + ahead);
                acc[p][v] = fma(x, V::load(b + p * s.part + v * W), acc[p][v]);
            }
        }
    }
#pragma GCC unroll 4
    for (int p = 0; p < Parts; ++p) {
        for (int v = 0; v < 2; ++v) {
            V sum = acc[p][v];
            if (s.beta[p] != T(0)) sum = fma(V(s.beta[p]), V::load(s.c[p] + v * W), sum);
            if (s.bias[p] != nullptr) sum += V::load(s.bias[p] + v * W);
            sum.store(s.c[p] + v * W);
        }
    }
}

template <class T>
void one_row_of_parts(const rnn::OneRow<T>& s) {
    s.parts == 4 ? one_row<T, 4>(s) : one_row<T, 3>(s);
}

template <Mode mode, class T>
void forward(const rnn::Forward<T>& s) {
    using V = Vec<T>;
    over<T>(s.rows, s.units,
            [&](long i, long j, auto load, auto store) __attribute__((always_inline)) {
                T* const g = s.gates + i * s.gates_row + j;
                V h;
                if constexpr (mode == Mode::lstm) {
                    const V in = sigmoid(load(g)), forget = sigmoid(load(g + s.gate)),
                            value = tanh(load(g + 2 * s.gate)), out = sigmoid(load(g + 3 * s.gate));
                    T* const cell = s.cell + i * s.cell_row + j;
                    const V c = fma(forget, load(cell), in * value);
                    store(g, in);
                    store(g + s.gate, forget);
                    store(g + 2 * s.gate, value);
                    store(g + 3 * s.gate, out);
                    store(cell, c);
                    if (s.cells != nullptr) store(s.cells + i * s.cells_row + j, c);
                    h = out * tanh(c);
                } else if constexpr (mode == Mode::gru) {
                    const V r = sigmoid(load(g)), z = sigmoid(load(g + s.gate));
                    const V n = tanh(fma(r, load(g + 3 * s.gate), load(g + 2 * s.gate)));
                    store(g, r);
                    store(g + s.gate, z);
                    store(g + 2 * s.gate, n);
                    T* const before = s.cell + i * s.cell_row + j;
                    h = fma(z, load(before) - n, n);
                    store(before, h);
                } else {
                    const V sum = load(g);
                    h = mode == Mode::tanh ? tanh(sum) : select(sum <= V(), V(), sum);
                }
                if (s.h != nullptr) store(s.h + i * s.h_row + j, h);
                if (s.mask != nullptr) h *= load(s.mask + i * s.mask_row + j);
                store(s.next + i * s.next_row + j, h);
            });
}

template <Mode mode, class T>
void backward(const rnn::Backward<T>& s) {
    using V = Vec<T>;
    const V one(T(1));
    over<T>(
        s.rows, s.units, [&](long i, long j, auto load, auto store) __attribute__((always_inline)) {
            const T* const g = s.gates + i * s.gates_row + j;
            T* const dg = s.dgates + i * s.dgates_row + j;
            T* const next = s.next + i * s.next_row + j;
            const V dh = slope(s, i, j, load);
            V carry;
            const auto put = [&](int gate, V x) __attribute__((always_inline)) {
                store(dg + gate * s.gate, x);
                store(next + gate * s.next_gate, x);
            };
            if constexpr (mode == Mode::lstm) {
                const V in = load(g), forget = load(g + s.gate), value = load(g + 2 * s.gate),
                        out = load(g + 3 * s.gate);
                T* const dcell = s.dcell + i * s.dcell_row + j;
                const V t = tanh(load(s.cell + i * s.cell_row + j));
                const V dc = fma(dh * out, fnma(t, t, one), load(dcell));
                const V before = load(s.before + i * s.before_row + j);
                store(dcell, dc * forget);
                put(0, dc * value * in * (one - in));
                put(1, dc * before * forget * (one - forget));
                put(2, dc * in * fnma(value, value, one));
                put(3, dh * t * out * (one - out));
            } else if constexpr (mode == Mode::gru) {
                const V r = load(g), z = load(g + s.gate), n = load(g + 2 * s.gate),
                        product = load(g + 3 * s.gate);
                const V before = load(s.before + i * s.before_row + j);
                const V dn = dh * (one - z) * fnma(n, n, one);
                const V dr = dn * product * r * (one - r), dz = dh * (before - n) * z * (one - z);
                carry = dh * z;
                put(0, dr);
                put(1, dz);
                store(dg + 2 * s.gate, dn);
                store(dg + 3 * s.gate, dn * r);
                store(next + 2 * s.next_gate, dn * r);
            } else {
                const V y = load(g);
                put(0, mode == Mode::tanh ? dh * fnma(y, y, one) : select(y <= V(), V(), dh));
            }
            if (s.carry != nullptr) store(s.carry + i * s.carry_row + j, carry);
        });
}

// In blocks, so that the error of a long sum stays small.
template <class T>
void column_sums(const T* x, long row, long rows, long cols, T* out) {
    using V = Vec<T>;
    constexpr long block = 128;
    over<T>(1, cols, [&](long, long j, auto load, auto store) __attribute__((always_inline)) {
        V total;
        for (long i = 0; i < rows;) {
            V sum;
            for (const long end = i + block < rows ? i + block : rows; i < end; ++i)
                sum += load(x + i * row + j);
            total += sum;
        }
        store(out + j, total);
    });
}

template <class T>
void gather(const rnn::Backward<T>& s) {
    over<T>(s.rows, s.units,
            [&](long i, long j, auto load, auto store) __attribute__((always_inline)) {
                const Vec<T> dh = slope(s, i, j, load);
                store(s.carry + i * s.carry_row + j, Vec<T>());
                store(s.dgates + i * s.dgates_row + j, dh);
                store(s.next + i * s.next_row + j, dh);
            });
}

template <bool add, class T>
void times(const T* x, long x_row, const T* mask, long mask_row, T* y, long y_row, long rows,
           long cols) {
    over<T>(rows, cols, [&](long i, long j, auto load, auto store) __attribute__((always_inline)) {
        Vec<T> product = load(x + i * x_row + j);
        if (!add || mask != nullptr) product *= load(mask + i * mask_row + j);
        if (add) product += load(y + i * y_row + j);
        store(y + i * y_row + j, product);
    });
}

template <class T>
constexpr rnn::TypedKernels<T> kTable{
    one_row_of_parts<T>,
    {forward<Mode::tanh, T>, forward<Mode::relu, T>, forward<Mode::lstm, T>, forward<Mode::gru, T>},
    {backward<Mode::tanh, T>, backward<Mode::relu, T>, backward<Mode::lstm, T>,
     backward<Mode::gru, T>},
    column_sums<T>,
    gather<T>,
    times<false, T>,
    times<true, T>};

}  // namespace
}  // namespace fastnn::FASTNN_ISA

namespace fastnn {
template <>
const rnn::TypedKernels<float>& isa::table_at<Isa::FASTNN_ISA>() {
    return FASTNN_ISA::kTable<float>;
}
template <>
const rnn::TypedKernels<double>& isa::table_at<Isa::FASTNN_ISA>() {
    return FASTNN_ISA::kTable<double>;
}
}  // namespace fastnn
