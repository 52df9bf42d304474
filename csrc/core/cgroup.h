// What a container allows this process: control groups, version 1 and 2.
//
// `root` stands before every path; it is "" but in tests, which lay out a small /proc and /sys of
// their own.
#pragma once

#include <cstddef>
#include <string>

namespace fastnn::cgroup {

// The tightest CPU quota of this process's group and of those above it, in CPUs; 0 where there is
// none.
double cpu_quota(const std::string& root = "");

struct Memory {
    std::size_t limit;      // the tightest limit in bytes, SIZE_MAX where there is none
    std::size_t available;  // what the tightest group has left, SIZE_MAX where there is no limit
};
Memory memory(const std::string& root = "");

}  // namespace fastnn::cgroup
