#include "ops/embedding/embedding.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <optional>
#include <utility>

#include "core/cache.h"
#include "core/integer.h"
#include "core/memory.h"
#include "core/parallel.h"
#include "ops/embedding/cost.h"

namespace fastnn::embedding {
namespace {

constexpr dim_t kChunkBytes = 65536;  // of rows written by one chunk; at least one row
constexpr dim_t kPiece = 1024;        // entries of one id that one thread sums up

std::int64_t id_of(Entry e) {
    return static_cast<std::int64_t>(e >> 32);
}

bool rows_stream(const void* out, dim_t rows, dim_t row_bytes) {
    return past_caches(out, static_cast<double>(rows * row_bytes), row_bytes, kReadsOnce);
}

// Calls f(begin, count) over chunks of `count` rows of `row_bytes`.
template <class F>
void over_rows(dim_t count, dim_t row_bytes, F f) {
    if (count == 0) return;
    const dim_t step = std::clamp<dim_t>(kChunkBytes / std::max<dim_t>(1, row_bytes), 1, count);
    parallel_for(ceil_div(count, step), cost::kByte * 2 * static_cast<double>(step * row_bytes),
                 [=](dim_t c) { f(c * step, std::min(step, count - c * step)); });
}

void gather(const GatherArgs& a) {
    visit_float(a.dtype, [&]<class T>() {
        const auto& kernel = isa::table<Kernels, T>();
        const auto row_bytes = a.width * static_cast<dim_t>(sizeof(T));
        const bool stream = rows_stream(a.y, a.count, row_bytes);
        const auto* weight = static_cast<const T*>(a.weight);
        auto* y = static_cast<T*>(a.y);
        over_rows(a.count, row_bytes, [=, &a, &kernel](dim_t at, dim_t count) {
            kernel.gather(weight, a.ids + at, y + at * a.width, a.width, count, stream);
        });
    });
}

// Calls f(i) for each i below `count`, and looks for Ctrl-C now and then.
template <class F>
void for_each_entry(dim_t count, F f) {
    constexpr dim_t piece = 1 << 20;
    for (dim_t begin = 0; begin < count; begin += piece) {
        if (begin > 0) poll_interrupt();
        const dim_t end = std::min(count, begin + piece);
        for (dim_t i = begin; i < end; ++i) f(i);
    }
}

// Least significant digit first, so that positions of one id stay in order. Digits are of equal
// size, at most 11 bits: the next free places of 2048 buckets take 2048 lines, which fit in L2.
void radix_sort(Entry* entries, Entry* other, dim_t count, dim_t vocabulary) {
    constexpr int kMostBits = 11;
    const int bits = std::bit_width(static_cast<std::uint64_t>(vocabulary - 1)),
              passes = ceil_div(bits, kMostBits), digit = passes == 0 ? 0 : ceil_div(bits, passes);
    const Entry mask = (Entry{1} << digit) - 1;
    std::uint32_t counts[3][1 << kMostBits];
    for (int p = 0; p < passes; ++p)
        std::memset(counts[p], 0, static_cast<std::size_t>(mask + 1) * sizeof counts[0][0]);
    for_each_entry(count, [&](dim_t i) {
        for (int p = 0; p < passes; ++p) ++counts[p][(entries[i] >> (32 + p * digit)) & mask];
    });
    Entry *from = entries, *to = other;
    for (int p = 0; p < passes; ++p) {
        std::uint32_t sum = 0;
        for (Entry d = 0; d <= mask; ++d) sum += std::exchange(counts[p][d], sum);
        const int shift = 32 + p * digit;
        for_each_entry(count, [&](dim_t i) {
            const Entry e = from[i];
            to[counts[p][(e >> shift) & mask]++] = e;
        });
        std::swap(from, to);
    }
    if (from != entries) std::copy(from, from + count, entries);
}

void sort(const SortArgs& a) {
    dim_t count = 0;
    for_each_entry(a.count, [&](dim_t i) {
        a.entries[count] = static_cast<Entry>(a.ids[i]) << 32 | static_cast<Entry>(i);
        count += a.ids[i] != a.padding;
    });
    if (count < 512) {  // counting digits would take longer
        std::sort(a.entries, a.entries + count);
    } else {
        Scratch<Entry> other(static_cast<std::size_t>(count));
        radix_sort(a.entries, other, count, a.vocabulary);
    }
    *a.entry_count = count;
    if (a.unique_count == nullptr) return;
    *a.unique_count = count > 0 ? 1 : 0;
    for (dim_t i = 1; i < count; ++i)
        *a.unique_count += a.entries[i] >> 32 != a.entries[i - 1] >> 32 ? 1 : 0;
}

// The first entry whose id is at least `id`.
dim_t lower(const Entry* entries, dim_t count, std::int64_t id) {
    return std::lower_bound(entries, entries + count, static_cast<Entry>(id) << 32) - entries;
}

// The end of the run of equal ids that begins at `at`.
dim_t run_end(const Entry* entries, dim_t count, dim_t at) {
    const Entry id = entries[at] >> 32;
    while (at < count && entries[at] >> 32 == id) ++at;
    return at;
}

// Ids that occur more than kPiece times: all threads sum the pieces of their entries first.
template <class T>
class LongRuns {
 public:
    LongRuns(const SumArgs& a, const Terms<T>& terms, const TypedKernels<T>& kernel)
        : width_(a.width),
          // A run longer than a piece contains a multiple of kPiece, which limits their number.
          runs_(static_cast<std::size_t>(*a.entry_count / kPiece + 1)) {
        dim_t pieces = 0;
        for (dim_t i = 0; i < *a.entry_count; i += kPiece) {
            const std::int64_t id = id_of(a.entries[i]);
            if (count_ > 0 && runs_.data()[count_ - 1].id == id) continue;
            const dim_t begin = lower(a.entries, *a.entry_count, id),
                        size = lower(a.entries, *a.entry_count, id + 1) - begin;
            if (size <= kPiece) continue;
            runs_.data()[count_++] = {id, begin, size, pieces};
            pieces += ceil_div(size, kPiece);
        }
        if (pieces == 0) return;
        T* sums = sums_.emplace(static_cast<std::size_t>(pieces * width_)).data();
        const Run* runs = runs_.data();
        const dim_t count = count_;
        parallel_for(pieces, cost::kByte * static_cast<double>(kPiece * width_) * sizeof(T),
                     [=, &a, &terms, &kernel](dim_t piece) {
                         const Run& run =
                             *(std::upper_bound(runs, runs + count, piece,
                                                [](dim_t p, const Run& r) { return p < r.piece; }) -
                               1);
                         const dim_t at = (piece - run.piece) * kPiece;
                         kernel.sum(terms, a.entries + run.begin + at,
                                    std::min(kPiece, run.size - at), T(1), sums + piece * a.width,
                                    false);
                     });
        for (dim_t i = 0; i < count; ++i) {
            T* first = sums + runs[i].piece * width_;
            for (dim_t p = 1; p < ceil_div(runs[i].size, kPiece); ++p)
                kernel.add(first + p * width_, first, width_);
        }
    }
    LongRuns(const LongRuns&) = delete;
    LongRuns& operator=(const LongRuns&) = delete;
    // The sum of a long run.
    const T* sum_of(std::int64_t id) const {
        const Run* runs = runs_.data();
        for (dim_t i = 0; i < count_; ++i) {
            if (runs[i].id == id) return sums_->data() + runs[i].piece * width_;
        }
        return nullptr;
    }

 private:
    struct Run {
        std::int64_t id;
        dim_t begin, size, piece;
    };
    dim_t width_;
    mutable Scratch<Run> runs_;
    dim_t count_ = 0;
    mutable std::optional<Scratch<T>> sums_;
};

// The rows of a gradient: of all ids, or of those that occur.
template <class T>
class Sum {
 public:
    explicit Sum(const SumArgs& args)
        : a_(args),
          kernel_(isa::table<Kernels, T>()),
          terms_{static_cast<const T*>(args.dy),
                 args.width,
                 args.bags,
                 static_cast<const T*>(args.scales),
                 static_cast<const T*>(args.bag_scales),
                 args.entries + *args.entry_count},
          long_runs_(args, terms_, kernel_),
          row_bytes_(args.width * static_cast<dim_t>(sizeof(T))),
          step_(std::max<dim_t>(1, kChunkBytes / std::max<dim_t>(1, row_bytes_))) {}

    // One row per run. A chunk has the runs that begin within `step_` entries; a first pass counts
    // the runs before each chunk.
    void sparse() const {
        const dim_t chunks = ceil_div(*a_.entry_count, step_);
        Scratch<std::int64_t> firsts(static_cast<std::size_t>(chunks + 1));
        std::int64_t* first = firsts.data();
        dim_t runs = 0;
        for (dim_t i = 0; i < *a_.entry_count; ++i) {
            if (i % step_ == 0) first[i / step_] = runs;
            if (begins_run(i)) a_.rows_ids[runs++] = id_of(a_.entries[i]);
        }
        auto* out = static_cast<T*>(a_.rows);
        parallel_for(chunks, cost::kByte * 2 * static_cast<double>(step_ * row_bytes_),
                     [=, this](dim_t c) {
                         dim_t i = c * step_, row = first[c];
                         const dim_t end = std::min(*a_.entry_count, i + step_);
                         while (i < end && !begins_run(i)) ++i;
                         while (i < end) i = add_up(i, out + row++ * a_.width, false);
                     });
    }

    // Chunk c has the rows from first_of(c) to first_of(c + 1): in all chunks the number of rows
    // and entries is about the same.
    void dense() const {
        if (a_.vocabulary == 0) return;
        auto* out = static_cast<T*>(a_.dw);
        const bool stream = rows_stream(out, a_.vocabulary, row_bytes_);
        const dim_t chunks = ceil_div(a_.vocabulary + *a_.entry_count, step_);
        parallel_for(
            chunks, cost::kByte * static_cast<double>(step_ * row_bytes_), [=, this](dim_t c) {
                const dim_t last = c + 1 == chunks ? a_.vocabulary : first_of(c + 1);
                dim_t row = first_of(c), i = lower(a_.entries, *a_.entry_count, row);
                while (row < last) {
                    const dim_t next =
                        i < *a_.entry_count ? std::min(last, id_of(a_.entries[i])) : last;
                    if (next > row) {
                        kernel_.zero(out + row * a_.width, (next - row) * a_.width, stream);
                        row = next;
                    } else {
                        i = add_up(i, out + row++ * a_.width, stream);
                    }
                }
                if (stream) kernel_.fence();
            });
    }

 private:
    bool begins_run(dim_t i) const {
        return i == 0 || a_.entries[i] >> 32 != a_.entries[i - 1] >> 32;
    }
    // The row of the run that begins at `begin`. Returns its end.
    dim_t add_up(dim_t begin, T* out, bool stream) const {
        const dim_t end = run_end(a_.entries, *a_.entry_count, begin), count = end - begin;
        const T factor = a_.by_frequency ? static_cast<T>(1.0 / static_cast<double>(count)) : T(1);
        if (count <= kPiece) {
            kernel_.sum(terms_, a_.entries + begin, count, factor, out, stream);
        } else {
            const T* sum = long_runs_.sum_of(id_of(a_.entries[begin]));
            for (dim_t d = 0; d < a_.width; ++d) out[d] = sum[d] * factor;
        }
        return end;
    }
    // The smallest row before which there are at least c * step rows and entries.
    dim_t first_of(dim_t c) const {
        dim_t low = 0, high = a_.vocabulary;
        while (low < high) {
            const dim_t middle = (low + high) / 2;
            if (middle + lower(a_.entries, *a_.entry_count, middle) >= c * step_) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }

    const SumArgs& a_;
    const TypedKernels<T>& kernel_;
    const Terms<T> terms_;
    const LongRuns<T> long_runs_;
    const dim_t row_bytes_, step_;
};

void sum(const SumArgs& a) {
    visit_float(a.dtype, [&]<class T>() {
        const Sum<T> rows(a);
        a.dw != nullptr ? rows.dense() : rows.sparse();
    });
}

// Elements of the largest bag.
dim_t largest_bag(const BagArgs& a) {
    dim_t most = 0;
    for (dim_t b = 0; b < a.bags; ++b) most = std::max(most, a.offsets[b + 1] - a.offsets[b]);
    return most * a.width;
}

template <class T>
void bag_typed(const BagArgs& a) {
    const auto& kernel = isa::table<Kernels, T>();
    const auto* weight = static_cast<const T*>(a.weight);
    const auto* scales = static_cast<const T*>(a.scales);
    auto* y = static_cast<T*>(a.y);
    if (a.bags == 0) return;
    const dim_t step = std::clamp<dim_t>(
        kChunkBytes * a.bags /
            std::max<dim_t>(1, (a.bags + a.count) * a.width * static_cast<dim_t>(sizeof(T))),
        1, a.bags);
    const double element_ns = cost::kByte * sizeof(T);
    const double mean_ns = element_ns * static_cast<double>(a.width) *
                           static_cast<double>(a.count + a.bags) / static_cast<double>(a.bags) *
                           static_cast<double>(step);
    const double longest_ns = element_ns * static_cast<double>(largest_bag(a));
    const double chunk_ns = longest_ns > kLongChunkNs ? longest_ns : mean_ns;
    parallel_for(ceil_div(a.bags, step), chunk_ns, [=, &a, &kernel](dim_t c) {
        for (dim_t b = c * step; b < std::min(a.bags, (c + 1) * step); ++b) {
            const dim_t begin = a.offsets[b], count = a.offsets[b + 1] - begin;
            if (a.mode == Mode::max) {
                kernel.bag_max(weight, a.ids + begin, count, a.width, a.padding, y + b * a.width,
                               a.winners + b * a.width);
                continue;
            }
            T factor = 1;
            if (a.mode == Mode::mean) {
                const auto real =
                    count - std::count(a.ids + begin, a.ids + begin + count, a.padding);
                factor = static_cast<T>(1.0 / static_cast<double>(std::max<dim_t>(1, real)));
            }
            kernel.bag(weight, a.ids + begin, scales == nullptr ? nullptr : scales + begin, count,
                       a.width, a.padding, factor, y + b * a.width);
        }
    });
}

void bag(const BagArgs& a) {
    visit_float(a.dtype, [&]<class T>() { bag_typed<T>(a); });
}

void max_backward(const MaxBackwardArgs& a) {
    visit_float(a.dtype, [&]<class T>() {
        auto* dw = static_cast<T*>(a.dw);
        const auto* dy = static_cast<const T*>(a.dy);
        over_rows(a.vocabulary, a.width * static_cast<dim_t>(sizeof(T)),
                  [=, &a](dim_t row, dim_t count) {
                      std::memset(dw + row * a.width, 0,
                                  static_cast<std::size_t>(count * a.width) * sizeof(T));
                  });
        // Divided by columns, a cache line or more, so that one thread adds to each number, in the
        // order of the bags.
        constexpr dim_t columns = 32, most_bags = 1 << 20;
        const dim_t chunks = ceil_div(a.width, columns);
        const double ns = cost::kScatter * static_cast<double>(a.bags * columns * chunks);
        parallel_team(threads_worth(chunks, ns), [=, &a](Team& team) {
            for (dim_t first = 0; first < a.bags; first += most_bags) {
                const dim_t last = std::min(a.bags, first + most_bags);
                team.for_each(chunks, [=, &a](dim_t c) {
                    const dim_t end = std::min(a.width, (c + 1) * columns);
                    for (dim_t b = first; b < last; ++b) {
                        for (dim_t d = c * columns; d < end; ++d) {
                            const dim_t at = b * a.width + d, id = a.winners[at];
                            if (id >= 0) dw[id * a.width + d] += dy[at];
                        }
                    }
                });
            }
        });
    });
}

void scales_backward(const ScalesBackwardArgs& a) {
    visit_float(a.dtype, [&]<class T>() {
        const auto& kernel = isa::table<Kernels, T>();
        const auto *weight = static_cast<const T*>(a.weight), *dy = static_cast<const T*>(a.dy);
        auto* out = static_cast<T*>(a.dscales);
        over_rows(a.offsets[a.bags], a.width * static_cast<dim_t>(sizeof(T)),
                  [=, &a, &kernel](dim_t begin, dim_t count) {
                      const std::int64_t* const end = a.offsets + a.bags + 1;
                      dim_t b = std::upper_bound(a.offsets, end, begin) - a.offsets - 1;
                      for (dim_t p = begin; p < begin + count; ++p) {
                          while (p >= a.offsets[b + 1]) ++b;
                          out[p] = a.ids[p] == a.padding
                                       ? T(0)
                                       : kernel.dot(dy + b * a.width, weight + a.ids[p] * a.width,
                                                    a.width);
                      }
                  });
    });
}

template <class T>
double norm_of(const T* row, dim_t n, double order) {
    double sum = 0;
    if (std::isinf(order)) {
        for (dim_t i = 0; i < n; ++i) sum = std::max(sum, std::abs(double{row[i]}));
        return sum;
    }
    if (order == 2) {
        for (dim_t i = 0; i < n; ++i) sum += double{row[i]} * double{row[i]};
        return std::sqrt(sum);
    }
    for (dim_t i = 0; i < n; ++i) sum += std::pow(std::abs(double{row[i]}), order);
    return std::pow(sum, 1 / order);
}

void renorm(const RenormArgs& a) {
    visit_float(a.dtype, [&]<class T>() {
        auto* weight = static_cast<T*>(a.weight);
        over_rows(*a.entry_count, a.width * static_cast<dim_t>(sizeof(T)),
                  [=, &a](dim_t begin, dim_t count) {
                      for (dim_t i = begin; i < begin + count; ++i) {
                          if (i > 0 && a.entries[i] >> 32 == a.entries[i - 1] >> 32) continue;
                          T* row = weight + id_of(a.entries[i]) * a.width;
                          const double norm = norm_of(row, a.width, a.order);
                          if (!(norm > a.most)) continue;
                          const T factor = static_cast<T>(a.most / (norm + 1e-7));
                          for (dim_t d = 0; d < a.width; ++d) row[d] *= factor;
                      }
                  });
    });
}

double bytes(Dtype dtype, dim_t rows, dim_t width) {
    return static_cast<double>(rows) * static_cast<double>(width) *
           static_cast<double>(size_of(dtype));
}

Work gather_work(const GatherArgs& a) {
    return {0, 2 * bytes(a.dtype, a.count, a.width)};
}

Work sort_work(const SortArgs& a) {
    return {0, 48.0 * static_cast<double>(a.count)};
}

Work sum_work(const SumArgs& a) {
    return {bytes(Dtype::u8, *a.entry_count, a.width),
            bytes(a.dtype, *a.entry_count + (a.dw != nullptr ? a.vocabulary : a.unique_count),
                  a.width)};
}

Work bag_work(const BagArgs& a) {
    return {bytes(Dtype::u8, a.count, a.width), bytes(a.dtype, a.count + a.bags, a.width)};
}

Work max_backward_work(const MaxBackwardArgs& a) {
    return {bytes(Dtype::u8, a.bags, a.width), bytes(a.dtype, a.vocabulary + 5 * a.bags, a.width)};
}

Work scales_backward_work(const ScalesBackwardArgs& a) {
    const dim_t count = a.bags == 0 ? 0 : a.offsets[a.bags] - a.offsets[0];
    return {2 * bytes(Dtype::u8, count, a.width), bytes(a.dtype, count + a.bags, a.width)};
}

Work renorm_work(const RenormArgs& a) {
    return {3 * bytes(Dtype::u8, *a.entry_count, a.width),
            2 * bytes(a.dtype, *a.entry_count, a.width)};
}

}  // namespace

const Kernel<GatherArgs> kGather{"embedding", gather, gather_work};
const Kernel<SortArgs> kSort{"embedding_sort", sort, sort_work};
const Kernel<SumArgs> kSum{"embedding_backward", sum, sum_work};
const Kernel<BagArgs> kBag{"embedding_bag", bag, bag_work};
const Kernel<MaxBackwardArgs> kMaxBackward{"embedding_bag_max_backward", max_backward,
                                           max_backward_work};
const Kernel<ScalesBackwardArgs> kScalesBackward{"embedding_bag_weights_backward", scales_backward,
                                                 scales_backward_work};
const Kernel<RenormArgs> kRenorm{"embedding_renorm", renorm, renorm_work};

}  // namespace fastnn::embedding
