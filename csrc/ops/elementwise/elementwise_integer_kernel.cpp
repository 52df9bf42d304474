// Integers, in int64 whatever their type: sums and products wrap around, as those of each type do.
#include "ops/elementwise/elementwise.h"
#include "simd/vec.h"

namespace fastnn::FASTNN_ISA {
namespace {

using elementwise::Op;
using elementwise::Streams;
using Int = int64_t;

FASTNN_INLINE Int wrapped(uint64_t x) {
    return Int(x);
}

// Divisions by 0, which another thread may have written since the divisor was checked, and by -1 at
// the least number would trap.
FASTNN_INLINE bool traps(Int b) {
    return uint64_t(b) + 1 <= 1;
}

// With the sign of b, as % in Python.
FASTNN_INLINE Int remainder(Int a, Int b) {
    if (traps(b)) return 0;
    const Int r = a % b;
    return r != 0 && (r ^ b) < 0 ? r + b : r;
}
FASTNN_INLINE Int fmod(Int a, Int b) {
    return traps(b) ? 0 : a % b;
}
FASTNN_INLINE Int floor_divide(Int a, Int b) {
    if (traps(b)) return wrapped(0 - uint64_t(a));
    const Int q = a / b;
    return q * b != a && (a ^ b) < 0 ? q - 1 : q;
}

template <class F>
FASTNN_INLINE void unary(const Streams<Int>& s, dim_t n, F f) {
    const Int* const a = s.in[0];
    Int* const y = s.out[0];
    if (s.in_step[0] == 0) {
        const Int v = f(a[0]);
        for (dim_t i = 0; i < n; ++i) y[i] = v;
    } else {
        for (dim_t i = 0; i < n; ++i) y[i] = f(a[i]);
    }
}

template <class F>
FASTNN_INLINE void binary(const Streams<Int>& s, dim_t n, F f) {
    const Int *const a = s.in[0], *const b = s.in[1];
    Int* const y = s.out[0];
    if (s.in_step[1] == 0 && s.in_step[0] != 0) {
        const Int v = b[0];
        for (dim_t i = 0; i < n; ++i) y[i] = f(a[i], v);
    } else if (s.in_step[0] == 0 && s.in_step[1] != 0) {
        const Int v = a[0];
        for (dim_t i = 0; i < n; ++i) y[i] = f(v, b[i]);
    } else {
        const dim_t p = s.in_step[0], q = s.in_step[1];
        for (dim_t i = 0; i < n; ++i) y[i] = f(a[i * p], b[i * q]);
    }
}

// By one positive divisor: the quotient in double is too large or too small by one at most, where
// double holds the dividend. False where it does not, or for other divisors.
template <class F>
FASTNN_INLINE bool by_one(const Streams<Int>& s, dim_t n, F f) {
    constexpr Int kExact = Int(1) << 52;
    if (s.in_step[1] != 0 || s.in_step[0] == 0) return false;
    const Int* const a = s.in[0];
    const Int b = s.in[1][0];
    uint64_t beyond = b <= 0 || b > kExact;
    for (dim_t i = 0; i < n; ++i) beyond |= (uint64_t(a[i]) + uint64_t(kExact)) >> 53;
    if (beyond != 0) return false;
    Int* const y = s.out[0];
    const double inverse = 1.0 / double(b);
    for (dim_t i = 0; i < n; ++i) {
        Int q = Int(double(a[i]) * inverse);
        Int r = a[i] - q * b;
        const Int up = r >= b ? 1 : 0, down = r < 0 ? 1 : 0;
        q += up - down;
        r += (down - up) * b;
        y[i] = f(q, r);
    }
    return true;
}

// One loop of each, in the order of kIntegerOps.
void add(const Streams<Int>& s, dim_t n) {
    binary(s, n, [](Int a, Int b) { return wrapped(uint64_t(a) + uint64_t(b)); });
}
void sub(const Streams<Int>& s, dim_t n) {
    binary(s, n, [](Int a, Int b) { return wrapped(uint64_t(a) - uint64_t(b)); });
}
void mul(const Streams<Int>& s, dim_t n) {
    binary(s, n, [](Int a, Int b) { return wrapped(uint64_t(a) * uint64_t(b)); });
}
void maximum(const Streams<Int>& s, dim_t n) {
    binary(s, n, [](Int a, Int b) { return a > b ? a : b; });
}
void minimum(const Streams<Int>& s, dim_t n) {
    binary(s, n, [](Int a, Int b) { return a < b ? a : b; });
}
void remainders(const Streams<Int>& s, dim_t n) {
    if (by_one(s, n, [](Int, Int r) { return r; })) return;
    binary(s, n, [](Int a, Int b) { return remainder(a, b); });
}
void fmods(const Streams<Int>& s, dim_t n) {
    binary(s, n, [](Int a, Int b) { return fmod(a, b); });
}
void floor_divides(const Streams<Int>& s, dim_t n) {
    if (by_one(s, n, [](Int q, Int) { return q; })) return;
    binary(s, n, [](Int a, Int b) { return floor_divide(a, b); });
}
void neg(const Streams<Int>& s, dim_t n) {
    unary(s, n, [](Int a) { return wrapped(0 - uint64_t(a)); });
}
void abs(const Streams<Int>& s, dim_t n) {
    unary(s, n, [](Int a) { return a < 0 ? wrapped(0 - uint64_t(a)) : a; });
}
void eq(const Streams<Int>& s, dim_t n) {
    binary(s, n, [](Int a, Int b) { return Int(a == b); });
}
void ne(const Streams<Int>& s, dim_t n) {
    binary(s, n, [](Int a, Int b) { return Int(a != b); });
}
void lt(const Streams<Int>& s, dim_t n) {
    binary(s, n, [](Int a, Int b) { return Int(a < b); });
}
void le(const Streams<Int>& s, dim_t n) {
    binary(s, n, [](Int a, Int b) { return Int(a <= b); });
}
void gt(const Streams<Int>& s, dim_t n) {
    binary(s, n, [](Int a, Int b) { return Int(a > b); });
}
void ge(const Streams<Int>& s, dim_t n) {
    binary(s, n, [](Int a, Int b) { return Int(a >= b); });
}

constexpr elementwise::Loop<Int> kLoops[elementwise::kIntegers] = {
    add, sub, mul, maximum, minimum, remainders, fmods, floor_divides,
    neg, abs, eq,  ne,      lt,      le,         gt,    ge};

}  // namespace
}  // namespace fastnn::FASTNN_ISA

namespace fastnn::elementwise {
template <>
const Loop<std::int64_t>* integer_loops<Isa::FASTNN_ISA>() {
    return FASTNN_ISA::kLoops;
}
}  // namespace fastnn::elementwise
