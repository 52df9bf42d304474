// The functions of simd/math.h and simd/activation.h over arrays, one library per instruction set,
// for measure.cpp and the tests. "gelu" is an activation with its usual parameters, "gelu'" its
// gradient for dy = 1.
#include <string.h>

#include "simd/activation.h"
#include "simd/math.h"

namespace fastnn::FASTNN_ISA {
namespace {

template <class T, class F>
void map(const T* x, const T* y, T* out, long n, F f) {
    using V = Vec<T>;
    long i = 0;
    for (; i + V::width <= n; i += V::width) f(V::load(x + i), V::load(y + i)).store(out + i);
    if (i < n) f(V::load(x + i, n - i), V::load(y + i, n - i)).store(out + i, n - i);
}

// The activation of this name, from the i-th on.
template <class T, int i = 1>
int activation(const char* name, const T* x, const T* y, T* out, long n) {
    using V = Vec<T>;
    using F = ActivationOf<static_cast<Activation>(i), T>;
    const auto& p = F::facts.parameters;
    const F f({p[0].usual, p[1].usual, p[2].usual});
    const size_t length = strlen(F::facts.name);
    const bool found = strncmp(name, F::facts.name, length) == 0;
    if (found && name[length] == '\0') {
        map(x, y, out, n, [=](V a, V) { return f.value(a); });
        return 0;
    }
    if (found && strcmp(name + length, "'") == 0) {
        map(x, y, out, n, [=](V a, V) {
            return f.gradient(V(1), F::facts.gradient_reads_output ? f.value(a) : a);
        });
        return 0;
    }
    if constexpr (i + 1 < kActivations) return activation<T, i + 1>(name, x, y, out, n);
    return 1;
}

template <class T>
int apply(const char* name, const T* x, const T* y, T* out, long n) {
    using V = Vec<T>;
    const auto is = [&](const char* s) { return strcmp(name, s) == 0; };
    if (is("exp"))
        map(x, y, out, n, [](V a, V) { return exp(a); });
    else if (is("log"))
        map(x, y, out, n, [](V a, V) { return log(a); });
    else if (is("expm1"))
        map(x, y, out, n, [](V a, V) { return expm1(a); });
    else if (is("log1p"))
        map(x, y, out, n, [](V a, V) { return log1p(a); });
    else if (is("tanh"))
        map(x, y, out, n, [](V a, V) { return tanh(a); });
    else if (is("sigmoid"))
        map(x, y, out, n, [](V a, V) { return sigmoid(a); });
    else if (is("erf"))
        map(x, y, out, n, [](V a, V) { return erf(a); });
    else if (is("sin"))
        map(x, y, out, n, [](V a, V) { return sin(a); });
    else if (is("cos"))
        map(x, y, out, n, [](V a, V) { return cos(a); });
    else if (is("rsqrt"))
        map(x, y, out, n, [](V a, V) { return rsqrt(a); });
    else if (is("pow"))
        map(x, y, out, n, [](V a, V b) { return pow(a, b); });
    else
        return activation(name, x, y, out, n);
    return 0;
}

}  // namespace
}  // namespace fastnn::FASTNN_ISA

extern "C" int apply_float(const char* name, const float* x, const float* y, float* out, long n) {
    return fastnn::FASTNN_ISA::apply(name, x, y, out, n);
}

extern "C" int apply_double(const char* name, const double* x, const double* y, double* out,
                            long n) {
    return fastnn::FASTNN_ISA::apply(name, x, y, out, n);
}
