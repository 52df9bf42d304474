#include <algorithm>
#include <vector>

#include "bind/array.h"
#include "bind/families.h"
#include "ops/gemm/operand.h"
#include "ops/rnn/steps.h"

namespace fastnn::bind {
namespace {

using rnn::Mode;

// The arguments that forward and backward share, checked. Copies live as long as this.
struct Layer {
    const char* op;
    rnn::Shape shape{};
    rnn::Rows x{};
    bool packed = false;  // x and y have rows of real steps only
    bool bias = false, projected = false;
    bool normed() const { return shape.mode == Mode::layer_norm_lstm; }
    rnn::Weights weights[2]{};
    const void *h0[2]{}, *c0[2]{}, *mask[2]{};
    std::vector<py::object> holds;

    Array keep(py::object hold, const Array& a) {
        if (hold) holds.push_back(std::move(hold));
        return a;
    }
    Array dense(py::handle object, const char* argument) {
        py::object hold;
        const Array a = dense_as(object, {op, argument}, shape.dtype, hold);
        return keep(std::move(hold), a);
    }
    // A state (directions, batch, width), of which each direction gets its part.
    void state(py::handle object, const char* argument, long width, const void** parts) {
        if (object.is_none()) return;
        const Array a = dense(object, argument);
        check_shape(a, {op, argument}, {shape.directions, shape.batch, width});
        const auto size = static_cast<std::size_t>(shape.batch * width) * size_of(shape.dtype);
        for (int d = 0; d < shape.directions; ++d)
            parts[d] = a.data + static_cast<std::size_t>(d) * size;
    }
    std::vector<Py_ssize_t> y_shape() const {
        if (packed) return {shape.rows, shape.directions * shape.out};
        return {shape.steps, shape.batch, shape.directions * shape.out};
    }
};

void read_batch_sizes(Layer& layer, py::handle object) {
    py::object hold;
    const Array sizes = dense_ids(object, {layer.op, "batch_sizes"}, hold);
    layer.keep(std::move(hold), sizes);
    check_ndim(sizes, {layer.op, "batch_sizes"}, 1, "(T,)");
    const auto* n = sizes.as<std::int64_t>();
    rnn::Shape& s = layer.shape;
    s.steps = static_cast<long>(sizes.shape[0]);
    s.batch_sizes = n;
    if (s.steps == 0) fail<ValueError>(layer.op, ": batch_sizes must not be empty");
    s.batch = static_cast<long>(n[0]);
    std::int64_t total = 0;
    for (long t = 0; t < s.steps; ++t) {
        if (n[t] < 1 || (t > 0 && n[t] > n[t - 1]) || n[t] > s.rows)
            fail<ValueError>(layer.op, ": batch_sizes must be positive and never grow, got ", n[t],
                             " at position ", t);
        total += n[t];
    }
    if (total != s.rows)
        fail<ValueError>(layer.op, ": input must have one row per step of every sequence, ", total,
                         " as batch_sizes says, got ", s.rows);
}

void read_input(Layer& layer, py::handle object, py::handle batch_sizes) {
    py::object hold;
    const Name name{layer.op, "input"};
    Array x = operand(object, name, hold);
    rnn::Shape& s = layer.shape;
    s.dtype = x.dtype;
    layer.packed = !batch_sizes.is_none();
    check_ndim(x, name, layer.packed ? 2 : 3, layer.packed ? "(N, I)" : "(T, N, I)");
    s.in = static_cast<long>(x.shape[x.ndim - 1]);
    const auto size = static_cast<Py_ssize_t>(size_of(x.dtype));
    if (layer.packed) {
        s.rows = static_cast<long>(x.shape[0]);
        read_batch_sizes(layer, batch_sizes);
        layer.x = {x.data, static_cast<long>(x.strides[0] / size),
                   static_cast<long>(x.strides[1] / size)};
    } else {
        s.steps = static_cast<long>(x.shape[0]), s.batch = static_cast<long>(x.shape[1]);
        s.rows = s.steps * s.batch;
        if (s.steps == 0)
            fail<ValueError>(layer.op, ": input must have at least one step, got shape ",
                             shape_text(x));
        const bool rows_in_line = s.steps == 1 || s.batch == 1 ||
                                  x.strides[0] == x.strides[1] * static_cast<Py_ssize_t>(s.batch);
        if (!rows_in_line) {
            py::object copy;
            x = dense_float(py::handle(x.object), name, copy);
            hold = copy;
        }
        layer.x = {x.data, static_cast<long>((s.batch == 1 ? x.strides[0] : x.strides[1]) / size),
                   static_cast<long>(x.strides[2] / size)};
    }
    layer.keep(std::move(hold), x);
}

// Those behind w_ih, w_hh, b_ih and b_hh.
const char* more_params(Mode mode) {
    if (mode == Mode::lstm) return ", and w_hr with a projection";
    return mode == Mode::layer_norm_lstm ? ", gain_ih, gain_hh, gain_c and b_c" : "";
}

void read_weights(Layer& layer, py::handle params) {
    rnn::Shape& s = layer.shape;
    const auto is_sequence = [](py::handle h) {
        return PyTuple_Check(h.ptr()) || PyList_Check(h.ptr());
    };
    if (!is_sequence(params))
        fail<TypeError>(layer.op, ": params must be a tuple with the parameters of each direction");
    const auto directions = py::reinterpret_borrow<py::sequence>(params);
    if (directions.size() != 1 && directions.size() != 2)
        fail<ValueError>(layer.op, ": params must be those of one or two directions, got ",
                         directions.size());
    s.directions = static_cast<int>(directions.size());
    const long gates = rnn::gates_of(s.mode);
    for (int d = 0; d < s.directions; ++d) {
        const py::object item = directions[static_cast<std::size_t>(d)];
        if (!is_sequence(item))
            fail<TypeError>(layer.op,
                            ": params must be a tuple with the parameters of each direction");
        const auto list = py::reinterpret_borrow<py::sequence>(item);
        if (list.size() != (layer.normed() ? 8 : 4) && !(list.size() == 5 && s.mode == Mode::lstm))
            fail<ValueError>(layer.op, ": the parameters of a direction are w_ih, w_hh, b_ih, b_hh",
                             more_params(s.mode), ", got ", list.size(), " of them");
        const auto at = [&](std::size_t i) { return py::object(list[i]); };
        rnn::Weights& w = layer.weights[d];
        const Array hh = layer.dense(at(1), "w_hh");
        check_ndim(hh, {layer.op, "w_hh"}, 2, "(G H, H)");
        if (d == 0) {
            s.hidden = static_cast<long>(hh.shape[0]) / gates,
            s.out = static_cast<long>(hh.shape[1]);
            layer.projected = list.size() == 5 && !at(4).is_none();
            layer.bias = !at(2).is_none();
            if (!layer.projected) s.hidden = s.out;
            if (s.hidden < 1 || s.out < 1)
                fail<ValueError>(layer.op, ": hidden size must be positive, got w_hh of shape ",
                                 shape_text(hh));
        }
        const bool has_projection = list.size() == 5 && !at(4).is_none();
        if (has_projection != layer.projected || at(2).is_none() == layer.bias ||
            at(3).is_none() == layer.bias || (layer.normed() && at(7).is_none() == layer.bias))
            fail<ValueError>(layer.op, ": all directions and both of b_ih and b_hh",
                             layer.normed() ? ", and b_c," : "", " must have a bias, or none");
        check_shape(hh, {layer.op, "w_hh"}, {gates * s.hidden, s.out});
        w.hh = hh.data;
        const Array ih = layer.dense(at(0), "w_ih");
        check_shape(ih, {layer.op, "w_ih"}, {gates * s.hidden, s.in});
        w.ih = ih.data;
        if (layer.bias) {
            const Array b_ih = layer.dense(at(2), "b_ih"), b_hh = layer.dense(at(3), "b_hh");
            check_shape(b_ih, {layer.op, "b_ih"}, {gates * s.hidden});
            check_shape(b_hh, {layer.op, "b_hh"}, {gates * s.hidden});
            w.b_ih = b_ih.data, w.b_hh = b_hh.data;
        }
        if (layer.projected) {
            const Array hr = layer.dense(at(4), "w_hr");
            check_shape(hr, {layer.op, "w_hr"}, {s.out, s.hidden});
            w.hr = hr.data;
        }
        if (layer.normed()) {
            const auto vector = [&](std::size_t i, const char* name, long n) {
                const Array a = layer.dense(at(i), name);
                check_shape(a, {layer.op, name}, {n});
                return a.data;
            };
            w.gain_ih = vector(4, "gain_ih", gates * s.hidden);
            w.gain_hh = vector(5, "gain_hh", gates * s.hidden);
            w.gain_c = vector(6, "gain_c", s.hidden);
            if (layer.bias) w.b_c = vector(7, "b_c", s.hidden);
        }
    }
}

Layer read(const char* op, Mode mode, py::handle x, py::handle params, py::handle h0, py::handle c0,
           py::handle batch_sizes, py::handle mask) {
    Layer layer;
    layer.op = op;
    layer.shape.mode = mode;
    read_input(layer, x, batch_sizes);
    read_weights(layer, params);
    layer.state(h0, "h_0", layer.shape.out, layer.h0);
    layer.state(c0, "c_0", layer.shape.hidden, layer.c0);
    layer.state(mask, "mask", layer.shape.out, layer.mask);
    return layer;
}

// A new array (directions, rows, width), and where each direction's part stands.
py::object parts_of(const rnn::Shape& s, long rows, long width, void** parts) {
    py::object a = empty(s.dtype, {s.directions, rows, width});
    for (int d = 0; d < s.directions; ++d)
        parts[d] = data_of(a) + static_cast<std::size_t>(d * rows * width) * size_of(s.dtype);
    return a;
}

// With layer norm, sums of W x and of U h are kept apart.
long gate_rows(const Layer& layer) {
    return layer.normed() ? 2 * layer.shape.rows : layer.shape.rows;
}

template <Mode mode>
py::tuple forward(py::handle input, py::handle params, py::handle h_0, py::handle c_0,
                  py::handle batch_sizes, bool keep, py::handle mask, double eps) {
    const auto& kernel = rnn::kForward[static_cast<int>(mode)];
    const Layer layer = read(kernel.name, mode, input, params, h_0, c_0, batch_sizes, mask);
    if (!(eps >= 0)) fail<ValueError>(layer.op, ": eps must not be negative, got ", eps);
    const rnn::Shape& s = layer.shape;
    rnn::Args args{};
    args.shape = s;
    args.shape.eps = eps;
    args.x = layer.x;
    const auto shape = layer.y_shape();
    py::object y = empty(s.dtype, static_cast<int>(shape.size()), shape.data());
    args.y = data_of(y);
    void *h_n[2]{}, *c_n[2]{}, *gates[2]{}, *cells[2]{}, *hidden[2]{}, *norms[2]{};
    py::object last = parts_of(s, s.batch, s.out, h_n), last_cell;
    py::tuple saved(0);
    if constexpr (rnn::has_cell(mode)) {
        last_cell = parts_of(s, s.batch, s.hidden, c_n);
        if (keep) {
            py::object g = parts_of(s, gate_rows(layer), 4 * s.hidden, gates),
                       c = parts_of(s, s.rows, s.hidden, cells), r = py::none();
            if (layer.normed()) r = parts_of(s, s.rows, 4, norms);
            if (layer.projected) r = parts_of(s, s.rows, s.hidden, hidden);
            saved = py::make_tuple(g, c, r);
        }
    } else if constexpr (mode == Mode::gru) {
        if (keep) saved = py::make_tuple(parts_of(s, s.rows, 4 * s.hidden, gates));
    }
    for (int d = 0; d < s.directions; ++d)
        args.direction[d] = {layer.weights[d], layer.h0[d], layer.c0[d], layer.mask[d], h_n[d],
                             c_n[d],           gates[d],    cells[d],    hidden[d],     norms[d]};
    launch(kernel, args);
    if constexpr (rnn::has_cell(mode)) return py::make_tuple(y, last, last_cell, saved);
    return py::make_tuple(y, last, saved);
}

// Something that was saved, (directions, rows, width).
void saved_part(Layer& layer, const py::tuple& saved, std::size_t i, const char* argument,
                long rows, long width, const void** parts) {
    const rnn::Shape& s = layer.shape;
    const Array a = float_array(saved[i], {layer.op, argument});
    if (a.dtype != s.dtype || !a.contiguous)
        fail<ValueError>(layer.op, ": saved must be what the forward pass returned");
    check_shape(a, {layer.op, argument}, {s.directions, rows, width});
    for (int d = 0; d < s.directions; ++d)
        parts[d] = a.data + static_cast<std::size_t>(d * rows * width) * size_of(s.dtype);
}

// A new state that holds a gradient at first, or zeros.
py::object slope_of_state(Layer& layer, py::handle given, const char* argument, long width,
                          void** parts) {
    const rnn::Shape& s = layer.shape;
    const void* from[2]{};
    layer.state(given, argument, width, from);
    py::object a = parts_of(s, s.batch, width, parts);
    const auto bytes = static_cast<std::size_t>(s.batch * width) * size_of(s.dtype);
    for (int d = 0; d < s.directions; ++d) {
        if (from[d] != nullptr) {
            std::memcpy(parts[d], from[d], bytes);
        } else {
            std::memset(parts[d], 0, bytes);
        }
    }
    return a;
}

template <Mode mode>
py::tuple backward(py::handle dy, py::handle dh_n, py::handle dc_n, py::handle input,
                   py::handle params, py::handle h_0, py::handle c_0, py::handle y,
                   py::handle saved, py::handle batch_sizes, bool need_input, bool need_params,
                   bool overwrite, py::handle mask) {
    const auto& kernel = rnn::kBackward[static_cast<int>(mode)];
    Layer layer = read(kernel.name, mode, input, params, h_0, c_0, batch_sizes, mask);
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
    if (!dy.is_none()) args.dy = like_y(dy, "dy");
    const void *gates[2]{}, *cells[2]{}, *hidden[2]{}, *norms[2]{};
    constexpr std::size_t count = rnn::has_cell(mode) ? 3 : mode == Mode::gru ? 1 : 0;
    if (PyTuple_Check(saved.ptr()) == 0 || PyTuple_GET_SIZE(saved.ptr()) != count)
        fail<TypeError>(layer.op, ": saved must be the tuple of ", count,
                        " arrays that the forward pass returned with keep=True");
    const auto kept = py::reinterpret_borrow<py::tuple>(saved);
    if constexpr (count > 0)
        saved_part(layer, kept, 0, "gates", gate_rows(layer), 4 * s.hidden, gates);
    if constexpr (rnn::has_cell(mode)) {
        saved_part(layer, kept, 1, "cells", s.rows, s.hidden, cells);
        if (layer.projected) saved_part(layer, kept, 2, "hidden", s.rows, s.hidden, hidden);
        if (layer.normed()) saved_part(layer, kept, 2, "norms", s.rows, 4, norms);
    }
    if (count > 0 && overwrite) writable_array(kept[0], {layer.op, "gates"});
    void *dh0[2]{}, *dc0[2]{};
    py::object first = slope_of_state(layer, dh_n, "dh_n", s.out, dh0), first_cell;
    if constexpr (rnn::has_cell(mode))
        first_cell = slope_of_state(layer, dc_n, "dc_n", s.hidden, dc0);
    py::object dx = py::none();
    if (need_input) {
        if (layer.packed) {
            dx = empty(s.dtype, {s.rows, s.in});
        } else {
            dx = empty(s.dtype, {s.steps, s.batch, s.in});
        }
        args.dx = data_of(dx);
    }
    py::tuple grads(static_cast<std::size_t>(need_params ? s.directions : 0));
    const long wide = rnn::gates_of(mode) * s.hidden;
    for (int d = 0; d < s.directions; ++d) {
        auto& k = args.direction[d];
        k.weights = layer.weights[d];
        k.h0 = layer.h0[d], k.c0 = layer.c0[d], k.mask = layer.mask[d];
        k.gates = gates[d], k.cells = cells[d], k.hidden = hidden[d], k.norms = norms[d];
        k.dgates = count > 0 && overwrite ? const_cast<void*>(gates[d]) : nullptr;
        k.dh0 = dh0[d], k.dc0 = dc0[d];
        if (!need_params) continue;
        py::list mine;
        const auto slope = [&](void*& data, bool there, std::initializer_list<Py_ssize_t> shape) {
            const py::object a = there ? empty(s.dtype, shape) : py::none();
            if (there) data = data_of(a);
            mine.append(a);
        };
        slope(k.dw_ih, true, {wide, s.in});
        slope(k.dw_hh, true, {wide, s.out});
        slope(k.db_ih, layer.bias, {wide});
        slope(k.db_hh, layer.bias, {wide});
        if (layer.projected) slope(k.dw_hr, true, {s.out, s.hidden});
        if (layer.normed()) {
            slope(k.dgain_ih, true, {wide});
            slope(k.dgain_hh, true, {wide});
            slope(k.dgain_c, true, {s.hidden});
            slope(k.db_c, layer.bias, {s.hidden});
        }
        grads[static_cast<std::size_t>(d)] = py::tuple(mine);
    }
    launch(kernel, args);
    if constexpr (rnn::has_cell(mode)) return py::make_tuple(dx, first, first_cell, grads);
    return py::make_tuple(dx, first, grads);
}

// Those with cells have c_0 and dc_n among their arguments, layer_norm_lstm has eps.
template <Mode mode>
void bind_forward(py::module_& m) {
    const auto none = py::none();
    const char* const name = rnn::kForward[static_cast<int>(mode)].name;
    const py::arg input("input"), params("params");
    const py::arg_v h_0 = py::arg("h_0") = none, c_0 = py::arg("c_0") = none,
                    batch_sizes = py::arg("batch_sizes") = none, keep = py::arg("keep") = false,
                    mask = py::arg("mask") = none;
    if constexpr (mode == Mode::layer_norm_lstm) {
        m.def(name, &forward<mode>, input, params, h_0, c_0, batch_sizes, keep, mask,
              py::arg("eps") = 1e-5);
    } else if constexpr (mode == Mode::lstm) {
        m.def(
            name,
            [](py::handle x, py::handle w, py::handle h, py::handle c, py::handle sizes, bool kept,
               py::handle times) { return forward<mode>(x, w, h, c, sizes, kept, times, 0); },
            input, params, h_0, c_0, batch_sizes, keep, mask);
    } else {
        m.def(
            name,
            [](py::handle x, py::handle w, py::handle h, py::handle sizes, bool kept,
               py::handle times) {
                return forward<mode>(x, w, h, py::none(), sizes, kept, times, 0);
            },
            input, params, h_0, batch_sizes, keep, mask);
    }
}

template <Mode mode>
void bind_backward(py::module_& m) {
    const char* const name = rnn::kBackward[static_cast<int>(mode)].name;
    const py::arg dy("dy"), dh_n("dh_n"), dc_n("dc_n"), input("input"), params("params"),
        h_0("h_0"), c_0("c_0"), y("y"), saved("saved");
    const py::arg_v batch_sizes = py::arg("batch_sizes") = py::none(),
                    need_input = py::arg("need_input") = true,
                    need_params = py::arg("need_params") = true,
                    overwrite = py::arg("overwrite") = false, mask = py::arg("mask") = py::none();
    if constexpr (rnn::has_cell(mode)) {
        m.def(name, &backward<mode>, dy, dh_n, dc_n, input, params, h_0, c_0, y, saved, batch_sizes,
              need_input, need_params, overwrite, mask);
    } else {
        m.def(
            name,
            [](py::handle slope, py::handle last, py::handle x, py::handle w, py::handle h,
               py::handle out, py::handle kept, py::handle sizes, bool of_input, bool of_params,
               bool over, py::handle times) {
                return backward<mode>(slope, last, py::none(), x, w, h, py::none(), out, kept,
                                      sizes, of_input, of_params, over, times);
            },
            dy, dh_n, input, params, h_0, y, saved, batch_sizes, need_input, need_params, overwrite,
            mask);
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
