#include "ops/resample/tables.h"

#include <algorithm>
#include <cmath>

namespace fastnn::resample {
namespace {

constexpr int kMostTaps = 4;

struct Taps {
    int count;
    dim_t place[kMostTaps];
    double weight[kMostTaps];
};

// One axis of a call.
struct Line {
    Mode mode;
    bool align_corners;
    dim_t in, out;
    double scale;

    // The distance of neighbouring outputs in the input.
    double step() const {
        if (align_corners) {
            return out > 1 ? static_cast<double>(in - 1) / static_cast<double>(out - 1) : 0;
        }
        return scale > 0 ? 1 / scale : static_cast<double>(in) / static_cast<double>(out);
    }
    double position(dim_t j, double step) const {
        return align_corners ? static_cast<double>(j) * step
                             : (static_cast<double>(j) + 0.5) * step - 0.5;
    }
    dim_t inside(dim_t i) const { return std::clamp<dim_t>(i, 0, in - 1); }
};

// In float, as PyTorch has it: where a position falls on a border between two places, its rounding
// decides.
dim_t nearest(const Line& line, dim_t j) {
    const float step = line.scale > 0 ? static_cast<float>(1 / line.scale)
                                      : static_cast<float>(line.in) / static_cast<float>(line.out);
    if (line.mode == Mode::nearest_exact) {
        const double at = (static_cast<double>(j) + 0.5) * static_cast<double>(step);
        return line.inside(static_cast<dim_t>(std::floor(static_cast<float>(at))));
    }
    return line.inside(static_cast<dim_t>(std::floor(static_cast<float>(j) * step)));
}

// Keys' kernel at distances up to 1, and from 1 to 2.
double cubic_inner(double x) {
    constexpr double a = -0.75;
    return ((a + 2) * x - (a + 3)) * x * x + 1;
}
double cubic_outer(double x) {
    constexpr double a = -0.75;
    return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
}

Taps taps_of(const Line& line, dim_t j) {
    if (line.mode == Mode::nearest || line.mode == Mode::nearest_exact) {
        return {1, {nearest(line, j)}, {1}};
    }
    double p = line.position(j, line.step());
    if (line.mode == Mode::linear) {
        if (line.in == line.out) return {1, {j}, {1}};  // for any scale
        p = std::max(p, 0.0);
        const dim_t i = line.inside(static_cast<dim_t>(p));
        const double t = std::clamp(p - static_cast<double>(i), 0.0, 1.0);
        return {2, {i, line.inside(i + 1)}, {1 - t, t}};
    }
    const dim_t i = std::min(static_cast<dim_t>(std::floor(p)), line.in - 1);
    const double t = std::clamp(p - static_cast<double>(i), 0.0, 1.0);
    return {4,
            {line.inside(i - 1), line.inside(i), line.inside(i + 1), line.inside(i + 2)},
            {cubic_outer(t + 1), cubic_inner(t), cubic_inner(1 - t), cubic_outer(2 - t)}};
}

}  // namespace

template <class T>
void Tables<T>::Entries::transpose(dim_t places) {
    Entries other;
    other.start.assign(static_cast<std::size_t>(places) + 1, 0);
    for (const int i : place) ++other.start[static_cast<std::size_t>(i) + 1];
    for (std::size_t i = 1; i < other.start.size(); ++i) other.start[i] += other.start[i - 1];
    other.place.resize(place.size());
    other.weight.resize(place.size());
    std::vector<int> next(other.start);
    for (std::size_t j = 0; j + 1 < start.size(); ++j) {
        for (auto k = static_cast<std::size_t>(start[j]);
             k < static_cast<std::size_t>(start[j + 1]); ++k) {
            const auto at = static_cast<std::size_t>(next[static_cast<std::size_t>(place[k])]++);
            other.place[at] = static_cast<int>(j);
            other.weight[at] = weight[k];
        }
    }
    *this = std::move(other);
}

template <class T>
dim_t Tables<T>::Entries::taps() const {
    const std::size_t places = start.size() - 1;
    for (std::size_t j = 0; j < places; ++j) {
        if (start[j + 1] - start[j] != start[1]) return 0;
    }
    if (start[1] == 2) return 2;
    return start[1] == 1 && std::all_of(weight.begin(), weight.end(), [](T w) { return w == 1; });
}

template <class T>
Tables<T>::Tables(const Args& a, bool backward) {
    for (int i = 0; i < kAxes; ++i) {
        // A missing axis is copied.
        const Line line{a.in[i] == 1 && a.out[i] == 1 ? Mode::nearest : a.mode, a.align_corners,
                        a.in[i], a.out[i], a.scale[i]};
        Entries& e = entries_[i];
        e.start.push_back(0);
        for (dim_t j = 0; j < line.out; ++j) {
            const Taps taps = taps_of(line, j);
            for (int k = 0; k < taps.count; ++k) {
                e.place.push_back(static_cast<int>(taps.place[k]));
                e.weight.push_back(static_cast<T>(taps.weight[k]));
            }
            e.start.push_back(static_cast<int>(e.place.size()));
        }
        if (backward) e.transpose(line.in);
        axes_[i] = Axis<T>{.from = backward ? line.out : line.in,
                           .to = backward ? line.in : line.out,
                           .start = e.start.data(),
                           .place = e.place.data(),
                           .weight = e.weight.data(),
                           .taps = e.taps()};
    }
}

template class Tables<float>;
template class Tables<double>;

}  // namespace fastnn::resample
