// Which algorithm computes a convolution.
#include "ops/conv/conv.h"

#include <algorithm>

#include "ops/activation/activation.h"
#include "ops/conv/depthwise/depthwise.h"
#include "ops/conv/implicit_gemm/implicit_gemm.h"
#include "ops/conv/winograd/winograd.h"
#include "ops/gemm/gemm.h"

namespace fastnn::conv {
namespace {

// A kernel of one tap that meets every pixel once: a matrix product over pixels.
bool is_product(const Shape& s) {
    bool plain = s.groups == 1 && s.taps() == 1;
    for (int a = 0; a < kAxes; ++a)
        plain = plain && s.stride[a] == 1 && s.pad[a] == 0 && s.in[a] == s.out[a];
    return plain;
}

template <class T>
void product(const Args& args) {
    const Shape& s = args.shape;
    const long from = args.transposed ? s.o : s.c, to = args.transposed ? s.c : s.o;
    gemm::Problem<T> p;
    p.m = s.n * s.out_size(), p.n = to, p.k = from;
    p.a = {static_cast<const T*>(args.from), from, 1};
    p.b = {static_cast<const T*>(args.w), s.c, 1};  // O x C
    if (!args.transposed) p.b = p.b.transposed();
    p.c = static_cast<T*>(args.to);
    p.c_stride = to;
    p.epilogue.bias = static_cast<const T*>(args.bias);
    p.epilogue.residual = static_cast<const T*>(args.residual);
    p.epilogue.residual_stride = to;
    p.epilogue.activation = args.activation;
    p.epilogue.preactivation = static_cast<T*>(args.preactivation);
    gemm::multiply(p);
}

// A matrix product is cut by its result, and reads its operands again for each piece. Over very
// many pixels, or where few columns meet many rows that must be turned round, the cut by pixels of
// other kernels is faster: 8 x 256 x 56 x 56 to 64 channels takes 5.6 ms instead of 8.4, 8 x 128 x
// 28 x 28 to 512 takes 4.8 instead of 6; most other layers gain 10 % from the product.
constexpr double kOperands = 24 << 20;
constexpr long kSmallResult = 128 * 128, kFewColumns = 128, kFewestColumns = 64;

bool is_product(const WeightArgs& args) {
    const Shape& s = args.shape;
    const double bytes = static_cast<double>(s.n) * static_cast<double>(s.out_size()) *
                         static_cast<double>(s.c + s.o) * static_cast<double>(size_of(args.dtype));
    const bool many = bytes > kOperands && s.c * s.o <= kSmallResult && s.c >= kFewestColumns;
    const bool high = s.c <= kFewColumns && s.c >= kFewestColumns && s.o >= 4 * s.c;
    return is_product(s) && !many && !high;
}

template <class T>
void product_weight(const WeightArgs& args) {
    const Shape& s = args.shape;
    gemm::Problem<T> p;
    p.m = s.o, p.n = s.c, p.k = s.n * s.out_size();
    p.a = {static_cast<const T*>(args.dy), 1, s.o};
    p.b = {static_cast<const T*>(args.x), s.c, 1};
    p.c = static_cast<T*>(args.dw);
    p.c_stride = s.c;
    gemm::multiply(p);
}

// The one place where the algorithm is chosen.
template <class A>
bool by_winograd(const A& args, double (*direct_ns)(const A&)) {
    if (args.algorithm == Algorithm::direct || !winograd_fits(args)) return false;
    return args.algorithm == Algorithm::winograd || winograd_ns(args) < direct_ns(args);
}

// Without Winograd's transforms.
double without_ns(const Args& args) {
    const double ns = few_ns(args);
    return ns > 0 ? ns : direct_ns(args);
}

void run(const Args& args) {
    const Shape& s = args.shape;
    const long to = args.transposed ? s.c * s.in_size() : s.o * s.out_size();
    if (s.n * to == 0) return;
    if (args.activation.kind != Activation::none && !args.relu() && !is_product(s)) {
        Args sums = args;
        sums.activation = {};
        if (args.preactivation != nullptr) sums.to = args.preactivation;
        run(sums);
        activation::forward({args.activation, args.dtype, s.n * to, sums.to, args.to});
        return;
    }
    visit_float(args.dtype, [&]<class T>() {
        if (is_product(s)) return product<T>(args);
        if (is_depthwise(args.dtype, s)) return depthwise<T>(args);
        if (is_whole(s)) return whole<T>(args);
        if (by_winograd(args, without_ns)) return winograd(args);
        grouped<T>(args);
    });
}

void run_weight(const WeightArgs& args) {
    const Shape& s = args.shape;
    visit_float(args.dtype, [&]<class T>() {
        T* const dw = static_cast<T*>(args.dw);
        const long size = s.o * (s.c / s.groups) * s.taps();
        const bool sums_are_empty = s.n * s.out_size() == 0;
        if (dw != nullptr && sums_are_empty) std::fill_n(dw, size, T(0));
        if (args.db != nullptr && sums_are_empty) std::fill_n(static_cast<T*>(args.db), s.o, T(0));
        if (sums_are_empty) return;
        const bool wanted = dw != nullptr && size > 0;
        if (args.db != nullptr && s.o > 0 && (!wanted || is_product(args) || is_whole(s)))
            bias_gradient<T>(args);
        if (!wanted) return;
        if (is_product(args)) return product_weight<T>(args);
        if (is_depthwise(args.dtype, s)) return depthwise_weight<T>(args);
        if (is_whole(s)) return whole_weight<T>(args);
        if (by_winograd(args, direct_weight_ns)) return winograd(args);
        grouped_weight<T>(args);
    });
}

double products(const Shape& s) {
    const auto n = [](long x) { return static_cast<double>(x); };
    return n(s.n) * n(s.out_size()) * n(s.taps()) * n(s.o) * n(s.c) / n(std::max(1L, s.groups));
}

// Elements of x, w and y: each is read or written once at least.
double elements(const Shape& s) {
    const auto n = [](long x) { return static_cast<double>(x); };
    return n(s.n) * (n(s.in_size()) * n(s.c) + n(s.out_size()) * n(s.o)) +
           n(s.o) * n(s.c) / n(std::max(1L, s.groups)) * n(s.taps());
}

Work work(const Args& a) {
    return {2 * products(a.shape), elements(a.shape) * static_cast<double>(size_of(a.dtype))};
}

Work work_weight(const WeightArgs& a) {
    return {a.dw == nullptr ? 0 : 2 * products(a.shape),
            elements(a.shape) * static_cast<double>(size_of(a.dtype))};
}

}  // namespace

const Kernel<Args> kConv[2] = {{"conv", run, work}, {"conv_transposed", run, work}};
const Kernel<WeightArgs> kConvWeight = {"conv_weight", run_weight, work_weight};

}  // namespace fastnn::conv
