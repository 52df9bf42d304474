// Reductions: y[k] = R over r of f(x[k, r]), r over the reduced axes and k over the other ones, and
// their gradients.
//
// x has any strides with one axis of stride 1 (Geometry says how it is walked); y is in C order
// over the other axes. Nothing overlaps. Sums are accurate: float32 is added in blocks of at most
// kBlockDepth additions per lane, and blocks are added in double. Where a sum, or the squares and
// powers in it, leave the range of float32, or a spread is small beside the mean, the elements are
// taken once more, each of them in double: what float32 can represent is found.
#pragma once

#include <cstdint>

#include "core/dtype.h"
#include "core/integer.h"
#include "core/isa.h"
#include "core/launch.h"

namespace fastnn::reduce {

// What is computed, for finishing and for merging partial results.
enum class Op : std::uint8_t {
    sum,
    mean,
    prod,
    amax,
    amin,
    norm0,  // how many are not 0
    norm1,
    norm2,
    norm_inf,
    norm,  // any other power
    logsumexp,
    var,            // has a second output, the mean
    std,            // the same
    ties,           // how many equal y (amax, amin): for backward
    abs_ties,       // how many |x| equal y (norm_inf): for backward
    count_nonzero,  // int64
    any,            // bool: is one not 0
    all,            // bool: is none 0
};

// The type of y for elements of type x.
constexpr Dtype result_type(Op op, Dtype x) {
    if (op == Op::count_nonzero) return Dtype::i64;
    return op == Op::any || op == Op::all ? Dtype::b8 : x;
}

enum class ArgOp : std::uint8_t { argmax, argmin };  // with values: max and min along one axis

// What a kernel does with elements: it maps them and adds, multiplies or compares. c is the
// output's shift.
enum class Term : std::uint8_t {
    sum,           // x
    sum_nonzero,   // x != 0
    sum_abs,       // |x|
    sum_squares,   // x^2
    sum_power,     // |x|^power
    square_shift,  // (x - c)^2
    exp_shift,     // exp(x - c)
    equal,         // x == c, or both NaN
    abs_equal,     // |x| == c, or both NaN
    prod,
    max,  // NaN if any is
    min,
    max_abs,
    count_,
};

struct Axis {
    dim_t size, stride, out;  // strides in elements: of x, and of y (0 where reduced)
    bool reduced;
};

constexpr int kMaxAxes = 64;

// Axes without those of size 1, neighbours joined where they can be, the one of stride 1 last.
// Elements that are repeated along reduced axes of stride 0 are taken once where that is asked for.
struct Geometry {
    int axes;
    dim_t x_offset, y_offset;  // of the first element (axes with negative strides are reversed)
    dim_t outputs, reduced;    // numbers of elements
    dim_t repeats;             // how many each of the reduced ones stands for
    Axis axis[kMaxAxes];
};

// False where x must be copied first: no axis has stride 1. With `ordered`, the order along reduced
// axes counts.
bool plan(Geometry& g, int ndim, const std::intptr_t* shape, const std::intptr_t* byte_strides,
          std::size_t size, const bool* reduced, bool ordered, bool once = false);

struct Args {
    Op op;
    Dtype dtype;
    double power;       // norm
    double correction;  // var, std: divided by max(0, n - correction)
    const void* x;
    const void* shift;  // ties: y
    void* y;
    void* mean;  // var, std
    Geometry g;
};

struct ArgArgs {
    ArgOp op;
    Dtype dtype;
    const void* x;
    void* values;
    std::int64_t* indices;
    Geometry g;  // with one reduced axis
};

// dx[k, r] from dy[k], y[k] and x[k, r]; dx has the strides of x, which fills a block.
//   norm1: dy sign(x)                    norm2: dy x / y (0 where y = 0)
//   norm: dy sign(x) (|x| / y)^(p-1)     logsumexp: dy exp(x - y)
//   amax, amin: dy (x == y) / ties         norm_inf: dy sign(x) (|x| == y) / ties
//   var: dy 2 (x - mean) / (n - correction)
//   std: dy (x - mean) / ((n - correction) y) (0 where y = 0)
struct BackwardArgs {
    Op op;
    Dtype dtype;
    double power;
    double correction;
    const void* dy;
    const void* y;
    const void* extra;  // the mean, or the number of ties
    const void* x;
    void* dx;
    Geometry g;
};

// A rectangle of x: x[i * stride + j], i < rows, j < cols.
template <class T>
struct Tile {
    const T* x;
    dim_t stride, rows, cols;
    const T* shift;  // one per output
    T power;
    double* acc;  // one per output; the kernel adds to it
};

template <class T>
struct ArgTile {
    const T* x;
    dim_t stride, rows, cols;  // the reduced one at most 2^30
    T* value;                  // written
    std::int64_t* index;       // written, counted from the start of the tile
};

template <class T>
struct BackwardTile {
    const T* x;
    T* dx;
    dim_t stride, rows, cols;
    const T* factor;  // one per output
    const T* shift;   // one per output
    T power;
};

// dx = factor f(x, shift)
enum class Gradient : std::uint8_t { scale, sign, power, shift, exp, equal, abs_equal, count_ };

// along: one output per row. across: one output per column.
template <class Tile>
struct Pair {
    void (*along)(const Tile& t);
    void (*across)(const Tile& t);
};

template <class T>
struct TypedKernels {
    Pair<Tile<T>> terms[static_cast<int>(Term::count_)];
    Pair<Tile<T>> exact[static_cast<int>(Term::count_)];  // float32 in double; null for others
    Pair<ArgTile<T>> args[2];
    Pair<BackwardTile<T>> gradients[static_cast<int>(Gradient::count_)];
};

using Kernels = isa::ByType<TypedKernels>;

extern const Kernel<Args> kReduce[];            // by Op
extern const Kernel<ArgArgs> kArg[];            // by ArgOp
extern const Kernel<BackwardArgs> kBackward[];  // by Op; those without one have no `run`

}  // namespace fastnn::reduce
