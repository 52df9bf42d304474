#include "ops/pool/tables.h"

#include <algorithm>
#include <numeric>

#include "core/integer.h"

namespace fastnn::pooling {
namespace {

constexpr std::size_t kOutTables = 3, kInTables = 3;  // of ints, in Axis

dim_t sum(const dim_t (&lengths)[kAxes]) {
    return lengths[0] + lengths[1] + lengths[2];
}

// Windows of Shape::stride, kernel and dilation.
void regular(const Shape& s, int i, bool count_pad, const Axis& a, int* origin, int* skip,
             int* count, double* size) {
    for (dim_t o = 0; o < a.out; ++o) {
        const dim_t begin = o * s.stride[i] - s.pad[i], d = s.dilation[i];
        const dim_t first = begin < 0 ? ceil_div(-begin, d) : 0,
                    last = begin < a.in ? ceil_div(a.in - begin, d) : 0;
        origin[o] = static_cast<int>(begin);
        skip[o] = static_cast<int>(first);
        count[o] = static_cast<int>(std::max<dim_t>(0, std::min(s.kernel[i], last) - first));
        size[o] = static_cast<double>(
            count_pad ? std::min(begin + s.kernel[i], a.in + s.pad[i]) - begin : count[o]);
    }
}

void adaptive(const Axis& a, int* origin, int* skip, int* count, double* size) {
    for (dim_t o = 0; o < a.out; ++o) {
        const dim_t begin = o * a.in / a.out, end = ceil_div((o + 1) * a.in, a.out);
        origin[o] = static_cast<int>(begin);
        skip[o] = 0;
        count[o] = static_cast<int>(end - begin);
        size[o] = static_cast<double>(count[o]);
    }
}

// The outputs of each input, from the inputs of each output.
void invert(const Axis& a, int* first_out, int* out_count, int* first_place) {
    if (a.step == 1) {  // windows without gaps, in ascending order
        for (dim_t i = 0, ended = 0, begun = 0; i < a.in; ++i) {
            const auto first = [&](dim_t o) { return a.origin[o] + a.skip[o]; };
            while (ended < a.out && first(ended) + a.count[ended] <= i) ++ended;
            while (begun < a.out && first(begun) <= i) ++begun;
            first_out[i] = static_cast<int>(ended);
            out_count[i] = static_cast<int>(std::max<dim_t>(0, begun - ended));
            first_place[i] = begun > ended ? static_cast<int>(i - a.origin[ended]) : 0;
        }
        return;
    }
    std::fill_n(out_count, a.in, 0);
    std::fill_n(first_out, a.in, 0);
    for (dim_t o = 0; o < a.out; ++o) {
        const dim_t begin = a.origin[o] + a.skip[o] * a.step;
        for (dim_t k = 0; k < a.count[o]; ++k) {
            const dim_t i = begin + k * a.step;
            if (out_count[i]++ > 0) continue;
            first_out[i] = static_cast<int>(o);
            first_place[i] = static_cast<int>(a.skip[o] + k);
        }
    }
}

}  // namespace

Tables::Tables(const Shape& s, bool backward, bool count_pad, dim_t divisor)
    : places_(kOutTables * static_cast<std::size_t>(sum(s.out)) +
              kInTables * static_cast<std::size_t>(sum(s.in))),
      sizes_(static_cast<std::size_t>(sum(s.out))) {
    int* place = places_;
    double* size = sizes_;
    windows_.c = s.c;
    for (int i = 0; i < kAxes; ++i) {
        Axis& a = windows_.axis[i];
        int *origin = place, *skip = origin + s.out[i], *count = skip + s.out[i],
            *first_out = count + s.out[i], *out_count = first_out + s.in[i],
            *first_place = out_count + s.in[i];
        const dim_t both = std::gcd(s.dilation[i], s.stride[i]);
        a = Axis{.in = s.in[i],
                 .out = s.out[i],
                 .step = s.dilation[i],
                 .origin = origin,
                 .skip = skip,
                 .count = count,
                 .size = size,
                 .first_out = first_out,
                 .out_count = out_count,
                 .first_place = first_place,
                 .out_step = s.dilation[i] / both,
                 .place_step = s.adaptive ? 0 : s.stride[i] / both};
        if (s.adaptive) {
            adaptive(a, origin, skip, count, size);
        } else {
            regular(s, i, count_pad, a, origin, skip, count, size);
        }
        if (divisor != 0) std::fill_n(size, s.out[i], i == 0 ? static_cast<double>(divisor) : 1.0);
        if (backward) invert(a, first_out, out_count, first_place);
        place = first_place + s.in[i];
        size += s.out[i];
    }
    windows_.pitch[2] = 1;
    windows_.pitch[1] = s.kernel[2];
    windows_.pitch[0] = s.kernel[1] * s.kernel[2];
}

}  // namespace fastnn::pooling
