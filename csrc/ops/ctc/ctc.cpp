#include "ops/ctc/ctc.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/columns.h"
#include "core/memory.h"
#include "ops/ctc/cost.h"

namespace fastnn::ctc {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr dim_t kPad = 2;  // states before the first and after the last, which are never reached

double log_sum(double a, double b) {
    const double m = std::max(a, b);
    return m == -kInfinity ? a + b : m + std::log(std::exp(a - m) + std::exp(b - m));
}

// One sample and its workspace.
template <class T>
struct Sample {
    const Args& a;
    const Kernels& kernels = isa::table<Kernels>();
    dim_t n, steps, labels, states;
    const std::int64_t* target;
    const T* x;
    // Rows of `states`, with kPad before and after: what a step emits, -inf where none may skip to
    // a state, the end of each step (of the last two without a gradient), and two of backward.
    dim_t width;
    double *emit, *skip, *end, *after, *before;

    static dim_t scratch(const Args& a, dim_t most_states) {
        return (most_states + 2 * kPad) * (4 + (a.dx != nullptr ? std::max<dim_t>(2, a.steps) : 2));
    }

    Sample(const Args& args, dim_t sample, double* space)
        : a(args),
          n(sample),
          steps(args.input_length[sample]),
          labels(args.target_length[sample]),
          states(2 * labels + 1),
          target(args.target + args.offset[sample]),
          x(static_cast<const T*>(args.x) + sample * args.stride[1]),
          width(states + 2 * kPad) {
        double** const rows[] = {&emit, &skip, &after, &before, &end};
        for (dim_t i = 0; i < 5; ++i) *rows[i] = space + i * width + kPad;
        const dim_t kept = a.dx != nullptr ? std::max<dim_t>(2, steps) : 2;
        std::fill_n(space, (4 + kept) * width, -kInfinity);
        for (dim_t s = 3; s < states; s += 2)
            if (symbol(s) != symbol(s - 2)) skip[s] = 0;
    }

    std::int64_t symbol(dim_t s) const { return s % 2 == 0 ? a.blank : target[s / 2]; }
    double* row(dim_t t) const { return end + (a.dx != nullptr ? t : t % 2) * width; }
    dim_t at(dim_t t, std::int64_t c) const { return t * a.stride[0] + c * a.stride[2]; }

    void read(dim_t t) const {
        const auto blank = static_cast<double>(x[at(t, a.blank)]);
        for (dim_t s = 0; s < states; ++s)
            emit[s] = s % 2 == 0 ? blank : static_cast<double>(x[at(t, target[s / 2])]);
    }

    double loss() const {
        if (steps == 0) return labels == 0 ? 0 : kInfinity;
        read(0);
        for (dim_t s = 0; s < std::min<dim_t>(2, states); ++s) row(0)[s] = emit[s];
        for (dim_t t = 1; t < steps; ++t) {
            const double* last = row(t - 1);
            read(t);
            kernels.merge(last, last - 1, last - 2, skip, emit, row(t), states);
        }
        const double* last = row(steps - 1);
        return -log_sum(last[states - 1], states > 1 ? last[states - 2] : -kInfinity);
    }

    // dx = -factor times the posterior of each symbol; after loss().
    void gradient(double l, double factor) const {
        auto* const dx = static_cast<T*>(a.dx) + n * a.stride[1];
        for (dim_t s = std::max<dim_t>(0, states - 2); s < states; ++s) after[s] = 0;
        for (dim_t t = steps - 1; t >= 0; --t) {
            if (t < steps - 1) {
                read(t + 1);
                for (dim_t s = 0; s < states; ++s) before[s] = after[s] + emit[s];
                kernels.merge(before, before + 1, before + 2, skip + 2, nullptr, after, states);
            }
            kernels.posterior(row(t), after, l, emit, states);
            double blank = 0;
            for (dim_t s = 0; s < states; s += 2) blank += emit[s];
            dx[at(t, a.blank)] -= static_cast<T>(factor * blank);
            for (dim_t s = 1; s < states; s += 2)
                dx[at(t, target[s / 2])] -= static_cast<T>(factor * emit[s]);
        }
    }

    void fill(T value, dim_t begin, dim_t stop) const {
        auto* const dx = static_cast<T*>(a.dx) + n * a.stride[1];
        for (dim_t t = begin; t < stop; ++t)
            for (dim_t c = 0; c < a.symbols; ++c) dx[at(t, c)] = value;
    }
};

// What the loss of a sample counts in the result.
double share(const Args& a, dim_t n) {
    if (a.reduction != Reduction::mean) return 1;
    return 1.0 / static_cast<double>(a.samples * std::max<std::int64_t>(1, a.target_length[n]));
}

template <class T>
double run_sample(const Args& a, dim_t n, double* space) {
    const Sample<T> sample(a, n, space);
    double l = sample.loss();
    const bool impossible = l == kInfinity;
    if (a.dx != nullptr) {
        const bool empty = impossible && !a.zero_infinity;
        sample.fill(empty ? std::numeric_limits<T>::quiet_NaN() : T(0), 0, sample.steps);
        sample.fill(T(0), sample.steps, a.steps);
        if (!impossible) sample.gradient(l, share(a, n));
    }
    return impossible && a.zero_infinity ? 0 : l;
}

dim_t most_states(const Args& a) {
    std::int64_t most = 0;
    for (dim_t n = 0; n < a.samples; ++n) most = std::max(most, a.target_length[n]);
    return 2 * most + 1;
}

void forward(const Args& a) {
    visit_float(a.dtype, [&]<class T>() {
        Scratch<double> losses(static_cast<std::size_t>(std::max<dim_t>(1, a.samples)));
        double* const l = losses.data();
        const dim_t states = most_states(a);
        const double ns = a.dx != nullptr ? cost::kStateGradient : cost::kState;
        parallel_with_scratch<double>(
            a.samples, ns * static_cast<double>(states) * static_cast<double>(a.steps),
            Sample<T>::scratch(a, states),
            [=, &a](dim_t n, double* space) { l[n] = run_sample<T>(a, n, space); });
        if (a.reduction == Reduction::none) {
            std::transform(l, l + a.samples, static_cast<T*>(a.loss),
                           [](double each) { return static_cast<T>(each); });
            return;
        }
        double total = a.samples == 0 && a.reduction == Reduction::mean
                           ? std::numeric_limits<double>::quiet_NaN()
                           : 0;
        for (dim_t n = 0; n < a.samples; ++n) total += l[n] * share(a, n);
        *static_cast<T*>(a.loss) = static_cast<T>(total);
    });
}

Work work(const Args& a) {
    double states = 0, bytes = 0;
    for (dim_t n = 0; n < a.samples; ++n) {
        const auto steps = static_cast<double>(a.input_length[n]);
        states += steps * static_cast<double>(2 * a.target_length[n] + 1);
        bytes += steps * static_cast<double>(a.target_length[n] + 1);
    }
    if (a.dx != nullptr) {
        bytes += static_cast<double>(a.steps) * static_cast<double>(a.samples) *
                 static_cast<double>(a.symbols);
    }
    return {(a.dx != nullptr ? 150 : 60) * states, bytes * static_cast<double>(size_of(a.dtype))};
}

}  // namespace

const Kernel<Args> kForward{"ctc_loss", forward, work};

}  // namespace fastnn::ctc
