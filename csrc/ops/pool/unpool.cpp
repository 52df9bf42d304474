#include <algorithm>
#include <cstring>

#include "core/integer.h"
#include "core/parallel.h"
#include "ops/pool/cost.h"
#include "ops/pool/pool.h"

namespace fastnn::pooling {
namespace {

constexpr dim_t kBlock = 32;  // channels of a chunk: whole cache lines

// f(image, c_begin, c_end) for blocks of channels of whole images: no two write the same output.
template <class F>
void over_blocks(const UnpoolArgs& a, F f) {
    const dim_t blocks = ceil_div(a.c, kBlock);
    const double ns =
        static_cast<double>(std::min(a.c, kBlock)) *
        (cost::kPlace * static_cast<double>(a.in) + cost::kZero * static_cast<double>(a.out));
    parallel_for(a.n * blocks, ns, [=, &a](dim_t i) {
        const dim_t c = i % blocks * kBlock;
        f(i / blocks, c, std::min(c + kBlock, a.c));
    });
}

template <class T>
void unpool_typed(const UnpoolArgs& a) {
    over_blocks(a, [&a](dim_t n, dim_t begin, dim_t end) {
        const T* x = static_cast<const T*>(a.from) + n * a.in * a.c;
        const std::int64_t* index = a.index + n * a.in * a.c;
        T* y = static_cast<T*>(a.to) + n * a.out * a.c;
        for (dim_t p = 0; p < a.out; ++p)
            std::memset(y + p * a.c + begin, 0, static_cast<std::size_t>(end - begin) * sizeof(T));
        for (dim_t p = 0; p < a.in; ++p) {
            for (dim_t c = begin; c < end; ++c) y[index[p * a.c + c] * a.c + c] = x[p * a.c + c];
        }
    });
}

template <class T>
void unpool_backward_typed(const UnpoolArgs& a) {
    over_blocks(a, [&a](dim_t n, dim_t begin, dim_t end) {
        const T* dy = static_cast<const T*>(a.from) + n * a.out * a.c;
        const std::int64_t* index = a.index + n * a.in * a.c;
        T* dx = static_cast<T*>(a.to) + n * a.in * a.c;
        for (dim_t p = 0; p < a.in; ++p) {
            for (dim_t c = begin; c < end; ++c) dx[p * a.c + c] = dy[index[p * a.c + c] * a.c + c];
        }
    });
}

void unpool(const UnpoolArgs& a) {
    visit_float(a.dtype, [&]<class T>() { unpool_typed<T>(a); });
}

void unpool_backward(const UnpoolArgs& a) {
    visit_float(a.dtype, [&]<class T>() { unpool_backward_typed<T>(a); });
}

Work unpool_work(const UnpoolArgs& a) {
    const double planes = static_cast<double>(a.n * a.c),
                 size = static_cast<double>(size_of(a.dtype));
    return {0,
            planes * (static_cast<double>(a.in) * (8 + size) + static_cast<double>(a.out) * size)};
}

Work unpool_backward_work(const UnpoolArgs& a) {
    const double planes = static_cast<double>(a.n * a.c),
                 size = static_cast<double>(size_of(a.dtype));
    return {0, planes * static_cast<double>(a.in) * (8 + 2 * size)};
}

}  // namespace

const Kernel<UnpoolArgs> kUnpool[kAxes] = {{"max_unpool1d", unpool, unpool_work},
                                           {"max_unpool2d", unpool, unpool_work},
                                           {"max_unpool3d", unpool, unpool_work}};
const Kernel<UnpoolArgs> kUnpoolBackward[kAxes] = {
    {"max_unpool1d_backward", unpool_backward, unpool_backward_work},
    {"max_unpool2d_backward", unpool_backward, unpool_backward_work},
    {"max_unpool3d_backward", unpool_backward, unpool_backward_work}};

}  // namespace fastnn::pooling
