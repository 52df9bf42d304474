#include "ops/rnn/steps.h"

namespace fastnn::rnn {
namespace {

template <class T>
class Run {
 public:
    explicit Run(const BackwardArgs& args)
        : a_(args),
          s_(args.shape),
          steps_(args.shape),
          f_(cells<T>()),
          single_(s_.steps == 1),
          gates_(gates_of(s_.mode)),
          kept_(columns_of(s_.mode) * s_.hidden),
          y_row_(s_.directions * s_.out),
          slope_row_(padded<T>(gates_ * s_.hidden)),
          slope_size_(static_cast<std::size_t>(s_.batch * slope_row_)),
          slopes_(2 * slope_size_ * directions()),
          dgates_(args.direction[0].dgates == nullptr
                      ? directions() * static_cast<std::size_t>(blocks() * s_.rows * kept_)
                      : 0),
          douts_(projected() ? directions() * static_cast<std::size_t>(s_.rows * s_.out) : 0),
          sums_(normed() ? directions() * static_cast<std::size_t>(groups() * kSums * s_.hidden)
                         : 0),
          zeros_(static_cast<std::size_t>(s_.batch * std::max(s_.hidden, s_.out))) {
        zero(zeros_.data(), 0, 1, s_.batch * std::max(s_.hidden, s_.out));
        zero(sums_.data(), 0, 1, normed() ? s_.directions * groups() * kSums * s_.hidden : 0);
        for (int d = 0; d < s_.directions; ++d) {
            const Weights& w = a_.direction[d].weights;
            recurrent_[d] =
                Panels<T>(gates_ * s_.hidden, s_.out, 1, static_cast<const T*>(w.hh), s_.out, 1, 0);
            if (projected())
                projection_[d] =
                    Panels<T>(s_.out, s_.hidden, 1, static_cast<const T*>(w.hr), s_.hidden, 1, 0);
        }
    }

    void run() {
        const std::size_t size = single_ ? 0 : recurrent_[0].size(),
                          more = projected() ? projection_[0].size() : 0;
        Scratch<T> packed((size + more) * directions());
        for (int d = 0; d < s_.directions; ++d) {
            T* const memory = packed.data() + (size + more) * static_cast<std::size_t>(d);
            if (!single_) pack(recurrent_[d], memory, static_cast<double>(gates_ * s_.hidden));
            if (projected()) pack(projection_[d], memory + size, static_cast<double>(s_.out));
        }
        const Cut plan =
            cut(s_, static_cast<double>(single_ ? 0 : gates_ * s_.hidden),
                static_cast<double>(s_.out), normed() ? 6.0 : 1.5, !projected() && !normed());
        const long panel = recurrent_[0].panel(), width = projected() ? padded<T>(s_.out) : 0;
        product_row_ = normed() ? padded<T>(s_.out) : panel;
        const std::size_t local = static_cast<std::size_t>(s_.batch * (product_row_ + width));
        Scratch<T> memory(local * static_cast<std::size_t>(plan.threads));
        through_time(s_, plan, recurrent_[0].panels(), true,
                     [&](int d, long s, Samples samples, long p0, long p1, int thread) {
                         T* const mine = memory.data() + local * static_cast<std::size_t>(thread);
                         if (projected()) {
                             projected_step(d, s, samples, mine, mine + s_.batch * product_row_,
                                            width);
                         } else {
                             step(d, s, samples, p0, p1, mine);
                         }
                     });
        for (int d = 0; d < s_.directions; ++d) weight_gradients(d);
        if (a_.dx != nullptr) {
            for (int d = 0; d < s_.directions; ++d) input_gradient(d);
        }
        if (single_) {
            for (int d = 0; d < s_.directions; ++d) send_back_once(d);
            return;
        }
        // What the first steps send back, to the initial states.
        const long panels = recurrent_[0].panels(), tasks = s_.directions * panels;
        Scratch<T> products(static_cast<std::size_t>(tasks * s_.batch * product_row_));
        parallel_for(tasks, static_cast<double>(s_.batch * gates_ * s_.hidden * panel) / 40,
                     [&](long i) {
                         send_back(static_cast<int>(i / panels), -1, {0, s_.batch}, i % panels,
                                   products.data() + i * s_.batch * product_row_);
                     });
    }

 private:
    static constexpr long kSums = 14;  // blocks of H: see NormBackward
    std::size_t directions() const { return static_cast<std::size_t>(s_.directions); }
    bool projected() const { return a_.direction[0].weights.hr != nullptr; }
    bool normed() const { return s_.mode == Mode::layer_norm_lstm; }
    bool keeps_gates() const { return has_cell(s_.mode) || s_.mode == Mode::gru; }
    long blocks() const { return normed() ? 2 : 1; }  // of gates: W x, U h
    long groups() const { return ceil_div(s_.batch, kTogether); }
    T* sums(int d, long group) { return sums_.data() + (d * groups() + group) * kSums * s_.hidden; }
    const T* y(int d, long row) const {
        return static_cast<const T*>(a_.y) + row * y_row_ + d * s_.out;
    }
    const T* dy(int d, long row) const {
        return a_.dy == nullptr ? nullptr
                                : static_cast<const T*>(a_.dy) + row * y_row_ + d * s_.out;
    }
    const T* gates(int d, long row) const {
        return keeps_gates() ? static_cast<const T*>(a_.direction[d].gates) + row * kept_
                             : y(d, row);
    }
    T* dgates(int d, long row) {
        T* const given = static_cast<T*>(a_.direction[d].dgates);
        return (given != nullptr ? given : dgates_.data() + d * blocks() * s_.rows * kept_) +
               row * kept_;
    }
    // The gradients of U h of step number s, one row per sample.
    T* slopes(int d, long s, long sample) {
        return slopes_.data() + static_cast<std::size_t>(2 * d + (s & 1)) * slope_size_ +
               sample * slope_row_;
    }
    T* carry(int d, long sample) const {
        return static_cast<T*>(a_.direction[d].dh0) + sample * s_.out;
    }

    void pack(Panels<T>& panels, T* memory, double depth) {
        panels.set_packed(memory);
        parallel_for(panels.panels(), kPackNs * depth * static_cast<double>(panels.panel()),
                     [&](long p) { panels.pack(p); });
    }

    const T* mask(int d, long sample, long unit) const {
        const auto* const m = static_cast<const T*>(a_.direction[d].mask);
        return m != nullptr ? m + sample * s_.out + unit : nullptr;
    }

    // What step number s was given: c or h of the step before it or at the very beginning.
    // Calls f(begin, end, has_product, before, before_row) for samples that are alike.
    template <class F>
    void alike(int d, long s, Samples samples, F f) {
        const long rows = steps_.active(d, s, samples.begin, samples.end),
                   later = steps_.active(d, s + 1, samples.begin, samples.end),
                   earlier = steps_.active(d, s - 1, samples.begin, samples.end);
        const long first = std::min({rows, later, earlier});
        const long second = std::min(rows, std::max(later, earlier));
        const auto& k = a_.direction[d];
        const bool lstm = has_cell(s_.mode);
        const long width = lstm ? s_.hidden : s_.out;
        const T* const initial = static_cast<const T*>(lstm ? k.c0 : k.h0);
        const long bounds[] = {0, first, second, rows};
        for (int i = 0; i < 3; ++i) {
            const long begin = bounds[i], end = bounds[i + 1];
            if (begin >= end) continue;
            const long sample = samples.begin + begin;
            const T* before = initial != nullptr ? initial + sample * width : zeros_.data();
            long before_row = initial != nullptr ? width : 0;
            if (begin < earlier) {
                const long row = steps_.offset(steps_.time(d, s - 1)) + sample;
                before = lstm ? static_cast<const T*>(k.cells) + row * s_.hidden : y(d, row);
                before_row = lstm ? s_.hidden : y_row_;
            }
            f(begin, end, begin < later, before, before_row);
        }
    }

    // The product that step number s + 1 sends back, for one panel of units. What samples get that
    // have no step s goes to their initial state.
    void send_back(int d, long s, Samples samples, long p, T* product) {
        const long rows = steps_.active(d, s, samples.begin, samples.end),
                   later = steps_.active(d, s + 1, samples.begin, samples.end);
        const long u = p * recurrent_[d].panel(), sample = samples.begin + rows;
        const typename Panels<T>::Part part{0, 0, nullptr};
        recurrent_[d].multiply(p, later, slopes(d, s + 1, samples.begin), slope_row_, product,
                               product_row_, &part);
        if (later > rows)
            f_.add_times(product + rows * product_row_, product_row_, mask(d, sample, u), s_.out,
                         carry(d, sample) + u, s_.out, later - rows, recurrent_[d].width(p));
    }

    // The same of a single step, which reads the weights where they are.
    void send_back_once(int d) {
        const T* const m = mask(d, 0, 0);
        Scratch<T> product(m != nullptr ? static_cast<std::size_t>(s_.batch * s_.out) : 0);
        gemm::Problem<T> p;
        p.m = s_.batch, p.n = s_.out, p.k = gates_ * s_.hidden;
        p.a = {slopes(d, 0, 0), slope_row_, 1};
        p.b = {static_cast<const T*>(a_.direction[d].weights.hh), s_.out, 1};
        p.c = m != nullptr ? product.data() : carry(d, 0), p.c_stride = s_.out;
        p.beta = m != nullptr ? T(0) : T(1);
        gemm::multiply(p);
        if (m != nullptr)
            f_.add_times(product.data(), s_.out, m, s_.out, carry(d, 0), s_.out, s_.batch, s_.out);
    }

    void step(int d, long s, Samples samples, long p0, long p1, T* product) {
        const long panel = recurrent_[d].panel();
        for (long p = p0; p < p1; ++p) {
            send_back(d, s, samples, p, normed() ? product + p * panel : product);
            if (!normed()) cells_of(d, s, samples, p * panel, recurrent_[d].width(p), product);
        }
        if (normed()) cells_of(d, s, samples, 0, s_.hidden, product);
    }

    void cells_of(int d, long s, Samples samples, long u, long units, const T* product) {
        const long row = steps_.offset(steps_.time(d, s)) + samples.begin;
        alike(d, s, samples,
              [&](long begin, long end, bool has_product, const T* before, long before_row) {
                  Backward<T> c = cell(d, s, row, samples, begin, end, u, before, before_row);
                  c.units = units;
                  if (a_.dy != nullptr) c.dy = dy(d, row + begin) + u;
                  c.dy_row = y_row_;
                  if (has_product) c.product = product + begin * product_row_;
                  c.product_row = product_row_;
                  incoming(d, samples.begin + begin, u, c);
                  if (normed()) return norm_cell(d, row + begin, samples.begin + begin, c);
                  f_.backward[static_cast<int>(s_.mode)](c);
              });
    }

    void norm_cell(int d, long row, long sample, const Backward<T>& cell) {
        NormBackward<T> c{};
        static_cast<Backward<T>&>(c) = cell;
        c.gains = gains_of<T>(a_.direction[d].weights);
        c.norms = static_cast<const T*>(a_.direction[d].norms) + 4 * row;
        c.sums = sums(d, sample / kTogether), c.sums_row = kSums * s_.hidden;
        c.recurrent = s_.rows * kept_;
        c.together = kTogether, c.place = sample % kTogether;
        norm_cells<T>().backward(c);
    }

    // The rest of dh.
    void incoming(int d, long sample, long unit, Backward<T>& c) const {
        c.mask = mask(d, sample, unit), c.mask_row = s_.out;
        c.carry = carry(d, sample) + unit, c.carry_row = s_.out;
    }

    Backward<T> cell(int d, long s, long row, Samples samples, long begin, long end, long u,
                     const T* before, long before_row) {
        Backward<T> c{};
        const long sample = samples.begin + begin;
        c.rows = end - begin;
        c.gates = gates(d, row + begin) + u;
        c.gates_row = keeps_gates() ? kept_ : y_row_;
        c.dgates = dgates(d, row + begin) + u, c.dgates_row = kept_;
        c.gate = s_.hidden;
        c.next = slopes(d, s, sample) + u;
        c.next_row = slope_row_, c.next_gate = s_.hidden;
        c.before = before + u, c.before_row = before_row;
        if (has_cell(s_.mode)) {
            c.dcell = static_cast<T*>(a_.direction[d].dc0) + sample * s_.hidden + u;
            c.cell = static_cast<const T*>(a_.direction[d].cells) + (row + begin) * s_.hidden + u;
            c.dcell_row = c.cell_row = s_.hidden;
        }
        return c;
    }

    void projected_step(int d, long s, Samples samples, T* product, T* dout, long dout_row) {
        const long rows = steps_.active(d, s, samples.begin, samples.end);
        const long row = steps_.offset(steps_.time(d, s)) + samples.begin;
        const long panel = recurrent_[d].panel();
        T* const kept = douts(d, row);
        for (long p = 0; p < recurrent_[d].panels(); ++p) {
            const long u = p * panel;
            send_back(d, s, samples, p, product);
            alike(d, s, samples, [&](long begin, long end, bool has_product, const T*, long) {
                Backward<T> c{};
                c.rows = end - begin, c.units = recurrent_[d].width(p);
                if (a_.dy != nullptr) c.dy = dy(d, row + begin) + u;
                c.dy_row = y_row_;
                if (has_product) c.product = product + begin * panel;
                c.product_row = panel;
                incoming(d, samples.begin + begin, u, c);
                c.dgates = kept + begin * s_.out + u, c.dgates_row = s_.out;
                c.next = dout + begin * dout_row + u, c.next_row = dout_row;
                f_.gather(c);
            });
        }
        const typename Panels<T>::Part part{0, 0, nullptr};
        for (long p = 0; p < projection_[d].panels(); ++p) {
            projection_[d].multiply(p, rows, dout, dout_row, product, panel, &part);
            alike(d, s, samples, [&](long begin, long end, bool, const T* before, long before_row) {
                Backward<T> c = cell(d, s, row, samples, begin, end, p * panel, before, before_row);
                c.units = projection_[d].width(p);
                c.product = product + begin * panel;
                c.product_row = panel;
                f_.backward[static_cast<int>(s_.mode)](c);
            });
        }
    }
    T* douts(int d, long row) { return douts_.data() + (d * s_.rows + row) * s_.out; }

    // c = aT b (+ c), over rows.
    void transposed_product(long m, long n, long rows, const T* a, long a_row, const T* b,
                            long b_row, long b_col, T* c, bool add) {
        gemm::Problem<T> p;
        p.m = m, p.n = n, p.k = rows;
        p.a = {a, 1, a_row};
        p.b = {b, b_row, b_col};
        p.c = c, p.c_stride = n;
        p.beta = add ? T(1) : T(0);
        gemm::multiply(p);
    }

    void weight_gradients(int d) {
        const auto& k = a_.direction[d];
        const long h = s_.hidden;
        const T* const g = dgates(d, 0);
        if (k.dw_ih != nullptr)
            transposed_product(gates_ * h, s_.in, s_.rows, g, kept_,
                               static_cast<const T*>(a_.x.data), a_.x.row, a_.x.col,
                               static_cast<T*>(k.dw_ih), false);
        if (normed()) {
            sums_of_groups(d);
        } else if (k.db_ih != nullptr) {
            const long all = kept_, wide = 64, chunks = ceil_div(all, wide);
            Scratch<T> sums(static_cast<std::size_t>(all));
            parallel_for(chunks, 0.1 * static_cast<double>(s_.rows * wide), [&](long i) {
                f_.column_sums(g + i * wide, kept_, s_.rows, std::min(wide, all - i * wide),
                               sums.data() + i * wide);
            });
            copy(sums.data(), 0, static_cast<T*>(k.db_ih), 0, 1, gates_ * h);
            copy(sums.data(), 0, static_cast<T*>(k.db_hh), 0, 1, gates_ * h);
            if (s_.mode == Mode::gru)
                copy(sums.data() + 3 * h, 0, static_cast<T*>(k.db_hh) + 2 * h, 0, 1, h);
        }
        if (k.dw_hh != nullptr) recurrent_gradient(d, g);
        if (k.dw_hr != nullptr)
            transposed_product(s_.out, h, s_.rows, douts(d, 0), s_.out,
                               static_cast<const T*>(k.hidden), h, 1, static_cast<T*>(k.dw_hr),
                               false);
    }

    // The gradients of gains and biases.
    void sums_of_groups(int d) {
        const auto& k = a_.direction[d];
        const long h = s_.hidden;
        if (k.dgain_c == nullptr) return;
        Scratch<T> total(static_cast<std::size_t>(kSums * h));
        f_.column_sums(sums(d, 0), kSums * h, groups(), kSums * h, total.data());
        const auto put = [&](void* to, long at, long count) {
            if (to != nullptr) copy(total.data() + at * h, 0, static_cast<T*>(to), 0, 1, count * h);
        };
        put(k.db_ih, 0, 4), put(k.db_hh, 0, 4), put(k.dgain_ih, 4, 4), put(k.dgain_hh, 8, 4);
        put(k.dgain_c, 12, 1), put(k.db_c, 13, 1);
    }

    void recurrent_gradient(int d, const T* g) {
        const auto& k = a_.direction[d];
        const long h = s_.hidden, batch = s_.batch;
        // Of GRU, the gradients of U_n h stand behind those of the sums; with layer norm, all of U
        // h.
        const auto product = [&](long rows, long row, const T* b, long b_row, bool add) {
            T* const c = static_cast<T*>(k.dw_hh);
            const T* const a = g + row * kept_ + (normed() ? s_.rows * kept_ : 0);
            const bool gru = s_.mode == Mode::gru;
            transposed_product((gru ? 2 : gates_) * h, s_.out, rows, a, kept_, b, b_row, 1, c, add);
            if (gru)
                transposed_product(h, s_.out, rows, a + 3 * h, kept_, b, b_row, 1,
                                   c + 2 * h * s_.out, add);
        };
        const auto* const h0 = static_cast<const T*>(k.h0);
        if (s_.batch_sizes == nullptr && k.mask == nullptr) {
            // The states before are y, one step off.
            const long rows = s_.rows - batch;
            product(rows, d == 0 ? batch : 0, y(d, d == 0 ? 0 : batch), y_row_, false);
            if (h0 != nullptr) product(batch, d == 0 ? 0 : rows, h0, s_.out, true);
            return;
        }
        Scratch<T> before(static_cast<std::size_t>(s_.rows * s_.out));
        parallel_for(s_.steps, 0.1 * static_cast<double>(s_.rows * s_.out / s_.steps), [&](long s) {
            const long t = steps_.time(d, s);
            T* const to = before.data() + steps_.offset(t) * s_.out;
            const long rows = steps_.rows(t),
                       old = std::min(rows, steps_.active(d, s - 1, 0, batch));
            if (old > 0)
                copy_state(y(d, steps_.offset(steps_.time(d, s - 1))), y_row_, mask(d, 0, 0),
                           s_.out, to, s_.out, old, s_.out);
            copy_state(h0 != nullptr ? h0 + old * s_.out : h0, s_.out, mask(d, old, 0), s_.out,
                       to + old * s_.out, s_.out, rows - old, s_.out);
        });
        product(s_.rows, 0, before.data(), s_.out, false);
    }

    void input_gradient(int d) {
        gemm::Problem<T> p;
        p.m = s_.rows, p.n = s_.in, p.k = gates_ * s_.hidden;
        p.a = {dgates(d, 0), kept_, 1};
        p.b = {static_cast<const T*>(a_.direction[d].weights.ih), s_.in, 1};
        p.c = static_cast<T*>(a_.dx), p.c_stride = s_.in;
        p.beta = d == 0 ? T(0) : T(1);
        gemm::multiply(p);
    }

    const BackwardArgs& a_;
    const Shape& s_;
    Steps steps_;
    const TypedKernels<T>& f_;
    const bool single_;
    const long gates_, kept_, y_row_, slope_row_;
    const std::size_t slope_size_;
    Scratch<T> slopes_, dgates_, douts_, sums_, zeros_;
    long product_row_ = 0;
    Panels<T> recurrent_[2], projection_[2];
};

void run(const BackwardArgs& args) {
    visit_float(args.shape.dtype, [&]<class T>() { Run<T>(args).run(); });
}

Work work(const BackwardArgs& args) {
    const Shape& s = args.shape;
    const auto rows = static_cast<double>(s.rows), in = static_cast<double>(s.in),
               hidden = static_cast<double>(s.hidden), out = static_cast<double>(s.out),
               gates = static_cast<double>(gates_of(s.mode));
    const double projection = args.direction[0].weights.hr != nullptr ? 2 * hidden * out : 0;
    const double input =
        (args.dx != nullptr ? 1 : 0) + (args.direction[0].dw_ih != nullptr ? 1 : 0);
    return {s.directions * 2 * rows * (gates * hidden * (input * in + 2 * out) + projection),
            static_cast<double>(size_of(s.dtype)) *
                (2 * rows * in + s.directions * (2 * gates * hidden * (in + out) +
                                                 rows * (2 * gates * hidden + 2 * out)))};
}

}  // namespace

const Kernel<BackwardArgs> kBackward[kModes] = {{"rnn_tanh_backward", run, work},
                                                {"rnn_relu_backward", run, work},
                                                {"lstm_backward", run, work},
                                                {"gru_backward", run, work},
                                                {"layer_norm_lstm_backward", run, work}};

}  // namespace fastnn::rnn
