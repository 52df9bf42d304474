// Masks: what is true, and elements where it is.
#include <algorithm>

#include "bind/families.h"
#include "bind/ids.h"
#include "ops/index/bind_call.h"
#include "ops/index/doc.h"
#include "ops/index/mask.h"

namespace fastnn::bind {
namespace {

namespace ix = indexing;
using index::MaskArgs;
using ix::Operand;
using ix::Table;

// The common shape of a table and a mask, and the axes of a call: neighbours that are one axis
// joined.
struct Masked {
    int ndim;
    Py_ssize_t shape[kMaxDims];
    MaskArgs args;
    py::object hold;  // the counts
    std::int64_t total = 0;

    Masked(const Operand& table, const Operand& mask, const char* op) {
        ndim = std::max(table.ndim, mask.ndim);
        for (int d = 0; d < ndim; ++d) {
            const int t = d - ndim + table.ndim, m = d - ndim + mask.ndim;
            const Py_ssize_t a = t < 0 ? 1 : table.shape[t], b = m < 0 ? 1 : mask.shape[m];
            shape[d] = a == 1 ? b : a;
            if (a == b || a == 1 || b == 1) continue;
            fail<ValueError>(op, ": mask of shape ", shape_text(mask),
                             " does not fit an input of shape ", shape_text(table));
        }
        args.truth = index::Truth::bits8;
        args.bytes = table.bytes;
        args.mask = mask.data;
        args.table = nullptr, args.values = nullptr, args.out = nullptr;
        args.value_stride = 0, args.place_stride = 0, args.firsts = nullptr;
        args.axes = 0;
    }

    // `table` and `mask` broadcast to the shape. With `out`, whose strides these are, the order of
    // the axes is that of its memory.
    void align(const Operand& table, const Operand& mask, const Operand* out = nullptr) {
        Py_ssize_t of_table[kMaxDims], of_mask[kMaxDims];
        ix::broadcast(table, ndim, shape, of_table);
        ix::broadcast(mask, ndim, shape, of_mask);
        int order[kMaxDims];
        for (int d = 0; d < ndim; ++d) order[d] = d;
        if (out != nullptr) {
            std::stable_sort(order, order + ndim, [&](int i, int j) {
                return std::abs(out->strides[i]) > std::abs(out->strides[j]);
            });
        }
        args.table = table.data;
        for (int i = 0; i < ndim; ++i) {
            const int d = order[i];
            if (shape[d] == 1) continue;
            const Py_ssize_t of_out = out == nullptr ? 0 : out->strides[d];
            const int last = args.axes - 1;
            const bool joins = last >= 0 && args.table_stride[last] == of_table[d] * shape[d] &&
                               args.mask_stride[last] == of_mask[d] * shape[d] &&
                               args.out_stride[last] == of_out * shape[d];
            const int at = joins ? last : args.axes++;
            args.extent[at] = joins ? args.extent[at] * shape[d] : shape[d];
            args.table_stride[at] = of_table[d], args.mask_stride[at] = of_mask[d];
            args.out_stride[at] = of_out;
        }
    }

    // Counts what is true.
    void count(const Operand& mask) {
        const auto pieces = static_cast<std::size_t>(index::pieces(args));
        void* memory = nullptr;
        hold = new_block(checked_bytes(pieces + 1, 8), memory);
        args.firsts = static_cast<std::int64_t*>(memory);
        launch(index::kMaskCount, args, {mask, hold});
        total = args.firsts[pieces];
        // A replay writes to the memory of this call.
        verify(
            [firsts = args.firsts, pieces, total = total] {
                if (firsts[pieces] == total) return;
                fail<ValueError>("replay: a mask has ", firsts[pieces], " true elements, and had ",
                                 total, " when it was recorded");
            },
            hold);
    }
};

py::object masked_select(py::handle input, py::handle mask) {
    const Operand x = ix::operand(input, {"masked_select", "input"});
    const Operand m = ix::booleans(mask, {"masked_select", "mask"});
    Masked masked(x, m, "masked_select");
    masked.align(x, m);
    masked.count(m);
    const Py_ssize_t total = masked.total;
    py::object y = ix::empty_of(x, 1, &total);
    masked.args.values = data_of(y);
    masked.args.value_stride = x.bytes;
    launch(index::kMaskSelect, masked.args, {x, m, masked.hold, y});
    return y;
}

// table[mask] = values, which are as many as are true, or more.
py::object put_masked(const Table& table, Masked& masked, const Operand& m, const Operand& values,
                      const char* op, const char* argument, bool exact) {
    masked.align(table.array, m);
    masked.count(m);
    const dim_t given = values.size();
    if (given < masked.total || (exact && given != masked.total)) {
        fail<ValueError>(op, ": ", argument, " must have ", masked.total,
                         " elements, as many as mask has true ones, got ", given);
    }
    if (table.initial_bytes != 0) {
        if (table.initial == nullptr) {
            std::fill_n(table.array.data, table.initial_bytes, '\0');
        } else {
            std::copy_n(table.initial, table.initial_bytes, table.array.data);
        }
    }
    masked.args.values = values.data;
    masked.args.value_stride = values.bytes;
    launch(index::kMaskPut, masked.args, {values, m, masked.hold, table.result});
    return table.result;
}

// In C order: a copy where it is not.
void make_contiguous(Operand& a) {
    if (a.contiguous) return;
    py::object copy = ix::empty_of(a, a.ndim, a.shape);
    copy_into(copy, a);
    static_cast<Array&>(a) = Array(copy.ptr(), a.dtype);
    a.hold = std::move(copy);
}

py::object masked_select_backward(py::handle dy, py::handle mask, py::handle shape) {
    constexpr const char* op = "masked_select_backward";
    const ix::Shape whole = ix::parse_shape(shape, {op, "shape"});
    Operand d = ix::operand(dy, {op, "dy"});
    const Operand m = ix::booleans(mask, {op, "mask"});
    const Table table = ix::zero_table(d, whole);
    Masked masked(table.array, m, op);
    if (masked.ndim != table.array.ndim ||
        !std::equal(masked.shape, masked.shape + masked.ndim, table.array.shape)) {
        fail<ValueError>(op, ": shape must be that of the input and the mask together, ",
                         shape_text(masked.ndim, masked.shape), ", got ", shape_text(table.array));
    }
    make_contiguous(d);
    return put_masked(table, masked, m, d, op, "dy", true);
}

py::object masked_scatter(py::handle input, py::handle mask, py::handle source, bool inplace,
                          bool exact) {
    constexpr const char* op = "masked_scatter";
    const Operand x = ix::operand(input, {op, "input"});
    Operand m = ix::booleans(mask, {op, "mask"});
    Operand s = ix::operand(source, {op, "source"});
    ix::check_type(s, {op, "source"}, x);
    Masked masked(x, m, op);
    if (masked.ndim != x.ndim || !std::equal(x.shape, x.shape + x.ndim, masked.shape)) {
        fail<ValueError>(op, ": mask of shape ", shape_text(m), " does not fit an input of shape ",
                         shape_text(x));
    }
    make_contiguous(s);
    const Table table = ix::changed_table(x, op, inplace);
    ix::separate(s, table, inplace);
    ix::separate(m, table, inplace);
    masked.args.mask = m.data;
    return put_masked(table, masked, m, s, op, "source", exact);
}

py::object masked_fill(py::handle input, py::handle mask, py::handle value, bool inplace) {
    constexpr const char* op = "masked_fill";
    const Operand x = ix::operand(input, {op, "input"});
    Operand m = ix::booleans(mask, {op, "mask"});
    Operand v = ix::operand(value, {op, "value"});
    ix::check_type(v, {op, "value"}, x);
    if (v.ndim != 0) fail<ValueError>(op, ": value must be a scalar, got shape ", shape_text(v));
    Masked masked(x, m, op);
    const bool same = masked.ndim == x.ndim && std::equal(x.shape, x.shape + x.ndim, masked.shape);
    if (inplace && !same) {
        fail<ValueError>(op, ": mask of shape ", shape_text(m), " does not fit an input of shape ",
                         shape_text(x));
    }
    Table table;
    if (inplace) {
        table = ix::changed_table(x, op, true);
    } else {
        table.result = same && ix::is_block(x)
                           ? ix::empty_of(x, x.ndim, x.shape, x.contiguous ? nullptr : x.strides)
                           : ix::empty_of(x, masked.ndim, masked.shape);
        table.array = ix::made_operand(table.result, x);
    }
    ix::separate(m, table, inplace);
    ix::separate(v, table, inplace);
    masked.args.mask = m.data;
    masked.align(x, m, &table.array);
    masked.args.values = v.data;
    masked.args.out = table.array.data;
    if (table.array.size() != 0) launch(index::kMaskFill, masked.args, {x, m, v, table.result});
    return table.result;
}

index::Truth truth_of(const Operand& x, const char* op) {
    using index::Truth;
    constexpr int half = 23, longdouble = py::detail::npy_api::NPY_LONGDOUBLE_;
    if (x.type_num == half) return Truth::f16;
    if (x.type_num >= longdouble) fail<TypeError>(op, ": input has a type that is not known");
    if (x.known && x.dtype == Dtype::f32) return Truth::f32;
    if (x.known && x.dtype == Dtype::f64) return Truth::f64;
    switch (x.bytes) {
        case 1: return Truth::bits8;
        case 2: return Truth::bits16;
        case 4: return Truth::bits32;
        default: return Truth::bits64;
    }
}

py::object nonzero(py::handle input, bool columns) {
    constexpr const char* op = "nonzero";
    const Operand x = ix::operand(input, {op, "input"});
    Masked found(x, x, op);
    found.args.truth = truth_of(x, op);
    found.args.axes = x.ndim;
    std::copy_n(x.shape, x.ndim, found.args.extent);
    std::copy_n(x.strides, x.ndim, found.args.mask_stride);
    found.count(x);
    const Py_ssize_t count = found.total, axes = x.ndim;
    py::object places =
        columns ? empty(Dtype::i64, {axes, count}) : empty(Dtype::i64, {count, axes});
    found.args.values = data_of(places);
    found.args.value_stride = columns ? 8 : 8 * axes;
    found.args.place_stride = columns ? 8 * count : 8;
    launch(index::kNonzero, found.args, {x, found.hold, places});
    return places;
}

}  // namespace

void bind_index_mask(py::module_& m) {
    using py::arg;
    namespace doc = index::doc;
    m.def("masked_select", &masked_select, doc::kMaskedSelect, arg("input"), arg("mask"));
    m.def("masked_select_backward", &masked_select_backward, doc::kMaskedSelectBackward, arg("dy"),
          arg("mask"), arg("shape"));
    m.def("masked_scatter", &masked_scatter, doc::kMaskedScatter, arg("input"), arg("mask"),
          arg("source"), arg("inplace") = false, arg("exact") = false);
    m.def("masked_fill", &masked_fill, doc::kMaskedFill, arg("input"), arg("mask"), arg("value"),
          arg("inplace") = false);
    m.def("nonzero", &nonzero, doc::kNonzero, arg("input"), arg("columns") = false);
}

}  // namespace fastnn::bind
