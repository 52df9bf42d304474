#include "ops/conv/implicit_gemm/input.h"

#include <algorithm>

#include "core/integer.h"

namespace fastnn::conv {
namespace {

constexpr dim_t kWidePixel = 32;  // elements: copied one by one, fetching those that follow

}  // namespace

template <class T>
dim_t Input<T>::copy_chunks(const Product& p) const {
    return p.shared ? s_.groups * l_.shape.n * p.copied_rows() : 0;
}

template <class T>
dim_t Input<T>::copy_chunks() const {
    dim_t count = 0;
    for (const Product& p : l_.products) count += copy_chunks(p);
    return count;
}

template <class T>
void Input<T>::copy_chunk(dim_t chunk) const {
    const Product* p = l_.products.data();
    for (dim_t mine; chunk >= (mine = copy_chunks(*p)); ++p) chunk -= mine;
    const dim_t row = chunk % p->copied_rows(), image = chunk / p->copied_rows();
    Part t{};
    t.image = image % l_.shape.n, t.images = 1, t.group = image / l_.shape.n;
    t.rows = p->axis[1].count, t.cols = p->axis[2].count;
    copy_rows(*p, t, row, row + 1, shared_ + p->shared_base + image * p->image);
}

template <class T>
const T* Input<T>::read(const Product& p, const Part& t, T* copy) const {
    if (p.shared || !p.copied) return in_place(p, t);
    copy_rows(p, t, 0, p.axis[1].extent(t.rows), copy);
    return copy;
}

template <class T>
const T* Input<T>::in_place(const Product& p, const Part& t) const {
    if (p.shared) {
        return shared_ + p.shared_base + (t.group * l_.shape.n + t.image) * p.image +
               t.row * p.step[1] + t.col * p.step[2];
    }
    const Axis* a = p.axis;
    const dim_t d = a[0].in_step * t.depth + a[0].offset, h = a[1].in_step * t.row + a[1].offset,
                w = a[2].in_step * t.col + a[2].offset;
    return from_ + ((t.image * s_.from[0] + d) * s_.from[1] + h) * s_.from[2] * s_.from_channels +
           w * s_.from_channels + t.group * s_.from_group;
}

// Rows `begin_row` to `end_row` of the part of `from` that a chunk reads, with zeros outside the
// image.
template <class T>
void Input<T>::copy_rows(const Product& p, const Part& t, dim_t begin_row, dim_t end_row,
                         T* out) const {
    const Axis &d = p.axis[0], &h = p.axis[1], &w = p.axis[2];
    const dim_t channels = s_.from_channels, cols = w.extent(t.cols);
    const dim_t h0 = h.in_step * t.row + h.offset, h_step = h.gathered() ? h.in_step : 1;
    const dim_t w0 = w.in_step * t.col + w.offset, w_step = w.gathered() ? w.in_step : 1;
    // Columns begin .. end - 1 lie within `from`.
    const dim_t begin = std::clamp(w0 < 0 ? ceil_div(-w0, w_step) : 0, dim_t{0}, cols);
    const dim_t end =
        std::clamp(s_.from[2] > w0 ? ceil_div(s_.from[2] - w0, w_step) : 0, begin, cols);
    for (dim_t image = 0; image < t.images; ++image) {
        for (dim_t i = 0; i < d.taps; ++i) {
            const dim_t z = d.in_step * t.depth + d.offset + i * d.offset_step;
            for (dim_t r = begin_row; r < end_row; ++r) {
                const dim_t y = h0 + r * h_step;
                T* const to = out + image * p.image + i * p.plane + r * p.row;
                if (z < 0 || z >= s_.from[0] || y < 0 || y >= s_.from[1]) {
                    std::fill_n(to, cols * p.pixel, T(0));
                    continue;
                }
                const T* const x = from_ +
                                   (((t.image + image) * s_.from[0] + z) * s_.from[1] + y) *
                                       s_.from[2] * channels +
                                   (w0 + begin * w_step) * channels + t.group * s_.from_group;
                std::fill_n(to, begin * p.pixel, T(0));
                copy_pixels(x, w_step * channels, end - begin, to + begin * p.pixel, p.pixel);
                std::fill_n(to + end * p.pixel, (cols - end) * p.pixel, T(0));
            }
        }
    }
}

template <class T>
void Input<T>::copy_pixels(const T* x, dim_t step, dim_t pixels, T* to, dim_t pixel) const {
    if (step == s_.from_group && pixel == step && step < kWidePixel) {
        std::copy_n(x, pixels * pixel, to);
    } else {
        g_.copy_rows(x, step, 1, pixels, s_.from_group, to, pixel);
    }
}

template class Input<float>;
template class Input<double>;

}  // namespace fastnn::conv
