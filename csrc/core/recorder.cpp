#include "core/recorder.h"

#include <atomic>
#include <cstring>
#include <stdexcept>

namespace fastnn {

Recording::~Recording() {
    for (const Recorded& r : calls_) interpreter().drop(r.retained);
}

void Recording::add(const Call& call) {
    auto args = std::make_unique<std::byte[]>(call.args_size);
    std::memcpy(args.get(), call.args, call.args_size);
    // Nothing may throw once the owners are retained.
    if (calls_.size() == calls_.capacity()) calls_.reserve(2 * calls_.size() + 16);
    Call copy = call;
    copy.args = args.get();
    copy.owners = {};
    calls_.push_back({copy, std::move(args), interpreter().retain(call.owners)});
}

void Recording::forget_owners(std::size_t i) {
    interpreter().drop(calls_[i].retained);
    calls_[i].retained = nullptr;
}

void Recording::replay() const {
    const Released guard;
    for (const Recorded& r : calls_) r.call.run(r.call.kernel, r.call.args);
}

namespace recorder {
namespace {

std::atomic<int> recording_threads{0};
thread_local std::unique_ptr<Recording> current;

}  // namespace

void start() {
    if (current != nullptr) throw std::logic_error("this thread records already");
    current = std::make_unique<Recording>();
    ++recording_threads;
}

std::unique_ptr<Recording> stop() {
    if (current == nullptr) throw std::logic_error("this thread does not record");
    --recording_threads;
    return std::move(current);
}

bool on() {
    return recording_threads.load(std::memory_order_relaxed) != 0;
}

void add(const Call& call) {
    if (current != nullptr) current->add(call);
}

}  // namespace recorder
}  // namespace fastnn
