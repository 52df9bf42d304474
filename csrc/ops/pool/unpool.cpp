#include <algorithm>

#include "core/integer.h"
#include "core/parallel.h"
#include "ops/pool/cost.h"
#include "ops/pool/pool.h"

namespace fastnn::pooling {
namespace {

constexpr dim_t kBlock = 32;        // channels of a chunk: whole cache lines
constexpr dim_t kPlaces = 1 << 20;  // of a chunk at most

// A block of channels of an image: no two blocks write the same output.
struct Block {
    dim_t image, begin, end;
};

// f(team, each): each(places, g) calls g(block, first place, last place) for all blocks and places,
// of a block in order.
template <class F>
void over_blocks(const UnpoolArgs& a, F f) {
    const dim_t blocks = ceil_div(a.c, kBlock), chunks = a.n * blocks;
    const double ns =
        static_cast<double>(std::min(a.c, kBlock)) *
        (cost::kPlace * static_cast<double>(a.in) + cost::kZero * static_cast<double>(a.out));
    parallel_team(threads_worth(chunks, ns * static_cast<double>(chunks)), [&](Team& team) {
        f([&](dim_t places, auto g) {
            for (dim_t p = 0; p < places; p += kPlaces) {
                team.for_each(chunks, [&](dim_t i) {
                    const dim_t c = i % blocks * kBlock;
                    g(Block{i / blocks, c, std::min(c + kBlock, a.c)}, p,
                      std::min(p + kPlaces, places));
                });
            }
        });
    });
}

template <class T>
void unpool_typed(const UnpoolArgs& a) {
    const auto zero = [&a](const Block& b, dim_t first, dim_t last) {
        T* y = static_cast<T*>(a.to) + b.image * a.out * a.c;
        for (dim_t p = first; p < last; ++p)
            std::fill(y + p * a.c + b.begin, y + p * a.c + b.end, T(0));
    };
    const auto scatter = [&a](const Block& b, dim_t first, dim_t last) {
        const T* x = static_cast<const T*>(a.from) + b.image * a.in * a.c;
        const std::int64_t* index = a.index + b.image * a.in * a.c;
        T* y = static_cast<T*>(a.to) + b.image * a.out * a.c;
        for (dim_t p = first; p < last; ++p) {
            for (dim_t c = b.begin; c < b.end; ++c)
                y[index[p * a.c + c] * a.c + c] = x[p * a.c + c];
        }
    };
    over_blocks(a, [&](auto each) {
        if (std::max(a.in, a.out) <= kPlaces) {  // both while the outputs are in cache
            each(1, [&](const Block& b, dim_t, dim_t) { zero(b, 0, a.out), scatter(b, 0, a.in); });
        } else {
            each(a.out, zero);
            each(a.in, scatter);
        }
    });
}

template <class T>
void unpool_backward_typed(const UnpoolArgs& a) {
    over_blocks(a, [&](auto each) {
        each(a.in, [&a](const Block& b, dim_t first, dim_t last) {
            const T* dy = static_cast<const T*>(a.from) + b.image * a.out * a.c;
            const std::int64_t* index = a.index + b.image * a.in * a.c;
            T* dx = static_cast<T*>(a.to) + b.image * a.in * a.c;
            for (dim_t p = first; p < last; ++p) {
                for (dim_t c = b.begin; c < b.end; ++c)
                    dx[p * a.c + c] = dy[index[p * a.c + c] * a.c + c];
            }
        });
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
