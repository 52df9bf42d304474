// What drivers and bindings know of a cell. Its arithmetic is in the kernels of this folder.
#pragma once

#include "ops/rnn/rnn.h"

namespace fastnn::rnn {

struct CellTraits {
    const char *forward_name, *backward_name;
    dim_t gates;  // blocks of H in the weights
    // The number of leading gates for which U h is added to W x. The products U h of the other
    // gates are stored separately, in blocks after the gates, with their own biases (n of GRU).
    dim_t summed;
    bool saves_gates;     // or y alone is what backward needs
    bool has_cell_state;  // c, in addition to h
    // W x and U h are each normalized over all units: cells compute whole rows, with U h in a
    // separate matrix.
    bool normalized;
    double forward_ns, backward_ns;  // of a unit of one sample, for the cost model

    constexpr dim_t columns() const { return 2 * gates - summed; }   // of `gates`, in blocks of H
    constexpr dim_t matrices() const { return normalized ? 2 : 1; }  // of `gates`: W x, U h
    // The cell reads h or c itself, which is carried from step to step.
    constexpr bool carries_state() const { return saves_gates; }
};

constexpr CellTraits kCells[kModes] = {
    {"rnn_tanh", "rnn_tanh_backward", 1, 1, false, false, false, 2, 1.5},
    {"rnn_relu", "rnn_relu_backward", 1, 1, false, false, false, 2, 1.5},
    {"lstm", "lstm_backward", 4, 4, true, true, false, 2, 1.5},
    {"gru", "gru_backward", 3, 2, true, false, false, 2, 1.5},
    {"layer_norm_lstm", "layer_norm_lstm_backward", 4, 4, true, true, true, 4, 6},
};
constexpr const CellTraits& traits_of(Mode mode) {
    return kCells[static_cast<int>(mode)];
}

}  // namespace fastnn::rnn
