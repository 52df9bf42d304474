// The docstrings of shuffles.
#pragma once

namespace fastnn::shuffle::doc {

constexpr char kPixelShuffle[] =
    R"(Moves channels to pixels: y[n, c, h * r + i, w * r + j] = x[n, (c * r + i) * r + j, h, w].

input : float (N, C * r * r, H, W); x
upscale_factor : int; r
Returns y : float (N, C, H * r, W * r).

>>> kernels.pixel_shuffle(np.arange(4.0).reshape(1, 4, 1, 1), 2).tolist()
[[[[0.0, 1.0], [2.0, 3.0]]]])";

constexpr char kPixelUnshuffle[] =
    R"(Moves pixels to channels: y[n, (c * r + i) * r + j, h, w] = x[n, c, h * r + i, w * r + j].

input : float (N, C, H * r, W * r); x
downscale_factor : int; r
Returns y : float (N, C * r * r, H, W).

>>> kernels.pixel_unshuffle(np.arange(4.0).reshape(1, 1, 2, 2), 2).ravel()
array([0., 1., 2., 3.]))";

constexpr char kChannelShuffle[] =
    R"(Interleaves groups of channels: y[n, k * groups + g] = x[n, g * (C / groups) + k].

input : float (N, C, L), (N, C, H, W) or (N, C, D, H, W); x
groups : int that divides C
Returns y : float, as input.

>>> kernels.channel_shuffle(np.arange(4.0).reshape(1, 4, 1), 2).ravel()
array([0., 2., 1., 3.]))";

}  // namespace fastnn::shuffle::doc
