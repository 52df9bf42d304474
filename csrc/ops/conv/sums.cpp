#include "ops/conv/sums.h"

#include <algorithm>

#include "core/integer.h"
#include "core/memory.h"
#include "core/parallel.h"
#include "ops/activation/activation.h"
#include "ops/conv/axes.h"
#include "ops/conv/cost.h"
#include "ops/conv/kernels.h"
#include "ops/gemm/gemm.h"

namespace fastnn::conv {
namespace {

constexpr dim_t kFillRows = 256;

}  // namespace

template <class T>
void fill_empty_sums(const Args& args) {
    const Sides s(args.shape, args.transposed);
    const dim_t rows = args.shape.n * s.to_size(), cols = s.to_channels;
    const Epilogue<T> e = args.epilogue.as<T>();
    T* const y = static_cast<T*>(args.to);
    const gemm::TypedKernels<T>& g = isa::table<gemm::TypedKernels<T>>();
    parallel_for(ceil_div(rows, kFillRows), static_cast<double>(kFillRows * cols) * cost::kFill,
                 [&](dim_t chunk) {
                     const dim_t i = chunk * kFillRows;
                     gemm::Finish<T> f{};
                     f.rows = std::min(kFillRows, rows - i), f.cols = cols;
                     f.c = e.out(y) + i * cols, f.c_row = cols;
                     f.alpha = 1;
                     f.epilogue = e;
                     if (e.residual != nullptr) f.epilogue.residual += i * cols;
                     g.finish(f);
                     activation::finish(e, y, i * cols, cols, f.rows, cols);
                 });
}

template <class T>
void bias_gradient(const T* dy, dim_t pixels, dim_t channels, T* db) {
    constexpr dim_t rows = 512;
    const TypedKernels<T>& f = isa::table<TypedKernels<T>>();
    const dim_t chunks = std::max<dim_t>(1, std::min(ceil_div(pixels, rows), dim_t{64}));
    Scratch<T> sums(static_cast<std::size_t>(chunks * channels));
    parallel_for(chunks, cost::kSum * static_cast<double>(pixels * channels / chunks),
                 [&](dim_t i) {
                     const dim_t begin = pixels * i / chunks, end = pixels * (i + 1) / chunks;
                     f.column_sums(dy + begin * channels, channels, end - begin, channels,
                                   sums.data() + i * channels, false);
                 });
    f.column_sums(sums.data(), channels, chunks, channels, db, false);
}

template void fill_empty_sums<float>(const Args&);
template void fill_empty_sums<double>(const Args&);
template void bias_gradient<float>(const float*, dim_t, dim_t, float*);
template void bias_gradient<double>(const double*, dim_t, dim_t, double*);

}  // namespace fastnn::conv
