// Direct convolution: products of windows, without a matrix of patches.
#pragma once

#include "ops/conv/conv.h"

namespace fastnn::conv {

template <class T>
void direct(const Args& args);

template <class T>
void direct_weight(const WeightArgs& args);

// The same; groups of few channels are taken together.
template <class T>
void grouped(const Args& args);

template <class T>
void grouped_weight(const WeightArgs& args);

// Several pixels as one, where `to` has few channels; false: not worth it, nothing was done.
template <class T>
bool few(const Args& args);

// A kernel as large as the image.
bool is_whole(const Shape& shape);
template <class T>
void whole(const Args& args);
template <class T>
void whole_weight(const WeightArgs& args);

// What they cost one thread, roughly.
double few_ns(const Args& args);  // 0: not worth it
double direct_ns(const Args& args);
double direct_weight_ns(const WeightArgs& args);

// The outputs that no tap meets, or all: bias and residual alone.
template <class T>
void fill(const Args& args);

// db alone.
template <class T>
void bias_gradient(const WeightArgs& args);

// What of weights is kept between calls, for its key.
enum KeptWeights : long { kKeptPanels = 1, kKeptChunks, kKeptPoints, kKeptSquares };

}  // namespace fastnn::conv
