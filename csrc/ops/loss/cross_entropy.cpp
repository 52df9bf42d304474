#include "ops/loss/cross_entropy.h"

#include <algorithm>

#include "core/cache.h"
#include "core/columns.h"
#include "core/integer.h"
#include "core/memory.h"
#include "core/parallel.h"
#include "ops/loss/cost.h"
#include "ops/loss/cross_entropy_kernels.h"
#include "ops/loss/nll.h"

namespace fastnn::cross_entropy {
namespace {

constexpr dim_t kChunk = 65536;  // logits per chunk: 256 KiB, a quarter of L2; at least one row
constexpr dim_t kColumns = 256;  // columns of one chunk where the class axis is not the innermost

// Rows in memory order, divided into chunks of `step`. Where inner > 1, all rows of a chunk have
// the same index along `outer`.
struct Partition {
    dim_t outer, inner, step, per_outer, chunks;
    bool tiled;  // columns are copied first

    Partition(dim_t outer, dim_t classes, dim_t inner, std::size_t size)
        : outer(outer),
          inner(inner),
          tiled(inner > 1 && columns_collide(classes, inner * static_cast<dim_t>(size), kNominal)) {
        step = std::max<dim_t>(1, kChunk / std::max<dim_t>(1, classes));
        if (inner == 1) {
            per_outer = 0;
            chunks = ceil_div(outer, step);
        } else {
            step = tiled ? columns_of_tile(classes, inner, size, kNominal)
                         : std::min(inner, std::max(step, kColumns));
            per_outer = inner == 0 ? 0 : ceil_div(inner, step);
            chunks = outer * per_outer;
        }
    }
};

template <class T>
double divisor(const Args& a) {
    if (a.reduction != Reduction::mean) return 1;
    if (a.target == nullptr) return static_cast<double>(a.outer * a.inner);
    return nll::total_weight<T>({a.outer * a.inner, a.classes, a.target, a.weight, a.ignore_index});
}

template <class T>
Problem<T> problem(const Args& a, double divisor) {
    const auto as = [](const void* p) { return static_cast<const T*>(p); };
    const auto bytes = static_cast<std::size_t>(a.outer * a.classes * a.inner) * sizeof(T);
    return {.classes = a.classes,
            .inner = a.inner,
            .x = as(a.x),
            .target = a.target,
            .probabilities = as(a.probabilities),
            .weight = as(a.weight),
            .ignore_index = a.ignore_index,
            .hard = static_cast<T>(1 - a.label_smoothing),
            .uniform = static_cast<T>(a.label_smoothing / static_cast<double>(a.classes)),
            .scale = static_cast<T>(1 / divisor),
            .loss = a.reduction == Reduction::none ? static_cast<T*>(a.loss) : nullptr,
            .dx = static_cast<T*>(a.dx),
            .stream = a.dx != nullptr && past_caches(bytes, kReadsOnce)};
}

// The losses of columns begin .. end of one `outer`, computed on copies of these columns of x, the
// probabilities and dx.
template <class T>
double tile_losses(const TypedKernels<T>& kernel, const Problem<T>& p, dim_t outer, dim_t begin,
                   dim_t end, T* scratch) {
    const dim_t count = end - begin, n = p.classes;
    const dim_t at = outer * n * p.inner + begin, row = outer * p.inner + begin;
    const auto copy = [&](const T* from) -> T* {
        if (from == nullptr) return nullptr;
        T* const tile = scratch;
        scratch += n * count;
        gather_columns(from + at, n, p.inner, count, tile);
        return tile;
    };
    Problem<T> tile = p;
    tile.inner = count;
    tile.x = copy(p.x);
    tile.probabilities = copy(p.probabilities);
    tile.dx = p.dx == nullptr ? nullptr : scratch;
    tile.target = p.target == nullptr ? nullptr : p.target + row;
    tile.loss = p.loss == nullptr ? nullptr : p.loss + row;
    const double sum = kernel.columns(tile, 0, 0, count);
    if (p.dx != nullptr) scatter_columns(tile.dx, n, p.inner, count, p.dx + at);
    return sum;
}

template <class T>
void forward_typed(const Args& a) {
    const double total_weight = divisor<T>(a);
    const Problem<T> p = problem<T>(a, total_weight);
    const TypedKernels<T>& kernel = isa::table<Kernels, T>();
    const Partition partition(a.outer, a.classes, a.inner, sizeof(T));
    const double chunk_ns = loss::cost::kCrossEntropy * static_cast<double>(a.classes) *
                            static_cast<double>(partition.step) * sizeof(T) / 4;
    const int threads =
        threads_worth(partition.chunks, chunk_ns * static_cast<double>(partition.chunks));

    Scratch<double> sums(static_cast<std::size_t>(partition.chunks));
    // For each thread a row of exponentials, or three tiles of columns, and a cache line between.
    const dim_t wanted = partition.tiled ? 3 * partition.step * a.classes
                         : a.inner == 1  ? a.classes
                                         : 0;
    const auto row = static_cast<std::size_t>(round_up(wanted + 16, 16));
    Scratch<T> rows(row * static_cast<std::size_t>(threads));
    double* sum = sums.data();
    parallel_team(threads, [&](Team& team) {
        T* scratch = rows.data() + row * static_cast<std::size_t>(team.thread());
        team.for_each_nowait(partition.chunks, [&](dim_t c) {
            if (a.inner == 1) {
                sum[c] = kernel.rows(p, c * partition.step,
                                     std::min(a.outer, (c + 1) * partition.step), scratch);
            } else {
                const dim_t begin = c % partition.per_outer * partition.step;
                const dim_t end = std::min(a.inner, begin + partition.step);
                const dim_t o = c / partition.per_outer;
                sum[c] = partition.tiled ? tile_losses(kernel, p, o, begin, end, scratch)
                                         : kernel.columns(p, o, begin, end);
            }
        });
    });
    if (a.reduction == Reduction::none) return;
    double total = 0;
    for (dim_t c = 0; c < partition.chunks; ++c) total += sum[c];
    *static_cast<T*>(a.loss) = static_cast<T>(total / total_weight);
}

void forward(const Args& a) {
    visit_float(a.dtype, [&]<class T>() { forward_typed<T>(a); });
}

void backward(const BackwardArgs& a) {
    visit_float(a.dtype, [&]<class T>() {
        const TypedKernels<T>& kernel = isa::table<Kernels, T>();
        const auto* dy = static_cast<const T*>(a.dy);
        const auto* saved = static_cast<const T*>(a.saved);
        auto* dx = static_cast<T*>(a.dx);
        const bool each = a.reduction == Reduction::none;
        if (!each || a.inner == 1) {
            const dim_t rows = a.outer * a.inner,
                        step = std::max<dim_t>(1, kChunk / std::max<dim_t>(1, a.classes));
            const double chunk_ns = loss::cost::kCrossEntropyBackward *
                                    static_cast<double>(a.classes * std::min(rows, step));
            parallel_for(ceil_div(rows, step), chunk_ns, [=, &a, &kernel](dim_t c) {
                const dim_t begin = c * step, end = std::min(rows, begin + step);
                if (!each) {
                    kernel.scale(saved + begin * a.classes, dy[0], dx + begin * a.classes,
                                 (end - begin) * a.classes);
                    return;
                }
                for (dim_t i = begin; i < end; ++i) {
                    kernel.scale(saved + i * a.classes, dy[i], dx + i * a.classes, a.classes);
                }
            });
            return;
        }
        const double chunk_ns =
            loss::cost::kCrossEntropyBackward * static_cast<double>(a.classes * a.inner);
        parallel_for(a.outer, chunk_ns, [=, &a, &kernel](dim_t o) {
            for (dim_t c = 0; c < a.classes; ++c) {
                const dim_t at = (o * a.classes + c) * a.inner;
                kernel.scale_each(saved + at, dy + o * a.inner, dx + at, a.inner);
            }
        });
    });
}

double elements(dim_t outer, dim_t classes, dim_t inner) {
    return static_cast<double>(outer) * static_cast<double>(classes) * static_cast<double>(inner);
}

Work forward_work(const Args& a) {
    const double n = elements(a.outer, a.classes, a.inner);
    const int arrays = 1 + (a.dx != nullptr) + (a.probabilities != nullptr);
    return {20 * n, arrays * n * static_cast<double>(size_of(a.dtype))};
}

Work backward_work(const BackwardArgs& a) {
    const double n = elements(a.outer, a.classes, a.inner);
    return {n, 2 * n * static_cast<double>(size_of(a.dtype))};
}

}  // namespace

const Kernel<Args> kForward{"cross_entropy", forward, forward_work};
const Kernel<BackwardArgs> kBackward{"cross_entropy_backward", backward, backward_work};

}  // namespace fastnn::cross_entropy
