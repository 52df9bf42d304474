#include "ops/loss/margin.h"
#include "simd/loops.h"

namespace fastnn::FASTNN_ISA {
namespace {

using margin::Rows;

// Calls f(t) for the classes of a row; `mark` is 1 at them and 0 elsewhere.
template <class T, class F>
FASTNN_INLINE void each_target(const Rows& r, const int64_t* target, T* mark, F f) {
    const dim_t n = r.classes, most = r.multilabel ? n : 1;
    dim_t count = 0;
    while (count < most && target[count] >= 0 && target[count] < n) ++count;
    for (dim_t c = 0; c < n; ++c) mark[c] = T(0);
    for (dim_t j = 0; j < count; ++j) mark[target[j]] = T(1);
    for (dim_t j = 0; j < count; ++j) f(dim_t(target[j]));
}

// By how much the classes at c fail to stay below `limit`; 0 for those that are marked.
template <class T>
FASTNN_INLINE Vec<T> excess(const T* x, const T* mark, T limit, dim_t c, dim_t count) {
    using V = Vec<T>;
    const V z = max(V(), load(x + c, count) - V(limit));
    return select(Mask<T>::first(count) & (load(mark + c, count) == V()), z, V());
}

template <class T>
double forward(const Rows& r, const T* x, const int64_t* target, T* mark) {
    using V = Vec<T>;
    double total = 0;
    each_target(r, target, mark, [&](dim_t t) __attribute__((always_inline)) {
        const T limit = x[t] - T(r.margin);
        V part;
        over_vectors<T>(r.classes, [&](dim_t c, dim_t count) __attribute__((always_inline)) {
            const V z = excess(x, mark, limit, c, count);
            part += r.squared ? z * z : z;
        });
        total += double(sum(part));
    });
    return total;
}

template <class T>
void backward(const Rows& r, const T* x, const int64_t* target, T* mark, T factor, T* dx) {
    using V = Vec<T>;
    for (dim_t c = 0; c < r.classes; ++c) dx[c] = T(0);
    each_target(r, target, mark, [&](dim_t t) __attribute__((always_inline)) {
        const T limit = x[t] - T(r.margin);
        V part;
        over_vectors<T>(r.classes, [&](dim_t c, dim_t count) __attribute__((always_inline)) {
            const V z = excess(x, mark, limit, c, count);
            const V g = select(z > V(), V(factor) * (r.squared ? V(2) * z : V(1)), V());
            part += g;
            store(load(dx + c, count) + g, dx + c, count);
        });
        dx[t] -= sum(part);
    });
}

constexpr margin::Kernels kTable{{forward<float>, backward<float>},
                                 {forward<double>, backward<double>}};

}  // namespace
}  // namespace fastnn::FASTNN_ISA

FASTNN_KERNELS(margin::Kernels, kTable)
