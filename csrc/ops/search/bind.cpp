#include <algorithm>
#include <limits>

#include "bind/array.h"
#include "bind/families.h"
#include "bind/ids.h"
#include "ops/search/doc.h"
#include "ops/search/search.h"

namespace fastnn::bind {
namespace {

// Each table of `n` elements has positions below n in its sorter.
struct SorterCheck {
    const std::int64_t* ids;
    dim_t count, n;
    void operator()() const {
        if (first_outside(ids, count, 0, n) < count)
            fail<IndexError>("searchsorted: sorter must hold positions in [0, ", n, ")");
    }
};

py::object searchsorted(py::handle table, py::handle values, bool right, bool narrow,
                        py::handle sorter) {
    const char* op = search::kSearchsorted.name;
    py::object hold_table, hold_values, hold_sorter;
    const Array t = dense(table, {op, "table"}, hold_table);
    const Array v = dense_as(values, {op, "values"}, t.dtype, hold_values);
    const bool one = t.ndim == 1;
    if (t.ndim == 0 ||
        (!one && (v.ndim != t.ndim || !std::equal(t.shape, t.shape + t.ndim - 1, v.shape)))) {
        fail<ValueError>(op, ": values must have as many dimensions as the table, ", shape_text(t),
                         ", all but the last of the same sizes, or the table one, got shape ",
                         shape_text(v));
    }
    Ids ids{};
    if (!sorter.is_none()) {
        ids = copy_ids(sorter, {op, "sorter"}, hold_sorter);
        if (ids.ndim != t.ndim || !std::equal(t.shape, t.shape + t.ndim, ids.shape)) {
            fail<ValueError>(op, ": sorter must have the shape of the table, ", shape_text(t),
                             ", got ", shape_text(ids.ndim, ids.shape));
        }
        verify(SorterCheck{ids.data, ids.count, t.shape[t.ndim - 1]}, ids);
    }
    const dim_t n = t.shape[t.ndim - 1], m = one ? v.size() : v.shape[v.ndim - 1];
    const dim_t tables = one ? 1 : m == 0 ? 0 : v.size() / m;
    if (narrow && n > std::numeric_limits<std::int32_t>::max()) {
        fail<ValueError>(op, ": positions in a table of ", n, " elements do not fit into int32");
    }
    py::object out = empty(narrow ? Dtype::i32 : Dtype::i64, v.ndim, v.shape);
    launch(search::kSearchsorted,
           search::Args{t.dtype, right ? search::Find::right : search::Find::left, false, narrow,
                        tables, n, m, t.data, ids.data, v.data, data_of(out)},
           {t, v, hold_sorter, out});
    return out;
}

py::object isin(py::handle table, py::handle values, bool invert) {
    const char* op = search::kIsin.name;
    py::object hold_table, hold_values;
    const Array t = dense(table, {op, "table"}, hold_table);
    check_ndim(t, {op, "table"}, 1, "(n)");
    const Array v = dense_as(values, {op, "values"}, t.dtype, hold_values);
    py::object out = empty(Dtype::b8, v.ndim, v.shape);
    launch(search::kIsin,
           search::Args{t.dtype, search::Find::member, invert, false, 1, t.shape[0], v.size(),
                        t.data, nullptr, v.data, data_of(out)},
           {t, v, out});
    return out;
}

}  // namespace

void bind_search(py::module_& m) {
    using py::arg;
    m.def("searchsorted", &searchsorted, search::doc::kSearchsorted, arg("table"), arg("values"),
          arg("right") = false, arg("narrow") = false, arg("sorter") = py::none());
    m.def("isin", &isin, search::doc::kIsin, arg("table"), arg("values"), arg("invert") = false);
}

}  // namespace fastnn::bind
