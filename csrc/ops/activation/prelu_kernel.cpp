#include "ops/activation/prelu.h"
#include "simd/loops.h"

namespace fastnn::FASTNN_ISA {
namespace {

template <class V>
FASTNN_INLINE V value(V x, V w) {
    return select(x > V(), x, w * x);
}

template <class T>
void run(const T* x, T w, T* y, dim_t n) {
    over_vectors<T>(n, [=](dim_t i, dim_t count) __attribute__((always_inline)) {
        store(value(load(x + i, count), Vec<T>(w)), y + i, count);
    });
}

template <class T>
void rows(const T* x, const T* w, T* y, dim_t n, dim_t count) {
    for (dim_t row = 0; row < count; ++row, x += n, y += n) {
        over_vectors<T>(n, [=](dim_t i, dim_t lanes) __attribute__((always_inline)) {
            store(value(load(x + i, lanes), load(w + i, lanes)), y + i, lanes);
        });
    }
}

// So many vectors are added lane by lane in T; their sums are added in double.
constexpr dim_t kBlock = 64;

template <class T>
void run_backward(const T* dy, const T* x, T w, T* dx, double* dw, dim_t n) {
    using V = Vec<T>;
    for (dim_t begin = 0; begin < n; begin += kBlock * V::width) {
        const dim_t end = n - begin < kBlock * V::width ? n : begin + kBlock * V::width;
        V part;
        over_vectors<T>(begin, end, [&](dim_t i, dim_t count) __attribute__((always_inline)) {
            const V d = load(dy + i, count), v = load(x + i, count);
            part += select(v > V(), V(), d * v);
            store(select(v > V(), d, V(w) * d), dx + i, count);
        });
        *dw += double(sum(part));
    }
}

// Channel by channel in blocks of a register, so that their sums stay in it.
template <class T>
void rows_backward(const T* dy, const T* x, const T* w, T* dx, double* dw, dim_t n, dim_t count) {
    using V = Vec<T>;
    over_vectors<T>(n, [=](dim_t i, dim_t lanes) __attribute__((always_inline)) {
        const V slope = load(w + i, lanes);
        for (dim_t begin = 0; begin < count; begin += kBlock) {
            const dim_t end = count - begin < kBlock ? count : begin + kBlock;
            V part;
            for (dim_t row = begin; row < end; ++row) {
                const V d = load(dy + row * n + i, lanes), v = load(x + row * n + i, lanes);
                part += select(v > V(), V(), d * v);
                store(select(v > V(), d, slope * d), dx + row * n + i, lanes);
            }
            for (dim_t lane = 0; lane < lanes; ++lane) dw[i + lane] += double(part.lane(int(lane)));
        }
    });
}

template <class T>
constexpr prelu::TypedKernels<T> kTyped{run<T>, rows<T>, run_backward<T>, rows_backward<T>};

constexpr prelu::Kernels kTable{kTyped<float>, kTyped<double>};

}  // namespace
}  // namespace fastnn::FASTNN_ISA

FASTNN_KERNELS(prelu::Kernels, kTable)
