#include <algorithm>
#include <string>

#include "bind/families.h"
#include "ops/rnn/bind_layer.h"
#include "ops/rnn/doc.h"
#include "ops/rnn/executor.h"

namespace fastnn::bind {
namespace {

using rnn::Mode;

struct RnnStates {
    py::handle h_0, c_0, mask;
};

RnnLayer read(const char* op, Mode mode, py::handle input, py::handle params,
              const RnnStates& states, const RnnSequences& sequences) {
    RnnLayer layer(op, mode, params, sequences.total_length);
    layer.read_input(input, sequences);
    layer.read_weights();
    layer.read_state(states.h_0, "h_0", layer.shape.out, layer.h0);
    layer.read_state(states.c_0, "c_0", layer.shape.hidden, layer.c0);
    layer.read_state(states.mask, "mask", layer.shape.out, layer.mask);
    return layer;
}

struct Saved {
    void *gates[2]{}, *cells[2]{}, *hidden[2]{}, *norms[2]{};
};

// Tuples are made after a launch: where Python makes one, it may collect garbage, and finalizers
// run code of the caller.
using Objects = std::vector<py::object>;

py::tuple tuple_of(const Objects& objects) {
    py::tuple all(objects.size());
    for (std::size_t i = 0; i < objects.size(); ++i) all[i] = objects[i];
    return all;
}

// New arrays for what backward needs.
Objects empty_saved(RnnLayer& layer, Saved& to) {
    const rnn::Shape& s = layer.shape;
    if (!layer.cell.saves_gates) return {};
    py::object gates = layer.output_parts(layer.cell.matrices() * s.rows,
                                          layer.cell.columns() * s.hidden, to.gates);
    if (!layer.cell.has_cell_state) return {gates};
    py::object cells = layer.output_parts(s.rows, s.hidden, to.cells), third = py::none();
    if (layer.cell.normalized) third = layer.output_parts(s.rows, 4, to.norms);
    if (layer.projected) third = layer.output_parts(s.rows, s.hidden, to.hidden);
    return {gates, cells, third};
}

py::tuple forward(Mode mode, py::handle input, py::handle params, const RnnStates& states,
                  const RnnSequences& sequences, bool keep, double eps) {
    const auto& kernel = rnn::kForward[static_cast<int>(mode)];
    RnnLayer layer = read(kernel.name, mode, input, params, states, sequences);
    if (!(eps >= 0)) fail<ValueError>(layer.op, ": eps must not be negative, got ", eps);
    const rnn::Shape& s = layer.shape;
    rnn::Args args{};
    args.shape = s;
    args.shape.eps = eps;
    args.x = layer.x;
    py::object y = layer.output(layer.y_shape());
    args.y = data_of(y);
    void *h_n[2]{}, *c_n[2]{};
    Saved to_save;
    py::object last = layer.output_parts(s.batch, s.out, h_n), last_cell;
    if (layer.cell.has_cell_state) last_cell = layer.output_parts(s.batch, s.hidden, c_n);
    const Objects saved = keep ? empty_saved(layer, to_save) : Objects{};
    for (int d = 0; d < s.directions; ++d)
        args.direction[d] = {
            layer.weights[d], layer.h0[d],      layer.c0[d],       layer.mask[d],   h_n[d], c_n[d],
            to_save.gates[d], to_save.cells[d], to_save.hidden[d], to_save.norms[d]};
    layer.launch(kernel, args);
    if (layer.cell.has_cell_state) return py::make_tuple(y, last, last_cell, tuple_of(saved));
    return py::make_tuple(y, last, tuple_of(saved));
}

// Something that was saved, (directions, rows, width).
void read_saved(RnnLayer& layer, const py::tuple& saved, std::size_t i, const char* argument,
                dim_t rows, dim_t width, void** parts) {
    const rnn::Shape& s = layer.shape;
    const Array a = float_array(saved[i], {layer.op, argument});
    if (a.dtype != s.dtype || !a.contiguous)
        fail<ValueError>(layer.op, ": saved must be what the forward pass returned");
    check_shape(a, {layer.op, argument}, {s.directions, rows, width});
    layer.owners.push_back(a);
    for (int d = 0; d < s.directions; ++d)
        parts[d] = a.data + static_cast<std::size_t>(d * rows * width) * size_of(s.dtype);
}

Saved read_all_saved(RnnLayer& layer, py::handle object, bool overwrite) {
    const rnn::Shape& s = layer.shape;
    const rnn::CellTraits& cell = layer.cell;
    const std::size_t count = cell.has_cell_state ? 3 : cell.saves_gates ? 1 : 0;
    if (PyTuple_Check(object.ptr()) == 0 ||
        static_cast<std::size_t>(PyTuple_GET_SIZE(object.ptr())) != count)
        fail<TypeError>(layer.op, ": saved must be the tuple of ", count,
                        " arrays that the forward pass returned with keep=True");
    const auto saved = py::reinterpret_borrow<py::tuple>(object);
    Saved found;
    if (count == 0) return found;
    read_saved(layer, saved, 0, "gates", cell.matrices() * s.rows, cell.columns() * s.hidden,
               found.gates);
    if (overwrite) writable_array(saved[0], {layer.op, "gates"});
    if (count == 1) return found;
    read_saved(layer, saved, 1, "cells", s.rows, s.hidden, found.cells);
    if (layer.projected) read_saved(layer, saved, 2, "hidden", s.rows, s.hidden, found.hidden);
    if (cell.normalized) read_saved(layer, saved, 2, "norms", s.rows, 4, found.norms);
    return found;
}

struct RnnGradients {
    py::handle dy, dh_n, dc_n;
};
struct RnnWanted {
    bool input, params, overwrite;
};

// New arrays for the gradients of one direction's parameters.
Objects empty_gradients(RnnLayer& layer, rnn::BackwardArgs::Direction& to) {
    const rnn::Shape& s = layer.shape;
    const Py_ssize_t wide = layer.cell.gates * s.hidden;
    Objects grads;
    const auto add = [&](void*& data, bool exists, const std::vector<Py_ssize_t>& shape) {
        const py::object a = exists ? layer.output(shape) : py::none();
        if (exists) data = data_of(a);
        grads.push_back(a);
    };
    add(to.dw_ih, true, {wide, s.in});
    add(to.dw_hh, true, {wide, s.out});
    add(to.db_ih, layer.bias, {wide});
    add(to.db_hh, layer.bias, {wide});
    if (layer.projected) add(to.dw_hr, true, {s.out, s.hidden});
    if (layer.cell.normalized) {
        add(to.dgain_ih, true, {wide});
        add(to.dgain_hh, true, {wide});
        add(to.dgain_c, true, {s.hidden});
        add(to.db_c, layer.bias, {s.hidden});
    }
    return grads;
}

py::tuple backward(Mode mode, const RnnGradients& gradients, py::handle input, py::handle params,
                   const RnnStates& states, py::handle y, py::handle saved,
                   const RnnSequences& sequences, const RnnWanted& wanted) {
    const auto& kernel = rnn::kBackward[static_cast<int>(mode)];
    RnnLayer layer = read(kernel.name, mode, input, params, states, sequences);
    const rnn::Shape& s = layer.shape;
    rnn::BackwardArgs args{};
    args.shape = s;
    args.x = layer.x;
    const auto shape = layer.y_shape();
    const auto like_y = [&](py::handle object, const char* argument) {
        const Array a = layer.dense(object, argument);
        if (a.ndim != static_cast<int>(shape.size()) ||
            !std::equal(shape.begin(), shape.end(), a.shape))
            fail<ValueError>(layer.op, ": ", argument, " must have shape ",
                             shape_text(static_cast<int>(shape.size()), shape.data()), ", got ",
                             shape_text(a));
        return a.data;
    };
    args.y = like_y(y, "y");
    if (!gradients.dy.is_none()) args.dy = like_y(gradients.dy, "dy");
    const Saved found = read_all_saved(layer, saved, wanted.overwrite);
    const void *dh_n[2]{}, *dc_n[2]{};
    layer.read_state(gradients.dh_n, "dh_n", s.out, dh_n);
    layer.read_state(gradients.dc_n, "dc_n", s.hidden, dc_n);
    void *dh0[2]{}, *dc0[2]{};
    py::object first = layer.output_parts(s.batch, s.out, dh0), first_cell;
    if (layer.cell.has_cell_state) first_cell = layer.output_parts(s.batch, s.hidden, dc0);
    py::object dx = py::none();
    if (wanted.input) {
        dx = layer.output(layer.x_shape());
        args.dx = data_of(dx);
    }
    Objects grads[2];
    for (int d = 0; d < s.directions; ++d) {
        auto& k = args.direction[d];
        k.weights = layer.weights[d];
        k.h0 = layer.h0[d], k.c0 = layer.c0[d], k.mask = layer.mask[d];
        k.gates = found.gates[d], k.cells = found.cells[d];
        k.hidden = found.hidden[d], k.norms = found.norms[d];
        k.dgates = wanted.overwrite ? found.gates[d] : nullptr;
        k.dh_n = dh_n[d], k.dc_n = dc_n[d];
        k.dh0 = dh0[d], k.dc0 = dc0[d];
        if (wanted.params) grads[d] = empty_gradients(layer, k);
    }
    layer.launch(kernel, args);
    py::tuple all(static_cast<std::size_t>(wanted.params ? s.directions : 0));
    for (std::size_t d = 0; d < all.size(); ++d) all[d] = tuple_of(grads[d]);
    if (layer.cell.has_cell_state) return py::make_tuple(dx, first, first_cell, all);
    return py::make_tuple(dx, first, all);
}

// (y, h_n, saved), (dx, dh_0, gradients of each direction's params); with a cell state (y, h_n,
// c_n, saved), (dx, dh_0, dc_0, gradients).
using Saves = Tuple<OptionalArray, py::ellipsis>;
using Gradients = Tuple<Tuple<OptionalArray, py::ellipsis>, py::ellipsis>;
template <bool cell>
using Outputs = std::conditional_t<cell, Tuple<py::object, py::object, py::object, Saves>,
                                   Tuple<py::object, py::object, Saves>>;
template <bool cell>
using InputGradients =
    std::conditional_t<cell, Tuple<OptionalArray, py::object, py::object, Gradients>,
                       Tuple<OptionalArray, py::object, Gradients>>;

// Layers with a cell state have c_0 and dc_n among their arguments, layer_norm_lstm has eps.
template <Mode mode>
void bind_forward(py::module_& m) {
    using H = py::handle;
    const py::object none = py::none();
    const std::string doc = rnn::doc::forward(mode);
    const char* const name = rnn::kForward[static_cast<int>(mode)].name;
    const py::arg input("input"), params("params");
    const py::arg_v h_0 = py::arg("h_0") = none, c_0 = py::arg("c_0") = none,
                    batch_sizes = py::arg("batch_sizes") = none, keep = py::arg("keep") = false,
                    mask = py::arg("mask") = none, lengths = py::arg("lengths") = none,
                    total_length = py::arg("total_length") = none;
    if constexpr (mode == Mode::layer_norm_lstm) {
        m.def(
            name,
            [](H x, H w, H h, H c, H sizes, bool save, H by, double eps, H n,
               H total) -> Outputs<true> {
                return forward(mode, x, w, {h, c, by}, {sizes, n, total}, save, eps);
            },
            doc.c_str(), input, params, h_0, c_0, batch_sizes, keep, mask, py::arg("eps") = 1e-5,
            lengths, total_length);
    } else if constexpr (mode == Mode::lstm) {
        m.def(
            name,
            [](H x, H w, H h, H c, H sizes, bool save, H by, H n, H total) -> Outputs<true> {
                return forward(mode, x, w, {h, c, by}, {sizes, n, total}, save, 0);
            },
            doc.c_str(), input, params, h_0, c_0, batch_sizes, keep, mask, lengths, total_length);
    } else {
        m.def(
            name,
            [](H x, H w, H h, H sizes, bool save, H by, H n, H total) -> Outputs<false> {
                return forward(mode, x, w, {h, py::none(), by}, {sizes, n, total}, save, 0);
            },
            doc.c_str(), input, params, h_0, batch_sizes, keep, mask, lengths, total_length);
    }
}

template <Mode mode>
void bind_backward(py::module_& m) {
    using H = py::handle;
    const py::object none = py::none();
    const std::string doc = rnn::doc::backward(mode);
    const char* const name = rnn::kBackward[static_cast<int>(mode)].name;
    const py::arg dy("dy"), dh_n("dh_n"), dc_n("dc_n"), input("input"), params("params"),
        h_0("h_0"), c_0("c_0"), y("y"), saved("saved");
    const py::arg_v batch_sizes = py::arg("batch_sizes") = none,
                    need_input = py::arg("need_input") = true,
                    need_params = py::arg("need_params") = true,
                    overwrite = py::arg("overwrite") = false, mask = py::arg("mask") = none,
                    lengths = py::arg("lengths") = none,
                    total_length = py::arg("total_length") = none;
    if constexpr (rnn::traits_of(mode).has_cell_state) {
        m.def(
            name,
            [](H out, H last, H last_cell, H x, H w, H h, H c, H value, H arrays, H sizes,
               bool of_input, bool of_params, bool over, H by, H n,
               H total) -> InputGradients<true> {
                return backward(mode, {out, last, last_cell}, x, w, {h, c, by}, value, arrays,
                                {sizes, n, total}, {of_input, of_params, over});
            },
            doc.c_str(), dy, dh_n, dc_n, input, params, h_0, c_0, y, saved, batch_sizes, need_input,
            need_params, overwrite, mask, lengths, total_length);
    } else {
        m.def(
            name,
            [](H out, H last, H x, H w, H h, H value, H arrays, H sizes, bool of_input,
               bool of_params, bool over, H by, H n, H total) -> InputGradients<false> {
                const py::none no;
                return backward(mode, {out, last, no}, x, w, {h, no, by}, value, arrays,
                                {sizes, n, total}, {of_input, of_params, over});
            },
            doc.c_str(), dy, dh_n, input, params, h_0, y, saved, batch_sizes, need_input,
            need_params, overwrite, mask, lengths, total_length);
    }
}

template <Mode... modes>
void bind_modes(py::module_& m) {
    (bind_forward<modes>(m), ...);
    (bind_backward<modes>(m), ...);
}

}  // namespace

void bind_rnn(py::module_& m) {
    bind_modes<Mode::tanh, Mode::relu, Mode::lstm, Mode::gru, Mode::layer_norm_lstm>(m);
}

}  // namespace fastnn::bind
