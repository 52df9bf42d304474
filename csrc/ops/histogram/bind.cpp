#include <algorithm>
#include <limits>

#include "bind/array.h"
#include "bind/families.h"
#include "ops/histogram/doc.h"
#include "ops/histogram/histogram.h"

namespace fastnn::bind {
namespace {

Array counted(py::handle input, Name name, py::object& hold) {
    const Array x = dense(input, name, hold);
    if (x.dtype == Dtype::f32 || x.dtype == Dtype::f64) {
        fail<TypeError>(name.op, ": ", name.argument, " must have an integer dtype, got ",
                        fastnn::name(x.dtype));
    }
    return x;
}

py::object bincount(py::handle input, py::handle weights, dim_t minlength) {
    const char* op = histogram::kBincount.name;
    if (minlength < 0) fail<ValueError>(op, ": minlength must not be negative, got ", minlength);
    py::object hold, hold_weights;
    const Array x = counted(input, {op, "input"}, hold);
    check_ndim(x, {op, "input"}, 1, "(N)");
    Array w;
    if (!weights.is_none()) {
        w = dense_float(weights, {op, "weights"}, hold_weights);
        check_same_shape(w, {op, "weights"}, x, "input");
    }
    const OwnedScratch<std::int64_t> bounds(2);
    launch(histogram::kBounds, histogram::BoundsArgs{x.dtype, x.shape[0], x.data, bounds.data()},
           {x, bounds});
    const std::int64_t low = bounds.data()[0], high = bounds.data()[1];
    if (low < 0) fail<ValueError>(op, ": input must not be negative, got ", low);
    if (high == std::numeric_limits<std::int64_t>::max()) throw std::bad_alloc();
    const dim_t bins = std::max(minlength, high + 1);
    py::object y = empty(w.object == nullptr ? Dtype::i64 : w.dtype, {bins});
    launch(histogram::kBincount,
           histogram::Args{x.dtype, w.dtype, false, x.shape[0], bins, x.data, nullptr, w.data,
                           data_of(y)},
           {x, w, y});
    return y;
}

py::object histogram_of(py::handle input, py::handle edges, py::handle weights, bool even) {
    const char* op = histogram::kHistogram.name;
    py::object hold, hold_edges, hold_weights;
    const Array x = dense_float(input, {op, "input"}, hold);
    const Array e = dense_as(edges, {op, "edges"}, x.dtype, hold_edges);
    check_ndim(e, {op, "edges"}, 1, "(bins + 1)");
    if (e.shape[0] < 2) fail<ValueError>(op, ": there must be 2 edges at least, got ", e.shape[0]);
    Array w;
    if (!weights.is_none()) {
        w = dense_as(weights, {op, "weights"}, x.dtype, hold_weights);
        check_same_shape(w, {op, "weights"}, x, "input");
    }
    const dim_t bins = e.shape[0] - 1;
    py::object y = empty(x.dtype, {bins});
    launch(
        histogram::kHistogram,
        histogram::Args{x.dtype, x.dtype, even, x.size(), bins, x.data, e.data, w.data, data_of(y)},
        {x, e, w, y});
    return y;
}

}  // namespace

void bind_histogram(py::module_& m) {
    using py::arg;
    m.def("bincount", &bincount, histogram::doc::kBincount, arg("input"),
          arg("weights") = py::none(), arg("minlength") = 0);
    m.def("histogram", &histogram_of, histogram::doc::kHistogram, arg("input"), arg("edges"),
          arg("weights") = py::none(), arg("even") = false);
}

}  // namespace fastnn::bind
