// The instruction set level of a call.
#pragma once

#include "core/isa.h"

namespace fastnn::isa {

// Keeps the calling thread on one level for the length of a scope, or what one kernel packs could
// be read by another, after set_level in another thread or a signal handler.
class Held {
 public:
    Held();                     // on the one that is set
    explicit Held(Isa wanted);  // on that of another thread
    ~Held();
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;

 private:
    int outer_;
};

}  // namespace fastnn::isa
