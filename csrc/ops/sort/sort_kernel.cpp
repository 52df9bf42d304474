#include "ops/sort/sort.h"

#include "simd/order.h"
#include "simd/poll.h"
#include "simd/select.h"

namespace fastnn::FASTNN_ISA {
namespace {

using sorting::Count;
using sorting::Digits;
using sorting::kPositionBits;
using sorting::Lines;
using sorting::Packing;
using sorting::Pair;

constexpr dim_t kGroups = 64;        // of a line, whose smallest elements bound the first few
constexpr dim_t kMostOfGroups = 32;  // so many of them at most

// The key of an element: smaller ones come first.
template <class T>
FASTNN_INLINE Ordered<T> key_of(T x, bool descending) {
    return ordered(x) ^ Ordered<T>(-Ordered<T>(descending));
}

FASTNN_INLINE Count position(Pair pair) {
    return Count(pair);
}

// Whether pairs hold their whole keys, so that elements need not be read again.
template <class T>
constexpr bool kHoldsKey = sizeof(Ordered<T>) == 4;

template <class T>
FASTNN_INLINE T element(const T* x, Pair pair, bool descending, Packing packing) {
    if constexpr (!kHoldsKey<T>) {
        return x[position(pair)];
    } else {
        const auto key = int32_t(int64_t(pair >> kPositionBits) + packing.low) ^ -int(descending);
        if constexpr (T(0.5) == T(0)) {
            return T(key);  // an integer
        } else {
            if (key == 0 || key == INT32_MAX) return x[position(pair)];  // -0, and kinds of NaN
            const int32_t i = key ^ ((key >> 31) & INT32_MAX);
            T value;
            __builtin_memcpy(&value, &i, sizeof value);
            return value;
        }
    }
}

template <class T>
void range(const T* x, dim_t begin, dim_t end, bool descending, int64_t* low, int64_t* high) {
    Ordered<T> least = kMost<Ordered<T>>, most = -least - 1;
    for (dim_t i = begin; i < end; ++i) {
        const Ordered<T> key = key_of(x[i], descending);
        least = key < least ? key : least;
        most = key > most ? key : most;
    }
    *low = least;
    *high = most;
}

template <class T>
void pack(const T* x, dim_t begin, dim_t end, bool descending, Packing packing, Pair* pairs) {
    for (dim_t i = begin; i < end; ++i) {
        const auto above = uint64_t(int64_t(key_of(x[i], descending))) - uint64_t(packing.low);
        pairs[i] = (above >> packing.shift) << kPositionBits | Pair(i);
    }
}

// Sorts by the lowest `bits` of the keys; `other` is overwritten.
void sort_pairs(Pair* pairs, dim_t n, int bits, Pair* other) {
    if (n <= kMostRanked) return rank_sort<false>(pairs, n);
    dim_t ascending = 1;
    while (ascending < n && pairs[ascending - 1] <= pairs[ascending]) ++ascending;
    if (ascending == n) return;
    const Digits digits = sorting::digits_of(bits, sorting::kLineBits);
    constexpr int most = 4, places = 1 << sorting::kLineBits;
    Count counts[most][places] = {};
    const Pair mask = digits.mask();
    for (dim_t i = 0; i < n; ++i) {
        Pair key = pairs[i] >> kPositionBits;
        for (int d = 0; d < digits.count; ++d, key >>= digits.bits) ++counts[d][key & mask];
    }
    Pair *from = pairs, *to = other;
    for (int d = 0; d < digits.count; ++d) {
        if (n > 1 << 20 && interrupted()) return;
        const int shift = digits.shift(d);
        if (counts[d][(from[0] >> shift) & mask] == Count(n)) continue;
        Count before = 0;
        for (Pair i = 0; i <= mask; ++i) {
            const Count here = counts[d][i];
            counts[d][i] = before;
            before += here;
        }
        sorting::move_digits(from, n, shift, mask, counts[d], to);
        Pair* const sorted = to;
        to = from;
        from = sorted;
    }
    if (from != pairs) __builtin_memcpy(pairs, from, size_t(n) * sizeof(Pair));
}

template <class T>
void refine(const T* x, dim_t n, dim_t begin, dim_t end, bool descending, Packing packing,
            const Pair* pairs, Pair* out, Pair* work) {
    const auto key = [=](dim_t i) { return pairs[i] >> kPositionBits; };
    const Pair mask = (Pair{1} << packing.shift) - 1;  // of the bits left out
    dim_t i = begin;
    while (begin > 0 && i < end && key(i) == key(begin - 1)) ++i;  // a run that began earlier
    for (dim_t next; i < end; i = next) {
        const Pair same = key(i);
        for (next = i + 1; next < n && key(next) == same;) ++next;
        if (next == i + 1) {
            out[i] = pairs[i];
            continue;
        }
        Pair* const run = work + 2 * i;
        const dim_t count = next - i;
        for (dim_t j = 0; j < count; ++j) {
            const Count at = position(pairs[i + j]);
            const auto above = uint64_t(int64_t(key_of(x[at], descending))) - uint64_t(packing.low);
            run[j] = (above & mask) << kPositionBits | at;
        }
        sort_pairs(run, count, packing.shift, run + count);
        for (dim_t j = 0; j < count; ++j) out[i + j] = same << kPositionBits | position(run[j]);
    }
}

template <class T>
void write(const Lines<T>& line, dim_t begin, dim_t end, Packing packing, const Pair* pairs) {
    const dim_t stride = line.stride;
    if (line.values != nullptr) {
        for (dim_t i = begin; i < end; ++i)
            line.values[i * stride] = element(line.x, pairs[i], line.descending, packing);
    }
    for (dim_t i = begin; i < end; ++i) line.indices[i * stride] = position(pairs[i]);
}

// Sorts one line without gaps; `work` holds 2 n.
template <class T>
Packing sort_line(const T* x, dim_t n, bool descending, Pair* pairs, Pair* work) {
    int64_t low = INT32_MIN, high = INT32_MAX;
    if (!kHoldsKey<T> || n > kMostRanked) range(x, 0, n, descending, &low, &high);
    const Packing packing = sorting::packing_of(low, high);
    pack(x, 0, n, descending, packing, pairs);
    if (packing.bits > 0) sort_pairs(pairs, n, packing.bits, work);
    if (packing.shift > 0) refine(x, n, 0, n, descending, packing, pairs, pairs, work);
    return packing;
}

template <class T>
void gather(const T* x, dim_t begin, dim_t end, dim_t stride, T* line) {
    for (dim_t i = begin; i < end; ++i) line[i] = x[i * stride];
}

// Copies of the lines, one after another: columns are read by rows, which lie in cache lines.
template <class T>
const T* rows_of(const Lines<T>& lines, T* rows) {
    if (lines.stride == 1) return lines.x;
    for (dim_t i = 0; i < lines.n; ++i) {
        for (dim_t j = 0; j < lines.count; ++j)
            rows[j * lines.n + i] = lines.x[i * lines.stride + j];
    }
    return rows;
}

template <class T>
void sort(const Lines<T>& lines, Pair* work) {
    const dim_t n = lines.n, count = lines.count;
    Pair *const pairs = work, *const other = pairs + count * n;
    const T* const rows = rows_of(lines, reinterpret_cast<T*>(other + 2 * n));
    Packing packing[sorting::kColumns];
    for (dim_t j = 0; j < count; ++j)
        packing[j] = sort_line(rows + j * n, n, lines.descending, pairs + j * n, other);
    if (lines.stride == 1) {
        write(lines, 0, n, packing[0], pairs);
        return;
    }
    for (dim_t i = 0; i < n; ++i) {
        const dim_t at = i * lines.stride;
        if (lines.values != nullptr) {
            for (dim_t j = 0; j < count; ++j) {
                lines.values[at + j] =
                    element(rows + j * n, pairs[j * n + i], lines.descending, packing[j]);
            }
        }
        for (dim_t j = 0; j < count; ++j) lines.indices[at + j] = position(pairs[j * n + i]);
    }
}

// Those elements of a line that may be among its first k, with positions that ascend: the keys
// below a bound, which the k-th does not exceed, and the first k that equal it.
template <class T>
struct Candidates {
    Ordered<T>* keys;
    Count* positions;
    dim_t k, found = 0, equal = 0;

    FASTNN_INLINE void add(const T* x, dim_t i, bool descending, Ordered<T> bound) {
        const Ordered<T> key = key_of(x[i], descending);
        keys[found] = key;  // overwritten by the next one if it is beyond
        positions[found] = Count(i);
        found += dim_t(key < bound) | (dim_t(key == bound) & dim_t(equal < k));
        equal += dim_t(key == bound);
    }
};

// The line is read in kGroups interleaved groups. Of their smallest keys the k-th bounds the first
// k of the line, and only groups with one that small hold any of these.
template <class T>
void few_candidates(const T* x, dim_t n, bool descending, dim_t k, Candidates<T>& to) {
    using Int = Ordered<T>;
    Int least[kGroups], sorted[kGroups];
    for (dim_t j = 0; j < kGroups; ++j) least[j] = kMost<Int>;
    const dim_t whole = n / kGroups * kGroups;
    for (dim_t i = 0; i < whole; i += kGroups) {
        for (dim_t j = 0; j < kGroups; ++j) {
            const Int key = key_of(x[i + j], descending);
            least[j] = key < least[j] ? key : least[j];
        }
    }
    __builtin_memcpy(sorted, least, sizeof least);
    rank_sort(sorted, kGroups);
    const Int bound = sorted[k - 1];
    bool least_of_all = sorted[0] == bound;
    for (dim_t i = whole; i < n; ++i)
        least_of_all = least_of_all && key_of(x[i], descending) >= bound;
    if (least_of_all) {  // the first k that equal it are the chosen
        for (dim_t i = 0; i < n && to.found < k; ++i) to.add(x, i, descending, bound);
        return;
    }
    dim_t groups[kGroups], count = 0;
    for (dim_t j = 0; j < kGroups; ++j) {
        groups[count] = j;
        count += dim_t(least[j] <= bound);
    }
    for (dim_t i = 0; i < whole; i += kGroups) {
        for (dim_t g = 0; g < count; ++g) to.add(x, i + groups[g], descending, bound);
    }
    for (dim_t i = whole; i < n; ++i) to.add(x, i, descending, bound);
}

template <class T>
void choose(const T* x, dim_t n, bool descending, dim_t k, Count* chosen, Pair* work) {
    using Int = Ordered<T>;
    if (k == 0) return;
    if (k == n) {
        for (dim_t i = 0; i < n; ++i) chosen[i] = Count(i);
        return;
    }
    Int* const scratch = reinterpret_cast<Int*>(work + n);
    Candidates<T> c{reinterpret_cast<Int*>(work), reinterpret_cast<Count*>(work + 3 * n), k};
    if (k <= kMostOfGroups && n >= 4 * kGroups) {
        few_candidates(x, n, descending, k, c);
    } else {
        for (dim_t i = 0; i < n; ++i) scratch[i] = key_of(x[i], descending);
        const Int bound = select_rank(scratch, scratch + n, n, k - 1);
        for (dim_t i = 0; i < n; ++i) c.add(x, i, descending, bound);
    }
    Int last = kMost<Int>;
    if (c.found > k) {
        for (dim_t i = 0; i < c.found; ++i) scratch[i] = c.keys[i];
        last = select_rank(scratch, scratch + c.found, c.found, k - 1);
    }
    dim_t equal = k;  // how many of the equal last ones are wanted
    for (dim_t i = 0; i < c.found; ++i) equal -= dim_t(c.keys[i] < last);
    dim_t taken = 0;
    for (dim_t i = 0; i < c.found && taken < k; ++i) {
        const bool ties = c.keys[i] == last;
        chosen[taken] = c.positions[i];
        taken += dim_t(c.keys[i] < last) | dim_t(ties && equal > 0);
        equal -= dim_t(ties);
    }
    while (taken < k) chosen[taken++] = 0;  // after Ctrl-C, or where another thread changed x
}

template <class T>
void top(const Lines<T>& lines, dim_t k, bool in_order, Pair* work) {
    const dim_t n = lines.n;
    T* const copies = reinterpret_cast<T*>(work + 5 * n + 256);
    const T* const rows = rows_of(lines, copies);
    // The chosen and what sorts them come after what chooses, which they need no more.
    Count* const chosen = reinterpret_cast<Count*>(copies + lines.count * n);
    T* const values = reinterpret_cast<T*>(work);
    Pair* const pairs = work + k;
    for (dim_t j = 0; j < lines.count; ++j) {
        const T* const x = rows + j * n;
        if (n <= kMostRanked) {
            const Packing packing = sort_line(x, n, lines.descending, work, work + n);
            const Lines<T> line{
                x, k, lines.stride, 1, lines.descending, lines.values + j, lines.indices + j};
            write(line, 0, k, packing, work);
            continue;
        }
        choose(x, n, lines.descending, k, chosen, work);
        for (dim_t i = 0; i < k; ++i) values[i] = x[chosen[i]];
        if (in_order) {
            sort_line(values, k, lines.descending, pairs, pairs + k);
        } else {
            for (dim_t i = 0; i < k; ++i) pairs[i] = Pair(i);
        }
        for (dim_t i = 0; i < k; ++i) {
            const Count at = position(pairs[i]);
            lines.values[i * lines.stride + j] = values[at];
            lines.indices[i * lines.stride + j] = chosen[at];
        }
    }
}

// The longest of the runs of equal elements, the first of those as long.
template <class T>
void write_mode(const Lines<T>& line, const Pair* pairs) {
    const auto key = [&](dim_t i) { return ordered(line.x[position(pairs[i])]); };
    dim_t most = 0, at = 0;
    for (dim_t i = 0, next; i < line.n; i = next) {
        const Ordered<T> same = key(i);
        for (next = i + 1; next < line.n && key(next) == same;) ++next;
        if (next - i > most) most = next - i, at = position(pairs[next - 1]);
    }
    *line.values = line.x[at];
    *line.indices = at;
}

template <class T>
void mode(const Lines<T>& lines, Pair* work) {
    const dim_t n = lines.n;
    Pair *const pairs = work, *const other = pairs + n;
    const T* const rows = rows_of(lines, reinterpret_cast<T*>(other + 2 * n));
    for (dim_t j = 0; j < lines.count; ++j) {
        const T* const x = rows + j * n;
        sort_line(x, n, false, pairs, other);
        write_mode<T>({x, n, 1, 1, false, lines.values + j, lines.indices + j}, pairs);
    }
}

template <class T>
constexpr sorting::TypedKernels<T> kTyped{sort<T>, top<T>,    mode<T>,  choose<T>,     range<T>,
                                          pack<T>, refine<T>, write<T>, write_mode<T>, gather<T>};

constexpr sorting::Kernels kTable{kTyped<float>, kTyped<double>, kTyped<int64_t>, kTyped<int32_t>,
                                  kTyped<uint8_t>};

}  // namespace
}  // namespace fastnn::FASTNN_ISA

FASTNN_KERNELS(sorting::Kernels, kTable)
