#include "ops/rnn/backward.h"

namespace fastnn::rnn {
namespace {

template <class T>
class Gradients {
 public:
    Gradients(const BackwardArrays<T>& arrays, int direction)
        : m_(arrays),
          s_(arrays.s),
          p_(arrays.plan),
          k_(arrays.a.direction[direction]),
          d_(direction),
          dgates_(arrays.dgates(direction, 0)) {}

    void weights(const T* x, dim_t x_row, dim_t x_col) const {
        const dim_t h = s_.hidden;
        if (k_.dw_ih != nullptr)
            over_rows({p_.cell.gates * h, s_.in, s_.rows}, dgates_, p_.gates_row, {x, x_row, x_col},
                      k_.dw_ih, false);
        if (p_.cell.normalized) {
            gains();
        } else if (k_.db_ih != nullptr) {
            biases();
        }
        if (k_.dw_hh != nullptr) recurrent_weights();
        if (k_.dw_hr != nullptr)
            over_rows({s_.out, h, s_.rows}, m_.dhidden(d_, 0), s_.out,
                      {static_cast<const T*>(k_.hidden), h, 1}, k_.dw_hr, false);
    }

    void input(T* dx) const {
        gemm::Problem<T> p;
        p.m = s_.rows, p.n = s_.in, p.k = p_.cell.gates * s_.hidden;
        p.a = {dgates_, p_.gates_row, 1};
        p.b = {static_cast<const T*>(k_.weights.ih), s_.in, 1};
        p.c = dx, p.c_stride = s_.in;
        p.beta = d_ == 0 ? T(0) : T(1);
        gemm::multiply(p);
    }

 private:
    struct Size {
        dim_t m, n, rows;
    };
    // c = a^T b (+ c), a sum over rows.
    void over_rows(Size size, const T* a, dim_t a_row, gemm::Matrix<T> b, void* c, bool add) const {
        gemm::Problem<T> p;
        p.m = size.m, p.n = size.n, p.k = size.rows;
        p.a = {a, 1, a_row};
        p.b = b;
        p.c = static_cast<T*>(c), p.c_stride = size.n;
        p.beta = add ? T(1) : T(0);
        gemm::multiply(p);
    }

    void biases() const {
        const dim_t h = s_.hidden, all = p_.gates_row, wide = 64, chunks = ceil_div(all, wide);
        T* const sums = p_.column_sums.in(m_.workspace);
        parallel_for(chunks, cost::kColumnSum * static_cast<double>(s_.rows * wide), [&](dim_t i) {
            cell_kernels<T>().column_sums(dgates_ + i * wide, p_.gates_row, s_.rows,
                                          std::min(wide, all - i * wide), sums + i * wide);
        });
        const dim_t gates = p_.cell.gates, summed = p_.cell.summed;
        auto* const db_hh = static_cast<T*>(k_.db_hh);
        copy_row(sums, static_cast<T*>(k_.db_ih), gates * h);
        copy_row(sums, db_hh, summed * h);
        copy_row(sums + gates * h, db_hh + summed * h, (gates - summed) * h);
    }

    // The gradients of gains and biases of a cell with layer norm: one partial sum per group of
    // samples.
    void gains() const {
        if (k_.dgain_c == nullptr) return;
        const dim_t h = s_.hidden;
        T* const total = p_.column_sums.in(m_.workspace);
        cell_kernels<T>().column_sums(m_.sums(d_, 0), kNormSums * h, p_.groups, kNormSums * h,
                                      total);
        const auto put = [&](void* to, dim_t at, dim_t count) {
            if (to != nullptr) copy_row(total + at * h, static_cast<T*>(to), count * h);
        };
        put(k_.db_ih, 0, 4), put(k_.db_hh, 0, 4), put(k_.dgain_ih, 4, 4), put(k_.dgain_hh, 8, 4);
        put(k_.dgain_c, 12, 1), put(k_.db_c, 13, 1);
    }

    // `rows` rows of dgates from `row` on, times the states before them.
    void recurrent_product(dim_t row, dim_t rows, const T* before, dim_t before_row,
                           bool add) const {
        const dim_t h = s_.hidden, gates = p_.cell.gates, summed = p_.cell.summed;
        // The gradients of U h are the second matrix of dgates, or columns of the only one.
        const T* const a =
            dgates_ + row * p_.gates_row + (p_.cell.matrices() - 1) * s_.rows * p_.gates_row;
        const auto product = [&](dim_t count, dim_t column, dim_t gate) {
            over_rows({count * h, s_.out, rows}, a + column * h, p_.gates_row,
                      {before, before_row, 1}, static_cast<T*>(k_.dw_hh) + gate * h * s_.out, add);
        };
        product(summed, 0, 0);
        if (gates > summed) product(gates - summed, gates, summed);
    }

    void recurrent_weights() const {
        const Sequence& q = m_.q;
        const T* const h0 = m_.h0[d_];
        const dim_t batch = s_.batch;
        if (p_.before.each == 0) {
            // The states before the steps are y, shifted by one step.
            const dim_t rows = s_.rows - batch;
            recurrent_product(d_ == 0 ? batch : 0, rows, m_.y.packed(d_, d_ == 0 ? 0 : batch),
                              p_.y_row, false);
            if (h0 != nullptr) recurrent_product(d_ == 0 ? 0 : rows, batch, h0, s_.out, true);
            return;
        }
        T* const before = p_.before.in(m_.workspace);
        const double ns = cost::kCopy * static_cast<double>(s_.rows * s_.out / s_.steps);
        parallel_for(s_.steps, ns, [&](dim_t s) {
            const dim_t t = q.time(d_, s), rows = q.rows(t),
                        old = std::min(rows, q.active(d_, s - 1, 0, batch));
            const RowView<T> to = rows_at(before + q.offset(t) * s_.out, s_.out);
            if (old > 0)
                copy_state(m_.y.rows(d_, q.time(d_, s - 1), 0), m_.mask_rows(d_, 0), to, old,
                           s_.out);
            copy_state(from_row(rows_at(h0, s_.out), old), m_.mask_rows(d_, old), from_row(to, old),
                       rows - old, s_.out);
        });
        recurrent_product(0, s_.rows, before, s_.out, false);
    }

    const BackwardArrays<T>& m_;
    const Shape& s_;
    const BackwardPlan& p_;
    const BackwardArgs::Direction& k_;
    const int d_;
    const T* const dgates_;
};

}  // namespace

template <class T>
void products_over_steps(const BackwardArrays<T>& m) {
    const Input& x = m.a.x;
    const auto* from = static_cast<const T*>(x.data);
    dim_t row = x.sample, col = x.col;
    if (m.plan.gather_x) {
        T* const rows = m.plan.x.in(m.workspace);
        gather_input(m.q, x, m.s.in, rows);
        from = rows, row = m.s.in, col = 1;
    }
    for (int d = 0; d < m.s.directions; ++d) Gradients<T>(m, d).weights(from, row, col);
    if (m.a.dx == nullptr) return;
    T* const dx = m.plan.scatter_dx ? m.plan.dx.in(m.workspace) : static_cast<T*>(m.a.dx);
    for (int d = 0; d < m.s.directions; ++d) Gradients<T>(m, d).input(dx);
    if (m.plan.scatter_dx) scatter_padded(m.q, dx, m.s.in, static_cast<T*>(m.a.dx), m.s.x_steps);
}

template void products_over_steps(const BackwardArrays<float>&);
template void products_over_steps(const BackwardArrays<double>&);

}  // namespace fastnn::rnn
