#include "bind/array.h"
#include "bind/families.h"
#include "bind/ids.h"
#include "ops/optim/doc.h"
#include "ops/optim/rows.h"

namespace fastnn::bind {
namespace {

// The table, the rows of it that change, and their gradients.
struct Rows {
    py::object hold_ids, hold_grads;
    Array table;
    Ids ids;
    Array grads;

    Rows(py::handle param, py::handle id_array, py::handle rows, const char* op)
        : table(writable_array(param, {op, "param"})),
          ids(copy_ids(id_array, {op, "ids"}, hold_ids)),
          grads(dense_as(rows, {op, "rows"}, table.dtype, hold_grads)) {
        check_ndim(table, {op, "param"}, 2, "(rows of the table, width)");
        check_ndim(ids, {op, "ids"}, 1, "(rows)");
        check_shape(grads, {op, "rows"}, {ids.count, table.shape[1]});
        verify([=, ids = ids, count = table.shape[0]] { check_ids(op, ids, count); }, hold_ids);
        if (may_overlap(table, grads)) fail<ValueError>(op, ": rows must not overlap param");
    }
    optim::Rows args() const {
        return {table.dtype, ids.count, table.shape[1], ids.data, grads.data, table.data};
    }

    // A moment, laid out as the table; it must not overlap param or rows.
    void* state(py::handle object, Name name) const {
        const Array a = writable_array(object, name);
        if (a.dtype != table.dtype) {
            fail<TypeError>(name.op, ": ", name.argument, " must have dtype ",
                            fastnn::name(table.dtype), ", got ", fastnn::name(a.dtype));
        }
        check_same_shape(a, name, table, "param");
        if (may_overlap(a, table) || may_overlap(a, grads)) {
            fail<ValueError>(name.op, ": ", name.argument, " must not overlap param or rows");
        }
        return a.data;
    }

 private:
    // Of `rows` rows; ascending, since two threads may not change one row.
    static void check_ids(const char* op, const Ids& ids, dim_t rows) {
        const std::int64_t* const id = ids.data;
        for (dim_t i = 0; i < ids.count; ++i) {
            if (id[i] < 0 || id[i] >= rows) {
                fail<IndexError>(op, ": ids[", i, "] is ", id[i], ", but param has ", rows,
                                 " rows");
            }
            if (i > 0 && id[i] <= id[i - 1]) {
                fail<ValueError>(op, ": ids must ascend, but ids[", i, "] is ", id[i], " after ",
                                 id[i - 1]);
            }
        }
    }
};

void sgd_step_rows(py::handle param, py::handle ids, py::handle rows, double lr, bool maximize) {
    const Rows r(param, ids, rows, optim::kSgdRows.name);
    launch(optim::kSgdRows, optim::SgdRowsArgs{r.args(), maximize, lr}, {r.table, r.ids, r.grads});
}

void adam_step_rows(py::handle param, py::handle ids, py::handle rows, py::handle exp_avg,
                    py::handle exp_avg_sq, py::handle step, double lr, double beta1, double beta2,
                    double eps, bool maximize) {
    const char* op = optim::kAdamRows.name;
    const Rows r(param, ids, rows, op);
    const Array t = writable_array(step, {op, "step"});
    if (t.dtype != Dtype::f64 || t.size() != 1) {
        fail<ValueError>(op, ": step must be one float64 number, got shape ", shape_text(t), " of ",
                         fastnn::name(t.dtype));
    }
    launch(optim::kAdamRows,
           optim::AdamRowsArgs{r.args(), maximize, r.state(exp_avg, {op, "exp_avg"}),
                               r.state(exp_avg_sq, {op, "exp_avg_sq"}), t.as<double>(), lr, beta1,
                               beta2, eps},
           {r.table, r.ids, r.grads, exp_avg, exp_avg_sq, step});
}

}  // namespace

void bind_optim_rows(py::module_& m) {
    m.def("sgd_step_rows", &sgd_step_rows, optim::doc::kSgdStepRows, py::arg("param"),
          py::arg("ids"), py::arg("rows"), py::arg("lr"), py::arg("maximize") = false);
    m.def("adam_step_rows", &adam_step_rows, optim::doc::kAdamStepRows, py::arg("param"),
          py::arg("ids"), py::arg("rows"), py::arg("exp_avg"), py::arg("exp_avg_sq"),
          py::arg("step"), py::arg("lr"), py::arg("beta1"), py::arg("beta2"), py::arg("eps"),
          py::arg("maximize") = false);
}

}  // namespace fastnn::bind
