#include "ops/rnn/bind_layer.h"

#include <algorithm>

#include "bind/arguments.h"
#include "bind/ids.h"

namespace fastnn::bind {
namespace {

// Names of the parameters after w_ih, w_hh, b_ih and b_hh.
const char* more_params(rnn::Mode mode) {
    if (mode == rnn::Mode::lstm) return ", and w_hr with a projection";
    return mode == rnn::Mode::layer_norm_lstm ? ", gain_ih, gain_hh, gain_c and b_c" : "";
}

}  // namespace

RnnLayer::RnnLayer(const char* op_, rnn::Mode mode, py::handle params, py::handle total_length)
    : op(op_), cell(rnn::traits_of(mode)), total_given_(!total_length.is_none()) {
    shape.mode = mode;
    if (total_given_) total_length_ = parse_int(total_length, {op, "total_length"});
    const auto items = [this](py::handle sequence) {
        if (is_sequence(sequence)) return items_of(sequence, {op, "params"});
        fail<TypeError>(op, ": params must be a tuple with the parameters of each direction");
    };
    const py::tuple directions = items(params);
    if (directions.size() != 1 && directions.size() != 2)
        fail<ValueError>(op, ": params must be those of one or two directions, got ",
                         directions.size());
    shape.directions = static_cast<int>(directions.size());
    for (int d = 0; d < shape.directions; ++d) {
        params_[d] = items(PyTuple_GET_ITEM(directions.ptr(), d));
        const std::size_t count = params_[d].size();
        if (count != (cell.normalized ? 8 : 4) && !(count == 5 && mode == rnn::Mode::lstm))
            fail<ValueError>(op, ": the parameters of a direction are w_ih, w_hh, b_ih, b_hh",
                             more_params(mode), ", got ", count, " of them");
    }
}

Array RnnLayer::keep(py::object copy, const Array& a) {
    owners.push_back(a);
    if (copy) copies_.push_back(std::move(copy));
    return a;
}

Array RnnLayer::dense(py::handle object, const char* argument) {
    py::object hold;
    const Array a = dense_as(object, {op, argument}, shape.dtype, hold);
    return keep(std::move(hold), a);
}

void RnnLayer::read_state(py::handle object, const char* argument, dim_t width,
                          const void** parts) {
    if (object.is_none()) return;
    const Array a = dense(object, argument);
    check_shape(a, {op, argument}, {shape.directions, shape.batch, width});
    const auto size = static_cast<std::size_t>(shape.batch * width) * size_of(shape.dtype);
    for (int d = 0; d < shape.directions; ++d)
        parts[d] = a.data + static_cast<std::size_t>(d) * size;
}

py::object RnnLayer::output(const std::vector<Py_ssize_t>& of_shape) {
    py::object a = empty(shape.dtype, static_cast<int>(of_shape.size()), of_shape.data());
    owners.push_back(a);
    return a;
}

py::object RnnLayer::output_parts(dim_t rows, dim_t width, void** parts) {
    py::object a = output({shape.directions, rows, width});
    for (int d = 0; d < shape.directions; ++d)
        parts[d] = data_of(a) + static_cast<std::size_t>(d * rows * width) * size_of(shape.dtype);
    return a;
}

std::vector<Py_ssize_t> RnnLayer::x_shape() const {
    if (x_rows) return {shape.rows, shape.in};
    return {shape.lengths != nullptr ? shape.x_steps : shape.steps, shape.batch, shape.in};
}

std::vector<Py_ssize_t> RnnLayer::y_shape() const {
    const dim_t columns = shape.directions * shape.out;
    if (y_rows) return {shape.rows, columns};
    return {shape.lengths != nullptr ? shape.y_steps : shape.steps, shape.batch, columns};
}

void RnnLayer::read_batch_sizes(py::handle object) {
    py::object hold;
    const Name name{op, "batch_sizes"};
    const Ids sizes = copy_ids(object, name, hold);
    owners.push_back(sizes);
    copies_.push_back(std::move(hold));
    check_ndim(sizes, name, 1, "(T,)");
    shape.steps = sizes.count;
    shape.batch_sizes = sizes.data;
    if (shape.steps == 0) fail<ValueError>(op, ": batch_sizes must not be empty");
    shape.batch = sizes.data[0];
    verify(
        [op = op, n = sizes.data, steps = sizes.count, batch = shape.batch, rows = shape.rows] {
            dim_t total = 0, most = batch;
            for (dim_t t = 0; t < steps; most = n[t++]) {
                if (n[t] < 1 || n[t] > most || n[t] > rows)
                    fail<ValueError>(op, ": batch_sizes must be positive and never grow, got ",
                                     n[t], " at position ", t);
                total += n[t];
            }
            if (total != rows || n[0] != batch)
                fail<ValueError>(op, ": input must have one row per step of every sequence, ",
                                 total, " as batch_sizes says, got ", rows);
        },
        sizes);
}

void RnnLayer::read_lengths(py::handle object, const Array& input) {
    py::object hold;
    const Name name{op, "lengths"};
    const Ids lengths = copy_ids(object, name, hold);
    owners.push_back(lengths);
    copies_.push_back(std::move(hold));
    check_ndim(lengths, name, 1, "(N,)");
    const dim_t most = input.shape[0];
    if (!x_rows && lengths.count != input.shape[1])
        fail<ValueError>(op, ": lengths must have shape (", input.shape[1], ",), got (",
                         lengths.count, ",)");
    const auto* const n = lengths.data;
    shape.batch = lengths.count;
    dim_t longest = 0, total = 0;
    for (dim_t i = 0; i < shape.batch; ++i) {
        if (n[i] < 1 || n[i] > most)
            fail<ValueError>(op, ": lengths must lie between 1 and ", most, ", got ", n[i],
                             " at position ", i);
        longest = std::max(longest, n[i]), total += n[i];
    }
    if (x_rows && total != most)
        fail<ValueError>(op, ": input must have one row per step of every sequence, ", total,
                         " as lengths says, got ", most);
    if (shape.batch == 0 && x_rows) fail<ValueError>(op, ": lengths must not be empty");
    shape.lengths = n;
    shape.steps = longest, shape.rows = total;
    shape.x_steps = x_rows ? 0 : most;
    // A replay may meet other lengths, but only such that all arrays keep their sizes.
    verify(
        [op = op, n, batch = shape.batch, longest, total] {
            dim_t most = 0, sum = 0;
            bool positive = true;
            for (dim_t i = 0; i < batch; ++i)
                positive &= n[i] > 0, most = std::max(most, n[i]), sum += n[i];
            if (!positive || most != longest || sum != total)
                fail<ValueError>(op, ": lengths must keep their sum and maximum in a replay");
        },
        lengths);
}

void RnnLayer::set_total_length(const Array& input) {
    shape.y_steps = total_given_ ? total_length_ : shape.x_steps;
    if (total_given_ && shape.y_steps != 0 && shape.y_steps < shape.steps) {
        fail<ValueError>(op, ": total_length must be at least ", shape.steps,
                         ", the longest length, or 0 for rows of real steps, got ", shape.y_steps);
    }
    y_rows = shape.y_steps == 0;
    // An empty batch, or one of full sequences, has no padding.
    const dim_t all = input.shape[0];
    if (!x_rows && !y_rows && shape.y_steps == all &&
        (shape.batch == 0 || shape.rows == all * shape.batch)) {
        shape.lengths = nullptr, shape.steps = all;
    }
}

void RnnLayer::read_input(py::handle object, const RnnSequences& sequences) {
    py::object hold;
    const Name name{op, "input"};
    const Array a = strided_float(object, name, hold);
    keep(std::move(hold), a);
    const bool sizes = !sequences.batch_sizes.is_none(), lengths = !sequences.lengths.is_none();
    if (sizes && lengths) fail<ValueError>(op, ": sequences have batch_sizes or lengths, not both");
    if (!lengths && total_given_) fail<ValueError>(op, ": total_length needs lengths");
    shape.dtype = a.dtype;
    x_rows = sizes || (lengths && a.ndim == 2), y_rows = sizes;
    check_ndim(a, name, x_rows ? 2 : 3, x_rows ? "(N, I)" : "(T, N, I)");
    shape.in = a.shape[a.ndim - 1];
    const auto size = static_cast<Py_ssize_t>(size_of(a.dtype));
    x = {a.data, 0, a.strides[a.ndim - 2] / size, a.strides[a.ndim - 1] / size};
    if (!x_rows) {
        shape.steps = a.shape[0], shape.batch = a.shape[1];
        shape.rows = shape.steps * shape.batch;
        if (shape.steps == 0)
            fail<ValueError>(op, ": input must have at least one step, got shape ", shape_text(a));
        x.step = a.strides[0] / size;
    } else {
        shape.rows = a.shape[0];
    }
    if (sizes) read_batch_sizes(sequences.batch_sizes);
    if (lengths) {
        read_lengths(sequences.lengths, a);
        set_total_length(a);
    }
    // With one sample per step, rows are as far apart as steps.
    if (!x_rows && shape.lengths == nullptr && shape.batch == 1) x.sample = x.step;
}

void RnnLayer::read_weights() {
    for (int d = 0; d < shape.directions; ++d) read_direction(d);
}

void RnnLayer::read_direction(int d) {
    rnn::Shape& s = shape;
    const dim_t gates = cell.gates;
    const auto at = [&](int i) { return py::handle(PyTuple_GET_ITEM(params_[d].ptr(), i)); };
    const auto vector = [&](int i, const char* name, dim_t n) {
        const Array a = dense(at(i), name);
        check_shape(a, {op, name}, {n});
        return a.data;
    };
    const auto matrix = [&](int i, const char* name, dim_t m, dim_t n) {
        const Array a = dense(at(i), name);
        check_shape(a, {op, name}, {m, n});
        return a.data;
    };
    const bool has_projection = params_[d].size() == 5 && !at(4).is_none();
    if (d == 0) {
        const Array hh = dense(at(1), "w_hh");
        check_ndim(hh, {op, "w_hh"}, 2, "(G H, H)");
        s.hidden = hh.shape[0] / gates, s.out = hh.shape[1];
        projected = has_projection;
        bias = !at(2).is_none();
        if (!projected) s.hidden = s.out;
        if (s.hidden < 1 || s.out < 1)
            fail<ValueError>(op, ": hidden size must be positive, got w_hh of shape ",
                             shape_text(hh));
    }
    if (has_projection != projected || at(2).is_none() == bias || at(3).is_none() == bias ||
        (cell.normalized && at(7).is_none() == bias))
        fail<ValueError>(op, ": all directions and both of b_ih and b_hh",
                         cell.normalized ? ", and b_c," : "", " must have a bias, or none");
    rnn::Weights& w = weights[d];
    w.hh = matrix(1, "w_hh", gates * s.hidden, s.out);
    w.ih = matrix(0, "w_ih", gates * s.hidden, s.in);
    if (bias) {
        w.b_ih = vector(2, "b_ih", gates * s.hidden);
        w.b_hh = vector(3, "b_hh", gates * s.hidden);
    }
    if (projected) w.hr = matrix(4, "w_hr", s.out, s.hidden);
    if (!cell.normalized) return;
    w.gain_ih = vector(4, "gain_ih", gates * s.hidden);
    w.gain_hh = vector(5, "gain_hh", gates * s.hidden);
    w.gain_c = vector(6, "gain_c", s.hidden);
    if (bias) w.b_c = vector(7, "b_c", s.hidden);
}

}  // namespace fastnn::bind
