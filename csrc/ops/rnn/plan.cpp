#include "ops/rnn/plan.h"

namespace fastnn::rnn {
namespace {

bool rows_are_equally_spaced(const Shape& s, const Input& x) {
    if (s.lengths != nullptr) return s.x_steps == 0;
    return s.batch_sizes != nullptr || s.steps == 1 || s.batch == 1 || x.step == s.batch * x.sample;
}

}  // namespace

Plan::Plan(const Shape& s, const Input& input, bool is_projected, bool is_single)
    : sequence(s),
      cell(traits_of(s.mode)),
      projected(is_projected),
      single(is_single),
      gather_x(!rows_are_equally_spaced(s, input)),
      y_padded(s.lengths != nullptr && s.y_steps > 0),
      y_row(s.directions * s.out),
      gates_row(cell.columns() * s.hidden),
      layout(s.dtype) {}

void Plan::add_common(const Shape& s, bool has_h0, bool has_c0, bool has_mask) {
    packed = layout.add(single ? 0 : recurrent.size(), s.directions);
    packed_projection = layout.add(projected ? projection.size() : 0, s.directions);
    x = layout.add(gather_x ? s.rows * s.in : 0, 1);
    const bool sorted = sequence.order() != nullptr;
    h0 = layout.add(sorted && has_h0 ? s.batch * s.out : 0, s.directions);
    c0 = layout.add(sorted && has_c0 ? s.batch * s.hidden : 0, s.directions);
    mask = layout.add(sorted && has_mask ? s.batch * s.out : 0, s.directions);
}

ForwardPlan::ForwardPlan(const Args& a, const gemm::Blocking& blocking)
    : Plan(a.shape, a.x, a.direction[0].weights.hr != nullptr,
           a.shape.steps == 1 && !traits_of(a.shape.mode).normalized),
      sums_in_y(!cell.saves_gates && !y_padded),
      state_row(layout.row(a.shape.out)) {
    const Shape& s = a.shape;
    const Args::Direction& first = a.direction[0];
    recurrent = PanelShape(s.out, s.hidden, cell.gates, blocking);
    if (projected) projection = PanelShape(s.hidden, s.out, 1, blocking);
    const StepCost cost{single ? 0 : s.out, cell.gates * s.hidden, cell.forward_ns,
                        !projected && !cell.normalized};
    partition = partition_of(s, cost, blocking);
    add_common(s, first.h0 != nullptr, false, first.mask != nullptr);
    states = layout.add(s.batch * state_row, 2 * s.directions);
    bias = layout.add(cell.gates * s.hidden, s.directions);
    gates = layout.add(first.gates != nullptr || sums_in_y ? 0 : s.rows * gates_row, s.directions);
    const bool sorted = sequence.order() != nullptr;
    running = layout.add(sorted && cell.carries_state() ? s.batch * s.hidden : 0, s.directions);
    local_row = projected                                   ? layout.row(s.hidden)
                : cell.normalized && first.norms == nullptr ? layout.row(4 * s.hidden)
                                                            : 0;
    local = layout.add(s.batch * local_row, partition.threads);
}

BackwardPlan::BackwardPlan(const BackwardArgs& a, const gemm::Blocking& blocking)
    : Plan(a.shape, a.x, a.direction[0].weights.hr != nullptr, a.shape.steps == 1),
      scatter_dx(a.dx != nullptr && a.shape.lengths != nullptr && a.shape.x_steps > 0),
      recurrent_row(layout.row(cell.gates * a.shape.hidden)),
      groups(cell.normalized ? ceil_div(a.shape.batch, kSumGroup) : 0) {
    const Shape& s = a.shape;
    const BackwardArgs::Direction& first = a.direction[0];
    const bool sorted = sequence.order() != nullptr;
    gather_x = gather_x && first.dw_ih != nullptr;
    recurrent = PanelShape(cell.gates * s.hidden, s.out, 1, blocking);
    if (projected) projection = PanelShape(s.out, s.hidden, 1, blocking);
    const StepCost cost{single ? 0 : cell.gates * s.hidden, s.out, cell.backward_ns,
                        !projected && !cell.normalized};
    partition = partition_of(s, cost, blocking);
    product_row = cell.normalized ? layout.row(s.out) : recurrent.panel;
    hidden_row = projected ? layout.row(s.out) : 0;
    add_common(s, first.h0 != nullptr, first.c0 != nullptr, first.mask != nullptr);
    drecurrent = layout.add(s.batch * recurrent_row, 2 * s.directions);
    dgates = layout.add(first.dgates == nullptr ? cell.matrices() * s.rows * gates_row : 0,
                        s.directions);
    dhidden = layout.add(projected ? s.rows * s.out : 0, s.directions);
    sums = layout.add(groups * kNormSums * s.hidden, s.directions);
    zeros = layout.add(std::max(s.hidden, s.out), 1);
    local = layout.add(s.batch * (product_row + hidden_row), partition.threads);
    products = single ? layout.add(first.mask != nullptr ? s.batch * s.out : 0, 1)
                      : layout.add(s.batch * product_row, s.directions * recurrent.panels());
    // Full sequences without a mask read the states before a step in y.
    const bool copied = first.dw_hh != nullptr && (!sequence.full() || first.mask != nullptr);
    before = layout.add(copied ? s.rows * s.out : 0, 1);
    column_sums = layout.add(std::max(gates_row, cell.normalized ? kNormSums * s.hidden : 0), 1);
    dh0 = layout.add(sorted ? s.batch * s.out : 0, s.directions);
    dc0 = layout.add(sorted && cell.has_cell_state ? s.batch * s.hidden : 0, s.directions);
    dx = layout.add(scatter_dx ? s.rows * s.in : 0, 1);
}

}  // namespace fastnn::rnn
