#include "ops/norm/channels.h"

#include <cmath>
#include <cstring>

#include "core/cache.h"
#include "core/integer.h"
#include "core/memory.h"
#include "core/parallel.h"
#include "ops/activation/activation.h"
#include "ops/norm/channels_plan.h"
#include "ops/norm/groups.h"

namespace fastnn::norm {
namespace {

constexpr std::int64_t kColumns = 256;  // columns whose sums one thread puts together at a time
constexpr std::int64_t kChannels = 64;  // channels whose coefficients it computes
// Per float32 element, one thread, from L3.
constexpr double kStatisticsNs = 0.08, kApplyNs = 0.12, kSumsNs = 0.14, kSlopeNs = 0.2;

bool plan_streams(const void* out, const Plan& plan, Dtype dtype) {
    const auto size = static_cast<std::int64_t>(size_of(dtype));
    const std::int64_t row = plan.runs ? plan.shape.inner : plan.width;
    return past_caches(out, static_cast<double>(plan.shape.size() * size), row * size, kReadsAgain);
}

// The arrays of coefficients of a set, one behind the other.
template <class T, int arrays>
struct Coefficients {
    Scratch<T> memory;
    T* data;
    std::int64_t width;
    Coefficients(const Plan& plan)
        : memory(static_cast<std::size_t>(plan.shape.batch * arrays * plan.width)),
          data(memory.data()),
          width(plan.width) {}
    T* at(std::int64_t set, int array) const { return data + (set * arrays + array) * width; }
    Affine<T> affine(std::int64_t set) const { return {at(set, 0), at(set, 1), at(set, 2)}; }
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

    T* part(std::int64_t set, long i) const {
        return data + (set * plan.parts + i) * values * plan.width;
    }
    double* first(std::int64_t set) const { return total + 2 * set * plan.width; }
    double* second(std::int64_t set) const { return first(set) + plan.width; }

    long merges() const {
        return static_cast<long>(plan.shape.batch * ceil_div(plan.width, kColumns));
    }
    // Puts together the columns of one piece; those before the tail have one element more.
    template <class Merge>
    void merge(long piece, Merge kernel) const {
        const std::int64_t each = ceil_div(plan.width, kColumns), set = piece / each;
        const std::int64_t begin = piece % each * kColumns,
                           end = std::min(begin + kColumns, plan.width);
        const std::int64_t middle = std::clamp(plan.tail, begin, end);
        Parts<T> p{part(set, 0), plan.parts, plan.width, plan.period(), plan.full(), plan.last()};
        if (middle < end) kernel(p, middle, end, first(set), second(set));
        p.last += 1;
        if (begin < middle) kernel(p, begin, middle, first(set), second(set));
    }
};

// Calls f(set, group) for the groups of one piece of all.
template <class F>
void over_groups(const Channels& s, long piece, F f) {
    const std::int64_t some = std::max<std::int64_t>(1, kChannels / s.group());
    const std::int64_t each = ceil_div(s.groups, some), set = piece / each,
                       begin = piece % each * some;
    for (std::int64_t g = begin; g < std::min(begin + some, s.groups); ++g) f(set, g);
}
long group_pieces(const Channels& s) {
    const std::int64_t some = std::max<std::int64_t>(1, kChannels / s.group());
    return static_cast<long>(s.batch * ceil_div(s.groups, some));
}

template <class T>
double number(const void* p, std::int64_t i, double otherwise) {
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
void set_affine(const Plan& plan, const Source& a, const Coefficients<T, arrays>& to,
                std::int64_t set, std::int64_t g) {
    const std::int64_t group = plan.shape.group();
    const double mean = a.mean[set * plan.shape.groups + g];
    const double rstd = a.rstd[set * plan.shape.groups + g];
    T* const means = to.at(set, 0);
    T* const scales = to.at(set, 1);
    T* const shifts = to.at(set, 2);
    for (std::int64_t c = g * group; c < (g + 1) * group; ++c) {
        const double w = number<T>(a.w, c, 1);
        const double scale = a.p == nullptr ? w * rstd : w * rstd * a.p[c];
        const T m = static_cast<T>(mean), factor = static_cast<T>(scale);
        // What the mean loses as a T is put back here.
        const T shift = static_cast<T>(number<T>(a.b, c, 0) + (a.q == nullptr ? 0 : w * a.q[c]) +
                                       (static_cast<double>(m) - mean) * scale);
        plan.columns_of(
            c, [=](std::int64_t i) { means[i] = m, scales[i] = factor, shifts[i] = shift; });
    }
}

// Mean and variance of a group from those of its columns, by the formula of Chan, Golub and
// LeVeque (1979).
struct Moments {
    double mean, variance;
};
Moments moments_of(const Plan& plan, const double* means, const double* squares, std::int64_t g) {
    const std::int64_t group = plan.shape.group();
    const auto n = static_cast<double>(plan.shape.count());
    const auto over = [&](auto f) {
        for (std::int64_t c = g * group; c < (g + 1) * group; ++c) plan.columns_of(c, f);
    };
    double mean = 0, square = 0;
    if (group * plan.fold * plan.inner == 1) {
        over([&](std::int64_t i) { mean = means[i], square = squares[i]; });
    } else {
        over([&](std::int64_t i) { mean += means[i] * plan.elements(i); });
        mean /= n;
        over([&](std::int64_t i) {
            const double off = means[i] - mean;
            square += squares[i] + off * off * plan.elements(i);
        });
    }
    return {mean, square > 0 || square != square ? square / n : 0};
}

// p and q of batch renorm.
template <class T>
void correct(const ChannelArgs& a, std::int64_t c, const Moments& m) {
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
    for (std::int64_t c = 0; c < s.channels; ++c) {
        double m = 0, v = 0;
        for (std::int64_t b = 0; b < s.batch; ++b) {
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
    const long at = s.at + s.rows * s.stride;
    if (s.tail > 0) activation::apply<T>(f, {z + at, s.tail}, {y + at, s.tail}, 1, s.tail);
}

template <class T>
void forward_typed(const ChannelArgs& a) {
    const Channels& s = a.shape;
    if (s.size() == 0) {
        std::fill_n(a.mean, s.batch * s.groups, 0.0);
        std::fill_n(a.rstd, s.batch * s.groups, 0.0);
        if (a.renorm) std::fill_n(a.p, s.channels, 1.0), std::fill_n(a.q, s.channels, 0.0);
        return;
    }
    Scratch<double> variances(static_cast<std::size_t>(s.batch * s.groups));
    double* variance = variances.data();
    if (by_groups(a)) {
        ChannelArgs sums = a;
        if (a.preactivation != nullptr) sums.y = a.preactivation;
        forward_groups(sums, variance);
        if (a.running_mean != nullptr) update<T>(a, variance);
        if (a.activation.kind != Activation::none)
            activation::forward({a.activation, a.dtype, s.size(), sums.y, a.y});
        return;
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
    const auto finish = [&](std::int64_t b, std::int64_t g) {
        const std::int64_t at = b * s.groups + g;
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

    const long chunks = static_cast<long>(s.batch * plan.chunks), groups = group_pieces(s);
    const double ns = (a.given ? kApplyNs : kStatisticsNs + kApplyNs) * sizeof(T) / 4 *
                      static_cast<double>(s.size());
    parallel_team(threads_worth(chunks, ns), [&](Team& team) {
        if (!a.given) {
            team.for_each(chunks, [&](long c) {
                plan.spans(c, [&](std::int64_t b, const Span& span) {
                    kernel.statistics[plan.runs](span, whole.x, sums.part(b, span.part),
                                                 plan.width);
                });
            });
            team.for_each(sums.merges(), [&](long i) { sums.merge(i, kernel.merge_statistics); });
        }
        team.for_each(groups, [&](long i) { over_groups(s, i, finish); });
        team.for_each(
            chunks,
            [&](long c) {
                plan.spans(c, [&](std::int64_t b, const Span& span) {
                    Apply<T> here = whole;
                    here.affine = coefficients.affine(b);
                    kernel.apply[plan.runs](span, here);
                    if (activated) activate(span, a.activation, here.y, static_cast<T*>(a.y));
                });
            },
            true);
    });
    if (!a.given && a.running_mean != nullptr) update<T>(a, variance);
}

template <class T>
void backward_typed(const ChannelBackwardArgs& a) {
    const Channels& s = a.shape;
    if (s.size() == 0) {
        const auto bytes = static_cast<std::size_t>(s.channels) * sizeof(T);
        for (void* sums : {a.dw, a.db}) {
            if (sums != nullptr) std::memset(sums, 0, bytes);
        }
        return;
    }
    const bool relu = a.activation.kind == Activation::relu;
    if (!a.given && a.p == nullptr && !relu && small_groups(s)) return backward_groups(a);
    const Plan plan(s);
    const auto& kernel = isa::table<ChannelKernels, T>();
    const bool parameters = a.dw != nullptr || a.db != nullptr;
    const bool centered = !a.given && a.dx != nullptr;
    const bool summed = parameters || centered || a.dresidual != nullptr;
    const Coefficients<T, 5> coefficients(plan);
    const Partial<T, 2> sums(plan, summed);
    // (sets, 2, channels): sums of g and of g (x - m).
    Scratch<double> by_channel(static_cast<std::size_t>(s.batch * s.channels * 2));
    double* of_channel = by_channel.data();

    const Gate gate = !relu ? Gate::none : a.saved != nullptr ? Gate::read : Gate::computed;
    const Gated<T> in{static_cast<const T*>(a.dy),
                      static_cast<const T*>(a.x),
                      static_cast<const T*>(a.saved),
                      {},
                      gate};
    // The gated dy is written once for all where it is an output.
    const Gated<T> again =
        a.dresidual == nullptr
            ? in
            : Gated<T>{static_cast<const T*>(a.dresidual), in.x, nullptr, {}, Gate::none};

    const Source source{a.w, a.b, a.mean, a.rstd, a.p, a.q};
    const auto prepare = [&](std::int64_t b, std::int64_t g) {
        set_affine(plan, source, coefficients, b, g);
    };
    const auto finish = [&](std::int64_t b, std::int64_t g) {
        const double mean = a.mean[b * s.groups + g], rstd = a.rstd[b * s.groups + g];
        const double off = static_cast<double>(static_cast<T>(mean)) - mean;
        const auto n = static_cast<double>(s.count());
        double along = 0, across = 0;  // means of g w and of g w h
        for (std::int64_t c = g * s.group(); c < (g + 1) * s.group(); ++c) {
            double sum = 0, times = 0;
            plan.columns_of(c, [&](std::int64_t i) {
                sum += sums.first(b)[i];
                times += sums.second(b)[i];
            });
            times += off * sum;  // of x less the mean itself, which is no T
            of_channel[2 * b * s.channels + c] = sum;
            of_channel[(2 * b + 1) * s.channels + c] = times;
            const double w = number<T>(a.w, c, 1) * (a.p == nullptr ? 1 : a.p[c]);
            along += w * sum / n;
            across += w * times * rstd / n;
        }
        if (!centered) return;
        const double slope = -rstd * rstd * across;
        const double offset = slope * off - rstd * along;
        T* const to[2] = {coefficients.at(b, 3), coefficients.at(b, 4)};
        for (std::int64_t c = g * s.group(); c < (g + 1) * s.group(); ++c) {
            plan.columns_of(c, [&](std::int64_t i) {
                to[0][i] = static_cast<T>(slope), to[1][i] = static_cast<T>(offset);
            });
        }
    };

    const long chunks = static_cast<long>(s.batch * plan.chunks), groups = group_pieces(s);
    const double ns = ((summed ? kSumsNs : 0) + (a.dx != nullptr ? kSlopeNs : 0)) * sizeof(T) / 4 *
                      static_cast<double>(s.size());
    const bool stream = a.dx != nullptr && plan_streams(a.dx, plan, a.dtype);
    parallel_team(threads_worth(chunks, ns), [&](Team& team) {
        team.for_each(groups, [&](long i) { over_groups(s, i, prepare); });
        if (summed) {
            team.for_each(chunks, [&](long c) {
                plan.spans(c, [&](std::int64_t b, const Span& span) {
                    T* part = sums.part(b, span.part);
                    Sums<T> here{in, static_cast<T*>(a.dresidual), part, part + plan.width};
                    here.in.affine = coefficients.affine(b);
                    kernel.sums[plan.runs](span, here);
                });
            });
            team.for_each(sums.merges(), [&](long i) { sums.merge(i, kernel.merge_sums); });
            team.for_each(groups, [&](long i) { over_groups(s, i, finish); });
        }
        if (a.dx == nullptr) return;
        team.for_each(
            chunks,
            [&](long c) {
                plan.spans(c, [&](std::int64_t b, const Span& span) {
                    Slope<T> here{again, centered ? coefficients.at(b, 3) : nullptr,
                                  centered ? coefficients.at(b, 4) : nullptr, static_cast<T*>(a.dx),
                                  stream};
                    here.in.affine = coefficients.affine(b);
                    kernel.slope[plan.runs](span, here);
                });
            },
            true);
    });
    if (!parameters) return;
    // Into the sums of the first set.
    double* const db = of_channel;
    double* const dw = of_channel + s.channels;
    for (std::int64_t b = 0; b < s.batch; ++b) {
        const double* sum = of_channel + 2 * b * s.channels;
        const double* times = sum + s.channels;
        for (std::int64_t g = 0; g < s.groups; ++g) {
            const double rstd = a.rstd[b * s.groups + g];
            for (std::int64_t c = g * s.group(); c < (g + 1) * s.group(); ++c) {
                dw[c] = times[c] * rstd + (b == 0 ? 0 : dw[c]);
                db[c] = sum[c] + (b == 0 ? 0 : db[c]);
            }
        }
    }
    for (std::int64_t c = 0; c < s.channels; ++c) {
        const double slope = a.p == nullptr ? dw[c] : dw[c] * a.p[c] + db[c] * a.q[c];
        if (a.dw != nullptr) static_cast<T*>(a.dw)[c] = static_cast<T>(slope);
        if (a.db != nullptr) static_cast<T*>(a.db)[c] = static_cast<T>(db[c]);
    }
}

void forward(const ChannelArgs& a) {
    visit_float(a.dtype, [&]<class T>() { forward_typed<T>(a); });
}

// The gradient by z first, for activations that the kernels do not multiply in themselves: all but
// relu, and relu too where unfused gradients are taken group by group.
void backward(const ChannelBackwardArgs& a) {
    const bool relu = a.activation.kind == Activation::relu;
    const bool by_group = !a.given && a.p == nullptr && small_groups(a.shape);
    const bool apart =
        relu ? by_group && a.saved != nullptr : a.activation.kind != Activation::none;
    visit_float(a.dtype, [&]<class T>() {
        if (!apart) return backward_typed<T>(a);
        Scratch<T> own(a.dresidual != nullptr ? std::size_t{0}
                                              : static_cast<std::size_t>(a.shape.size()));
        void* const dz = a.dresidual != nullptr ? a.dresidual : own.data();
        activation::backward({a.activation, a.dtype, a.shape.size(), a.dy, a.saved, dz});
        ChannelBackwardArgs rest = a;
        rest.activation = {}, rest.dy = dz, rest.saved = nullptr, rest.dresidual = nullptr;
        backward_typed<T>(rest);
    });
}

Work forward_work(const ChannelArgs& a) {
    const auto n = static_cast<double>(a.shape.size());
    const int arrays = a.residual == nullptr ? 2 : 3;
    return {(a.given ? 3 : 7) * n, arrays * n * static_cast<double>(size_of(a.dtype))};
}

Work backward_work(const ChannelBackwardArgs& a) {
    const auto n = static_cast<double>(a.shape.size());
    return {(a.given ? 5 : 10) * n, 3 * n * static_cast<double>(size_of(a.dtype))};
}

}  // namespace

bool sign_is_computed(const ChannelArgs& a) {
    return a.residual == nullptr && !by_groups(a);
}

const Kernel<ChannelArgs> kChannelForward[4] = {{"batch_norm", forward, forward_work},
                                                {"batch_renorm", forward, forward_work},
                                                {"group_norm", forward, forward_work},
                                                {"instance_norm", forward, forward_work}};
const Kernel<ChannelBackwardArgs> kChannelBackward[4] = {
    {"batch_norm_backward", backward, backward_work},
    {"batch_renorm_backward", backward, backward_work},
    {"group_norm_backward", backward, backward_work},
    {"instance_norm_backward", backward, backward_work}};

}  // namespace fastnn::norm
