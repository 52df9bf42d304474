#include "ops/gemm/gemm.h"

#include <algorithm>

#include "core/integer.h"
#include "core/packed_cache.h"
#include "ops/gemm/cost.h"

namespace fastnn::gemm {

namespace {

template <class T>
void run(Plan<T>& plan) {
    Scratch<T> shared(plan.shared_size());
    plan.set_shared(shared);
    const dim_t steps = plan.steps();
    const int threads = threads_worth(plan.pieces(), plan.cost_ns());
    const std::size_t local_size = plan.local_size();
    Scratch<T> local(local_size * static_cast<std::size_t>(threads));
    const auto pack = [&](Team& team, dim_t step) {
        if (const dim_t n = plan.pack_chunks(step); n > 0)
            team.for_each(n, [&](dim_t i) { plan.pack(step, i); });
    };
    parallel_team(threads, [&](Team& team) {
        T* const mine = local.data() + local_size * static_cast<std::size_t>(team.thread());
        for (dim_t step = 0; step < steps; ++step) {
            pack(team, step);
            team.for_each(plan.chunks(step), [&](dim_t i) { plan.compute(step, i, mine); });
        }
        if (const dim_t n = plan.reduce_chunks(); n > 0)
            team.for_each(n, [&](dim_t i) { plan.reduce(i); });
    });
}

// Of all families that keep packed weights, gemm's format has this number.
constexpr dim_t kPackedB = 100;

}  // namespace

template <class T>
void multiply(const Problem<T>& problem, PackedCache* cache) {
    Plan<T> plan(problem);
    if (cache == nullptr || !plan.gains_from_packed_b()) return run(plan);
    const PackedKey key{kPackedB,
                        static_cast<dim_t>(isa::level()),
                        static_cast<dim_t>(sizeof(T)),
                        problem.k,
                        problem.n,
                        problem.b.row_stride,
                        problem.b.col_stride};
    PackedScratch<T> packed(cache, key, PackedB<T>::size(problem.k, problem.n));
    if (!packed.ready()) PackedB<T>::pack(problem.k, problem.n, problem.b, packed.data());
    packed.complete();
    Problem<T> p = problem;
    p.packed_b = packed.data();
    plan = Plan<T>(p);
    run(plan);
}

template <class T>
std::size_t scratch_size(const Problem<T>& problem) {
    const Plan<T> plan(problem);
    return plan.shared_size() + plan.local_size();
}

template <class T>
void multiply_here(const Problem<T>& problem, T* scratch) {
    Plan<T> plan(problem);
    const auto run = [&](T* memory) {
        plan.set_shared(memory);
        Team alone;
        run_plans(alone, &plan, 1, memory + plan.shared_size());
    };
    const std::size_t size = plan.shared_size() + plan.local_size();
    if (scratch != nullptr || size == 0) {
        run(scratch);
    } else {
        Scratch<T> memory(size);
        run(memory);
    }
}

template <class T>
void multiply_batch(const Problem<T>& first, const Batch& batch) {
    const dim_t count = batch.count();
    if (count <= 0) return;
    const auto item = [&](dim_t i) {
        Problem<T> p = first;
        for (int d = batch.ndim - 1; d >= 0; --d) {
            const dim_t q = i % batch.shape[d];
            i /= batch.shape[d];
            p.a.data += q * batch.a_stride[d];
            p.b.data += q * batch.b_stride[d];
            p.c += q * batch.c_stride[d];
        }
        return p;
    };
    const Plan<T> plan(first);
    const double item_ns = plan.cost_ns() + cost::kItemNs;
    if (count == 1 || item_ns > cost::kLargeItemNs) {
        for (dim_t i = 0; i < count; ++i) {
            poll_interrupt();
            multiply(item(i));
        }
        return;
    }
    const dim_t items =
        std::max<dim_t>(1, std::min(count / 16, static_cast<dim_t>(cost::kItemsNs / item_ns)));
    const dim_t chunks = ceil_div(count, items);
    const int threads = threads_worth(chunks, item_ns * static_cast<double>(count));
    const std::size_t size = plan.shared_size() + plan.local_size();
    Scratch<T> scratch(size * static_cast<std::size_t>(threads));
    parallel_team(threads, [&](Team& team) {
        T* const mine = scratch.data() + size * static_cast<std::size_t>(team.thread());
        team.for_each_nowait(chunks, [&](dim_t chunk) {
            const dim_t i0 = chunk * items, i1 = std::min(count, i0 + items);
            for (dim_t i = i0; i < i1; ++i) multiply_here(item(i), mine);
        });
    });
}

template void multiply(const Problem<float>&, PackedCache*);
template void multiply(const Problem<double>&, PackedCache*);
template void multiply_here(const Problem<float>&, float*);
template void multiply_here(const Problem<double>&, double*);
template std::size_t scratch_size(const Problem<float>&);
template std::size_t scratch_size(const Problem<double>&);
template void multiply_batch(const Problem<float>&, const Batch&);
template void multiply_batch(const Problem<double>&, const Batch&);

namespace {

void run(const Args& args) {
    visit_float(args.dtype, [&]<class T>() {
        Problem<T> p;
        p.m = args.m, p.n = args.n, p.k = args.k;
        p.a = {static_cast<const T*>(args.a), args.a_row, args.a_col};
        p.b = {static_cast<const T*>(args.b), args.b_row, args.b_col};
        p.c = static_cast<T*>(args.c);
        p.c_stride = args.n;
        if (args.batch.ndim == 0) {
            multiply(p);
        } else {
            multiply_batch(p, args.batch);
        }
    });
}

Work work(const Args& a) {
    const auto m = static_cast<double>(a.m), n = static_cast<double>(a.n),
               k = static_cast<double>(a.k);
    const auto count = static_cast<double>(a.batch.count());
    return {2 * m * n * k * count,
            (m * k + k * n + m * n) * count * static_cast<double>(size_of(a.dtype))};
}

}  // namespace

const Kernel<Args> kMatmul = {"matmul", run, work};

}  // namespace fastnn::gemm
