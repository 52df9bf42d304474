// The arrays of a backward call, for its two parts: the steps, which compute the gradients of all
// gates, and the products over all steps that follow.
#pragma once

#include "ops/rnn/executor.h"

namespace fastnn::rnn {

template <class T>
struct BackwardArrays {
    BackwardArrays(const BackwardArgs& args, const BackwardPlan& p, T* w)
        : a(args),
          s(args.shape),
          plan(p),
          q(p.sequence),
          workspace(w),
          y(static_cast<const T*>(args.y), p, args.shape.out),
          dy(static_cast<const T*>(args.dy), p, args.shape.out) {
        for (int d = 0; d < s.directions; ++d) {
            const auto& k = a.direction[d];
            h0[d] = by_place<T>(k.h0, p.h0, w, d, q, s.out);
            c0[d] = by_place<T>(k.c0, p.c0, w, d, q, s.hidden);
            mask[d] = by_place<T>(k.mask, p.mask, w, d, q, s.out);
            dh0[d] = p.dh0.each > 0 ? p.dh0.in(w, d) : static_cast<T*>(k.dh0);
            dc0[d] = p.dc0.each > 0 ? p.dc0.in(w, d) : static_cast<T*>(k.dc0);
        }
    }

    const T* gates(int d, dim_t row) const {
        return static_cast<const T*>(a.direction[d].gates) + row * plan.gates_row;
    }
    T* dgates(int d, dim_t row) const {
        T* const given = static_cast<T*>(a.direction[d].dgates);
        return (given != nullptr ? given : plan.dgates.in(workspace, d)) + row * plan.gates_row;
    }
    // The gradients of U h of step number s, by place.
    T* drecurrent(int d, dim_t step, dim_t place) const {
        return plan.drecurrent.in(workspace, 2 * d + (step & 1)) + place * plan.recurrent_row;
    }
    T* dhidden(int d, dim_t row) const { return plan.dhidden.in(workspace, d) + row * s.out; }
    T* sums(int d, dim_t group) const {
        return plan.sums.in(workspace, d) + group * kNormSums * s.hidden;
    }
    RowView<const T> mask_rows(int d, dim_t place) const {
        return from_row(rows_at(mask[d], s.out), place);
    }
    T* carry(int d, dim_t place) const { return dh0[d] + place * s.out; }
    dim_t row_of(int d, dim_t step, dim_t place) const { return q.offset(q.time(d, step)) + place; }

    // The state before a step of some places, c or h: that of the step before, or the initial one.
    RowView<const T> before(int d, dim_t step, dim_t place, bool has_step) const {
        const bool cell = plan.cell.has_cell_state;
        const dim_t width = cell ? s.hidden : s.out;
        if (has_step && !cell) return y.rows(d, q.time(d, step - 1), place);
        if (has_step) {
            const auto* const cells = static_cast<const T*>(a.direction[d].cells);
            return rows_at(cells + row_of(d, step - 1, place) * width, width);
        }
        const T* const initial = cell ? c0[d] : h0[d];
        if (initial == nullptr) return rows_at<const T>(plan.zeros.in(workspace), 0);
        return rows_at(initial + place * width, width);
    }

    // Sets the summands of dh.
    void add_incoming(int d, dim_t step, dim_t place, dim_t u, const T* product,
                      BackwardStep<T>& c) const {
        c.dy = from_column(dy.rows(d, q.time(d, step), place), u);
        c.product = rows_at(product, plan.product_row);
        c.mask = from_column(mask_rows(d, place), u);
        c.carry = rows_at(carry(d, place) + u, s.out);
    }

    // The operands of units u, u + 1, ... of some places.
    BackwardStep<T> cell_at(int d, dim_t step, dim_t place, dim_t u,
                            RowView<const T> state_before) const {
        BackwardStep<T> c{};
        const dim_t h = s.hidden, row = row_of(d, step, place);
        c.gates = plan.cell.saves_gates ? rows_at(gates(d, row), plan.gates_row)
                                        : y.rows(d, q.time(d, step), place);
        c.gates.data += u;
        c.dgates = rows_at(dgates(d, row) + u, plan.gates_row);
        c.gate = h;
        c.next = rows_at(drecurrent(d, step, place) + u, plan.recurrent_row);
        c.before = from_column(state_before, u);
        if (plan.cell.has_cell_state) {
            c.dcell = rows_at(dc0[d] + place * h + u, h);
            c.cell = rows_at(static_cast<const T*>(a.direction[d].cells) + row * h + u, h);
        }
        return c;
    }

    const BackwardArgs& a;
    const Shape& s;
    const BackwardPlan& plan;
    const Sequence& q;
    T* const workspace;
    const Outputs<const T> y, dy;
    // States and their gradients, by place. From step to step, dh0 holds the part of dh that does
    // not come from the recurrent product, and dc0 the gradient of c.
    const T *h0[2]{}, *c0[2]{}, *mask[2]{};
    T *dh0[2]{}, *dc0[2]{};
};

// The gradients of weights, biases, gains and x, from those of all gates.
template <class T>
void products_over_steps(const BackwardArrays<T>& arrays);

}  // namespace fastnn::rnn
