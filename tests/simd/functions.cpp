// The functions of simd/math.h over arrays, one library per instruction set, for measure.cpp and
// the tests.
#include <string.h>

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
        return 1;
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
