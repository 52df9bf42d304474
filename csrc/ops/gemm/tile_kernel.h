// The register-blocked micro-kernel, and the loops over the tiles of a block.
#pragma once

#include "core/integer.h"
#include "ops/gemm/blocking_kernel.h"
#include "ops/gemm/kernels.h"
#include "simd/vec.h"

namespace fastnn::FASTNN_ISA {
namespace {

using gemm::Block;

template <class T>
struct Tile {
    const T* a;
    dim_t a_stride;  // of rows, or of k where A is stored by columns
    const T* b;
    dim_t b_row;
    T* c;
    dim_t c_row;
    dim_t k, n;  // n: columns to be stored, more than (NV - 1) vectors
    dim_t segments;
    const dim_t* a_offset;  // of each segment, or null
    dim_t a_scale;          // elements per unit of an offset
    T alpha, beta;
    Epilogue<T> epilogue;
};

template <int MR, int NV, class T>
FASTNN_INLINE void store_tile(Vec<T> (&acc)[MR][NV], const Tile<T>& t) {
    using V = Vec<T>;
    constexpr dim_t W = V::width;
    const dim_t tail = t.n - (NV - 1) * W;  // columns of the last vector
    const auto each = [&](auto f) __attribute__((always_inline)) {
#pragma GCC unroll 16
        for (int i = 0; i < MR; ++i) {
#pragma GCC unroll 16
            for (int v = 0; v < NV; ++v) f(i, v);
        }
    };
    const auto apply = [&](auto load, auto store) __attribute__((always_inline)) {
        if (t.alpha != T(1)) {
            const V alpha(t.alpha);
            each([&](int i, int v)
                     __attribute__((always_inline)) { acc[i][v] = acc[i][v] * alpha; });
        }
        if (t.beta != T(0)) {
            const V beta(t.beta);
            each([&](int i, int v) __attribute__((always_inline)) {
                acc[i][v] = fma(beta, load(t.c + i * t.c_row + v * W, v), acc[i][v]);
            });
        }
        const Epilogue<T>& e = t.epilogue;
        if (e.bias != nullptr) {
            V bias[NV];
#pragma GCC unroll 16
            for (int v = 0; v < NV; ++v) bias[v] = load(e.bias + v * W, v);
            each([&](int i, int v)
                     __attribute__((always_inline)) { acc[i][v] = acc[i][v] + bias[v]; });
        }
        if (e.residual != nullptr) {
            each([&](int i, int v) __attribute__((always_inline)) {
                acc[i][v] = acc[i][v] + load(e.residual + i * e.residual_row + v * W, v);
            });
        }
        if (e.relu_in_registers()) {
            const V zero;
            each([&](int i, int v) __attribute__((always_inline)) {
                acc[i][v] = select(acc[i][v] <= zero, zero, acc[i][v]);  // NaN stays NaN
            });
        }
        each([&](int i, int v) __attribute__((always_inline)) {
            store(t.c + i * t.c_row + v * W, acc[i][v], v);
        });
    };
    if (tail == W) {
        apply([](const T* p, int) __attribute__((always_inline)) { return V::load(p); },
              [](T* p, V x, int) __attribute__((always_inline)) { x.store(p); });
    } else {
        apply([=](const T* p, int v) __attribute__((
                  always_inline)) { return v == NV - 1 ? V::load(p, tail) : V::load(p); },
              [=](T* p, V x, int v) __attribute__((always_inline)) {
                  if (v == NV - 1) {
                      x.store(p, tail);
                  } else {
                      x.store(p);
                  }
              });
    }
}

// RowsA: A is read along rows through one pointer per three of them (base, base + stride, base + 2
// * stride are each one addressing mode). Otherwise the rows of one k are neighbours. Ahead: rows
// of B this far ahead are fetched, for strips that are as fast as memory.
template <class T, int MR, int NV, bool RowsA, int Ahead = 0>
void tile(const Tile<T>& t) {
    using V = Vec<T>;
    constexpr dim_t W = V::width;
    V acc[MR][NV];
    const T* b = t.b;
    const dim_t b_row = t.b_row, a_stride = t.a_stride;
    constexpr int groups = (MR + 2) / 3;
    // Fetched now, the tile of C is in L1 when the sums are complete.
#pragma GCC unroll 16
    for (int i = 0; i < MR; ++i) {
        constexpr int line = 64 / sizeof(T);
#pragma GCC unroll 16
        for (int v = 0; v < NV * W; v += line) __builtin_prefetch(t.c + i * t.c_row + v, 1);
    }
    const T* a[groups];
    const auto begin = [&](dim_t segment) __attribute__((always_inline)) {
        const T* const first = t.a_offset != nullptr ? t.a + t.a_offset[segment] * t.a_scale : t.a;
#pragma GCC unroll 16
        for (int g = 0; g < groups; ++g) a[g] = first + 3 * g * a_stride;
    };
    // One loop over all k: in a nest of two, GCC 12 keeps the sums in memory.
    dim_t s = 0, k = t.segments > 0 ? t.k : 0;
    if (k > 0) begin(0);
    while (k > 0) {
        V row[NV];
#pragma GCC unroll 16
        for (int v = 0; v < NV; ++v) row[v] = in_register(V::load(b + v * W));
        if constexpr (Ahead > 0) {
            constexpr int line = 64 / sizeof(T);
#pragma GCC unroll 16
            for (int v = 0; v < NV * W; v += line) __builtin_prefetch(b + Ahead * b_row + v);
        }
#pragma GCC unroll 16
        for (int i = 0; i < MR; ++i) {
            const V x(RowsA ? a[i / 3][(i % 3) * a_stride] : a[0][i]);
#pragma GCC unroll 16
            for (int v = 0; v < NV; ++v) acc[i][v] = fma(x, row[v], acc[i][v]);
        }
        if constexpr (RowsA) {
#pragma GCC unroll 16
            for (int g = 0; g < groups; ++g) ++a[g];
        } else {
            a[0] += a_stride;
        }
        b += b_row;
        if (--k == 0 && ++s < t.segments) {
            k = t.k;
            begin(s);
        }
    }
    store_tile<MR, NV>(acc, t);
}

template <class T>
using TileFunction = void (*)(const Tile<T>&);

// Tiles of 1 .. kMr rows and 1 .. kNv vectors.
template <class T, bool RowsA, int... Rows>
struct TileTable {
    static constexpr TileFunction<T> f[kNv][sizeof...(Rows)] = {{tile<T, Rows, 1, RowsA>...},
                                                                {tile<T, Rows, 2, RowsA>...}};
};

template <class T, bool RowsA>
constexpr TileFunction<T> tile_function(int nv, dim_t rows) {
#if defined(__AVX512F__)
    using Table = TileTable<T, RowsA, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14>;
#elif defined(__AVX2__)
    using Table = TileTable<T, RowsA, 1, 2, 3, 4, 5, 6>;
#elif defined(__aarch64__)
    using Table = TileTable<T, RowsA, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12>;
#else
    using Table = TileTable<T, RowsA, 1, 2, 3, 4, 5>;
#endif
    return Table::f[nv - 1][rows - 1];
}

// For few rows of A, B is read once and in place: strips of many vectors read it in whole lines.
template <class T>
constexpr TileFunction<T> kStrips[kStripRows] = {
    tile<T, 1, kStripVectors[0], true, 8>, tile<T, 2, kStripVectors[1], true, 8>,
    tile<T, 3, kStripVectors[2], true, 8>, tile<T, 4, kStripVectors[3], true, 8>};

template <class T>
void block(const Block<T>& g) {
    constexpr dim_t W = Vec<T>::width;
    const dim_t panels = ceil_div(g.m, kMr), height = g.m / panels;
    const dim_t higher = g.m % panels;  // the first `higher` panels have one row more
    const bool strips = !g.b_panels && g.m <= kStripRows && g.a_k == 1 && !g.a_panels;
    const dim_t b_depth = g.segments * g.k, a_depth = g.a_depth > 0 ? g.a_depth : g.k;
    Tile<T> t;
    t.c_row = g.c_row;
    t.k = g.k;
    t.segments = g.segments;
    t.a_offset = g.a_offset;
    t.a_scale = 1;
    t.alpha = g.alpha;
    t.beta = g.beta;
    t.epilogue = g.epilogue;
    // Computes the tile at row i of a group and column j and returns how wide it is.
    const auto tile_at = [&](dim_t group, dim_t i, dim_t rows,
                             dim_t j) __attribute__((always_inline)) {
        const dim_t left = g.n - j;
        int nv = left > W ? 2 : 1;
        TileFunction<T> f = nullptr;
        if (strips && left >= kStripVectors[g.m - 1] * W) {
            nv = kStripVectors[g.m - 1];
            f = kStrips<T>[g.m - 1];
        }
        t.n = left < nv * W ? left : nv * W;
        t.b = g.b_panels ? g.b + j * b_depth : g.b + j;
        t.b_row = g.b_panels ? nv * W : g.b_row;
        t.c = g.c + group * g.c_group + i * g.c_row + j;
        const Epilogue<T>& e = g.epilogue;
        if (e.bias != nullptr) t.epilogue.bias = e.bias + j;
        if (e.residual != nullptr)
            t.epilogue.residual = e.residual + group * g.residual_group + i * e.residual_row + j;
        const T* a = g.a + group * g.a_group;
        if (g.a_panels) {
            t.a = a + i * a_depth + g.a_first * rows;
            t.a_stride = g.a_step * rows;
            t.a_scale = rows;
            f = tile_function<T, false>(nv, rows);
        } else if (g.a_k == 1) {
            t.a = a + i * g.a_row;
            t.a_stride = g.a_row;
            if (f == nullptr) f = tile_function<T, true>(nv, rows);
        } else {
            t.a = a + i;
            t.a_stride = g.a_k;
            f = tile_function<T, false>(nv, rows);
        }
        f(t);
        return t.n;
    };
    // A panel of B stays in L1 for all rows of A.
    for (dim_t j = 0, width = 0; j < g.n; j += width) {
        for (dim_t group = 0; group < g.groups; ++group) {
            for (dim_t p = 0, i = 0; p < panels; ++p) {
                const dim_t rows = height + (p < higher ? 1 : 0);
                width = tile_at(group, i, rows, j);
                i += rows;
            }
        }
    }
}

}  // namespace
}  // namespace fastnn::FASTNN_ISA
