#include "core/strided_copy.h"

#include <cstring>

namespace fastnn {
namespace {

using Convert = void (*)(const char* from, char* to, std::size_t bytes);

void copy_bits(const char* from, char* to, std::size_t bytes) {
    std::memcpy(to, from, bytes);
}

template <class From, class To>
void convert(const char* from, char* to, std::size_t) {
    From x;
    std::memcpy(&x, from, sizeof x);
    const auto y = static_cast<To>(x);
    std::memcpy(to, &y, sizeof y);
}

template <class From>
Convert to_type(Element to) {
    if (to == Element{'i', 8}) return convert<From, std::int64_t>;
    if (to == Element{'f', 4}) return convert<From, float>;
    if (to == Element{'f', 8}) return convert<From, double>;
    return nullptr;
}

// Null where there is no such copy.
Convert conversion(Element from, Element to) {
    if (from == to) return copy_bits;
    const bool is_unsigned = from.kind == 'u' || from.kind == 'b';
    if (!is_unsigned && from.kind != 'i') return nullptr;
    switch (from.bytes) {
        case 1: return is_unsigned ? to_type<std::uint8_t>(to) : to_type<std::int8_t>(to);
        case 2: return is_unsigned ? to_type<std::uint16_t>(to) : to_type<std::int16_t>(to);
        case 4: return is_unsigned ? to_type<std::uint32_t>(to) : to_type<std::int32_t>(to);
        case 8: return is_unsigned ? to_type<std::uint64_t>(to) : to_type<std::int64_t>(to);
        default: return nullptr;
    }
}

void copy_axes(const CopyArgs& a, Convert element, int axis, const char* from, char* to) {
    if (axis == a.axes) return element(from, to, a.to_type.bytes);
    for (dim_t i = 0; i < a.shape[axis]; ++i) {
        copy_axes(a, element, axis + 1, from + i * a.from_stride[axis], to + i * a.to_stride[axis]);
    }
}

void run(const CopyArgs& a) {
    copy_axes(a, conversion(a.from_type, a.to_type), 0, a.from, a.to);
}

Work work(const CopyArgs& a) {
    double elements = 1;
    for (int i = 0; i < a.axes; ++i) elements *= static_cast<double>(a.shape[i]);
    return {0, elements * (a.from_type.bytes + a.to_type.bytes)};
}

}  // namespace

bool can_copy(Element from, Element to) {
    return conversion(from, to) != nullptr;
}

const Kernel<CopyArgs> kStridedCopy{"copy", run, work};

}  // namespace fastnn
