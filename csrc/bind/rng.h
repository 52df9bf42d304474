// The stream of random numbers: a uint64 array [seed, offset], from fastnn.random.reserve.
#pragma once

#include "bind/array.h"

namespace fastnn::bind {

inline const std::uint64_t* seed_and_offset(const char* op, py::handle stream) {
    if (is_array(stream)) {
        const auto* a = py::detail::array_proxy(stream.ptr());
        using Npy = py::detail::npy_api;
        const auto* descr = py::detail::array_descriptor_proxy(a->descr);
        const bool uint64 =
            descr->type_num == Npy::NPY_ULONG_ || descr->type_num == Npy::NPY_ULONGLONG_;
        constexpr int kNeeded = Npy::NPY_ARRAY_C_CONTIGUOUS_ | Npy::NPY_ARRAY_ALIGNED_;
        if (uint64 && descr->byteorder == '=' && (a->flags & kNeeded) == kNeeded && a->nd == 1 &&
            a->dimensions[0] == 2) {
            return reinterpret_cast<const std::uint64_t*>(a->data);
        }
    }
    fail<TypeError>(op, ": stream must be an array [seed, offset] of dtype uint64");
}

void bind_random(py::module_& m);

}  // namespace fastnn::bind
