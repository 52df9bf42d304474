// Transposes of matrices, in square blocks of registers.
#pragma once

#include "vec.h"

namespace fastnn::FASTNN_ISA {

// Lane l of the result is lane index(l) of a, or from W on lane index(l) - W of b.
template <auto index, int n, int... l>
struct Shuffle : Shuffle<index, n - 1, n - 1, l...> {};
template <auto index, int... l>
struct Shuffle<index, 0, l...> {
    template <class R>
    static FASTNN_INLINE R of(R a, R b) {
        return __builtin_shufflevector(a, b, index(l)...);
    }
};
template <auto index, class R>
FASTNN_INLINE R shuffle(R a, R b) {
    return Shuffle<index, sizeof(R) / sizeof(a[0])>::of(a, b);
}

// The first (or second) halves of two registers, interleaved in units of `unit` lanes, within each
// `part` lanes.
template <bool High, int part, int unit, class R>
FASTNN_INLINE R zip(R a, R b) {
    constexpr auto from = [](int l) {
        const int place = l % part / unit, lane = l / part * part + l % unit;
        return lane + (place / 2 + (High ? part / unit / 2 : 0)) * unit +
               (place % 2 ? int(sizeof(R) / sizeof(a[0])) : 0);
    };
    return shuffle<from>(a, b);
}

template <bool High, int part, int unit, class T>
FASTNN_INLINE Vec<T> zip(Vec<T> a, Vec<T> b) {
    return Vec<T>(zip<High, part, unit>(a.v, b.v));
}

// Interleaving registers i and i + n/2 into 2i and 2i + 1 rotates the binary digits of (register,
// unit of a part) by one place: in log2(n) rounds, registers and units are exchanged. The registers
// are r[0], r[step], ...
template <int n, int part, int unit, int step = 1, class R>
FASTNN_INLINE void exchange(R* r) {
#pragma GCC unroll 4
    for (int round = 1; round < n; round *= 2) {
        R z[n];
#pragma GCC unroll 8
        for (int i = 0; i < n / 2; ++i) {
            z[2 * i] = zip<false, part, unit>(r[i * step], r[(i + n / 2) * step]);
            z[2 * i + 1] = zip<true, part, unit>(r[i * step], r[(i + n / 2) * step]);
        }
#pragma GCC unroll 16
        for (int i = 0; i < n; ++i) r[i * step] = z[i];
    }
}

// Square transpose of W registers of W lanes: within 16 bytes, which AVX shuffles twice as fast as
// whole registers, then of such parts.
template <class R, int W>
FASTNN_INLINE void transpose(R (&r)[W]) {
    constexpr int part = 16 / (sizeof(R) / W);
#pragma GCC unroll 8
    for (int k = 0; k < W; k += part) exchange<part, part, 1>(r + k);
    if constexpr (part < W) {
#pragma GCC unroll 16
        for (int k = 0; k < part; ++k) exchange<W / part, W, part, part>(r + k);
    }
}

// A register of W lanes, of which lane l is element source(l) of the sequence of 2 to 4 registers.
template <auto source, int W, class R, int n>
FASTNN_INLINE R collect(const R (&r)[n]) {
    constexpr auto low = [](int l) { return source(l) < 2 * W ? source(l) : l; };
    const R first = shuffle<low>(r[0], r[1]);
    if constexpr (n == 2) {
        return first;
    } else if constexpr (n == 3) {
        constexpr auto last = [](int l) { return source(l) < 2 * W ? l : source(l) - W; };
        return shuffle<last>(first, r[2]);
    } else {
        constexpr auto high = [](int l) { return source(l) < 2 * W ? l : source(l) - 2 * W; };
        constexpr auto either = [](int l) { return source(l) < 2 * W ? l : W + l; };
        return shuffle<either>(first, shuffle<high>(r[2], r[3]));
    }
}

// Where lane l of register k comes from, of n registers whose lanes are interleaved, or split.
template <int n, int W, int k>
constexpr int interleaved(int l) {
    return (k * W + l) % n * W + (k * W + l) / n;
}
template <int n, int k>
constexpr int parted(int l) {
    return l * n + k;
}

// z = r[0][0], r[1][0], ..., r[0][1], r[1][1], ... of 2 to 4 registers.
template <class R, int n>
FASTNN_INLINE void interleave(const R (&r)[n], R (&z)[n]) {
    constexpr int W = sizeof(R) / sizeof(r[0][0]);
    if constexpr (n == 3) {
        z[0] = collect<interleaved<n, W, 0>, W>(r);
        z[1] = collect<interleaved<n, W, 1>, W>(r);
        z[2] = collect<interleaved<n, W, 2>, W>(r);
    } else {
#pragma GCC unroll 4
        for (int i = 0; i < n; ++i) z[i] = r[i];
        exchange<n, W, 1>(z);
    }
}

// The inverse of interleave.
template <class R, int n>
FASTNN_INLINE void part(const R (&r)[n], R (&z)[n]) {
    constexpr int W = sizeof(R) / sizeof(r[0][0]);
    z[0] = collect<parted<n, 0>, W>(r);
    z[1] = collect<parted<n, 1>, W>(r);
    if constexpr (n > 2) z[2] = collect<parted<n, 2>, W>(r);
    if constexpr (n > 3) z[3] = collect<parted<n, 3>, W>(r);
}

namespace {

// y_of(j)[i] = x_of(i)[j] for i < rows, j < cols; lanes beyond `rows` up to `padded` become 0.
// Rows of x and of y may lie anywhere.
template <class T, class X, class Y>
FASTNN_INLINE void transpose_rows(X x_of, dim_t rows, dim_t cols, Y y_of, dim_t padded) {
    using V = Vec<T>;
    constexpr dim_t W = V::width;
    for (dim_t i = 0; i < rows; i += W) {
        const dim_t high = rows - i < W ? rows - i : W, stored = padded - i < W ? padded - i : W;
        for (dim_t j = 0; j < cols; j += W) {
            const dim_t wide = cols - j < W ? cols - j : W;
            V r[W];
            if (high == W && wide == W) {
#pragma GCC unroll 16
                for (int q = 0; q < W; ++q) r[q] = V::load(x_of(i + q) + j);
            } else {
#pragma GCC unroll 16
                for (int q = 0; q < W; ++q) r[q] = q < high ? V::load(x_of(i + q) + j, wide) : V();
            }
            transpose(r);
            if (wide == W && stored == W) {
#pragma GCC unroll 16
                for (int q = 0; q < W; ++q) r[q].store(y_of(j + q) + i);
            } else {
#pragma GCC unroll 16
                for (int q = 0; q < W; ++q) {
                    if (q < wide) r[q].store(y_of(j + q) + i, stored);
                }
            }
        }
    }
}

// The same of matrices: out[j * out_row + i] = x[i * x_row + j].
template <class T>
void transpose_block(const T* x, dim_t x_row, dim_t rows, dim_t cols, T* out, dim_t out_row,
                     dim_t padded) {
    transpose_rows<T>(
        [=](dim_t i) __attribute__((always_inline)) { return x + i * x_row; }, rows, cols,
        [=](dim_t j) __attribute__((always_inline)) { return out + j * out_row; }, padded);
}

}  // namespace
}  // namespace fastnn::FASTNN_ISA
