// What the kernels' choices need to know of the machine: its data caches, read once.
//
// Results must have the same bits on every machine of a level. So these numbers may decide only how
// numbers travel: whether an output is written past the caches, how rows are padded, what is copied
// together first. Whatever decides the order of a sum (chunks of reductions, blocks of k, and
// copies that change either) uses constants: those of its family, or kNominalL1 below.
#pragma once

#include <string>

#include "core/integer.h"

namespace fastnn {

struct Cache {
    dim_t bytes, line, ways;
};

struct Machine {
    Cache l1, l2, last;  // `last`: the largest that a core reaches, shared or not
};

// An L1 of 32 KiB with 64 sets of 8 lines, as most x86-64 cores have or exceed.
constexpr Cache kNominalL1{32 << 10, 64, 8};

// Read from Linux's /sys at the first call, from sysconf where that is missing; where both are, a
// small machine of today.
const Machine& machine();

// The same, not kept. `root` stands before every path; tests lay out a small /sys of their own.
Machine read_machine(const std::string& root);

}  // namespace fastnn
