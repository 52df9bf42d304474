#include "ops/conv/implicit_gemm/panels.h"

#include <algorithm>

namespace fastnn::conv {
namespace {

constexpr long kPackRows = 128;  // channels of weights that are packed in one go

}  // namespace

template <class T>
Panels<T>::Panels(const Args& args, long block, bool single)
    : a_(args),
      s_(args.shape, args.transposed),
      f_(isa::table<TypedKernels<T>>()),
      g_(isa::table<gemm::TypedKernels<T>>()),
      w_(static_cast<const T*>(args.w)),
      block_(block),
      single_(single) {}

template <class T>
void Panels<T>::place(Product& p) {
    p.b_base = static_cast<long>(size_);
    size_ +=
        static_cast<std::size_t>(p.taps * (single_ ? block_ * g_.blocking.nr
                                                   : s_.from_group * s_.groups * padded_columns()));
    const long* const kernel = a_.shape.kernel;
    const auto tap = [&](int axis, long t) { return p.axis[axis].tap + t * p.axis[axis].tap_step; };
    std::size_t layer = 0;
    long number = 0;
    for (long i = 0; i < p.axis[0].taps; ++i) {
        for (long j = 0; j < p.axis[1].taps; ++j) {
            for (long l = 0; l < p.axis[2].taps; ++l) {
                const auto at = static_cast<std::size_t>(
                    (tap(0, i) * kernel[1] + tap(1, j)) * kernel[2] + tap(2, l));
                while (layer < places_.size() && places_[layer][at].base >= 0) ++layer;
                if (layer == places_.size())
                    places_.emplace_back(static_cast<std::size_t>(a_.shape.taps()));
                places_[layer][at] = {p.b_base, p.taps, number++};
            }
        }
    }
}

template <class T>
long Panels<T>::parts() const {
    return ceil_div(s_.from_group, kPackRows);
}

template <class T>
long Panels<T>::chunks() const {
    return s_.groups * panels() * parts();
}

template <class T>
void Panels<T>::pack_chunk(long chunk, T* packed) const {
    const long row = chunk % parts() * kPackRows, panel = chunk / parts();
    pack(panel / panels(), panel % panels() * g_.blocking.nr, row,
         std::min(s_.from_group, row + kPackRows), packed);
}

template <class T>
void Panels<T>::pack(long group, long j, long begin, long end, T* packed) const {
    const long taps = a_.shape.taps(), columns = padded_columns();
    PackWeight<T> p{};
    p.cols = std::min(g_.blocking.nr, s_.to_group - j), p.taps = taps;
    p.row_stride = a_.transposed ? s_.to_group * taps : taps;
    p.col_stride = a_.transposed ? taps : s_.from_group * taps;
    p.packed = packed;
    p.column = single_ ? 0 : group * columns + j;
    p.width = round_up(p.cols, g_.blocking.width);
    const T* const w = w_ + group * s_.from_group * s_.to_group * taps + j * p.col_stride;
    while (begin < end) {
        const long block = begin / block_ * block_, stop = std::min(end, block + block_);
        p.block = std::min(block_, s_.from_group - block);
        p.before = single_ ? 0 : block * columns * s_.groups;
        p.first_row = begin - block, p.rows = stop - begin;
        p.w = w + begin * p.row_stride;
        for (const std::vector<TapPlace>& places : places_) {
            p.places = places.data();
            f_.pack_weight(p);
        }
        begin = stop;
    }
}

template <class T>
long Panels<T>::at(const Product& p, long group, long j, long c) const {
    if (single_) return p.b_base;
    const long depth = std::min(block_, s_.from_group - c), columns = padded_columns();
    return p.b_base + (c * columns * s_.groups + (group * columns + j) * depth) * p.taps;
}

template class Panels<float>;
template class Panels<double>;

}  // namespace fastnn::conv
