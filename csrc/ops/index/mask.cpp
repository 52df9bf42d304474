#include "ops/index/mask.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <utility>

#include "core/parallel.h"
#include "ops/index/cost.h"

namespace fastnn::index {
namespace {

constexpr dim_t kPiece = 4096;  // elements at most
// Where neighbours of a row are in different cache lines, so many rows are read a tile at a time.
constexpr dim_t kRows = 16, kTileColumns = 64, kLine = 64;

// The last axis is cut into pieces; the others count rows.
struct Pieces {
    const MaskArgs& a;
    dim_t length, per_row, count;
    bool tiled;

    explicit Pieces(const MaskArgs& args) : a(args), length(1), count(1) {
        for (int i = 0; i < a.axes - 1; ++i) count *= a.extent[i];
        if (a.axes > 0) length = a.extent[a.axes - 1];
        per_row = ceil_div(length, kPiece);
        count *= per_row;
        const int last = a.axes - 1;
        tiled = a.axes > 1 && (std::abs(a.mask_stride[last]) >= kLine ||
                               (a.table != nullptr && std::abs(a.table_stride[last]) >= kLine));
    }
    dim_t chunk() const {  // pieces of one
        const dim_t each = std::max<dim_t>(1, std::min(length, kPiece));
        return std::max<dim_t>(tiled ? kRows : 1,
                               static_cast<dim_t>(kChunkNs / cost::kMask) / each);
    }
    struct Piece {
        const char* mask;
        char* table;
        char* out;
        dim_t begin, size, row;
    };
    dim_t stride(const dim_t* strides) const { return a.axes > 0 ? strides[a.axes - 1] : 0; }
    Piece piece(dim_t at) const {
        Piece p{a.mask, a.table, a.out, at % per_row * kPiece, 0, at / per_row};
        p.size = std::min(kPiece, length - p.begin);
        dim_t rest = p.row;
        for (int i = a.axes - 2; i >= 0 && rest != 0; --i) {
            const dim_t k = rest % a.extent[i];
            rest /= a.extent[i];
            p.mask += k * a.mask_stride[i];
            if (a.table != nullptr) p.table += k * a.table_stride[i];
            if (a.out != nullptr) p.out += k * a.out_stride[i];
        }
        p.mask += p.begin * stride(a.mask_stride);
        if (a.table != nullptr) p.table += p.begin * stride(a.table_stride);
        if (a.out != nullptr) p.out += p.begin * stride(a.out_stride);
        return p;
    }
    // Calls f(piece index, piece, first element, elements) for tiles of the pieces from `begin` to
    // `end`.
    template <class F>
    void each_tile(dim_t begin, dim_t end, const F& f) const {
        const dim_t rows = tiled ? kRows : 1, columns = tiled ? kTileColumns : kAtOnce;
        Piece p[kRows];
        for (; begin < end; begin += rows) {
            const dim_t n = std::min(rows, end - begin);
            for (dim_t r = 0; r < n; ++r) p[r] = piece(begin + r);
            for (dim_t at = 0; at < kPiece && at < length; at += columns) {
                for (dim_t r = 0; r < n; ++r) {
                    if (at < p[r].size) f(begin + r, p[r], at, std::min(columns, p[r].size - at));
                }
            }
        }
    }
    template <class F>
    void parallel(const F& f) const {
        const dim_t step = chunk();
        const double each = static_cast<double>(std::min(length, kPiece)) * cost::kMask;
        parallel_for(ceil_div(count, step), each * static_cast<double>(step),
                     [&](dim_t c) { f(c * step, std::min(count, (c + 1) * step)); });
    }
};

int width(const MaskArgs& a) {
    return std::countr_zero(static_cast<unsigned>(a.bytes));
}

void count(const MaskArgs& a) {
    const Pieces pieces(a);
    const auto kernel = isa::table<MaskKernels>().count[static_cast<int>(a.truth)];
    const dim_t stride = pieces.stride(a.mask_stride);
    pieces.parallel([&](dim_t begin, dim_t end) {
        std::fill(a.firsts + begin, a.firsts + end, 0);
        pieces.each_tile(begin, end, [&](dim_t i, const Pieces::Piece& p, dim_t at, dim_t n) {
            a.firsts[i] += kernel(p.mask + at * stride, stride, n);
        });
    });
    std::int64_t sum = 0;
    for (dim_t i = 0; i < pieces.count; ++i) sum += std::exchange(a.firsts[i], sum);
    a.firsts[pieces.count] = sum;
}

// Calls f(piece, first element of a tile, places, how many, k of the first).
template <class F>
void over_places(const MaskArgs& a, const F& f) {
    const Pieces pieces(a);
    const auto find = isa::table<MaskKernels>().find[static_cast<int>(a.truth)];
    const dim_t stride = pieces.stride(a.mask_stride);
    const dim_t step = pieces.tiled ? kRows : 1;
    pieces.parallel([&](dim_t begin, dim_t end) {
        std::int64_t next[kRows];
        std::uint16_t places[kAtOnce];
        for (; begin < end; begin += step) {
            const dim_t last = std::min(end, begin + step);
            std::copy(a.firsts + begin, a.firsts + last, next);
            pieces.each_tile(begin, last, [&](dim_t i, const Pieces::Piece& p, dim_t at, dim_t n) {
                std::int64_t& k = next[i - begin];
                const dim_t found =
                    std::min(find(p.mask + at * stride, stride, n, places), a.firsts[i + 1] - k);
                f(p, at, places, found, k);
                k += found;
            });
        }
    });
}

template <bool puts>
void move(const MaskArgs& a) {
    const MaskKernels& kernels = isa::table<MaskKernels>();
    const auto kernel = puts ? kernels.put[width(a)] : kernels.select[width(a)];
    const dim_t stride = a.axes > 0 ? a.table_stride[a.axes - 1] : 0;
    over_places(a, [&](const Pieces::Piece& p, dim_t at, const std::uint16_t* places, dim_t n,
                       std::int64_t k) {
        kernel(p.table + at * stride, stride, places, n, a.values + k * a.value_stride,
               a.value_stride);
    });
}

void nonzero(const MaskArgs& a) {
    over_places(a, [&](const Pieces::Piece& p, dim_t at, const std::uint16_t* places, dim_t n,
                       std::int64_t k) {
        char* const to = a.values + k * a.value_stride;
        const auto put = [&](dim_t j, int axis, std::int64_t value) {
            *reinterpret_cast<std::int64_t*>(to + j * a.value_stride + axis * a.place_stride) =
                value;
        };
        if (a.axes == 0) return;
        for (dim_t j = 0; j < n; ++j) put(j, a.axes - 1, p.begin + at + places[j]);
        dim_t rest = p.row;
        for (int i = a.axes - 2; i >= 0; --i) {
            const dim_t here = rest % a.extent[i];
            rest /= a.extent[i];
            for (dim_t j = 0; j < n; ++j) put(j, i, here);
        }
    });
}

void fill(const MaskArgs& a) {
    const Pieces pieces(a);
    const auto kernel = isa::table<MaskKernels>().fill[width(a)];
    const dim_t by_mask = pieces.stride(a.mask_stride), by_table = pieces.stride(a.table_stride),
                by_out = pieces.stride(a.out_stride);
    pieces.parallel([&](dim_t begin, dim_t end) {
        pieces.each_tile(begin, end, [&](dim_t, const Pieces::Piece& p, dim_t at, dim_t n) {
            kernel(p.mask + at * by_mask, by_mask, p.table + at * by_table, by_table, a.values,
                   p.out + at * by_out, by_out, n);
        });
    });
}

Work work(const MaskArgs& a) {
    double n = 1;
    for (int i = 0; i < a.axes; ++i) n *= static_cast<double>(a.extent[i]);
    return {0, n * (1 + 2 * a.bytes)};
}

}  // namespace

dim_t pieces(const MaskArgs& a) {
    return Pieces(a).count;
}

const Kernel<MaskArgs> kMaskCount{"mask_count", count, work},
    kMaskSelect{"masked_select", move<false>, work}, kMaskPut{"masked_scatter", move<true>, work},
    kMaskFill{"masked_fill", fill, work}, kNonzero{"nonzero", nonzero, work};

}  // namespace fastnn::index
