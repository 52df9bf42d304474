// The floats of two bytes, in which tensors are stored, and their roundings.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <type_traits>

namespace fastnn::copy {

// The largest float32 no further from 0 than x, with its lowest bit set where x is no float32
// (round to odd): what rounds this to fewer bits rounds x itself.
inline float to_odd(double x) {
    const auto nearest = static_cast<float>(x);
    if (static_cast<double>(nearest) == x || x != x) return nearest;
    const auto bits = std::bit_cast<std::uint32_t>(nearest);
    const bool beyond = std::abs(static_cast<double>(nearest)) > std::abs(x);
    return std::bit_cast<float>((beyond ? bits - 1 : bits) | 1);
}
inline float to_odd(float x) {
    return x;
}

// 1 bit of sign, 5 of exponent, 10 of fraction.
struct Half {
    std::uint16_t bits;
    explicit operator float() const {
        constexpr std::uint32_t kRebias = 112u << 23, kSpecial = 31u << 23;
        const std::uint32_t sign = std::uint32_t{bits & 0x8000u} << 16, rest = (bits & 0x7fffu)
                                                                               << 13;
        const float tiny = static_cast<float>(bits & 0x3ffu) * 0x1p-24f;
        const std::uint32_t exponent = rest & kSpecial;
        const std::uint32_t size = exponent == 0          ? std::bit_cast<std::uint32_t>(tiny)
                                   : exponent == kSpecial ? rest + 2 * kRebias
                                                          : rest + kRebias;
        return std::bit_cast<float>(sign | size);
    }
    static Half nearest(float x) {
        const auto all = std::bit_cast<std::uint32_t>(x);
        const std::uint32_t sign = all >> 16 & 0x8000u, size = all & 0x7fffffffu;
        // Where 0.5 has its last bit, so have the smallest numbers.
        const std::uint32_t tiny = std::bit_cast<std::uint32_t>(std::bit_cast<float>(size) + 0.5f) -
                                   std::bit_cast<std::uint32_t>(0.5f);
        const std::uint32_t normal = (size + 0xfffu + (size >> 13 & 1)) >> 13;
        const std::uint32_t nan = 0x7e00u | (size >> 13 & 0x1ffu);
        const std::uint32_t h = size > 0x7f800000u    ? nan
                                : size >= 0x47800000u ? 0x7c00u
                                : size < 0x38800000u  ? tiny
                                                      : normal - (112u << 10);
        return {static_cast<std::uint16_t>(sign | h)};
    }
};

// The upper half of a float32.
struct Brain {
    std::uint16_t bits;
    explicit operator float() const { return std::bit_cast<float>(std::uint32_t{bits} << 16); }
    static Brain nearest(float x) {
        const auto all = std::bit_cast<std::uint32_t>(x);
        const std::uint32_t rounded = (all + 0x7fffu + (all >> 16 & 1)) >> 16;
        return {static_cast<std::uint16_t>(x == x ? rounded : (all >> 16 | 0x40u))};
    }
};

template <class T>
constexpr bool is_narrow = std::is_same_v<T, Half> || std::is_same_v<T, Brain>;

}  // namespace fastnn::copy
