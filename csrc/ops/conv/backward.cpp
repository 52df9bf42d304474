// All gradients of a convolution, or of its transpose, in one call: the gradient of the activation
// first, then dx, then dw and db from it.
#include <algorithm>
#include <optional>

#include "core/interrupt.h"
#include "core/memory.h"
#include "core/note.h"
#include "ops/activation/activation.h"
#include "ops/conv/select.h"
#include "ops/conv/sums.h"

namespace fastnn::conv {
namespace {

void data_gradient(const BackwardArgs& a, const void* dz) {
    Args args{};
    args.dtype = a.dtype, args.algorithm = a.algorithm;
    args.transposed = !a.transposed;
    args.shape = a.shape;
    args.from = dz, args.w = a.w, args.to = a.dx;
    const Choice<Args> choice = select(args);
    profiler::note(choice.name, "dx");
    choice.plan->run(args);
}

// Where x and y have swapped their roles, the bias belongs to the side that is x now.
void weight_gradient(const BackwardArgs& a, const void* dz, void* db) {
    WeightArgs args{};
    args.dtype = a.dtype, args.algorithm = a.algorithm;
    args.shape = a.shape;
    args.x = a.transposed ? dz : a.x, args.dy = a.transposed ? a.x : dz;
    args.dw = a.dw, args.db = db;
    const Choice<WeightArgs> choice = select(args);
    profiler::note(choice.name, "dw");
    choice.plan->run(args);
}

template <class T>
void run_typed(const BackwardArgs& a) {
    const Shape& s = a.shape;
    const dim_t pixels = s.n * (a.transposed ? s.in_size() : s.out_size()),
                channels = a.transposed ? s.c : s.o;
    const T* dz = static_cast<const T*>(a.dy);
    std::optional<Scratch<T>> own;
    if (a.activation.kind != Activation::none) {
        T* const out = a.dz != nullptr
                           ? static_cast<T*>(a.dz)
                           : own.emplace(static_cast<std::size_t>(pixels * channels)).data();
        activation::backward({a.activation, a.dtype, pixels * channels, a.dy, a.saved, out});
        dz = out;
    }
    const dim_t dx_size = a.transposed ? s.o * s.out_size() : s.c * s.in_size();
    if (a.dx != nullptr && s.n * dx_size > 0) {
        poll_interrupt();
        data_gradient(a, dz);
    }
    T* const dw = static_cast<T*>(a.dw);
    T* const db = static_cast<T*>(a.db);
    const bool nothing_to_sum = s.n * s.out_size() * s.in_size() == 0;
    if (dw != nullptr && nothing_to_sum) std::fill_n(dw, s.weights(), T(0));
    const bool products = dw != nullptr && !nothing_to_sum;
    if (products) {
        poll_interrupt();
        weight_gradient(a, dz, a.transposed ? nullptr : db);
    }
    if (db != nullptr && (a.transposed || !products)) bias_gradient(dz, pixels, channels, db);
}

void run(const BackwardArgs& args) {
    visit_float(args.dtype, [&]<class T>() { run_typed<T>(args); });
}

Work work(const BackwardArgs& a) {
    const int products = (a.dx != nullptr ? 1 : 0) + (a.dw != nullptr ? 1 : 0);
    return {products * flops(a.shape), std::max(1, products) * bytes(a.shape, a.dtype)};
}

}  // namespace

const Kernel<BackwardArgs> kBackward[2] = {{"conv_backward", run, work},
                                           {"conv_transpose_backward", run, work}};

}  // namespace fastnn::conv
