// The axes of an array in the order of memory, merged where possible, the one of stride 1 last.
#include <cstdlib>
#include <limits>

#include "ops/reduce/reduce.h"

namespace fastnn::reduce {
namespace {

// Axes are sorted by descending rank; broadcast ones come first, so that the last one is dense.
dim_t rank(const Axis& a) {
    return a.stride == 0 ? std::numeric_limits<dim_t>::max() : std::abs(a.stride);
}

bool joins(const Axis& outer, const Axis& inner) {
    return outer.reduced == inner.reduced && outer.stride == inner.size * inner.stride &&
           (outer.reduced || outer.out == inner.size * inner.out);
}

}  // namespace

bool plan(Geometry& g, int ndim, const std::intptr_t* shape, const std::intptr_t* byte_strides,
          std::size_t size, const bool* reduced, bool ordered, bool once) {
    g.axes = 0;
    g.x_offset = g.y_offset = 0;
    g.outputs = g.reduced = g.repeats = 1;
    for (int i = ndim - 1; i >= 0; --i) {
        const dim_t n = shape[i];
        if (once && reduced[i] && byte_strides[i] == 0 && n > 1) {
            g.repeats *= n;
            continue;
        }
        const dim_t out = reduced[i] ? 0 : g.outputs;
        (reduced[i] ? g.reduced : g.outputs) *= n;
        if (n == 1) continue;
        Axis a{n, byte_strides[i] / static_cast<dim_t>(size), out, reduced[i]};
        if (a.stride < 0 && !(ordered && a.reduced)) {
            g.x_offset += (n - 1) * a.stride;
            g.y_offset += (n - 1) * a.out;
            a.stride = -a.stride;
            a.out = -a.out;
        }
        int at = 0;  // axes come from the last to the first: an equal one goes before
        while (at < g.axes && rank(g.axis[at]) > rank(a)) ++at;
        for (int j = g.axes++; j > at; --j) g.axis[j] = g.axis[j - 1];
        g.axis[at] = a;
    }
    if (g.axes == 0) g.axis[g.axes++] = {1, 1, 0, true};
    int n = 1;
    for (int i = 1; i < g.axes; ++i) {
        Axis& last = g.axis[n - 1];
        if (joins(last, g.axis[i])) {
            const dim_t count = last.size * g.axis[i].size;
            last = g.axis[i];
            last.size = count;
        } else {
            g.axis[n++] = g.axis[i];
        }
    }
    g.axes = n;
    return g.outputs * g.reduced == 0 || g.axis[n - 1].stride == 1;
}

}  // namespace fastnn::reduce
