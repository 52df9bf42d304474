#include "ops/reduce/product.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/memory.h"
#include "ops/reduce/cost.h"
#include "ops/reduce/walk.h"

namespace fastnn::reduce {
namespace {

// Rows are multiplied as so many columns, whose products are merged.
constexpr dim_t kLanes = 32;

// The factors of one output.
struct Factors {
    double mantissa = 1, exponent = 0, zeros = 0, infinities = 0, nans = 0;

    void operator*=(const Factors& f) {
        int e;
        mantissa = std::frexp(mantissa * f.mantissa, &e);
        exponent += f.exponent + e;
        zeros += f.zeros;
        infinities += f.infinities;
        nans += f.nans;
    }
};

Factors factor(double x) {
    const double sign = std::copysign(1.0, x);
    if (x == 0) return {sign, 0, 1, 0, 0};
    if (std::isinf(x)) return {sign, 0, 0, 1, 0};
    if (std::isnan(x)) return {sign, 0, 0, 0, 1};
    int e;
    const double mantissa = std::frexp(x, &e);
    return {mantissa, static_cast<double>(e), 0, 0, 0};
}

Factors power(Factors f, dim_t n) {
    Factors result;
    for (; n > 0; n /= 2, f *= Factors(f)) {
        if (n % 2 != 0) result *= f;
    }
    return result;
}

template <dim_t size>
struct Arrays {
    double mantissa[size], exponent[size], zeros[size], infinities[size], nans[size];

    void clear(dim_t n) {
        std::fill_n(mantissa, n, 1.0);
        for (double* list : {exponent, zeros, infinities, nans}) std::fill_n(list, n, 0.0);
    }
    FactorLists lists() { return {mantissa, exponent, zeros, infinities, nans}; }
    Factors at(dim_t i) const {
        return {mantissa[i], exponent[i], zeros[i], infinities[i], nans[i]};
    }
};

template <class T>
void multiply_row(const TypedProductKernels<T>& k, const T* x, dim_t n, Factors& total) {
    const dim_t whole = n / kLanes;
    if (whole > 0) {
        Arrays<kLanes> lanes;
        lanes.clear(kLanes);
        k.factors({x, kLanes, whole, kLanes, lanes.lists()});
        for (dim_t i = 0; i < kLanes; ++i) total *= lanes.at(i);
    }
    for (dim_t j = whole * kLanes; j < n; ++j) total *= factor(static_cast<double>(x[j]));
}

// Whether the product of the factors is known to be y itself.
template <class T>
bool in_range(T y) {
    return std::abs(y) >= std::numeric_limits<T>::min() && std::isfinite(y);
}

// The factors of one segment of a tile of outputs; those of outputs in range are not counted.
template <class T>
void multiply_tile(const ProductBackwardArgs& a, const Walk& walk, const Walk::Outputs& o,
                   dim_t segment, Factors* out) {
    const auto& k = isa::table<ProductKernels, T>();
    const auto* x = static_cast<const T*>(a.x);
    const auto known = [&](dim_t i) {
        return in_range(static_cast<const T*>(a.y)[o.offset + i * o.step]);
    };
    std::fill_n(out, o.count, Factors());
    if (walk.along()) {
        walk.each(o, segment, [&](dim_t at, dim_t stride, dim_t rows, dim_t cols) {
            for (dim_t i = 0; i < rows; ++i) {
                if (!known(i)) multiply_row(k, x + at + i * stride, cols, out[i]);
            }
        });
        return;
    }
    bool all_known = true;
    for (dim_t i = 0; i < o.count && all_known; ++i) all_known = known(i);
    if (all_known) return;
    Arrays<kTile> arrays;
    arrays.clear(o.count);
    walk.each(o, segment, [&](dim_t at, dim_t stride, dim_t rows, dim_t cols) {
        k.factors({x + at, stride, rows, cols, arrays.lists()});
    });
    for (dim_t i = 0; i < o.count; ++i) out[i] = arrays.at(i);
}

// mantissa * 2^exponent, without bounds; or a mantissa that is 0, infinite or NaN.
struct Number {
    double mantissa, exponent;
};

Number product_of(const Factors& f) {
    if (f.nans > 0 || (f.zeros > 0 && f.infinities > 0)) return {NAN, 0};
    if (f.zeros > 0) return {std::copysign(0.0, f.mantissa), 0};
    if (f.infinities > 0) return {std::copysign(INFINITY, f.mantissa), 0};
    return {f.mantissa, f.exponent};
}

double rounded(Number v) {
    return std::ldexp(v.mantissa, static_cast<int>(std::clamp(v.exponent, -4000.0, 4000.0)));
}

// v = quotient * scale^2, where quotient / x loses nothing for any x that leaves a result in range.
template <class T>
void divide_into(Number v, double& quotient, double& scale) {
    scale = 1;
    if (sizeof(T) == sizeof(float) || std::abs(v.exponent) <= 1000) {
        quotient = rounded({v.mantissa, std::clamp(v.exponent, -1000.0, 1000.0)});
        return;
    }
    const double half =
        std::round((std::clamp(v.exponent, -2160.0, 2160.0) + (v.exponent < 0 ? 60 : -60)) / 2);
    quotient = std::ldexp(v.mantissa, v.exponent < 0 ? -60 : 60);
    quotient = std::ldexp(quotient, static_cast<int>(std::clamp(v.exponent, -2160.0, 2160.0) +
                                                     (v.exponent < 0 ? 60 : -60) - 2 * half));
    scale = std::ldexp(1.0, static_cast<int>(half));
}

template <class T>
struct Coefficients {
    double quotient[kTile], scale[kTile];
    T of_zero[kTile], of_infinity[kTile], of_nan[kTile];

    void set(dim_t i, T dy, T y, Factors f, dim_t repeat) {
        f = in_range(y) ? factor(static_cast<double>(y)) : power(f, repeat);
        const auto times = [dy](const Factors& others) {
            const Number p = product_of(others), v = {p.mantissa * static_cast<double>(dy), 0};
            if (!std::isfinite(v.mantissa) || v.mantissa == 0) return v;
            const Number d{factor(static_cast<double>(dy)).mantissa,
                           factor(static_cast<double>(dy)).exponent};
            return Number{p.mantissa * d.mantissa, p.exponent + d.exponent};
        };
        divide_into<T>(times(f), quotient[i], scale[i]);
        const auto without = [&](double Factors::* kind) {
            Factors others = f;
            others.*kind -= 1;
            return static_cast<T>(rounded(times(others)));
        };
        of_zero[i] = without(&Factors::zeros);
        of_infinity[i] = without(&Factors::infinities);
        of_nan[i] = without(&Factors::nans);
    }
};

template <class T>
void divide_tile(const ProductBackwardArgs& a, const Walk& walk, const Walk::Outputs& o,
                 dim_t segment, const Factors* factors) {
    const auto& kernel = isa::table<ProductKernels, T>().quotients;
    Coefficients<T> c;
    for (dim_t i = 0; i < o.count; ++i) {
        const dim_t at = o.offset + i * o.step;
        c.set(i, static_cast<const T*>(a.dy)[at], static_cast<const T*>(a.y)[at], factors[i],
              a.repeat);
    }
    walk.each(o, segment, [&](dim_t at, dim_t stride, dim_t rows, dim_t cols) {
        (walk.along() ? kernel.along : kernel.across)(
            {static_cast<const T*>(a.x) + at, static_cast<T*>(a.dx) + at, stride, rows, cols,
             c.quotient, c.scale, c.of_zero, c.of_infinity, c.of_nan});
    });
}

template <class T>
void backward_typed(const ProductBackwardArgs& a) {
    const Walk walk(a.g);
    if (walk.segments == 1) {
        walk.run(cost::kFactor + cost::kQuotient, [&](dim_t tile, dim_t) {
            Factors factors[kTile];
            const Walk::Outputs o = walk.outputs(tile);
            multiply_tile<T>(a, walk, o, 0, factors);
            divide_tile<T>(a, walk, o, 0, factors);
        });
        return;
    }
    Scratch<Factors> parts(static_cast<std::size_t>(walk.tiles * walk.segments * walk.block()));
    const auto part = [&](dim_t tile, dim_t segment) {
        return parts.data() + (tile * walk.segments + segment) * walk.block();
    };
    walk.run(cost::kFactor, [&](dim_t tile, dim_t segment) {
        multiply_tile<T>(a, walk, walk.outputs(tile), segment, part(tile, segment));
    });
    for (dim_t tile = 0; tile < walk.tiles; ++tile) {
        Factors* total = part(tile, 0);
        for (dim_t s = 1; s < walk.segments; ++s) {
            const Factors* next = part(tile, s);
            for (dim_t i = 0; i < walk.outputs(tile).count; ++i) total[i] *= next[i];
        }
    }
    walk.run(cost::kQuotient, [&](dim_t tile, dim_t segment) {
        divide_tile<T>(a, walk, walk.outputs(tile), segment, part(tile, 0));
    });
}

void backward(const ProductBackwardArgs& a) {
    if (a.g.outputs * a.g.reduced == 0) return;
    visit_float(a.dtype, [&]<class T>() { backward_typed<T>(a); });
}

Work work(const ProductBackwardArgs& a) {
    const double n = static_cast<double>(a.g.outputs * a.g.reduced);
    return {2 * n, 2 * n * static_cast<double>(size_of(a.dtype))};
}

}  // namespace

const Kernel<ProductBackwardArgs> kProductBackward{"prod_backward", backward, work};

}  // namespace fastnn::reduce
