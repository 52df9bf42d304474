#include "ops/activation/glu.h"
#include "simd/loops.h"
#include "simd/math.h"

namespace fastnn::FASTNN_ISA {
namespace {

template <class T>
void forward(const T* a, const T* b, T* y, dim_t n) {
    over_vectors<T>(n, [=](dim_t i, dim_t count) __attribute__((always_inline)) {
        store(load(a + i, count) * sigmoid(load(b + i, count)), y + i, count);
    });
}

template <class T>
void backward(const T* dy, const T* a, const T* b, T* da, T* db, dim_t n) {
    over_vectors<T>(n, [=](dim_t i, dim_t count) __attribute__((always_inline)) {
        const Vec<T> gate = sigmoid(load(b + i, count)), d = load(dy + i, count) * gate;
        store(d, da + i, count);
        store(d * (load(a + i, count) * (Vec<T>(1) - gate)), db + i, count);
    });
}

constexpr glu::Kernels kTable{{forward<float>, backward<float>},
                              {forward<double>, backward<double>}};

}  // namespace
}  // namespace fastnn::FASTNN_ISA

FASTNN_KERNELS(glu::Kernels, kTable)
