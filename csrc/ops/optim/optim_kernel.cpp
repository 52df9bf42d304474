#include "ops/optim/squares.h"
#include "ops/optim/update.h"

namespace fastnn::FASTNN_ISA {
namespace {

// optim::Scalars and the hyper-parameters as the functor's own types.
template <class U>
void prepare(const double* hyper, const optim::Item& item, optim::Scalars& s) {
    typename U::Hyper h;
    __builtin_memcpy(&h, hyper, sizeof h);
    const typename U::Scalars prepared = U::prepare(h, item);
    static_assert(sizeof prepared <= sizeof s);
    __builtin_memcpy(&s, &prepared, sizeof prepared);
}

template <class U, class T>
void update(const optim::Scalars& s, T* p, const T* g, T* const* state, dim_t n) {
    typename U::Scalars prepared;
    __builtin_memcpy(&prepared, &s, sizeof prepared);
    U::run(prepared, p, g, state, n);
}

template <class U, class T>
void measure(const optim::Scalars& s, const T* p, const T* g, T* const* state, dim_t n,
             double* sums) {
    typename U::Scalars prepared;
    __builtin_memcpy(&prepared, &s, sizeof prepared);
    U::measure(prepared, p, g, state, n, sums);
}

template <class U>
void settle(const double* sums, optim::Scalars& s) {
    typename U::Scalars prepared;
    __builtin_memcpy(&prepared, &s, sizeof prepared);
    U::settle(sums, prepared);
    __builtin_memcpy(&s, &prepared, sizeof prepared);
}

template <class T>
double sum_squares(const T* x, dim_t n) {
    using V = Vec<T>;
    Squares sums;
    dim_t i = 0;
    for (; i + 2 * V::width <= n; i += 2 * V::width) {
        sums.add(V::load(x + i), 0);
        sums.add(V::load(x + i + V::width), 2);
    }
    for (; i < n; i += V::width) sums.add(V::load(x + i, n - i < V::width ? n - i : V::width), 0);
    return sums.total();
}

template <class T>
double max_abs(const T* x, dim_t n) {
    using V = Vec<T>;
    V most;
    Mask<T> nan;
    each_vec<T>(n, [&](auto load, auto) {
        const V v = load(x);
        nan = nan | (v != v);
        most = max(abs(v), most);
    });
    return any(nan) ? __builtin_nan("") : double(max_lane(most));
}

template <class T>
void scale(T* x, double factor, dim_t n) {
    const Vec<T> f = T(factor);
    each_vec<T>(n, [&](auto load, auto store) { store(f * load(x), x); });
}

template <class T>
void clamp(T* x, double limit, dim_t n) {
    const Vec<T> high = T(limit), low = -high;
    each_vec<T>(n, [&](auto load, auto store) {
        store(max(low, min(high, load(x))), x);  // in this order NaN stays NaN
    });
}

// The functors of the list in optim.h, from the i-th on.
template <class T, int i = 0>
constexpr void fill(optim::TypedKernels<T>& table) {
    using U = UpdateOf<static_cast<Rule>(i)>;
    table.facts[i] = U::facts;
    table.docstring[i] = U::docstring;
    table.prepare[i] = prepare<U>;
    table.update[i] = update<U, T>;
    if constexpr (U::facts.norms != 0) {
        table.measure[i] = measure<U, T>;
        table.settle[i] = settle<U>;
    }
    if constexpr (i + 1 < optim::kRules) fill<T, i + 1>(table);
}

template <class T>
constexpr optim::TypedKernels<T> filled() {
    optim::TypedKernels<T> table{};
    fill(table);
    table.sum_squares = sum_squares<T>;
    table.max_abs = max_abs<T>;
    table.scale = scale<T>;
    table.clamp = clamp<T>;
    return table;
}

constexpr optim::Kernels kTable{filled<float>(), filled<double>()};

}  // namespace
}  // namespace fastnn::FASTNN_ISA

FASTNN_KERNELS(optim::Kernels, kTable)
