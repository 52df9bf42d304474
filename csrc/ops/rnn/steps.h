// What forward and backward through time share: rows of steps, packed weights, and how the work of
// a step is cut among threads.
#pragma once

#include <algorithm>
#include <cstring>

#include "core/cache.h"
#include "core/integer.h"
#include "core/launch.h"
#include "core/memory.h"
#include "core/parallel.h"
#include "ops/gemm/blocks.h"
#include "ops/gemm/gemm.h"
#include "ops/rnn/rnn.h"

namespace fastnn::rnn {

extern const Kernel<Args> kForward[kModes];  // by Mode
extern const Kernel<BackwardArgs> kBackward[kModes];

template <class T>
const TypedKernels<T>& cells() {
    return isa::table<TypedKernels<T>>();
}

template <class T>
const NormKernels<T>& norm_cells() {
    return isa::table<NormKernels<T>>();
}
template <class T>
Gains<T> gains_of(const Weights& w) {
    const auto at = [](const void* p) { return static_cast<const T*>(p); };
    return {at(w.gain_ih), at(w.gain_hh), at(w.gain_c), at(w.b_ih), at(w.b_hh), at(w.b_c)};
}

// A row stride of an odd number of lines: the rows of a tile spread over all sets of L1.
template <class T>
long padded(long columns) {
    return odd_lines(columns, sizeof(T));
}

// Which rows each step has, and the order in which a direction takes the steps.
class Steps {
 public:
    explicit Steps(const Shape& s)
        : steps_(s.steps),
          batch_(s.batch),
          sizes_(s.batch_sizes),
          offsets_(s.batch_sizes != nullptr ? static_cast<std::size_t>(s.steps) : 0) {
        for (long t = 0, at = 0; sizes_ != nullptr && t < steps_; at += sizes_[t++])
            offsets_.data()[t] = at;
    }
    // Step number s on the way of a direction is time(d, s).
    long time(int direction, long s) const { return direction == 0 ? s : steps_ - 1 - s; }
    long rows(long t) const { return sizes_ != nullptr ? static_cast<long>(sizes_[t]) : batch_; }
    long offset(long t) { return sizes_ != nullptr ? offsets_.data()[t] : t * batch_; }
    // Of the samples begin .. end - 1, how many have a step number s; none before the first step
    // and after the last.
    long active(int direction, long s, long begin, long end) const {
        if (s < 0 || s >= steps_) return 0;
        return std::clamp(rows(time(direction, s)) - begin, 0L, end - begin);
    }
    // The last step of a sample.
    template <class F>
    void each_last(F f) {  // f(sample, t)
        for (long t = steps_ - 1, done = 0; t >= 0; --t) {
            for (; done < rows(t); ++done) f(done, t);
        }
    }

 private:
    long steps_, batch_;
    const int64_t* sizes_;
    Scratch<long> offsets_;
};

// One or several K x N operands packed side by side: of each panel of columns all parts, so that
// the gates of a few units are computed together and their cell follows at once.
template <class T>
class Panels {
 public:
    struct Part {
        long column;  // of the output
        T beta;
        const T* bias;
    };
    Panels() = default;
    // Element (k, j) of part p is b[k * row + j * col + p * part].
    Panels(long k, long n, long parts, const T* b, long row, long col, long part)
        : f_(&isa::table<gemm::TypedKernels<T>>()),
          k_(k),
          n_(n),
          parts_(parts),
          b_(b),
          row_(row),
          col_(col),
          part_(part) {
        depth_ = gemm::k_blocks(k, f_->blocking.kc).size;
    }
    long panel() const { return f_->blocking.nr; }
    long panels() const { return ceil_div(n_, panel()); }
    long width(long p) const { return std::min(panel(), n_ - p * panel()); }
    std::size_t size() const {
        return checked_bytes(static_cast<std::size_t>(k_ * parts_),
                             static_cast<std::size_t>(round_up(n_, f_->blocking.width)));
    }
    void set_packed(T* packed) { packed_ = packed; }
    void pack(long panel) const {
        for_blocks(panel, [&](long k, long depth, long p, T* to) {
            f_->pack_b(b_ + k * row_ + panel * this->panel() * col_ + p * part_, row_, col_, depth,
                       width(panel), to);
        });
    }
    // c[:, part.column ...] = a b + part.beta c + part.bias, for one panel of columns; c points at
    // the panel's own first column.
    void multiply(long panel, long rows, const T* a, long a_row, T* c, long c_row,
                  const Part* parts) const {
        if (rows <= 0) return;
        if (rows == 1 && parts_ >= 3 && width(panel) == this->panel())
            return multiply_row(panel, a, c, parts);
        gemm::Block<T> g{};
        g.m = rows, g.n = width(panel);
        g.a_row = a_row, g.a_k = 1;
        g.b_panels = true;
        g.c_row = c_row;
        g.alpha = 1;
        for_blocks(panel, [&](long k, long depth, long p, const T* b) {
            g.k = depth, g.a = a + k, g.b = b;
            g.c = c + parts[p].column;
            g.beta = k == 0 ? parts[p].beta : T(1);
            g.bias = k + depth == k_ ? parts[p].bias : nullptr;
            f_->block(g);
        });
    }

 private:
    void multiply_row(long panel, const T* a, T* c, const Part* parts) const {
        OneRow<T> row{};
        row.parts = static_cast<int>(parts_), row.row = this->panel();
        for_blocks(panel, [&](long k, long depth, long p, const T* b) {
            if (p == 0) row.b = b;
            row.c[p] = c + parts[p].column;
            row.beta[p] = k == 0 ? parts[p].beta : T(1);
            row.bias[p] = k + depth == k_ ? parts[p].bias : nullptr;
            if (p + 1 < parts_) return;
            row.depth = depth, row.a = a + k, row.part = depth * this->panel();
            cells<T>().one_row(row);
        });
    }
    template <class F>
    void for_blocks(long panel, F f) const {
        const long wide = round_up(width(panel), f_->blocking.width);
        T* at = packed_ + panel * this->panel() * k_ * parts_;
        for (long k = 0; k < k_; k += depth_) {
            const long depth = std::min(depth_, k_ - k);
            for (long p = 0; p < parts_; ++p, at += depth * wide) f(k, depth, p, at);
        }
    }

    const gemm::TypedKernels<T>* f_ = nullptr;
    long k_ = 0, n_ = 0, parts_ = 0, depth_ = 8;
    const T* b_ = nullptr;
    long row_ = 0, col_ = 0, part_ = 0;
    T* packed_ = nullptr;
};

// How the steps are cut among threads. By samples: each thread takes its samples through all steps
// and meets nobody. By units: all meet at every step, but each reads its own part of the weights
// alone, which then may fit its cache.
struct Cut {
    bool by_units;
    int threads;
    long tasks;      // by samples: of each direction
    double step_ns;  // of all threads together
};
// `k` x `n` is the recurrent product of one direction's step, `element_ns` what a unit's cell
// costs.
Cut cut(const Shape& shape, double k, double n, double element_ns, bool may_cut_units);

// Gradients of gains are summed row by row, on the way back through time; so many samples share
// their sums, and are never cut apart.
constexpr long kTogether = 4;
constexpr long together(Mode mode) {
    return mode == Mode::layer_norm_lstm ? kTogether : 1;
}

// Samples of task i of `tasks`, with about as many real steps each.
struct Samples {
    long begin, end;
};
Samples samples_of(const Shape& shape, long task, long tasks);

constexpr double kPackNs = 0.15;  // per weight

// Runs body(d, step, samples, first panel, last panel, thread) for all steps, in the order of
// their numbers or backwards; start(d, samples, ...) before the first step.
template <class Body>
void through_time(const Shape& shape, const Cut& cut, long panels, bool backwards, Body body) {
    const double total_ns = cut.step_ns * static_cast<double>(shape.steps);
    const auto number = [&](long i) { return backwards ? shape.steps - 1 - i : i; };
    parallel_ranges(cut.threads, shape.steps, total_ns, [&](Team& team, long begin, long end) {
        if (!cut.by_units) {
            team.for_each_nowait(shape.directions * cut.tasks, [&](long task) {
                const Samples samples = samples_of(shape, task % cut.tasks, cut.tasks);
                for (long i = begin; i < end; ++i)
                    body(static_cast<int>(task / cut.tasks), number(i), samples, 0L, panels,
                         team.thread());
            });
            return;
        }
        // To each thread always the same panels, so that they stay in its core's cache.
        const long all = shape.directions * panels;
        for (long i = begin; i < end; ++i) {
            team.for_each(cut.threads, [&](long share) {
                const long first = all * share / cut.threads,
                           last = all * (share + 1) / cut.threads;
                for (int d = 0; d < shape.directions; ++d) {
                    const long p0 = std::clamp(first - d * panels, 0L, panels),
                               p1 = std::clamp(last - d * panels, 0L, panels);
                    if (p0 < p1) body(d, number(i), Samples{0, shape.batch}, p0, p1, team.thread());
                }
            });
        }
    });
}

template <class T>
void copy(const T* from, long from_row, T* to, long to_row, long rows, long cols) {
    for (long i = 0; i < rows; ++i)
        std::memcpy(to + i * to_row, from + i * from_row,
                    static_cast<std::size_t>(cols) * sizeof(T));
}
template <class T>
void zero(T* to, long to_row, long rows, long cols) {
    for (long i = 0; i < rows; ++i)
        std::memset(to + i * to_row, 0, static_cast<std::size_t>(cols) * sizeof(T));
}
// Rows of a state, times a mask. Without a state zeros, without a mask the state itself.
template <class T>
void copy_state(const T* from, long from_row, const T* mask, long mask_row, T* to, long to_row,
                long rows, long cols) {
    if (rows <= 0) return;
    if (from == nullptr) {
        zero(to, to_row, rows, cols);
    } else if (mask == nullptr) {
        copy(from, from_row, to, to_row, rows, cols);
    } else {
        cells<T>().times(from, from_row, mask, mask_row, to, to_row, rows, cols);
    }
}

}  // namespace fastnn::rnn
