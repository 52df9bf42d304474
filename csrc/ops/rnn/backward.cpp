#include "ops/rnn/backward.h"

namespace fastnn::rnn {
namespace {

template <class T>
class Backward {
 public:
    explicit Backward(const BackwardArrays<T>& arrays)
        : m_(arrays),
          a_(arrays.a),
          s_(arrays.s),
          p_(arrays.plan),
          q_(arrays.q),
          f_(cell_kernels<T>()) {
        for (int d = 0; d < s_.directions; ++d) {
            const Weights& w = a_.direction[d].weights;
            recurrent_[d] = Panels<T>(p_.recurrent, {static_cast<const T*>(w.hh), s_.out, 1, 0},
                                      p_.packed.in(m_.workspace, d));
            projection_[d] =
                Panels<T>(p_.projection, {static_cast<const T*>(w.hr), s_.hidden, 1, 0},
                          p_.packed_projection.in(m_.workspace, d));
        }
    }

    void run() {
        if (!p_.single) pack_all(recurrent_, s_.directions);
        if (p_.projected) pack_all(projection_, s_.directions);
        zero_row(p_.zeros.in(m_.workspace), p_.zeros.each);
        for (int d = 0; d < s_.directions; ++d) {
            start(d);
            zero_row(m_.sums(d, 0), p_.sums.each);
        }
        through_time(s_, p_, true,
                     [&](int d, dim_t s, Samples samples, dim_t p0, dim_t p1, int thread) {
                         T* const local = p_.local.in(m_.workspace, thread);
                         if (p_.projected) {
                             projected_step(d, s, samples, local);
                         } else {
                             step(d, s, samples, p0, p1, local);
                         }
                     });
        products_over_steps(m_);
        to_initial_states();
    }

 private:
    // Copies the gradients of the last states.
    void start(int d) const {
        const auto& k = a_.direction[d];
        copy_state<T>({static_cast<const T*>(k.dh_n), s_.out, q_.order()}, {},
                      rows_at(m_.dh0[d], s_.out), s_.batch, s_.out);
        if (p_.cell.has_cell_state)
            copy_state<T>({static_cast<const T*>(k.dc_n), s_.hidden, q_.order()}, {},
                          rows_at(m_.dc0[d], s_.hidden), s_.batch, s_.hidden);
    }

    // Calls f(begin, end, has_product, before) for runs of samples of one kind. The kinds differ in
    // whether step s + 1 exists and gives them a product, and in where the state before step s is
    // (c or h).
    template <class F>
    void for_each_kind(int d, dim_t s, Samples samples, F f) const {
        const dim_t rows = q_.active(d, s, samples.begin, samples.end),
                    later = q_.active(d, s + 1, samples.begin, samples.end),
                    earlier = q_.active(d, s - 1, samples.begin, samples.end);
        const dim_t first = std::min({rows, later, earlier});
        const dim_t second = std::min(rows, std::max(later, earlier));
        const dim_t bounds[] = {0, first, second, rows};
        for (int i = 0; i < 3; ++i) {
            const dim_t begin = bounds[i], end = bounds[i + 1];
            if (begin < end)
                f(begin, end, begin < later,
                  m_.before(d, s, samples.begin + begin, begin < earlier));
        }
    }
    // The product that takes the gradient of step s + 1 back to step s, for one panel of units. For
    // samples that have no step s it is added to the gradient of their initial state.
    void back_product(int d, dim_t s, Samples samples, dim_t p, T* product) const {
        const dim_t rows = q_.active(d, s, samples.begin, samples.end),
                    later = q_.active(d, s + 1, samples.begin, samples.end);
        const dim_t u = p * p_.recurrent.panel, place = samples.begin + rows;
        const typename Panels<T>::Part part{0, 0, nullptr};
        recurrent_[d].multiply(p, later, m_.drecurrent(d, s + 1, samples.begin), p_.recurrent_row,
                               product, p_.product_row, &part);
        if (later > rows)
            f_.add_times(rows_at<const T>(product + rows * p_.product_row, p_.product_row),
                         from_column(m_.mask_rows(d, place), u),
                         rows_at(m_.carry(d, place) + u, s_.out), later - rows,
                         p_.recurrent.width(p));
    }

    // The same for a single step, which reads unpacked weights.
    void back_product_once(int d) const {
        const RowView<const T> mask = m_.mask_rows(d, 0);
        T* const product = p_.products.in(m_.workspace);
        gemm::Problem<T> p;
        p.m = s_.batch, p.n = s_.out, p.k = p_.cell.gates * s_.hidden;
        p.a = {m_.drecurrent(d, 0, 0), p_.recurrent_row, 1};
        p.b = {static_cast<const T*>(a_.direction[d].weights.hh), s_.out, 1};
        p.c = mask.data != nullptr ? product : m_.carry(d, 0), p.c_stride = s_.out;
        p.beta = mask.data != nullptr ? T(0) : T(1);
        gemm::multiply(p);
        if (mask.data != nullptr)
            f_.add_times(rows_at<const T>(product, s_.out), mask, rows_at(m_.carry(d, 0), s_.out),
                         s_.batch, s_.out);
    }

    void to_initial_states() const {
        const dim_t panels = p_.recurrent.panels(), tasks = p_.single ? 0 : s_.directions * panels;
        const double flops = static_cast<double>(s_.batch * p_.recurrent.k * p_.recurrent.panel);
        parallel_for(tasks, flops / cost::kFlopsPerNs, [&](dim_t i) {
            back_product(static_cast<int>(i / panels), -1, {0, s_.batch}, i % panels,
                         p_.products.in(m_.workspace, i));
        });
        for (int d = 0; d < s_.directions; ++d) {
            if (p_.single) back_product_once(d);
            const auto& k = a_.direction[d];
            if (p_.dh0.each > 0) to_samples(m_.dh0[d], k.dh0, q_, s_.out);
            if (p_.dc0.each > 0) to_samples(m_.dc0[d], k.dc0, q_, s_.hidden);
        }
    }

    void step(int d, dim_t s, Samples samples, dim_t p0, dim_t p1, T* product) const {
        const dim_t panel = p_.recurrent.panel;
        const bool whole = p_.cell.normalized;
        for (dim_t p = p0; p < p1; ++p) {
            back_product(d, s, samples, p, whole ? product + p * panel : product);
            if (!whole) cells(d, s, samples, p * panel, p_.recurrent.width(p), product);
        }
        if (whole) cells(d, s, samples, 0, s_.hidden, product);
    }

    void cells(int d, dim_t s, Samples samples, dim_t u, dim_t units, const T* product) const {
        for_each_kind(
            d, s, samples, [&](dim_t begin, dim_t end, bool has_product, RowView<const T> before) {
                const dim_t place = samples.begin + begin;
                BackwardStep<T> c = m_.cell_at(d, s, place, u, before);
                c.rows = end - begin, c.units = units;
                m_.add_incoming(d, s, place, u,
                                has_product ? product + begin * p_.product_row : nullptr, c);
                if (p_.cell.normalized) return normalized_cells(d, s, place, c);
                f_.backward[static_cast<int>(s_.mode)](c);
            });
    }

    void normalized_cells(int d, dim_t s, dim_t place, const BackwardStep<T>& cell) const {
        NormBackwardStep<T> c{};
        static_cast<BackwardStep<T>&>(c) = cell;
        c.gains = gains_of<T>(a_.direction[d].weights);
        c.norms = static_cast<const T*>(a_.direction[d].norms) + 4 * m_.row_of(d, s, place);
        c.sums = m_.sums(d, place / kSumGroup), c.sums_row = kNormSums * s_.hidden;
        c.recurrent = s_.rows * p_.gates_row;
        c.group = kSumGroup, c.place = place % kSumGroup;
        norm_cell_kernels<T>().backward(c);
    }

    // First dh of all outputs, then its product with the projection.
    void projected_step(int d, dim_t s, Samples samples, T* product) const {
        const dim_t panel = p_.recurrent.panel;
        T* const dhidden = product + s_.batch * p_.product_row;
        for (dim_t p = 0; p < p_.recurrent.panels(); ++p) {
            const dim_t u = p * panel;
            back_product(d, s, samples, p, product);
            for_each_kind(d, s, samples, [&](dim_t begin, dim_t end, bool has_product, auto) {
                const dim_t place = samples.begin + begin;
                BackwardStep<T> c{};
                c.rows = end - begin, c.units = p_.recurrent.width(p);
                m_.add_incoming(d, s, place, u,
                                has_product ? product + begin * p_.product_row : nullptr, c);
                c.dgates = rows_at(m_.dhidden(d, m_.row_of(d, s, place)) + u, s_.out);
                c.next = rows_at(dhidden + begin * p_.hidden_row + u, p_.hidden_row);
                f_.gather(c);
            });
        }
        const dim_t rows = q_.active(d, s, samples.begin, samples.end);
        const typename Panels<T>::Part part{0, 0, nullptr};
        for (dim_t p = 0; p < p_.projection.panels(); ++p) {
            projection_[d].multiply(p, rows, dhidden, p_.hidden_row, product, p_.product_row,
                                    &part);
            for_each_kind(
                d, s, samples, [&](dim_t begin, dim_t end, bool, RowView<const T> before) {
                    BackwardStep<T> c = m_.cell_at(d, s, samples.begin + begin, p * panel, before);
                    c.rows = end - begin, c.units = p_.projection.width(p);
                    c.product = rows_at<const T>(product + begin * p_.product_row, p_.product_row);
                    f_.backward[static_cast<int>(s_.mode)](c);
                });
        }
    }

    const BackwardArrays<T>& m_;
    const BackwardArgs& a_;
    const Shape& s_;
    const BackwardPlan& p_;
    const Sequence& q_;
    const TypedKernels<T>& f_;
    Panels<T> recurrent_[2], projection_[2];
};

void run(const BackwardArgs& args) {
    visit_float(args.shape.dtype, [&]<class T>() {
        const BackwardPlan plan(args, blocking_of<T>());
        Scratch<T> workspace(static_cast<std::size_t>(plan.layout.size()));
        Backward<T>(BackwardArrays<T>(args, plan, workspace.data())).run();
    });
}

Work work(const BackwardArgs& args) {
    const Shape& s = args.shape;
    const auto rows = static_cast<double>(s.rows), in = static_cast<double>(s.in),
               hidden = static_cast<double>(s.hidden), out = static_cast<double>(s.out),
               gates = static_cast<double>(traits_of(s.mode).gates);
    const double projection = args.direction[0].weights.hr != nullptr ? 2 * hidden * out : 0;
    const double input =
        (args.dx != nullptr ? 1 : 0) + (args.direction[0].dw_ih != nullptr ? 1 : 0);
    return {s.directions * 2 * rows * (gates * hidden * (input * in + 2 * out) + projection),
            static_cast<double>(size_of(s.dtype)) *
                (2 * rows * in + s.directions * (2 * gates * hidden * (in + out) +
                                                 rows * (2 * gates * hidden + 2 * out)))};
}

}  // namespace

const Kernel<BackwardArgs> kBackward[kModes] = {{kCells[0].backward_name, run, work},
                                                {kCells[1].backward_name, run, work},
                                                {kCells[2].backward_name, run, work},
                                                {kCells[3].backward_name, run, work},
                                                {kCells[4].backward_name, run, work}};

}  // namespace fastnn::rnn
