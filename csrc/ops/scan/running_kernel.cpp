#include "ops/scan/running.h"

#include <string.h>

#include "simd/math.h"
#include "simd/transpose.h"

namespace fastnn::FASTNN_ISA {
namespace {

using scan::RunningLines;

// Elements of a line in a tile of rows that is transposed, and those after which a place counts
// from 0 again: it then fits into a lane.
constexpr dim_t kTile = 64;

// Running sums in double of the lanes of T.
struct Sums32 {
    Vec<double> low, high;
    FASTNN_INLINE void step(Vec<float> keep, Vec<float> add) {
        const Wide k = widen(keep), a = widen(add);
        low = fma(low, k.low, a.low), high = fma(high, k.high, a.high);
    }
    FASTNN_INLINE Vec<float> value() const { return narrow(low, high); }
};
struct Sums64 {
    Vec<double> sum;
    FASTNN_INLINE void step(Vec<double> keep, Vec<double> add) { sum = fma(sum, keep, add); }
    FASTNN_INLINE Vec<double> value() const { return sum; }
};
FASTNN_INLINE Sums32 sums(Vec<float>) {
    return {};
}
FASTNN_INLINE Sums64 sums(Vec<double>) {
    return {};
}

// exp(a - b) for a <= b, and 1 where both are the same infinity.
template <class V>
FASTNN_INLINE V ratio(V a, V b) {
    return select(a == b, V(1), exp(a - b));
}

// One step of each: from the state and the elements at i to the result there.

template <class T, bool largest>
struct Extreme {
    static constexpr bool reverse = false, gradient = false, places = true;
    Vec<T> best = T(largest ? -__builtin_inf() : __builtin_inf());
    Vec<T> place;  // its bits: the place in the tile, or -1 for one before it
    FASTNN_INLINE void enter() { place = Vec<T>::from_bits(bits(Vec<T>()) - 1); }
    FASTNN_INLINE Vec<T> step(Vec<T> x, Vec<T>, Vec<T>, dim_t i) {
        const auto better = (largest ? x >= best : x <= best) | (x != x);
        best = select(better, x, best);
        place =
            select(better, Vec<T>::from_bits(bits(Vec<T>()) + typename Format<T>::Int(i)), place);
        return best;
    }
};

template <class T>
struct LogSum {
    static constexpr bool reverse = false, gradient = false, places = false;
    Vec<T> most = T(-__builtin_inf());
    decltype(sums(Vec<T>())) sum = sums(Vec<T>());
    FASTNN_INLINE void enter() {}
    FASTNN_INLINE Vec<T> step(Vec<T> x, Vec<T>, Vec<T>, dim_t) {
        const auto below = x <= most;
        const Vec<T> high = select(below, most, x);
        const Vec<T> e = ratio(select(below, x, most), high);
        sum.step(select(below, Vec<T>(1), e), select(below, e, Vec<T>(1)));
        most = high;
        return most + log(sum.value());
    }
};

template <class T>
struct LogSumBackward {
    static constexpr bool reverse = true, gradient = true, places = false;
    Vec<T> last;  // y[i + 1]; what it is at the end counts for nothing, since the sum is 0
    decltype(sums(Vec<T>())) sum = sums(Vec<T>());
    FASTNN_INLINE void enter() {}
    FASTNN_INLINE Vec<T> step(Vec<T> x, Vec<T> y, Vec<T> dy, dim_t) {
        sum.step(select(sum.value() == 0, Vec<T>(), ratio(y, last)), dy);
        last = y;
        return sum.value() * ratio(x, y);
    }
};

// The places of a step from those in its tile, which begins at `first`, and those `before` it.
template <class T>
FASTNN_INLINE void places_of(Vec<T> place, dim_t first, const int64_t* __restrict before,
                             int64_t* __restrict places) {
    typename Format<T>::Int within[Vec<T>::width];
    const auto lanes = bits(place);
    __builtin_memcpy(within, &lanes, sizeof within);
    for (int q = 0; q < Vec<T>::width; ++q)
        places[q] = within[q] < 0 ? before[q] : first + within[q];
}

template <class S, class T>
void columns(const RunningLines<T>& l, dim_t n, dim_t stride, dim_t lines) {
    using V = Vec<T>;
    S s;
    int64_t before[V::width] = {}, places[V::width];
    for (dim_t done = 0; done < n; done += kTile) {
        s.enter();
        const dim_t length = n - done < kTile ? n - done : kTile;
        for (dim_t i = 0; i < length; ++i) {
            const dim_t k = S::reverse ? n - 1 - done - i : done + i, at = k * stride;
            V y, dy;
            if constexpr (S::gradient) y = V::load(l.y + at, lines), dy = V::load(l.dy + at, lines);
            s.step(V::load(l.x + at, lines), y, dy, i).store(l.out + at, lines);
            if constexpr (S::places) {
                places_of(s.place, done, before, places);
                if (lines == V::width) {
                    __builtin_memcpy(l.place + at, places, sizeof places);
                } else {
                    for (dim_t q = 0; q < lines; ++q) l.place[at + q] = places[q];
                }
            }
        }
        if constexpr (S::places) {
            __builtin_memcpy(before, places, sizeof before);
        }
    }
}

template <class S, class T>
void rows(const RunningLines<T>& l, dim_t n, dim_t stride, dim_t lines) {
    using V = Vec<T>;
    constexpr dim_t W = V::width;
    S s;
    int64_t before[W] = {}, places[W];
    T x[kTile * W], y[S::gradient ? kTile * W : W] = {}, dy[S::gradient ? kTile * W : W] = {};
    int64_t turned[S::places ? W : 1][kTile + 8];  // rows that lie in different sets of L1
    for (dim_t done = 0; done < n; done += kTile) {
        s.enter();
        const dim_t length = n - done < kTile ? n - done : kTile;
        const dim_t first = S::reverse ? n - done - length : done;
        transpose_block(l.x + first, stride, lines, length, x, W, W);
        if constexpr (S::gradient) {
            transpose_block(l.y + first, stride, lines, length, y, W, W);
            transpose_block(l.dy + first, stride, lines, length, dy, W, W);
        }
        for (dim_t i = 0; i < length; ++i) {
            const dim_t k = S::reverse ? length - 1 - i : i, from = S::gradient ? k * W : 0;
            s.step(V::load(x + k * W), V::load(y + from), V::load(dy + from), i).store(x + k * W);
            if constexpr (S::places) {
                places_of(s.place, done, before, places);
                for (int q = 0; q < W; ++q) turned[q][k] = places[q];
            }
        }
        transpose_block(x, W, length, lines, l.out + first, stride, length);
        if constexpr (S::places) {
            __builtin_memcpy(before, places, sizeof before);
            for (dim_t q = 0; q < lines; ++q)
                memcpy(l.place + q * stride + first, turned[q], size_t(length) * sizeof(int64_t));
        }
    }
}

// In the order of scan::Running.
template <class T>
constexpr scan::RunningKernels<T> kTyped{
    {rows<Extreme<T, true>, T>, rows<Extreme<T, false>, T>, rows<LogSum<T>, T>,
     rows<LogSumBackward<T>, T>},
    {columns<Extreme<T, true>, T>, columns<Extreme<T, false>, T>, columns<LogSum<T>, T>,
     columns<LogSumBackward<T>, T>},
    Vec<T>::width};

constexpr scan::AllRunningKernels kTable{kTyped<float>, kTyped<double>};

}  // namespace
}  // namespace fastnn::FASTNN_ISA

FASTNN_KERNELS(scan::AllRunningKernels, kTable)
