#include "core/cgroup.h"

#include <algorithm>
#include <cstdint>
#include <fstream>

namespace fastnn::cgroup {
namespace {

// The first number of a file, or -1: no such file, or "max".
double read_number(const std::string& path) {
    std::ifstream file(path);
    double value = -1;
    return file >> value ? value : -1;
}

// Calls f(folder, unified) for the group of this process under `controller` and each of its
// parents. A container may have paths of its host that do not exist inside; its own limits are then
// at the root.
template <class F>
void over_groups(const std::string& root, const std::string& controller, F f) {
    std::ifstream file(root + "/proc/self/cgroup");
    // 4:cpu,cpuacct:/path, or 0::/path for version 2
    for (std::string line; std::getline(file, line);) {
        const auto first = line.find(':');
        const auto second = line.find(':', first + 1);
        if (first == std::string::npos || second == std::string::npos) continue;
        const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
        const bool unified = controllers == ",,";
        if (!unified && controllers.find("," + controller + ",") == std::string::npos) continue;
        const std::string mount = root + "/sys/fs/cgroup" + (unified ? "" : "/" + controller);
        std::string path = line.substr(second + 1);
        while (!path.empty() && path.back() == '/') path.pop_back();
        while (!path.empty()) {
            f(mount + path, unified);
            path.erase(std::min(path.rfind('/'), path.size()));
        }
        f(mount, unified);
    }
}

std::size_t to_bytes(double value) {
    // Version 1 says "no limit" with a number close to 2^63.
    return value < 0 || value > 4e18 ? SIZE_MAX : static_cast<std::size_t>(value);
}

}  // namespace

double cpu_quota(const std::string& root) {
    double quota = 0;
    over_groups(root, "cpu", [&](const std::string& folder, bool unified) {
        double time = -1, period = -1;
        if (unified) {
            std::ifstream file(folder + "/cpu.max");  // "150000 100000" or "max 100000"
            if (!(file >> time >> period)) return;
        } else {
            time = read_number(folder + "/cpu.cfs_quota_us");
            period = read_number(folder + "/cpu.cfs_period_us");
        }
        if (time <= 0 || period <= 0) return;
        quota = quota == 0 ? time / period : std::min(quota, time / period);
    });
    return quota;
}

Memory memory(const std::string& root) {
    Memory tightest{SIZE_MAX, SIZE_MAX};
    over_groups(root, "memory", [&](const std::string& folder, bool unified) {
        const char* limit_file = unified ? "/memory.max" : "/memory.limit_in_bytes";
        const char* used_file = unified ? "/memory.current" : "/memory.usage_in_bytes";
        const std::size_t limit = to_bytes(read_number(folder + limit_file));
        if (limit == SIZE_MAX) return;
        const std::size_t used = to_bytes(read_number(folder + used_file));
        tightest.limit = std::min(tightest.limit, limit);
        if (used != SIZE_MAX)
            tightest.available = std::min(tightest.available, limit - std::min(limit, used));
    });
    return tightest;
}

}  // namespace fastnn::cgroup
