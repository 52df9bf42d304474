// What the forward and the backward driver share: where matrices lie, and products of tiles.
#pragma once

#include <algorithm>
#include <cmath>

#include "core/cache.h"
#include "core/integer.h"
#include "ops/attention/attention.h"
#include "ops/gemm/gemm.h"

namespace fastnn::attention {

// A tile of scores is kRows x kCols: 36 KiB of float32, which L2 holds together with the tiles of
// q, k and v; its rows end a cache line further, so that columns of it do not fall on top of each
// other in L1.
constexpr dim_t kRows = 64;
constexpr dim_t kScoresStride = kCols + 16;

constexpr double kChunkNs = 8000;  // small matrices share a chunk of this length...
constexpr dim_t kManyChunks = 32;  // ... unless there would be fewer than so many

// Half of a square tile on the diagonal of a causal product is for nothing.
inline dim_t columns_of(const Args& a) {
    return a.causal && a.s <= 512 ? kCols / 2 : kCols;
}

// Product of the first `count` axes of the shape.
inline dim_t items(const Args& a, int count) {
    dim_t n = 1;
    for (int i = 0; i < count; ++i) n *= a.shape[i];
    return n;
}

inline dim_t offset(const dim_t* strides, const dim_t* shape, int ndim, dim_t item) {
    dim_t at = 0;
    for (int i = ndim - 1; i >= 0; --i) {
        at += item % shape[i] * strides[i];
        item /= shape[i];
    }
    return at;
}

template <class T>
gemm::Matrix<T> matrix(const Operand& x, const Args& a, int ndim, dim_t item) {
    return {static_cast<const T*>(x.data) + offset(x.axis, a.shape, ndim, item), x.row, x.col};
}

template <class T>
gemm::Matrix<T> rows_from(gemm::Matrix<T> x, dim_t row) {
    x.data += row * x.row_stride;
    return x;
}

template <class T>
T* pointer(const Output& x, const Args& a, int ndim, dim_t item) {
    return static_cast<T*>(x.data) + offset(x.axis, a.shape, ndim, item);
}

// `count` elements in whole cache lines.
template <class T>
std::size_t lines(std::size_t count) {
    return static_cast<std::size_t>(whole_lines(static_cast<dim_t>(count), sizeof(T)));
}

// c = alpha a b + beta c.
template <class T>
struct Product {
    dim_t m, n, k;
    gemm::Matrix<T> a, b;
    T* c;
    dim_t c_row;
    T alpha, beta;
    const T* packed_b;
};

template <class T>
gemm::Problem<T> problem(const Product<T>& x) {
    gemm::Problem<T> p;
    p.m = x.m, p.n = x.n, p.k = x.k;
    p.a = x.a, p.b = x.b;
    p.c = x.c, p.c_stride = x.c_row;
    p.alpha = x.alpha, p.beta = x.beta;
    p.packed_b = x.packed_b;
    return p;
}

// The masking of the tile at (row, col) of a matrix.
template <class T>
Masking<T> masking(const Args& a, dim_t item, dim_t row, dim_t col) {
    Masking<T> m{};
    m.row = a.mask.row;
    const dim_t at = a.mask_kind == MaskKind::none
                         ? 0
                         : offset(a.mask.axis, a.shape, a.ndim, item) + row * a.mask.row + col;
    if (a.mask_kind == MaskKind::allowed)
        m.allowed = static_cast<const unsigned char*>(a.mask.data) + at;
    if (a.mask_kind == MaskKind::added) m.added = static_cast<const T*>(a.mask.data) + at;
    m.visible = a.causal ? row - col + 1 : a.s;
    m.drop = a.p > 0;
    if (m.drop) {
        m.seed = a.stream[0], m.offset = a.stream[1];
        m.blocks = static_cast<std::uint64_t>(ceil_div(a.s, kDropBlock));
        m.block = static_cast<std::uint64_t>(item * a.l + row) * m.blocks +
                  static_cast<std::uint64_t>(col / kDropBlock);
        m.threshold = static_cast<std::uint32_t>(std::min(a.p * 0x1p32, 0x1p32 - 1));
        m.keep = a.p < 1 ? static_cast<T>(1 / (1 - a.p)) : T(0);
    }
    return m;
}

// What a pair of a row and a key costs one thread, beside `products` products with all columns.
template <class T>
double pair_ns(const Args& a, double products) {
    const double flops = 2 * products * static_cast<double>(a.e + a.ev) / 2;
    return (flops / 90 + 0.5 + (a.p > 0 ? 1.0 : 0.0)) * sizeof(T) / 4;
}

// What `rows` rows and `keys` keys cost, of which few rows wait for the keys to come from L3.
template <class T>
double block_ns(const Args& a, dim_t rows, dim_t keys, double products) {
    const double pairs = static_cast<double>(rows) * static_cast<double>(keys);
    const double bytes = static_cast<double>(keys) * static_cast<double>((a.e + a.ev) * sizeof(T));
    return std::max(pairs * pair_ns<T>(a, products) * (a.causal ? 0.5 : 1.0), bytes / 40);
}

// Into how many slices of keys each of `count` items is cut, where they are too few for all threads
// and long enough.
inline dim_t slices_of(dim_t count, dim_t tiles, double item_ns) {
    if (count >= kManyChunks / 2) return 1;
    const double most = std::min(static_cast<double>(tiles), item_ns / kChunkNs);
    return std::clamp<dim_t>(static_cast<dim_t>(most), 1, ceil_div(kManyChunks, count));
}

// How `count` items of item_ns each are distributed: several to a chunk if they are small. Calls
// item(i, thread), for thread < threads.
struct Sharing {
    dim_t per_chunk, chunks;
    int threads;
    double total_ns;
    Sharing(dim_t count, double item_ns) : total_ns(static_cast<double>(count) * item_ns) {
        per_chunk = std::clamp<dim_t>(static_cast<dim_t>(kChunkNs / item_ns), 1,
                                      std::max<dim_t>(1, count / kManyChunks));
        chunks = ceil_div(count, per_chunk);
        threads = threads_worth(chunks, total_ns);
    }
    template <class F>
    void run(dim_t count, F item) const {
        parallel_ranges(threads, chunks, total_ns, [&](Team& team, dim_t begin, dim_t end) {
            team.for_each_nowait(end - begin, [&](dim_t chunk) {
                const dim_t first = (begin + chunk) * per_chunk;
                const dim_t last = std::min(count, first + per_chunk);
                for (dim_t i = first; i < last; ++i) item(i, team.thread());
            });
        });
    }
};

// Sizes that parts of `total` in steps of `step` can have: one or two.
struct Sizes {
    dim_t of[2];
    int count = 0;
    Sizes(dim_t total, dim_t step) {
        if (total >= step) of[count++] = step;
        if (total % step != 0) of[count++] = total % step;
    }
    const dim_t* begin() const { return of; }
    const dim_t* end() const { return of + count; }
};

}  // namespace fastnn::attention
