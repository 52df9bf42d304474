// The kernels of a family whose operations are functors that state their names.
#pragma once

#include <string>

#include "core/launch.h"

namespace fastnn {

// Forward and backward kernels "<name>" and "<name>_backward" of the operations first .. count - 1.
template <class Args, class BackwardArgs, int count>
struct NamedKernels {
    std::string backward_names[count];
    Kernel<Args> forward[count];
    Kernel<BackwardArgs> backward[count];

    // `f` and `b` have all but the names; name(i) is that of operation i.
    template <class Name>
    NamedKernels(const Kernel<Args>& f, const Kernel<BackwardArgs>& b, Name name, int first = 0) {
        for (int i = first; i < count; ++i) {
            backward_names[i] = std::string(name(i)) + "_backward";
            forward[i] = {name(i), f.run, f.work};
            backward[i] = {backward_names[i].c_str(), b.run, b.work};
        }
    }
};

}  // namespace fastnn
