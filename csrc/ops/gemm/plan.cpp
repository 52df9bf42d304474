// How a product is cut into pieces, and the pieces.
#include <algorithm>
#include <cmath>

#include "ops/gemm/gemm.h"

namespace fastnn::gemm {
namespace {

// Sizes in bytes behind the cuts below, for caches of 32 KiB, 1 MiB and several MiB per core.
constexpr long kBlockOfA =
    256 << 10;  // rows x k_block of A that one chunk walks over again and again: in L2
constexpr long kPackedB = 12 << 20;   // what is packed of B at a time: in L3
constexpr long kDirectB = 32 << 10;   // rows of B read in place again and again: in L1
constexpr long kSwapLimit = 4 << 20;  // most of A that is packed instead of B
constexpr long kDeepStep =
    1536;  // k per step where B does not fit: C is read and written once per step
constexpr long kLargeB = 2 << 20;  // B that L2 does not hold
constexpr long kPagesOfB =
    6 << 20;  // B whose pages the TLB does not hold: not read by columns of tiles
constexpr long kStreamRows = 8;         // rows of A at most where such a B is read in order...
constexpr long kStreamSums = 16 << 10;  // ... in rows whose sums L1 holds
constexpr double kStepFlops = 8e9;      // 40 ms on two cores: how long Ctrl-C may wait
constexpr long kChunkRows = 70;         // 5 tiles of 14, 12 of 6
constexpr long kChunkCols = 1024;
constexpr double kChunkNs = 8000;  // a chunk costs some 100 ns to hand out
constexpr long kManyChunks = 96;   // enough for even work on any number of cores a product is worth
constexpr long kMinSlice = 256;    // k of a slice

long ceil_div(long a, long b) {
    return (a + b - 1) / b;
}
long round_up(long a, long b) {
    return ceil_div(a, b) * b;
}

template <class T>
const TypedKernels<T>& table() {
    return isa::pick([]<Isa L>() -> const TypedKernels<T>& { return kernels<T, L>(); });
}

struct KBlocks {
    long size, count;
};

// k in equal parts of about kc: 400 is one part and 800 two, rather than 384 + 16.
KBlocks k_blocks(long k, long kc) {
    const long count = 3 * k <= 4 * kc ? 1 : ceil_div(k, kc);
    const long size = std::max(8L, round_up(ceil_div(k, count), 8));
    return {size, std::max(1L, ceil_div(k, size))};
}

// Rows at this distance lie on top of each other in L1 (64 sets of 64 bytes, 8 ways).
template <class T>
bool collides(long stride) {
    return stride * static_cast<long>(sizeof(T)) % 2048 == 0;
}

// A stride along an axis of length 1 means nothing: make it one that helps.
template <class T>
Matrix<T> with_unit_stride(Matrix<T> x, long rows, long cols) {
    if (x.row_stride == 1 || x.col_stride == 1) {
        if (cols == 1 && x.row_stride == 1) x.col_stride = rows;
        if (rows == 1 && x.col_stride == 1) x.row_stride = cols;
        return x;
    }
    if (cols == 1) {
        x.col_stride = 1;
    } else if (rows == 1) {
        x.row_stride = 1;
    }
    return x;
}

}  // namespace

template <class T>
Plan<T>::Plan(const Problem<T>& problem) : p_(problem), f_(&table<T>()) {
    if (p_.m <= 0 || p_.n <= 0) return;
    choose_method();
    if (method_ == Method::sum_is_empty) return;
    choose_slices();
    choose_chunks();
    choose_copies();
    choose_steps();
}

template <class T>
void Plan<T>::choose_method() {
    const Blocking& f = f_->blocking;
    const long m = p_.m, n = p_.n, k = p_.k;
    m_ = m, n_ = n, k_ = k;
    if (k <= 0) {
        method_ = Method::sum_is_empty;
        row_chunks_ = col_chunks_ = 1;
        return;
    }
    a_ = with_unit_stride(p_.a, m, k);
    b_ = with_unit_stride(p_.b, k, n);
    const double products =
        static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k);
    const double elements = static_cast<double>(m) * static_cast<double>(k) +
                            static_cast<double>(k) * static_cast<double>(n) +
                            static_cast<double>(m) * static_cast<double>(n);
    cost_ns_ = std::max(2 * products / f.flops_per_ns, elements * sizeof(T) / 25);  // at 25 GB/s
    method_ = Method::block;
    if (p_.packed_b != nullptr) {
        pack_b_ = PackB::given;
        return;
    }
    const auto swap = [&] {
        swapped_ = true;
        std::swap(m_, n_);
        const Matrix<T> a = a_;
        a_ = b_.transposed();
        b_ = a.transposed();
    };
    // Where one side is so short that a vector along it would be mostly empty, and the other
    // operand lies along k.
    if (k >= f.width) {
        if (b_.row_stride == 1 && m <= 2 * f.dot_rows) {
            method_ = Method::dot;
            return;
        }
        // Sums along k cost something to add up at their end.
        const long most = k >= 16 * f.width ? 5 * f.width / 8 : std::min(4L, f.width / 2);
        if (a_.col_stride == 1 && n <= most) {
            swap();
            method_ = Method::dot;
            return;
        }
    }
    if (b_.row_stride == 1 && b_.col_stride != 1) {
        // B must be turned round on its way into vectors: turn A and C instead where that is less.
        const bool less =
            (n - m) * k > 2 * m * n && m * k * static_cast<long>(sizeof(T)) <= kSwapLimit;
        if (less) swap();
    } else if (a_.row_stride == 1 && n <= f.width / 2 && m >= f.width) {
        swap();  // few columns, and A has its rows side by side
    }
    // One or two rows are soon done with a line of B and wait for the next; more have work enough.
    const long large = m_ <= 2 ? kLargeB : kPagesOfB;
    if (m_ <= kStreamRows && b_.col_stride == 1 && n_ * k_ * static_cast<long>(sizeof(T)) > large) {
        method_ = Method::stream;
    }
}

// Columns of B that are read together: as many as can be, so that memory is read in order.
template <class T>
long Plan<T>::stream_cols() const {
    return kStreamSums / (m_ * static_cast<long>(sizeof(T))) / f_->blocking.width *
           f_->blocking.width;
}

template <class T>
void Plan<T>::choose_slices() {
    const Blocking& f = f_->blocking;
    const auto [size, count] = k_blocks(k_, f.kc);
    k_block_ = size, k_blocks_ = count;
    const long tiles = method_ == Method::dot      ? ceil_div(n_, 16)
                       : method_ == Method::stream ? ceil_div(n_, stream_cols())
                                                   : ceil_div(m_, f.mr) * ceil_div(n_, f.nr);
    if (tiles >= 8 || cost_ns_ < 3 * kChunkNs || pack_b_ == PackB::given) return;
    const long slices = method_ == Method::stream ? std::min(ceil_div(16, tiles), k_ / 64)
                                                  : std::min(ceil_div(8, tiles), k_ / kMinSlice);
    if (slices <= 1) return;
    const auto inside = k_blocks(ceil_div(k_, slices), f.kc);
    slices_ = ceil_div(k_, inside.size * inside.count);  // none is empty
    k_block_ = inside.size;
    k_blocks_ = inside.count * slices_;
}

template <class T>
void Plan<T>::choose_chunks() {
    const Blocking& f = f_->blocking;
    const long want = std::clamp(static_cast<long>(cost_ns_ / kChunkNs), 1L, kManyChunks);
    if (flat()) {
        const long unit = method_ == Method::dot ? 4 : stream_cols();
        const long groups = ceil_div(n_, unit);
        const long chunks = std::min(groups, ceil_div(want, slices_));
        chunk_rows_ = ceil_div(groups, chunks) * unit;  // of the longer side
        if (method_ == Method::stream) chunk_rows_ = unit;
        row_chunks_ = ceil_div(n_, chunk_rows_);
        col_chunks_ = 1;
        chunk_cols_ = n_;
        return;
    }
    // Rows of A are copied once per column of chunks, pieces of B are read once per row of chunks:
    // chunks are wide and some tiles high, unless there would be too few of them.
    const long unit = m_ <= 4 ? 4 * f.nr : f.nr;
    const long high = ceil_div(m_, f.mr), wide = ceil_div(n_, unit);
    const long row_cap = std::max(f.mr, kBlockOfA / (k_block_ * static_cast<long>(sizeof(T))));
    const long least_rows = ceil_div(m_, row_cap);
    const long wanted = ceil_div(want, slices_), enough = ceil_div(std::min(want, 24L), slices_);
    long rows = std::max(1L, m_ / kChunkRows);
    long cols = std::max(1L, n_ / kChunkCols);
    if (rows * cols < enough)
        cols = std::clamp(ceil_div(enough, rows), 1L, std::max(cols, wide / 4));
    if (rows * cols < enough) cols = std::min(wide, ceil_div(enough, rows));
    if (rows * cols < enough) rows = std::min(high, ceil_div(enough, cols));
    cols = std::min(cols, std::max(1L, wanted));
    rows = std::max(least_rows, std::min(rows, std::max(1L, wanted / cols)));
    chunk_rows_ = rows == 1 ? m_ : ceil_div(high, rows) * f.mr;
    chunk_cols_ = ceil_div(wide, cols) * unit;
    row_chunks_ = ceil_div(m_, chunk_rows_);
    col_chunks_ = ceil_div(n_, chunk_cols_);
}

template <class T>
void Plan<T>::choose_copies() {
    const Blocking& f = f_->blocking;
    constexpr long line = 64 / sizeof(T);
    if (flat()) {
        if (method_ == Method::dot && a_.col_stride != 1) {
            copy_a_ = CopyA::rows;
            a_stride_ = round_up(k_, line);
            packed_size_ = static_cast<std::size_t>(m_ * a_stride_);
        }
    } else {
        const bool reused = chunk_cols_ > 4 * f.nr || (chunk_cols_ > f.nr && m_ * k_ > 16384);
        if (a_.col_stride == 1) {
            if (m_ > 4 && (reused || collides<T>(a_.row_stride))) copy_a_ = CopyA::rows;
        } else if (a_.row_stride == 1) {
            if (reused || collides<T>(a_.col_stride)) copy_a_ = CopyA::panels;
        } else {
            copy_a_ = CopyA::panels;
        }
        if (copy_a_ == CopyA::rows) {
            // An odd number of lines: the rows of a tile spread over all sets of L1.
            a_stride_ = (ceil_div(k_block_, line) | 1) * line;
            a_size_ = static_cast<std::size_t>(chunk_rows_ * a_stride_);
        } else if (copy_a_ == CopyA::panels) {
            a_size_ = static_cast<std::size_t>(round_up(chunk_rows_ * k_block_ + f.width, line));
        }
        if (pack_b_ != PackB::given) {
            const bool small =
                k_block_ * std::min(chunk_cols_, n_) * static_cast<long>(sizeof(T)) <= kDirectB;
            if (b_.col_stride == 1 &&
                ((m_ <= 2 * f.mr && n_ * k_ * static_cast<long>(sizeof(T)) <= kPagesOfB) ||
                 (m_ <= 6 * f.mr && small && !collides<T>(b_.row_stride)))) {
                pack_b_ = PackB::no;
                b_size_ = static_cast<std::size_t>(k_block_ * f.width);  // the last columns
            } else if (row_chunks_ == 1 || slices_ > 1) {
                pack_b_ = PackB::local;
                b_size_ = static_cast<std::size_t>(k_block_ *
                                                   round_up(std::min(chunk_cols_, n_), f.width));
            } else {
                pack_b_ = PackB::shared;
            }
        }
    }
    local_size_ = a_size_ + b_size_;
    if (slices_ > 1) {
        sums_stride_ = static_cast<std::size_t>(round_up(n_, line));
        shared_size_ = sums_stride_ * static_cast<std::size_t>(m_ * slices_);
    } else if (swapped_ || flat()) {
        const long cols = flat() ? chunk_rows_ : chunk_cols_;
        const long rows = flat() ? m_ : chunk_rows_;
        sums_stride_ = static_cast<std::size_t>(round_up(std::min(cols, n_), line));
        local_size_ += sums_stride_ * static_cast<std::size_t>(rows);
    }
}

template <class T>
void Plan<T>::choose_steps() {
    m_step_ = m_, n_step_ = n_, k_step_ = k_blocks_;
    if (method_ == Method::block && slices_ == 1 && !swapped_) {
        constexpr auto size = static_cast<long>(sizeof(T));
        if (pack_b_ == PackB::shared && n_ * k_ * size > kPackedB) {
            k_step_ = std::clamp(kDeepStep / k_block_, 1L, k_blocks_);
            k_steps_ = ceil_div(k_blocks_, k_step_);
            k_step_ = ceil_div(k_blocks_, k_steps_);
            const long most = std::max(chunk_cols_, kPackedB / (k_step_ * k_block_ * size));
            n_steps_ = ceil_div(n_, most);
            n_step_ = round_up(ceil_div(n_, n_steps_), chunk_cols_);
            n_steps_ = ceil_div(n_, n_step_);
        }
        const double row =
            2.0 * static_cast<double>(n_step_) * static_cast<double>(k_step_ * k_block_);
        const double rows = kStepFlops / row;
        if (rows < static_cast<double>(m_)) {
            m_step_ = std::max(1L, static_cast<long>(rows) / chunk_rows_) * chunk_rows_;
            m_steps_ = ceil_div(m_, m_step_);
        }
    }
    if (pack_b_ == PackB::shared) {
        packed_size_ =
            static_cast<std::size_t>(k_step_ * k_block_) *
            static_cast<std::size_t>(round_up(std::min(n_step_, n_), f_->blocking.width));
    }
    shared_size_ += packed_size_;
}

template <class T>
void Plan<T>::set_pointers(const T* a, const T* b, T* c) {
    p_.a.data = a;
    p_.b.data = b;
    p_.c = c;
    a_.data = swapped_ ? b : a;
    b_.data = swapped_ ? a : b;
}

template <class T>
typename Plan<T>::Step Plan<T>::step_at(long step) const {
    const long i = step % m_steps_, k = step / m_steps_ % k_steps_, j = step / m_steps_ / k_steps_;
    return {i * m_step_, std::min(m_, (i + 1) * m_step_),
            j * n_step_, std::min(n_, (j + 1) * n_step_),
            k * k_step_, std::min(k_blocks_, (k + 1) * k_step_),
            i == 0};
}

template <class T>
typename Plan<T>::Range Plan<T>::k_range(long block) const {
    const long begin = std::min(k_, block * k_block_);
    return {begin, std::min(k_, begin + k_block_)};
}

template <class T>
long Plan<T>::pack_chunks(long step) const {
    if (flat()) return copy_a_ == CopyA::rows ? 1 : 0;
    if (pack_b_ != PackB::shared) return 0;
    const Step s = step_at(step);
    return s.pack ? (s.block1 - s.block0) * ceil_div(s.n1 - s.n0, 4 * f_->blocking.nr) : 0;
}

template <class T>
void Plan<T>::pack(long step, long chunk) const {
    if (flat()) {
        f_->copy_rows(a_.data, a_.row_stride, a_.col_stride, m_, k_, shared_, a_stride_);
        return;
    }
    const Step s = step_at(step);
    const long width = 4 * f_->blocking.nr, columns = s.n1 - s.n0,
               groups = ceil_div(columns, width);
    const Range k = k_range(s.block0 + chunk / groups);
    const long j = chunk % groups * width;
    const long before = k.begin - k_range(s.block0).begin;
    f_->pack_b(b_.data + k.begin * b_.row_stride + (s.n0 + j) * b_.col_stride, b_.row_stride,
               b_.col_stride, k.size(), std::min(width, columns - j),
               shared_ + before * round_up(columns, f_->blocking.width) + j * k.size());
}

template <class T>
long Plan<T>::chunks(long step) const {
    if (method_ == Method::none) return 0;
    if (method_ == Method::sum_is_empty) return 1;
    if (flat()) return row_chunks_ * slices_;
    const Step s = step_at(step);
    return ceil_div(s.m1 - s.m0, chunk_rows_) * ceil_div(s.n1 - s.n0, chunk_cols_) * slices_;
}

template <class T>
void Plan<T>::compute(long step, long chunk, T* local) const {
    if (method_ == Method::sum_is_empty) {
        finish(nullptr, 0, 0, {0, m_}, {0, n_});
        return;
    }
    if (flat()) {
        const long j = chunk % row_chunks_ * chunk_rows_;
        flat_chunk(chunk / row_chunks_, {j, std::min(n_, j + chunk_rows_)}, local);
        return;
    }
    // Neighbouring chunks have the same columns, so that threads share a piece of B.
    const Step s = step_at(step);
    const long rows = ceil_div(s.m1 - s.m0, chunk_rows_), cols = ceil_div(s.n1 - s.n0, chunk_cols_);
    const long i = s.m0 + chunk % rows * chunk_rows_, j = s.n0 + chunk / rows % cols * chunk_cols_;
    block_chunk(s, chunk / rows / cols, {i, std::min(s.m1, i + chunk_rows_)},
                {j, std::min(s.n1, j + chunk_cols_)}, local);
}

template <class T>
void Plan<T>::block_chunk(const Step& s, long slice, Range rows, Range cols, T* local) const {
    const Blocking& f = f_->blocking;
    const bool sums_only = swapped_ || slices_ > 1;
    const long blocks = k_blocks_ / slices_;
    const long block0 = slices_ > 1 ? slice * blocks : s.block0,
               block1 = slices_ > 1 ? block0 + blocks : s.block1;
    T* const a_copy = local;
    T* const b_copy = local + a_size_;
    T* const sums = slices_ > 1
                        ? shared_ + packed_size_ +
                              static_cast<std::size_t>(slice * m_ + rows.begin) * sums_stride_ +
                              cols.begin
                        : b_copy + b_size_;
    const bool fuse_relu =
        p_.epilogue.activation == Activation::relu && p_.epilogue.before == nullptr;
    const bool last_step = sums_only || block1 == k_blocks_;
    Block<T> g{};
    g.m = rows.size();
    for (long block = block0; block < block1; ++block) {
        const Range k = k_range(block);
        g.k = k.size();
        const T* a = a_.data + rows.begin * a_.row_stride + k.begin * a_.col_stride;
        switch (copy_a_) {
            case CopyA::no: g.a = a, g.a_row = a_.row_stride, g.a_k = a_.col_stride; break;
            case CopyA::rows:
                f_->copy_rows(a, a_.row_stride, a_.col_stride, g.m, g.k, a_copy, a_stride_);
                g.a = a_copy, g.a_row = a_stride_, g.a_k = 1;
                break;
            case CopyA::panels:
                f_->pack_a(a, a_.row_stride, a_.col_stride, g.m, g.k, a_copy);
                g.a = a_copy, g.a_panels = true;
                break;
        }
        if (sums_only) {
            g.c = sums, g.c_row = static_cast<long>(sums_stride_), g.alpha = 1,
            g.beta = block == block0 ? 0 : 1;
        } else {
            g.c = out() + rows.begin * p_.c_stride + cols.begin, g.c_row = p_.c_stride;
            g.alpha = p_.alpha, g.beta = block == 0 ? p_.beta : 1;
            if (block + 1 == k_blocks_) {
                if (p_.epilogue.bias != nullptr) g.bias = p_.epilogue.bias + cols.begin;
                if (p_.epilogue.residual != nullptr) {
                    g.residual = p_.epilogue.residual + rows.begin * p_.epilogue.residual_stride +
                                 cols.begin;
                    g.residual_row = p_.epilogue.residual_stride;
                }
                g.relu = fuse_relu;
            }
        }
        const T* b = b_.data + k.begin * b_.row_stride + cols.begin * b_.col_stride;
        g.n = cols.size();
        g.b_panels = true;
        switch (pack_b_) {
            case PackB::given:
                g.b = p_.packed_b + k.begin * round_up(n_, f.width) + cols.begin * k.size();
                break;
            case PackB::shared:
                g.b = shared_ +
                      (k.begin - k_range(s.block0).begin) * round_up(s.n1 - s.n0, f.width) +
                      (cols.begin - s.n0) * k.size();
                break;
            case PackB::local:
                f_->pack_b(b, b_.row_stride, b_.col_stride, g.k, g.n, b_copy);
                g.b = b_copy;
                break;
            case PackB::no: {
                // In place, but for the columns beyond the last whole vector.
                const long whole = g.n / f.width * f.width, rest = g.n - whole;
                g.b = b, g.b_row = b_.row_stride, g.b_panels = false;
                g.n = whole;
                if (whole > 0) f_->block(g);
                if (rest == 0) continue;
                f_->pack_b(b + whole, b_.row_stride, 1, g.k, rest, b_copy);
                g.b = b_copy, g.b_panels = true;
                g.n = rest;
                g.c += whole;
                if (g.bias != nullptr) g.bias += whole;
                if (g.residual != nullptr) g.residual += whole;
                break;
            }
        }
        f_->block(g);
    }
    if (slices_ > 1 || !last_step) return;
    if (swapped_) {
        finish(sums, static_cast<long>(sums_stride_), 1, cols, rows);
    } else {
        activate(rows, cols);
    }
}

template <class T>
void Plan<T>::flat_chunk(long slice, Range rows, T* local) const {
    const long blocks = k_blocks_ / slices_;
    const long k0 = slice * blocks * k_block_, k1 = std::min(k_, k0 + blocks * k_block_);
    const long depth = std::max(0L, k1 - k0), sums_row = static_cast<long>(sums_stride_);
    T* const sums =
        slices_ > 1 ? shared_ + packed_size_ + slice * m_ * sums_row + rows.begin : local;
    const T* const b = b_.data + rows.begin * b_.col_stride + k0 * b_.row_stride;
    if (method_ == Method::stream) {
        f_->stream({m_, rows.size(), depth, a_.data + k0 * a_.col_stride, a_.row_stride,
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
void Plan<T>::finish(const T* sums, long sums_stride, long slices, Range rows, Range cols) const {
    const Epilogue<T>& e = p_.epilogue;
    Finish<T> f{};
    f.rows = rows.size(), f.cols = cols.size();
    f.sums = sums, f.sums_row = sums_stride, f.slices = slices;
    f.slice_stride = m_ * sums_stride;
    f.transposed = swapped_;
    f.c = out() + rows.begin * p_.c_stride + cols.begin, f.c_row = p_.c_stride;
    f.alpha = p_.alpha, f.beta = p_.beta;
    if (e.bias != nullptr) f.bias = e.bias + cols.begin;
    if (e.residual != nullptr) {
        f.residual = e.residual + rows.begin * e.residual_stride + cols.begin;
        f.residual_row = e.residual_stride;
    }
    f.relu = e.activation == Activation::relu && e.before == nullptr;
    f_->finish(f);
    activate(rows, cols);
}

template <class T>
void Plan<T>::activate(Range rows, Range cols) const {
    const Epilogue<T>& e = p_.epilogue;
    if (e.before == nullptr &&
        (e.activation == Activation::none || e.activation == Activation::relu))
        return;
    const long begin = rows.begin * p_.c_stride + cols.begin;
    f_->activate(e.activation, out() + begin, p_.c_stride, p_.c + begin, p_.c_stride, rows.size(),
                 cols.size());
}

template <class T>
long Plan<T>::reduce_chunks() const {
    return slices_ > 1 ? ceil_div(p_.m, 64) : 0;
}

template <class T>
void Plan<T>::reduce(long chunk) const {
    const Range rows{chunk * 64, std::min(p_.m, chunk * 64 + 64)};
    const T* sums = shared_ + packed_size_ +
                    (swapped_ ? rows.begin : rows.begin * static_cast<long>(sums_stride_));
    finish(sums, static_cast<long>(sums_stride_), slices_, rows, {0, p_.n});
}

template class Plan<float>;
template class Plan<double>;

template <class T>
std::size_t PackedB<T>::size(long k, long n) {
    const Blocking& f = table<T>().blocking;
    const auto [block, count] = k_blocks(k, f.kc);
    return checked_bytes(static_cast<std::size_t>(block * count),
                         static_cast<std::size_t>(round_up(n, f.width)));
}

template <class T>
void PackedB<T>::pack(long k, long n, Matrix<T> b, T* packed, bool threaded) {
    const TypedKernels<T>& f = table<T>();
    const Matrix<T> x = with_unit_stride(b, k, n);
    const auto [block, count] = k_blocks(k, f.blocking.kc);
    const long width = 4 * f.blocking.nr, groups = ceil_div(n, width),
               padded = round_up(n, f.blocking.width);
    const auto run = [&, block = block](long chunk) {
        const long k0 = chunk / groups * block, depth = std::min(block, k - k0),
                   j = chunk % groups * width;
        f.pack_b(x.data + k0 * x.row_stride + j * x.col_stride, x.row_stride, x.col_stride, depth,
                 std::min(width, n - j), packed + k0 * padded + j * depth);
    };
    if (threaded) {
        parallel_for(count * groups, 0.3 * static_cast<double>(width * block), run);
    } else {
        for (long i = 0; i < count * groups; ++i) run(i);
    }
}

template struct PackedB<float>;
template struct PackedB<double>;

}  // namespace fastnn::gemm
