// Rows of a table, looked up by id, one by one or summed up in bags.
//
//     embedding:          y[p] = W[ids[p]]
//     embedding_bag:      y[b] = sum, mean or maximum of s_p W[ids[p]] over the positions p of bag
//     b gradient of W:      dW[v] = sum of f_p dy[b_p] over the positions p with ids[p] = v
//     gradient of s:      ds[p] = sum_d dy[b_p][d] W[ids[p]][d]
//
// where b_p is p itself without bags, and f_p is s_p, divided by the size of the bag for a mean,
// and by how often the id occurs with `by_frequency`. Positions whose id is `padding` count as
// absent in bags and give no gradient. W is (V, D), dy and y (..., D), all in C order.
//
// Sums over positions are in the order of the positions, so they are the same in every run: ids are
// first sorted together with their positions (`kSort`), and each row of dW is the sum of one run of
// equal ids. A long run is divided into pieces of fixed size, whose sums are added in order.
//
// All ids must lie in [0, V), and V and the number of positions below 2^31: the bindings check.
#pragma once

#include <cstdint>

#include "core/dtype.h"
#include "core/integer.h"
#include "core/isa.h"
#include "core/launch.h"

namespace fastnn::embedding {

enum class Mode : std::uint8_t { sum, mean, max };

constexpr dim_t kNoPadding = -1;

// A sorted entry: the id in the upper half, its position in the lower.
using Entry = std::uint64_t;

struct GatherArgs {
    Dtype dtype;
    dim_t count, width;
    const std::int64_t* ids;
    const void* weight;
    void* y;
};

struct SortArgs {
    dim_t count, vocabulary, padding;
    const std::int64_t* ids;
    Entry* entries;              // room for `count`; sorted by id, then position, without padding
    std::int64_t* entry_count;   // how many there are
    std::int64_t* unique_count;  // how many different ids there are; or null
};

// The gradient of W from sorted entries.
struct SumArgs {
    Dtype dtype;
    bool by_frequency;
    dim_t vocabulary, width;
    const std::int64_t* entry_count;
    const Entry* entries;
    const void* dy;
    const std::int32_t* bags;  // b_p for each position, or null: p
    const void* scales;        // s_p for each position, or null: 1
    const void* bag_scales;    // a factor for each bag, or null: 1
    void* dw;                  // (V, D), every row written; or null: a sparse gradient with
    dim_t unique_count;        // so many
    std::int64_t* rows_ids;    // different ids in ascending order
    void* rows;                // and their rows
};

struct BagArgs {
    Dtype dtype;
    Mode mode;
    dim_t bags, count, width, padding;
    const std::int64_t* ids;
    const std::int64_t* offsets;  // bags + 1, where each begins and the last ends
    const void* weight;
    const void* scales;  // null: 1; sum only
    void* y;
    std::int64_t* winners;  // max only, (bags, width): the id of the largest, -1 in empty bags
};

struct MaxBackwardArgs {
    Dtype dtype;
    dim_t bags, vocabulary, width;
    const std::int64_t* winners;
    const void* dy;
    void* dw;
};

struct ScalesBackwardArgs {
    Dtype dtype;
    dim_t bags, width, padding;
    const std::int64_t* ids;
    const std::int64_t* offsets;
    const void* weight;
    const void* dy;
    void* dscales;
};

// Rows whose norm exceeds `most` are scaled to it, in place; each once.
struct RenormArgs {
    Dtype dtype;
    dim_t width;
    const std::int64_t* entry_count;
    const Entry* entries;
    void* weight;
    double most, order;  // of the norm
};

// What a kernel sums for one row: entries[0 .. count).
template <class T>
struct Terms {
    const T* dy;
    dim_t width;
    const std::int32_t* bags;
    const T* scales;
    const T* bag_scales;
    const Entry* end;  // of all entries: the rows of later ones are prefetched
};

template <class T>
struct TypedKernels {
    void (*gather)(const T* weight, const std::int64_t* ids, T* y, dim_t width, dim_t count,
                   bool past_cache);
    // out = factor * sum of the terms
    void (*sum)(const Terms<T>& t, const Entry* entries, dim_t count, T factor, T* out,
                bool past_cache);
    void (*zero)(T* out, dim_t n, bool past_cache);
    void (*add)(const T* x, T* y, dim_t n);
    void (*bag)(const T* weight, const std::int64_t* ids, const T* scales, dim_t count, dim_t width,
                std::int64_t padding, T factor, T* y);
    void (*bag_max)(const T* weight, const std::int64_t* ids, dim_t count, dim_t width,
                    std::int64_t padding, T* y, std::int64_t* winners);
    T (*dot)(const T* x, const T* y, dim_t n);
    void (*fence)();  // after the last non-temporal store
};

using Kernels = isa::ByType<TypedKernels>;

extern const Kernel<GatherArgs> kGather;
extern const Kernel<SortArgs> kSort;
extern const Kernel<SumArgs> kSum;
extern const Kernel<BagArgs> kBag;
extern const Kernel<MaxBackwardArgs> kMaxBackward;
extern const Kernel<ScalesBackwardArgs> kScalesBackward;
extern const Kernel<RenormArgs> kRenorm;

}  // namespace fastnn::embedding
