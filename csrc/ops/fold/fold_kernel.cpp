#include "core/integer.h"
#include "ops/fold/fold.h"
#include "simd/vec.h"

namespace fastnn::FASTNN_ISA {
namespace {

using folding::Axis;

// The position of place k of window 0 in the image.
FASTNN_INLINE dim_t origin(const Axis& a, dim_t k) {
    return k * a.dilation - a.padding;
}

// Windows begin ... end - 1 have place k inside the image.
struct Inside {
    dim_t begin, end;
    FASTNN_INLINE Inside(const Axis& a, dim_t k) {
        const dim_t at = origin(a, k);
        begin = at >= 0 ? 0 : ceil_div(-at, a.stride);
        if (begin > a.windows) begin = a.windows;
        end = at >= a.size ? 0 : (a.size - 1 - at) / a.stride + 1;
        if (end > a.windows) end = a.windows;
        if (end < begin) end = begin;
    }
};

// y[i] = x[i * stride], or y[i * stride] += x[i].
template <class T>
FASTNN_INLINE void copy_strided(const T* __restrict x, dim_t stride, dim_t count, T* __restrict y) {
    if (stride == 1) {
        for (dim_t i = 0; i < count; ++i) y[i] = x[i];
    } else if (stride == 2) {
        for (dim_t i = 0; i < count; ++i) y[i] = x[2 * i];
    } else {
        for (dim_t i = 0; i < count; ++i) y[i] = x[i * stride];
    }
}
template <class T>
FASTNN_INLINE void add_strided(const T* __restrict x, dim_t stride, dim_t count, T* __restrict y) {
    if (stride == 1) {
        for (dim_t i = 0; i < count; ++i) y[i] += x[i];
    } else if (stride == 2) {
        for (dim_t i = 0; i < count; ++i) y[2 * i] += x[i];
    } else {
        for (dim_t i = 0; i < count; ++i) y[i * stride] += x[i];
    }
}

template <class T>
void unfold(const Axis& h, const Axis& w, dim_t i, const T* image, T* columns) {
    const Inside rows(h, i);
    for (dim_t j = 0; j < w.kernel; ++j) {
        const Inside in(w, j);
        for (dim_t a = 0; a < h.windows; ++a, columns += w.windows) {
            if (a < rows.begin || a >= rows.end) {
                for (dim_t b = 0; b < w.windows; ++b) columns[b] = T(0);
                continue;
            }
            const T* row = image + (a * h.stride + origin(h, i)) * w.size;
            for (dim_t b = 0; b < in.begin; ++b) columns[b] = T(0);
            copy_strided(row + in.begin * w.stride + origin(w, j), w.stride, in.end - in.begin,
                         columns + in.begin);
            for (dim_t b = in.end; b < w.windows; ++b) columns[b] = T(0);
        }
    }
}

// Each row gathers from the windows that contain it, so that it is written while it is in L1.
template <class T>
void fold(const Axis& h, const Axis& w, dim_t top, dim_t bottom, const T* columns, T* image) {
    const dim_t place = h.windows * w.windows;
    for (dim_t row = top; row < bottom; ++row) {
        T* y = image + row * w.size;
        for (dim_t k = 0; k < w.size; ++k) y[k] = T(0);
        for (dim_t i = 0; i < h.kernel; ++i) {
            const dim_t down = row - origin(h, i), a = down / h.stride;
            if (down < 0 || down % h.stride != 0 || a >= h.windows) continue;
            for (dim_t j = 0; j < w.kernel; ++j) {
                const Inside in(w, j);
                const T* x = columns + (i * w.kernel + j) * place + a * w.windows;
                add_strided(x + in.begin, w.stride, in.end - in.begin,
                            y + in.begin * w.stride + origin(w, j));
            }
        }
    }
}

constexpr folding::Kernels kTable{{unfold<float>, fold<float>}, {unfold<double>, fold<double>}};

}  // namespace
}  // namespace fastnn::FASTNN_ISA

FASTNN_KERNELS(folding::Kernels, kTable)
