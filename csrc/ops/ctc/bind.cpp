#include <algorithm>

#include "bind/arguments.h"
#include "bind/array.h"
#include "bind/families.h"
#include "bind/ids.h"
#include "ops/ctc/ctc.h"
#include "ops/ctc/doc.h"

namespace fastnn::bind {
namespace {

constexpr const char* kCtc = "ctc_loss";

struct Lengths {
    py::object hold;  // before what points into it
    Ids ids;

    Lengths(const char* argument, py::handle lengths, dim_t samples, dim_t most, const char* limit)
        : ids(copy_ids(lengths, {kCtc, argument}, hold)) {
        if (ids.ndim != 1 || ids.count != samples) {
            fail<ValueError>(kCtc, ": ", argument, " must have shape (", samples, ",), got ",
                             shape_text(ids.ndim, ids.shape));
        }
        verify(
            [=, all = ids] {
                const dim_t at = first_outside(all.data, all.count, 0, most + 1);
                if (at == all.count) return;
                fail<ValueError>(kCtc, ": ", position_text(argument, at, all), " must lie between ",
                                 "0 and ", most, ", ", limit, ", got ", all.data[at]);
            },
            hold);
    }
};

// Where the target of each sample begins.
OwnedScratch<std::int64_t> offsets_of(const Ids& targets, const Ids& lengths, bool padded) {
    OwnedScratch<std::int64_t> offset(static_cast<std::size_t>(std::max<dim_t>(1, lengths.count)));
    std::int64_t end = 0;
    for (dim_t n = 0; n < lengths.count; ++n) {
        offset[n] = padded ? n * targets.shape[1] : end;
        end += lengths.data[n];
    }
    if (!padded && end != targets.count) {
        fail<ValueError>(kCtc, ": targets must have as many elements as target_lengths add up to, ",
                         end, ", got ", targets.count);
    }
    return offset;
}

void check_symbols(const Ids& targets, const std::int64_t* offset, const Ids& lengths,
                   dim_t symbols) {
    for (dim_t n = 0; n < lengths.count; ++n) {
        if (offset[n] + lengths.data[n] > targets.count) {  // in a replay
            fail<ValueError>(kCtc, ": target_lengths must not change");
        }
        const dim_t at = first_outside(targets.data + offset[n], lengths.data[n], 0, symbols);
        if (at == lengths.data[n]) continue;
        fail<IndexError>(kCtc, ": ", position_text("targets", offset[n] + at, targets), " is ",
                         targets.data[offset[n] + at], ", but log_probs has ", symbols, " symbols");
    }
}

Tuple<py::object, OptionalArray> ctc_loss(py::handle log_probs, py::handle targets,
                                          py::handle input_lengths, py::handle target_lengths,
                                          std::int64_t blank, py::handle reduction,
                                          bool zero_infinity, bool with_gradient) {
    constexpr Choice<loss::Reduction> kChoices[] = {{"none", loss::Reduction::none},
                                                    {"mean", loss::Reduction::mean},
                                                    {"sum", loss::Reduction::sum}};
    ctc::Args args{};
    args.reduction = parse_choice(reduction, {kCtc, "reduction"}, kChoices);
    py::object hold_x, hold_targets;
    const Array x = block_float(log_probs, {kCtc, "log_probs"}, hold_x);
    check_ndim(x, {kCtc, "log_probs"}, 3, "(T, N, C)");
    args.dtype = x.dtype;
    args.steps = x.shape[0];
    args.samples = x.shape[1];
    args.symbols = x.shape[2];
    if (blank < 0 || blank >= args.symbols) {
        fail<ValueError>(kCtc, ": blank must be a symbol of log_probs, from 0 to ",
                         args.symbols - 1, ", got ", blank);
    }
    const Ids symbols = copy_ids(targets, {kCtc, "targets"}, hold_targets);
    const bool padded = symbols.ndim == 2;
    if (symbols.ndim < 1 || symbols.ndim > 2 || (padded && symbols.shape[0] != args.samples)) {
        fail<ValueError>(kCtc, ": targets must have shape (", args.samples,
                         ", S), or (sum of target_lengths,), got ",
                         shape_text(symbols.ndim, symbols.shape));
    }
    const Lengths inputs("input_lengths", input_lengths, args.samples, args.steps,
                         "the steps of log_probs");
    const Lengths outputs("target_lengths", target_lengths, args.samples,
                          padded ? symbols.shape[1] : symbols.count, "the size of targets");
    const auto offset = offsets_of(symbols, outputs.ids, padded);
    verify([=, lengths = outputs.ids, at = offset.data(),
            count = args.symbols] { check_symbols(symbols, at, lengths, count); },
           hold_targets);
    for (int i = 0; i < 3; ++i)
        args.stride[i] = x.strides[i] / static_cast<dim_t>(size_of(x.dtype));
    py::object dx = with_gradient ? empty_like(x) : py::none();
    const Py_ssize_t samples[] = {x.shape[1]};
    py::object out =
        args.reduction == loss::Reduction::none ? empty(x.dtype, 1, samples) : empty(x.dtype, {});
    args.zero_infinity = zero_infinity;
    args.x = x.data;
    args.target = symbols.data;
    args.offset = offset.data();
    args.input_length = inputs.ids.data;
    args.target_length = outputs.ids.data;
    args.blank = blank;
    args.loss = data_of(out);
    args.dx = with_gradient ? data_of(dx) : nullptr;
    launch(ctc::kForward, args, {x, hold_targets, inputs.hold, outputs.hold, offset, out, dx});
    return py::make_tuple(std::move(out), std::move(dx));
}

}  // namespace

void bind_ctc(py::module_& m) {
    m.def(kCtc, &ctc_loss, ctc::doc::kCtcLoss, py::arg("log_probs"), py::arg("targets"),
          py::arg("input_lengths"), py::arg("target_lengths"), py::arg("blank") = 0,
          py::arg("reduction") = "mean", py::arg("zero_infinity") = false,
          py::arg("with_gradient") = true);
}

}  // namespace fastnn::bind
