// What the executors of forward and backward share.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/launch.h"
#include "core/parallel.h"
#include "ops/rnn/cost.h"
#include "ops/rnn/plan.h"

namespace fastnn::rnn {

extern const Kernel<Args> kForward[kModes];  // by Mode
extern const Kernel<BackwardArgs> kBackward[kModes];

template <class T>
const NormKernels<T>& norm_cell_kernels() {
    return isa::table<NormKernels<T>>();
}
template <class T>
Gains<T> gains_of(const Weights& w) {
    const auto at = [](const void* p) { return static_cast<const T*>(p); };
    return {at(w.gain_ih), at(w.gain_hh), at(w.gain_c), at(w.b_ih), at(w.b_hh), at(w.b_c)};
}

// Rows at equal distances.
template <class T>
RowView<T> rows_at(T* data, dim_t stride) {
    return {data, stride, nullptr};
}
// The same rows, from column `col` on.
template <class T>
RowView<T> from_column(RowView<T> rows, dim_t col) {
    if (rows.data != nullptr) rows.data += col;
    return rows;
}
// The same columns, from row `begin` on.
template <class T>
RowView<T> from_row(RowView<T> rows, dim_t begin) {
    if (rows.index != nullptr) {
        rows.index += begin;
    } else if (rows.data != nullptr) {
        rows.data += begin * rows.stride;
    }
    return rows;
}
template <class T>
T* row_at(const RowView<T>& rows, dim_t i) {
    return rows.data + (rows.index != nullptr ? rows.index[i] : i) * rows.stride;
}

template <class T>
void copy_row(const T* from, T* to, dim_t cols) {
    std::memcpy(to, from, static_cast<std::size_t>(cols) * sizeof(T));
}
template <class T>
void zero_row(T* to, dim_t cols) {
    std::memset(to, 0, static_cast<std::size_t>(cols) * sizeof(T));
}
template <class T>
void copy_rows(RowView<const T> from, RowView<T> to, dim_t rows, dim_t cols) {
    for (dim_t i = 0; i < rows; ++i) copy_row(row_at(from, i), row_at(to, i), cols);
}
// Rows of a state, times a mask: zeros without a state, the state itself without a mask.
template <class T>
void copy_state(RowView<const T> from, RowView<const T> mask, RowView<T> to, dim_t rows,
                dim_t cols) {
    if (rows <= 0) return;
    if (from.data == nullptr) {
        for (dim_t i = 0; i < rows; ++i) zero_row(row_at(to, i), cols);
    } else if (mask.data == nullptr) {
        copy_rows(from, to, rows, cols);
    } else {
        cell_kernels<T>().times(from, mask, to, rows, cols);
    }
}

// y or dy, padded or not.
template <class T>
class Outputs {
 public:
    Outputs(T* data, const Plan& plan, dim_t out) : data_(data), plan_(plan), out_(out) {}
    // The rows of direction d at step t, from a place on.
    RowView<T> rows(int d, dim_t t, dim_t place) const {
        if (data_ == nullptr) return {nullptr, plan_.y_row, nullptr};
        const Sequence& q = plan_.sequence;
        T* const column = data_ + d * out_;
        if (plan_.y_padded)
            return {column + t * q.batch() * plan_.y_row, plan_.y_row, q.order() + place};
        return rows_at(column + (q.offset(t) + place) * plan_.y_row, plan_.y_row);
    }
    // All rows, where they are not padded.
    T* packed(int d, dim_t row) const { return data_ + row * plan_.y_row + d * out_; }

 private:
    T* data_;
    const Plan& plan_;
    dim_t out_;
};

// A state that the caller gave, by place: itself, or a sorted copy in the workspace.
template <class T>
const T* by_place(const void* given, const Span& span, T* workspace, int d, const Sequence& q,
                  dim_t width) {
    const auto* const from = static_cast<const T*>(given);
    if (from == nullptr || q.order() == nullptr) return from;
    T* const to = span.in(workspace, d);
    copy_rows<T>({from, width, q.order()}, rows_at(to, width), q.batch(), width);
    return to;
}
// Back to the caller's order.
template <class T>
void to_samples(const T* from, void* to, const Sequence& q, dim_t width) {
    copy_rows<T>(rows_at(from, width), {static_cast<T*>(to), width, q.order()}, q.batch(), width);
}

// x by rows of real steps, dense.
template <class T>
void gather_input(const Sequence& q, const Input& x, dim_t cols, T* to) {
    const auto* const from = static_cast<const T*>(x.data);
    parallel_for(q.steps(), cost::kCopy * static_cast<double>(q.batch() * cols), [&](dim_t t) {
        for (dim_t place = 0; place < q.rows(t); ++place) {
            const T* const row = from + t * x.step + q.sample(place) * x.sample;
            T* const out = to + (q.offset(t) + place) * cols;
            if (x.col == 1) {
                copy_row(row, out, cols);
            } else {
                for (dim_t j = 0; j < cols; ++j) out[j] = row[j * x.col];
            }
        }
    });
}
// Copies rows of real steps to their places in a padded batch of dense rows and sets all other rows
// to zero. `from` may be null: then it only sets the padding.
template <class T>
void scatter_padded(const Sequence& q, const T* from, dim_t cols, T* to, dim_t steps) {
    parallel_for(steps, cost::kCopy * static_cast<double>(q.batch() * cols), [&](dim_t t) {
        T* const step = to + t * q.batch() * cols;
        const dim_t real = t < q.steps() ? q.rows(t) : 0;
        for (dim_t place = 0; from != nullptr && place < real; ++place)
            copy_row(from + (q.offset(t) + place) * cols, step + q.sample(place) * cols, cols);
        for (dim_t place = real; place < q.batch(); ++place)
            zero_row(step + q.sample(place) * cols, cols);
    });
}

template <class T>
void pack_all(const Panels<T>* panels, int directions) {
    const PanelShape& shape = panels[0].shape();
    const dim_t count = shape.panels();
    parallel_for(directions * count,
                 cost::kPack * static_cast<double>(shape.k * shape.parts * shape.panel),
                 [&](dim_t i) { panels[i / count].pack(i % count); });
}

// Runs body(d, step, samples, first panel, last panel, thread) for all steps, in ascending or
// descending order.
template <class Body>
void through_time(const Shape& shape, const Plan& plan, bool backwards, Body body) {
    const Partition& p = plan.partition;
    const dim_t panels = plan.recurrent.panels();
    const auto number = [&](dim_t i) { return backwards ? shape.steps - 1 - i : i; };
    const auto by_samples = [&](Team& team) {
        // The steps of a chunk take kTurnNs at most.
        const double turns = std::max(1.0, p.step_ns * static_cast<double>(shape.steps) / kTurnNs);
        const auto together =
            static_cast<dim_t>(std::ceil(static_cast<double>(shape.steps) / turns));
        for (dim_t begin = 0; begin < shape.steps; begin += together) {
            const dim_t end = std::min(shape.steps, begin + together);
            team.for_each(shape.directions * p.tasks, [&](dim_t task) {
                const Samples samples =
                    samples_of(plan.sequence, sum_group(shape.mode), task % p.tasks, p.tasks);
                for (dim_t i = begin; i < end; ++i)
                    body(static_cast<int>(task / p.tasks), number(i), samples, dim_t{0}, panels,
                         team.thread());
            });
        }
    };
    // A thread gets the same panels at every step, so that they stay in its core's cache.
    const auto by_units = [&](Team& team) {
        const dim_t all = shape.directions * panels;
        for (dim_t i = 0; i < shape.steps; ++i) {
            team.for_each(p.threads, [&](dim_t share) {
                const dim_t first = all * share / p.threads, last = all * (share + 1) / p.threads;
                for (int d = 0; d < shape.directions; ++d) {
                    const dim_t p0 = std::clamp(first - d * panels, dim_t{0}, panels),
                                p1 = std::clamp(last - d * panels, dim_t{0}, panels);
                    if (p0 < p1) body(d, number(i), Samples{0, shape.batch}, p0, p1, team.thread());
                }
            });
        }
    };
    parallel_team(p.threads, [&](Team& team) { p.by_units ? by_units(team) : by_samples(team); });
}

}  // namespace fastnn::rnn
