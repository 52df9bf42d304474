// Tiles of images into points and back.
#pragma once

#include "core/integer.h"
#include "ops/conv/winograd/kernels.h"
#include "ops/conv/winograd/matrices.h"

namespace fastnn::FASTNN_ISA {
namespace {

using conv::GradientTiles;
using conv::InputTiles;
using conv::OutputTiles;
using conv::TiledImages;
using conv::TileRange;

// Walks over tiles in their order.
struct Walk {
    const TiledImages& images;
    dim_t image, i, j;
    Walk(const TiledImages& t, dim_t first) : images(t) {
        j = first % t.tiles_w;
        i = first / t.tiles_w % t.tiles_h;
        image = first / t.tiles_w / t.tiles_h;
    }
    void next() {
        if (++j < images.tiles_w) return;
        j = 0;
        if (++i < images.tiles_h) return;
        i = 0;
        ++image;
    }
    // Where the n x n pixels of this tile are, whose size in outputs is m; outside of the image at
    // `outside`.
    template <int n, class P>
    FASTNN_INLINE void pixels(int m, P x, P outside, P (&at)[n][n]) const {
        const dim_t y0 = i * m - images.pad_h, x0 = j * m - images.pad_w;
        for (int r = 0; r < n; ++r) {
            const bool row = y0 + r >= 0 && y0 + r < images.height;
            const dim_t line =
                ((image * images.height + y0 + r) * images.width + x0) * images.channels;
            for (int s = 0; s < n; ++s) {
                const bool in = row && x0 + s >= 0 && x0 + s < images.width;
                at[r][s] = in ? x + line + s * images.channels : outside;
            }
        }
    }
};

// f(c, load, store) for each vector of channels, the last one perhaps shorter.
template <class F>
FASTNN_INLINE void each_vector(dim_t channels, F f) {
    dim_t c = 0;
    for (; c + V::width <= channels; c += V::width) {
        f(
            c, [](const float* p) __attribute__((always_inline)) { return V::load(p); },
            [](float* p, V v) __attribute__((always_inline)) { v.store(p); });
    }
    if (const dim_t n = channels - c; n > 0) {
        f(
            c, [=](const float* p) __attribute__((always_inline)) { return V::load(p, n); },
            [=](float* p, V v) __attribute__((always_inline)) { v.store(p, n); });
    }
}

template <class F>
void input_tiles(const InputTiles& t) {
    constexpr int n = F::n;
    Walk walk(t.images, t.tiles.first);
    for (dim_t tile = 0; tile < t.tiles.count; ++tile, walk.next()) {
        const float* at[n][n];
        walk.pixels(F::m, t.x + t.channel, t.zeros, at);
        float* const to = t.v + tile * t.row;
        each_vector(t.channels, [&](dim_t c, auto load, auto) __attribute__((always_inline)) {
            both_sides<typename F::Input>(
                [&](int i, int j) __attribute__((always_inline)) { return load(at[i][j] + c); },
                [&](int i, int j, V v)
                    __attribute__((always_inline)) { v.store(to + (i * n + j) * t.plane + c); });
        });
    }
}

template <class F>
void gradient_tiles(const GradientTiles& t) {
    constexpr int m = F::m, n = F::n;
    constexpr dim_t W = V::width;
    Walk walk(t.images, t.tiles.first);
    const dim_t padded = round_up(t.channels, W);
    for (dim_t tile = 0; tile < t.tiles.count; ++tile, walk.next()) {
        const float* at[m][m];
        walk.pixels(m, t.dy + t.channel, t.zeros, at);
        each_vector(t.channels, [&](dim_t c, auto load, auto) __attribute__((always_inline)) {
            const dim_t panel = c / t.panel * t.panel;
            const dim_t width = padded - panel < t.panel ? padded - panel : t.panel;
            float* const to = t.d + panel * t.depth + tile * width + c - panel;
            V sum;
            both_sides<typename F::Gradient>(
                [&](int i, int j) __attribute__((always_inline)) {
                    const V x = load(at[i][j] + c);
                    sum += x;
                    return x;
                },
                [&](int i, int j, V v)
                    __attribute__((always_inline)) { v.store(to + (i * n + j) * t.plane); });
            if (t.sums != nullptr) (V::load(t.sums + c) + sum).store(t.sums + c);
        });
    }
}

template <class F>
void output_tiles(const OutputTiles& t) {
    constexpr int m = F::m, n = F::n;
    const Epilogue<float>& e = t.epilogue;
    const bool relu = e.relu_in_registers();
    Walk walk(t.images, t.tiles.first);
    for (dim_t tile = 0; tile < t.tiles.count; ++tile, walk.next()) {
        float* at[m][m];
        walk.pixels(m, t.y + t.channel, static_cast<float*>(nullptr), at);
        const float* const from = t.m + tile * t.row;
        each_vector(t.channels, [&](dim_t c, auto load, auto store) __attribute__((always_inline)) {
            const V bias = e.bias != nullptr ? load(e.bias + t.channel + c) : V();
            both_sides<typename F::Output>(
                [&](int i, int j) __attribute__((always_inline)) {
                    return V::load(from + (i * n + j) * t.plane + c);
                },
                [&](int i, int j, V v) __attribute__((always_inline)) {
                    if (at[i][j] == nullptr) return;
                    float* const y = at[i][j] + c;
                    v += bias;
                    if (e.residual != nullptr) v += load(e.residual + (y - t.y));
                    if (relu) v = select(v <= V(), V(), v);  // NaN stays NaN
                    store(y, v);
                });
        });
    }
}

}  // namespace
}  // namespace fastnn::FASTNN_ISA
