// Every operation of simd/vec.h against scalar code, lane by lane. Prints what differs.
#include "simd/vec.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

using namespace fastnn::FASTNN_ISA;

static int failures = 0;

static void expect(bool good, const char* what, double a, double b, double got) {
    if (good) return;
    if (++failures < 20) printf("%s: %.17g, %.17g gave %.17g\n", what, a, b, got);
}

template <class T>
static bool same(T a, T b) {
    return a != a ? b != b : memcmp(&a, &b, sizeof a) == 0;
}

template <class T>
struct Numbers {
    static constexpr T inf = T(__builtin_inf()), nan = T(__builtin_nan(""));
    static constexpr T tiny = Format<T>::smallest / 8, big = 1 / Format<T>::smallest;
    static constexpr T list[] = {0,       -T(0),  1,       -1,   T(1.5), -T(1.5), T(2.5),
                                 -T(2.5), T(0.3), -T(0.7), 3,    1000,   T(0.75), T(1.4999),
                                 inf,     -inf,   nan,     tiny, -tiny,  big,     -big};
    static constexpr int count = int(sizeof list / sizeof list[0]);
};

// Registers that hold `list` from place i, and lanes of two such registers side by side.
template <class T, class F>
static void one(const char* what, F f) {
    using V = Vec<T>;
    using L = Numbers<T>;
    for (int i = 0; i < L::count; ++i) {
        T x[V::width];
        for (int k = 0; k < V::width; ++k) x[k] = L::list[(i + k) % L::count];
        const V v = V::load(x);
        T want[V::width], got[V::width];
        f(v, x, want).store(got);
        for (int k = 0; k < V::width; ++k)
            expect(same(want[k], got[k]), what, double(x[k]), 0, double(got[k]));
    }
}

template <class T, class F, class G>
static void unary(const char* what, F vector, G scalar) {
    one<T>(what, [&](Vec<T> v, const T* x, T* want) {
        for (int k = 0; k < Vec<T>::width; ++k) want[k] = scalar(x[k]);
        return vector(v);
    });
}

template <class T, class F, class G>
static void binary(const char* what, F vector, G scalar) {
    for (T b : Numbers<T>::list)
        one<T>(what, [&](Vec<T> v, const T* x, T* want) {
            for (int k = 0; k < Vec<T>::width; ++k) want[k] = scalar(x[k], b);
            return vector(v, Vec<T>(b));
        });
}

template <class T, class F, class G>
static void compare(const char* what, F vector, G scalar) {
    using V = Vec<T>;
    binary<T>(
        what, [&](V a, V b) { return select(vector(a, b), V(T(1)), V(T(0))); },
        [&](T a, T b) { return T(scalar(a, b)); });
    for (T a : Numbers<T>::list)
        for (T b : Numbers<T>::list) {
            const Mask<T> m = vector(V(a), V(b));
            const bool s = scalar(a, b);
            expect(any(m) == s && all(m) == s && any(~m) == !s && all(~m) == !s, what, double(a),
                   double(b), 0);
        }
}

template <class T>
static void arithmetic() {
    using V = Vec<T>;
    binary<T>("+", [](V a, V b) { return a + b; }, [](T a, T b) { return a + b; });
    binary<T>("-", [](V a, V b) { return a - b; }, [](T a, T b) { return a - b; });
    binary<T>("*", [](V a, V b) { return a * b; }, [](T a, T b) { return a * b; });
    binary<T>("/", [](V a, V b) { return a / b; }, [](T a, T b) { return a / b; });
    binary<T>("+=", [](V a, V b) { return a += b; }, [](T a, T b) { return a + b; });
    binary<T>("-=", [](V a, V b) { return a -= b; }, [](T a, T b) { return a - b; });
    binary<T>("*=", [](V a, V b) { return a *= b; }, [](T a, T b) { return a * b; });
    binary<T>("/=", [](V a, V b) { return a /= b; }, [](T a, T b) { return a / b; });
    binary<T>("min", [](V a, V b) { return min(a, b); }, [](T a, T b) { return a < b ? a : b; });
    binary<T>("max", [](V a, V b) { return max(a, b); }, [](T a, T b) { return a > b ? a : b; });
    binary<T>(
        "copysign", [](V a, V b) { return copysign(a, b); },
        [](T a, T b) { return T(__builtin_copysign(double(a), double(b))); });
    binary<T>(
        "xorsign", [](V a, V b) { return xorsign(a, b); },
        [](T a, T b) { return __builtin_signbit(b) ? -a : a; });
    unary<T>("negative", [](V a) { return -a; }, [](T a) { return -a; });
    unary<T>("abs", [](V a) { return abs(a); }, [](T a) { return T(__builtin_fabs(double(a))); });
    unary<T>("sqrt", [](V a) { return sqrt(a); }, [](T a) { return T(__builtin_sqrt(double(a))); });
    unary<T>(
        "round", [](V a) { return round(a); }, [](T a) { return T(__builtin_rint(double(a))); });
    unary<T>(
        "floor", [](V a) { return floor(a); }, [](T a) { return T(__builtin_floor(double(a))); });
    unary<T>("ceil", [](V a) { return ceil(a); }, [](T a) { return T(__builtin_ceil(double(a))); });
    unary<T>(
        "trunc", [](V a) { return trunc(a); }, [](T a) { return T(__builtin_trunc(double(a))); });
    unary<T>("bits", [](V a) { return V::from_bits(bits(a)); }, [](T a) { return a; });
    // One rounding or two, as the level has it: exact where both agree.
    binary<T>(
        "fma", [](V a, V b) { return fma(a, b, V(T(2))); },
        [](T a, T b) {
            return Native<T>::fused ? (sizeof(T) == 4 ? T(__builtin_fmaf(float(a), float(b), 2))
                                                      : T(__builtin_fma(double(a), double(b), 2)))
                                    : a * b + 2;
        });
    binary<T>(
        "fnma", [](V a, V b) { return fnma(a, b, V(T(2))); },
        [](T a, T b) {
            return Native<T>::fused ? (sizeof(T) == 4 ? T(__builtin_fmaf(-float(a), float(b), 2))
                                                      : T(__builtin_fma(-double(a), double(b), 2)))
                                    : 2 - a * b;
        });
    const T e =
        Vec<T>(Native<T>::fma(V(1 + T(0x1p-20)).v, V(1 + T(0x1p-20)).v, V(-1 - T(0x1p-19)).v))
            .lane(0);
    if (sizeof(T) == 4) expect((e != 0) == Native<T>::fused, "fused", 0, 0, double(e));
}

template <class T>
static void masks() {
    using V = Vec<T>;
    compare<T>("==", [](V a, V b) { return a == b; }, [](T a, T b) { return a == b; });
    compare<T>("!=", [](V a, V b) { return a != b; }, [](T a, T b) { return a != b; });
    compare<T>("<", [](V a, V b) { return a < b; }, [](T a, T b) { return a < b; });
    compare<T>("<=", [](V a, V b) { return a <= b; }, [](T a, T b) { return a <= b; });
    compare<T>(">", [](V a, V b) { return a > b; }, [](T a, T b) { return a > b; });
    compare<T>(">=", [](V a, V b) { return a >= b; }, [](T a, T b) { return a >= b; });
    compare<T>(
        "&", [](V a, V b) { return (a < b) & (b > T(0)); },
        [](T a, T b) { return a < b && b > 0; });
    compare<T>(
        "|", [](V a, V b) { return (a < b) | (b > T(0)); },
        [](T a, T b) { return a < b || b > 0; });
    compare<T>(
        "^", [](V a, V b) { return (a < b) ^ (b > T(0)); },
        [](T a, T b) { return (a < b) != (b > 0); });
    for (int n = 0; n <= V::width; ++n) {
        const Mask<T> m = Mask<T>::first(n);
        expect(any(m) == (n > 0) && all(m) == (n == V::width), "first any all", n, 0, 0);
        const V v = select(m, V(T(1)), V(T(2)));
        for (int k = 0; k < V::width; ++k)
            expect(v.lane(k) == (k < n ? 1 : 2), "first", n, k, double(v.lane(k)));
    }
}

// Elements at the end of a page before one that must not be touched.
template <class T>
static void tails() {
    using V = Vec<T>;
    const long page = sysconf(_SC_PAGESIZE);
    char* memory = static_cast<char*>(mmap(nullptr, size_t(3 * page), PROT_READ | PROT_WRITE,
                                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    mprotect(memory, size_t(page), PROT_NONE);
    mprotect(memory + 2 * page, size_t(page), PROT_NONE);
    T* const first = reinterpret_cast<T*>(memory + page);
    T* const last = reinterpret_cast<T*>(memory + 2 * page);
    for (long n = 0; n <= V::width; ++n) {
        T* const ends[] = {first, last - n};
        for (T* p : ends) {
            for (int k = 0; k < n; ++k) p[k] = T(k + 1);
            const V v = V::load(p, n);
            for (int k = 0; k < V::width; ++k)
                expect(v.lane(k) == (k < n ? k + 1 : 0), "load", double(n), k, double(v.lane(k)));
            (v + T(7)).store(p, n);
            for (int k = 0; k < n; ++k) expect(p[k] == k + 8, "store", double(n), k, double(p[k]));
        }
        T around[V::width + 2];
        for (T& x : around) x = -1;
        V(T(5)).store(around + 1, n);
        for (int k = 0; k < V::width + 2; ++k)
            expect(around[k] == (k >= 1 && k <= n ? 5 : -1), "store around", double(n), k,
                   double(around[k]));
    }
    T x[V::width + 1], y[V::width + 1];
    for (int k = 0; k <= V::width; ++k) x[k] = T(k);
    V::load(x + 1).store(y + 1);
    for (int k = 1; k <= V::width; ++k) expect(y[k] == x[k], "unaligned", k, 0, double(y[k]));
    munmap(memory, size_t(3 * page));
}

template <class T>
static void lanes() {
    using V = Vec<T>;
    T x[V::width];
    for (int turn = 0; turn < V::width; ++turn) {
        T total = 0;
        for (int k = 0; k < V::width; ++k) total += x[k] = T((k * 7 + turn * 3) % 13 - 6);
        x[turn] += 100, total += 100;
        expect(sum(V::load(x)) == total, "sum", turn, 0, double(sum(V::load(x))));
        expect(max_lane(V::load(x)) == x[turn], "max_lane", turn, 0, double(max_lane(V::load(x))));
        x[turn] -= 200;
        expect(min_lane(V::load(x)) == x[turn], "min_lane", turn, 0, double(min_lane(V::load(x))));
    }
    for (int k = 0; k < V::width; ++k) x[k] = T(k);
    const V a = V::load(x), b = a + V(T(V::width));
    for (int k = 0; k < V::width; ++k) {
        expect(even(a, b).lane(k) == T(2 * k), "even", k, 0, double(even(a, b).lane(k)));
        expect(odd(a, b).lane(k) == T(2 * k + 1), "odd", k, 0, double(odd(a, b).lane(k)));
        const int first = first_true(a >= V(T(k)));
        expect(first == k, "first_true", k, 0, first);
    }
    int index[V::width];
    for (int k = 0; k < V::width; ++k) index[k] = k % 3 == 1 ? -1 - k : V::width - 1 - k;
    for (int k = 0; k < V::width; ++k) {
        const T want = k % 3 == 1 ? T(0) : x[V::width - 1 - k], got = V::gather(x, index).lane(k);
        expect(got == want, "gather", k, double(want), double(got));
    }
    // The order of sum: halves, halves of halves.
    for (int k = 0; k < V::width; ++k) x[k] = T(1) / T(k * k + 3);
    const T got = sum(V::load(x));
    for (int h = V::width / 2; h > 0; h /= 2)
        for (int k = 0; k < h; ++k) x[k] += x[k + h];
    expect(got == x[0], "order of sum", double(x[0]), 0, double(got));
}

template <class T>
static void exponents() {
    using V = Vec<T>;
    using F = Format<T>;
    for (int n = -2 * F::bias; n <= 2 * F::bias; ++n) {
        const T values[] = {T(1.2345678), -T(0.75), T(1.4999999), 0, F::smallest, F::smallest / 4};
        for (T a : values) {
            const T want = sizeof(T) == 4 ? T(__builtin_ldexpf(float(a), n))
                                          : T(__builtin_ldexp(double(a), n));
            const T got = scale(V(a), V(T(n))).lane(0);
            expect(same(got, want), "scale", double(a), n, double(got));
            if (!(want > 0) || want == Numbers<T>::inf) continue;
            V e;
            const T m = split(V(want), e).lane(0);
            expect(m >= T(0.75) && m < T(1.5), "split mantissa", double(want), 0, double(m));
            const T back = sizeof(T) == 4 ? T(__builtin_ldexpf(float(m), int(e.lane(0))))
                                          : T(__builtin_ldexp(double(m), int(e.lane(0))));
            expect(back == want, "split", double(want), double(e.lane(0)), double(m));
        }
        if (n > -F::bias && n <= F::bias) {
            const T got = power_of_two(V(T(n))).lane(V::width - 1);
            expect(got == T(__builtin_ldexp(1, n)), "power_of_two", n, 0, double(got));
        }
    }
}

static void conversions() {
    float x[Vec<float>::width], back[Vec<float>::width];
    double wide[Vec<float>::width];
    for (int k = 0; k < Vec<float>::width; ++k) x[k] = 1.1f * float(k) - 3;
    const Wide w = widen(Vec<float>::load(x));
    w.low.store(wide);
    w.high.store(wide + Vec<double>::width);
    narrow(w.low, w.high).store(back);
    for (int k = 0; k < Vec<float>::width; ++k) {
        expect(wide[k] == double(x[k]), "widen", double(x[k]), 0, wide[k]);
        expect(back[k] == x[k], "narrow", double(x[k]), 0, double(back[k]));
    }
    expect(narrow(Vec<double>(1 + 0x1p-24 + 0x1p-50), 0.0).lane(0) == 1 + 0x1p-23f, "narrow rounds",
           0, 0, 0);
}

template <class T>
static void everything() {
    arithmetic<T>();
    masks<T>();
    tails<T>();
    lanes<T>();
    exponents<T>();
}

int main() {
    everything<float>();
    everything<double>();
    conversions();
    printf("%d failures\n", failures);
    return failures != 0;
}
