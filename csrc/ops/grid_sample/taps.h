// The taps of a block of points. Every loop runs over the points of a block, so that the compiler
// turns it into vector instructions; arrays lie on cache lines, which no vector then crosses.
#pragma once

#include "ops/grid_sample/kernels.h"
#include "simd/vec.h"

namespace fastnn::FASTNN_ISA {
namespace {

using grid_sample::Mode;
using grid_sample::Padding;
using grid_sample::Points;

constexpr int kBlock = 32;  // points
constexpr int kAxisTaps = 4, kMostTaps = 16;

FASTNN_INLINE float floor_of(float x) {
    return __builtin_floorf(x);
}
FASTNN_INLINE double floor_of(double x) {
    return __builtin_floor(x);
}
FASTNN_INLINE float round_of(float x) {
    return __builtin_rintf(x);
}
FASTNN_INLINE double round_of(double x) {
    return __builtin_rint(x);
}

// Along one axis. The slope of a weight is its derivative by the coordinate of the grid.
template <class T>
struct AxisTaps {
    int count;
    alignas(64) int place[kAxisTaps][kBlock];  // -1 outside
    alignas(64) T weight[kAxisTaps][kBlock], slope[kAxisTaps][kBlock];
};

// Of all axes together.
template <class T>
struct Taps {
    AxisTaps<T> axis[grid_sample::kAxes];
    int count;
    alignas(64) int place[kMostTaps][kBlock];
    alignas(64) T weight[kMostTaps][kBlock];
};

template <class T>
struct Padder {
    Padding padding;
    T last, low, span;
    T instead;  // of NaN

    // Moves s inside and multiplies slope by the derivative of that.
    FASTNN_INLINE void move(T* s, T* slope) const {
        if (padding == Padding::reflection) mirror(s, slope);
        for (int q = 0; q < kBlock; ++q) {
            const T v = s[q], inside = v < last ? v : last;
            slope[q] = v > 0 && v < last ? slope[q] : 0;
            s[q] = v > 0 ? inside : v <= 0 ? T(0) : instead;
        }
    }

 private:
    // With a span of 0, s becomes NaN, and then the one place there is.
    FASTNN_INLINE void mirror(T* s, T* slope) const {
        for (int q = 0; q < kBlock; ++q) {
            const T d = s[q] - low, up = d < 0 ? -d : d;
            const T e = up - floor_of(up / (2 * span)) * (2 * span);
            slope[q] = (d < 0) != (e > span) ? -slope[q] : slope[q];
            s[q] = (e > span ? 2 * span - e : e) + low;
        }
    }
};

template <class T>
FASTNN_INLINE void set_place(const T* whole, T offset, T last, int* place) {
    for (int q = 0; q < kBlock; ++q) {
        const T i = whole[q] + offset;
        place[q] = i >= 0 && i <= last ? static_cast<int>(i) : -1;
    }
}

template <class T>
FASTNN_INLINE void set_cubic(const T* s, const T* whole, const T* unit, AxisTaps<T>& taps) {
    constexpr T a = -0.75;
    const auto inner = [](T x) { return ((a + 2) * x - (a + 3)) * x * x + 1; };
    const auto outer = [](T x) { return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a; };
    const auto inner_slope = [](T x) { return (3 * (a + 2) * x - 2 * (a + 3)) * x; };
    const auto outer_slope = [](T x) { return (3 * a * x - 10 * a) * x + 8 * a; };
    for (int q = 0; q < kBlock; ++q) {
        const T t = s[q] - whole[q];
        taps.weight[0][q] = outer(t + 1);
        taps.weight[1][q] = inner(t);
        taps.weight[2][q] = inner(1 - t);
        taps.weight[3][q] = outer(2 - t);
        taps.slope[0][q] = unit[q] * outer_slope(t + 1);
        taps.slope[1][q] = unit[q] * inner_slope(t);
        taps.slope[2][q] = -unit[q] * inner_slope(1 - t);
        taps.slope[3][q] = -unit[q] * outer_slope(2 - t);
    }
}

// s: coordinates of the grid, overwritten.
template <class T>
FASTNN_INLINE void set_axis(const Points<T>& p, dim_t size, T* s, AxisTaps<T>& taps) {
    const T last = static_cast<T>(size - 1), edge = p.align_corners ? 0 : T(0.5);
    const T unit = p.align_corners ? last / 2 : static_cast<T>(size) / 2;
    const bool volume = p.axes == 3, pads = p.padding != Padding::zeros;
    const Padder<T> padder{p.padding, last, -edge, last + 2 * edge, volume ? last : 0};
    alignas(64) T slope[kBlock], whole[kBlock];
    for (int q = 0; q < kBlock; ++q) {
        s[q] = (s[q] + 1) * unit - edge;
        slope[q] = unit;
    }
    if (volume && !pads) {
        for (int q = 0; q < kBlock; ++q) s[q] = s[q] - s[q] == 0 ? s[q] : T(-2);
    }
    if (p.mode == Mode::nearest) {
        taps.count = 1;
        if (pads) padder.move(s, slope);
        for (int q = 0; q < kBlock; ++q) {
            whole[q] = round_of(s[q]);
            taps.weight[0][q] = 1;
            taps.slope[0][q] = 0;
        }
        set_place(whole, T(0), last, taps.place[0]);
    } else if (p.mode == Mode::linear) {
        taps.count = 2;
        if (pads) padder.move(s, slope);
        for (int q = 0; q < kBlock; ++q) {
            whole[q] = floor_of(s[q]);
            taps.weight[0][q] = whole[q] + 1 - s[q];
            taps.weight[1][q] = s[q] - whole[q];
            taps.slope[0][q] = -slope[q];
            taps.slope[1][q] = slope[q];
        }
        for (int k = 0; k < 2; ++k) set_place(whole, static_cast<T>(k), last, taps.place[k]);
    } else {
        taps.count = 4;
        for (int q = 0; q < kBlock; ++q) whole[q] = floor_of(s[q]);
        set_cubic(s, whole, slope, taps);
        for (int k = 0; k < 4; ++k) {
            alignas(64) T at[kBlock];
            for (int q = 0; q < kBlock; ++q) at[q] = whole[q] + static_cast<T>(k - 1);
            if (pads) padder.move(at, slope);
            set_place(at, T(0), last, taps.place[k]);
        }
    }
}

// weight[k] = the product over axes of their weights, or of the slope along axis `along`.
template <class T>
[[gnu::noinline]] void multiply_out(const Points<T>& p, const Taps<T>& taps, int along,
                                    T (*weight)[kBlock]) {
    int count = 1;
    for (int q = 0; q < kBlock; ++q) weight[0][q] = 1;
    for (int i = grid_sample::kAxes - p.axes; i < grid_sample::kAxes; ++i) {
        const AxisTaps<T>& axis = taps.axis[i];
        const auto& factor = i == along ? axis.slope : axis.weight;
        // Downwards, so that weight[k] is overwritten last.
        for (int k = count - 1; k >= 0; --k) {
            for (int j = axis.count - 1; j >= 0; --j) {
                T* to = weight[k * axis.count + j];
                for (int q = 0; q < kBlock; ++q) to[q] = weight[k][q] * factor[j][q];
            }
        }
        count *= axis.count;
    }
}

// to[q] = from[q * step]; the last of `count` numbers again in the rest of the block.
template <class T>
FASTNN_INLINE void load_apart(const T* from, dim_t step, dim_t count, T* to) {
    alignas(64) int index[kBlock];
    for (int q = 0; q < kBlock; ++q)
        index[q] = static_cast<int>(step) * (q < count ? q : static_cast<int>(count) - 1);
    for (int q = 0; q < kBlock; q += Vec<T>::width) Vec<T>::gather(from, index + q).store(to + q);
}

// The taps of points first ... first + count - 1; those of the last point again in the rest.
template <class T>
[[gnu::noinline]] void set_taps(const Points<T>& p, dim_t first, dim_t count, Taps<T>& taps) {
    taps.count = 1;
    for (int q = 0; q < kBlock; ++q) taps.place[0][q] = 0;
    for (int i = grid_sample::kAxes - p.axes; i < grid_sample::kAxes; ++i) {
        alignas(64) T s[kBlock];
        load_apart(p.grid + first * p.axes + (grid_sample::kAxes - 1 - i), p.axes, count, s);
        AxisTaps<T>& axis = taps.axis[i];
        set_axis(p, p.size[i], s, axis);
        const auto size = static_cast<int>(p.size[i]);
        for (int k = taps.count - 1; k >= 0; --k) {
            for (int j = axis.count - 1; j >= 0; --j) {
                int* to = taps.place[k * axis.count + j];
                for (int q = 0; q < kBlock; ++q) {
                    const int outer = taps.place[k][q], inner = axis.place[j][q];
                    to[q] = (outer | inner) < 0 ? -1 : outer * size + inner;
                }
            }
        }
        taps.count *= axis.count;
    }
    multiply_out(p, taps, -1, taps.weight);
}

}  // namespace
}  // namespace fastnn::FASTNN_ISA
