// The different rows of x, (n, m), in lexicographic order, or those that differ from the row before
// them in the order of x. NaN differs from every number and NaN, -0 equals 0; of equal rows the
// first one is taken.
#pragma once

#include <cstdint>

#include "core/dtype.h"
#include "core/integer.h"
#include "core/launch.h"
#include "ops/sort/radix.h"

namespace fastnn::sorting {

// Finds the groups of equal rows: the order in which these are adjacent, and where groups begin.
struct GroupArgs {
    Dtype dtype;
    bool sorted;
    dim_t n, m;  // both >= 1
    const void* x;
    Count* order;          // (n): positions; of sorted rows, or else null
    std::uint8_t* begins;  // (n): whether order[i] begins a group
    dim_t* groups;         // their number
};

struct UniqueArgs {
    Dtype dtype;
    dim_t n, m, groups;
    const void* x;
    const Count* order;  // null: that of x
    const std::uint8_t* begins;
    void* values;           // (groups, m)
    std::int64_t* inverse;  // (n): the group of each row; or null
    std::int64_t* counts;   // (groups): rows of each group; or null
};

extern const Kernel<GroupArgs> kGroups;
extern const Kernel<UniqueArgs> kUnique;

}  // namespace fastnn::sorting
