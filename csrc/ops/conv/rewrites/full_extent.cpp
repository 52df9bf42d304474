// A kernel as large as the image: each image is one row of a plain product with w as it lies. Only
// pixels and channels are transposed first.
#include <algorithm>

#include "core/memory.h"
#include "core/parallel.h"
#include "ops/conv/algorithms.h"
#include "ops/conv/cost.h"
#include "ops/conv/kernels.h"
#include "ops/conv/sums.h"
#include "ops/gemm/gemm.h"

namespace fastnn::conv {
namespace {

// Images between (pixels, C) and (C, pixels).
template <class T>
void transpose_images(const T* x, T* out, dim_t images, dim_t rows, dim_t cols) {
    const TypedKernels<T>& f = isa::table<TypedKernels<T>>();
    parallel_for(images, cost::kTranspose * static_cast<double>(rows * cols), [&](dim_t i) {
        f.transpose(x + i * rows * cols, cols, rows, cols, out + i * rows * cols, rows);
    });
}

bool is_full_extent(const Shape& s) {
    bool full = s.groups == 1 && s.out_size() == 1 && s.taps() > 1;
    for (int a = 0; a < kAxes; ++a) full = full && s.pad[a] == 0 && s.kernel[a] == s.in[a];
    return full;
}

template <class T>
void multiply(const Args& args) {
    const Shape& s = args.shape;
    const dim_t pixels = s.in_size(), size = s.c * pixels;
    Scratch<T> x(static_cast<std::size_t>(s.n * size));
    gemm::Problem<T> p;
    p.m = s.n;
    p.b = {static_cast<const T*>(args.w), size, 1};  // O x (C, pixels)
    p.epilogue = args.epilogue.as<T>();
    if (!args.transposed) {
        transpose_images(static_cast<const T*>(args.from), x.data(), s.n, pixels, s.c);
        p.n = s.o, p.k = size;
        p.a = {x.data(), size, 1};
        p.b = p.b.transposed();
        p.c = static_cast<T*>(args.to), p.c_stride = s.o;
        return gemm::multiply(p);
    }
    const Epilogue<T> e = p.epilogue;
    const auto images = [&](const void* wanted) {
        return wanted != nullptr ? static_cast<std::size_t>(s.n * size) : 0;
    };
    Scratch<T> bias(e.bias != nullptr ? static_cast<std::size_t>(size) : 0),
        residual(images(e.residual)), z(images(e.preactivation));
    if (e.bias != nullptr) {
        for (dim_t c = 0; c < s.c; ++c) std::fill_n(bias.data() + c * pixels, pixels, e.bias[c]);
        p.epilogue.bias = bias.data();
    }
    if (e.residual != nullptr) {
        transpose_images(e.residual, residual.data(), s.n, pixels, s.c);
        p.epilogue.residual = residual.data(), p.epilogue.residual_row = size;
    }
    if (e.preactivation != nullptr) p.epilogue.preactivation = z.data();
    p.n = size, p.k = s.o;
    p.a = {static_cast<const T*>(args.from), s.o, 1};
    p.c = x.data(), p.c_stride = size;
    gemm::multiply(p);
    transpose_images(x.data(), static_cast<T*>(args.to), s.n, s.c, pixels);
    if (e.preactivation != nullptr) transpose_images(z.data(), e.preactivation, s.n, s.c, pixels);
}

template <class T>
void multiply_weight(const WeightArgs& args) {
    const Shape& s = args.shape;
    const dim_t pixels = s.in_size(), size = s.c * pixels;
    Scratch<T> x(static_cast<std::size_t>(s.n * size));
    transpose_images(static_cast<const T*>(args.x), x.data(), s.n, pixels, s.c);
    gemm::Problem<T> p;
    p.m = s.o, p.n = size, p.k = s.n;
    const T* const dy = static_cast<const T*>(args.dy);
    p.a = {dy, 1, s.o};
    p.b = {x.data(), size, 1};
    p.c = static_cast<T*>(args.dw), p.c_stride = size;
    if (args.db != nullptr) bias_gradient(dy, s.n, s.o, static_cast<T*>(args.db));
    gemm::multiply(p);
}

struct FullExtent final : Plan<Args> {
    void run(const Args& args) const override {
        visit_float(args.dtype, [&]<class T>() { multiply<T>(args); });
    }
};

struct FullExtentWeight final : Plan<WeightArgs> {
    void run(const WeightArgs& args) const override {
        visit_float(args.dtype, [&]<class T>() { multiply_weight<T>(args); });
    }
};

}  // namespace

bool full_extent_fits(const Args& args) {
    return is_full_extent(args.shape);
}

bool full_extent_fits(const WeightArgs& args) {
    return is_full_extent(args.shape);
}

PlanPointer<Args> plan_full_extent(const Args&) {
    return std::make_unique<FullExtent>();
}

PlanPointer<WeightArgs> plan_full_extent(const WeightArgs&) {
    return std::make_unique<FullExtentWeight>();
}

}  // namespace fastnn::conv
