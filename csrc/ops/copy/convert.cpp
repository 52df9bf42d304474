#include "ops/copy/convert.h"

#include <cstring>
#include <limits>
#include <type_traits>

#include "ops/copy/narrow.h"

namespace fastnn::copy {
namespace {

// Floats that do not fit become the least integer, as instructions of x86 do it.
#if defined(__SSE2__)
template <class To>
To truncated(float x) {
    typedef float V __attribute__((vector_size(16)));
    if constexpr (sizeof(To) == 8) return __builtin_ia32_cvttss2si64(V{x});
    return static_cast<To>(__builtin_ia32_cvttss2si(V{x}));
}
template <class To>
To truncated(double x) {
    typedef double V __attribute__((vector_size(16)));
    if constexpr (sizeof(To) == 8) return __builtin_ia32_cvttsd2si64(V{x});
    return static_cast<To>(__builtin_ia32_cvttsd2si(V{x}));
}
#else
template <class To, class From>
To truncated(From x) {
    constexpr To least = std::numeric_limits<To>::min();
    constexpr auto end = -static_cast<From>(least);  // exactly, which the greatest is not
    return x >= -end && x < end ? static_cast<To>(x) : least;
}
#endif

template <class From, class To>
To plainly(From x) {
    if constexpr (std::is_same_v<To, bool>) return x != 0;
    if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
        return truncated<To>(x);
    }
    return static_cast<To>(x);
}

template <class From, class To>
To converted(From x) {
    if constexpr (is_narrow<From>) {
        return converted<float, To>(static_cast<float>(x));
    } else if constexpr (is_narrow<To>) {
        if constexpr (std::is_floating_point_v<From>) return To::nearest(to_odd(x));
        return To::nearest(to_odd(static_cast<double>(x)));
    } else {
        return plainly<From, To>(x);
    }
}

template <class From, class To>
void rows(const char* x, dim_t x_row, dim_t x_step, char* y, dim_t y_row, dim_t y_step, dim_t m,
          dim_t n) {
    const bool dense = x_step == sizeof(From) && y_step == sizeof(To);
    for (dim_t j = 0; j < m; ++j, x += x_row, y += y_row) {
        if (dense) {
            const auto* from = reinterpret_cast<const From*>(x);
            auto* to = reinterpret_cast<To*>(y);
            for (dim_t i = 0; i < n; ++i) to[i] = converted<From, To>(from[i]);
            continue;
        }
        for (dim_t i = 0; i < n; ++i) {
            From from;
            std::memcpy(&from, x + i * x_step, sizeof from);
            const To to = converted<From, To>(from);
            std::memcpy(y + i * y_step, &to, sizeof to);
        }
    }
}

template <class From>
Rows to_type(Element to) {
    constexpr bool floating = std::is_floating_point_v<From> || is_narrow<From>;
    if (to == Element{'f', 2}) return rows<From, Half>;
    if (to == Element{kBrain, 2}) return rows<From, Brain>;
    if (to == Element{'f', 4}) return rows<From, float>;
    if (to == Element{'f', 8}) return rows<From, double>;
    if (to == Element{'b', 1}) return rows<From, bool>;
    if constexpr (floating) {
        if (to == Element{'i', 4}) return rows<From, std::int32_t>;
        if (to == Element{'i', 8}) return rows<From, std::int64_t>;
    } else {
        // Integers that wrap around have the same bits with and without a sign.
        if (to.kind != 'i' && to.kind != 'u') return nullptr;
        if (to.bytes == 1) return rows<From, std::uint8_t>;
        if (to.bytes == 2) return rows<From, std::uint16_t>;
        if (to.bytes == 4) return rows<From, std::uint32_t>;
        if (to.bytes == 8) return rows<From, std::uint64_t>;
    }
    return nullptr;
}

}  // namespace

Rows conversion(Element from, Element to) {
    if (from == Element{'f', 4}) return to_type<float>(to);
    if (from == Element{'f', 8}) return to_type<double>(to);
    if (from == Element{'f', 2}) return to_type<Half>(to);
    if (from == Element{kBrain, 2}) return to_type<Brain>(to);
    const bool no_sign = from.kind == 'u' || from.kind == 'b';
    if (!no_sign && from.kind != 'i') return nullptr;
    switch (from.bytes) {
        case 1: return no_sign ? to_type<std::uint8_t>(to) : to_type<std::int8_t>(to);
        case 2: return no_sign ? to_type<std::uint16_t>(to) : to_type<std::int16_t>(to);
        case 4: return no_sign ? to_type<std::uint32_t>(to) : to_type<std::int32_t>(to);
        case 8: return no_sign ? to_type<std::uint64_t>(to) : to_type<std::int64_t>(to);
        default: return nullptr;
    }
}

}  // namespace fastnn::copy
