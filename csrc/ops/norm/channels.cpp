#include "ops/norm/channels.h"

#include <cmath>

#include "core/parallel.h"
#include "ops/activation/activation.h"
#include "ops/norm/channels_sums.h"
#include "ops/norm/cost.h"
#include "ops/norm/groups.h"
#include "ops/norm/wide.h"

namespace fastnn::norm {
namespace {

// Mean and variance of a group from those of its columns, by the formula of Chan, Golub and
// LeVeque (1979).
struct Moments {
    double mean, variance;
};
Moments moments_of(const Plan& plan, const double* means, const double* squares, dim_t g) {
    const dim_t group = plan.shape.group();
    const auto n = static_cast<double>(plan.shape.count());
    const auto over = [&](auto f) {
        for (dim_t c = g * group; c < (g + 1) * group; ++c) plan.columns_of(c, f);
    };
    double mean = 0, square = 0;
    if (group * plan.fold * plan.inner == 1) {
        over([&](dim_t i) { mean = means[i], square = squares[i]; });
    } else {
        over([&](dim_t i) { mean += means[i] * plan.elements(i); });
        mean /= n;
        over([&](dim_t i) {
            const double off = means[i] - mean;
            square += squares[i] + off * off * plan.elements(i);
        });
    }
    return {mean, square > 0 || square != square ? square / n : 0};
}

// p and q of batch renorm.
template <class T>
void correct(const ChannelArgs& a, dim_t c, const Moments& m) {
    const double deviation = std::sqrt(number<T>(a.running_var, c, 1) + a.eps);
    const double p = std::sqrt(m.variance + a.eps) / deviation;
    const double q = (m.mean - number<T>(a.running_mean, c, 0)) / deviation;
    a.p[c] = p != p ? p : std::clamp(p, 1 / a.r_max, a.r_max);
    a.q[c] = q != q ? q : std::clamp(q, -a.d_max, a.d_max);
}

template <class T>
void update(const ChannelArgs& a, const double* variance) {
    const Channels& s = a.shape;
    const auto n = static_cast<double>(s.count());
    const double keep = 1 - a.momentum, sets = static_cast<double>(s.batch);
    auto* mean = static_cast<T*>(a.running_mean);
    auto* var = static_cast<T*>(a.running_var);
    for (dim_t c = 0; c < s.channels; ++c) {
        double m = 0, v = 0;
        for (dim_t b = 0; b < s.batch; ++b) {
            m += a.mean[b * s.channels + c];
            v += variance[b * s.channels + c];
        }
        mean[c] = static_cast<T>(keep * static_cast<double>(mean[c]) + a.momentum * m / sets);
        var[c] = static_cast<T>(keep * static_cast<double>(var[c]) +
                                a.momentum * v / sets * (n / (n - 1)));
    }
}

// Taken group by group, without what only the other kernels can do; an activation follows then.
bool by_groups(const ChannelArgs& a) {
    return !a.given && !a.renorm && a.residual == nullptr && small_groups(a.shape);
}

// y = f(z) where a span has just been written, and is in cache.
template <class T>
void activate(const Span& s, const FusedActivation& f, const T* z, T* y) {
    activation::apply<T>(f, {z + s.at, s.stride}, {y + s.at, s.stride}, s.rows, s.width);
    const dim_t at = s.at + s.rows * s.stride;
    if (s.tail > 0) activation::apply<T>(f, {z + at, s.tail}, {y + at, s.tail}, 1, s.tail);
}

// Running statistics are left to a computation in double where this one went out of range: then the
// result is false.
template <class T>
bool forward_typed(const ChannelArgs& a) {
    const Channels& s = a.shape;
    if (s.size() == 0) {
        std::fill_n(a.mean, s.batch * s.groups, 0.0);
        std::fill_n(a.rstd, s.batch * s.groups, 0.0);
        if (a.renorm) std::fill_n(a.p, s.channels, 1.0), std::fill_n(a.q, s.channels, 0.0);
        return true;
    }
    Scratch<double> variances(static_cast<std::size_t>(s.batch * s.groups));
    double* variance = variances.data();
    const auto leaves_range = [&] {
        return a.dtype == Dtype::f32 && !a.given && !all_in_range(a.rstd, s.batch * s.groups);
    };
    if (by_groups(a)) {
        ChannelArgs sums = a;
        if (a.preactivation != nullptr) sums.y = a.preactivation;
        forward_groups(sums, variance);
        if (leaves_range()) return false;
        if (a.running_mean != nullptr) update<T>(a, variance);
        if (a.activation.kind != Activation::none)
            activation::forward({a.activation, a.dtype, s.size(), sums.y, a.y});
        return true;
    }
    const Plan plan(s);
    const auto& kernel = isa::table<ChannelKernels, T>();
    const Coefficients<T, 3> coefficients(plan);
    const Partial<T, 3> sums(plan, !a.given);
    const bool relu = a.activation.kind == Activation::relu && a.preactivation == nullptr;
    const bool activated = a.activation.kind != Activation::none && !relu;
    const Apply<T> whole{static_cast<const T*>(a.x),
                         static_cast<const T*>(a.residual),
                         static_cast<T*>(a.preactivation != nullptr ? a.preactivation : a.y),
                         {},
                         relu,
                         !activated && plan_streams(a.y, plan, a.dtype)};

    const Source source{
        a.w, a.b, a.mean, a.rstd, a.renorm ? a.p : nullptr, a.renorm ? a.q : nullptr};
    const auto finish = [&](dim_t b, dim_t g) {
        const dim_t at = b * s.groups + g;
        if (a.given) {
            a.mean[at] = number<T>(a.running_mean, g, 0);
            variance[at] = number<T>(a.running_var, g, 1);
        } else {
            const Moments m = moments_of(plan, sums.first(b), sums.second(b), g);
            a.mean[at] = m.mean, variance[at] = m.variance;
            if (a.renorm) correct<T>(a, g, m);
        }
        a.rstd[at] = 1 / std::sqrt(variance[at] + a.eps);
        set_affine(plan, source, coefficients, b, g);
    };

    const dim_t chunks = s.batch * plan.chunks, groups = group_pieces(s);
    const double ns = (a.given ? cost::kApply : cost::kStatistics + cost::kApply) * sizeof(T) / 4 *
                      static_cast<double>(s.size());
    parallel_team(threads_worth(chunks, ns), [&](Team& team) {
        if (!a.given) {
            team.for_each(chunks, [&](dim_t c) {
                plan.spans(c, [&](dim_t b, const Span& span) {
                    kernel.statistics[plan.runs](span, whole.x, sums.part(b, span.part),
                                                 plan.width);
                });
            });
            team.for_each(sums.merges(), [&](dim_t i) { sums.merge(i, kernel.merge_statistics); });
        }
        team.for_each(groups, [&](dim_t i) { over_groups(s, i, finish); });
        team.for_each(
            chunks,
            [&](dim_t c) {
                plan.spans(c, [&](dim_t b, const Span& span) {
                    Apply<T> here = whole;
                    here.affine = coefficients.affine(b);
                    kernel.apply[plan.runs](span, here);
                    if (activated) activate(span, a.activation, here.y, static_cast<T*>(a.y));
                });
            },
            true);
    });
    if (leaves_range()) return false;
    if (!a.given && a.running_mean != nullptr) update<T>(a, variance);
    return true;
}

// Residual and activation are those of float32, as without fusion.
void forward_in_double(const ChannelArgs& a) {
    const dim_t size = a.shape.size(), channels = a.shape.channels;
    auto* const z = static_cast<float*>(a.preactivation != nullptr ? a.preactivation : a.y);
    Widened x(a.x, size), w(a.w, channels), b(a.b, channels), mean(a.running_mean, channels),
        var(a.running_var, channels), y(z, size);
    ChannelArgs wide = a;
    wide.dtype = Dtype::f64;
    wide.activation = {}, wide.preactivation = nullptr, wide.residual = nullptr;
    wide.x = x.data(), wide.w = w.data(), wide.b = b.data(), wide.y = y.data();
    wide.running_mean = mean.data(), wide.running_var = var.data();
    forward_typed<double>(wide);
    mean.store(a.running_mean), var.store(a.running_var), y.store(z);
    const auto* const residual = static_cast<const float*>(a.residual);
    for (dim_t i = 0; residual != nullptr && i < size; ++i) z[i] += residual[i];
    if (a.activation.kind != Activation::none)
        activation::forward({a.activation, a.dtype, size, z, a.y});
}

void forward(const ChannelArgs& a) {
    visit_float(a.dtype, [&]<class T>() {
        if (!forward_typed<T>(a)) forward_in_double(a);
    });
}

Work forward_work(const ChannelArgs& a) {
    const auto n = static_cast<double>(a.shape.size());
    const int arrays = a.residual == nullptr ? 2 : 3;
    return {(a.given ? 3 : 7) * n, arrays * n * static_cast<double>(size_of(a.dtype))};
}

}  // namespace

bool sign_is_computed(const ChannelArgs& a) {
    return a.residual == nullptr && !by_groups(a);
}

const Kernel<ChannelArgs> kChannelForward[4] = {{"batch_norm", forward, forward_work},
                                                {"batch_renorm", forward, forward_work},
                                                {"group_norm", forward, forward_work},
                                                {"instance_norm", forward, forward_work}};

}  // namespace fastnn::norm
