// What forward and backward of channel norms share: sums by columns, and coefficients from them.
#pragma once

#include <algorithm>

#include "core/cache.h"
#include "core/integer.h"
#include "core/memory.h"
#include "ops/norm/channels.h"
#include "ops/norm/channels_plan.h"

namespace fastnn::norm {

constexpr dim_t kColumns = 256;  // columns whose sums one thread puts together at a time
constexpr dim_t kChannels = 64;  // channels whose coefficients it computes

inline bool plan_streams(const void* out, const Plan& plan, Dtype dtype) {
    const auto size = static_cast<dim_t>(size_of(dtype));
    const dim_t row = plan.runs ? plan.shape.inner : plan.width;
    return past_caches(out, static_cast<double>(plan.shape.size() * size), row * size, kReadsAgain);
}

// The arrays of coefficients of a set, contiguous.
template <class T, int arrays>
struct Coefficients {
    Scratch<T> memory;
    T* data;
    dim_t width;
    Coefficients(const Plan& plan)
        : memory(static_cast<std::size_t>(plan.shape.batch * arrays * plan.width)),
          data(memory.data()),
          width(plan.width) {}
    T* at(dim_t set, int array) const { return data + (set * arrays + array) * width; }
    Affine<T> affine(dim_t set) const { return {at(set, 0), at(set, 1), at(set, 2)}; }
};

// Sums of all parts and columns, (sets, parts, values, width), and what they come to.
template <class T, int values>
struct Partial {
    const Plan& plan;
    Scratch<T> memory;
    Scratch<double> whole;
    T* data;
    double* total;
    Partial(const Plan& p, bool wanted)
        : plan(p),
          memory(static_cast<std::size_t>(wanted ? p.shape.batch * p.parts * values * p.width : 0)),
          whole(static_cast<std::size_t>(wanted ? p.shape.batch * 2 * p.width : 0)),
          data(memory.data()),
          total(whole.data()) {}

    T* part(dim_t set, dim_t i) const {
        return data + (set * plan.parts + i) * values * plan.width;
    }
    double* first(dim_t set) const { return total + 2 * set * plan.width; }
    double* second(dim_t set) const { return first(set) + plan.width; }

    dim_t merges() const { return plan.shape.batch * ceil_div(plan.width, kColumns); }
    // Puts together the columns of one piece; those before the tail have one element more.
    template <class Merge>
    void merge(dim_t piece, Merge kernel) const {
        const dim_t each = ceil_div(plan.width, kColumns), set = piece / each;
        const dim_t begin = piece % each * kColumns, end = std::min(begin + kColumns, plan.width);
        const dim_t middle = std::clamp(plan.tail, begin, end);
        Parts<T> p{part(set, 0), plan.parts, plan.width, plan.period(), plan.full(), plan.last()};
        if (middle < end) kernel(p, middle, end, first(set), second(set));
        p.last += 1;
        if (begin < middle) kernel(p, begin, middle, first(set), second(set));
    }
};

// Calls f(set, group) for the groups of one piece of all.
template <class F>
void over_groups(const Channels& s, dim_t piece, F f) {
    const dim_t some = std::max<dim_t>(1, kChannels / s.group());
    const dim_t each = ceil_div(s.groups, some), set = piece / each, begin = piece % each * some;
    for (dim_t g = begin; g < std::min(begin + some, s.groups); ++g) f(set, g);
}
inline dim_t group_pieces(const Channels& s) {
    const dim_t some = std::max<dim_t>(1, kChannels / s.group());
    return s.batch * ceil_div(s.groups, some);
}

template <class T>
double number(const void* p, dim_t i, double otherwise) {
    return p == nullptr ? otherwise : static_cast<double>(static_cast<const T*>(p)[i]);
}

// Where the coefficients of a group come from.
struct Source {
    const void* w;
    const void* b;
    const double* mean;
    const double* rstd;
    const double* p;
    const double* q;
};
template <class T, int arrays>
void set_affine(const Plan& plan, const Source& a, const Coefficients<T, arrays>& to, dim_t set,
                dim_t g) {
    const dim_t group = plan.shape.group();
    const double mean = a.mean[set * plan.shape.groups + g];
    const double rstd = a.rstd[set * plan.shape.groups + g];
    T* const means = to.at(set, 0);
    T* const scales = to.at(set, 1);
    T* const shifts = to.at(set, 2);
    for (dim_t c = g * group; c < (g + 1) * group; ++c) {
        const double w = number<T>(a.w, c, 1);
        const double scale = a.p == nullptr ? w * rstd : w * rstd * a.p[c];
        const T m = static_cast<T>(mean), factor = static_cast<T>(scale);
        // What the mean loses as a T is put back here.
        const T shift = static_cast<T>(number<T>(a.b, c, 0) + (a.q == nullptr ? 0 : w * a.q[c]) +
                                       (static_cast<double>(m) - mean) * scale);
        plan.columns_of(c, [=](dim_t i) { means[i] = m, scales[i] = factor, shifts[i] = shift; });
    }
}

}  // namespace fastnn::norm
