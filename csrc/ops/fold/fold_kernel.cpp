#include "core/integer.h"
#include "ops/fold/fold.h"
#include "simd/vec.h"

namespace fastnn::FASTNN_ISA {
namespace {

using folding::Axis;

// Where place k of window 0 lies in the image.
FASTNN_INLINE long origin(const Axis& a, long k) {
    return k * a.dilation - a.padding;
}

// Windows begin ... end - 1 have place k inside of the image.
struct Inside {
    long begin, end;
    FASTNN_INLINE Inside(const Axis& a, long k) {
        const long at = origin(a, k);
        begin = at >= 0 ? 0 : ceil_div(-at, a.stride);
        if (begin > a.windows) begin = a.windows;
        end = at >= a.size ? 0 : (a.size - 1 - at) / a.stride + 1;
        if (end > a.windows) end = a.windows;
        if (end < begin) end = begin;
    }
};

// y[i] = x[i * stride], or y[i * stride] += x[i].
template <class T>
FASTNN_INLINE void take(const T* __restrict x, long stride, long count, T* __restrict y) {
    if (stride == 1) {
        for (long i = 0; i < count; ++i) y[i] = x[i];
    } else if (stride == 2) {
        for (long i = 0; i < count; ++i) y[i] = x[2 * i];
    } else {
        for (long i = 0; i < count; ++i) y[i] = x[i * stride];
    }
}
template <class T>
FASTNN_INLINE void add(const T* __restrict x, long stride, long count, T* __restrict y) {
    if (stride == 1) {
        for (long i = 0; i < count; ++i) y[i] += x[i];
    } else if (stride == 2) {
        for (long i = 0; i < count; ++i) y[2 * i] += x[i];
    } else {
        for (long i = 0; i < count; ++i) y[i * stride] += x[i];
    }
}

template <class T>
void unfold(const Axis& h, const Axis& w, long i, const T* image, T* columns) {
    const Inside rows(h, i);
    for (long j = 0; j < w.kernel; ++j) {
        const Inside in(w, j);
        for (long a = 0; a < h.windows; ++a, columns += w.windows) {
            if (a < rows.begin || a >= rows.end) {
                for (long b = 0; b < w.windows; ++b) columns[b] = T(0);
                continue;
            }
            const T* row = image + (a * h.stride + origin(h, i)) * w.size;
            for (long b = 0; b < in.begin; ++b) columns[b] = T(0);
            take(row + in.begin * w.stride + origin(w, j), w.stride, in.end - in.begin,
                 columns + in.begin);
            for (long b = in.end; b < w.windows; ++b) columns[b] = T(0);
        }
    }
}

// Each row gathers from the windows that see it: so it is written while it is in L1.
template <class T>
void fold(const Axis& h, const Axis& w, long top, long bottom, const T* columns, T* image) {
    const long place = h.windows * w.windows;
    for (long row = top; row < bottom; ++row) {
        T* y = image + row * w.size;
        for (long k = 0; k < w.size; ++k) y[k] = T(0);
        for (long i = 0; i < h.kernel; ++i) {
            const long down = row - origin(h, i), a = down / h.stride;
            if (down < 0 || down % h.stride != 0 || a >= h.windows) continue;
            for (long j = 0; j < w.kernel; ++j) {
                const Inside in(w, j);
                const T* x = columns + (i * w.kernel + j) * place + a * w.windows;
                add(x + in.begin, w.stride, in.end - in.begin,
                    y + in.begin * w.stride + origin(w, j));
            }
        }
    }
}

constexpr folding::Kernels kTable{{unfold<float>, fold<float>}, {unfold<double>, fold<double>}};

}  // namespace
}  // namespace fastnn::FASTNN_ISA

namespace fastnn {
template <>
const folding::Kernels& isa::table_at<Isa::FASTNN_ISA>() {
    return FASTNN_ISA::kTable;
}
}  // namespace fastnn
