// The docstrings of recurrent layers, composed from what tells the cells apart.
#pragma once

#include <string>

#include "ops/rnn/cells/traits.h"

namespace fastnn::rnn::doc {

struct Words {
    Mode mode;
    const char *layer, *formula, *params;
    const char* arrays;  // the example's parameters behind w_ih and w_hh
    const char *y, *dx;  // of the example
};

constexpr const char* kNoBias = "None, None";

constexpr Words kWords[] = {
    {Mode::tanh, "an Elman layer", "h' = tanh(W x + b + U h + b')", "(H, I), (H, H), (H,) and (H,)",
     kNoBias, "[0.762, 0.762]", "[0.42, 0.42]"},
    {Mode::relu, "an Elman layer", "h' = max(W x + b + U h + b', 0)",
     "(H, I), (H, H), (H,) and (H,)", kNoBias, "[1., 1.]", "[1., 1.]"},
    {Mode::lstm, "an LSTM",
     "c' = f * c + i * g, h' = o * tanh(c').\n\n"
     "Here i, f and o are sigmoid, and g is tanh, of the sums W x + b + U h + b'",
     "(4 H, I), (4 H, H), (4 H,) and (4 H,), for i, f, g and o;\n"
     "    w_hr (P, H) may follow: h is w_hr h then, P wide",
     kNoBias, "[0.37 , 0.545]", "[0.456, 0.33 ]"},
    {Mode::gru, "a GRU",
     "n = tanh(W x + b + r * (U h + b')), h' = n + z * (h - n).\n\n"
     "Here r and z are sigmoid of their sums W x + b + U h + b'",
     "(3 H, I), (3 H, H), (3 H,) and (3 H,), for r, z and n", kNoBias, "[0.205, 0.355]",
     "[-0.064,  0.003]"},
    {Mode::layer_norm_lstm, "an LSTM with layer norm",
     "c' = f * c + i * g, h' = o * tanh(norm(c') + b_c).\n\n"
     "Here i, f and o are sigmoid, and g is tanh, of the sums norm(W x) + b + norm(U h) + b'; "
     "each\n"
     "norm(s) = gain * (s - mean) / sqrt(var + eps) over its units, with a gain of its own",
     "(4 H, I), (4 H, H), (4 H,) and (4 H,); then gain_ih, gain_hh (4 H,), gain_c and b_c (H,)",
     "None, None, np.ones(4), np.ones(4), np.ones(1), None", "[0., 0.]", "[0., 0.]"},
};

static_assert([] {
    int next = 0;
    for (const Words& cell : kWords) {
        if (cell.mode != static_cast<Mode>(next++)) return false;
    }
    return next == kModes;
}());

// The first lines of an example.
inline std::string given(const Words& cell) {
    const std::string gates = std::to_string(traits_of(cell.mode).gates);
    return "\n\n>>> x, w, u = np.ones((2, 1, 1)), np.ones((" + gates + ", 1)), np.zeros((" + gates +
           ", 1))\n>>> params = [(w, u, " + cell.arrays + ")]\n";
}

inline std::string forward(Mode mode) {
    const Words& cell = kWords[static_cast<int>(mode)];
    const bool has_cell = traits_of(mode).has_cell_state;
    const std::string name = traits_of(mode).forward_name, states = has_cell ? "h_0, c_0" : "h_0";
    return "Runs " + std::string(cell.layer) + " through time: " + cell.formula + R"(.

input : float (T, N, I), or (R, I): the steps of sorted sequences without padding, t by t
params : list of (w_ih, w_hh, b_ih, b_hh) for each of D directions, biases or None;
    )" + cell.params +
           "\n" + states + R"( : float (D, N, H) = None; zeros where None
batch_sizes : int (T,) = None; how many sequences have each step; x is (R, I), the longest first
keep : bool = False; whether to return what the backward pass reads
mask : float (D, N, H) = None; factors of h before U
)" + (mode == Mode::layer_norm_lstm ? "eps : number = 1e-5\n" : "") +
           R"(lengths : int (N,) = None; of each sequence, in any order; y is 0 behind it
total_length : int = None; T of y with lengths, 0 for y as rows (R, D * H)
Returns ()" +
           (has_cell ? "y, h_n, c_n, saved) : float (T, N, D * H), (D, N, H), (D, N, H)"
                     : "y, h_n, saved) : float (T, N, D * H), (D, N, H)") +
           " and a tuple." + given(cell) + ">>> y = kernels." + name +
           "(x, params)[0]\n>>> y.ravel().round(3)\narray(" + cell.y + ")";
}

inline std::string backward(Mode mode) {
    const Words& cell = kWords[static_cast<int>(mode)];
    const bool has_cell = traits_of(mode).has_cell_state;
    const std::string forward_name = traits_of(mode).forward_name;
    return "Computes the gradients of `" + forward_name + R"(` in one call.

dy : float, as y, or None
)" + (has_cell ? "dh_n, dc_n" : "dh_n") +
           R"( : float (D, N, H), or None
input, params, )" +
           (has_cell ? "h_0, c_0" : "h_0") +
           R"( : those of the forward pass
batch_sizes, mask, lengths, total_length : those of the forward pass
y, saved : from the forward pass, with keep
need_input, need_params : bool = True; whether dx and dparams are wanted
overwrite : bool = False; whether saved may be overwritten
Returns (dx, dh_0, )" +
           (has_cell ? "dc_0, " : "") + "dparams) : float, as input, h_0" +
           (has_cell ? ", c_0" : "") + " and params; None or ()\n    where not wanted." +
           given(cell) + ">>> y, *_, saved = kernels." + forward_name +
           "(x, params, keep=True)\n>>> args = np.ones_like(y), " +
           (has_cell ? "None, None, x, params, None, None" : "None, x, params, None") +
           ", y, saved\n>>> dx = kernels." + traits_of(mode).backward_name +
           "(*args)[0]\n>>> dx.ravel().round(3)\narray(" + cell.dx + ")";
}

}  // namespace fastnn::rnn::doc
