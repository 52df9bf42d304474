// y from x, or x from y.
#include "core/note.h"
#include "ops/conv/select.h"

namespace fastnn::conv {
namespace {

void run(const Args& args) {
    const Shape& s = args.shape;
    const dim_t to = args.transposed ? s.c * s.in_size() : s.o * s.out_size();
    if (s.n * to == 0) return;
    const Choice<Args> choice = select(args);
    profiler::note(choice.name);
    choice.plan->run(args);
}

Work work(const Args& a) {
    return {flops(a.shape), bytes(a.shape, a.dtype)};
}

double number(dim_t n) {
    return static_cast<double>(n);
}

double weights(const Shape& s) {
    return number(s.o) * number(s.c) / number(s.groups) * number(s.taps());
}

}  // namespace

double flops(const Shape& s) {
    return 2 * number(s.n) * number(s.out_size()) * weights(s);
}

double bytes(const Shape& s, Dtype dtype) {
    const double elements =
        number(s.n) * (number(s.in_size()) * number(s.c) + number(s.out_size()) * number(s.o)) +
        weights(s);
    return elements * static_cast<double>(size_of(dtype));
}

const Kernel<Args> kConv[2] = {{"conv", run, work}, {"conv_transpose", run, work}};

}  // namespace fastnn::conv
