#include "ops/optim/optim.h"

#include <algorithm>
#include <cmath>

#include "core/integer.h"
#include "core/memory.h"
#include "core/parallel.h"

namespace fastnn::optim {
namespace {

// The elements of all items, one after the other, are cut into chunks of this many: 64 KiB for each
// of the up to four arrays of float32.
constexpr std::int64_t kChunk = 16384;

// Calls f(chunk, item index, offset in the item, length) for every piece of every chunk; the pieces
// of one chunk in order.
template <class A, class F>
void over_chunks(const A& a, double element_ns, F f) {
    const std::int64_t chunks = ceil_div(a.total, kChunk);
    const double chunk_ns = element_ns * static_cast<double>(a.total) / static_cast<double>(chunks);
    parallel_for(chunks, chunk_ns, [&](long chunk) {
        std::int64_t at = chunk * kChunk;
        const std::int64_t end = std::min(a.total, at + kChunk);
        const Item* item =
            std::upper_bound(a.items, a.items + a.count, at,
                             [](std::int64_t i, const Item& x) { return i < x.begin; }) -
            1;
        for (; at < end; ++item) {
            const std::int64_t offset = at - item->begin;
            const std::int64_t n = std::min(item->size - offset, end - at);
            if (n > 0) f(chunk, item - a.items, offset, n);
            at += n;
        }
    });
}

template <class T>
T* part(void* data, std::int64_t offset) {
    return static_cast<T*>(data) + offset;
}
template <class T>
const T* part(const void* data, std::int64_t offset) {
    return static_cast<const T*>(data) + offset;
}

SgdScalars scalars(const Item& item, const SgdHyper& h) {
    return {h.maximize != 0 ? -1.0 : 1.0,         h.weight_decay,
            item.fresh ? 0.0 : h.momentum,  // the first buffer is the gradient itself
            item.fresh ? 1.0 : 1.0 - h.dampening, h.lr,           h.momentum};
}

AdamScalars scalars(const Item& item, const AdamHyper& h) {
    const double t = *item.step;
    const bool decoupled = h.decoupled != 0;
    return {h.maximize != 0 ? -1.0 : 1.0,
            decoupled ? 0.0 : h.weight_decay,
            decoupled ? 1.0 - h.lr * h.weight_decay : 1.0,
            1.0 - h.beta1,
            h.beta2,
            1.0 - h.beta2,
            1.0 / std::sqrt(1.0 - std::pow(h.beta2, t)),
            h.eps,
            h.lr / (1.0 - std::pow(h.beta1, t))};
}

template <class T>
void apply(const TypedKernels<T>& k, const SgdHyper& h, const SgdScalars& s, const Item& x,
           std::int64_t i, std::int64_t n) {
    T* p = part<T>(x.param, i);
    const T* g = part<T>(x.grad, i);
    if (x.state[0] == nullptr) {
        k.sgd(s, p, g, n);
    } else {
        (h.nesterov != 0 ? k.sgd_nesterov : k.sgd_momentum)(s, p, g, part<T>(x.state[0], i), n);
    }
}

template <class T>
void apply(const TypedKernels<T>& k, const AdamHyper&, const AdamScalars& s, const Item& x,
           std::int64_t i, std::int64_t n) {
    T* p = part<T>(x.param, i);
    const T* g = part<T>(x.grad, i);
    T *m = part<T>(x.state[0], i), *v = part<T>(x.state[1], i);
    if (x.state[2] == nullptr) {
        k.adam(s, p, g, m, v, n);
    } else {
        k.amsgrad(s, p, g, m, v, part<T>(x.state[2], i), n);
    }
}

// Scalars for every item first, on this thread; then all elements in chunks.
template <class Scalars, class Hyper>
void step(const Args& a) {
    if (a.count == 0) return;
    Scratch<Scalars> s(static_cast<std::size_t>(a.count));
    const auto* hyper = reinterpret_cast<const Hyper*>(a.hyper);
    for (std::int64_t i = 0; i < a.count; ++i) {
        const Item& item = a.items[i];
        if (item.step != nullptr) *item.step += 1;
        s[i] = scalars(item, hyper[item.group]);
    }
    const Kernels& k = isa::table<Kernels>();
    over_chunks(a, 0.5, [&](long, std::int64_t i, std::int64_t offset, std::int64_t n) {
        const Item& item = a.items[i];
        visit_float(item.dtype, [&]<class T>() {
            apply(isa::of<T>(k), hyper[item.group], s[i], item, offset, n);
        });
    });
}

// Added by halves: the error grows with the logarithm of n.
template <class T>
double power_sum(double p, const T* x, std::int64_t n) {
    if (n > 8) return power_sum(p, x, n / 2) + power_sum(p, x + n / 2, n - n / 2);
    double total = 0;
    for (std::int64_t i = 0; i < n; ++i) total += std::pow(std::fabs(static_cast<double>(x[i])), p);
    return total;
}

template <class T>
double norm_sum(const TypedKernels<T>& k, double p, const T* x, std::int64_t n) {
    if (p == 2) return k.sum_squares(x, n);
    if (std::isinf(p)) return k.max_abs(x, n);
    return power_sum(p, x, n);
}

// NaN counts as larger than anything.
double larger(double a, double b) {
    return a >= b || std::isnan(a) ? a : b;
}

void grad_norm(const NormArgs& a) {
    const auto chunks = static_cast<std::size_t>(ceil_div(a.total, kChunk));
    Scratch<double> partial(std::max<std::size_t>(chunks, 1));
    std::fill_n(partial.data(), chunks, 0.0);
    const Kernels& k = isa::table<Kernels>();
    const bool largest = std::isinf(a.p);
    const auto add = [largest](double x, double y) { return largest ? larger(x, y) : x + y; };
    over_chunks(a, a.p == 2 || largest ? 0.2 : 20.0,
                [&](long chunk, std::int64_t i, std::int64_t offset, std::int64_t n) {
                    const Item& item = a.items[i];
                    visit_float(item.dtype, [&]<class T>() {
                        const double sum =
                            norm_sum(isa::of<T>(k), a.p, part<T>(item.grad, offset), n);
                        partial[chunk] = add(partial[chunk], sum);
                    });
                });
    double total = 0;
    for (std::size_t c = 0; c < chunks; ++c) total = add(total, partial[c]);
    *a.norm = largest ? total : a.p == 2 ? std::sqrt(total) : std::pow(total, 1 / a.p);
}

void clip(const ClipArgs& a) {
    const double factor = a.norm == nullptr ? 0 : a.limit / (*a.norm + 1e-6);
    if (factor >= 1) return;  // not for NaN
    const Kernels& k = isa::table<Kernels>();
    over_chunks(a, 0.2, [&](long, std::int64_t i, std::int64_t offset, std::int64_t n) {
        const Item& item = a.items[i];
        visit_float(item.dtype, [&]<class T>() {
            T* x = part<T>(item.param, offset);
            if (a.norm == nullptr) {
                isa::of<T>(k).clamp(x, a.limit, n);
            } else {
                isa::of<T>(k).scale(x, factor, n);
            }
        });
    });
}

// Bytes of `arrays` passes over the elements of all items.
template <class A>
double bytes(const A& a, double arrays) {
    double n = 0;
    for (std::int64_t i = 0; i < a.count; ++i) {
        n += static_cast<double>(a.items[i].size) * static_cast<double>(size_of(a.items[i].dtype));
    }
    return arrays * n;
}

template <int flops, int arrays, class A>
Work work(const A& a) {
    return {flops * static_cast<double>(a.total), bytes(a, arrays)};
}

}  // namespace

const Kernel<Args> kSgd{"sgd_step", step<SgdScalars, SgdHyper>, work<6, 5, Args>};
const Kernel<Args> kAdam{"adam_step", step<AdamScalars, AdamHyper>, work<14, 7, Args>};
const Kernel<NormArgs> kGradNorm{"grad_norm", grad_norm, work<2, 1, NormArgs>};
const Kernel<ClipArgs> kClip{"clip_grad", clip, work<1, 2, ClipArgs>};

}  // namespace fastnn::optim
