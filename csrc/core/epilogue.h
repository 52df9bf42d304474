// What is done to finished sums before they are stored.
#pragma once

#include "core/activation.h"
#include "core/integer.h"

namespace fastnn {

// y = f(z), z = sum + bias + residual, in this order. Kernels add the bias and the residual and
// apply relu while sums are in registers; any other activation follows where a piece of y is
// complete and still in cache (activation::finish). T is void where the call holds the data type.
template <class T>
struct Epilogue {
    const T* bias = nullptr;      // of each column; or null
    const T* residual = nullptr;  // laid out as y but for the stride of its rows; or null
    dim_t residual_row = 0;
    FusedActivation activation;
    T* preactivation = nullptr;  // gets z, laid out as y; or null. Only with an activation

    // These are always inlined, so that kernels, which are compiled once a level, share no copy of
    // them.
    [[gnu::always_inline]] bool relu_in_registers() const {
        return activation.kind == Activation::relu && preactivation == nullptr;
    }
    // Whether f is left to activation::finish.
    [[gnu::always_inline]] bool unfinished() const {
        return activation.kind != Activation::none && !relu_in_registers();
    }
    // Where kernels store.
    [[gnu::always_inline]] T* out(T* y) const {
        return preactivation != nullptr ? preactivation : y;
    }

    template <class U>
    Epilogue<U> as() const {
        return {static_cast<const U*>(bias), static_cast<const U*>(residual), residual_row,
                activation, static_cast<U*>(preactivation)};
    }
};

}  // namespace fastnn
