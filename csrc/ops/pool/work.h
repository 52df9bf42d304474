// The amount of work of a call.
#pragma once

#include <algorithm>

#include "core/channels_last_partition.h"
#include "ops/pool/kernels.h"
#include "ops/pool/pool.h"

namespace fastnn::pooling {

template <class A>
double inputs(const A& a) {
    return static_cast<double>(a.shape.n * a.shape.c) * static_cast<double>(a.shape.in_size());
}
template <class A>
double outputs(const A& a) {
    return static_cast<double>(a.shape.n * a.shape.c) * static_cast<double>(a.shape.out_size());
}
// Elements in all windows together, at most.
template <class A>
double window_elements(const A& a) {
    const double places = static_cast<double>(a.shape.places());
    return outputs(a) * (a.shape.adaptive ? std::max(1.0, inputs(a) / outputs(a)) : places);
}

}  // namespace fastnn::pooling
