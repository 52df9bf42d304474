// A kernel of one tap that meets every pixel once: a plain product, of pixels and channels as they
// lie.
#include "ops/conv/algorithms.h"
#include "ops/conv/sums.h"
#include "ops/gemm/gemm.h"

namespace fastnn::conv {
namespace {

bool is_product(const Shape& s) {
    bool plain = s.groups == 1 && s.taps() == 1;
    for (int a = 0; a < kAxes; ++a)
        plain = plain && s.stride[a] == 1 && s.pad[a] == 0 && s.in[a] == s.out[a];
    return plain;
}

// A matrix product is cut by its result, and reads its operands again for each piece. Over very
// many pixels, or where few columns meet many rows that must be transposed, the cut by pixels of
// other kernels is faster: 8 x 256 x 56 x 56 to 64 channels takes 5.6 ms instead of 8.4, 8 x 128 x
// 28 x 28 to 512 takes 4.8 instead of 6; most other layers gain 10 % from the product.
constexpr double kOperands = 24 << 20;
constexpr dim_t kSmallResult = 128 * 128, kFewColumns = 128, kFewestColumns = 64;

template <class T>
void multiply(const Args& args) {
    const Shape& s = args.shape;
    const dim_t from = args.transposed ? s.o : s.c, to = args.transposed ? s.c : s.o;
    gemm::Problem<T> p;
    p.m = s.n * s.out_size(), p.n = to, p.k = from;
    p.a = {static_cast<const T*>(args.from), from, 1};
    p.b = {static_cast<const T*>(args.w), s.c, 1};  // O x C
    if (!args.transposed) p.b = p.b.transposed();
    p.c = static_cast<T*>(args.to);
    p.c_stride = to;
    p.epilogue = args.epilogue.as<T>();
    gemm::multiply(p, args.cache);
}

template <class T>
void multiply_weight(const WeightArgs& args) {
    const Shape& s = args.shape;
    const T* const dy = static_cast<const T*>(args.dy);
    gemm::Problem<T> p;
    p.m = s.o, p.n = s.c, p.k = s.n * s.out_size();
    p.a = {dy, 1, s.o};
    p.b = {static_cast<const T*>(args.x), s.c, 1};
    p.c = static_cast<T*>(args.dw);
    p.c_stride = s.c;
    if (args.db != nullptr) bias_gradient(dy, p.k, s.o, static_cast<T*>(args.db));
    gemm::multiply(p);
}

struct Product final : Plan<Args> {
    void run(const Args& args) const override {
        visit_float(args.dtype, [&]<class T>() { multiply<T>(args); });
    }
};

struct ProductWeight final : Plan<WeightArgs> {
    void run(const WeightArgs& args) const override {
        visit_float(args.dtype, [&]<class T>() { multiply_weight<T>(args); });
    }
};

}  // namespace

bool product_fits(const Args& args) {
    return is_product(args.shape);
}

bool product_fits(const WeightArgs& args) {
    const Shape& s = args.shape;
    const double bytes = static_cast<double>(s.n) * static_cast<double>(s.out_size()) *
                         static_cast<double>(s.c + s.o) * static_cast<double>(size_of(args.dtype));
    const bool many = bytes > kOperands && s.c * s.o <= kSmallResult && s.c >= kFewestColumns;
    const bool high = s.c <= kFewColumns && s.c >= kFewestColumns && s.o >= 4 * s.c;
    return is_product(s) && !many && !high;
}

PlanPointer<Args> plan_product(const Args&) {
    return std::make_unique<Product>();
}

PlanPointer<WeightArgs> plan_product(const WeightArgs&) {
    return std::make_unique<ProductWeight>();
}

}  // namespace fastnn::conv
