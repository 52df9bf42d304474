// The roofs of this machine: FMA rate and triad bandwidth, for a number of threads.
//
// Compiled at run time, once per instruction set, with -DVECTOR_BYTES=32 (AVX2) or 64 (AVX-512).
// Prints one JSON object: {"fp32": GF/s, "fp64": GF/s, "triad": [[bytes, GB/s], ...], "update": ...}.
// Triad is a[i] = b[i] + s * c[i] over float, update a[i] += s * b[i]: both 12 bytes per element.
// Beyond the caches triad also reads the lines of a that it is about to overwrite, update does not,
// so update shows the traffic that memory can really carry. The best of several passes counts.

#include <omp.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>

namespace {

double now() {
    using clock = std::chrono::steady_clock;
    return std::chrono::duration<double>(clock::now().time_since_epoch()).count();
}

template <class T>
struct Vector {
    typedef T type __attribute__((vector_size(VECTOR_BYTES)));
};

// 12 chains: latency 4, two FMAs a cycle, need 8; 12 fit into the 16 registers of AVX2.
template <class T>
double fma_chains(long rounds) {
    using V = typename Vector<T>::type;
    constexpr int kChains = 12;
    V acc[kChains], a, b;
    for (int i = 0; i < kChains; ++i) acc[i] = V{} + T(i);
    a = V{} + T(0.999);
    b = V{} + T(0.001);
    for (long r = 0; r < rounds; ++r) {
#pragma GCC unroll 12
        for (int i = 0; i < kChains; ++i) acc[i] = acc[i] * a + b;
        asm volatile("" : "+v"(a), "+v"(b));
    }
    V total = acc[0];
    for (int i = 1; i < kChains; ++i) total += acc[i];
    return double(total[0]);
}

// GF/s of all threads together: every thread works the same number of rounds, the best of 12.
template <class T>
double fma_rate() {
    const long rounds = 8'000'000;
    const double flops = 2.0 * 12 * (VECTOR_BYTES / sizeof(T)) * rounds;
    double best = 0;
    volatile double sink = 0;
    for (int pass = 0; pass < 12; ++pass) {
        const double start = now();
        double threads = 0;
#pragma omp parallel reduction(+ : threads)
        {
            sink = fma_chains<T>(rounds);
            threads += 1;
        }
        best = std::max(best, threads * flops / (now() - start) * 1e-9);
    }
    return best;
}

enum class Stream { triad, update };

template <Stream stream>
double stream_rate(long bytes) {
    const long n = bytes / (stream == Stream::triad ? 12 : 8) / 64 * 64;
    float* memory = static_cast<float*>(std::aligned_alloc(64, 3 * n * sizeof(float)));
    float *a = memory, *b = a + n, *c = b + n;
    const long sweeps = std::max(2L, 100'000'000L / bytes);
    double best = 0;
#pragma omp parallel for schedule(static)
    for (long i = 0; i < n; ++i) a[i] = 0, b[i] = 1, c[i] = 2;
    for (int pass = 0; pass < 5; ++pass) {
        const double start = now();
#pragma omp parallel
        for (long sweep = 0; sweep < sweeps; ++sweep) {
#pragma omp for schedule(static) nowait
            for (long i = 0; i < n; ++i) a[i] = (stream == Stream::triad ? c[i] : a[i]) + 0.5f * b[i];
        }
        best = std::max(best, 12.0 * n * sweeps / (now() - start) * 1e-9);
    }
    std::free(memory);
    return best;
}

template <Stream stream>
void print_rates(const char* name) {
    const double megabytes[] = {0.25, 1, 3, 12, 24, 48, 96, 192, 384};
    const char* comma = "";
    std::printf(", \"%s\": [", name);
    for (const double size : megabytes) {
        const long bytes = long(size * (1 << 20));
        std::printf("%s[%ld, %.1f]", comma, bytes, stream_rate<stream>(bytes));
        comma = ", ";
    }
    std::printf("]");
}

}  // namespace

int main(int argc, char** argv) {
    omp_set_num_threads(argc > 1 ? std::atoi(argv[1]) : 1);
    std::printf("{\"fp32\": %.1f, \"fp64\": %.1f", fma_rate<float>(), fma_rate<double>());
    print_rates<Stream::triad>("triad");
    print_rates<Stream::update>("update");
    std::printf("}\n");
}
