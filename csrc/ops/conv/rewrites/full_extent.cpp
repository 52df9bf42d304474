// A kernel as large as the image: each image is one row of a plain product with w as it lies. Only
// pixels and channels change places on the way.
#include <algorithm>

#include "core/memory.h"
#include "core/parallel.h"
#include "ops/conv/implicit_gemm/implicit_gemm.h"
#include "ops/conv/implicit_gemm/products.h"

namespace fastnn::conv {
namespace {

constexpr double kElementNs = 0.3;

// Images between (pixels, C) and (C, pixels).
template <class T>
void turn_round(const T* x, T* out, long images, long rows, long cols) {
    const TypedKernels<T>& f = isa::table<TypedKernels<T>>();
    parallel_for(images, kElementNs * static_cast<double>(rows * cols), [&](long i) {
        f.transpose(x + i * rows * cols, cols, rows, cols, out + i * rows * cols, rows);
    });
}

}  // namespace

bool is_whole(const Shape& s) {
    bool whole = s.groups == 1 && s.out_size() == 1 && s.taps() > 1;
    for (int a = 0; a < kAxes; ++a) whole = whole && s.pad[a] == 0 && s.kernel[a] == s.in[a];
    return whole;
}

template <class T>
void whole(const Args& args) {
    const Shape& s = args.shape;
    const long pixels = s.in_size(), size = s.c * pixels;
    Scratch<T> x(static_cast<std::size_t>(s.n * size));
    gemm::Problem<T> p;
    p.m = s.n;
    p.b = {static_cast<const T*>(args.w), size, 1};  // O x (C, pixels)
    p.epilogue.activation = args.activation;
    if (!args.transposed) {
        turn_round(static_cast<const T*>(args.from), x.data(), s.n, pixels, s.c);
        p.n = s.o, p.k = size;
        p.a = {x.data(), size, 1};
        p.b = p.b.transposed();
        p.c = static_cast<T*>(args.to), p.c_stride = s.o;
        p.epilogue.bias = static_cast<const T*>(args.bias);
        p.epilogue.residual = static_cast<const T*>(args.residual);
        p.epilogue.residual_stride = s.o;
        return gemm::multiply(p);
    }
    Scratch<T> bias(args.bias != nullptr ? static_cast<std::size_t>(size) : 0);
    if (args.bias != nullptr) {
        for (long c = 0; c < s.c; ++c)
            std::fill_n(bias.data() + c * pixels, pixels, static_cast<const T*>(args.bias)[c]);
        p.epilogue.bias = bias.data();
    }
    Scratch<T> residual(args.residual != nullptr ? static_cast<std::size_t>(s.n * size) : 0);
    if (args.residual != nullptr) {
        turn_round(static_cast<const T*>(args.residual), residual.data(), s.n, pixels, s.c);
        p.epilogue.residual = residual.data();
        p.epilogue.residual_stride = size;
    }
    p.n = size, p.k = s.o;
    p.a = {static_cast<const T*>(args.from), s.o, 1};
    p.c = x.data(), p.c_stride = size;
    gemm::multiply(p);
    turn_round(x.data(), static_cast<T*>(args.to), s.n, s.c, pixels);
}

template <class T>
void whole_weight(const WeightArgs& args) {
    const Shape& s = args.shape;
    const long pixels = s.in_size(), size = s.c * pixels;
    Scratch<T> x(static_cast<std::size_t>(s.n * size));
    turn_round(static_cast<const T*>(args.x), x.data(), s.n, pixels, s.c);
    gemm::Problem<T> p;
    p.m = s.o, p.n = size, p.k = s.n;
    p.a = {static_cast<const T*>(args.dy), 1, s.o};
    p.b = {x.data(), size, 1};
    p.c = static_cast<T*>(args.dw), p.c_stride = size;
    gemm::multiply(p);
}

template void whole<float>(const Args&);
template void whole<double>(const Args&);
template void whole_weight<float>(const WeightArgs&);
template void whole_weight<double>(const WeightArgs&);

}  // namespace fastnn::conv
