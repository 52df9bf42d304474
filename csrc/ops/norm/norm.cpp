#include "ops/norm/norm.h"

#include <algorithm>

#include "core/cache.h"
#include "core/integer.h"
#include "core/memory.h"
#include "core/parallel.h"
#include "ops/activation/activation.h"
#include "ops/norm/cost.h"
#include "ops/norm/wide.h"

namespace fastnn::norm {
namespace {

constexpr dim_t kChunk = 32768;  // elements: 128 KiB of float32; at least one row
// Chunks of the backward pass have twice as many, since each has its own dw and db. There are
// kMostParts of them at most, whose dw and db are added afterwards, and kLeastParts also with fewer
// than 8 rows each.
constexpr dim_t kBackwardChunk = 65536, kLeastParts = 4, kMostParts = 64;
constexpr dim_t kColumns = 1024;  // columns of dw and db that a chunk adds

bool rows_stream(const void* out, dim_t rows, dim_t n, Dtype dtype) {
    const auto row = n * static_cast<dim_t>(size_of(dtype));
    return past_caches(out, static_cast<double>(rows * row), row, kReadsAgain);
}

template <class T>
void forward_typed(const Args& a) {
    const auto& kernel = isa::table<Kernels, T>();
    const dim_t step = std::max<dim_t>(1, kChunk / std::max<dim_t>(1, a.n));
    const dim_t chunks = ceil_div(a.rows, step);
    const bool activated = a.activation.kind != Activation::none;
    const bool stream = !activated && rows_stream(a.y, a.rows, a.n, a.dtype);
    T* const y = static_cast<T*>(a.y);
    T* const z = a.preactivation != nullptr ? static_cast<T*>(a.preactivation) : y;
    const double ns =
        cost::kRowForward * sizeof(T) / 4 * static_cast<double>(a.n) + cost::kRowFixed;
    parallel_for(chunks, ns * static_cast<double>(std::min(step, a.rows)), [=, &a](dim_t c) {
        const dim_t row = c * step, at = row * a.n, count = std::min(step, a.rows - row);
        kernel.rows[a.centered](
            Rows<T>{.count = count,
                    .n = a.n,
                    .x = static_cast<const T*>(a.x) + at,
                    .w = static_cast<const T*>(a.w),
                    .b = static_cast<const T*>(a.b),
                    .y = z + at,
                    .mean = a.centered ? static_cast<T*>(a.mean) + row : nullptr,
                    .rstd = static_cast<T*>(a.rstd) + row,
                    .eps = a.eps,
                    .stream = stream});
        if (activated) activation::apply<T>(a.activation, {z + at, a.n}, {y + at, a.n}, count, a.n);
    });
}

// Calls f(at, count) for pieces of a giant row, until Ctrl-C.
template <class F>
void in_pieces(dim_t n, F f) {
    constexpr dim_t piece = 1 << 22;
    for (dim_t at = 0; at < n && !(at > 0 && interrupted()); at += piece)
        f(at, std::min(piece, n - at));
}

template <class T>
void set_zero(T* p, dim_t n) {
    in_pieces(n, [=](dim_t at, dim_t count) { std::fill_n(p + at, count, T(0)); });
}

template <class T>
void copy_row(const T* from, void* to, dim_t n) {
    in_pieces(
        n, [=](dim_t at, dim_t count) { std::copy_n(from + at, count, static_cast<T*>(to) + at); });
}

template <class T>
void backward_typed(const BackwardArgs& a) {
    const auto& kernel = isa::table<Kernels, T>();
    const dim_t n = a.n, size = a.rows * n;
    // With at least 8 rows to a part, the sums of all parts are a quarter of the size of x at most.
    const dim_t parts =
        std::clamp<dim_t>(std::min(size / kBackwardChunk, std::max(kLeastParts, a.rows / 8)), 1,
                          std::clamp<dim_t>(a.rows, 1, kMostParts));
    const dim_t step = ceil_div(a.rows, parts);
    const dim_t chunks = step == 0 ? 0 : ceil_div(a.rows, step);
    const bool parameters = a.dw != nullptr || a.db != nullptr;
    // A dw and a db for each chunk, consecutive; the first ones become the result.
    const dim_t both = a.centered ? 2 * n : n;
    Scratch<T> sums(
        static_cast<std::size_t>(parameters ? std::max<dim_t>(1, chunks) * both : dim_t{0}));
    T* part = sums.data();
    const bool stream = a.dx != nullptr && rows_stream(a.dx, a.rows, n, a.dtype);
    const double ns = cost::kRowBackward * sizeof(T) / 4 * static_cast<double>(n) + cost::kRowFixed;
    if (parameters && chunks == 0) set_zero(part, both);
    parallel_for(chunks, ns * static_cast<double>(step), [=, &a](dim_t c) {
        const dim_t row = c * step, at = row * n;
        T* own = parameters ? part + c * both : nullptr;
        if (own != nullptr) set_zero(own, both);
        kernel.rows_backward[a.centered](
            RowsBackward<T>{.count = std::min(step, a.rows - row),
                            .n = n,
                            .dy = static_cast<const T*>(a.dy) + at,
                            .x = static_cast<const T*>(a.x) + at,
                            .mean = a.centered ? static_cast<const T*>(a.mean) + row : nullptr,
                            .rstd = static_cast<const T*>(a.rstd) + row,
                            .w = static_cast<const T*>(a.w),
                            .dx = a.dx == nullptr ? nullptr : static_cast<T*>(a.dx) + at,
                            .dw = own,
                            .db = own == nullptr ? nullptr : own + n,
                            .stream = stream});
    });
    if (!parameters) return;
    const dim_t pieces = ceil_div(both, kColumns);
    parallel_for(pieces, cost::kAddSums * static_cast<double>(kColumns * chunks), [=](dim_t p) {
        const dim_t at = p * kColumns, count = std::min(kColumns, both - at);
        for (dim_t c = 1; c < chunks; ++c) kernel.add(part + c * both + at, part + at, count);
    });
    if (a.dw != nullptr) copy_row(part, a.dw, n);
    if (a.db != nullptr) copy_row(part + n, a.db, n);
}

// The activation is that of float32, as without fusion.
void forward_in_double(const Args& a) {
    const dim_t size = a.rows * a.n;
    void* const z = a.preactivation != nullptr ? a.preactivation : a.y;
    Widened x(a.x, size), w(a.w, a.n), b(a.b, a.n), y(z, size),
        mean(a.centered ? a.mean : nullptr, a.rows), rstd(a.rstd, a.rows);
    Args wide = a;
    wide.dtype = Dtype::f64;
    wide.activation = {}, wide.preactivation = nullptr;
    wide.x = x.data(), wide.w = w.data(), wide.b = b.data(), wide.y = y.data();
    wide.mean = mean.data(), wide.rstd = rstd.data();
    forward_typed<double>(wide);
    y.store(z), mean.store(a.mean), rstd.store(a.rstd);
    if (a.activation.kind != Activation::none)
        activation::forward({a.activation, a.dtype, size, z, a.y});
}

void forward(const Args& a) {
    visit_float(a.dtype, [&]<class T>() { forward_typed<T>(a); });
    if (a.dtype == Dtype::f32 && !all_in_range(static_cast<const float*>(a.rstd), a.rows))
        forward_in_double(a);
}

void backward_in_double(const BackwardArgs& a) {
    const dim_t size = a.rows * a.n;
    Widened dy(a.dy, size), x(a.x, size), w(a.w, a.n), mean(a.centered ? a.mean : nullptr, a.rows),
        rstd(a.rstd, a.rows), dx(a.dx, size), dw(a.dw, a.n), db(a.db, a.n);
    BackwardArgs wide = a;
    wide.dtype = Dtype::f64;
    wide.dy = dy.data(), wide.x = x.data(), wide.w = w.data();
    wide.mean = mean.data(), wide.rstd = rstd.data();
    wide.dx = dx.data(), wide.dw = dw.data(), wide.db = db.data();
    backward_typed<double>(wide);
    dx.store(a.dx), dw.store(a.dw), db.store(a.db);
}

// Without the activation.
template <class T>
void backward_in_range(const BackwardArgs& a) {
    if (sizeof(T) == 4 && !all_in_range(static_cast<const T*>(a.rstd), a.rows)) {
        backward_in_double(a);
    } else {
        backward_typed<T>(a);
    }
}

void backward(const BackwardArgs& a) {
    visit_float(a.dtype, [&]<class T>() {
        if (a.activation.kind == Activation::none) return backward_in_range<T>(a);
        const dim_t size = a.rows * a.n;
        Scratch<T> dz(static_cast<std::size_t>(size));
        activation::backward({a.activation, a.dtype, size, a.dy, a.saved, dz.data()});
        BackwardArgs rest = a;
        rest.dy = dz.data();
        backward_in_range<T>(rest);
    });
}

template <class A>
double elements(const A& a) {
    return static_cast<double>(a.rows) * static_cast<double>(a.n);
}

Work forward_work(const Args& a) {
    return {(a.centered ? 7 : 4) * elements(a),
            2 * elements(a) * static_cast<double>(size_of(a.dtype))};
}

Work backward_work(const BackwardArgs& a) {
    return {(a.centered ? 14 : 11) * elements(a),
            3 * elements(a) * static_cast<double>(size_of(a.dtype))};
}

}  // namespace

const Kernel<Args> kForward[2] = {{"rms_norm", forward, forward_work},
                                  {"layer_norm", forward, forward_work}};
const Kernel<BackwardArgs> kBackward[2] = {{"rms_norm_backward", backward, backward_work},
                                           {"layer_norm_backward", backward, backward_work}};

}  // namespace fastnn::norm
