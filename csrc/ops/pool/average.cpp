#include "core/integer.h"
#include "ops/pool/cost.h"
#include "ops/pool/tables.h"
#include "ops/pool/work.h"

namespace fastnn::pooling {
namespace {

// Averages of whole images are summed in slices: for so many images at most, of so many numbers at
// least, with enough rows for so many slices.
constexpr dim_t kMostSliced = 8, kSlices = 16;
constexpr double kSlicedSize = 65536;

template <bool backward, class T>
void average_typed(const AverageArgs& a) {
    const Shape& s = a.shape;
    const Tables tables(s, backward, a.count_pad, a.divisor);
    const auto& typed = isa::table<Kernels, T>();
    const auto& kernel = backward ? typed.average_backward : typed.average;
    const auto& lines = backward ? s.in : s.out;
    const bool stream = past_caches(a.y, (backward ? inputs(a) : outputs(a)) * sizeof(T),
                                    s.c * static_cast<dim_t>(sizeof(T)), kReadsAgain);
    const auto rows = s.n * lines[0] * lines[1];
    const double row_ns = static_cast<double>(lines[2]) * cost::kPixel +
                          window_elements(a) * cost::kSum * sizeof(T) / 4 /
                              static_cast<double>(std::max<dim_t>(1, rows));
    over_chunks(rows, s.c, row_ns, [&](dim_t begin, dim_t end, dim_t c_begin, dim_t c_end) {
        kernel(AverageRows<T>{.windows = &tables.windows(),
                              .begin = begin,
                              .end = end,
                              .c_begin = c_begin,
                              .c_end = c_end,
                              .from = static_cast<const T*>(a.x),
                              .to = static_cast<T*>(a.y),
                              .stream = stream});
    });
}

// Whether there are too few outputs for all threads: one for each of a few large images.
bool in_slices(const AverageArgs& a) {
    const Shape& s = a.shape;
    return s.out_size() == 1 && s.adaptive && s.n <= kMostSliced && s.in[1] >= 2 * kSlices &&
           inputs(a) / static_cast<double>(s.n) >= kSlicedSize;
}

// First the sums of slices of the height, then the sum of these.
template <class T>
void average_sliced(const AverageArgs& a) {
    AverageArgs part = a, whole = a;
    Shape &s = part.shape, &rest = whole.shape;
    const dim_t rows = ceil_div(s.in[1], kSlices);
    s.adaptive = rest.adaptive = false;
    for (int i = 0; i < kAxes; ++i) s.stride[i] = s.kernel[i] = s.in[i];
    s.stride[1] = s.kernel[1] = rows;
    s.out[1] = rest.in[1] = rest.kernel[1] = ceil_div(s.in[1], rows);
    rest.in[0] = rest.in[2] = rest.kernel[0] = rest.kernel[2] = 1;
    Scratch<T> sums(static_cast<std::size_t>(s.n * s.c * s.out[1]));
    part.divisor = 1;
    part.y = sums.data();
    average_typed<false, T>(part);
    whole.divisor = a.shape.in_size();
    whole.x = sums.data();
    average_typed<false, T>(whole);
}

void average(const AverageArgs& a) {
    visit_float(a.dtype, [&]<class T>() {
        if (in_slices(a)) {
            average_sliced<T>(a);
        } else {
            average_typed<false, T>(a);
        }
    });
}

void average_backward(const AverageArgs& a) {
    visit_float(a.dtype, [&]<class T>() { average_typed<true, T>(a); });
}

Work average_work(const AverageArgs& a) {
    return {window_elements(a), (inputs(a) + outputs(a)) * static_cast<double>(size_of(a.dtype))};
}

}  // namespace

const Kernel<AverageArgs> kAverage[2][kAxes] = {{{"avg_pool1d", average, average_work},
                                                 {"avg_pool2d", average, average_work},
                                                 {"avg_pool3d", average, average_work}},
                                                {{"adaptive_avg_pool1d", average, average_work},
                                                 {"adaptive_avg_pool2d", average, average_work},
                                                 {"adaptive_avg_pool3d", average, average_work}}};
const Kernel<AverageArgs> kAverageBackward[2][kAxes] = {
    {{"avg_pool1d_backward", average_backward, average_work},
     {"avg_pool2d_backward", average_backward, average_work},
     {"avg_pool3d_backward", average_backward, average_work}},
    {{"adaptive_avg_pool1d_backward", average_backward, average_work},
     {"adaptive_avg_pool2d_backward", average_backward, average_work},
     {"adaptive_avg_pool3d_backward", average_backward, average_work}}};

}  // namespace fastnn::pooling
