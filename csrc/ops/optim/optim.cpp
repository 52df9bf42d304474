#include "ops/optim/optim.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/integer.h"
#include "core/memory.h"
#include "core/parallel.h"
#include "ops/optim/cost.h"

namespace fastnn::optim {
namespace {

// Elements of a chunk, counted over all items: 64 KiB of each of up to four float32 arrays.
constexpr dim_t kChunk = 16384;

// Calls f(chunk, item index, offset in the item, length) for every piece of every chunk; the pieces
// of one chunk in order.
template <class A, class F>
void over_chunks(const A& a, double element_ns, F f) {
    const dim_t chunks = ceil_div(a.total, kChunk);
    const double chunk_ns = element_ns * static_cast<double>(a.total) / static_cast<double>(chunks);
    parallel_for(chunks, chunk_ns, [&](dim_t chunk) {
        dim_t at = chunk * kChunk;
        const dim_t end = std::min(a.total, at + kChunk);
        const Item* item = std::upper_bound(a.items, a.items + a.count, at,
                                            [](dim_t i, const Item& x) { return i < x.begin; }) -
                           1;
        for (; at < end; ++item) {
            const dim_t offset = at - item->begin;
            const dim_t n = std::min(item->size - offset, end - at);
            if (n > 0) f(chunk, item - a.items, offset, n);
            at += n;
        }
    });
}

template <class T>
T* part(void* data, dim_t offset) {
    return static_cast<T*>(data) + offset;
}
template <class T>
const T* part(const void* data, dim_t offset) {
    return static_cast<const T*>(data) + offset;
}
template <class T>
void states(const Item& item, dim_t offset, T** state) {
    for (int k = 0; k < kMaxStates; ++k)
        state[k] = item.state[k] == nullptr ? nullptr : part<T>(item.state[k], offset);
}

// The sums over each item that its rule needs, and with them its last scalars. Each piece has sums
// of its own, which are added in order: the c-th chunk's of item i are the c + i-th.
void settle(const Args& a, Scratch<Scalars>& s) {
    const auto rule = static_cast<int>(a.rule);
    const Kernels& kernels = isa::table<Kernels>();
    using Sums = std::array<double, kMaxNorms>;
    const auto pieces = static_cast<std::size_t>(ceil_div(a.total, kChunk) + a.count);
    Scratch<Sums> partial(pieces);
    std::fill_n(partial.data(), pieces, Sums{});
    over_chunks(a, cost::kStep, [&](dim_t c, dim_t i, dim_t offset, dim_t n) {
        const Item& item = a.items[i];
        visit_float(item.dtype, [&]<class T>() {
            T* state[kMaxStates];
            states(item, offset, state);
            isa::of<T>(kernels).measure[rule](s[i], part<T>(item.param, offset),
                                              part<T>(item.grad, offset), state, n,
                                              partial[c + i].data());
        });
    });
    for (dim_t i = 0; i < a.count; ++i) {
        const Item& item = a.items[i];
        Sums total{};
        for (dim_t c = item.begin / kChunk; c * kChunk < item.begin + item.size; ++c) {
            for (std::size_t k = 0; k < total.size(); ++k) total[k] += partial[c + i][k];
        }
        kernels.f32.settle[rule](total.data(), s[i]);
    }
}

// First the scalars of every item, on this thread; then all elements in chunks.
void step(const Args& a) {
    if (a.count == 0) return;
    const auto rule = static_cast<int>(a.rule);
    const Kernels& kernels = isa::table<Kernels>();
    const auto prepare = kernels.f32.prepare[rule];
    const int columns = facts(a.rule).hyper;
    Scratch<Scalars> s(static_cast<std::size_t>(a.count));
    for (dim_t i = 0; i < a.count; ++i) {
        const Item& item = a.items[i];
        if (item.number[0] != nullptr) *item.number[0] += 1;
        prepare(a.hyper + item.group * columns, item, s[i]);
    }
    if (facts(a.rule).norms > 0) settle(a, s);
    over_chunks(a, cost::kStep, [&](dim_t, dim_t i, dim_t offset, dim_t n) {
        const Item& item = a.items[i];
        visit_float(item.dtype, [&]<class T>() {
            T* state[kMaxStates];
            states(item, offset, state);
            isa::of<T>(kernels).update[rule](s[i], part<T>(item.param, offset),
                                             part<T>(item.grad, offset), state, n);
        });
    });
}

// Pairwise: the error grows with the logarithm of n.
template <class T>
double power_sum(double p, const T* x, dim_t n) {
    if (n > 8) return power_sum(p, x, n / 2) + power_sum(p, x + n / 2, n - n / 2);
    double total = 0;
    for (dim_t i = 0; i < n; ++i) total += std::pow(std::fabs(static_cast<double>(x[i])), p);
    return total;
}

template <class T>
double norm_sum(const TypedKernels<T>& k, double p, const T* x, dim_t n) {
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
    over_chunks(a, a.p == 2 || largest ? cost::kNorm : cost::kPowerNorm,
                [&](dim_t chunk, dim_t i, dim_t offset, dim_t n) {
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
    over_chunks(a, cost::kClip, [&](dim_t, dim_t i, dim_t offset, dim_t n) {
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
    for (dim_t i = 0; i < a.count; ++i) {
        n += static_cast<double>(a.items[i].size) * static_cast<double>(size_of(a.items[i].dtype));
    }
    return arrays * n;
}

template <int flops, int arrays, class A>
Work work(const A& a) {
    return {flops * static_cast<double>(a.total), bytes(a, arrays)};
}

Work step_work(const Args& a) {
    const Facts& f = facts(a.rule);
    return {f.flops * static_cast<double>(a.total), bytes(a, f.arrays)};
}

}  // namespace

const Facts& facts(Rule rule) {
    return isa::table<Kernels>().f32.facts[static_cast<int>(rule)];
}

const char* docstring(Rule rule) {
    return isa::table<Kernels>().f32.docstring[static_cast<int>(rule)];
}

const Kernel<Args>& kernel(Rule rule) {
    static const auto all = [] {
        std::array<Kernel<Args>, kRules> found{};
        for (int i = 0; i < kRules; ++i)
            found[static_cast<std::size_t>(i)] = {facts(static_cast<Rule>(i)).name, step,
                                                  step_work};
        return found;
    }();
    return all[static_cast<std::size_t>(rule)];
}

const Kernel<NormArgs> kGradNorm{"grad_norm", grad_norm, work<2, 1, NormArgs>};
const Kernel<ClipArgs> kClip{"clip_grad", clip, work<1, 2, ClipArgs>};

}  // namespace fastnn::optim
