// Recording of launched calls, and their replay without Python.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "core/launch.h"

namespace fastnn {

// Calls in the order in which they ran, each with a copy of its Args and the objects that own the
// memory they point at. Made, changed and destroyed with the GIL held.
class Recording {
 public:
    Recording() = default;
    ~Recording();
    Recording(const Recording&) = delete;
    Recording& operator=(const Recording&) = delete;

    void add(const Call& call);
    std::size_t size() const { return calls_.size(); }
    const char* name(std::size_t i) const { return calls_[i].call.name; }
    // For tests: forgets the owners of one call, whose memory may then be given to others.
    void forget_owners(std::size_t i);
    // Runs all calls in order, with the GIL released once. They read and write the memory that they
    // were recorded with. An exception of a call (Ctrl-C, no memory) ends the replay.
    void replay() const;

 private:
    struct Recorded {
        Call call;  // whose args are those below
        std::unique_ptr<std::byte[]> args;
        void* retained;
    };
    std::vector<Recorded> calls_;
};

namespace recorder {

// Records the calls that this thread launches, until stop. Throws std::logic_error where a start
// follows a start, or a stop a stop.
void start();
std::unique_ptr<Recording> stop();

// For launch: whether any thread records, and adding a call to the recording of this thread, if
// there is one.
bool on();
void add(const Call& call);

}  // namespace recorder
}  // namespace fastnn
