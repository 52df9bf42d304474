// fastnn._core.random: streams of random numbers, which fastnn.random owns.
#include "bind/rng.h"

#include <atomic>

namespace fastnn::bind {
namespace {

// [seed, offset] of the next `count` numbers of a stream, which moves behind them: one atomic
// addition. So no two callers get the same numbers, and there is no lock that a signal handler
// would wait for, or a forked child find taken.
py::object reserve(py::handle stream, std::uint64_t count) {
    const std::uint64_t* const now = seed_and_offset("reserve", stream);
    if ((py::detail::array_proxy(stream.ptr())->flags & kWriteable) == 0)
        fail<ValueError>("reserve: stream must be writable");
    py::array_t<std::uint64_t> mine(2);
    mine.mutable_at(0) = now[0];
    mine.mutable_at(1) = std::atomic_ref(const_cast<std::uint64_t&>(now[1]))
                             .fetch_add(count, std::memory_order_relaxed);
    return mine;
}

}  // namespace

void bind_random(py::module_& parent) {
    py::module_ m = parent.def_submodule("random", "Streams of random numbers.");
    m.def("reserve", &reserve, py::arg("stream"), py::arg("count"));
}

}  // namespace fastnn::bind
