// The limits of a container: control groups, version 1 and 2.
//
// `root` is prepended to every path. It is "" except in tests, which have a small /proc and /sys.
#pragma once

#include <cstddef>
#include <string>

namespace fastnn::cgroup {

// The tightest CPU quota of this process's group and of those above it, in CPUs; 0 where there is
// none.
double cpu_quota(const std::string& root = "");

struct Memory {
    std::size_t limit;      // the tightest limit in bytes, SIZE_MAX where there is none
    std::size_t available;  // unused bytes of the tightest group, SIZE_MAX where there is no limit
};
Memory memory(const std::string& root = "");

}  // namespace fastnn::cgroup
