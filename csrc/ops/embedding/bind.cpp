#include <algorithm>
#include <limits>
#include <string>
#include <type_traits>

#include "bind/arguments.h"
#include "bind/array.h"
#include "bind/families.h"
#include "bind/ids.h"
#include "ops/embedding/doc.h"
#include "ops/embedding/embedding.h"

namespace fastnn::bind {
namespace {

using embedding::Mode;

constexpr dim_t kMost = std::numeric_limits<std::int32_t>::max();  // rows and positions

// Ids of any shape, each in [0, vocabulary).
Ids row_ids(py::handle input, const char* op, dim_t vocabulary, py::object& hold) {
    const Ids ids = copy_ids(input, {op, "input"}, hold);
    if (ids.count > kMost || vocabulary > kMost) {
        fail<ValueError>(op, ": at most ", kMost, " ids and rows are possible, got ", ids.count,
                         " and ", vocabulary);
    }
    verify(
        [=] {
            const dim_t at = first_outside(ids.data, ids.count, 0, vocabulary);
            if (at == ids.count) return;
            fail<IndexError>(op, ": ", position_text("input", at, ids), " is ", ids.data[at],
                             ", but weight has ", vocabulary, " rows");
        },
        hold);
    return ids;
}

Array table_of(py::handle weight, const char* op, py::object& hold) {
    const Array w = dense_float(weight, {op, "weight"}, hold);
    check_ndim(w, {op, "weight"}, 2, "(num_embeddings, embedding_dim)");
    return w;
}

dim_t count_of_rows(dim_t n, const char* op) {
    if (n < 0) fail<ValueError>(op, ": num_embeddings must not be negative, got ", n);
    return n;
}

// None, or a row; negative ones are counted from the end.
struct Padding {
    bool given;
    dim_t row;

    Padding(py::handle object, const char* op)
        : given(!object.is_none()), row(given ? parse_int(object, {op, "padding_idx"}) : 0) {}

    std::int64_t of(const char* op, dim_t vocabulary) const {
        if (!given) return embedding::kNoPadding;
        if (row < -vocabulary || row >= vocabulary) {
            fail<ValueError>(op, ": padding_idx must name one of ", vocabulary, " rows, got ", row);
        }
        return row < 0 ? row + vocabulary : row;
    }
};

py::object lookup(py::handle input, py::handle weight) {
    const char* op = embedding::kGather.name;
    py::object hold_w, hold_ids;
    const Array w = table_of(weight, op, hold_w);
    const Ids ids = row_ids(input, op, w.shape[0], hold_ids);
    if (ids.ndim + 1 > kMaxDims) fail<ValueError>(op, ": input has too many dimensions");
    Py_ssize_t shape[kMaxDims];
    std::copy(ids.shape, ids.shape + ids.ndim, shape);
    shape[ids.ndim] = w.shape[1];
    py::object y = empty(w.dtype, ids.ndim + 1, shape);
    launch(embedding::kGather,
           embedding::GatherArgs{w.dtype, ids.count, w.shape[1], ids.data, w.data, data_of(y)},
           {ids, w, y});
    return y;
}

// Ids sorted together with their positions. The entries are followed by their number and by the
// number of different ids.
struct Sorted {
    OwnedScratch<embedding::Entry> entries;
    std::int64_t* numbers;

    Sorted(const Ids& ids, dim_t vocabulary, std::int64_t padding, bool count = false)
        : entries(static_cast<std::size_t>(ids.count + 2)),
          numbers(reinterpret_cast<std::int64_t*>(entries + ids.count)) {
        static_assert(sizeof(embedding::Entry) == sizeof(std::int64_t));
        launch(embedding::kSort,
               embedding::SortArgs{ids.count, vocabulary, padding, ids.data, entries, numbers,
                                   count ? numbers + 1 : nullptr},
               {ids, entries});
    }
    dim_t unique_count() const { return numbers[1]; }
};

struct SumInputs {
    py::handle dy, bags{}, scales{}, bag_scales{};
};

// A dense gradient, or (with rows) a sparse one: the ids that occur and their rows.
template <bool rows>
using Gradient = std::conditional_t<rows, Tuple<py::object, py::object>, py::object>;

// `inputs` owns what else args point at.
py::object sum(embedding::SumArgs args, const Sorted& sorted, bool rows, const SumInputs& inputs) {
    args.entries = sorted.entries;
    args.entry_count = sorted.numbers;
    if (!rows) {
        py::object dw = empty(args.dtype, {args.vocabulary, args.width});
        args.dw = data_of(dw);
        launch(embedding::kSum, args,
               {sorted.entries, inputs.dy, inputs.bags, inputs.scales, inputs.bag_scales, dw});
        return dw;
    }
    args.unique_count = sorted.unique_count();
    py::object ids = empty(Dtype::i64, {args.unique_count});
    py::object values = empty(args.dtype, {args.unique_count, args.width});
    args.rows_ids = reinterpret_cast<std::int64_t*>(data_of(ids));
    args.rows = data_of(values);
    launch(embedding::kSum, args,
           {sorted.entries, inputs.dy, inputs.bags, inputs.scales, inputs.bag_scales, ids, values});
    return py::make_tuple(std::move(ids), std::move(values));
}

template <bool rows>
Gradient<rows> backward(py::handle dy, py::handle input, dim_t num_embeddings,
                        py::handle padding_idx, bool scale_grad_by_freq) {
    const char* op = rows ? "embedding_backward_rows" : "embedding_backward";
    py::object hold_dy, hold_ids;
    const dim_t vocabulary = count_of_rows(num_embeddings, op);
    const std::int64_t padding = Padding(padding_idx, op).of(op, vocabulary);
    const Ids ids = row_ids(input, op, vocabulary, hold_ids);
    const Array d = dense_float(dy, {op, "dy"}, hold_dy);
    if (d.ndim != ids.ndim + 1 || !std::equal(ids.shape, ids.shape + ids.ndim, d.shape)) {
        fail<ValueError>(op, ": dy must have the shape of input ", shape_text(ids.ndim, ids.shape),
                         " and one dimension more, got ", shape_text(d));
    }
    Sorted sorted(ids, vocabulary, padding, rows);
    embedding::SumArgs args{};
    args.dtype = d.dtype;
    args.by_frequency = scale_grad_by_freq;
    args.vocabulary = vocabulary, args.width = d.shape[d.ndim - 1];
    args.dy = d.data;
    return sum(args, sorted, rows, {d});
}

void renorm(py::handle input, py::handle weight, double max_norm, double norm_type) {
    const char* op = embedding::kRenorm.name;
    if (!(norm_type > 0)) fail<ValueError>(op, ": norm_type must be positive, got ", norm_type);
    if (!(max_norm >= 0)) fail<ValueError>(op, ": max_norm must not be negative, got ", max_norm);
    const Array w = writable_array(weight, {op, "weight"});
    check_ndim(w, {op, "weight"}, 2, "(num_embeddings, embedding_dim)");
    py::object hold;
    const Ids ids = row_ids(input, op, w.shape[0], hold);
    Sorted sorted(ids, w.shape[0], embedding::kNoPadding);
    launch(embedding::kRenorm,
           embedding::RenormArgs{w.dtype, w.shape[1], sorted.numbers, sorted.entries, w.data,
                                 max_norm, norm_type},
           {sorted.entries, w});
}

constexpr Choice<Mode> kModes[] = {{"sum", Mode::sum}, {"mean", Mode::mean}, {"max", Mode::max}};

Mode parse_mode(py::handle object, const char* op) {
    return parse_choice(object, {op, "mode"}, kModes);
}

// Ids of all bags in one array, and the offset of each bag.
struct Bags {
    const char* op;
    py::object hold_ids, hold_offsets;
    Ids ids, offsets;

    Bags(py::handle input, py::handle offset_array, dim_t vocabulary, const char* op)
        : op(op),
          ids(row_ids(input, op, vocabulary, hold_ids)),
          offsets(copy_ids(offset_array, {op, "offsets"}, hold_offsets)) {
        check_ndim(ids, {op, "input"}, 1, "(ids)");
        check_ndim(offsets, {op, "offsets"}, 1, "(bags + 1)");
        verify([op, offsets = offsets, last = ids.count] { check_offsets(op, offsets, last); },
               hold_offsets);
    }
    const std::int64_t* begins() const { return offsets.data; }
    dim_t count() const { return offsets.count - 1; }
    const std::int64_t* id() const { return ids.data; }
    // A factor for each position, or null.
    const void* scales(py::handle object, Dtype dtype, Mode mode, py::object& hold) const {
        if (object.is_none()) return nullptr;
        if (mode != Mode::sum) {
            fail<ValueError>(op, ": per_sample_weights need mode 'sum'");
        }
        const Array s = dense_as(object, {op, "per_sample_weights"}, dtype, hold);
        if (s.ndim != 1 || s.shape[0] != ids.count) {
            fail<ValueError>(op, ": per_sample_weights must have the shape of input, ",
                             shape_text(ids.ndim, ids.shape), ", got ", shape_text(s));
        }
        return s.data;
    }

 private:
    static void check_offsets(const char* op, const Ids& offsets, dim_t last) {
        const dim_t n = offsets.count;
        const std::int64_t* const at = offsets.data;
        if (n < 1 || at[0] != 0 || at[n - 1] != last) {
            fail<ValueError>(op, ": offsets must begin with 0 and end with the number of ids, ",
                             last, ", got ",
                             n < 1 ? std::string("none")
                                   : std::to_string(at[0]) + " and " + std::to_string(at[n - 1]));
        }
        for (dim_t b = 0; b + 1 < n; ++b) {
            if (at[b + 1] < at[b]) {
                fail<ValueError>(op, ": offsets must not decrease, but offsets[", b + 1, "] is ",
                                 at[b + 1], " after ", at[b]);
            }
        }
    }
};

Tuple<py::object, OptionalArray> bag(py::handle input, py::handle offsets, py::handle weight,
                                     py::handle mode_text, py::handle per_sample_weights,
                                     py::handle padding_idx) {
    const char* op = embedding::kBag.name;
    const Mode mode = parse_mode(mode_text, op);
    const Padding row(padding_idx, op);
    py::object hold_w, hold_scales;
    const Array w = table_of(weight, op, hold_w);
    const std::int64_t padding = row.of(op, w.shape[0]);
    const Bags bags(input, offsets, w.shape[0], op);
    embedding::BagArgs args{};
    args.dtype = w.dtype, args.mode = mode;
    args.bags = bags.count(), args.count = bags.ids.count;
    args.width = w.shape[1], args.padding = padding;
    args.ids = bags.id(), args.offsets = bags.begins();
    args.weight = w.data;
    args.scales = bags.scales(per_sample_weights, w.dtype, mode, hold_scales);
    py::object y = empty(w.dtype, {bags.count(), w.shape[1]}), winners = py::none();
    args.y = data_of(y);
    if (mode == Mode::max) {
        winners = empty(Dtype::i64, {bags.count(), w.shape[1]});
        args.winners = reinterpret_cast<std::int64_t*>(data_of(winners));
    }
    launch(embedding::kBag, args,
           {bags.ids, bags.offsets, w, per_sample_weights, hold_scales, y, winners});
    return py::make_tuple(std::move(y), std::move(winners));
}

template <class T>
void fill_shares(const Bags& bags, std::int64_t padding, T* share) {
    const std::int64_t *at = bags.begins(), *id = bags.id();
    for (dim_t b = 0; b < bags.count(); ++b) {
        const dim_t absent = std::count(id + at[b], id + at[b + 1], padding);
        share[b] = static_cast<T>(
            1.0 / static_cast<double>(std::max<dim_t>(1, at[b + 1] - at[b] - absent)));
    }
}

template <bool rows>
Gradient<rows> bag_backward(py::handle dy, py::handle input, py::handle offsets,
                            dim_t num_embeddings, py::handle mode_text,
                            py::handle per_sample_weights, py::handle padding_idx,
                            bool scale_grad_by_freq) {
    const char* op = rows ? "embedding_bag_backward_rows" : "embedding_bag_backward";
    py::object hold_dy, hold_scales;
    const dim_t vocabulary = count_of_rows(num_embeddings, op);
    const Mode mode = parse_mode(mode_text, op);
    if (mode == Mode::max) {
        fail<ValueError>(op, ": mode must be 'sum' or 'mean'; see embedding_bag_max_backward");
    }
    const std::int64_t padding = Padding(padding_idx, op).of(op, vocabulary);
    const Bags bags(input, offsets, vocabulary, op);
    const Array d = dense_float(dy, {op, "dy"}, hold_dy);
    check_ndim(d, {op, "dy"}, 2, "(bags, embedding_dim)");
    check_shape(d, {op, "dy"}, {bags.count(), d.shape[1]});
    if (bags.count() > kMost) fail<ValueError>(op, ": at most ", kMost, " bags are possible");

    OwnedScratch<std::int32_t> bag_of(static_cast<std::size_t>(bags.ids.count));
    const std::int64_t* at = bags.begins();
    for (dim_t b = 0; b < bags.count(); ++b)
        std::fill(bag_of.data() + at[b], bag_of.data() + at[b + 1], static_cast<std::int32_t>(b));
    OwnedScratch<double> shares(static_cast<std::size_t>(mode == Mode::mean ? bags.count() : 0));
    embedding::SumArgs args{};
    if (mode == Mode::mean) {
        visit_float(d.dtype, [&]<class T>() {
            fill_shares(bags, padding, reinterpret_cast<T*>(shares.data()));
        });
        args.bag_scales = shares.data();
    }
    Sorted sorted(bags.ids, vocabulary, padding, rows);
    args.dtype = d.dtype;
    args.by_frequency = scale_grad_by_freq;
    args.vocabulary = vocabulary, args.width = d.shape[1];
    args.dy = d.data;
    args.bags = bag_of;
    args.scales = bags.scales(per_sample_weights, d.dtype, mode, hold_scales);
    return sum(args, sorted, rows,
               {d, bag_of, hold_scales ? hold_scales : per_sample_weights, shares});
}

py::object max_backward(py::handle dy, py::handle winners, dim_t num_embeddings) {
    const char* op = embedding::kMaxBackward.name;
    py::object hold_dy, hold_winners;
    const dim_t vocabulary = count_of_rows(num_embeddings, op);
    const Array d = dense_float(dy, {op, "dy"}, hold_dy);
    check_ndim(d, {op, "dy"}, 2, "(bags, embedding_dim)");
    const Ids w = copy_ids(winners, {op, "winners"}, hold_winners);
    if (w.ndim != 2 || !std::equal(d.shape, d.shape + 2, w.shape)) {
        fail<ValueError>(op, ": winners must have the shape of dy, ", shape_text(d), ", got ",
                         shape_text(w.ndim, w.shape));
    }
    verify(
        [=] {
            const dim_t at = first_outside(w.data, w.count, -1, vocabulary);
            if (at == w.count) return;
            fail<IndexError>(op, ": ", position_text("winners", at, w), " is ", w.data[at],
                             ", but there are ", vocabulary, " rows");
        },
        hold_winners);
    py::object dw = empty(d.dtype, {vocabulary, d.shape[1]});
    launch(embedding::kMaxBackward,
           embedding::MaxBackwardArgs{d.dtype, d.shape[0], vocabulary, d.shape[1], w.data, d.data,
                                      data_of(dw)},
           {w, d, dw});
    return dw;
}

py::object weights_backward(py::handle dy, py::handle input, py::handle offsets, py::handle weight,
                            py::handle padding_idx) {
    const char* op = embedding::kScalesBackward.name;
    const Padding row(padding_idx, op);
    py::object hold_w, hold_dy;
    const Array w = table_of(weight, op, hold_w);
    const std::int64_t padding = row.of(op, w.shape[0]);
    const Bags bags(input, offsets, w.shape[0], op);
    const Array d = dense_as(dy, {op, "dy"}, w.dtype, hold_dy);
    check_shape(d, {op, "dy"}, {bags.count(), w.shape[1]});
    py::object out = empty(w.dtype, {bags.ids.count});
    launch(embedding::kScalesBackward,
           embedding::ScalesBackwardArgs{w.dtype, bags.count(), w.shape[1], padding, bags.id(),
                                         bags.begins(), w.data, d.data, data_of(out)},
           {bags.ids, bags.offsets, w, d, out});
    return out;
}

}  // namespace

void bind_embedding(py::module_& m) {
    const py::arg_v padding = py::arg("padding_idx") = py::none();
    const py::arg_v by_frequency = py::arg("scale_grad_by_freq") = false;
    const py::arg_v scales = py::arg("per_sample_weights") = py::none();
    m.def("embedding", &lookup, embedding::doc::kEmbedding, py::arg("input"), py::arg("weight"));
    m.def("embedding_backward", &backward<false>, embedding::doc::kEmbeddingBackward, py::arg("dy"),
          py::arg("input"), py::arg("num_embeddings"), padding, by_frequency);
    m.def("embedding_backward_rows", &backward<true>, embedding::doc::kEmbeddingBackwardRows,
          py::arg("dy"), py::arg("input"), py::arg("num_embeddings"), padding, by_frequency);
    m.def("embedding_renorm", &renorm, embedding::doc::kEmbeddingRenorm, py::arg("input"),
          py::arg("weight"), py::arg("max_norm"), py::arg("norm_type") = 2.0);
    m.def("embedding_bag", &bag, embedding::doc::kEmbeddingBag, py::arg("input"),
          py::arg("offsets"), py::arg("weight"), py::arg("mode") = "mean", scales, padding);
    m.def("embedding_bag_backward", &bag_backward<false>, embedding::doc::kEmbeddingBagBackward,
          py::arg("dy"), py::arg("input"), py::arg("offsets"), py::arg("num_embeddings"),
          py::arg("mode") = "mean", scales, padding, by_frequency);
    m.def("embedding_bag_backward_rows", &bag_backward<true>,
          embedding::doc::kEmbeddingBagBackwardRows, py::arg("dy"), py::arg("input"),
          py::arg("offsets"), py::arg("num_embeddings"), py::arg("mode") = "mean", scales, padding,
          by_frequency);
    m.def("embedding_bag_max_backward", &max_backward, embedding::doc::kEmbeddingBagMaxBackward,
          py::arg("dy"), py::arg("winners"), py::arg("num_embeddings"));
    m.def("embedding_bag_weights_backward", &weights_backward,
          embedding::doc::kEmbeddingBagWeightsBackward, py::arg("dy"), py::arg("input"),
          py::arg("offsets"), py::arg("weight"), padding);
}

}  // namespace fastnn::bind
