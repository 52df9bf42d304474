// The partition of a product into steps, chunks and slices of k: by its sizes and strides alone.
#include <algorithm>

#include "core/cache.h"
#include "ops/gemm/blocks.h"
#include "ops/gemm/cost.h"

namespace fastnn::gemm {
namespace {

// What a chunk and a step hold in the caches, in bytes. These sizes decide what is copied and in
// which order chunks are taken, never the order of a sum.
dim_t block_of_a() {  // rows x k_block of A, read once per tile of columns
    return machine().l2.bytes / 4;
}
dim_t packed_b() {  // packed at a time and read by all threads
    return machine().last.bytes * 3 / 8;
}
dim_t unpacked_b() {  // rows of B that every row of tiles reads in place
    return machine().l1.bytes;
}

// Bytes that decide the method, and with it the order of sums: constants, for an L2 of 1 MiB.
constexpr dim_t kSwapLimit = 4 << 20;    // of A, to be packed instead of B
constexpr dim_t kLargeB = 2 << 20;       // more than L2 holds
constexpr dim_t kPagesOfB = 6 << 20;     // more than the TLB reaches: B is not read tile by tile
constexpr dim_t kSkinnyRows = 8;         // of A at most, where such a B is read in memory order,
constexpr dim_t kSkinnySums = 16 << 10;  // in pieces whose sums L1 holds

constexpr dim_t kDeepStep = 1536;  // k of a step where B is packed in parts: C is read once a step
constexpr dim_t kChunkRows = 70;   // 5 tiles of 14 rows, 12 of 6
constexpr dim_t kChunkCols = 1024;
constexpr dim_t kManyChunks = 96;  // even work for any number of cores that a product is worth
constexpr dim_t kMinSlice = 256, kMaxSlice = dim_t{1} << 28;  // k of a slice; more take too long

// Whether the rows of two tiles evict each other from L1.
template <class T>
bool collides(dim_t stride) {
    return rows_collide(stride * static_cast<dim_t>(sizeof(T)), 32);
}

}  // namespace

template <class T>
Plan<T>::Plan(const Problem<T>& problem) : p_(problem), f_(&isa::table<TypedKernels<T>>()) {
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
    const dim_t m = p_.m, n = p_.n, k = p_.k;
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
    const double bytes = elements * sizeof(T), bytes_per_ns = bytes <= cost::kL2Bytes
                                                                  ? cost::kL2BytesPerNs
                                                                  : cost::kMemoryBytesPerNs;
    cost_ns_ = std::max(2 * products / f.flops_per_ns, bytes / bytes_per_ns);
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
    // Dot products, where one side is so short that a vector along it would be mostly empty and the
    // other operand is contiguous along k.
    if (k >= f.width) {
        if (b_.row_stride == 1 && m <= 2 * f.dot_rows) {
            method_ = Method::dot;
            return;
        }
        // The lanes of each vector of sums are added up at the end, which costs something.
        const dim_t most = k >= 16 * f.width ? 5 * f.width / 8 : std::min<dim_t>(4, f.width / 2);
        if (a_.col_stride == 1 && n <= most) {
            swap();
            method_ = Method::dot;
            return;
        }
    }
    if (b_.row_stride == 1 && b_.col_stride != 1) {
        // B would be transposed while it is packed. Transpose A and C instead where that is less.
        const bool less =
            (n - m) * k > 2 * m * n && m * k * static_cast<dim_t>(sizeof(T)) <= kSwapLimit;
        if (less) swap();
    } else if (a_.row_stride == 1 && n <= f.width / 2 && m >= f.width) {
        swap();  // few columns, and the columns of A are contiguous
    }
    // With one or two rows the loads of B are the limit; more rows have arithmetic to hide them.
    const dim_t large = m_ <= 2 ? kLargeB : kPagesOfB;
    if (m_ <= kSkinnyRows && b_.col_stride == 1 &&
        n_ * k_ * static_cast<dim_t>(sizeof(T)) > large) {
        method_ = Method::skinny;
    }
}

// Slices of k would be added in another order, and a B that is read in place is not packed at all.
template <class T>
bool Plan<T>::gains_from_packed_b() const {
    return method_ == Method::block && slices_ == 1 && pack_b_ != PackB::no &&
           pack_b_ != PackB::given;
}

// Columns of B per chunk: as many as L1 has room for sums, so that memory is read in order.
template <class T>
dim_t Plan<T>::skinny_cols() const {
    return kSkinnySums / (m_ * static_cast<dim_t>(sizeof(T))) / f_->blocking.width *
           f_->blocking.width;
}

template <class T>
void Plan<T>::choose_slices() {
    const Blocking& f = f_->blocking;
    const auto [size, count] = k_blocks(k_, f.kc);
    k_block_ = size, k_blocks_ = count;
    const dim_t tiles = method_ == Method::dot      ? ceil_div(n_, 16)
                        : method_ == Method::skinny ? ceil_div(n_, skinny_cols())
                                                    : ceil_div(m_, f.mr) * ceil_div(n_, f.nr);
    if (tiles >= 8 || cost_ns_ < 3 * kChunkNs || pack_b_ == PackB::given) return;
    const dim_t few = method_ == Method::skinny ? std::min(ceil_div(16, tiles), k_ / 64)
                                                : std::min(ceil_div(8, tiles), k_ / kMinSlice);
    const dim_t slices = std::max(few, k_ / kMaxSlice);
    if (slices <= 1) return;
    const auto inside = k_blocks(ceil_div(k_, slices), f.kc);
    slices_ = ceil_div(k_, inside.size * inside.count);  // none is empty
    k_block_ = inside.size;
    k_blocks_ = inside.count * slices_;
}

template <class T>
void Plan<T>::choose_chunks() {
    const Blocking& f = f_->blocking;
    const dim_t want = std::clamp<dim_t>(static_cast<dim_t>(cost_ns_ / kChunkNs), 1, kManyChunks);
    if (flat()) {
        const dim_t unit = method_ == Method::dot ? 4 : skinny_cols();
        const dim_t groups = ceil_div(n_, unit);
        const dim_t chunks = std::min(groups, ceil_div(want, slices_));
        chunk_rows_ = ceil_div(groups, chunks) * unit;  // of the longer side
        if (method_ == Method::skinny) chunk_rows_ = unit;
        row_chunks_ = ceil_div(n_, chunk_rows_);
        col_chunks_ = 1;
        chunk_cols_ = n_;
        return;
    }
    // A is copied once per column of chunks, B is read once per row of chunks: chunks are wide and
    // a few tiles high, unless there would be too few of them for all threads.
    const dim_t unit = m_ <= 4 ? 4 * f.nr : f.nr;
    const dim_t high = ceil_div(m_, f.mr), wide = ceil_div(n_, unit);
    const dim_t row_cap = std::max(f.mr, block_of_a() / (k_block_ * static_cast<dim_t>(sizeof(T))));
    const dim_t least_rows = ceil_div(m_, row_cap);
    const dim_t wanted = ceil_div(want, slices_),
                enough = ceil_div(std::min<dim_t>(want, 24), slices_);
    dim_t rows = std::max<dim_t>(1, m_ / kChunkRows);
    dim_t cols = std::max<dim_t>(1, n_ / kChunkCols);
    if (rows * cols < enough)
        cols = std::clamp<dim_t>(ceil_div(enough, rows), 1, std::max(cols, wide / 4));
    if (rows * cols < enough) cols = std::min(wide, ceil_div(enough, rows));
    if (rows * cols < enough) rows = std::min(high, ceil_div(enough, cols));
    cols = std::min(cols, std::max<dim_t>(1, wanted));
    rows = std::max(least_rows, std::min(rows, std::max<dim_t>(1, wanted / cols)));
    chunk_rows_ = rows == 1 ? m_ : ceil_div(high, rows) * f.mr;
    chunk_cols_ = ceil_div(wide, cols) * unit;
    row_chunks_ = ceil_div(m_, chunk_rows_);
    col_chunks_ = ceil_div(n_, chunk_cols_);
}

template <class T>
void Plan<T>::choose_copies() {
    const Blocking& f = f_->blocking;
    constexpr dim_t line = 64 / sizeof(T);
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
            // An odd number of cache lines: the rows of a tile map to different sets of L1.
            a_stride_ = odd_lines(k_block_, sizeof(T));
            a_size_ = static_cast<std::size_t>(chunk_rows_ * a_stride_);
        } else if (copy_a_ == CopyA::panels) {
            a_size_ = static_cast<std::size_t>(round_up(chunk_rows_ * k_block_ + f.width, line));
        }
        if (pack_b_ != PackB::given) {
            const bool small =
                k_block_ * std::min(chunk_cols_, n_) * static_cast<dim_t>(sizeof(T)) <=
                unpacked_b();
            if (b_.col_stride == 1 &&
                ((m_ <= 2 * f.mr && n_ * k_ * static_cast<dim_t>(sizeof(T)) <= kPagesOfB) ||
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
        const dim_t cols = flat() ? chunk_rows_ : chunk_cols_;
        const dim_t rows = flat() ? m_ : chunk_rows_;
        sums_stride_ = static_cast<std::size_t>(round_up(std::min(cols, n_), line));
        local_size_ += sums_stride_ * static_cast<std::size_t>(rows);
    }
}

template <class T>
void Plan<T>::choose_steps() {
    m_step_ = m_, n_step_ = n_, k_step_ = k_blocks_;
    if (method_ == Method::block && slices_ == 1 && !swapped_) {
        constexpr auto size = static_cast<dim_t>(sizeof(T));
        if (pack_b_ == PackB::shared && n_ * k_ * size > packed_b()) {
            k_step_ = std::clamp<dim_t>(kDeepStep / k_block_, 1, k_blocks_);
            k_steps_ = ceil_div(k_blocks_, k_step_);
            k_step_ = ceil_div(k_blocks_, k_steps_);
            const dim_t most = std::max(chunk_cols_, packed_b() / (k_step_ * k_block_ * size));
            n_steps_ = ceil_div(n_, most);
            n_step_ = round_up(ceil_div(n_, n_steps_), chunk_cols_);
            n_steps_ = ceil_div(n_, n_step_);
        }
        const double row =
            2.0 * static_cast<double>(n_step_) * static_cast<double>(k_step_ * k_block_);
        const double rows = cost::kStepFlops / row;
        if (rows < static_cast<double>(m_)) {
            m_step_ = std::max<dim_t>(1, static_cast<dim_t>(rows) / chunk_rows_) * chunk_rows_;
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

template bool Plan<float>::gains_from_packed_b() const;
template bool Plan<double>::gains_from_packed_b() const;
template Plan<float>::Plan(const Problem<float>&);
template Plan<double>::Plan(const Problem<double>&);

}  // namespace fastnn::gemm
