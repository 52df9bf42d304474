// Error and speed of the libraries made of functions.cpp.
//
//     measure levels
//         The instruction sets this CPU has.
//     measure error FUNCTION float STRIDE FIRST LIBRARY...
//         Every STRIDE-th of the 2^32 bit patterns from FIRST on, against the C library in double.
//     measure error FUNCTION double COUNT SEED LIBRARY...
//         COUNT numbers, some any bits and some where it is difficult, against long double.
//     measure absolute FUNCTION float|double STRIDE|COUNT FIRST|SEED LIBRARY...
//         As error, in units of epsilon times the result or 1, whichever is larger.
//     measure speed FUNCTION float|double LIBRARY...
//         Elements per nanosecond, in L1.
//
// error prints, per library, the largest error in ULP and where it was. An infinity, NaN or sign
// that is wrong counts as infinite.
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmath>

namespace {

template <class T>
using Apply = int (*)(const char*, const T*, const T*, T*, long);

template <class T>
struct Type;
template <>
struct Type<float> {
    using Wide = double;
    using Bits = uint32_t;
    static constexpr const char* symbol = "apply_float";
    static constexpr int mantissa = 23, smallest = -149, largest = 127;
};
template <>
struct Type<double> {
    using Wide = long double;
    using Bits = uint64_t;
    static constexpr const char* symbol = "apply_double";
    static constexpr int mantissa = 52, smallest = -1074, largest = 1023;
};

template <class W>
W (*find(const char* name))(W, W) {
    const auto is = [&](const char* s) { return strcmp(name, s) == 0; };
    if (is("exp")) return [](W x, W) { return std::exp(x); };
    if (is("log")) return [](W x, W) { return std::log(x); };
    if (is("expm1")) return [](W x, W) { return std::expm1(x); };
    if (is("log1p")) return [](W x, W) { return std::log1p(x); };
    if (is("tanh")) return [](W x, W) { return std::tanh(x); };
    if (is("sigmoid")) return [](W x, W) { return 1 / (1 + std::exp(-x)); };
    if (is("erf")) return [](W x, W) { return std::erf(x); };
    if (is("sin")) return [](W x, W) { return std::sin(x); };
    if (is("cos")) return [](W x, W) { return std::cos(x); };
    if (is("rsqrt")) return [](W x, W) { return 1 / std::sqrt(x); };
    if (is("pow")) return [](W x, W y) { return std::pow(x, y); };
    return nullptr;
}

// The activations of core/activation.h with their usual parameters, and (gelu') their gradients.
template <class T, class W>
struct Activations {
    using F = W (*)(W, W);
    static W sigmoid(W x) { return 1 / (1 + std::exp(-x)); }
    static W normal(W x) { return std::erfc(-x / std::sqrt(W(2))) / 2; }
    static W clipped(W x, W end) { return x < -end ? -end : x > end ? end : x; }
    static W inner(W x) {  // of gelu_tanh, twice
        return std::sqrt(8 / std::acos(W(-1))) * (x + W(0.044715L) * x * x * x);
    }
    static W share(W x) { return std::tanh(std::log1p(std::exp(x < 50 ? x : W(50)))); }

    static F value(const char* name) {
        const auto is = [&](const char* s) { return strcmp(name, s) == 0; };
        if (is("step")) return [](W x, W) { return W(x != x ? x : x >= 0); };
        if (is("relu")) return [](W x, W) { return x <= 0 ? 0 : x; };
        if (is("leaky_relu")) return [](W x, W) { return x > 0 ? x : W(T(0.01)) * x; };
        if (is("hardtanh")) return [](W x, W) { return clipped(x, 1); };
        if (is("elu")) return [](W x, W) { return x > 0 ? x : std::expm1(x); };
        if (is("hardsigmoid")) return [](W x, W) { return (clipped(x, 3) + 3) / 6; };
        if (is("logsigmoid"))
            return [](W x, W) { return (x < 0 ? x : 0) - std::log1p(std::exp(-std::fabs(x))); };
        if (is("softplus"))
            return [](W x, W) {
                return x > 20 ? x : (x > 0 ? x : 0) + std::log1p(std::exp(-std::fabs(x)));
            };
        // x times what falls faster than any power: no -infinity times 0.
        if (is("gelu")) return [](W x, W) { return (x < -40 ? W(-40) : x) * normal(x); };
        if (is("gelu_tanh"))
            return [](W x, W) { return (x < -40 ? W(-40) : x) * sigmoid(inner(x)); };
        if (is("silu")) return [](W x, W) { return (x < -1e5 ? W(-1e5) : x) * sigmoid(x); };
        if (is("hardswish"))
            return [](W x, W) { return x <= -3 ? 0 : x * ((clipped(x, 3) + 3) / 6); };
        if (is("mish")) return [](W x, W) { return (x < -1e5 ? W(-1e5) : x) * share(x); };
        if (is("softsign"))
            return [](W x, W) { return std::isinf(x) ? (x < 0 ? -1 : 1) : x / (1 + std::fabs(x)); };
        if (is("hardshrink")) return [](W x, W) { return std::fabs(x) <= W(0.5) ? 0 : x; };
        if (is("softshrink"))
            return [](W x, W) { return std::fabs(x) <= W(0.5) ? 0 : x - std::copysign(W(0.5), x); };
        if (is("tanhshrink")) return [](W x, W) { return x - std::tanh(x); };
        if (is("threshold")) return [](W x, W) { return x <= 0 ? 0 : x; };
        return nullptr;
    }

    static F gradient(const char* name) {
        const auto is = [&](const char* s) { return strcmp(name, s) == 0; };
        if (is("step'")) return [](W, W) { return W(0); };
        if (is("relu'")) return [](W x, W) { return W(x > 0); };
        if (is("leaky_relu'")) return [](W x, W) { return x > 0 ? W(1) : W(T(0.01)); };
        if (is("hardtanh'")) return [](W x, W) { return W(x > -1 && x < 1); };
        if (is("elu'")) return [](W x, W) { return x > 0 ? 1 : std::exp(x); };
        if (is("sigmoid'")) return [](W x, W) { return sigmoid(x) * sigmoid(-x); };
        if (is("hardsigmoid'")) return [](W x, W) { return x > -3 && x < 3 ? W(1) / 6 : 0; };
        if (is("logsigmoid'")) return [](W x, W) { return sigmoid(-x); };
        if (is("tanh'"))
            return
                [](W x, W) { return 1 / std::cosh(clipped(x, 400)) / std::cosh(clipped(x, 400)); };
        if (is("softplus'")) return [](W x, W) { return x > 20 ? 1 : sigmoid(x); };
        if (is("gelu'"))
            return [](W x, W) {
                const W z = clipped(x, 40);
                return normal(z) + z * std::exp(-z * z / 2) / std::sqrt(2 * std::acos(W(-1)));
            };
        if (is("gelu_tanh'"))
            return [](W x, W) {
                const W z = clipped(x, 40), s = sigmoid(inner(z)), rest = sigmoid(-inner(z));
                const W slope = std::sqrt(8 / std::acos(W(-1))) * (1 + 3 * W(0.044715L) * z * z);
                return s + z * slope * s * rest;
            };
        if (is("silu'"))
            return [](W x, W) {
                const W z = clipped(x, 1000);
                return sigmoid(z) + z * sigmoid(z) * sigmoid(-z);
            };
        if (is("hardswish'"))
            return [](W x, W) { return x <= -3 ? 0 : x >= 3 ? 1 : x / 3 + W(0.5); };
        if (is("mish'"))
            return [](W x, W) {
                const W z = clipped(x, 1000), t = share(z);
                return t + z * (1 - t) * (1 + t) * sigmoid(z);
            };
        if (is("softsign'"))
            return [](W x, W) { return 1 / (1 + std::fabs(x)) / (1 + std::fabs(x)); };
        if (is("hardshrink'")) return [](W x, W) { return W(std::fabs(x) > W(0.5)); };
        if (is("softshrink'")) return [](W x, W) { return W(std::fabs(x) > W(0.5)); };
        if (is("tanhshrink'")) return [](W x, W) { return std::tanh(x) * std::tanh(x); };
        if (is("threshold'")) return [](W x, W) { return W(x > 0); };
        return nullptr;
    }
};

template <class T, class W>
W (*reference(const char* name))(W, W) {
    W (*function)(W, W) = find<W>(name);
    if (function == nullptr) function = Activations<T, W>::value(name);
    if (function == nullptr) function = Activations<T, W>::gradient(name);
    if (function != nullptr) return function;
    fprintf(stderr, "unknown function %s\n", name);
    exit(2);
}

// |y - exact| in units of epsilon times |exact| or 1; infinities must be equal.
template <class T, class W>
double epsilons(T y, W exact) {
    if (T(exact) == y) return 0;
    const W size = std::fabs(exact) > 1 ? std::fabs(exact) : W(1);
    const double error = double(std::ldexp(std::fabs(W(y) - exact) / size, Type<T>::mantissa));
    return error == error ? error : INFINITY;
}

// |y - exact| in units of the spacing of T at exact, where above 1/2; the last binade has no end.
template <class T, class W>
double ulps(T y, W exact) {
    using Bits = typename Type<T>::Bits;
    constexpr int mantissa = Type<T>::mantissa, largest = Type<T>::largest;
    const T nearest = T(exact);
    if (std::isnan(nearest) || std::isnan(y))
        return std::isnan(nearest) && std::isnan(y) ? 0.5 : INFINITY;
    if (std::signbit(y) != std::signbit(nearest)) return INFINITY;
    if (y == nearest) return 0.5;
    if (std::isinf(exact)) return INFINITY;
    Bits bits;
    memcpy(&bits, &nearest, sizeof bits);
    int field = int(bits << 1 >> (mantissa + 1));  // the exponent, biased by `largest`
    if (field == 0) field = 1;
    if (field > 2 * largest) field = 2 * largest;
    const W value = std::isinf(y) ? std::copysign(std::ldexp(W(1), largest + 1), W(y)) : W(y);
    return double(std::ldexp(std::fabs(value - exact), largest + mantissa - field));
}

struct Random {
    uint64_t state = 88172645463325252u;
    uint64_t bits() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        return state * 0x9e3779b97f4a7c15u;
    }
    double uniform() { return double(bits() >> 11) * 0x1p-53; }  // [0, 1)
    double both() { return 2 * uniform() - 1; }
    int below(int n) { return int(bits() % uint64_t(n)); }
};

// Numbers where functions have something to get wrong: any bits, all magnitudes of the usual
// ranges, multiples of pi/2, the range of exp, the neighbourhood of 1.
template <class T>
T sample(Random& random) {
    typename Type<T>::Bits bits = typename Type<T>::Bits(random.bits());
    T x;
    switch (random.below(5)) {
        case 0: memcpy(&x, &bits, sizeof x); return x;
        case 1: return T(std::ldexp(random.both(), random.below(72) - 60));
        case 2:
            return T(1.57079632679489661923L *
                     std::floor(std::ldexp(random.both(), random.below(22))));
        case 3: return T(random.both() * 750 / (sizeof(T) == 4 ? 7 : 1));
        default: return T(1 + std::ldexp(random.both(), -random.below(Type<T>::mantissa)));
    }
}

// An exponent that keeps x^y in range, for half of the pairs.
template <class T>
T exponent(Random& random, T x) {
    if (random.below(2)) return sample<T>(random);
    return T(random.both() * 1.02 * (Type<T>::largest + Type<T>::mantissa) /
             std::log2(std::fabs(double(x))));
}

template <class T>
struct Library {
    const char* path;
    Apply<T> apply;
    double worst = 0;
    T x = 0, y = 0, got = 0;
};

template <class T>
int load(int count, char** paths, Library<T>* libraries) {
    for (int i = 0; i < count; ++i) {
        void* handle = dlopen(paths[i], RTLD_NOW | RTLD_LOCAL);
        if (handle == nullptr) {
            fprintf(stderr, "%s\n", dlerror());
            exit(2);
        }
        libraries[i].path = paths[i];
        libraries[i].apply = Apply<T>(dlsym(handle, Type<T>::symbol));
    }
    return count;
}

constexpr int kBlock = 4096, kMost = 8;

template <class T>
void error(bool absolute, const char* name, uint64_t count, uint64_t first, int paths,
           char** argv) {
    using W = typename Type<T>::Wide;
    static T x[kBlock], y[kBlock], out[kBlock];
    static W exact[kBlock];
    Library<T> libraries[kMost];
    const int n = load(paths, argv, libraries);
    const auto function = reference<T, W>(name);
    const bool two = strcmp(name, "pow") == 0, patterns = sizeof(T) == 4 && !two;
    const uint64_t stride = sizeof(T) == 4 ? count : 1;
    if (sizeof(T) == 4) count = ((1ull << 32) - first + stride - 1) / stride;
    Random random{88172645463325252u + first};
    for (uint64_t start = 0; start < count; start += kBlock) {
        const int size = int(count - start < kBlock ? count - start : kBlock);
        for (int i = 0; i < size; ++i) {
            const auto bits = typename Type<T>::Bits(first + (start + uint64_t(i)) * stride);
            if (patterns)
                memcpy(&x[i], &bits, sizeof bits);
            else
                x[i] = sample<T>(random);
            y[i] = two ? exponent(random, x[i]) : T(0);
            exact[i] = function(W(x[i]), W(y[i]));
        }
        for (int k = 0; k < n; ++k) {
            Library<T>& lib = libraries[k];
            lib.apply(name, x, y, out, size);
            for (int i = 0; i < size; ++i) {
                if (absolute && x[i] != x[i]) continue;
                const double e = absolute ? epsilons(out[i], exact[i]) : ulps(out[i], exact[i]);
                if (e > lib.worst) lib.worst = e, lib.x = x[i], lib.y = y[i], lib.got = out[i];
            }
        }
    }
    for (int k = 0; k < n; ++k)
        printf("%s %.3f at %.17g %.17g got %.17g\n", libraries[k].path, libraries[k].worst,
               double(libraries[k].x), double(libraries[k].y), double(libraries[k].got));
}

double now() {
    timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return double(t.tv_sec) * 1e9 + double(t.tv_nsec);
}

template <class T>
void speed(const char* name, int paths, char** argv) {
    constexpr int size = 2048, calls = 100;
    static T x[size], y[size], out[size];
    Library<T> libraries[kMost];
    const int n = load(paths, argv, libraries);
    for (int i = 0; i < size; ++i) x[i] = T(0.001) + T(4 * i) / size, y[i] = T(1.7) - x[i];
    for (int k = 0; k < n; ++k) {
        double best = INFINITY;
        for (int round = 0; round < 25; ++round) {
            const double start = now();
            for (int c = 0; c < calls; ++c) libraries[k].apply(name, x, y, out, size);
            best = std::fmin(best, now() - start);
        }
        printf("%s %.3f\n", libraries[k].path, size * calls / best);
    }
}

void levels() {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("x86-64-v2")) puts("v2");
    if (__builtin_cpu_supports("x86-64-v3")) puts("v3");
    if (__builtin_cpu_supports("x86-64-v4")) puts("v4");
#elif defined(__aarch64__)
    puts("neon");
#endif
}

}  // namespace

int main(int argc, char** argv) {
    const auto is = [&](int i, const char* s) { return argc > i && strcmp(argv[i], s) == 0; };
    const bool single = is(3, "float");
    if (is(1, "levels"))
        levels();
    else if ((is(1, "error") || is(1, "absolute")) && argc > 6 && argc - 6 <= kMost)
        (single ? error<float> : error<double>)(is(1, "absolute"), argv[2],
                                                strtoull(argv[4], nullptr, 10),
                                                strtoull(argv[5], nullptr, 10), argc - 6, argv + 6);
    else if (is(1, "speed") && argc > 4 && argc - 4 <= kMost)
        (single ? speed<float> : speed<double>)(argv[2], argc - 4, argv + 4);
    else
        return 2;
    return 0;
}
