#include "ops/sort/unique.h"

#include <algorithm>
#include <utility>

#include "core/check.h"
#include "ops/sort/long_line.h"

namespace fastnn::sorting {
namespace {

template <class T>
struct Rows {
    const T* x;
    dim_t m;
    bool equal(dim_t i, dim_t j) const {
        for (dim_t k = 0; k < m; ++k) {
            if (!(x[i * m + k] == x[j * m + k])) return false;
        }
        return true;
    }
    // Whether row i comes before row j, NaN after numbers.
    bool less(dim_t i, dim_t j) const {
        for (dim_t k = 0; k < m; ++k) {
            const T a = x[i * m + k], b = x[j * m + k];
            if (a == b || (a != a && b != b)) continue;
            return a < b || b != b;
        }
        return false;
    }
};

// Merge sort of positions by their rows, stable. std::sort would leave the array where another
// thread changes the rows meanwhile.
template <class T>
void sort_rows(const Rows<T>& rows, Count* order, dim_t n, Count* work) {
    for (dim_t width = 1; width < n; width *= 2) {
        for (dim_t begin = 0; begin < n; begin += 2 * width) {
            const dim_t middle = std::min(begin + width, n), end = std::min(begin + 2 * width, n);
            dim_t i = begin, j = middle;
            for (dim_t k = begin; k < end; ++k) {
                const bool second = i == middle || (j < end && rows.less(order[j], order[i]));
                work[k] = order[second ? j++ : i++];
            }
        }
        std::copy_n(work, n, order);
        if (interrupted()) return;
    }
}

// The order of rows: by their first elements, then within runs of equal ones by the others.
template <class T>
void order_rows(const GroupArgs& a) {
    const Rows<T> rows{static_cast<const T*>(a.x), a.m};
    const Chunks chunks(a.n);
    Scratch<T> first(static_cast<std::size_t>(a.m == 1 ? 0 : a.n));
    Scratch<Pair> pairs(static_cast<std::size_t>(2 * a.n));
    const T* column = rows.x;
    if (a.m > 1) {
        chunks.for_each([&](dim_t, dim_t begin, dim_t end) {
            kernels_of<T>().gather(rows.x, begin, end, a.m, first);
        });
        column = first;
    }
    Pair* sorted;
    sort_pairs(column, a.n, false, pairs.data(), pairs.data() + a.n, sorted);
    chunks.for_each([&](dim_t, dim_t begin, dim_t end) {
        for (dim_t i = begin; i < end; ++i) a.order[i] = static_cast<Count>(sorted[i]);
    });
    if (a.m == 1) return;
    const auto same = [&](dim_t i) {
        const T x = column[static_cast<Count>(sorted[i])];
        const T y = column[static_cast<Count>(sorted[i - 1])];
        return x == y || (x != x && y != y);
    };
    Scratch<Count> work(static_cast<std::size_t>(a.n));
    chunks.for_each([&](dim_t, dim_t begin, dim_t end) {
        dim_t i = begin;
        while (i > 0 && i < end && same(i)) ++i;  // a run that began earlier
        for (dim_t next; i < end; i = next) {
            for (next = i + 1; next < a.n && same(next);) ++next;
            sort_rows(rows, a.order + i, next - i, work + i);
        }
    });
}

// How many groups begin before each chunk, and in the last place all.
void count_groups(const Chunks& chunks, const std::uint8_t* begins, dim_t* before) {
    chunks.for_each([&](dim_t c, dim_t begin, dim_t end) {
        dim_t found = 0;
        for (dim_t i = begin; i < end; ++i) found += begins[i];
        before[c + 1] = found;
    });
    before[0] = 0;
    for (dim_t c = 0; c < chunks.count; ++c) before[c + 1] += before[c];
}

template <class T>
void groups_typed(const GroupArgs& a) {
    const Chunks chunks(a.n);
    const Rows<T> rows{static_cast<const T*>(a.x), a.m};
    if (a.sorted) order_rows<T>(a);
    chunks.for_each([&](dim_t, dim_t begin, dim_t end) {
        const dim_t second = std::max<dim_t>(1, begin);
        if (begin == 0) a.begins[0] = 1;
        if (a.sorted) {
            for (dim_t i = second; i < end; ++i)
                a.begins[i] = !rows.equal(a.order[i], a.order[i - 1]);
        } else if (a.m == 1) {
            for (dim_t i = second; i < end; ++i) a.begins[i] = !(rows.x[i] == rows.x[i - 1]);
        } else {
            for (dim_t i = second; i < end; ++i) a.begins[i] = !rows.equal(i, i - 1);
        }
    });
    dim_t before[kMostChunks + 1];
    count_groups(chunks, a.begins, before);
    *a.groups = before[chunks.count];
}

void groups(const GroupArgs& a) {
    visit(a.dtype, [&]<class T>() { groups_typed<T>(a); });
}

template <class T>
void unique_typed(const UniqueArgs& a) {
    const Chunks chunks(a.n);
    const auto* const x = static_cast<const T*>(a.x);
    auto* const values = static_cast<T*>(a.values);
    dim_t before[kMostChunks + 1];
    count_groups(chunks, a.begins, before);
    // In a replay, other rows may be equal.
    if (before[chunks.count] != a.groups)
        fail<ValueError>("unique: ", a.groups, " different rows were expected, found ",
                         before[chunks.count]);
    const bool counted = a.counts != nullptr;
    Scratch<dim_t> first(static_cast<std::size_t>(counted ? a.groups + 1 : 0));
    chunks.for_each([&](dim_t c, dim_t begin, dim_t end) {
        dim_t group = before[c] - 1;
        for (dim_t i = begin; i < end; ++i) {
            const auto at = a.order == nullptr ? i : static_cast<dim_t>(a.order[i]);
            if (a.begins[i] != 0) {
                ++group;
                if (counted) first[group] = i;
                for (dim_t k = 0; k < a.m; ++k) values[group * a.m + k] = x[at * a.m + k];
            }
            if (a.inverse != nullptr) a.inverse[at] = group;
        }
    });
    if (!counted) return;
    first[a.groups] = a.n;
    Chunks(a.groups).for_each([&](dim_t, dim_t begin, dim_t end) {
        for (dim_t i = begin; i < end; ++i) a.counts[i] = first[i + 1] - first[i];
    });
}

void unique(const UniqueArgs& a) {
    visit(a.dtype, [&]<class T>() { unique_typed<T>(a); });
}

Work groups_work(const GroupArgs& a) {
    return {0, static_cast<double>(a.n) * static_cast<double>(a.m) *
                   static_cast<double>(size_of(a.dtype))};
}
Work unique_work(const UniqueArgs& a) {
    return {0, static_cast<double>(a.n + a.groups) * static_cast<double>(a.m) *
                   static_cast<double>(size_of(a.dtype))};
}

}  // namespace

const Kernel<GroupArgs> kGroups{"unique (groups)", groups, groups_work};
const Kernel<UniqueArgs> kUnique{"unique", unique, unique_work};

}  // namespace fastnn::sorting
