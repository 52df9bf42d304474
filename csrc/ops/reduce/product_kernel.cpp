#include "ops/reduce/product.h"
#include "simd/vec.h"

namespace fastnn::FASTNN_ISA {
namespace {

using reduce::FactorLists;
using reduce::FactorTile;
using reduce::QuotientTile;

// Rows that are multiplied before a product is split anew: four float32 and a mantissa stay within
// 2^-597 .. 2^513, four mantissas of float64 within 1 / 4 .. 6.
constexpr int kRows = 4;

// The registers of double that hold a Vec<T>.
template <class T>
constexpr int kParts = sizeof(T) == sizeof(float) ? 2 : 1;

FASTNN_INLINE void in_double(Vec<float> v, Vec<double> (&parts)[2]) {
    const Wide w = widen(v);
    parts[0] = w.low;
    parts[1] = w.high;
}
FASTNN_INLINE void in_double(Vec<double> v, Vec<double> (&parts)[1]) {
    parts[0] = v;
}
FASTNN_INLINE Vec<float> joined(const Vec<double> (&parts)[2]) {
    return narrow(parts[0], parts[1]);
}
FASTNN_INLINE Vec<double> joined(const Vec<double> (&parts)[1]) {
    return parts[0];
}

FASTNN_INLINE Vec<double> signed_split(Vec<double> a, Vec<double>& exponent) {
    return xorsign(split(abs(a), exponent), a);
}

// f(part, first, count) for the parts that the first n lanes are in.
template <class T, class F>
FASTNN_INLINE void each_part(dim_t n, F f) {
    constexpr dim_t width = Vec<double>::width;
    for (int p = 0; p < kParts<T>; ++p) {
        const dim_t left = n - p * width;
        if (left > 0) f(p, p * width, left < width ? left : width);
    }
}

template <class T>
FASTNN_INLINE void count(double* list, Vec<T> found, dim_t n) {
    Vec<double> parts[kParts<T>];
    in_double(found, parts);
    each_part<T>(n, [&](int p, dim_t at, dim_t k) {
        (Vec<double>::load(list + at, k) + parts[p]).store(list + at, k);
    });
}

template <class T>
FASTNN_INLINE Mask<T> is_ordinary(Vec<T> x) {
    return (x != Vec<T>()) & (abs(x) < T(__builtin_inf()));
}

// Counts the factors that are 0, infinite or NaN, and leaves their signs in their place.
template <class T>
void take_out(Vec<T> (&x)[kRows], const FactorLists& lists, dim_t at, dim_t n) {
    using V = Vec<T>;
    V zeros, infinities, nans;
    const V one = T(1), none;
    for (V& v : x) {
        zeros += select(v == none, one, none);
        infinities += select(abs(v) == T(__builtin_inf()), one, none);
        nans += select(v != v, one, none);
        v = select(is_ordinary(v), v, copysign(one, v));
    }
    count(lists.zeros + at, zeros, n);
    count(lists.infinities + at, infinities, n);
    count(lists.nans + at, nans, n);
}

template <class T>
void factors(const FactorTile<T>& t) {
    using V = Vec<T>;
    using D = Vec<double>;
    for (dim_t i = 0; i < t.rows; i += kRows) {
        for (dim_t j = 0; j < t.cols; j += V::width) {
            const dim_t n = t.cols - j < V::width ? t.cols - j : V::width;
            const T* from = t.x + i * t.stride + j;
            V x[kRows];
            for (int r = 0; r < kRows; ++r) {
                if (i + r >= t.rows) {
                    x[r] = T(1);
                } else if (n == V::width) {
                    x[r] = V::load(from + r * t.stride);
                } else {
                    x[r] = select(Mask<T>::first(n), V::load(from + r * t.stride, n), V(T(1)));
                }
            }
            Mask<T> ordinary = is_ordinary(x[0]);
            for (int r = 1; r < kRows; ++r) ordinary = ordinary & is_ordinary(x[r]);
            if (!all(ordinary)) take_out(x, t.lists, j, n);
            D product[kParts<T>], exponent[kParts<T>];
            for (D& p : product) p = 1.0;
            for (const V& v : x) {
                D parts[kParts<T>];
                in_double(v, parts);
                for (int p = 0; p < kParts<T>; ++p) {
                    if constexpr (sizeof(T) == sizeof(float)) {
                        product[p] *= parts[p];
                    } else {
                        D e;
                        product[p] *= signed_split(parts[p], e);
                        exponent[p] += e;
                    }
                }
            }
            each_part<T>(n, [&](int p, dim_t part, dim_t k) {
                double *mantissa = t.lists.mantissa + j + part,
                       *total = t.lists.exponent + j + part;
                D e;
                signed_split(D::load(mantissa, k) * product[p], e).store(mantissa, k);
                (D::load(total, k) + exponent[p] + e).store(total, k);
            });
        }
    }
}

// `across`: one output per column, else per row.
template <class T, bool across>
void quotients(const QuotientTile<T>& t) {
    using V = Vec<T>;
    using D = Vec<double>;
    for (dim_t i = 0; i < t.rows; ++i) {
        for (dim_t j = 0; j < t.cols; j += V::width) {
            const dim_t n = t.cols - j < V::width ? t.cols - j : V::width;
            const dim_t at = i * t.stride + j;
            const V x = n == V::width ? V::load(t.x + at) : V::load(t.x + at, n);
            D parts[kParts<T>];
            in_double(x, parts);
            each_part<T>(n, [&](int p, dim_t part, dim_t k) {
                const D quotient = across ? D::load(t.quotient + j + part, k) : D(t.quotient[i]);
                const D scale = across ? D::load(t.scale + j + part, k) : D(t.scale[i]);
                parts[p] = quotient / parts[p] * scale * scale;
            });
            V dx = joined(parts);
            const Mask<T> ordinary = is_ordinary(x);
            if (!all(ordinary)) {
                const auto given = [&](const T* list) {
                    return across ? V::load(list + j, n) : V(list[i]);
                };
                const V special = select(x == V(), given(t.of_zero),
                                         select(x == x, given(t.of_infinity), given(t.of_nan)));
                dx = select(ordinary, dx, xorsign(special, x));
            }
            if (n == V::width) {
                dx.store(t.dx + at);
            } else {
                dx.store(t.dx + at, n);
            }
        }
    }
}

template <class T>
constexpr reduce::TypedProductKernels<T> kTyped{factors<T>,
                                                {quotients<T, false>, quotients<T, true>}};

constexpr reduce::ProductKernels kTable{kTyped<float>, kTyped<double>};

}  // namespace
}  // namespace fastnn::FASTNN_ISA

FASTNN_KERNELS(reduce::ProductKernels, kTable)
