// What of ops/gemm no binding reaches: packed operands, the residual, alpha and beta, and plans
// whose operands move, against the sum written out; and machines with other caches, whose products
// must have the same bits. Prints what differs.
#include "ops/gemm/gemm.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <vector>

#include "core/machine.h"

using namespace fastnn;
using gemm::Matrix;

// The kernels of one level for float32 are linked; nothing asks for float64.
template <>
const gemm::TypedKernels<double>& isa::table_at<isa::kBuilt[0]>() {
    std::abort();
}

namespace {

constexpr Machine kLarge{{32 << 10, 64, 8}, {1 << 20, 64, 8}, {32 << 20, 64, 16}},
    kSmall{{16 << 10, 64, 4}, {128 << 10, 64, 4}, {1 << 20, 64, 8}};
const Machine* caches = &kLarge;

}  // namespace

// In place of core/machine.cpp.
const Machine& fastnn::machine() {
    return *caches;
}

namespace {

int failures = 0;
std::mt19937 engine(1);

std::vector<float> numbers(long n) {
    std::normal_distribution<float> normal;
    std::vector<float> x(static_cast<std::size_t>(n));
    for (float& v : x) v = normal(engine);
    return x;
}

double activated(Activation activation, double x) {
    switch (activation) {
        case Activation::relu: return x > 0 ? x : 0;
        case Activation::tanh: return std::tanh(x);
        default: return x;
    }
}

struct Case {
    long m, n, k;
    bool transposed_a, transposed_b, packed, bias, residual;
    float alpha, beta;
    Activation activation;
};

void check(const Case& c, bool here) {
    const auto a = numbers(c.m * c.k), b = numbers(c.k * c.n), bias = numbers(c.n);
    const long stride = c.n + 3;  // of C and of the residual, whose rows have a gap
    const auto residual = numbers(c.m * stride), before = numbers(c.m * stride);
    auto out = before;
    gemm::Problem<float> p;
    p.m = c.m, p.n = c.n, p.k = c.k;
    p.a = c.transposed_a ? Matrix<float>{a.data(), 1, c.m} : Matrix<float>{a.data(), c.k, 1};
    p.b = c.transposed_b ? Matrix<float>{b.data(), 1, c.k} : Matrix<float>{b.data(), c.n, 1};
    p.c = out.data(), p.c_stride = stride;
    p.alpha = c.alpha, p.beta = c.beta;
    p.epilogue.activation.kind = c.activation;
    if (c.bias) p.epilogue.bias = bias.data();
    if (c.residual) p.epilogue.residual = residual.data(), p.epilogue.residual_row = stride;
    std::vector<float> packed(gemm::PackedB<float>::size(c.k, c.n));
    if (c.packed) {
        gemm::PackedB<float>::pack(c.k, c.n, p.b, packed.data(), !here);
        p.packed_b = packed.data();
    }
    if (here) {
        gemm::multiply_here(p);
    } else {
        gemm::multiply(p);
    }
    for (long i = 0; i < c.m; ++i) {
        for (long j = 0; j < stride; ++j) {
            const auto at = static_cast<std::size_t>(i * stride + j);
            double sum = 0, size = 0;
            for (long k = 0; j < c.n && k < c.k; ++k) {
                const double x = p.a.data[i * p.a.row_stride + k * p.a.col_stride],
                             y = p.b.data[k * p.b.row_stride + j * p.b.col_stride];
                sum += x * y, size += std::fabs(x * y);
            }
            double want = before[at];  // beyond the columns: untouched
            if (j < c.n) {
                want = c.alpha * sum + c.beta * before[at];
                if (c.bias) want += bias[static_cast<std::size_t>(j)];
                if (c.residual) want += residual[at];
                want = activated(c.activation, want);
            }
            const double bound = j < c.n ? 1e-6 * (std::fabs(c.alpha) * size + 10) : 0;
            if (std::fabs(out[at] - want) <= bound) continue;
            if (++failures < 20) {
                std::printf(
                    "%ldx%ldx%ld a%d b%d packed%d bias%d residual%d %g %g: (%ld, %ld) is "
                    "%.9g, not %.9g\n",
                    c.m, c.n, c.k, c.transposed_a, c.transposed_b, c.packed, c.bias, c.residual,
                    static_cast<double>(c.alpha), static_cast<double>(c.beta), i, j,
                    static_cast<double>(out[at]), want);
            }
        }
    }
}

std::vector<float> product(const long (&size)[3], bool transposed_a, bool transposed_b,
                           const Machine& machine) {
    const auto [m, n, k] = size;
    engine.seed(1);
    const auto a = numbers(m * k), b = numbers(k * n);
    std::vector<float> c(static_cast<std::size_t>(m * n));
    gemm::Problem<float> p;
    p.m = m, p.n = n, p.k = k;
    p.a = transposed_a ? Matrix<float>{a.data(), 1, m} : Matrix<float>{a.data(), k, 1};
    p.b = transposed_b ? Matrix<float>{b.data(), 1, k} : Matrix<float>{b.data(), n, 1};
    p.c = c.data(), p.c_stride = n;
    caches = &machine;
    gemm::multiply(p);
    caches = &kLarge;
    return c;
}

void check_caches() {
    const long sizes[][3] = {{300, 90, 700},   {1, 700, 3000},  {3, 5000, 50},    {4, 700, 1000},
                             {150, 600, 1700}, {70, 1024, 384}, {1100, 900, 100}, {20, 64, 2000}};
    for (const auto& size : sizes) {
        for (int bits = 0; bits < 4; ++bits) {
            const bool a = (bits & 1) != 0, b = (bits & 2) != 0;
            const auto large = product(size, a, b, kLarge), small = product(size, a, b, kSmall);
            if (std::memcmp(large.data(), small.data(), large.size() * sizeof(float)) == 0)
                continue;
            ++failures;
            std::printf("%ldx%ldx%ld a%d b%d: other bits with smaller caches\n", size[0], size[1],
                        size[2], a, b);
        }
    }
}

}  // namespace

int main() {
    check_caches();
    const long sizes[][3] = {{1, 1, 1},     {1, 300, 700},  {2, 5, 1000},  {3, 33, 65},
                             {7, 17, 40},   {14, 32, 384},  {15, 31, 385}, {29, 100, 9},
                             {64, 10, 256}, {130, 70, 500}, {5, 700, 900}, {90, 8, 300}};
    for (const auto& s : sizes) {
        for (int bits = 0; bits < 64; ++bits) {
            Case c{s[0],
                   s[1],
                   s[2],
                   (bits & 1) != 0,
                   (bits & 2) != 0,
                   (bits & 4) != 0,
                   (bits & 8) != 0,
                   (bits & 16) != 0,
                   1,
                   0,
                   Activation::none};
            if ((bits & 32) != 0) c.alpha = -0.5f, c.beta = 2;
            if (bits % 3 == 1) c.activation = Activation::relu;
            if (bits % 3 == 2) c.activation = Activation::tanh;
            check(c, bits % 5 == 0);
        }
    }
    std::printf("%d failures\n", failures);
    return failures != 0;
}
