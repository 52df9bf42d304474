#include "ops/linear/linear.h"

#include <algorithm>

#include "core/integer.h"
#include "core/memory.h"
#include "core/parallel.h"
#include "ops/activation/activation.h"
#include "ops/gemm/gemm.h"
#include "ops/linear/cost.h"

namespace fastnn::linear {
namespace {

// Elements of dy per chunk of the pass that multiplies by f' and sums columns, a small part of L2.
constexpr dim_t kChunk = 16384;

template <class T>
gemm::Matrix<T> matrix(const Operand& x) {
    return {static_cast<const T*>(x.data), x.row, x.col};
}

void run(const Args& args) {
    visit_float(args.dtype, [&]<class T>() {
        gemm::Problem<T> p;
        p.m = args.m, p.n = args.out, p.k = args.in;
        p.a = matrix<T>(args.x);
        p.b = matrix<T>(args.w).transposed();
        p.c = static_cast<T*>(args.y);
        p.c_stride = args.out;
        p.epilogue = args.epilogue.as<T>();
        gemm::multiply(p, args.cache);
    });
}

template <class T>
class Backward {
 public:
    explicit Backward(const BackwardArgs& args)
        : a_(args),
          f_(isa::table<TypedKernels<T>>()),
          activated_(args.activation.kind != Activation::none),
          rows_(std::max<dim_t>(1, kChunk / std::max<dim_t>(1, args.out))),
          chunks_(activated_ || args.db != nullptr ? ceil_div(args.m, rows_) : 0),
          dz_(activated_ ? static_cast<std::size_t>(args.m * args.out) : 0),
          partial_(args.db != nullptr && chunks_ > 1 ? static_cast<std::size_t>(chunks_ * args.out)
                                                     : 0) {}

    void run() {
        const gemm::Matrix<T> dz =
            activated_ ? gemm::Matrix<T>{dz_.data(), a_.out, 1} : matrix<T>(a_.dy);
        if (a_.dx != nullptr) add(a_.m, a_.in, a_.out, dz, matrix<T>(a_.w), a_.dx);
        if (a_.dw != nullptr) add(a_.out, a_.in, a_.m, dz.transposed(), matrix<T>(a_.x), a_.dw);
        std::size_t shared_size = 0, local_size = 0;
        double ns =
            static_cast<double>(a_.m * a_.out) * (activated_ ? cost::kGradient : cost::kSum);
        dim_t pieces = chunks_;
        for (int i = 0; i < count_; ++i) {
            shared_size += plans_[i].shared_size();
            local_size = std::max(local_size, plans_[i].local_size());
            ns += plans_[i].cost_ns();
            pieces = std::max(pieces, plans_[i].pieces());
        }
        if (count_ == 2) pieces = std::max<dim_t>(pieces, 2);
        if (ns > cost::kLong) {
            parallel_for(chunks_, cost::kGradient * kChunk, [&](dim_t i) { chunk_of_dz(i); });
            add_up();
            for (int i = 0; i < count_; ++i) gemm::multiply(plans_[i].problem());
            return;
        }
        const int threads = threads_worth(pieces, ns);
        Scratch<T> shared(shared_size), local(local_size * static_cast<std::size_t>(threads));
        for (std::size_t i = 0, offset = 0; i < static_cast<std::size_t>(count_); ++i) {
            plans_[i].set_shared(shared.data() + offset);
            offset += plans_[i].shared_size();
        }
        parallel_team(threads, [&](Team& team) {
            const bool done = team.for_each(chunks_, [&](dim_t i) { chunk_of_dz(i); });
            if (done && team.thread() == 0) add_up();
            gemm::run_plans(team, plans_, count_,
                            local.data() + local_size * static_cast<std::size_t>(team.thread()));
        });
    }

 private:
    void add(dim_t m, dim_t n, dim_t k, gemm::Matrix<T> a, gemm::Matrix<T> b, void* c) {
        gemm::Problem<T> p;
        p.m = m, p.n = n, p.k = k, p.a = a, p.b = b, p.c = static_cast<T*>(c), p.c_stride = n;
        plans_[count_++] = gemm::Plan<T>(p);
    }
    // dz and column sums of one chunk of rows.
    void chunk_of_dz(dim_t chunk) {
        const dim_t i = chunk * rows_, rows = std::min(rows_, a_.m - i), out = a_.out;
        activation::Rows<const T> dz{static_cast<const T*>(a_.dy.data) + i * a_.dy.row, a_.dy.row};
        if (activated_) {
            T* const to = dz_.data() + i * out;
            activation::apply_gradient<T>(a_.activation, dz,
                                          {static_cast<const T*>(a_.saved) + i * out, out},
                                          {to, out}, rows, out);
            dz = {to, out};
        }
        if (a_.db == nullptr) return;
        T* const sums = chunks_ == 1 ? static_cast<T*>(a_.db) : partial_.data() + chunk * out;
        f_.sum_rows(dz.data, dz.stride, rows, out, sums);
    }
    void add_up() {
        T* const db = static_cast<T*>(a_.db);
        if (db == nullptr || chunks_ == 1) return;
        if (chunks_ == 0) {
            std::fill_n(db, a_.out, T(0));
        } else {
            f_.sum_rows(partial_.data(), a_.out, chunks_, a_.out, db);
        }
    }

    const BackwardArgs& a_;
    const TypedKernels<T>& f_;
    const bool activated_;
    const dim_t rows_, chunks_;
    Scratch<T> dz_, partial_;
    gemm::Plan<T> plans_[2];
    int count_ = 0;
};

void run_backward(const BackwardArgs& args) {
    visit_float(args.dtype, [&]<class T>() { Backward<T>(args).run(); });
}

Work work(const Args& a) {
    const auto m = static_cast<double>(a.m), in = static_cast<double>(a.in),
               out = static_cast<double>(a.out);
    return {2 * m * in * out,
            (m * in + in * out + m * out) * static_cast<double>(size_of(a.dtype))};
}

Work backward_work(const BackwardArgs& a) {
    const auto m = static_cast<double>(a.m), in = static_cast<double>(a.in),
               out = static_cast<double>(a.out);
    const int products = (a.dx != nullptr ? 1 : 0) + (a.dw != nullptr ? 1 : 0);
    return {2 * m * in * out * products,
            (m * in + in * out) * (1 + products) * static_cast<double>(size_of(a.dtype))};
}

}  // namespace

const Kernel<Args> kLinear = {"linear", run, work};
const Kernel<BackwardArgs> kLinearBackward = {"linear_backward", run_backward, backward_work};

}  // namespace fastnn::linear
