// Elements of a table at places that ids name, taken out or put in:
//
//   take      values[i] = table[place(i)]
//   put       table[place(i)] = values[i], or combined with it: + alpha v, * v, max, min
//   exchange  values[i] = table[place(i)], table[place(i)] = 0, from the last i to the first: the
//             gradients of put, of which the last value in a place stays
//
// for every index i below `extent`, in C order; place(i) = sum of i[a] table_stride[a] over the
// axes a, plus step * ids[i]. So gather has ids with all axes and a table stride of 0 along its
// dimension; index_select ids along one axis only; an index of several arrays offsets, which are
// computed first (kOffsets), as the only ids.
//
// All strides are in bytes and may be anything. Table, values and ids do not overlap. An id outside
// of its bounds is never used, and raises IndexError: before anything is written with
// `check_first`, else when all is done. Other threads may change ids meanwhile, at no risk to
// memory.
//
// Values that meet in one place do so in C order, for any number of threads: where the table has
// axes of its own, whose places are different, work is divided along these, else the table is
// divided among the chunks.
#pragma once

#include <cstdint>

#include "core/dtype.h"
#include "core/integer.h"
#include "core/isa.h"
#include "core/launch.h"

namespace fastnn::index {

constexpr int kMaxAxes = 64;

enum class Put : std::uint8_t { set, add, mul, amax, amin };

struct Ids {
    const char* data;  // int64
    dim_t size;        // ids are below
    bool wraps;        // and from -size, which count from the end; else from 0
    dim_t step;        // bytes of the table
    dim_t apart;       // the same, of the offsets of several ids the smallest: for the partition
};

// What an error says: "gather: index must lie in [0, 5), got 7"; without an argument
// "index: index 7 is out of bounds for dimension 1 with size 5".
struct Place {
    const char* op;
    const char* argument;
    int dim;
};

struct Args {
    Place where;
    int bytes;    // of an element: 1, 2, 4, 8 or 16
    Dtype dtype;  // of what is combined: f32, f64, i64 or i32
    Put put;
    bool check_first;
    double alpha;  // of add
    Ids ids;
    char* table;
    char* values;
    // Where the table is made by put: from what it is copied, null for zeros, and its bytes.
    const char* initial;
    dim_t initial_bytes;
    int axes;
    dim_t extent[kMaxAxes], table_stride[kMaxAxes], value_stride[kMaxAxes], id_stride[kMaxAxes];
};

extern const Kernel<Args> kTake, kPut, kExchange;

// offsets[i] (+)= step * ids[i]: ids of any integer type as offsets in bytes.
struct OffsetArgs {
    Place where;
    char kind;  // 'i' or 'u'
    int bytes;
    bool add;
    Ids ids;
    std::int64_t* offsets;  // in C order
    int axes;
    dim_t extent[kMaxAxes], id_stride[kMaxAxes];
};

extern const Kernel<OffsetArgs> kOffsets;

// Two axes of a call, 0 the inner one.
struct Tile {
    char* table;
    char* values;
    const char* ids;
    dim_t extent[2], table_stride[2], value_stride[2], id_stride[2];
    dim_t step;
    std::uint64_t size;
    std::int64_t wrap;  // what is added to negative ids
    double alpha;
};

// Returns whether all ids were within bounds; place 0 stands for others.
using Move = bool (*)(const Tile&);

constexpr int kWidths = 5;  // of elements: 1, 2, 4, 8, 16 bytes
constexpr int kTypes = 4;   // f32, f64, i64, i32

struct Kernels {
    Move take[kWidths], set[kWidths], exchange[kWidths];
    Move add[kTypes], mul[kTypes], amax[kTypes], amin[kTypes];
};

}  // namespace fastnn::index
