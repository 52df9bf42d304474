#include "ops/elementwise/layout.h"

#include <algorithm>
#include <cstdlib>

namespace fastnn::elementwise {
namespace {

// The step of a view along an axis of the common shape.
dim_t stride_along(const View& v, const Layout& layout, int axis) {
    const int own = axis - (layout.ndim - v.ndim);
    return own < 0 || v.shape[own] == 1 ? 0 : v.strides[own];
}

}  // namespace

bool broadcast(const View* views, int count, Layout& layout) {
    layout.ndim = 0;
    for (int k = 0; k < count; ++k) layout.ndim = std::max(layout.ndim, views[k].ndim);
    std::fill_n(layout.shape, layout.ndim, 1);
    for (int k = 0; k < count; ++k) {
        const View& v = views[k];
        dim_t* shape = layout.shape + (layout.ndim - v.ndim);
        for (int i = 0; i < v.ndim; ++i) {
            if (v.shape[i] == shape[i] || v.shape[i] == 1) continue;
            if (shape[i] != 1) return false;
            shape[i] = v.shape[i];
        }
    }
    layout.size = 1;
    for (int i = 0; i < layout.ndim; ++i) {
        // A size that overflows cannot be allocated: that raises the error.
        if (__builtin_mul_overflow(layout.size, layout.shape[i], &layout.size))
            layout.size = INT64_MAX;
    }
    return true;
}

void choose_order(const View* views, int count, Layout& layout) {
    // By the first view with different strides along the two.
    const auto compare = [&](int a, int b) {
        for (int k = 0; k < count; ++k) {
            const dim_t s = std::abs(stride_along(views[k], layout, a));
            const dim_t t = std::abs(stride_along(views[k], layout, b));
            if (s != 0 && t != 0 && s != t) return s < t ? -1 : 1;
        }
        return 0;
    };
    // Insertion sort: stable, fast for axes that are nearly in order, and correct for a relation
    // that is not transitive.
    for (int i = 0; i < layout.ndim; ++i) {
        const int axis = layout.ndim - 1 - i;
        int at = i;
        for (int j = i - 1; j >= 0; --j) {
            const int order = compare(axis, layout.order[j]);
            if (order > 0) break;
            if (order < 0) at = j;
        }
        std::copy_backward(layout.order + at, layout.order + i, layout.order + i + 1);
        layout.order[at] = axis;
    }
}

bool dense_strides(const Layout& layout, dim_t item, dim_t* strides) {
    bool c_order = true;
    dim_t step = item;
    for (int i = 0; i < layout.ndim; ++i) {
        const int axis = layout.order[i];
        strides[axis] = step;
        step *= std::max<dim_t>(layout.shape[axis], 1);
        c_order = c_order && axis == layout.ndim - 1 - i;
    }
    return !c_order;
}

void merge_axes(const View* views, int count, const Layout& layout, Args& args) {
    int n = 0;
    for (int i = 0; i < layout.ndim; ++i) {
        const int axis = layout.order[i];
        const dim_t extent = layout.shape[axis];
        if (extent == 1) continue;
        dim_t* strides = args.strides[n];
        bool continues = n > 0;  // contiguous with the axis before, in every operand
        for (int k = 0; k < count; ++k) {
            strides[k] = stride_along(views[k], layout, axis);
            continues = continues && strides[k] == args.strides[n - 1][k] * args.extents[n - 1];
        }
        if (continues) {
            args.extents[n - 1] *= extent;
        } else {
            args.extents[n++] = extent;
        }
    }
    if (n == 0) {
        args.extents[0] = 1;
        std::fill_n(args.strides[0], count, 0);
        n = 1;
    }
    args.axes = n;
}

}  // namespace fastnn::elementwise
