// Arrays of indices, class ids and lengths.
//
// Kernels address memory by them, so what is used must be what was checked, whatever other threads
// write to the caller's array meanwhile: ids are copied, and the copy is checked and used.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "bind/array.h"
#include "core/recorder.h"

namespace fastnn::bind {

// Ids in C order, in memory that only this call knows.
struct Ids {
    PyObject* owner;
    const std::int64_t* data;
    dim_t count;
    int ndim;
    const Py_ssize_t* shape;

    operator py::handle() const { return owner; }
};

// A copy of an array of any integer dtype. `hold` owns its memory.
Ids copy_ids(py::handle object, Name name, py::object& hold);

// Runs the check of some ids: now, and in every replay of a recording, which copies the ids anew.
// `owner` owns what the check reads.
template <class Check>
void verify(const Check& check, py::handle owner) {
    static constexpr Kernel<Check> kernel{"check", [](const Check& c) { c(); },
                                          [](const Check&) { return Work{0, 0}; }};
    check();
    if (recorder::on()) recorder::add(call_of(kernel, check, Owners{&owner, 1}));
}

// The position of the first of `count` ids that is wrong, or `count`. Usually none is: the loop
// that says so has no branches.
template <class Wrong>
dim_t first_where(const std::int64_t* ids, dim_t count, const Wrong& wrong) {
    bool any = false;
    for (dim_t i = 0; i < count; ++i) any |= wrong(ids[i]);
    return any ? std::find_if(ids, ids + count, wrong) - ids : count;
}
// The first that is not in [least, end).
dim_t first_outside(const std::int64_t* ids, dim_t count, std::int64_t least, std::int64_t end);

// "input[2, 0]": element `at` in C order.
std::string position_text(const char* argument, dim_t at, const Ids& ids);

void check_ndim(const Ids& ids, Name name, int ndim, const char* layout);

}  // namespace fastnn::bind
