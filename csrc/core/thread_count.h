// How many threads a call may use.
#pragma once

#include <vector>

namespace fastnn {

int num_threads();             // of a call from this thread (>= 1)
void set_num_threads(int n);   // for all threads of the process, from their next call on
const char* threads_source();  // where the number comes from, in words

// The CPUs that the threads of this process may run on; empty if unknown.
std::vector<int> usable_cpus();

// Installs the fork handler and reads the default; called once at import.
void init_threads();
// Is this a forked child? The threads of its parent do not exist in it.
bool in_forked_child();

}  // namespace fastnn
