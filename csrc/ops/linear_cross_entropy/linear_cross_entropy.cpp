#include "ops/linear_cross_entropy/linear_cross_entropy.h"

#include <algorithm>

#include "core/memory.h"
#include "ops/gemm/gemm.h"
#include "ops/loss/cross_entropy.h"
#include "ops/loss/nll.h"

namespace fastnn::linear_cross_entropy {
namespace {

// Scores of a block, 32 MiB of float32, and its rows at least: W is read, and dW read and written,
// once for each block, which takes as long as the products of some tens of rows.
constexpr dim_t kScores = dim_t{1} << 23, kRows = 64;

template <class T>
class Blocks {
 public:
    explicit Blocks(const Args& a)
        : a_(a),
          step_(std::min(std::max<dim_t>(1, a.rows), std::max(kRows, kScores / a.classes))),
          gradient_(a.dx != nullptr || a.dw != nullptr || a.db != nullptr),
          scores_(static_cast<std::size_t>(step_ * a.classes)),
          losses_(static_cast<std::size_t>(std::max<dim_t>(1, a.rows))),
          ones_(static_cast<std::size_t>(step_)) {
        std::fill_n(ones_.data(), step_, T(1));
        if (a.reduction == Reduction::mean) {
            divisor_ =
                nll::total_weight<T>({a.rows, a.classes, a.target, a.weight, a.ignore_index});
        }
    }

    void run() {
        for (dim_t begin = 0; begin < a_.rows; begin += step_)
            block(begin, std::min(step_, a_.rows - begin));
        if (a_.rows == 0) {
            clear(a_.dw, a_.classes * a_.in);
            clear(a_.db, a_.classes);
        }
        if (a_.loss == nullptr) return;
        if (a_.reduction == Reduction::none) {
            std::copy_n(losses_.data(), a_.rows, static_cast<T*>(a_.loss));
            return;
        }
        double total = 0;
        for (dim_t i = 0; i < a_.rows; ++i) total += static_cast<double>(losses_[i]);
        *static_cast<T*>(a_.loss) = static_cast<T>(total / divisor_);
    }

 private:
    static void clear(void* p, dim_t n) {
        if (p != nullptr) std::fill_n(static_cast<T*>(p), n, T(0));
    }
    static const T* as(const void* p) { return static_cast<const T*>(p); }

    void block(dim_t begin, dim_t rows) {
        const dim_t in = a_.in, classes = a_.classes;
        T* const z = scores_.data();
        const gemm::Matrix<T> x{as(a_.x) + begin * in, in, 1}, w{as(a_.w), in, 1},
            dz{z, classes, 1};
        gemm::Problem<T> scores = product(rows, classes, in, x, w.transposed(), z);
        scores.epilogue.bias = as(a_.b);
        gemm::multiply(scores);

        cross_entropy::Args ce{};
        ce.dtype = a_.dtype;
        ce.reduction = Reduction::none;
        ce.outer = rows, ce.classes = classes, ce.inner = 1;
        ce.x = z;
        ce.target = a_.target + begin;
        ce.weight = a_.weight;
        ce.ignore_index = a_.ignore_index;
        ce.label_smoothing = a_.label_smoothing;
        ce.loss = losses_.data() + begin;
        ce.dx = gradient_ ? z : nullptr;
        cross_entropy::kForward.run(ce);
        if (!gradient_) return;

        if (a_.dy != nullptr) {
            cross_entropy::kBackward.run(
                {a_.dtype, Reduction::none, rows, classes, 1, as(a_.dy) + begin, z, z});
        }
        // Where no row counts the loss is NaN and its gradients are 0.
        const T factor = divisor_ == 0 ? T(0) : static_cast<T>(1 / divisor_),
                old = begin == 0 ? T(0) : T(1);
        if (a_.dx != nullptr) {
            auto* const dx = static_cast<T*>(a_.dx) + begin * in;
            gemm::Problem<T> p = product(rows, in, classes, dz, w, dx);
            p.alpha = factor;
            gemm::multiply(p);
        }
        if (a_.dw != nullptr) {
            auto* const dw = static_cast<T*>(a_.dw);
            gemm::Problem<T> p = product(classes, in, rows, dz.transposed(), x, dw);
            p.alpha = factor, p.beta = old;
            gemm::multiply(p);
        }
        if (a_.db != nullptr) {
            gemm::Problem<T> p =
                product(1, classes, rows, {ones_.data(), rows, 1}, dz, static_cast<T*>(a_.db));
            p.alpha = factor, p.beta = old;
            gemm::multiply(p);
        }
    }

    static gemm::Problem<T> product(dim_t m, dim_t n, dim_t k, gemm::Matrix<T> a, gemm::Matrix<T> b,
                                    T* c) {
        gemm::Problem<T> p;
        p.m = m, p.n = n, p.k = k, p.a = a, p.b = b, p.c = c, p.c_stride = n;
        return p;
    }

    const Args& a_;
    const dim_t step_;
    const bool gradient_;
    Scratch<T> scores_, losses_, ones_;
    double divisor_ = 1;
};

void forward(const Args& a) {
    visit_float(a.dtype, [&]<class T>() { Blocks<T>(a).run(); });
}

Work work(const Args& a) {
    const auto rows = static_cast<double>(a.rows), in = static_cast<double>(a.in),
               classes = static_cast<double>(a.classes);
    const int products = 1 + (a.dx != nullptr) + (a.dw != nullptr);
    return {(2 * in * products + 20) * rows * classes,
            products * (rows + classes) * in * static_cast<double>(size_of(a.dtype))};
}

}  // namespace

const Kernel<Args> kForward{"linear_cross_entropy", forward, work};

}  // namespace fastnn::linear_cross_entropy
