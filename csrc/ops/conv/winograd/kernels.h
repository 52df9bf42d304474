// The transforms of Winograd convolutions, once per instruction set. float32 only.
//
// F(m x m, 3 x 3), m = 2 or 4: an image is cut into tiles of m x m outputs, each from (m + 2) x
// (m + 2) inputs d. With the matrices of matrices.h,
//     y  = A^T [ sum over channels of (G g G^T) * (B^T d B) ] A        (* element by element)
//     dg = G^T [ sum over tiles of (B^T d B) * (A dy A^T) ] G
// so a convolution is (m + 2)^2 matrix products, one for each element of a transformed tile, called
// a point here. Transformed arrays are `plane` elements long for each point.
#pragma once

#include "core/epilogue.h"
#include "core/integer.h"
#include "core/isa.h"

namespace fastnn::conv {

// Images in channels-last memory, and the tiles that cover their outputs: tile (n, i, j) begins at
// row i m - pad_h and column j m - pad_w; what lies outside of the image is 0.
struct TiledImages {
    dim_t height, width, channels;
    dim_t pad_h, pad_w;
    dim_t tiles_h, tiles_w;
};

// `count` tiles from number `first` on, in the order (n, i, j).
struct TileRange {
    dim_t first, count;
};

// B^T d B of tiles, channels from `channel` on, `channels` of them: channel c of tile t at v[point
// * plane + t * row + c], t from the first of the range. Rows are whole vectors, 0 beyond the
// channels.
struct InputTiles {
    TiledImages images;
    TileRange tiles;
    const float* x;
    const float* zeros;  // as many as channels
    float* v;
    dim_t plane, row, channel, channels;
};

// A dy A^T of tiles of m x m, channels from `channel` on, `channels` of them, in gemm's panels of B
// of `panel` columns and `depth` rows, one for each tile.
struct GradientTiles {
    TiledImages images;
    TileRange tiles;
    const float* dy;
    const float* zeros;
    float* d;
    dim_t plane, panel, depth, channel, channels;
    float* sums;  // or null; sums[c] += dy of channel c of these tiles
};

// A^T m A of tiles into y, channels from `channel` on, `channels` of them. m is laid out as v.
struct OutputTiles {
    TiledImages images;  // of y; pads are 0
    TileRange tiles;
    const float* m;
    dim_t plane, row, channel, channels;
    Epilogue<float> epilogue;
    float* y;
};

// G g G^T of a panel of B: rows are channels that are summed over, columns channels of the result,
// at most as many as a panel has. w is dense (O, C, 3, 3). transposed: rows are O and the taps are
// taken in reverse order; otherwise rows are C.
struct WeightPanel {
    const float* w;  // the first row and column
    dim_t w_stride;  // of O: 9 C
    bool transposed;
    dim_t rows, cols;
    float* u;  // row r, column j at u[point * plane + r * width + j]; 0 beyond the columns
    dim_t plane, width;
    // Or null: w transposed, in squares of W rows x W columns (W: of a vector), all columns of
    // the first W rows first, each of W x 9 x W. Written, or where `packed`, read in place of w.
    float* squares;
    bool packed;
};

// dw = (or +=) G^T u G, rows C and columns O: row r, column j at u[point * plane + r * row + j].
struct WeightGradient {
    const float* u;
    dim_t plane, row;
    dim_t rows, cols;
    float* dw;
    dim_t dw_stride;  // of O: 9 C
};

struct WinogradKernels {  // by m: [0] is F(2 x 2), [1] is F(4 x 4)
    void (*input[2])(const InputTiles&);
    void (*gradient[2])(const GradientTiles&);
    void (*output[2])(const OutputTiles&);
    void (*weight[2])(const WeightPanel&);
    void (*weight_gradient[2])(const WeightGradient&);
};

}  // namespace fastnn::conv
