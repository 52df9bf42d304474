#include "ops/resample/tables.h"

#include <algorithm>
#include <cmath>

namespace fastnn::resample {
namespace {

// One axis of a call.
struct Line {
    Mode mode;
    bool align_corners, antialias;
    dim_t in, out;
    double scale;

    double step() const { return step_of(align_corners, in, out, scale); }
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
double cubic_inner(double x, double a) {
    return ((a + 2) * x - (a + 3)) * x * x + 1;
}
double cubic_outer(double x, double a) {
    return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
}

// The kernel of a mode with antialias, which is 0 from its support on. Of the family of cubic
// kernels it takes another one than interpolation does, as PyTorch and PIL.
constexpr double kAveragedCubic = -0.5;
double averaged_weight(Mode mode, double x) {
    if (mode == Mode::linear) return std::max(1 - x, 0.0);
    return x < 1 ? cubic_inner(x, kAveragedCubic) : x < 2 ? cubic_outer(x, kAveragedCubic) : 0;
}

// add(place, weight) for what output j averages.
template <class Add>
void averaged_taps(const Line& line, dim_t j, Add add) {
    const Reach reach(line.mode, line.step());
    const double center = line.step() * (static_cast<double>(j) + 0.5);
    const dim_t begin = reach.begin(center), end = reach.end(center, line.in);
    const auto weight = [&](dim_t i) {
        const double distance = std::abs(static_cast<double>(i) - center + 0.5);
        return averaged_weight(line.mode, distance / reach.stretch);
    };
    double total = 0;
    for (dim_t i = begin; i < end; ++i) total += weight(i);
    for (dim_t i = begin; i < end; ++i) add(i, weight(i) / total);
}

// add(place, weight) for what output j is interpolated from.
template <class Add>
void taps_of(const Line& line, dim_t j, Add add) {
    if (line.mode == Mode::nearest || line.mode == Mode::nearest_exact) {
        return add(nearest(line, j), 1);
    }
    const bool copied = line.mode == Mode::linear || line.antialias;
    if (copied && line.in == line.out) return add(j, 1);  // for any scale
    if (line.antialias) return averaged_taps(line, j, add);
    double p = line.position(j, line.step());
    if (line.mode == Mode::linear) {
        p = std::max(p, 0.0);
        const dim_t i = line.inside(static_cast<dim_t>(p));
        const double t = std::clamp(p - static_cast<double>(i), 0.0, 1.0);
        add(i, 1 - t);
        add(line.inside(i + 1), t);
        return;
    }
    constexpr double a = -0.75;
    const dim_t i = std::min(static_cast<dim_t>(std::floor(p)), line.in - 1);
    const double t = std::clamp(p - static_cast<double>(i), 0.0, 1.0);
    add(line.inside(i - 1), cubic_outer(t + 1, a));
    add(line.inside(i), cubic_inner(t, a));
    add(line.inside(i + 1), cubic_inner(1 - t, a));
    add(line.inside(i + 2), cubic_outer(2 - t, a));
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
        const Line line{a.in[i] == 1 && a.out[i] == 1 ? Mode::nearest : a.mode,
                        a.align_corners,
                        a.antialias,
                        a.in[i],
                        a.out[i],
                        a.scale[i]};
        Entries& e = entries_[i];
        e.start.push_back(0);
        for (dim_t j = 0; j < line.out; ++j) {
            taps_of(line, j, [&e](dim_t place, double weight) {
                e.place.push_back(static_cast<int>(place));
                e.weight.push_back(static_cast<T>(weight));
            });
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
