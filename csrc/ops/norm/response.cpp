#include "ops/norm/response.h"

#include <algorithm>

#include "core/columns.h"
#include "core/integer.h"
#include "ops/norm/cost.h"

namespace fastnn::norm {
namespace {

constexpr dim_t kLeast = 1024, kMost = 32768;  // elements of a piece: 128 KiB of float32 at most
constexpr dim_t kTerms = 1 << 28;  // added up for a piece, about, where windows are large

// Calls f(piece, row) for pieces of rows; neighbours around a piece are computed again.
template <class T, class F>
void over_pieces(const Response& s, double ns, F f) {
    if (s.outer * s.n == 0) return;
    const dim_t most = std::clamp(kTerms / s.size, kLeast, kMost);
    const dim_t pieces = ceil_div(s.n, most);
    const dim_t rows = std::max<dim_t>(1, most / s.n);
    const dim_t blocks = ceil_div(s.outer, rows);
    const dim_t piece = std::min(s.n, most);
    const double element_ns =
        ns * sizeof(T) / 4 * (1 + cost::kResponseNeighbour * static_cast<double>(s.size));
    parallel_with_scratch<T>(
        blocks * pieces, element_ns * static_cast<double>(piece * std::min(rows, s.outer)),
        piece + (s.size - 1) * s.inner, [&](dim_t c, T* around) {
            const dim_t begin = c % pieces * most, first = c / pieces * rows;
            ResponsePiece<T> p{};
            p.begin = begin, p.end = std::min(s.n, begin + most);
            p.n = s.n, p.inner = s.inner, p.size = s.size;
            p.scale = s.alpha / static_cast<double>(s.size), p.beta = s.beta, p.k = s.k;
            p.around = around;
            for (dim_t row = first; row < std::min(s.outer, first + rows); ++row) f(p, row * s.n);
        });
}

void forward(const ResponseArgs& a) {
    visit_float(a.dtype, [&]<class T>() {
        const auto kernel = isa::table<ResponseKernels, T>().forward;
        over_pieces<T>(a.shape, cost::kResponseForward, [&](ResponsePiece<T> p, dim_t at) {
            p.x = static_cast<const T*>(a.x) + at;
            p.y = static_cast<T*>(a.y) + at;
            p.d = a.d == nullptr ? nullptr : static_cast<T*>(a.d) + at;
            kernel(p);
        });
    });
}

void backward(const ResponseBackwardArgs& a) {
    visit_float(a.dtype, [&]<class T>() {
        const auto kernel = isa::table<ResponseKernels, T>().backward;
        over_pieces<T>(a.shape, cost::kResponseBackward, [&](ResponsePiece<T> p, dim_t at) {
            p.x = static_cast<const T*>(a.x) + at;
            p.dy = static_cast<const T*>(a.dy) + at;
            p.d = const_cast<T*>(static_cast<const T*>(a.d) + at);
            p.y = static_cast<T*>(a.dx) + at;
            kernel(p);
        });
    });
}

Work work_of(Dtype dtype, const Response& s, int arrays) {
    const double n = static_cast<double>(s.outer) * static_cast<double>(s.n);
    return {(8 + static_cast<double>(s.size)) * n,
            arrays * n * static_cast<double>(size_of(dtype))};
}

Work forward_work(const ResponseArgs& a) {
    return work_of(a.dtype, a.shape, a.d == nullptr ? 2 : 3);
}

Work backward_work(const ResponseBackwardArgs& a) {
    return work_of(a.dtype, a.shape, 4);
}

}  // namespace

const Kernel<ResponseArgs> kResponse{"local_response_norm", forward, forward_work};
const Kernel<ResponseBackwardArgs> kResponseBackward{"local_response_norm_backward", backward,
                                                     backward_work};

}  // namespace fastnn::norm
