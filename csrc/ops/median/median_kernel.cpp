// Selection by sampling (Floyd and Rivest, Expected time bounds for selection, 1975): two elements
// of a sample that most likely enclose the wanted one, and one pass that selects those between.
#include "ops/median/median.h"

#include "simd/poll.h"
#include "simd/vec.h"

namespace fastnn::FASTNN_ISA {
namespace {

constexpr dim_t kSmall = 48;  // so few elements are sorted
constexpr dim_t kSample =
    63;  // largest sample; sorting it costs little compared to a pass over 4096
constexpr dim_t kPiece = 1 << 22;  // elements between two looks for Ctrl-C in a giant row
constexpr int kPasses = 12;        // then ranges are halved instead, which always ends

// Numbers as integers of the same order, and back. -0 comes before 0.
template <class T>
FASTNN_INLINE typename Vec<T>::Int ordered(typename Vec<T>::Int i) {
    using Int = typename Format<T>::Int;
    return i ^ ((i >> (8 * int(sizeof(T)) - 1)) & ~(Int(1) << (8 * int(sizeof(T)) - 1)));
}

// Sorts by rank, the number of smaller elements: more comparisons than other algorithms, but
// vectorized, and without mispredicted branches.
template <class Int>
void sort(Int* a, dim_t n) {
    Int rank[kSample] = {}, sorted[kSample];
    for (dim_t j = 1; j < n; ++j) {
        const Int v = a[j];
        Int smaller = 0;
        for (dim_t i = 0; i < j; ++i) {
            const Int before = a[i] <= v;
            smaller += before;
            rank[i] += Int(1) - before;
        }
        rank[j] = smaller;
    }
    for (dim_t i = 0; i < n; ++i) sorted[rank[i]] = a[i];
    for (dim_t i = 0; i < n; ++i) a[i] = sorted[i];
}

// Copies the elements in [low, high] and counts those below; `out` has room for n.
template <class Int>
dim_t filter(const Int* a, dim_t n, Int low, Int high, Int* out, dim_t& below) {
    dim_t found = 0, less = 0;
    for (dim_t begin = 0; begin < n; begin += kPiece) {
        if (begin > 0 && interrupted()) return below = 0;  // and select_rank ends
        const dim_t end = n - begin < kPiece ? n : begin + kPiece;
        for (dim_t i = begin; i < end; ++i) {
            const Int v = a[i];
            out[found] = v;  // overwritten by the next one if it is outside
            found += dim_t(v >= low) & dim_t(v <= high);
            less += dim_t(v < low);
        }
    }
    below = less;
    return found;
}

// Bounds of the element of rank k among n: elements of a sample, or unchanged.
template <class Int>
void enclose(const Int* a, dim_t n, dim_t k, Int& low, Int& high) {
    dim_t size = 15;
    while (size < kSample && size * size * 4 < n) size = 2 * size + 1;
    Int sample[kSample];
    for (dim_t i = 0; i < size; ++i) sample[i] = a[i * (n - 1) / (size - 1)];
    sort(sample, size);
    // The rank within the sample varies by sqrt(size) / 2; half as much again to either side.
    dim_t margin = 2;
    while (16 * margin * margin < 9 * size) ++margin;
    const dim_t at = k * size / n;
    if (at - margin >= 0) low = sample[at - margin];
    if (at + margin < size) high = sample[at + margin];
}

// The element of rank k; both arrays hold n elements and are overwritten.
template <class Int>
Int select_rank(Int* a, Int* other, dim_t n, dim_t k) {
    constexpr Int most = sizeof(Int) == 4 ? Int(INT32_MAX) : Int(INT64_MAX), least = -most - 1;
    for (int pass = 0; n > kSmall; ++pass) {
        Int low = least, high = most;
        if (pass < kPasses) {
            enclose(a, n, k, low, high);
        } else {
            low = high = a[0];
            for (dim_t i = 1; i < n; ++i) {
                low = a[i] < low ? a[i] : low;
                high = a[i] > high ? a[i] : high;
            }
            if (low == high) return low;
            // Their mean, rounded down; the sum itself may overflow.
            high = (low & high) + ((low ^ high) >> 1);
        }
        dim_t below;
        dim_t found = filter(a, n, low, high, other, below);
        if (k < below) {
            found = filter(a, n, least, Int(low - 1), other, below);
        } else if (k >= below + found) {
            k -= below + found;
            found = filter(a, n, Int(high + 1), most, other, below);
        } else {
            if (low == high) return low;
            k -= below;
        }
        Int* const from = a;
        a = other;
        other = from;
        n = found;
    }
    sort(a, n);
    return a[k];
}

// The first element with f(register) true, or n.
template <class T, class F>
FASTNN_INLINE dim_t find(const T* x, dim_t n, F f) {
    using V = Vec<T>;
    dim_t i = 0;
    while (i + V::width <= n && !any(f(V::load(x + i)))) i += V::width;
    while (i < n && !any(f(V(x[i])))) ++i;
    return i;
}

template <class T>
void row(const T* x, dim_t n, T* work, T* value, int64_t* index) {
    using V = Vec<T>;
    using Int = typename Format<T>::Int;
    dim_t at = find(x, n, [](V v) __attribute__((always_inline)) { return v != v; });
    if (at == n) {
        for (dim_t i = 0; i < n; i += V::width) {
            const dim_t count = n - i < V::width ? n - i : V::width;
            V::from_bits(ordered<T>(bits(V::load(x + i, count)))).store(work + i, count);
        }
        Int* const keys = reinterpret_cast<Int*>(work);
        const Int key = select_rank(keys, keys + n, n, (n - 1) / 2);
        const V middle = V::from_bits(ordered<T>(typename V::Int{} + key));
        at = find(x, n, [middle](V v) __attribute__((always_inline)) { return v == middle; });
    }
    *value = x[at];
    *index = at;
}

template <class T>
constexpr median::TypedKernels<T> kTyped{row<T>};

constexpr median::Kernels kTable{kTyped<float>, kTyped<double>};

}  // namespace
}  // namespace fastnn::FASTNN_ISA

FASTNN_KERNELS(median::Kernels, kTable)
