#include "ops/conv/implicit_gemm/panels.h"

#include <algorithm>

#include "ops/conv/sums.h"

namespace fastnn::conv {
namespace {

constexpr dim_t kPackRows = 128;  // channels of weights that are packed at a time

}  // namespace

template <class T>
dim_t Panels<T>::parts() const {
    return ceil_div(s_.from_group, kPackRows);
}

template <class T>
void Panels<T>::pack_chunk(dim_t chunk, T* packed) const {
    const dim_t row = chunk % parts() * kPackRows, panel = chunk / parts();
    pack(panel / panels(), panel % panels() * g_.blocking.nr, row,
         std::min(s_.from_group, row + kPackRows), packed);
}

template <class T>
void Panels<T>::pack(dim_t group, dim_t j, dim_t begin, dim_t end, T* packed) const {
    const dim_t taps = l_.shape.taps(), columns = l_.padded_columns;
    PackWeight<T> p{};
    p.cols = std::min(g_.blocking.nr, s_.to_group - j), p.taps = taps;
    p.row_stride = l_.transposed ? s_.to_group * taps : taps;
    p.col_stride = l_.transposed ? taps : s_.from_group * taps;
    p.packed = packed;
    p.column = l_.pack_in_chunk ? 0 : group * columns + j;
    p.width = round_up(p.cols, g_.blocking.width);
    const T* const w = w_ + group * s_.from_group * s_.to_group * taps + j * p.col_stride;
    while (begin < end) {
        const dim_t block = begin / l_.block * l_.block, stop = std::min(end, block + l_.block);
        p.block = std::min(l_.block, s_.from_group - block);
        p.before = l_.pack_in_chunk ? 0 : block * columns * s_.groups;
        p.first_row = begin - block, p.rows = stop - begin;
        p.w = w + begin * p.row_stride;
        for (const std::vector<TapPlace>& places : l_.places) {
            p.places = places.data();
            f_.pack_weight(p);
        }
        begin = stop;
    }
}

template <class T>
dim_t Panels<T>::at(const Product& p, dim_t group, dim_t j, dim_t c) const {
    if (l_.pack_in_chunk) return p.b_base;
    const dim_t depth = std::min(l_.block, s_.from_group - c), columns = l_.padded_columns;
    return p.b_base + (c * columns * s_.groups + (group * columns + j) * depth) * p.taps;
}

template <class T>
std::size_t Panels<T>::packed_size(bool cached) const {
    if (!l_.pack_in_chunk) return l_.panels_size;
    return cached ? l_.panels_size * static_cast<std::size_t>(s_.groups * panels() * blocks()) : 0;
}

template <class T>
dim_t Panels<T>::cached_at(dim_t group, dim_t j, dim_t c) const {
    const dim_t panel = group * panels() + j / g_.blocking.nr;
    return static_cast<dim_t>(l_.panels_size) * (panel * blocks() + c / l_.block);
}

// Where products are more than one or leave taps out, on all sizes.
template <class T>
PackedKey Panels<T>::key() const {
    const Shape& s = l_.shape;
    PackedKey key{l_.pack_in_chunk ? kPackedChunks : kPackedPanels,
                  static_cast<dim_t>(isa::level()),
                  static_cast<dim_t>(sizeof(T)),
                  l_.transposed,
                  s.groups,
                  s.c,
                  s.o,
                  l_.block,
                  s.kernel[0],
                  s.kernel[1],
                  s.kernel[2]};
    const bool plain = !l_.transposed && l_.products.size() == 1 && l_.products[0].taps == s.taps();
    if (plain) return key;
    std::size_t at = 11;
    key[at++] = 1 + s.n;
    for (const auto* numbers : {&s.in, &s.out, &s.stride, &s.dilation, &s.pad}) {
        for (const dim_t number : *numbers) key[at++] = number;
    }
    return key;
}

template class Panels<float>;
template class Panels<double>;

}  // namespace fastnn::conv
