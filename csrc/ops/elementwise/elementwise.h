// Elementwise operations with broadcasting: out[i] = f(in0[i], in1[i], ...) for every index i of
// the common shape.
//
// Arrays may have any strides (negative, zero, transposed); nothing is copied as a whole. The
// layout of a call is computed once (layout.h): axes sorted so that the output is written in the
// order of its memory, neighbours merged, extents of one dropped. What remains is a stack of rows.
// Kernels only get short runs of unit stride: a value that is constant along a run is repeated in
// the memory of one register, which is read with step 0, and an operand that is strided or of
// another dtype is first packed into a small buffer. So each operation has one loop.
//
// An output may be one of the inputs (the same array, element for element); any other overlap is
// the caller's to avoid. Scalars are part of Args.
#pragma once

#include <cstdint>

#include "core/dtype.h"
#include "core/integer.h"
#include "core/isa.h"
#include "core/launch.h"

namespace fastnn::elementwise {

// One group per kernel file, whose table has an entry for each in this order.
// clang-format off
enum class Op : std::uint8_t {
    // elementwise_unary_kernel.cpp: y = f(x)
    neg, abs, sign, square, cube, reciprocal, sqrt, rsqrt, exp, expm1, log, log1p, log2, log10, sin, cos, tan,
    asin, acos, atan, sinh, cosh, erf, floor, ceil, round, trunc, frac,
    exp2, acosh, asinh, atanh, erfc, erfinv, digamma, trigamma, lgamma, sinc, logit,
    // elementwise_binary_kernel.cpp: y = f(a, b), f(a, b, c), f(a, b, c, d)
    add, sub, mul, div, maximum, minimum, pow, atan2, remainder, fmod, floor_divide,
    copysign, fmax, fmin, heaviside, hypot, logaddexp, logaddexp2, nextafter, xlogy, zeta,
    add_scaled, where, clamp, lerp, addcmul, addcdiv, nan_to_num,
    // elementwise_compare_kernel.cpp: bool results
    eq, ne, lt, le, gt, ge, logical_and, logical_or, logical_xor, logical_not, isnan, isinf, isfinite,
    isclose,
    // elementwise_backward_kernel.cpp: dx = f(dy, saved), and (da, db) = f(dy, a, b)
    abs_backward, square_backward, cube_backward, reciprocal_backward, sqrt_backward, rsqrt_backward, exp_backward,
    expm1_backward, log_backward, log1p_backward, log2_backward, log10_backward, sin_backward, cos_backward,
    tan_backward, asin_backward, acos_backward, atan_backward, sinh_backward, cosh_backward, erf_backward,
    exp2_backward, acosh_backward, asinh_backward, atanh_backward, erfc_backward, erfinv_backward, sinc_backward,
    logit_backward,
    nan_to_num_backward, clamp_backward, pow_scalar_backward,
    mul_backward, div_backward, maximum_backward, minimum_backward, pow_backward, atan2_backward, where_backward,
    clamp_bounds_backward, lerp_backward,
    count
};
// clang-format on

constexpr Op kFirstUnary = Op::neg, kFirstBinary = Op::add, kFirstCompare = Op::eq,
             kFirstBackward = Op::abs_backward;
constexpr int kOps = static_cast<int>(Op::count);

constexpr int kMaxInputs = 4, kMaxOutputs = 2, kMaxOperands = kMaxInputs + kMaxOutputs;
constexpr int kMaxAxes = 48;   // merged axes have extents >= 2; no array has 2^48 elements
constexpr int kMaxLanes = 16;  // of any register, for either type

struct Operand {
    char* data;    // null for a scalar, and for an output that is not needed
    double value;  // of a scalar
    Dtype dtype;
};

struct Args {
    Op op;
    Dtype dtype;  // in which to compute: f32, f64, or i64 for all integers
    int axes;     // at least 1 unless size is 0
    dim_t size;
    Operand operands[kMaxOperands];         // inputs, then outputs
    dim_t extents[kMaxAxes];                // innermost first
    dim_t strides[kMaxAxes][kMaxOperands];  // bytes; 0 along which an input is broadcast
};

// What is known about an operation: its entry in the table states it.
struct Info {
    const char* name;
    int inputs, outputs;
    bool boolean;  // the result
    double ns;     // per element and thread (AVX-512, data in L2): the cost model
    double flops;  // per element, for the profiler
};
const Info& info(Op op);
const Kernel<Args>& kernel(Op op);

// What a kernel loop reads and writes: streams whose step per element is 1, or 0 for kMaxLanes
// equal values (an input) or kMaxLanes of scratch (an unneeded output). Outputs may equal inputs.
template <class T>
struct Streams {
    const T* in[kMaxInputs];
    dim_t in_step[kMaxInputs];
    T* out[kMaxOutputs];
    dim_t out_step[kMaxOutputs];
};

template <class T>
using Loop = void (*)(const Streams<T>&, dim_t n);

// A block of rows of a strided array: element (i, j) is at byte i * row_stride + j * stride.
struct Rows {
    dim_t count, length, row_stride, stride;
};

struct Loops {
    const Loop<float>* f32;
    const Loop<double>* f64;
    const Info* info;
};

// Operations on integers, in the order of their loops.
constexpr Op kIntegerOps[] = {
    Op::add, Op::sub, Op::mul, Op::maximum, Op::minimum, Op::remainder, Op::fmod, Op::floor_divide,
    Op::neg, Op::abs, Op::eq,  Op::ne,      Op::lt,      Op::le,        Op::gt,   Op::ge};
constexpr int kIntegers = sizeof kIntegerOps / sizeof kIntegerOps[0];

// The place of an operation among them; -1 where there is none.
constexpr int integer_index(Op op) {
    for (int i = 0; i < kIntegers; ++i) {
        if (kIntegerOps[i] == op) return i;
    }
    return -1;
}

// pack: any dtype to T, dense; unpack: T to f32, f64 or bool (true where not 0), int64 also to
// integers, which wrap around.
template <class T>
struct Packing {
    void (*pack)(Dtype from, const char* x, const Rows&, T* dense);
    void (*unpack)(Dtype to, const T* dense, const Rows&, char* y);
};

// By operation, counted from the first one of each group; defined in elementwise_pack_kernel.cpp.
struct Kernels {
    Loops unary, binary, compare, backward;
    Packing<float> f32;
    Packing<double> f64;
    const Loop<std::int64_t>* integer;
    Packing<std::int64_t> i64;
};

// Each defined by the kernel file of its name, once per level.
template <Isa>
Loops unary_loops();
template <Isa>
Loops binary_loops();
template <Isa>
Loops compare_loops();
template <Isa>
Loops backward_loops();
template <Isa>
const Loop<std::int64_t>* integer_loops();

}  // namespace fastnn::elementwise
