// The data caches of the machine, read once.
//
// Results must have the same bits on every machine of a level. So these numbers may only decide how
// data is moved: whether an output bypasses the caches, how rows are padded, which columns are
// copied together. Whatever decides the order of a sum (chunks of reductions, blocks of k, and
// copies that change either) uses constants: those of its family, or kNominal below.
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
// The machine that constants are chosen for.
constexpr Machine kNominal{kNominalL1, {1 << 20, 64, 16}, {32 << 20, 64, 16}};

// Read from Linux's /sys at the first call, or from sysconf; without both, a small machine of
// today.
const Machine& machine();

// The same, read at each call. `root` is prepended to every path; tests give a small /sys.
Machine read_machine(const std::string& root);

}  // namespace fastnn
