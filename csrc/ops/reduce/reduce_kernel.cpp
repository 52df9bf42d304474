#include "ops/reduce/gradients.h"
#include "ops/reduce/reduce.h"
#include "ops/reduce/terms.h"

namespace fastnn::FASTNN_ISA {
namespace {

using reduce::Tile;

// A lane adds at most this many numbers of its type; then sums are added in double. Rounding errors
// grow with it: with 16, a float32 sum is as accurate as a pairwise one.
constexpr dim_t kBlockDepth = 16;
// Rows that are combined in registers before the accumulators of their columns are touched.
constexpr dim_t kRows = 8;

template <class C, int n, class V>
FASTNN_INLINE V tree(V (&a)[n]) {
    for (int h = n / 2; h > 0; h /= 2) {
        for (int u = 0; u < h; ++u) a[u] = C::combine(a[u], a[u + h]);
    }
    return a[0];
}

// One row: blocks of `unroll` registers by kBlockDepth, kBlockDepth blocks to a part, then the
// rest.
template <class C, class M, class T>
FASTNN_INLINE double row(double total, const T* x, dim_t n, Vec<T> c, Vec<T> p) {
    using V = Vec<T>;
    constexpr int unroll = M::unroll;
    constexpr dim_t step = unroll * V::width;
    double part = C::identity;
    dim_t j = 0, blocks = 0;
    while (n - j >= step) {
        const dim_t left = (n - j) / step;
        const dim_t depth = left < kBlockDepth ? left : kBlockDepth;
        V a[unroll];
        for (int u = 0; u < unroll; ++u) a[u] = M::map(V::load(x + j + u * V::width), c, p);
        j += step;
        for (dim_t d = 1; d < depth; ++d, j += step) {
            for (int u = 0; u < unroll; ++u) {
                a[u] = C::combine(a[u], M::map(V::load(x + j + u * V::width), c, p));
            }
        }
        part = C::combine(part, double(C::lanes(tree<C>(a))));
        if (++blocks % kBlockDepth == 0) {
            total = C::combine(total, part);
            part = C::identity;
        }
    }
    total = C::combine(total, part);
    if (j == n) return total;
    V a = T(C::identity);
    for (; j + V::width <= n; j += V::width) a = C::combine(a, M::map(V::load(x + j), c, p));
    if (j < n) {
        const V tail = M::map(V::load(x + j, n - j), c, p);
        a = C::combine(a, select(Mask<T>::first(n - j), tail, V(T(C::identity))));
    }
    return C::combine(total, double(C::lanes(a)));
}

// The accumulators of n columns, combined with v.
template <class C>
FASTNN_INLINE void accumulate(double* acc, Vec<double> v, dim_t n) {
    C::combine(Vec<double>::load(acc, n), v).store(acc, n);
}
template <class C>
FASTNN_INLINE void accumulate(double* acc, Vec<double> v) {
    C::combine(Vec<double>::load(acc), v).store(acc);
}
template <class C>
FASTNN_INLINE void accumulate(double* acc, Vec<float> v, dim_t n) {
    constexpr dim_t half = Vec<double>::width;
    const Wide w = widen(v);
    accumulate<C>(acc, w.low, n < half ? n : half);
    if (n > half) accumulate<C>(acc + half, w.high, n - half);
}
template <class C>
FASTNN_INLINE void accumulate(double* acc, Vec<float> v) {
    const Wide w = widen(v);
    accumulate<C>(acc, w.low);
    accumulate<C>(acc + Vec<double>::width, w.high);
}

// -- short rows, as many at a time as a register has lanes ---------------------------------------

// Combines the lanes of each of n registers: the result of register i is lane i for n = width; for
// smaller n, each register gives width / n neighbouring lanes.
template <class C, int n, class V>
FASTNN_INLINE V across_lanes(V (&a)[n]) {
    for (int h = n / 2; h > 0; h /= 2) {
        for (int u = 0; u < h; ++u) {
            a[u] = C::combine(even(a[2 * u], a[2 * u + 1]), odd(a[2 * u], a[2 * u + 1]));
        }
    }
    return a[0];
}

// Rows of `cols` elements that follow each other without gaps, cols a power of two below width.
template <class C, class M, dim_t cols, class T>
FASTNN_INLINE Vec<T> dense_rows(const T* x, Vec<T> p) {
    using V = Vec<T>;
    V a[cols];
    for (dim_t u = 0; u < cols; ++u) a[u] = M::map(V::load(x + u * V::width), V(), p);
    return across_lanes<C>(a);
}

// One row combined to one register; lanes beyond its end are neutral.
template <class C, class M, class T>
FASTNN_INLINE Vec<T> fold(const T* x, dim_t n, Vec<T> c, Vec<T> p) {
    using V = Vec<T>;
    V a = T(C::identity);
    dim_t j = 0;
    for (; j + V::width <= n; j += V::width) a = C::combine(a, M::map(V::load(x + j), c, p));
    if (j == n) return a;
    const V tail = M::map(V::load(x + j, n - j), c, p);
    return C::combine(a, select(Mask<T>::first(n - j), tail, V(T(C::identity))));
}

// Whether rows are taken `width` at a time: those too short for a block of row().
template <class M, class T>
constexpr bool is_short(dim_t cols) {
    return cols < M::unroll * Vec<T>::width;
}

// The results of rows i .. i+width-1 of a tile with short rows, neutral beyond its last row.
template <class C, class M, class T>
FASTNN_INLINE Vec<T> short_rows(const Tile<T>& t, dim_t i) {
    using V = Vec<T>;
    const V p = t.power;
    const T* x = t.x + i * t.stride;
    const dim_t rows = t.rows - i < V::width ? t.rows - i : V::width;
    if constexpr (M::unroll >= 4) {
        if (rows == V::width && t.stride == t.cols && t.shift == nullptr) {
            if (V::width > 2 && t.cols == 2) return dense_rows<C, M, 2>(x, p);
            if (V::width > 4 && t.cols == 4) return dense_rows<C, M, 4>(x, p);
            if (V::width > 8 && t.cols == 8) return dense_rows<C, M, 8>(x, p);
        }
    }
    T folded[V::width * V::width];
    for (dim_t r = 0; r < rows; ++r) {
        const V c = t.shift == nullptr ? T(0) : t.shift[i + r];
        fold<C, M>(x + r * t.stride, t.cols, c, p).store(folded + r * V::width);
    }
    for (dim_t r = rows; r < V::width; ++r) V(T(C::identity)).store(folded + r * V::width);
    V a[V::width];
    for (dim_t r = 0; r < V::width; ++r) a[r] = V::load(folded + r * V::width);
    return across_lanes<C>(a);
}

template <class T, class C, class M>
void along(const Tile<T>& t) {
    using V = Vec<T>;
    if (is_short<M, T>(t.cols)) {
        for (dim_t i = 0; i < t.rows; i += V::width) {
            const dim_t n = t.rows - i < V::width ? t.rows - i : V::width;
            accumulate<C>(t.acc + i, short_rows<C, M>(t, i), n);
        }
        return;
    }
    const V p = t.power;
    for (dim_t i = 0; i < t.rows; ++i) {
        const V c = t.shift == nullptr ? T(0) : t.shift[i];
        t.acc[i] = row<C, M, T>(t.acc[i], t.x + i * t.stride, t.cols, c, p);
    }
}

// Columns j .. j+width-1 (the first n of them) of `rows` rows, kRows where that is known.
template <class C, class M, class T, class Load>
FASTNN_INLINE Vec<T> column(const T* x, dim_t stride, dim_t rows, Vec<T> c, Vec<T> p, Load load) {
    using V = Vec<T>;
    if (rows == kRows && M::unroll >= 4) {
        V a[kRows];
        for (int r = 0; r < kRows; ++r) a[r] = M::map(load(x + r * stride), c, p);
        return tree<C>(a);
    }
    V a = M::map(load(x), c, p);
    for (dim_t r = 1; r < rows; ++r) a = C::combine(a, M::map(load(x + r * stride), c, p));
    return a;
}

template <class T, class C, class M>
void across(const Tile<T>& t) {
    using V = Vec<T>;
    const V p = t.power;
    const auto shift = [&](dim_t j, dim_t n) {
        return t.shift == nullptr ? V() : V::load(t.shift + j, n);
    };
    for (dim_t i = 0; i < t.rows; i += kRows) {
        const dim_t rows = t.rows - i < kRows ? t.rows - i : kRows;
        const T* x = t.x + i * t.stride;
        dim_t j = 0;
        const auto whole = [](const T* q) { return V::load(q); };
        if (rows == kRows) {
            for (; j + V::width <= t.cols; j += V::width) {
                const V c = shift(j, V::width);
                accumulate<C>(t.acc + j, column<C, M, T>(x + j, t.stride, kRows, c, p, whole));
            }
        } else {
            for (; j + V::width <= t.cols; j += V::width) {
                const V c = shift(j, V::width);
                accumulate<C>(t.acc + j, column<C, M, T>(x + j, t.stride, rows, c, p, whole));
            }
        }
        if (const dim_t n = t.cols - j; n > 0) {
            const auto part = [n](const T* q) { return V::load(q, n); };
            const V c = shift(j, n);
            accumulate<C>(t.acc + j, column<C, M, T>(x + j, t.stride, rows, c, p, part), n);
        }
    }
}

template <class T, class C, class M>
constexpr reduce::Pair<Tile<T>> kTerm{along<T, C, M>, across<T, C, M>};

// -- float32 in double, element by element: for what leaves the range of float32 -----------------

template <class C, class M>
void exact_along(const Tile<float>& t) {
    using V = Vec<double>;
    for (dim_t i = 0; i < t.rows; ++i) {
        const V c = t.shift == nullptr ? 0.0 : double(t.shift[i]), p = double(t.power);
        const float* x = t.x + i * t.stride;
        V a = C::identity;
        double lanes[V::width];
        for (dim_t j = 0; j < t.cols; j += V::width) {
            const dim_t n = t.cols - j < V::width ? t.cols - j : V::width;
            for (dim_t k = 0; k < V::width; ++k) lanes[k] = k < n ? double(x[j + k]) : 0;
            const V v = M::map(V::load(lanes), c, p);
            a = C::combine(a,
                           n == V::width ? v : select(Mask<double>::first(n), v, V(C::identity)));
        }
        t.acc[i] = C::combine(t.acc[i], C::lanes(a));
    }
}

template <class C, class M>
void exact_across(const Tile<float>& t) {
    using V = Vec<double>;
    double lanes[V::width], shift[V::width];
    const V p = double(t.power);
    for (dim_t i = 0; i < t.rows; ++i) {
        const float* x = t.x + i * t.stride;
        for (dim_t j = 0; j < t.cols; j += V::width) {
            const dim_t n = t.cols - j < V::width ? t.cols - j : V::width;
            for (dim_t k = 0; k < V::width; ++k) {
                lanes[k] = k < n ? double(x[j + k]) : 0;
                shift[k] = k < n && t.shift != nullptr ? double(t.shift[j + k]) : 0;
            }
            accumulate<C>(t.acc + j, M::map(V::load(lanes), V::load(shift), p), n);
        }
    }
}

template <class T, class C, class M>
constexpr reduce::Pair<Tile<T>> exact() {
    if constexpr (sizeof(T) == sizeof(float)) {
        return {exact_along<C, M>, exact_across<C, M>};
    } else {
        return {nullptr, nullptr};
    }
}

// -- positions of the largest or smallest element -----------------------------------------------

using reduce::ArgTile;

// The largest element is found per block of so many elements, its position by a second pass over
// one block, which is in L1.
constexpr dim_t kSearch = 1024;

// Whether a comes before b: the larger (or smaller), and NaN before all.
template <class C, class T>
FASTNN_INLINE bool better(T a, T b) {
    return b == b && (a != a || (C::identity < 0 ? a > b : a < b));
}
template <class C, class T>
FASTNN_INLINE Mask<T> better(Vec<T> a, Vec<T> b) {
    return (b == b) & ((a != a) | (C::identity < 0 ? a > b : a < b));
}

// The first element of a row that equals `best`, which is one of them.
template <class T>
FASTNN_INLINE dim_t position(const T* x, dim_t n, T best) {
    using V = Vec<T>;
    for (dim_t j = 0;; j += V::width) {
        const dim_t count = n - j < V::width ? n - j : V::width;
        const Mask<T> found = terms::same(V::load(x + j, count), V(best));
        if (any(found)) return j + first_true(found);
    }
}

template <class T, class C>
void arg_along(const ArgTile<T>& t) {
    using V = Vec<T>;
    const auto store = [&t](dim_t i, dim_t begin, T best) __attribute__((always_inline)) {
        const T* x = t.x + i * t.stride + begin;
        t.index[i] = begin + position(x, t.cols - begin, best);
        t.value[i] = t.x[i * t.stride + t.index[i]];
    };
    if (is_short<terms::Same, T>(t.cols)) {
        const Tile<T> tile{t.x, t.stride, t.rows, t.cols, nullptr, T(0), nullptr};
        for (dim_t i = 0; i < t.rows; i += V::width) {
            T best[V::width];
            short_rows<C, terms::Same>(tile, i).store(best);
            for (dim_t r = 0; r < V::width && i + r < t.rows; ++r) store(i + r, 0, best[r]);
        }
        return;
    }
    for (dim_t i = 0; i < t.rows; ++i) {
        const T* x = t.x + i * t.stride;
        T best = x[0];
        dim_t begin = 0;
        for (dim_t j = 0; j < t.cols; j += kSearch) {
            const dim_t n = t.cols - j < kSearch ? t.cols - j : kSearch;
            const T here = T(row<C, terms::Same, T>(C::identity, x + j, n, V(), V()));
            if (better<C>(here, best)) {
                best = here;
                begin = j;
            }
        }
        store(i, begin, best);
    }
}

template <class T, class C>
void arg_across(const ArgTile<T>& t) {
    using V = Vec<T>;
    using Int = typename Format<T>::Int;
    for (dim_t j = 0; j < t.cols; j += V::width) {
        const dim_t n = t.cols - j < V::width ? t.cols - j : V::width;
        const T* x = t.x + j;
        V best = V::load(x, n), at;  // `at` holds row numbers, as the bits of integers
        for (dim_t i = 1; i < t.rows; ++i) {
            const V v = V::load(x + i * t.stride, n);
            const Mask<T> m = better<C>(v, best);
            best = select(m, v, best);
            at = select(m, V::from_bits(typename V::Int{} + Int(i)), at);
        }
        best.store(t.value + j, n);
        Int rows[V::width];
        const auto all = bits(at);
        __builtin_memcpy(rows, &all, sizeof rows);
        for (dim_t k = 0; k < n; ++k) t.index[j + k] = rows[k];
    }
}

template <class T, class C>
constexpr reduce::Pair<ArgTile<T>> kArgTerm{arg_along<T, C>, arg_across<T, C>};

// -- backward -------------------------------------------------------------------------------------

using reduce::BackwardTile;

template <class T, class G>
void backward_along(const BackwardTile<T>& t) {
    using V = Vec<T>;
    const V p = t.power;
    for (dim_t i = 0; i < t.rows; ++i) {
        const V f = t.factor[i], c = t.shift == nullptr ? T(0) : t.shift[i];
        const T* x = t.x + i * t.stride;
        T* dx = t.dx + i * t.stride;
        dim_t j = 0;
        for (; j + V::width <= t.cols; j += V::width) G::dx(V::load(x + j), f, c, p).store(dx + j);
        if (const dim_t n = t.cols - j; n > 0) G::dx(V::load(x + j, n), f, c, p).store(dx + j, n);
    }
}

template <class T, class G>
void backward_across(const BackwardTile<T>& t) {
    using V = Vec<T>;
    const V p = t.power;
    for (dim_t i = 0; i < t.rows; ++i) {
        const T* x = t.x + i * t.stride;
        T* dx = t.dx + i * t.stride;
        for (dim_t j = 0; j < t.cols; j += V::width) {
            const dim_t n = t.cols - j < V::width ? t.cols - j : V::width;
            const V f = V::load(t.factor + j, n),
                    c = t.shift == nullptr ? V() : V::load(t.shift + j, n);
            G::dx(V::load(x + j, n), f, c, p).store(dx + j, n);
        }
    }
}

template <class T, class G>
constexpr reduce::Pair<BackwardTile<T>> kGradient{backward_along<T, G>, backward_across<T, G>};

// In the order of Term, ArgOp and Gradient.
template <class T>
constexpr reduce::TypedKernels<T> kTyped{
    {kTerm<T, terms::Add, terms::Same>, kTerm<T, terms::Add, terms::NonZero>,
     kTerm<T, terms::Add, terms::Abs>, kTerm<T, terms::Add, terms::Square>,
     kTerm<T, terms::Add, terms::Power>, kTerm<T, terms::Add, terms::SquareShift>,
     kTerm<T, terms::Add, terms::ExpShift>, kTerm<T, terms::Add, terms::Equal>,
     kTerm<T, terms::Add, terms::AbsEqual>, kTerm<T, terms::Multiply, terms::Same>,
     kTerm<T, terms::Larger, terms::Same>, kTerm<T, terms::Smaller, terms::Same>,
     kTerm<T, terms::Larger, terms::Abs>},
    {exact<T, terms::Add, terms::Same>(),
     {},
     exact<T, terms::Add, terms::Abs>(),
     exact<T, terms::Add, terms::Square>(),
     exact<T, terms::Add, terms::Power>(),
     exact<T, terms::Add, terms::SquareShift>()},
    {kArgTerm<T, terms::Larger>, kArgTerm<T, terms::Smaller>},
    {kGradient<T, gradients::Scale>, kGradient<T, gradients::Sign>, kGradient<T, gradients::Power>,
     kGradient<T, gradients::Shift>, kGradient<T, gradients::Exp>, kGradient<T, gradients::Equal>,
     kGradient<T, gradients::AbsEqual>}};

constexpr reduce::Kernels kTable{kTyped<float>, kTyped<double>};

}  // namespace
}  // namespace fastnn::FASTNN_ISA

FASTNN_KERNELS(reduce::Kernels, kTable)
