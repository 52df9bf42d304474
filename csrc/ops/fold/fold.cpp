#include "ops/fold/fold.h"

#include <algorithm>

#include "core/integer.h"
#include "core/parallel.h"
#include "ops/fold/cost.h"

namespace fastnn::folding {
namespace {

constexpr double kChunkBytes = 65536;  // of columns

// Elements of the columns of a plane.
dim_t length(const Args& a) {
    return a.h.kernel * a.w.kernel * a.h.windows * a.w.windows;
}

template <class T>
void unfold_typed(const Args& a) {
    const auto& kernel = isa::table<Kernels, T>().unfold;
    const dim_t part = length(a) / a.h.kernel, image = a.h.size * a.w.size;
    parallel_for(a.planes * a.h.kernel, cost::kByte * static_cast<double>(part) * sizeof(T),
                 [&](dim_t chunk) {
                     const T* x = static_cast<const T*>(a.x) + chunk / a.h.kernel * image;
                     kernel(a.h, a.w, chunk % a.h.kernel, x, static_cast<T*>(a.y) + chunk * part);
                 });
}

template <class T>
void fold_typed(const Args& a) {
    const auto& kernel = isa::table<Kernels, T>().fold;
    const dim_t image = a.h.size * a.w.size;
    if (a.planes == 0 || image == 0) return;
    const double bytes = static_cast<double>(length(a) + image) * sizeof(T);
    const dim_t rows =
        std::clamp(static_cast<dim_t>(static_cast<double>(a.h.size) * kChunkBytes / bytes),
                   dim_t{1}, a.h.size);
    const dim_t blocks = ceil_div(a.h.size, rows);
    parallel_for(a.planes * blocks, cost::kByte * bytes / static_cast<double>(blocks),
                 [&](dim_t chunk) {
                     const dim_t plane = chunk / blocks, row = chunk % blocks * rows;
                     kernel(a.h, a.w, row, std::min(row + rows, a.h.size),
                            static_cast<const T*>(a.x) + plane * length(a),
                            static_cast<T*>(a.y) + plane * image);
                 });
}

void unfold(const Args& a) {
    visit_float(a.dtype, [&]<class T>() { unfold_typed<T>(a); });
}
void fold(const Args& a) {
    visit_float(a.dtype, [&]<class T>() { fold_typed<T>(a); });
}

double moved(const Args& a) {
    return static_cast<double>(a.planes) *
           static_cast<double>((length(a) + a.h.size * a.w.size) *
                               static_cast<dim_t>(size_of(a.dtype)));
}
Work unfold_work(const Args& a) {
    return {0, moved(a)};
}
Work fold_work(const Args& a) {
    return {static_cast<double>(a.planes) * static_cast<double>(length(a)), moved(a)};
}

}  // namespace

const Kernel<Args> kUnfold = {"unfold", unfold, unfold_work};
const Kernel<Args> kFold = {"fold", fold, fold_work};

}  // namespace fastnn::folding
