// The arguments that a recurrent layer's forward and backward share, checked.
#pragma once

#include <vector>

#include "bind/array.h"
#include "ops/rnn/cells/traits.h"

namespace fastnn::bind {

struct RnnSequences {
    py::handle batch_sizes, lengths, total_length;
};

struct RnnLayer {
    const char* op;
    const rnn::CellTraits& cell;
    rnn::Shape shape{};
    rnn::Input x{};
    bool x_rows = false, y_rows = false;  // of real steps only
    bool bias = false, projected = false;
    rnn::Weights weights[2]{};
    const void *h0[2]{}, *c0[2]{}, *mask[2]{};
    // The objects that own the memory of the call: given arrays, their copies, and new ones.
    std::vector<py::handle> owners;

    // Converts what is no array, before any array is looked at: the items of `params`, which the
    // layer holds, and total_length.
    RnnLayer(const char* op, rnn::Mode mode, py::handle params, py::handle total_length);
    void read_input(py::handle input, const RnnSequences& sequences);
    void read_weights();
    // A state (directions, batch, width); parts[d] becomes that of direction d.
    void read_state(py::handle state, const char* argument, dim_t width, const void** parts);

    Array dense(py::handle object, const char* argument);
    // New arrays: of a shape; or (directions, rows, width), and where each direction's part starts.
    py::object output(const std::vector<Py_ssize_t>& of_shape);
    py::object output_parts(dim_t rows, dim_t width, void** parts);
    template <class Args>
    void launch(const Kernel<Args>& kernel, const Args& args) const {
        fastnn::launch(kernel, args, Owners{owners.data(), owners.size()});
    }
    std::vector<Py_ssize_t> x_shape() const;
    std::vector<Py_ssize_t> y_shape() const;

 private:
    std::vector<py::object> copies_;  // live as long as the call
    py::tuple params_[2];             // of each direction
    bool total_given_ = false;
    dim_t total_length_ = 0;

    Array keep(py::object copy, const Array& a);
    void read_batch_sizes(py::handle object);
    void read_lengths(py::handle object, const Array& input);
    void set_total_length(const Array& input);
    void read_direction(int d);
};

}  // namespace fastnn::bind
