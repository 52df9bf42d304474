// Groups of few channels: their vectors would be mostly empty. Several are taken as one group whose
// weights between different ones are 0. That is no more arithmetic, for the same vectors are full
// then, and much less to set up.
#include <algorithm>

#include "core/memory.h"
#include "ops/conv/implicit_gemm/implicit_gemm.h"
#include "ops/conv/implicit_gemm/products.h"

namespace fastnn::conv {
namespace {

constexpr long kMostChannels = 64;  // of several groups: more are worth a product of their own

// How many groups to take as one, for outputs of `to` channels each.
long together(const Shape& s, long from, long to, long width) {
    long most = 1;
    for (long q = 2; q <= s.groups && q * to <= width && q * from <= kMostChannels; ++q) {
        if (s.groups % q == 0) most = q;
    }
    return most;
}

Shape merged(Shape s, long q) {
    s.groups /= q;
    return s;
}

// f(place of a row of weights among the merged ones, place in w), for each output channel.
template <class F>
void each_output(const Shape& s, long q, F f) {
    const long o = s.o / s.groups, row = s.c / s.groups * s.taps();
    for (long i = 0; i < s.o; ++i) f(i * row * q + i / o % q * row, i * row, row);
}

}  // namespace

template <class T>
void grouped(const Args& args) {
    const Shape& s = args.shape;
    const long c = s.c / s.groups, o = s.o / s.groups;
    const long width = isa::table<gemm::TypedKernels<T>>().blocking.width;
    const long q = args.transposed ? together(s, o, c, width) : together(s, c, o, width);
    if (q == 1 && few<T>(args)) return;
    if (q == 1) return direct<T>(args);
    const auto size = static_cast<std::size_t>(s.o * c * s.taps() * q);
    Scratch<T> w(size);
    std::fill_n(w.data(), size, T(0));
    each_output(s, q, [&](long to, long from, long count) {
        std::copy_n(static_cast<const T*>(args.w) + from, count, w.data() + to);
    });
    Args all = args;
    all.shape = merged(s, q);
    all.w = w.data();
    direct<T>(all);
}

template <class T>
void grouped_weight(const WeightArgs& args) {
    const Shape& s = args.shape;
    const long c = s.c / s.groups;
    const long q =
        together(s, c, s.o / s.groups, isa::table<gemm::TypedKernels<T>>().blocking.width);
    if (q == 1) return direct_weight<T>(args);
    Scratch<T> dw(static_cast<std::size_t>(s.o * c * s.taps() * q));
    WeightArgs all = args;
    all.shape = merged(s, q);
    all.dw = dw.data();
    direct_weight<T>(all);
    each_output(s, q, [&](long from, long to, long count) {
        std::copy_n(dw.data() + from, count, static_cast<T*>(args.dw) + to);
    });
}

template void grouped<float>(const Args&);
template void grouped<double>(const Args&);
template void grouped_weight<float>(const WeightArgs&);
template void grouped_weight<double>(const WeightArgs&);

}  // namespace fastnn::conv
