#include "ops/rnn/steps.h"

namespace fastnn::rnn {
namespace {

template <class T>
class Run {
 public:
    explicit Run(const Args& args)
        : a_(args),
          s_(args.shape),
          steps_(args.shape),
          f_(cells<T>()),
          single_(s_.steps == 1 && s_.mode != Mode::layer_norm_lstm),
          gates_(gates_of(s_.mode)),
          columns_(columns_of(s_.mode)),
          y_row_(s_.directions * s_.out),
          state_row_(padded<T>(s_.out)),
          // Space for both states of all samples: the one that is read and the one that is
          // written.
          state_size_(static_cast<std::size_t>(s_.batch * state_row_)),
          states_(2 * state_size_ * static_cast<std::size_t>(s_.directions)),
          bias_(static_cast<std::size_t>(s_.directions * 4 * s_.hidden)),
          gates_memory_(
              keeps_gates() && args.direction[0].gates == nullptr
                  ? static_cast<std::size_t>(s_.directions * s_.rows * columns_ * s_.hidden)
                  : 0) {
        std::size_t size = 0, projection_size = 0;
        for (int d = 0; d < s_.directions; ++d) {
            const Weights& w = a_.direction[d].weights;
            recurrent_[d] = Panels<T>(s_.out, s_.hidden, gates_, static_cast<const T*>(w.hh), 1,
                                      s_.out, s_.hidden * s_.out);
            size = recurrent_[d].size();
            if (w.hr != nullptr) {
                projection_[d] =
                    Panels<T>(s_.hidden, s_.out, 1, static_cast<const T*>(w.hr), 1, s_.hidden, 0);
                projection_size = projection_[d].size();
            }
        }
        size_ = single_ ? 0 : size, projection_size_ = projection_size;
    }

    void run() {
        Scratch<T> packed((size_ + projection_size_) * static_cast<std::size_t>(s_.directions));
        pack(packed.data());
        for (int d = 0; d < s_.directions; ++d) {
            add_biases(d);
            input_product(d);
            if (T* const running = cell(d, 0))
                copy_state(initial_cell(d), s_.hidden, kNone, 0, running, s_.hidden, s_.batch,
                           s_.hidden);
            start(d, steps_.active(d, 0, 0, s_.batch), {0, s_.batch}, 0, s_.out, 0, 0);
            if (single_) recurrent_product(d);
        }
        const Cut plan = cut(s_, static_cast<double>(single_ ? 0 : s_.out),
                             static_cast<double>(gates_ * s_.hidden), normed() ? 4.0 : 2.0,
                             !projected() && !normed());
        // What a step leaves to its thread alone: h before its projection, or the sums of U h.
        const long width = projected()                 ? padded<T>(s_.hidden)
                           : normed() && !kept_norms() ? padded<T>(4 * s_.hidden)
                                                       : 0;
        const auto local = static_cast<std::size_t>(s_.batch * width);
        Scratch<T> memory(local * static_cast<std::size_t>(plan.threads));
        through_time(s_, plan, recurrent_[0].panels(), false,
                     [&](int d, long s, Samples samples, long p0, long p1, int thread) {
                         step(d, s, samples, p0, p1,
                              memory.data() + local * static_cast<std::size_t>(thread), width);
                     });
        for (int d = 0; d < s_.directions && s_.mode != Mode::gru; ++d) last_states(d);
    }

 private:
    static constexpr const T* kNone = nullptr;
    bool projected() const { return a_.direction[0].weights.hr != nullptr; }
    bool normed() const { return s_.mode == Mode::layer_norm_lstm; }
    bool kept_norms() const { return a_.direction[0].norms != nullptr; }
    bool keeps_gates() const { return has_cell(s_.mode) || s_.mode == Mode::gru; }
    T* y(int d, long row) const { return static_cast<T*>(a_.y) + row * y_row_ + d * s_.out; }
    // The sums of a row: in y itself for tanh and relu.
    T* gates(int d, long row) {
        if (!keeps_gates()) return y(d, row);
        const long stride = columns_ * s_.hidden;
        T* const kept = static_cast<T*>(a_.direction[d].gates);
        return (kept != nullptr ? kept : gates_memory_.data() + d * s_.rows * stride) +
               row * stride;
    }
    long gates_row() const { return keeps_gates() ? columns_ * s_.hidden : y_row_; }
    T* state(int d, long s) {
        return states_.data() + static_cast<std::size_t>(2 * d + (s & 1)) * state_size_;
    }
    // What a cell carries from step to step beside what the product reads: c of LSTM, h of GRU. It
    // is written where the last one is wanted.
    T* cell(int d, long sample) const {
        const auto& k = a_.direction[d];
        if (!keeps_gates()) return nullptr;
        return static_cast<T*>(has_cell(s_.mode) ? k.c_n : k.h_n) + sample * s_.hidden;
    }
    const T* initial_cell(int d) const {
        const auto& k = a_.direction[d];
        return static_cast<const T*>(has_cell(s_.mode) ? k.c0 : k.h0);
    }
    const T* mask(int d, long sample) const {
        const auto* const m = static_cast<const T*>(a_.direction[d].mask);
        return m != nullptr ? m + sample * s_.out : nullptr;
    }
    T* bias(int d) { return bias_.data() + d * 4 * s_.hidden; }

    void pack(T* memory) {
        for (int d = 0; d < s_.directions; ++d) {
            recurrent_[d].set_packed(memory);
            memory += size_;
            if (projected()) {
                projection_[d].set_packed(memory);
                memory += projection_size_;
            }
        }
        const long panels = recurrent_[0].panels();
        parallel_for(single_ ? 0 : s_.directions * panels,
                     kPackNs * static_cast<double>(s_.out * gates_ * recurrent_[0].panel()),
                     [&](long i) { recurrent_[i / panels].pack(i % panels); });
        if (!projected()) return;
        const long more = projection_[0].panels();
        parallel_for(s_.directions * more,
                     kPackNs * static_cast<double>(s_.hidden * recurrent_[0].panel()),
                     [&](long i) { projection_[i / more].pack(i % more); });
    }

    // Those of input and state come together, but for U_n h of GRU.
    void add_biases(int d) {
        const Weights& w = a_.direction[d].weights;
        if (w.b_ih == nullptr || normed()) return;
        const auto *b = static_cast<const T*>(w.b_ih), *c = static_cast<const T*>(w.b_hh);
        T* const sum = bias(d);
        const long both = s_.mode == Mode::gru ? 2 * s_.hidden : gates_ * s_.hidden;
        for (long i = 0; i < gates_ * s_.hidden; ++i) sum[i] = i < both ? b[i] + c[i] : b[i];
    }

    void input_product(int d) {
        const Weights& w = a_.direction[d].weights;
        gemm::Problem<T> p;
        p.m = s_.rows, p.n = gates_ * s_.hidden, p.k = s_.in;
        p.a = {static_cast<const T*>(a_.x.data), a_.x.row, a_.x.col};
        p.b = {static_cast<const T*>(w.ih), 1, s_.in};
        p.c = gates(d, 0), p.c_stride = gates_row();
        if (w.b_ih != nullptr && !normed()) p.epilogue.bias = bias(d);
        gemm::multiply(p);
    }

    // Of a single step, which reads the weights where they are: packing them would take longer.
    void recurrent_product(int d) {
        const auto& k = a_.direction[d];
        const long h = s_.hidden;
        gemm::Problem<T> p;
        p.m = s_.batch, p.k = k.h0 != nullptr ? s_.out : 0;
        p.a = {state(d, 0), state_row_, 1};
        const auto part = [&](long first, long count, long to, T beta, const T* b) {
            p.n = count * h;
            p.b = {static_cast<const T*>(k.weights.hh) + first * h * s_.out, 1, s_.out};
            p.c = gates(d, 0) + to * h, p.c_stride = gates_row();
            p.beta = beta, p.epilogue.bias = b;
            gemm::multiply(p);
        };
        if (s_.mode != Mode::gru) return part(0, gates_, 0, 1, nullptr);
        const auto* const bias = static_cast<const T*>(k.weights.b_hh);
        part(0, 2, 0, 1, nullptr);
        part(2, 1, 3, 0, bias != nullptr ? bias + 2 * h : nullptr);
    }

    // The states of samples whose first step is number s, where it reads them.
    void start(int d, long end, Samples samples, long u0, long u1, long s, long begin) {
        const T* const h0 = static_cast<const T*>(a_.direction[d].h0);
        const long row = samples.begin + begin;
        const T* const m = mask(d, row);
        copy_state(h0 != nullptr ? h0 + row * s_.out + u0 : kNone, s_.out,
                   m != nullptr ? m + u0 : kNone, s_.out, state(d, s) + row * state_row_ + u0,
                   state_row_, end - begin, u1 - u0);
    }

    void step(int d, long s, Samples samples, long p0, long p1, T* local, long local_row) {
        const long rows = steps_.active(d, s, samples.begin, samples.end);
        const long panel = recurrent_[d].panel();
        if (rows > 0 && normed()) {
            norm_cells_of(d, s, rows, samples.begin, local, local_row);
        } else if (rows > 0) {
            cells_of(d, s, rows, samples.begin, p0, p1, local, local_row);
        }
        if (rows > 0 && projected()) project(d, s, rows, samples.begin, local, local_row);
        // Samples that begin with the next step.
        if (const long more = steps_.active(d, s + 1, samples.begin, samples.end); more > rows) {
            start(d, more, samples, projected() ? 0 : p0 * panel,
                  projected() ? s_.out : std::min(s_.out, p1 * panel), s + 1, rows);
        }
    }

    long row_of(int d, long s, long sample) { return steps_.offset(steps_.time(d, s)) + sample; }

    // Where units u, u + 1, ... of some samples are found and left.
    Forward<T> cell_at(int d, long s, long rows, long sample, long u) {
        const auto& kept = a_.direction[d];
        const long row = row_of(d, s, sample);
        Forward<T> c{};
        c.rows = rows;
        c.gates = gates(d, row) + u, c.gates_row = gates_row(), c.gate = s_.hidden;
        if (keeps_gates()) c.cell = cell(d, sample) + u;
        if (kept.cells != nullptr) c.cells = static_cast<T*>(kept.cells) + row * s_.hidden + u;
        c.cell_row = c.cells_row = s_.hidden;
        c.h = y(d, row) + u, c.h_row = y_row_;
        c.next = state(d, s + 1) + sample * state_row_ + u, c.next_row = state_row_;
        if (const T* const m = mask(d, sample)) c.mask = m + u;
        c.mask_row = s_.out;
        return c;
    }

    void cells_of(int d, long s, long rows, long sample, long p0, long p1, T* hidden,
                  long hidden_row) {
        const bool gru = s_.mode == Mode::gru;
        typename Panels<T>::Part parts[] = {
            {0, 1, nullptr},
            {s_.hidden, 1, nullptr},
            {gru ? 3 * s_.hidden : 2 * s_.hidden, gru ? T(0) : T(1), nullptr},
            {3 * s_.hidden, 1, nullptr}};
        const auto* b_hn = static_cast<const T*>(a_.direction[d].weights.b_hh);
        for (long p = p0; p < p1; ++p) {
            const long u = p * recurrent_[d].panel();
            if (gru && b_hn != nullptr) parts[2].bias = b_hn + 2 * s_.hidden + u;
            Forward<T> c = cell_at(d, s, rows, sample, u);
            c.units = recurrent_[d].width(p);
            if (!single_)
                recurrent_[d].multiply(p, rows, state(d, s) + sample * state_row_, state_row_,
                                       c.gates, c.gates_row, parts);
            if (projected()) {
                auto* const kept = static_cast<T*>(a_.direction[d].hidden);
                c.h = kept != nullptr ? kept + row_of(d, s, sample) * s_.hidden + u : nullptr;
                c.h_row = s_.hidden;
                c.next = hidden + u, c.next_row = hidden_row;
                c.mask = nullptr;
            }
            f_.forward[static_cast<int>(s_.mode)](c);
        }
    }

    void project(int d, long s, long rows, long sample, const T* hidden, long hidden_row) {
        const typename Panels<T>::Part part{0, 0, nullptr};
        T* const to = y(d, row_of(d, s, sample));
        for (long p = 0; p < projection_[d].panels(); ++p)
            projection_[d].multiply(p, rows, hidden, hidden_row, to + p * projection_[d].panel(),
                                    y_row_, &part);
        copy_state<T>(to, y_row_, mask(d, sample), s_.out, state(d, s + 1) + sample * state_row_,
                      state_row_, rows, s_.out);
    }

    // The sums of all units come first: a row is normalised over them.
    void norm_cells_of(int d, long s, long rows, long sample, T* local, long local_row) {
        const auto& k = a_.direction[d];
        const long h = s_.hidden;
        NormForward<T> c{};
        static_cast<Forward<T>&>(c) = cell_at(d, s, rows, sample, 0);
        c.units = h;
        c.recurrent = kept_norms() ? c.gates + s_.rows * 4 * h : local;
        c.recurrent_row = kept_norms() ? c.gates_row : local_row;
        const typename Panels<T>::Part parts[] = {
            {0, 0, nullptr}, {h, 0, nullptr}, {2 * h, 0, nullptr}, {3 * h, 0, nullptr}};
        for (long p = 0; p < recurrent_[d].panels(); ++p)
            recurrent_[d].multiply(p, rows, state(d, s) + sample * state_row_, state_row_,
                                   c.recurrent + p * recurrent_[d].panel(), c.recurrent_row, parts);
        c.gains = gains_of<T>(k.weights);
        c.eps = static_cast<T>(s_.eps);
        if (k.norms != nullptr) c.norms = static_cast<T*>(k.norms) + 4 * row_of(d, s, sample);
        norm_cells<T>().forward(c);
    }

    void last_states(int d) {
        T* const h_n = static_cast<T*>(a_.direction[d].h_n);
        const auto keep = [&](long sample, long t) {
            copy(y(d, steps_.offset(t) + sample), y_row_, h_n + sample * s_.out, s_.out, 1, s_.out);
        };
        if (d == 0) {
            steps_.each_last(keep);
        } else {
            for (long b = 0; b < s_.batch; ++b) keep(b, 0);
        }
    }

    const Args& a_;
    const Shape& s_;
    Steps steps_;
    const TypedKernels<T>& f_;
    const bool single_;
    const long gates_, columns_, y_row_, state_row_;
    const std::size_t state_size_;
    Scratch<T> states_, bias_, gates_memory_;
    Panels<T> recurrent_[2], projection_[2];
    std::size_t size_ = 0, projection_size_ = 0;
};

void run(const Args& args) {
    visit_float(args.shape.dtype, [&]<class T>() { Run<T>(args).run(); });
}

Work work(const Args& args) {
    const Shape& s = args.shape;
    const auto rows = static_cast<double>(s.rows), in = static_cast<double>(s.in),
               hidden = static_cast<double>(s.hidden), out = static_cast<double>(s.out),
               gates = static_cast<double>(gates_of(s.mode));
    const double projection = args.direction[0].weights.hr != nullptr ? hidden * out : 0;
    return {
        s.directions * 2 * rows * (gates * hidden * (in + out) + projection),
        static_cast<double>(size_of(s.dtype)) *
            (rows * in + s.directions * (gates * hidden * (in + out) + projection + rows * out))};
}

}  // namespace

const Kernel<Args> kForward[kModes] = {{"rnn_tanh", run, work},
                                       {"rnn_relu", run, work},
                                       {"lstm", run, work},
                                       {"gru", run, work},
                                       {"layer_norm_lstm", run, work}};

}  // namespace fastnn::rnn
