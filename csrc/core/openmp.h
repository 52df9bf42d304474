// OpenMP as a provider of threads: each region is an OpenMP region, so the variables that place and
// bind OpenMP's threads (OMP_PLACES, OMP_PROC_BIND) hold for it.
#pragma once

#include "core/threading.h"

namespace fastnn {

extern const ThreadProvider kOpenMP;

}  // namespace fastnn
