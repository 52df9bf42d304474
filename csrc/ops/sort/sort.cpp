#include "ops/sort/sort.h"

#include <atomic>

#include "core/check.h"
#include "core/columns.h"
#include "ops/sort/long_line.h"

namespace fastnn::sorting {
namespace {

constexpr dim_t kChunk = 4096;          // elements of the lines of a chunk at least
constexpr dim_t kBlockPairs = 1 << 16;  // of lines sorted together: 512 KiB, within L2
// A long line is cut in pieces for its first k where the pieces' firsts are few beside it.
constexpr dim_t kPiecePerFirst = 8;

template <class T>
Lines<T> lines_at(const Args& a, dim_t outer, dim_t inner, dim_t count, dim_t size_out) {
    const auto at = [=, &a](dim_t size) { return outer * size * a.inner + inner; };
    T* const values = static_cast<T*>(a.values);
    return {static_cast<const T*>(a.x) + at(a.size),
            a.size,
            a.inner,
            count,
            a.descending,
            values == nullptr ? nullptr : values + at(size_out),
            a.indices + at(size_out)};
}

// Calls f(lines, work) for all lines in blocks of neighbours; outputs have `size_out` elements.
template <class T, class F>
void for_lines(const Args& a, double element_ns, dim_t size_out, F f) {
    const dim_t n = a.size;
    if (a.inner == 1) {
        const dim_t step = std::max<dim_t>(1, kChunk / n);
        parallel_with_scratch<Pair>(ceil_div(a.outer, step),
                                    element_ns * static_cast<double>(step * n), work_of(n, 1),
                                    [&](dim_t c, Pair* work) {
                                        const dim_t end = std::min(a.outer, (c + 1) * step);
                                        for (dim_t o = c * step; o < end; ++o)
                                            f(lines_at<T>(a, o, 0, 1, size_out), work);
                                    });
        return;
    }
    const dim_t columns = std::clamp<dim_t>(kBlockPairs / n, 1, std::min(kColumns, a.inner));
    const dim_t blocks = ceil_div(a.inner, columns);
    parallel_with_scratch<Pair>(a.outer * blocks, element_ns * static_cast<double>(columns * n),
                                work_of(n, columns), [&](dim_t c, Pair* work) {
                                    const dim_t first = c % blocks * columns;
                                    const dim_t count = std::min(columns, a.inner - first);
                                    f(lines_at<T>(a, c / blocks, first, count, size_out), work);
                                });
}

// Calls f(line) for each long line, without gaps: a copy where it has some.
template <class T, class F>
void for_long_lines(const Args& a, dim_t size_out, F f) {
    const bool gaps = a.inner > 1;
    const Chunks chunks(a.size);
    Scratch<T> copy(static_cast<std::size_t>(gaps ? a.size : 0));
    for (dim_t l = 0; l < a.outer * a.inner; ++l) {
        poll_interrupt();
        Lines<T> line = lines_at<T>(a, l / a.inner, l % a.inner, 1, size_out);
        if (gaps) {
            const T* const x = line.x;
            chunks.for_each([&](dim_t, dim_t begin, dim_t end) {
                kernels_of<T>().gather(x, begin, end, a.inner, copy);
            });
            line.x = copy;
        }
        f(line);
    }
}

// The first `count` of elements that are all equal, from one of them on.
template <class T>
void write_equal(const Args& a, dim_t count, dim_t from) {
    const dim_t rows = a.outer * count, step = std::max<dim_t>(1, kChunk / a.inner);
    parallel_for(ceil_div(rows, step), cost::kClear * static_cast<double>(step * a.inner),
                 [&](dim_t c) {
                     for (dim_t r = c * step; r < std::min(rows, (c + 1) * step); ++r) {
                         const T* const x = static_cast<const T*>(a.x) + r / count * a.inner;
                         const dim_t to = r * a.inner;
                         if (a.values != nullptr)
                             std::copy_n(x, a.inner, static_cast<T*>(a.values) + to);
                         std::fill_n(a.indices + to, a.inner, from + r % count);
                     }
                 });
}

// Writes the first k of a long line in order.
template <class T>
void sort_long(const Args& a, dim_t k) {
    const auto& kernels = kernels_of<T>();
    Scratch<Pair> work(static_cast<std::size_t>(2 * a.size));
    for_long_lines<T>(a, k, [&](const Lines<T>& line) {
        Pair* sorted;
        const Packing packing =
            sort_pairs(line.x, line.n, line.descending, work, work + a.size, sorted);
        Chunks(k).for_each([&](dim_t, dim_t begin, dim_t end) {
            kernels.write(line, begin, end, packing, sorted);
        });
    });
}

template <class T>
void sort_typed(const Args& a) {
    if (a.equal) return write_equal<T>(a, a.size, 0);
    if (a.size >= 2 * kLongLine) return sort_long<T>(a, a.size);
    const auto kernel = kernels_of<T>().sort;
    for_lines<T>(a, cost::kSort, a.size, kernel);
}

void sort(const Args& a) {
    if (a.outer * a.size * a.inner == 0) return;
    visit(a.dtype, [&]<class T>() { sort_typed<T>(a); });
}

// The first k of pieces of a long line, and the first k of these.
template <class T>
void top_long(const Args& a) {
    const auto& kernels = kernels_of<T>();
    const Chunks pieces(a.size);
    const dim_t k = a.k, found = pieces.count * k;
    Scratch<Count> chosen(static_cast<std::size_t>(found));
    Scratch<T> firsts(static_cast<std::size_t>(found));
    Scratch<T> values(static_cast<std::size_t>(k));
    Scratch<std::int64_t> indices(static_cast<std::size_t>(k));
    Scratch<Pair> work(static_cast<std::size_t>(work_of(found, 1)));
    for_long_lines<T>(a, k, [&](const Lines<T>& line) {
        parallel_with_scratch<Pair>(
            pieces.count, cost::kTop * static_cast<double>(pieces.size), work_of(pieces.size, 1),
            [&](dim_t c, Pair* mine) {
                const dim_t begin = pieces.begin(c), n = pieces.end(c) - begin;
                const dim_t least = std::min(k, n);  // of the last piece, which may be short
                Count* const to = chosen + c * k;
                kernels.choose(line.x + begin, n, line.descending, least, to, mine);
                for (dim_t i = 0; i < least; ++i) {
                    to[i] += static_cast<Count>(begin);
                    firsts[c * k + i] = line.x[to[i]];
                }
            });
        const dim_t last = pieces.n - pieces.begin(pieces.count - 1);
        const dim_t all = found - std::max<dim_t>(0, k - last);
        kernels.top({firsts, all, 1, 1, line.descending, values, indices}, k, a.in_order, work);
        for (dim_t i = 0; i < k; ++i) {
            line.values[i * a.inner] = values[i];
            line.indices[i * a.inner] = chosen[indices[i]];
        }
    });
}

template <class T>
void top_typed(const Args& a) {
    if (a.equal) return write_equal<T>(a, a.k, 0);
    if (a.size >= 2 * kLongLine) {
        if (a.k * kPiecePerFirst > Chunks(a.size).size) return sort_long<T>(a, a.k);
        return top_long<T>(a);
    }
    const auto kernel = kernels_of<T>().top;
    for_lines<T>(
        a, cost::kTop + cost::kSort * static_cast<double>(a.k) / static_cast<double>(a.size), a.k,
        [&](const Lines<T>& lines, Pair* work) { kernel(lines, a.k, a.in_order, work); });
}

void top(const Args& a) {
    if (a.outer * a.k * a.inner == 0) return;
    visit(a.dtype, [&]<class T>() { top_typed<T>(a); });
}

template <class T>
void mode_typed(const Args& a) {
    if (a.equal) return write_equal<T>(a, 1, a.size - 1);
    const auto& kernels = kernels_of<T>();
    if (a.size < 2 * kLongLine) return for_lines<T>(a, cost::kSort, 1, kernels.mode);
    Scratch<Pair> work(static_cast<std::size_t>(2 * a.size));
    for_long_lines<T>(a, 1, [&](const Lines<T>& line) {
        Pair* sorted;
        sort_pairs(line.x, line.n, false, work, work + a.size, sorted);
        kernels.write_mode(line, sorted);
    });
}

void mode(const Args& a) {
    if (a.outer * a.inner == 0) return;
    visit(a.dtype, [&]<class T>() { mode_typed<T>(a); });
}

template <class T>
void backward_typed(const BackwardArgs& a) {
    const auto* const dy = static_cast<const T*>(a.dy);
    auto* const dx = static_cast<T*>(a.dx);
    const auto size = static_cast<std::uint64_t>(a.size);
    std::atomic<bool> outside{false};
    // A cache line of each row at a time, or more where lines are short: they stay in L2.
    const dim_t columns =
        std::min(a.inner, std::max(kColumns, round_up(kChunk / a.size, kColumns)));
    const dim_t blocks = ceil_div(a.inner, columns);
    const dim_t step = std::max<dim_t>(1, kChunk / std::max<dim_t>(1, a.size * a.inner));
    const dim_t groups = ceil_div(a.outer, step);
    // Lines that lie apart are cleared before, in the order of memory.
    const dim_t all = a.outer * a.size * a.inner;
    if (a.inner > 1) {
        parallel_for(ceil_div(all, kChunk), cost::kClear * static_cast<double>(kChunk),
                     [&](dim_t c) {
                         std::fill(dx + c * kChunk, dx + std::min(all, (c + 1) * kChunk), T(0));
                     });
    }
    parallel_for(
        groups * blocks,
        cost::kMove * static_cast<double>(step * ((a.inner == 1 ? a.size : 0) + a.k) * columns),
        [&](dim_t c) {
            const dim_t first = c % blocks * columns;
            const dim_t end = std::min(a.inner, first + columns);
            const dim_t last = std::min(a.outer, (c / blocks + 1) * step);
            for (dim_t o = c / blocks * step; o < last; ++o) {
                T* const to = dx + o * a.size * a.inner;
                if (a.inner == 1) std::fill(to, to + a.size, T(0));
                bool wrong = false;
                for (dim_t i = 0; i < a.k; ++i) {
                    const dim_t from = (o * a.k + i) * a.inner;
                    for (dim_t j = first; j < end; ++j) {
                        const auto at = static_cast<std::uint64_t>(a.indices[from + j]);
                        if (at < size) {
                            to[static_cast<dim_t>(at) * a.inner + j] = dy[from + j];
                        } else {
                            wrong = true;
                        }
                    }
                }
                if (wrong) outside.store(true, std::memory_order_relaxed);
            }
        });
    if (outside.load(std::memory_order_relaxed))
        fail<IndexError>("sort_backward: indices must lie in [0, ", a.size, ")");
}

void backward(const BackwardArgs& a) {
    if (a.outer * a.size * a.inner == 0) return;
    visit_float(a.dtype, [&]<class T>() { backward_typed<T>(a); });
}

template <class A>
Work work(const A& a) {
    const auto lines = static_cast<double>(a.outer * a.inner);
    return {0, lines * (static_cast<double>(a.size * static_cast<dim_t>(size_of(a.dtype))) +
                        static_cast<double>(a.k * static_cast<dim_t>(8 + size_of(a.dtype))))};
}

}  // namespace

const Kernel<Args> kSort{"sort", sort, work<Args>};
const Kernel<Args> kArgsort{"argsort", sort, work<Args>};
const Kernel<Args> kTop{"topk", top, work<Args>};
const Kernel<Args> kMode{"mode", mode, work<Args>};
const Kernel<BackwardArgs> kSortBackward{"sort_backward", backward, work<BackwardArgs>};

}  // namespace fastnn::sorting
