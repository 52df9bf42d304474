#include "ops/pool/cost.h"
#include "ops/pool/tables.h"
#include "ops/pool/work.h"

namespace fastnn::pooling {
namespace {

template <class T>
void max_typed(const MaxArgs& a) {
    const Shape& s = a.shape;
    const Tables tables(s, false);
    const auto& kernel = isa::table<Kernels, T>().max[a.place == nullptr           ? 0
                                                      : a.place_dtype == Dtype::u8 ? 1
                                                                                   : 2];
    const auto rows = s.n * s.out[0] * s.out[1];
    const double row_ns = static_cast<double>(s.out[2]) * cost::kPixel +
                          window_elements(a) * cost::kMax * sizeof(T) / 4 /
                              static_cast<double>(std::max<dim_t>(1, rows));
    over_chunks(rows, s.c, row_ns, [&](dim_t begin, dim_t end, dim_t c_begin, dim_t c_end) {
        kernel(MaxRows<T>{.windows = &tables.windows(),
                          .begin = begin,
                          .end = end,
                          .c_begin = c_begin,
                          .c_end = c_end,
                          .x = static_cast<const T*>(a.x),
                          .y = static_cast<T*>(a.y),
                          .place = a.place});
    });
}

template <class T>
void max_backward_typed(const MaxBackwardArgs& a) {
    const Shape& s = a.shape;
    const Tables tables(s, true);
    const auto& kernel = isa::table<Kernels, T>().max_backward[a.place_dtype == Dtype::u8 ? 0 : 1];
    const bool stream =
        past_caches(a.dx, inputs(a) * sizeof(T), s.c * static_cast<dim_t>(sizeof(T)), kReadsAgain);
    const auto rows = s.n * s.in[0] * s.in[1];
    const double row_ns = static_cast<double>(s.in[2]) * cost::kPixel +
                          window_elements(a) * cost::kMaxBackward * sizeof(T) / 4 /
                              static_cast<double>(std::max<dim_t>(1, rows));
    over_chunks(rows, s.c, row_ns, [&](dim_t begin, dim_t end, dim_t c_begin, dim_t c_end) {
        kernel(MaxBackwardRows<T>{.windows = &tables.windows(),
                                  .begin = begin,
                                  .end = end,
                                  .c_begin = c_begin,
                                  .c_end = c_end,
                                  .dy = static_cast<const T*>(a.dy),
                                  .place = a.place,
                                  .dx = static_cast<T*>(a.dx),
                                  .stream = stream});
    });
}

// The index of each place of one row of outputs.
template <class P>
void row_indices(const Windows& w, const P* place, dim_t row, std::int64_t* index) {
    const Axis &d = w.axis[0], &h = w.axis[1], &v = w.axis[2];
    const dim_t od = row / h.out % d.out, oh = row % h.out;
    for (dim_t i = 0; i < v.out; ++i) {
        for (dim_t c = 0; c < w.c; ++c) {
            const dim_t k = *place++;
            const dim_t id = d.origin[od] + k / w.pitch[0] * d.step,
                        ih = h.origin[oh] + k % w.pitch[0] / w.pitch[1] * h.step,
                        iv = v.origin[i] + k % w.pitch[1] * v.step;
            *index++ = (id * h.in + ih) * v.in + iv;
        }
    }
}

void max_indices(const IndexArgs& a) {
    const Shape& s = a.shape;
    const Tables tables(s, false);
    const Windows& w = tables.windows();
    const dim_t line = s.out[2] * s.c;
    parallel_for(s.n * s.out[0] * s.out[1], cost::kIndex * static_cast<double>(line),
                 [&](dim_t row) {
                     if (a.place_dtype == Dtype::u8) {
                         row_indices(w, static_cast<const std::uint8_t*>(a.place) + row * line, row,
                                     a.index + row * line);
                     } else {
                         row_indices(w, static_cast<const std::int32_t*>(a.place) + row * line, row,
                                     a.index + row * line);
                     }
                 });
}

void max(const MaxArgs& a) {
    visit_float(a.dtype, [&]<class T>() { max_typed<T>(a); });
}

void max_backward(const MaxBackwardArgs& a) {
    visit_float(a.dtype, [&]<class T>() { max_backward_typed<T>(a); });
}

template <class A>
double moved(const A& a) {
    return (inputs(a) + outputs(a)) * static_cast<double>(size_of(a.dtype));
}

Work max_work(const MaxArgs& a) {
    const double places = a.place == nullptr ? 0 : static_cast<double>(size_of(a.place_dtype));
    return {window_elements(a), moved(a) + outputs(a) * places};
}

Work max_backward_work(const MaxBackwardArgs& a) {
    return {outputs(a), moved(a) + outputs(a) * static_cast<double>(size_of(a.place_dtype))};
}

Work max_indices_work(const IndexArgs& a) {
    return {0, outputs(a) * static_cast<double>(8 + size_of(a.place_dtype))};
}

}  // namespace

const Kernel<MaxArgs> kMax[2][kAxes] = {
    {{"max_pool1d", max, max_work}, {"max_pool2d", max, max_work}, {"max_pool3d", max, max_work}},
    {{"adaptive_max_pool1d", max, max_work},
     {"adaptive_max_pool2d", max, max_work},
     {"adaptive_max_pool3d", max, max_work}}};
const Kernel<MaxBackwardArgs> kMaxBackward[2][kAxes] = {
    {{"max_pool1d_backward", max_backward, max_backward_work},
     {"max_pool2d_backward", max_backward, max_backward_work},
     {"max_pool3d_backward", max_backward, max_backward_work}},
    {{"adaptive_max_pool1d_backward", max_backward, max_backward_work},
     {"adaptive_max_pool2d_backward", max_backward, max_backward_work},
     {"adaptive_max_pool3d_backward", max_backward, max_backward_work}}};
const Kernel<IndexArgs> kMaxIndices[2][kAxes] = {
    {{"max_pool1d_indices", max_indices, max_indices_work},
     {"max_pool2d_indices", max_indices, max_indices_work},
     {"max_pool3d_indices", max_indices, max_indices_work}},
    {{"adaptive_max_pool1d_indices", max_indices, max_indices_work},
     {"adaptive_max_pool2d_indices", max_indices, max_indices_work},
     {"adaptive_max_pool3d_indices", max_indices, max_indices_work}}};

}  // namespace fastnn::pooling
