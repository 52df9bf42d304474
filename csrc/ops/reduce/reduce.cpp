#include "ops/reduce/reduce.h"

#include <algorithm>
#include <cmath>

#include "core/memory.h"
#include "ops/reduce/cost.h"
#include "ops/reduce/walk.h"

namespace fastnn::reduce {
namespace {

template <class Pairs, class Index>
const auto& entry(const Pairs& pairs, Index i) {
    return pairs[static_cast<int>(i)];
}

template <class Tile>
void call(const Pair<Tile>& pair, bool along, const Tile& tile) {
    (along ? pair.along : pair.across)(tile);
}

// The result of n elements of one output:
//   var, std    a = mean, b = sum (x - a)^2
//   logsumexp   a = shift, b = sum exp(x - a)
//   else        a
struct State {
    double a, b, n;
};

Term term(Op op) {
    switch (op) {
        case Op::prod: return Term::prod;
        case Op::amax: return Term::max;
        case Op::amin: return Term::min;
        case Op::norm0:
        case Op::count_nonzero:
        case Op::any:
        case Op::all: return Term::sum_nonzero;
        case Op::norm1: return Term::sum_abs;
        case Op::norm2: return Term::sum_squares;
        case Op::norm_inf: return Term::max_abs;
        case Op::norm: return Term::sum_power;
        case Op::logsumexp: return Term::max;
        case Op::ties: return Term::equal;
        case Op::abs_ties: return Term::abs_equal;
        default: return Term::sum;
    }
}

double identity(Term t) {
    switch (t) {
        case Term::prod: return 1;
        case Term::max: return -INFINITY;
        case Term::min: return INFINITY;
        default: return 0;
    }
}

template <Op op>
constexpr bool kTwoPasses = op == Op::var || op == Op::std || op == Op::logsumexp;

template <Op op>
constexpr double kElementNs = op == Op::norm        ? cost::kPowerNorm
                              : op == Op::logsumexp ? cost::kLogsumexp
                                                    : cost::kElement;

template <Op op>
State merge(const State& x, const State& y) {
    if constexpr (op == Op::var || op == Op::std) {
        // Chan, Golub and LeVeque, Updating formulae and a pairwise algorithm for computing sample
        // variances, 1979.
        const double n = x.n + y.n, d = y.a - x.a;
        return {x.a + d * (y.n / n), x.b + y.b + d * d * (x.n * y.n / n), n};
    } else if constexpr (op == Op::logsumexp) {
        if (x.b == 0) return y;  // all -inf, or nothing
        if (y.b == 0) return x;
        const double shift = std::max(x.a, y.a);
        return {shift, x.b * std::exp(x.a - shift) + y.b * std::exp(y.a - shift), x.n + y.n};
    } else if constexpr (op == Op::prod) {
        return {x.a * y.a, 0, 0};
    } else if constexpr (op == Op::amax || op == Op::norm_inf) {
        return {std::isnan(x.a) || x.a > y.a ? x.a : y.a, 0, 0};
    } else if constexpr (op == Op::amin) {
        return {std::isnan(x.a) || x.a < y.a ? x.a : y.a, 0, 0};
    } else {
        return {x.a + y.a, 0, 0};
    }
}

// The state of elements that occur `count` times each.
template <Op op>
State repeated(const State& s, double count) {
    if constexpr (op == Op::logsumexp) {
        return {s.a, s.b * count, s.n * count};
    } else if constexpr (op == Op::prod) {
        return {std::pow(s.a, count), 0, 0};
    } else if constexpr (op == Op::amax || op == Op::amin || op == Op::norm_inf) {
        return s;
    } else {
        return {s.a * count, 0, 0};
    }
}

template <Op op, class T>
void finish(const Args& a, State s, dim_t at) {
    const auto n = static_cast<double>(a.g.reduced * a.g.repeats);
    if (a.g.repeats > 1) s = repeated<op>(s, static_cast<double>(a.g.repeats));
    double y = s.a;
    if constexpr (op == Op::mean) y = s.a / n;
    if constexpr (op == Op::norm2) y = std::sqrt(s.a);
    if constexpr (op == Op::norm) y = std::pow(s.a, 1 / a.power);
    if constexpr (op == Op::logsumexp) y = s.a + std::log(s.b);
    if constexpr (op == Op::var || op == Op::std) {
        y = s.b / std::max(0.0, n - a.correction);
        if (op == Op::std) y = std::sqrt(y);
        static_cast<T*>(a.mean)[at] = static_cast<T>(s.a);
    }
    if constexpr (op == Op::count_nonzero) {
        static_cast<std::int64_t*>(a.y)[at] = static_cast<std::int64_t>(y);
    } else if constexpr (op == Op::any || op == Op::all) {
        static_cast<bool*>(a.y)[at] = op == Op::any ? y != 0 : y == n;
    } else {
        static_cast<T*>(a.y)[at] = static_cast<T>(y);
    }
}

// Whether n numbers added to `sum`, without loss at the ends of the range of float32: a square or
// power below 2^-126 may have been taken for 0, which is little in sums above 2^-102 n.
template <Op op>
bool in_range(double sum, double n) {
    constexpr bool powers = op == Op::norm2 || op == Op::norm;
    return std::isfinite(sum) && (!powers || sum >= n * 0x1p-102);
}

// Whether a spread, b = sum (x - mean)^2, is safe from the error of a mean that was added up in
// float32, 2^-21 of it at most: its square must be below 2^-26 of the variance.
bool is_wide(const State& s) {
    return std::isfinite(s.b) && s.a * s.a * s.n <= s.b * 0x1p16;
}

// The state of n numbers from their mean and their squares around it as it was rounded.
State spread_of(double mean, double squares, double rounded, double n) {
    const double off = mean - rounded, b = squares - n * off * off;
    return {mean, b < 0 ? 0 : b, n};
}

// The operations whose elements are taken in double where float32 is too narrow.
template <Op op, class T>
constexpr bool kExact = sizeof(T) == sizeof(float) &&
                        (op == Op::sum || op == Op::mean || op == Op::norm1 || op == Op::norm2 ||
                         op == Op::norm || op == Op::var || op == Op::std);

// One segment of one tile.
template <Op op, class T>
void reduce_tile(const Args& a, const Walk& walk, const Walk::Outputs& o, dim_t segment,
                 State* out) {
    const auto& k = isa::table<Kernels, T>();
    const T* x = static_cast<const T*>(a.x);
    double acc[kTile];
    T shift[kTile];
    const Term first = term(op);
    const T* given = nullptr;
    if constexpr (op == Op::ties || op == Op::abs_ties) {
        for (dim_t i = 0; i < o.count; ++i)
            shift[i] = static_cast<const T*>(a.shift)[o.offset + i * o.step];
        given = shift;
    }
    const auto pass_by = [&](const auto& terms, Term t, const T* shifts) {
        std::fill_n(acc, o.count, identity(t));
        return walk.each(o, segment, [&](dim_t at, dim_t stride, dim_t rows, dim_t cols) {
            call(entry(terms, t), walk.along(),
                 Tile<T>{x + at, stride, rows, cols, shifts, static_cast<T>(a.power), acc});
        });
    };
    const auto pass = [&](Term t, const T* shifts) { return pass_by(k.terms, t, shifts); };
    const auto n = static_cast<double>(pass(first, given));
    for (dim_t i = 0; i < o.count; ++i) out[i] = {acc[i], 0, n};
    if constexpr (op == Op::logsumexp) {
        for (dim_t i = 0; i < o.count; ++i)
            shift[i] = std::isinf(acc[i]) ? T(0) : static_cast<T>(acc[i]);
        pass(Term::exp_shift, shift);
        for (dim_t i = 0; i < o.count; ++i) out[i] = {static_cast<double>(shift[i]), acc[i], n};
    }
    if constexpr (op == Op::var || op == Op::std) {
        for (dim_t i = 0; i < o.count; ++i) {
            out[i].a /= n;
            shift[i] = static_cast<T>(out[i].a);
        }
        pass(Term::square_shift, shift);
        for (dim_t i = 0; i < o.count; ++i)
            out[i] = spread_of(out[i].a, acc[i], static_cast<double>(shift[i]), n);
    }
    if constexpr (kExact<op, T>) {
        constexpr bool spread = op == Op::var || op == Op::std;
        const auto fits = [&](const State& s) {
            return spread ? is_wide(s) : in_range<op>(s.a, n);
        };
        if (std::all_of(out, out + o.count, fits)) return;
        pass_by(k.exact, first, nullptr);
        double sums[kTile];
        std::copy_n(acc, o.count, sums);
        if constexpr (spread) {
            for (dim_t i = 0; i < o.count; ++i) shift[i] = static_cast<T>(sums[i] / n);
            pass_by(k.exact, Term::square_shift, shift);
        }
        for (dim_t i = 0; i < o.count; ++i) {
            if (fits(out[i])) continue;
            if constexpr (spread) {
                out[i] = spread_of(sums[i] / n, acc[i], static_cast<double>(shift[i]), n);
            } else {
                out[i].a = sums[i];
            }
        }
    }
}

template <Op op, class T>
void reduce_typed(const Args& a) {
    const Walk walk(a.g);
    if (walk.segments == 1) {
        walk.run(kElementNs<op>, [&](dim_t tile, dim_t) {
            State states[kTile];
            const Walk::Outputs o = walk.outputs(tile);
            reduce_tile<op, T>(a, walk, o, 0, states);
            for (dim_t i = 0; i < o.count; ++i) finish<op, T>(a, states[i], o.offset + i * o.step);
        });
        return;
    }
    Scratch<State> parts(static_cast<std::size_t>(walk.tiles * walk.segments * walk.block()));
    const auto part = [&](dim_t tile, dim_t segment) {
        return parts.data() + (tile * walk.segments + segment) * walk.block();
    };
    walk.run(kElementNs<op>, [&](dim_t tile, dim_t segment) {
        reduce_tile<op, T>(a, walk, walk.outputs(tile), segment, part(tile, segment));
    });
    for (dim_t tile = 0; tile < walk.tiles; ++tile) {
        const Walk::Outputs o = walk.outputs(tile);
        State* total = part(tile, 0);
        for (dim_t s = 1; s < walk.segments; ++s) {
            const State* next = part(tile, s);
            for (dim_t i = 0; i < o.count; ++i) total[i] = merge<op>(total[i], next[i]);
        }
        for (dim_t i = 0; i < o.count; ++i) finish<op, T>(a, total[i], o.offset + i * o.step);
    }
}

template <Op op>
void reduce(const Args& a) {
    if (a.g.outputs == 0) return;
    visit_float(a.dtype, [&]<class T>() {
        if (a.g.reduced > 0) return reduce_typed<op, T>(a);
        // Nothing to reduce: the neutral element, or NaN where there is none.
        const State s{
            op == Op::logsumexp || op == Op::var || op == Op::std ? NAN : identity(term(op)), 0, 0};
        for (dim_t i = 0; i < a.g.outputs; ++i) {
            finish<op, T>(a, op == Op::logsumexp ? State{0, 0, 0} : s, i);
        }
    });
}

// -- argmax, argmin ------------------------------------------------------------------------------

template <ArgOp op, class T>
void arg_typed(const ArgArgs& a) {
    const auto& kernel = entry(isa::table<Kernels, T>().args, op);
    const Walk walk(a.g);
    const dim_t parts = walk.segments > 1 ? walk.tiles * walk.segments * walk.block() : 0;
    Scratch<T> values(static_cast<std::size_t>(std::max<dim_t>(parts, 1)));
    Scratch<std::int64_t> indices(static_cast<std::size_t>(std::max<dim_t>(parts, 1)));
    const auto tile_call = [&](const Walk::Outputs& o, dim_t segment, T* value,
                               std::int64_t* index) {
        const T* x = static_cast<const T*>(a.x);
        walk.each(o, segment, [&](dim_t at, dim_t stride, dim_t rows, dim_t cols) {
            call(kernel, walk.along(), ArgTile<T>{x + at, stride, rows, cols, value, index});
        });
    };
    const auto store = [&](const Walk::Outputs& o, const T* value, const std::int64_t* index) {
        for (dim_t i = 0; i < o.count; ++i) {
            if (a.values != nullptr) static_cast<T*>(a.values)[o.offset + i * o.step] = value[i];
            a.indices[o.offset + i * o.step] = index[i];
        }
    };
    walk.run(cost::kArg, [&](dim_t tile, dim_t segment) {
        const Walk::Outputs o = walk.outputs(tile);
        if (walk.segments == 1) {
            T value[kTile];
            dim_t index[kTile];
            tile_call(o, 0, value, index);
            store(o, value, index);
        } else {
            const dim_t at = (tile * walk.segments + segment) * walk.block();
            tile_call(o, segment, values.data() + at, indices.data() + at);
        }
    });
    if (walk.segments == 1) return;
    for (dim_t tile = 0; tile < walk.tiles; ++tile) {
        const Walk::Outputs o = walk.outputs(tile);
        T* best = values.data() + tile * walk.segments * walk.block();
        std::int64_t* where = indices.data() + tile * walk.segments * walk.block();
        for (dim_t s = 1; s < walk.segments; ++s) {
            for (dim_t i = 0; i < o.count; ++i) {
                const T v = best[s * walk.block() + i];
                const bool better = op == ArgOp::argmax ? v > best[i] : v < best[i];
                if (!std::isnan(best[i]) && (better || std::isnan(v))) {
                    best[i] = v;
                    where[i] = where[s * walk.block() + i] + s * walk.length();
                }
            }
        }
        store(o, best, where);
    }
}

template <ArgOp op>
void arg(const ArgArgs& a) {
    if (a.g.outputs == 0) return;
    visit_float(a.dtype, [&]<class T>() { arg_typed<op, T>(a); });
}

// -- backward ------------------------------------------------------------------------------------

template <Op op>
constexpr Gradient kGradientOf = op == Op::norm1                    ? Gradient::sign
                                 : op == Op::norm2                  ? Gradient::scale
                                 : op == Op::norm                   ? Gradient::power
                                 : op == Op::logsumexp              ? Gradient::exp
                                 : op == Op::norm_inf               ? Gradient::abs_equal
                                 : op == Op::amax || op == Op::amin ? Gradient::equal
                                                                    : Gradient::shift;

// The power of two near 1 / y, in the range of float32.
double unit_of(double y) {
    return std::ldexp(1.0, std::clamp(-std::ilogb(y), -126, 127));
}

// The factor and the shift of one output.
template <Op op, class T>
void coefficients(const BackwardArgs& a, dim_t at, T& factor, T& shift) {
    const double dy = static_cast<const T*>(a.dy)[at], y = static_cast<const T*>(a.y)[at];
    const double extra = a.extra == nullptr ? 0 : static_cast<const T*>(a.extra)[at];
    const double n = std::max(0.0, static_cast<double>(a.g.reduced) - a.correction);
    // Of x / y, a power of two is taken with x, so that both factors are in range.
    constexpr bool scaled = op == Op::norm2 || op == Op::norm;
    const double unit = scaled && y > 0 && std::isfinite(y) ? unit_of(y) : 1;
    double f = dy;
    if constexpr (op == Op::norm2) f = y == 0 ? 0 : dy / (y * unit);
    if constexpr (op == Op::norm) f = y == 0 ? 0 : dy / std::pow(y * unit, a.power - 1);
    if constexpr (op == Op::var) f = 2 * dy / n;
    if constexpr (op == Op::std) f = y == 0 ? 0 : dy / (n * y);
    if constexpr (op == Op::amax || op == Op::amin || op == Op::norm_inf) f = dy / extra;
    factor = static_cast<T>(f);
    shift = static_cast<T>(scaled ? unit : op == Op::var || op == Op::std ? extra : y);
}

template <Op op, class T>
void backward_typed(const BackwardArgs& a) {
    const auto& kernel = entry(isa::table<Kernels, T>().gradients, kGradientOf<op>);
    const Walk walk(a.g);
    walk.run(2 * kElementNs<op>, [&](dim_t tile, dim_t segment) {
        T factor[kTile], shift[kTile];
        const Walk::Outputs o = walk.outputs(tile);
        for (dim_t i = 0; i < o.count; ++i) {
            coefficients<op, T>(a, o.offset + i * o.step, factor[i], shift[i]);
        }
        walk.each(o, segment, [&](dim_t at, dim_t stride, dim_t rows, dim_t cols) {
            call(kernel, walk.along(),
                 BackwardTile<T>{static_cast<const T*>(a.x) + at, static_cast<T*>(a.dx) + at,
                                 stride, rows, cols, factor, shift, static_cast<T>(a.power)});
        });
    });
}

template <Op op>
void backward(const BackwardArgs& a) {
    if (a.g.outputs * a.g.reduced == 0) return;
    visit_float(a.dtype, [&]<class T>() { backward_typed<op, T>(a); });
}

template <int flops, int passes, class A>
Work work(const A& a) {
    const double n = static_cast<double>(a.g.outputs * a.g.reduced);
    return {flops * n, passes * n * static_cast<double>(size_of(a.dtype))};
}

template <Op op>
constexpr Kernel<Args> kernel_of(const char* name) {
    return {name, reduce<op>, work < kTwoPasses<op> ? 4 : 1, 1, Args > };
}

template <Op op>
constexpr Kernel<BackwardArgs> backward_of(const char* name) {
    return {name, backward<op>, work<2, 2, BackwardArgs>};
}

constexpr Kernel<BackwardArgs> kNone{nullptr, nullptr, nullptr};

}  // namespace

const Kernel<Args> kReduce[] = {
    kernel_of<Op::sum>("sum"),
    kernel_of<Op::mean>("mean"),
    kernel_of<Op::prod>("prod"),
    kernel_of<Op::amax>("amax"),
    kernel_of<Op::amin>("amin"),
    kernel_of<Op::norm0>("norm"),
    kernel_of<Op::norm1>("norm"),
    kernel_of<Op::norm2>("norm"),
    kernel_of<Op::norm_inf>("norm"),
    kernel_of<Op::norm>("norm"),
    kernel_of<Op::logsumexp>("logsumexp"),
    kernel_of<Op::var>("var"),
    kernel_of<Op::std>("std"),
    kernel_of<Op::ties>("ties"),
    kernel_of<Op::abs_ties>("abs_ties"),
    kernel_of<Op::count_nonzero>("count_nonzero"),
    kernel_of<Op::any>("any"),
    kernel_of<Op::all>("all"),
};

const Kernel<ArgArgs> kArg[] = {
    {"argmax", arg<ArgOp::argmax>, work<1, 1, ArgArgs>},
    {"argmin", arg<ArgOp::argmin>, work<1, 1, ArgArgs>},
};

const Kernel<BackwardArgs> kBackward[] = {
    kNone,
    kNone,
    kNone,
    backward_of<Op::amax>("amax_backward"),
    backward_of<Op::amin>("amin_backward"),
    kNone,
    backward_of<Op::norm1>("norm_backward"),
    backward_of<Op::norm2>("norm_backward"),
    backward_of<Op::norm_inf>("norm_backward"),
    backward_of<Op::norm>("norm_backward"),
    backward_of<Op::logsumexp>("logsumexp_backward"),
    backward_of<Op::var>("var_backward"),
    backward_of<Op::std>("std_backward"),
    kNone,
    kNone,
};

}  // namespace fastnn::reduce
