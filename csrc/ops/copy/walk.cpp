#include "ops/copy/walk.h"

#include <algorithm>

namespace fastnn::copy {

Walk::Walk(const Args& a) : x(a.x), y(a.y) {
    for (int i = 0; i < a.axes; ++i) {
        if (a.shape[i] == 1) continue;
        dim_t x_step = a.x_stride[i], y_step = a.y_stride[i];
        if (y_step < 0) {
            x += (a.shape[i] - 1) * x_step, y += (a.shape[i] - 1) * y_step;
            x_step = -x_step, y_step = -y_step;
        }
        // Sorted as they come; axes are few, and mostly in order.
        int place = axes++;
        for (; place > 0 && y_stride[place - 1] < y_step; --place) {
            shape[place] = shape[place - 1];
            x_stride[place] = x_stride[place - 1], y_stride[place] = y_stride[place - 1];
        }
        shape[place] = a.shape[i], x_stride[place] = x_step, y_stride[place] = y_step;
    }
    int last = 0;
    for (int i = 1; i < axes; ++i) {
        if (x_stride[last] == x_stride[i] * shape[i] && y_stride[last] == y_stride[i] * shape[i]) {
            shape[last] *= shape[i];
        } else {
            shape[++last] = shape[i];
        }
        x_stride[last] = x_stride[i], y_stride[last] = y_stride[i];
    }
    axes = axes == 0 ? 0 : last + 1;
}

Walk::Walk(const Walk& walk) : axes(walk.axes), x(walk.x), y(walk.y) {
    std::copy_n(walk.shape, axes, shape);
    std::copy_n(walk.x_stride, axes, x_stride), std::copy_n(walk.y_stride, axes, y_stride);
}

void Walk::reverse(int axis) {
    x += (shape[axis] - 1) * x_stride[axis], y += (shape[axis] - 1) * y_stride[axis];
    x_stride[axis] = -x_stride[axis], y_stride[axis] = -y_stride[axis];
}

void Walk::take(int axis) {
    --axes;
    for (int i = axis; i < axes; ++i)
        shape[i] = shape[i + 1], x_stride[i] = x_stride[i + 1], y_stride[i] = y_stride[i + 1];
}

Walk Walk::take_line(Along along, int axis, int other, dim_t enough) {
    const dim_t* const stride = along == Along::y ? y_stride : x_stride;
    Walk line = *this;
    line.axes = 0;
    dim_t count = 1;
    while (axis >= 0) {
        // Slower than those that are there.
        for (int i = line.axes++; i > 0; --i) {
            line.shape[i] = line.shape[i - 1];
            line.x_stride[i] = line.x_stride[i - 1], line.y_stride[i] = line.y_stride[i - 1];
        }
        line.shape[0] = shape[axis];
        line.x_stride[0] = x_stride[axis], line.y_stride[0] = y_stride[axis];
        count *= shape[axis];
        const dim_t following = stride[axis] * shape[axis];
        take(axis);
        if (other > axis) --other;
        if (count >= enough) break;
        for (axis = axes - 1; axis >= 0 && (axis == other || stride[axis] != following);) --axis;
    }
    return line;
}

Position::Position(const Walk& walk, dim_t start) : x(walk.x), y(walk.y), walk_(walk) {
    for (int i = walk.axes - 1; i >= 0; --i) {
        at_[i] = start % walk.shape[i];
        start /= walk.shape[i];
        x += at_[i] * walk.x_stride[i], y += at_[i] * walk.y_stride[i];
    }
}

void Position::next() {
    for (int i = walk_.axes - 1; i >= 0; --i) {
        x += walk_.x_stride[i], y += walk_.y_stride[i];
        if (++at_[i] < walk_.shape[i]) return;
        x -= at_[i] * walk_.x_stride[i], y -= at_[i] * walk_.y_stride[i];
        at_[i] = 0;
    }
}

}  // namespace fastnn::copy
