// The arguments of attention: checked, and as strides over the axes of the call.
#pragma once

#include <algorithm>

#include "bind/array.h"
#include "ops/attention/attention.h"

namespace fastnn::bind {

inline Py_ssize_t rows_of(const Array& x) {
    return x.shape[x.ndim - 2];
}
inline Py_ssize_t cols_of(const Array& x) {
    return x.shape[x.ndim - 1];
}

// What both directions are given.
class AttentionCall {
 public:
    AttentionCall(const char* op, py::handle q, py::handle k, py::handle v, bool gqa);
    void set_mask(py::handle object);  // (..., L, S), each of its axes broadcast
    void set_numbers(double scale, bool causal, double p, py::handle stream);

    int ndim() const { return std::max({q.ndim, k.ndim, v.ndim}); }
    // Shape of an array of so many rows and columns over all matrices, or over those of the keys.
    void shape_of(Py_ssize_t* shape, Py_ssize_t rows, Py_ssize_t cols, bool keys) const;
    // Strides over the axes of the call. per_query: the heads are those of q.
    attention::Operand operand_of(const Array& x, int per_query) const;
    attention::Output output_of(const Array& x, int per_query) const;
    // A new array of so many rows and columns, its axes in memory in the order of those of `like`.
    py::object empty_as(const Array& like, Py_ssize_t rows, Py_ssize_t cols, bool keys) const;
    py::object new_lse() const;
    // What owns the mask: as given, or a copy.
    py::handle mask_owner() const { return hold_[3] ? hold_[3] : mask_object_; }

 private:
    const char* op_;
    py::object hold_[4];
    py::handle mask_object_;

    void set_axes(bool gqa);
    template <class Wrong>
    Array laid_out(const Array& m, Wrong wrong);

 public:
    Array q, k, v;
    attention::Args args{};
};

}  // namespace fastnn::bind
