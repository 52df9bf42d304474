#include <cstring>

#include "core/parallel.h"
#include "ops/activation/activation.h"
#include "ops/norm/channels_sums.h"
#include "ops/norm/cost.h"
#include "ops/norm/groups.h"
#include "ops/norm/wide.h"

namespace fastnn::norm {
namespace {

template <class T>
class Backward {
 public:
    explicit Backward(const ChannelBackwardArgs& args)
        : a_(args),
          s_(args.shape),
          plan_(args.shape),
          kernel_(isa::table<ChannelKernels, T>()),
          parameters_(args.dw != nullptr || args.db != nullptr),
          centered_(!args.given && args.dx != nullptr),
          summed_(parameters_ || centered_ || args.dresidual != nullptr),
          coefficients_(plan_),
          sums_(plan_, summed_),
          by_channel_(static_cast<std::size_t>(s_.batch * s_.channels * 2)),
          of_channel_(by_channel_.data()),
          source_{args.w, args.b, args.mean, args.rstd, args.p, args.q} {}
    void run() {
        const dim_t chunks = s_.batch * plan_.chunks, groups = group_pieces(s_);
        const double ns =
            ((summed_ ? cost::kSums : 0) + (a_.dx != nullptr ? cost::kInputGradient : 0)) *
            sizeof(T) / 4 * static_cast<double>(s_.size());
        const Gated<T> in = gated();
        const Slope<T> slope{again(in), nullptr, nullptr, static_cast<T*>(a_.dx),
                             a_.dx != nullptr && plan_streams(a_.dx, plan_, a_.dtype)};
        parallel_team(threads_worth(chunks, ns), [&](Team& team) {
            team.for_each(groups, [&](dim_t i) {
                over_groups(s_, i, [&](dim_t b, dim_t g) {
                    set_affine(plan_, source_, coefficients_, b, g);
                });
            });
            if (summed_) {
                team.for_each(chunks, [&](dim_t c) { add_up(c, in); });
                team.for_each(sums_.merges(), [&](dim_t i) { sums_.merge(i, kernel_.merge_sums); });
                team.for_each(groups, [&](dim_t i) {
                    over_groups(s_, i, [&](dim_t b, dim_t g) { finish(b, g); });
                });
            }
            if (a_.dx != nullptr) {
                team.for_each(chunks, [&](dim_t c) { write_dx(c, slope); }, true);
            }
        });
        if (parameters_) write_parameters();
    }

 private:
    Gated<T> gated() const {
        const Gate gate = a_.activation.kind != Activation::relu ? Gate::none
                          : a_.saved != nullptr                  ? Gate::read
                                                                 : Gate::computed;
        return {static_cast<const T*>(a_.dy),
                static_cast<const T*>(a_.x),
                static_cast<const T*>(a_.saved),
                {},
                gate};
    }
    // The gated dy is written once for all where it is an output.
    Gated<T> again(const Gated<T>& in) const {
        if (a_.dresidual == nullptr) return in;
        return {static_cast<const T*>(a_.dresidual), in.x, nullptr, {}, Gate::none};
    }
    void add_up(dim_t chunk, const Gated<T>& in) const {
        plan_.spans(chunk, [&](dim_t b, const Span& span) {
            T* part = sums_.part(b, span.part);
            Sums<T> here{in, static_cast<T*>(a_.dresidual), part, part + plan_.width};
            here.in.affine = coefficients_.affine(b);
            kernel_.sums[plan_.runs](span, here);
        });
    }
    // What dx needs of the sums of a group, and the sums by channel for dw and db.
    void finish(dim_t b, dim_t g) const {
        const double mean = a_.mean[b * s_.groups + g], rstd = a_.rstd[b * s_.groups + g];
        const double off = static_cast<double>(static_cast<T>(mean)) - mean;
        const auto n = static_cast<double>(s_.count());
        double along = 0, across = 0;  // means of g w and of g w h
        for (dim_t c = g * s_.group(); c < (g + 1) * s_.group(); ++c) {
            double sum = 0, times = 0;
            plan_.columns_of(c, [&](dim_t i) {
                sum += sums_.first(b)[i];
                times += sums_.second(b)[i];
            });
            times += off * sum;  // of x less the mean itself, which is no T
            of_channel_[2 * b * s_.channels + c] = sum;
            of_channel_[(2 * b + 1) * s_.channels + c] = times;
            const double w = number<T>(a_.w, c, 1) * (a_.p == nullptr ? 1 : a_.p[c]);
            along += w * sum / n;
            across += w * times * rstd / n;
        }
        if (!centered_) return;
        const double slope = -rstd * rstd * across;
        const double offset = slope * off - rstd * along;
        T* const to[2] = {coefficients_.at(b, 3), coefficients_.at(b, 4)};
        for (dim_t c = g * s_.group(); c < (g + 1) * s_.group(); ++c) {
            plan_.columns_of(c, [&](dim_t i) {
                to[0][i] = static_cast<T>(slope), to[1][i] = static_cast<T>(offset);
            });
        }
    }
    void write_dx(dim_t chunk, const Slope<T>& all) const {
        plan_.spans(chunk, [&](dim_t b, const Span& span) {
            Slope<T> here = all;
            if (centered_) {
                here.slope = coefficients_.at(b, 3), here.offset = coefficients_.at(b, 4);
            }
            here.in.affine = coefficients_.affine(b);
            kernel_.slope[plan_.runs](span, here);
        });
    }
    // dw and db, into the sums of the first set.
    void write_parameters() const {
        double* const db = of_channel_;
        double* const dw = of_channel_ + s_.channels;
        for (dim_t b = 0; b < s_.batch; ++b) {
            const double* sum = of_channel_ + 2 * b * s_.channels;
            const double* times = sum + s_.channels;
            for (dim_t g = 0; g < s_.groups; ++g) {
                const double rstd = a_.rstd[b * s_.groups + g];
                for (dim_t c = g * s_.group(); c < (g + 1) * s_.group(); ++c) {
                    dw[c] = times[c] * rstd + (b == 0 ? 0 : dw[c]);
                    db[c] = sum[c] + (b == 0 ? 0 : db[c]);
                }
            }
        }
        for (dim_t c = 0; c < s_.channels; ++c) {
            const double slope = a_.p == nullptr ? dw[c] : dw[c] * a_.p[c] + db[c] * a_.q[c];
            if (a_.dw != nullptr) static_cast<T*>(a_.dw)[c] = static_cast<T>(slope);
            if (a_.db != nullptr) static_cast<T*>(a_.db)[c] = static_cast<T>(db[c]);
        }
    }

    const ChannelBackwardArgs& a_;
    const Channels& s_;
    const Plan plan_;
    const ChannelTypedKernels<T>& kernel_;
    const bool parameters_, centered_, summed_;
    const Coefficients<T, 5> coefficients_;
    const Partial<T, 2> sums_;
    Scratch<double> by_channel_;  // (sets, 2, channels): sums of g and of g (x - m)
    double* const of_channel_;
    const Source source_;
};

template <class T>
void backward_typed(const ChannelBackwardArgs& a) {
    if (a.shape.size() == 0) {
        const auto bytes = static_cast<std::size_t>(a.shape.channels) * sizeof(T);
        for (void* sums : {a.dw, a.db}) {
            if (sums != nullptr) std::memset(sums, 0, bytes);
        }
    } else if (!a.given && a.p == nullptr && a.activation.kind != Activation::relu &&
               small_groups(a.shape)) {
        backward_groups(a);
    } else {
        Backward<T>(a).run();
    }
}

void backward_in_double(const ChannelBackwardArgs& a) {
    const dim_t size = a.shape.size(), channels = a.shape.channels;
    Widened dy(a.dy, size), x(a.x, size), saved(a.saved, size), w(a.w, channels), b(a.b, channels),
        dx(a.dx, size), dw(a.dw, channels), db(a.db, channels), dresidual(a.dresidual, size);
    ChannelBackwardArgs wide = a;
    wide.dtype = Dtype::f64;
    wide.dy = dy.data(), wide.x = x.data(), wide.saved = saved.data();
    wide.w = w.data(), wide.b = b.data(), wide.dx = dx.data(), wide.dw = dw.data();
    wide.db = db.data(), wide.dresidual = dresidual.data();
    backward_typed<double>(wide);
    dx.store(a.dx), dw.store(a.dw), db.store(a.db), dresidual.store(a.dresidual);
}

template <class T>
void backward_in_range(const ChannelBackwardArgs& a) {
    if (sizeof(T) == 4 && !a.given && a.shape.size() > 0 &&
        !all_in_range(a.rstd, a.shape.batch * a.shape.groups)) {
        backward_in_double(a);
    } else {
        backward_typed<T>(a);
    }
}

// The gradient by z first, for activations that the kernels do not multiply in themselves: all but
// relu, and relu too where unfused gradients are taken group by group.
void backward(const ChannelBackwardArgs& a) {
    const bool relu = a.activation.kind == Activation::relu;
    const bool by_group = !a.given && a.p == nullptr && small_groups(a.shape);
    const bool apart =
        relu ? by_group && a.saved != nullptr : a.activation.kind != Activation::none;
    visit_float(a.dtype, [&]<class T>() {
        if (!apart) return backward_in_range<T>(a);
        Scratch<T> own(a.dresidual != nullptr ? std::size_t{0}
                                              : static_cast<std::size_t>(a.shape.size()));
        void* const dz = a.dresidual != nullptr ? a.dresidual : own.data();
        activation::backward({a.activation, a.dtype, a.shape.size(), a.dy, a.saved, dz});
        ChannelBackwardArgs rest = a;
        rest.activation = {}, rest.dy = dz, rest.saved = nullptr, rest.dresidual = nullptr;
        backward_in_range<T>(rest);
    });
}

Work backward_work(const ChannelBackwardArgs& a) {
    const auto n = static_cast<double>(a.shape.size());
    return {(a.given ? 5 : 10) * n, 3 * n * static_cast<double>(size_of(a.dtype))};
}

}  // namespace

const Kernel<ChannelBackwardArgs> kChannelBackward[4] = {
    {"batch_norm_backward", backward, backward_work},
    {"batch_renorm_backward", backward, backward_work},
    {"group_norm_backward", backward, backward_work},
    {"instance_norm_backward", backward, backward_work}};

}  // namespace fastnn::norm
