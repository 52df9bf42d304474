// The chunks of a product: packing, computing, reducing.
#include <algorithm>

#include "ops/activation/activation.h"
#include "ops/gemm/blocks.h"

namespace fastnn::gemm {

template <class T>
void Plan<T>::set_pointers(const T* a, const T* b, T* c) {
    p_.a.data = a;
    p_.b.data = b;
    p_.c = c;
    a_.data = swapped_ ? b : a;
    b_.data = swapped_ ? a : b;
}

template <class T>
typename Plan<T>::Step Plan<T>::step_at(dim_t step) const {
    const dim_t i = step % m_steps_, k = step / m_steps_ % k_steps_, j = step / m_steps_ / k_steps_;
    return {i * m_step_, std::min(m_, (i + 1) * m_step_),
            j * n_step_, std::min(n_, (j + 1) * n_step_),
            k * k_step_, std::min(k_blocks_, (k + 1) * k_step_),
            i == 0};
}

template <class T>
typename Plan<T>::Range Plan<T>::k_range(dim_t block) const {
    const dim_t begin = std::min(k_, block * k_block_);
    return {begin, std::min(k_, begin + k_block_)};
}

template <class T>
dim_t Plan<T>::pack_chunks(dim_t step) const {
    if (flat()) return copy_a_ == CopyA::rows ? 1 : 0;
    if (pack_b_ != PackB::shared) return 0;
    const Step s = step_at(step);
    return s.pack ? (s.block1 - s.block0) * ceil_div(s.n1 - s.n0, 4 * f_->blocking.nr) : 0;
}

template <class T>
void Plan<T>::pack(dim_t step, dim_t chunk) const {
    if (flat()) {
        f_->copy_rows(a_.data, a_.row_stride, a_.col_stride, m_, k_, shared_, a_stride_);
        return;
    }
    const Step s = step_at(step);
    const dim_t width = 4 * f_->blocking.nr, columns = s.n1 - s.n0,
                groups = ceil_div(columns, width);
    const Range k = k_range(s.block0 + chunk / groups);
    const dim_t j = chunk % groups * width;
    const dim_t before = k.begin - k_range(s.block0).begin;
    f_->pack_b(b_.data + k.begin * b_.row_stride + (s.n0 + j) * b_.col_stride, b_.row_stride,
               b_.col_stride, k.size(), std::min(width, columns - j),
               shared_ + before * round_up(columns, f_->blocking.width) + j * k.size());
}

template <class T>
dim_t Plan<T>::chunks(dim_t step) const {
    if (method_ == Method::none) return 0;
    if (method_ == Method::sum_is_empty) return 1;
    if (flat()) return row_chunks_ * slices_;
    const Step s = step_at(step);
    return ceil_div(s.m1 - s.m0, chunk_rows_) * ceil_div(s.n1 - s.n0, chunk_cols_) * slices_;
}

template <class T>
void Plan<T>::compute(dim_t step, dim_t chunk, T* local) const {
    if (method_ == Method::sum_is_empty) {
        finish(nullptr, 0, 0, {0, m_}, {0, n_});
        return;
    }
    if (flat()) {
        const dim_t j = chunk % row_chunks_ * chunk_rows_;
        flat_chunk(chunk / row_chunks_, {j, std::min(n_, j + chunk_rows_)}, local);
        return;
    }
    // Neighbouring chunks have the same columns, so that threads share a piece of B.
    const Step s = step_at(step);
    const dim_t rows = ceil_div(s.m1 - s.m0, chunk_rows_),
                cols = ceil_div(s.n1 - s.n0, chunk_cols_);
    const dim_t i = s.m0 + chunk % rows * chunk_rows_, j = s.n0 + chunk / rows % cols * chunk_cols_;
    block_chunk(s, chunk / rows / cols, {i, std::min(s.m1, i + chunk_rows_)},
                {j, std::min(s.n1, j + chunk_cols_)}, local);
}

// Operand A of a block: in place, or copied.
template <class T>
void Plan<T>::set_a(Block<T>& g, Range rows, Range k, T* copy) const {
    const T* a = a_.data + rows.begin * a_.row_stride + k.begin * a_.col_stride;
    switch (copy_a_) {
        case CopyA::no: g.a = a, g.a_row = a_.row_stride, g.a_k = a_.col_stride; break;
        case CopyA::rows:
            f_->copy_rows(a, a_.row_stride, a_.col_stride, g.m, g.k, copy, a_stride_);
            g.a = copy, g.a_row = a_stride_, g.a_k = 1;
            break;
        case CopyA::panels:
            f_->pack_a(a, a_.row_stride, a_.col_stride, g.m, g.k, copy);
            g.a = copy, g.a_panels = true;
            break;
    }
}

// Of a piece of C, after the last block of k.
template <class T>
Epilogue<T> Plan<T>::epilogue(Range rows, Range cols) const {
    Epilogue<T> e = p_.epilogue;
    if (e.bias != nullptr) e.bias += cols.begin;
    if (e.residual != nullptr) e.residual += rows.begin * e.residual_row + cols.begin;
    return e;
}

// Multiplies by operand B of a block: as it is packed, or packed here, or in place.
template <class T>
void Plan<T>::multiply_by_b(Block<T>& g, const Step& s, Range k, Range cols, T* copy) const {
    const dim_t width = f_->blocking.width;
    const T* b = b_.data + k.begin * b_.row_stride + cols.begin * b_.col_stride;
    g.n = cols.size();
    g.b_panels = true;
    switch (pack_b_) {
        case PackB::given:
            g.b = p_.packed_b + k.begin * round_up(n_, width) + cols.begin * k.size();
            break;
        case PackB::shared:
            g.b = shared_ + (k.begin - k_range(s.block0).begin) * round_up(s.n1 - s.n0, width) +
                  (cols.begin - s.n0) * k.size();
            break;
        case PackB::local:
            f_->pack_b(b, b_.row_stride, b_.col_stride, g.k, g.n, copy);
            g.b = copy;
            break;
        case PackB::no: {
            // In place, but for the columns beyond the last whole vector.
            const dim_t whole = g.n / width * width, rest = g.n - whole;
            g.b = b, g.b_row = b_.row_stride, g.b_panels = false;
            g.n = whole;
            if (whole > 0) f_->block(g);
            if (rest == 0) return;
            f_->pack_b(b + whole, b_.row_stride, 1, g.k, rest, copy);
            g.b = copy, g.b_panels = true;
            g.n = rest;
            g.c += whole;
            if (g.epilogue.bias != nullptr) g.epilogue.bias += whole;
            if (g.epilogue.residual != nullptr) g.epilogue.residual += whole;
            break;
        }
    }
    f_->block(g);
}

template <class T>
void Plan<T>::block_chunk(const Step& s, dim_t slice, Range rows, Range cols, T* local) const {
    const bool sums_only = swapped_ || slices_ > 1;
    const dim_t blocks = k_blocks_ / slices_;
    const dim_t block0 = slices_ > 1 ? slice * blocks : s.block0,
                block1 = slices_ > 1 ? block0 + blocks : s.block1;
    T* const a_copy = local;
    T* const b_copy = local + a_size_;
    T* const sums = slices_ > 1
                        ? shared_ + packed_size_ +
                              static_cast<std::size_t>(slice * m_ + rows.begin) * sums_stride_ +
                              cols.begin
                        : b_copy + b_size_;
    Block<T> g{};
    g.m = rows.size();
    for (dim_t block = block0; block < block1; ++block) {
        const Range k = k_range(block);
        g.k = k.size();
        set_a(g, rows, k, a_copy);
        if (sums_only) {
            g.c = sums, g.c_row = static_cast<dim_t>(sums_stride_), g.alpha = 1,
            g.beta = block == block0 ? 0 : 1;
        } else {
            g.c = out() + rows.begin * p_.c_stride + cols.begin, g.c_row = p_.c_stride;
            g.alpha = p_.alpha, g.beta = block == 0 ? p_.beta : 1;
            if (block + 1 == k_blocks_) g.epilogue = epilogue(rows, cols);
        }
        multiply_by_b(g, s, k, cols, b_copy);
    }
    const bool last_step = sums_only || block1 == k_blocks_;
    if (slices_ > 1 || !last_step) return;
    if (swapped_) {
        finish(sums, static_cast<dim_t>(sums_stride_), 1, cols, rows);
    } else {
        activate(rows, cols);
    }
}

template <class T>
void Plan<T>::flat_chunk(dim_t slice, Range rows, T* local) const {
    const dim_t blocks = k_blocks_ / slices_;
    const dim_t k0 = slice * blocks * k_block_, k1 = std::min(k_, k0 + blocks * k_block_);
    const dim_t depth = std::max<dim_t>(0, k1 - k0), sums_row = static_cast<dim_t>(sums_stride_);
    T* const sums =
        slices_ > 1 ? shared_ + packed_size_ + slice * m_ * sums_row + rows.begin : local;
    const T* const b = b_.data + rows.begin * b_.col_stride + k0 * b_.row_stride;
    if (method_ == Method::skinny) {
        f_->skinny({m_, rows.size(), depth, a_.data + k0 * a_.col_stride, a_.row_stride,
                    a_.col_stride, b, b_.row_stride, sums, sums_row});
    } else if (copy_a_ == CopyA::rows) {
        f_->dot(
            {m_, rows.size(), depth, shared_ + k0, a_stride_, b, b_.col_stride, sums, sums_row});
    } else {
        f_->dot({m_, rows.size(), depth, a_.data + k0, a_.row_stride, b, b_.col_stride, sums,
                 sums_row});
    }
    if (slices_ > 1) return;
    if (swapped_) {
        finish(sums, sums_row, 1, rows, {0, m_});
    } else {
        finish(sums, sums_row, 1, {0, m_}, rows);
    }
}

// Rows and columns of C.
template <class T>
void Plan<T>::finish(const T* sums, dim_t sums_stride, dim_t slices, Range rows, Range cols) const {
    Finish<T> f{};
    f.rows = rows.size(), f.cols = cols.size();
    f.sums = sums, f.sums_row = sums_stride, f.slices = slices;
    f.slice_stride = m_ * sums_stride;
    f.transposed = swapped_;
    f.c = out() + rows.begin * p_.c_stride + cols.begin, f.c_row = p_.c_stride;
    f.alpha = p_.alpha, f.beta = p_.beta;
    f.epilogue = epilogue(rows, cols);
    f_->finish(f);
    activate(rows, cols);
}

template <class T>
void Plan<T>::activate(Range rows, Range cols) const {
    activation::finish(p_.epilogue, p_.c, rows.begin * p_.c_stride + cols.begin, p_.c_stride,
                       rows.size(), cols.size());
}

template <class T>
dim_t Plan<T>::reduce_chunks() const {
    return slices_ > 1 ? ceil_div(p_.m, 64) : 0;
}

template <class T>
void Plan<T>::reduce(dim_t chunk) const {
    const Range rows{chunk * 64, std::min(p_.m, chunk * 64 + 64)};
    const T* sums = shared_ + packed_size_ +
                    (swapped_ ? rows.begin : rows.begin * static_cast<dim_t>(sums_stride_));
    finish(sums, static_cast<dim_t>(sums_stride_), slices_, rows, {0, p_.n});
}

template class Plan<float>;
template class Plan<double>;

}  // namespace fastnn::gemm
