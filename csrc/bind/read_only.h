// Arrays that can never change, for whoever keeps what was derived from them.
//
// Their memory belongs to an object of ours that lets nobody write: NumPy refuses to make such an
// array writable, and so it refuses for each of its views.
#pragma once

#include "bind/array.h"
#include "core/kept.h"

namespace fastnn::bind {

void bind_read_only(py::module_& m);

// What is kept with an array for the length of one call, which is made and ends with the GIL held.
class KeptWith {
 public:
    explicit KeptWith(const Array& array);
    // Null where the array is not read-only memory as a whole, in C order.
    Kept* get() { return owner_ ? &kept_ : nullptr; }
    // To be called where the call has succeeded.
    void store();

 private:
    py::object owner_;
    Kept kept_;
};

}  // namespace fastnn::bind
