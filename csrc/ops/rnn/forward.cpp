#include "ops/rnn/executor.h"

namespace fastnn::rnn {
namespace {

template <class T>
struct ForwardArrays {
    ForwardArrays(const Args& args, const ForwardPlan& p, T* w)
        : a(args),
          s(args.shape),
          plan(p),
          q(p.sequence),
          workspace(w),
          y(static_cast<T*>(args.y), p, args.shape.out) {
        for (int d = 0; d < s.directions; ++d) {
            const auto& k = a.direction[d];
            h0[d] = by_place<T>(k.h0, p.h0, w, d, q, s.out);
            mask[d] = by_place<T>(k.mask, p.mask, w, d, q, s.out);
            running[d] = p.running.each > 0 ? p.running.in(w, d) : given_running(d);
        }
    }

    T* gates(int d, dim_t row) const {
        if (plan.sums_in_y) return y.packed(d, row);
        T* const saved = static_cast<T*>(a.direction[d].gates);
        return (saved != nullptr ? saved : plan.gates.in(workspace, d)) + row * plan.gates_row;
    }
    dim_t gates_row() const { return plan.sums_in_y ? plan.y_row : plan.gates_row; }
    T* state(int d, dim_t step, dim_t place) const {
        return plan.states.in(workspace, 2 * d + (step & 1)) + place * plan.state_row;
    }
    // c or h is updated in the array of the last state.
    T* given_running(int d) const {
        const auto& k = a.direction[d];
        if (!plan.cell.carries_state()) return nullptr;
        return static_cast<T*>(plan.cell.has_cell_state ? k.c_n : k.h_n);
    }
    RowView<const T> mask_rows(int d, dim_t place) const {
        return from_row(rows_at(mask[d], s.out), place);
    }
    dim_t row_of(int d, dim_t step, dim_t place) const { return q.offset(q.time(d, step)) + place; }

    const Args& a;
    const Shape& s;
    const ForwardPlan& plan;
    const Sequence& q;
    T* const workspace;
    const Outputs<T> y;
    // By place.
    const T *h0[2]{}, *mask[2]{};
    T* running[2]{};  // c or h, from step to step; null without one
};

// The sums of the gates before the steps: W x and the biases, and for a single step also U h.
template <class T>
class InitialSums {
 public:
    explicit InitialSums(const ForwardArrays<T>& arrays)
        : m_(arrays), a_(arrays.a), s_(arrays.s), p_(arrays.plan) {}

    void input_product(int d) const {
        gemm::Problem<T> p;
        p.m = s_.rows, p.n = p_.cell.gates * s_.hidden, p.k = s_.in;
        if (p_.gather_x) {
            p.a = {p_.x.in(m_.workspace), s_.in, 1};
        } else {
            p.a = {static_cast<const T*>(a_.x.data), a_.x.sample, a_.x.col};
        }
        p.b = {static_cast<const T*>(a_.direction[d].weights.ih), 1, s_.in};
        p.c = m_.gates(d, 0), p.c_stride = m_.gates_row();
        p.epilogue.bias = bias_of(d);
        gemm::multiply(p);
    }

    // U h of a single step.
    void recurrent_product(int d) const {
        const auto& k = a_.direction[d];
        const dim_t h = s_.hidden;
        gemm::Problem<T> p;
        p.m = s_.batch, p.k = k.h0 != nullptr ? s_.out : 0;
        p.a = {m_.state(d, 0, 0), p_.state_row, 1};
        const auto part = [&](dim_t first, dim_t count, dim_t column, T beta, const T* bias) {
            p.n = count * h;
            p.b = {static_cast<const T*>(k.weights.hh) + first * h * s_.out, 1, s_.out};
            p.c = m_.gates(d, 0) + column * h, p.c_stride = m_.gates_row();
            p.beta = beta, p.epilogue.bias = bias;
            gemm::multiply(p);
        };
        const dim_t summed = p_.cell.summed, apart = p_.cell.gates - summed;
        const auto* const bias = static_cast<const T*>(k.weights.b_hh);
        part(0, summed, 0, 1, nullptr);
        if (apart > 0)
            part(summed, apart, p_.cell.gates, 0, bias != nullptr ? bias + summed * h : nullptr);
    }

 private:
    // The biases of W x and U h are added, except for gates whose products are stored separately.
    const T* bias_of(int d) const {
        const Weights& w = a_.direction[d].weights;
        if (w.b_ih == nullptr || p_.cell.normalized) return nullptr;
        const auto *b = static_cast<const T*>(w.b_ih), *c = static_cast<const T*>(w.b_hh);
        T* const sum = p_.bias.in(m_.workspace, d);
        const dim_t both = p_.cell.summed * s_.hidden;
        for (dim_t i = 0; i < p_.cell.gates * s_.hidden; ++i)
            sum[i] = i < both ? b[i] + c[i] : b[i];
        return sum;
    }

    const ForwardArrays<T>& m_;
    const Args& a_;
    const Shape& s_;
    const ForwardPlan& p_;
};

template <class T>
class Forward {
 public:
    explicit Forward(const ForwardArrays<T>& arrays)
        : m_(arrays),
          a_(arrays.a),
          s_(arrays.s),
          p_(arrays.plan),
          q_(arrays.q),
          f_(cell_kernels<T>()) {
        for (int d = 0; d < s_.directions; ++d) {
            const Weights& w = a_.direction[d].weights;
            recurrent_[d] = Panels<T>(p_.recurrent,
                                      {static_cast<const T*>(w.hh), 1, s_.out, s_.hidden * s_.out},
                                      p_.packed.in(m_.workspace, d));
            projection_[d] =
                Panels<T>(p_.projection, {static_cast<const T*>(w.hr), 1, s_.hidden, 0},
                          p_.packed_projection.in(m_.workspace, d));
        }
    }

    void run() {
        if (!p_.single) pack_all(recurrent_, s_.directions);
        if (p_.projected) pack_all(projection_, s_.directions);
        if (p_.gather_x) gather_input(q_, a_.x, s_.in, p_.x.in(m_.workspace));
        if (p_.y_padded)
            scatter_padded<T>(q_, nullptr, p_.y_row, static_cast<T*>(a_.y), s_.y_steps);
        const InitialSums<T> sums(m_);
        for (int d = 0; d < s_.directions; ++d) {
            sums.input_product(d);
            if (m_.running[d] != nullptr) start_running(d);
            start(d, 0, 0, q_.active(d, 0, 0, s_.batch), 0, s_.out);
            if (p_.single) sums.recurrent_product(d);
        }
        through_time(s_, p_, false,
                     [&](int d, dim_t s, Samples samples, dim_t p0, dim_t p1, int thread) {
                         step(d, s, samples, p0, p1, p_.local.in(m_.workspace, thread));
                     });
        for (int d = 0; d < s_.directions; ++d) last_states(d);
    }

 private:
    void start_running(int d) const {
        const auto& k = a_.direction[d];
        const void* const given = p_.cell.has_cell_state ? k.c0 : k.h0;
        copy_state<T>({static_cast<const T*>(given), s_.hidden, q_.order()}, {},
                      rows_at(m_.running[d], s_.hidden), s_.batch, s_.hidden);
    }

    // Copies the initial states of the places begin .. end - 1, whose first step is number s, to
    // where that step reads them.
    void start(int d, dim_t s, dim_t begin, dim_t end, dim_t u0, dim_t u1) const {
        copy_state(from_column(from_row(rows_at(m_.h0[d], s_.out), begin), u0),
                   from_column(m_.mask_rows(d, begin), u0),
                   rows_at(m_.state(d, s, begin) + u0, p_.state_row), end - begin, u1 - u0);
    }

    void step(int d, dim_t s, Samples samples, dim_t p0, dim_t p1, T* local) const {
        const dim_t rows = q_.active(d, s, samples.begin, samples.end);
        const dim_t panel = p_.recurrent.panel;
        if (rows > 0 && p_.cell.normalized) {
            normalized_cells(d, s, rows, samples.begin, local);
        } else if (rows > 0) {
            cells(d, s, rows, samples.begin, p0, p1, local);
        }
        if (rows > 0 && p_.projected) project(d, s, rows, samples.begin, local);
        // Samples whose first step is the next one.
        if (const dim_t more = q_.active(d, s + 1, samples.begin, samples.end); more > rows) {
            start(d, s + 1, samples.begin + rows, samples.begin + more,
                  p_.projected ? 0 : p0 * panel,
                  p_.projected ? s_.out : std::min(s_.out, p1 * panel));
        }
    }

    // The operands of units u, u + 1, ... of some places.
    ForwardStep<T> cell_at(int d, dim_t s, dim_t rows, dim_t place, dim_t u) const {
        const dim_t row = m_.row_of(d, s, place);
        auto* const cells = static_cast<T*>(a_.direction[d].cells);
        ForwardStep<T> c{};
        c.rows = rows;
        c.gates = rows_at(m_.gates(d, row) + u, m_.gates_row()), c.gate = s_.hidden;
        c.cell = from_column(from_row(rows_at(m_.running[d], s_.hidden), place), u);
        c.cells = from_column(from_row(rows_at(cells, s_.hidden), row), u);
        c.h = from_column(m_.y.rows(d, q_.time(d, s), place), u);
        c.next = rows_at(m_.state(d, s + 1, place) + u, p_.state_row);
        c.mask = from_column(m_.mask_rows(d, place), u);
        return c;
    }

    void cells(int d, dim_t s, dim_t rows, dim_t place, dim_t p0, dim_t p1, T* hidden) const {
        typename Panels<T>::Part parts[4];
        const CellTraits& cell = p_.cell;
        const auto* const bias = static_cast<const T*>(a_.direction[d].weights.b_hh);
        for (dim_t p = p0; p < p1; ++p) {
            const dim_t u = p * p_.recurrent.panel;
            for (dim_t g = 0; g < cell.gates; ++g) {
                const bool apart = g >= cell.summed;
                parts[g] = {(apart ? g - cell.summed + cell.gates : g) * s_.hidden,
                            T(apart ? 0 : 1),
                            apart && bias != nullptr ? bias + g * s_.hidden + u : nullptr};
            }
            ForwardStep<T> c = cell_at(d, s, rows, place, u);
            c.units = p_.recurrent.width(p);
            if (!p_.single)
                recurrent_[d].multiply(p, rows, m_.state(d, s, place), p_.state_row, c.gates.data,
                                       c.gates.stride, parts);
            if (p_.projected) {
                auto* const saved = static_cast<T*>(a_.direction[d].hidden);
                c.h = from_column(from_row(rows_at(saved, s_.hidden), m_.row_of(d, s, place)), u);
                c.next = rows_at(hidden + u, p_.local_row);
                c.mask = {};
            }
            f_.forward[static_cast<int>(s_.mode)](c);
        }
    }

    void project(int d, dim_t s, dim_t rows, dim_t place, const T* hidden) const {
        const typename Panels<T>::Part part{0, 0, nullptr};
        T* const to = m_.state(d, s + 1, place);
        for (dim_t p = 0; p < p_.projection.panels(); ++p)
            projection_[d].multiply(p, rows, hidden, p_.local_row, to + p * p_.projection.panel,
                                    p_.state_row, &part);
        const RowView<T> next = rows_at(to, p_.state_row);
        const RowView<const T> h = rows_at<const T>(to, p_.state_row);
        copy_rows(h, m_.y.rows(d, q_.time(d, s), place), rows, s_.out);
        if (m_.mask[d] != nullptr) f_.times(h, m_.mask_rows(d, place), next, rows, s_.out);
    }

    // First the sums of all units, since a row is normalized over them.
    void normalized_cells(int d, dim_t s, dim_t rows, dim_t place, T* local) const {
        const auto& k = a_.direction[d];
        const dim_t h = s_.hidden;
        const bool saved = k.norms != nullptr;
        NormForwardStep<T> c{};
        static_cast<ForwardStep<T>&>(c) = cell_at(d, s, rows, place, 0);
        c.units = h;
        c.recurrent = saved ? rows_at(c.gates.data + s_.rows * p_.gates_row, p_.gates_row)
                            : rows_at(local, p_.local_row);
        const typename Panels<T>::Part parts[] = {
            {0, 0, nullptr}, {h, 0, nullptr}, {2 * h, 0, nullptr}, {3 * h, 0, nullptr}};
        for (dim_t p = 0; p < p_.recurrent.panels(); ++p)
            recurrent_[d].multiply(p, rows, m_.state(d, s, place), p_.state_row,
                                   c.recurrent.data + p * p_.recurrent.panel, c.recurrent.stride,
                                   parts);
        c.gains = gains_of<T>(k.weights);
        c.eps = static_cast<T>(s_.eps);
        if (saved) c.norms = static_cast<T*>(k.norms) + 4 * m_.row_of(d, s, place);
        norm_cell_kernels<T>().forward(c);
    }

    void last_states(int d) const {
        const auto& k = a_.direction[d];
        if (p_.running.each > 0) to_samples(m_.running[d], m_.given_running(d), q_, s_.hidden);
        if (m_.running[d] != nullptr && !p_.cell.has_cell_state) return;  // that was h
        const auto copy_last = [&](dim_t place, dim_t t) {
            copy_row(row_at(m_.y.rows(d, t, place), 0),
                     static_cast<T*>(k.h_n) + q_.sample(place) * s_.out, s_.out);
        };
        if (d == 0) {
            q_.each_last(copy_last);
        } else {
            for (dim_t place = 0; place < s_.batch; ++place) copy_last(place, 0);
        }
    }

    const ForwardArrays<T>& m_;
    const Args& a_;
    const Shape& s_;
    const ForwardPlan& p_;
    const Sequence& q_;
    const TypedKernels<T>& f_;
    Panels<T> recurrent_[2], projection_[2];
};

void run(const Args& args) {
    visit_float(args.shape.dtype, [&]<class T>() {
        const ForwardPlan plan(args, blocking_of<T>());
        Scratch<T> workspace(static_cast<std::size_t>(plan.layout.size()));
        Forward<T>(ForwardArrays<T>(args, plan, workspace.data())).run();
    });
}

Work work(const Args& args) {
    const Shape& s = args.shape;
    const auto rows = static_cast<double>(s.rows), in = static_cast<double>(s.in),
               hidden = static_cast<double>(s.hidden), out = static_cast<double>(s.out),
               gates = static_cast<double>(traits_of(s.mode).gates);
    const double projection = args.direction[0].weights.hr != nullptr ? hidden * out : 0;
    return {
        s.directions * 2 * rows * (gates * hidden * (in + out) + projection),
        static_cast<double>(size_of(s.dtype)) *
            (rows * in + s.directions * (gates * hidden * (in + out) + projection + rows * out))};
}

}  // namespace

const Kernel<Args> kForward[kModes] = {{kCells[0].forward_name, run, work},
                                       {kCells[1].forward_name, run, work},
                                       {kCells[2].forward_name, run, work},
                                       {kCells[3].forward_name, run, work},
                                       {kCells[4].forward_name, run, work}};

}  // namespace fastnn::rnn
