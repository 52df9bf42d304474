#include "ops/norm/groups.h"

#include <algorithm>
#include <cmath>

#include "core/cache.h"
#include "core/integer.h"
#include "core/memory.h"
#include "core/parallel.h"
#include "ops/norm/cost.h"

namespace fastnn::norm {
namespace {

constexpr dim_t kMostElements = 32768;  // of a group: 128 KiB of float32, with dy half of L2
// With more rows, passes over whole rows of all groups are faster, by measurement.
constexpr dim_t kMostRows = 36;
constexpr dim_t kLeastColumns = 8;        // half a cache line of float32
constexpr dim_t kChunk = 8192;            // elements of a chunk, if groups are smaller
constexpr dim_t kGradientChannels = 256;  // of a chunk that adds gradients

// Calls f(set, group, first element) for all groups, those of a chunk one after the other.
struct Groups {
    const Channels& s;
    Group each;
    dim_t all, at_once, chunks;

    explicit Groups(const Channels& shape)
        : s(shape),
          each{.rows = s.outer,
               .stride = s.channels * s.inner,
               .channels = s.group(),
               .inner = s.inner},
          all(s.batch * s.groups),
          at_once(std::max<dim_t>(1, kChunk / s.count())),
          chunks(ceil_div(all, at_once)) {}

    int threads(double element_ns) const {
        const double ns = element_ns * static_cast<double>(s.size()) +
                          cost::kGroupChannel * static_cast<double>(s.batch * s.channels);
        return threads_worth(chunks, ns);
    }
    template <class F>
    void operator()(dim_t chunk, F f) const {
        for (dim_t i = chunk * at_once; i < std::min(all, (chunk + 1) * at_once); ++i) {
            const dim_t set = i / s.groups, g = i % s.groups;
            f(set, g, set * s.set() + g * s.group() * s.inner);
        }
    }
    bool past_cache(const void* out, dim_t size) const {
        const dim_t row = s.inner == 1 ? s.group() : s.inner;
        return past_caches(out, static_cast<double>(s.size() * size), row * size, kReadsAgain);
    }
};

// The elements of a group from p on, without gaps.
template <class T>
const T* packed(const GroupTypedKernels<T>& kernel, const Group& g, const T* p, T* to) {
    if (g.rows == 1) return p;
    kernel.pack(g, p, to);
    return to;
}

template <class T>
const T* from(const void* p, dim_t i) {
    return p == nullptr ? nullptr : static_cast<const T*>(p) + i;
}

template <class T>
void forward_typed(const ChannelArgs& a, double* variance) {
    const Channels& s = a.shape;
    const Groups groups(s);
    const auto& kernel = isa::table<GroupKernels, T>();
    const bool stream = groups.past_cache(a.y, sizeof(T));
    parallel_team(groups.threads(cost::kGroupForward * sizeof(T) / 4), [&](Team& team) {
        team.for_each_nowait(groups.chunks, [&](dim_t chunk) {
            groups(chunk, [&](dim_t set, dim_t g, dim_t at) {
                const dim_t i = set * s.groups + g;
                alignas(64) T copy[Group::kMostPacked];
                const T* x = packed(kernel, groups.each, from<T>(a.x, at), copy);
                kernel.moments(groups.each, x, a.mean + i, variance + i);
                a.rstd[i] = 1 / std::sqrt(variance[i] + a.eps);
                kernel.apply(groups.each,
                             {x, from<T>(a.w, g * s.group()), from<T>(a.b, g * s.group()),
                              static_cast<T*>(a.y) + at, a.mean[i], a.rstd[i], stream});
            });
        });
    });
}

template <class T>
void backward_typed(const ChannelBackwardArgs& a) {
    const Channels& s = a.shape;
    const Groups groups(s);
    const auto& kernel = isa::table<GroupKernels, T>();
    const auto n = static_cast<double>(s.count());
    const dim_t group = s.group();
    const bool stream = a.dx != nullptr && groups.past_cache(a.dx, sizeof(T));
    Scratch<T> by_channel(static_cast<std::size_t>(2 * s.batch * s.channels));  // (2, B, C)
    T* const sums = by_channel.data();
    T* const times = sums + s.batch * s.channels;

    const auto one = [&](dim_t set, dim_t g, dim_t at) {
        const double mean = a.mean[set * s.groups + g], rstd = a.rstd[set * s.groups + g];
        alignas(64) T copy_x[Group::kMostPacked];
        alignas(64) T copy_dy[Group::kMostPacked];
        const T* x = packed(kernel, groups.each, from<T>(a.x, at), copy_x);
        const T* dy = packed(kernel, groups.each, from<T>(a.dy, at), copy_dy);
        const T* w = from<T>(a.w, g * group);
        T* const sum = sums + set * s.channels + g * group;
        T* const time = times + set * s.channels + g * group;
        kernel.sums(groups.each, {dy, x, mean, rstd, sum, time});
        if (a.dx == nullptr) return;
        double along = 0, across = 0;  // sums of dy w and of dy w h
        for (dim_t c = 0; c < group; ++c) {
            const double factor = w == nullptr ? 1 : static_cast<double>(w[c]);
            along += factor * static_cast<double>(sum[c]);
            across += factor * static_cast<double>(time[c]);
        }
        const double factor = -rstd * rstd * across / n, offset = -rstd * along / n;
        kernel.dx(groups.each,
                  {dy, x, w, static_cast<T*>(a.dx) + at, mean, rstd, factor, offset, stream});
    };
    // The gradients of some channels' parameters.
    const auto add = [&](void* to, const T* from, dim_t begin, dim_t end) {
        if (to == nullptr) return;
        double total[kGradientChannels] = {};
        for (dim_t b = 0; b < s.batch; ++b) {
            const T* some = from + b * s.channels + begin;
            for (dim_t i = 0; i < end - begin; ++i) total[i] += static_cast<double>(some[i]);
        }
        for (dim_t i = 0; i < end - begin; ++i)
            static_cast<T*>(to)[begin + i] = static_cast<T>(total[i]);
    };
    parallel_team(groups.threads(cost::kGroupBackward * sizeof(T) / 4), [&](Team& team) {
        team.for_each(groups.chunks, [&](dim_t chunk) { groups(chunk, one); });
        if (a.dw == nullptr && a.db == nullptr) return;
        team.for_each_nowait(ceil_div(s.channels, kGradientChannels), [&](dim_t i) {
            const dim_t begin = i * kGradientChannels;
            const dim_t end = std::min(begin + kGradientChannels, s.channels);
            add(a.db, sums, begin, end);
            add(a.dw, times, begin, end);
        });
    });
}

}  // namespace

bool small_groups(const Channels& s) {
    if (s.count() == 0 || s.count() > kMostElements) return false;
    return s.outer == 1 || (s.inner == 1 && s.outer <= kMostRows &&
                            s.count() <= Group::kMostPacked && s.group() >= kLeastColumns);
}

void forward_groups(const ChannelArgs& a, double* variance) {
    visit_float(a.dtype, [&]<class T>() { forward_typed<T>(a, variance); });
}

void backward_groups(const ChannelBackwardArgs& a) {
    visit_float(a.dtype, [&]<class T>() { backward_typed<T>(a); });
}

}  // namespace fastnn::norm
