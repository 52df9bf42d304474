// The matrices of F(2, 3) and F(4, 3) as straight lines of code on registers, and how they are
// applied to both sides of a square.
//
// Toom-Cook with the points 0, +p, -p, (+q, -q,) infinity. Rows of B^T are the coefficients of
// M(x) / (x - point), with M the product of all (x - point), and of M itself; row i of G is
// (1, point, point^2) / (product of the differences to the other points); A^T holds powers of the
// points. Pairs of points of opposite sign share their even and odd halves.
#pragma once

#include "simd/vec.h"

namespace fastnn::FASTNN_ISA {
namespace {

using V = Vec<float>;

// A map from `in` to `out` numbers. The results come in `parts` of `rows` each, and part<i> says
// which; so the input of a large square can be read again for each part rather than kept.
template <int In, int Out, int Parts>
struct Sizes {
    static constexpr int in = In, out = Out, parts = Parts, rows = Out / Parts;
    static constexpr int row(int, int i) { return i; }  // number i of a part
};

struct F2 {
    static constexpr int m = 2, n = 4;
    struct Input : Sizes<4, 4, 1> {
        template <int>
        static FASTNN_INLINE void part(const V (&d)[4], V (&r)[4]) {
            r[0] = d[0] - d[2];
            r[1] = d[1] + d[2];
            r[2] = d[2] - d[1];
            r[3] = d[3] - d[1];
        }
    };
    struct Output : Sizes<4, 2, 1> {
        template <int>
        static FASTNN_INLINE void part(const V (&d)[4], V (&r)[2]) {
            r[0] = d[0] + (d[1] + d[2]);
            r[1] = (d[1] - d[2]) + d[3];
        }
    };
    struct Gradient : Sizes<2, 4, 1> {
        template <int>
        static FASTNN_INLINE void part(const V (&d)[2], V (&r)[4]) {
            r[0] = d[0];
            r[1] = d[0] + d[1];
            r[2] = d[0] - d[1];
            r[3] = d[1];
        }
    };
    struct Weight : Sizes<3, 4, 1> {
        template <int>
        static FASTNN_INLINE void part(const V (&d)[3], V (&r)[4]) {
            const V half(0.5f), even = half * (d[0] + d[2]), odd = half * d[1];
            r[0] = d[0];
            r[1] = even + odd;
            r[2] = even - odd;
            r[3] = d[2];
        }
    };
    struct WeightGradient : Sizes<4, 3, 1> {
        template <int>
        static FASTNN_INLINE void part(const V (&d)[4], V (&r)[3]) {
            const V half(0.5f), even = half * (d[1] + d[2]);
            r[0] = d[0] + even;
            r[1] = half * (d[1] - d[2]);
            r[2] = even + d[3];
        }
    };
};

struct F4 {
    static constexpr int m = 4, n = 6;
    static constexpr float p = 0.625f, q = 1.5f;  // half the error of 1 and 2
    static constexpr float pp = p * p, qq = q * q, p3 = pp * p, q3 = qq * q;
    static constexpr double kP = 1 / (2.0 * pp * (double(pp) - qq));
    static constexpr double kQ = 1 / (2.0 * qq * (double(qq) - pp));
    static constexpr float g0 = float(1 / (double(pp) * qq));  // of G: row 0,
    static constexpr float gp0 = float(kP), gp1 = float(kP * p), gp2 = float(kP * pp);  // +-p,
    static constexpr float gq0 = float(kQ), gq1 = float(kQ * q), gq2 = float(kQ * qq);  // +-q

    struct Input : Sizes<6, 6, 3> {
        static constexpr int row(int part, int i) { return part == 0 ? 5 * i : 2 * part - 1 + i; }
        template <int Part>
        static FASTNN_INLINE void part(const V (&d)[6], V (&r)[2]) {
            if constexpr (Part == 0) {
                const V ends(pp * qq), middle(-(pp + qq));
                r[0] = fma(ends, d[0], fma(middle, d[2], d[4]));
                r[1] = fma(ends, d[1], fma(middle, d[3], d[5]));
            } else {
                const V other(Part == 1 ? qq : pp), point(Part == 1 ? p : q);
                const V even = fnma(other, d[2], d[4]), odd = fnma(other, d[1], d[3]);
                r[0] = fma(point, odd, even);
                r[1] = fnma(point, odd, even);
            }
        }
    };
    struct Output : Sizes<6, 4, 1> {
        template <int>
        static FASTNN_INLINE void part(const V (&d)[6], V (&r)[4]) {
            const V even_p = d[1] + d[2], odd_p = d[1] - d[2];
            const V even_q = d[3] + d[4], odd_q = d[3] - d[4];
            r[0] = d[0] + (even_p + even_q);
            r[1] = fma(V(q), odd_q, V(p) * odd_p);
            r[2] = fma(V(qq), even_q, V(pp) * even_p);
            r[3] = fma(V(q3), odd_q, fma(V(p3), odd_p, d[5]));
        }
    };
    struct Gradient : Sizes<4, 6, 1> {
        template <int>
        static FASTNN_INLINE void part(const V (&d)[4], V (&r)[6]) {
            const V even_p = fma(V(pp), d[2], d[0]), odd_p = fma(V(p3), d[3], V(p) * d[1]);
            const V even_q = fma(V(qq), d[2], d[0]), odd_q = fma(V(q3), d[3], V(q) * d[1]);
            r[0] = d[0];
            r[1] = even_p + odd_p;
            r[2] = even_p - odd_p;
            r[3] = even_q + odd_q;
            r[4] = even_q - odd_q;
            r[5] = d[3];
        }
    };
    struct Weight : Sizes<3, 6, 1> {
        template <int>
        static FASTNN_INLINE void part(const V (&d)[3], V (&r)[6]) {
            const V even_p = fma(V(gp2), d[2], V(gp0) * d[0]), odd_p = V(gp1) * d[1];
            const V even_q = fma(V(gq2), d[2], V(gq0) * d[0]), odd_q = V(gq1) * d[1];
            r[0] = V(g0) * d[0];
            r[1] = even_p + odd_p;
            r[2] = even_p - odd_p;
            r[3] = even_q + odd_q;
            r[4] = even_q - odd_q;
            r[5] = d[2];
        }
    };
    struct WeightGradient : Sizes<6, 3, 1> {
        template <int>
        static FASTNN_INLINE void part(const V (&d)[6], V (&r)[3]) {
            const V even_p = d[1] + d[2], even_q = d[3] + d[4];
            r[0] = fma(V(g0), d[0], fma(V(gp0), even_p, V(gq0) * even_q));
            r[1] = fma(V(gp1), d[1] - d[2], V(gq1) * (d[3] - d[4]));
            r[2] = fma(V(gp2), even_p, fma(V(gq2), even_q, d[5]));
        }
    };
};

template <class Map, int Part = 0>
FASTNN_INLINE void apply(const V (&d)[Map::in], V (&r)[Map::out]) {
    V rows[Map::rows];
    Map::template part<Part>(d, rows);
#pragma GCC unroll 8
    for (int i = 0; i < Map::rows; ++i) r[Map::row(Part, i)] = rows[i];
    if constexpr (Part + 1 < Map::parts) apply<Map, Part + 1>(d, r);
}

// Map x Map^T of a square: load(i, j) gives x, store(i, j, v) takes the result.
template <class Map, int Part = 0, class Load, class Store>
FASTNN_INLINE void both_sides(Load load, Store store) {
    V half[Map::rows][Map::in];
#pragma GCC unroll 8
    for (int j = 0; j < Map::in; ++j) {
        V d[Map::in], rows[Map::rows];
#pragma GCC unroll 8
        for (int i = 0; i < Map::in; ++i) d[i] = load(i, j);
        Map::template part<Part>(d, rows);
#pragma GCC unroll 8
        for (int i = 0; i < Map::rows; ++i) half[i][j] = rows[i];
    }
#pragma GCC unroll 8
    for (int i = 0; i < Map::rows; ++i) {
        V r[Map::out];
        apply<Map>(half[i], r);
#pragma GCC unroll 8
        for (int j = 0; j < Map::out; ++j) store(Map::row(Part, i), j, r[j]);
    }
    if constexpr (Part + 1 < Map::parts) both_sides<Map, Part + 1>(load, store);
}

}  // namespace
}  // namespace fastnn::FASTNN_ISA
