// Forward and data gradient: the executor of a layout.
#include <algorithm>

#include "core/cache.h"
#include "core/memory.h"
#include "core/parallel.h"
#include "ops/activation/activation.h"
#include "ops/conv/cost.h"
#include "ops/conv/implicit_gemm/implicit_gemm.h"
#include "ops/conv/implicit_gemm/input.h"
#include "ops/conv/implicit_gemm/panels.h"
#include "ops/conv/sums.h"

namespace fastnn::conv {
namespace {

// Bytes of weights that stay in L2 together with a chunk's input.
dim_t weights_room() {
    return machine().l2.bytes / 4;
}

template <class T>
class Forward {
 public:
    Forward(const Args& args, const ForwardLayout& layout)
        : a_(args),
          l_(layout),
          s_(layout.sides),
          g_(isa::table<gemm::TypedKernels<T>>()),
          epilogue_(args.epilogue.as<T>()),
          y_(static_cast<T*>(args.to)),
          shared_(layout.shared_size),
          input_(layout, static_cast<const T*>(args.from), shared_.data()),
          panels_(layout, static_cast<const T*>(args.w)) {}

    void run() {
        if (l_.outputs < s_.to_size()) fill_empty_sums<T>(a_);
        const dim_t chunks = l_.chunks();
        if (chunks == 0) return;
        const int threads = threads_worth(chunks, l_.ns);
        const std::size_t local_size = l_.local_size() + 16;  // a line apart
        Scratch<T> local(local_size * static_cast<std::size_t>(threads));
        PackedScratch<T> packed(a_.cache, panels_.key(), panels_.packed_size(a_.cache != nullptr));
        packed_ = packed.data();
        ready_ = packed.ready();
        const dim_t packing = l_.pack_in_chunk || ready_ ? 0 : panels_.chunks(),
                    copying = input_.copy_chunks();
        parallel_team(threads, [&](Team& team) {
            if (packing + copying > 0) {
                team.for_each(packing + copying, [&](dim_t i) {
                    i < packing ? panels_.pack_chunk(i, packed_) : input_.copy_chunk(i - packing);
                });
            }
            T* const mine = local.data() + local_size * static_cast<std::size_t>(team.thread());
            team.for_each_nowait(chunks, [&](dim_t i) {
                l_.pack_in_chunk ? compute_and_pack(i, mine) : compute(i, mine);
            });
        });
        packed.complete();
    }

 private:
    struct Range {
        dim_t begin, end;
    };

    static void cut(dim_t& first, dim_t& count, dim_t index, dim_t size, dim_t total) {
        first = index * size, count = std::min(size, total - first);
    }

    void compute(dim_t chunk, T* local) const {
        const Product* p = l_.products.data();
        for (dim_t mine; chunk >= (mine = p->pixel_chunks() * p->out_chunks * s_.groups); ++p)
            chunk -= mine;
        // Neighbouring chunks have the same outputs, so that threads share panels of B.
        Part t{};
        const auto next = [&](dim_t size) {
            const dim_t i = chunk % size;
            chunk /= size;
            return i;
        };
        cut(t.col, t.cols, next(p->col_chunks), p->cols, p->axis[2].count);
        cut(t.row, t.rows, next(p->row_chunks), p->rows, p->axis[1].count);
        t.depth = next(p->axis[0].count);
        cut(t.image, t.images, next(p->image_chunks), p->images, l_.shape.n);
        cut(t.out, t.outs, next(p->out_chunks), p->outs, s_.to_group);
        t.group = chunk;
        const T* const input = input_.read(*p, t, local);
        // With one block of channels, a panel of B stays in L1 for all pixels of the chunk; with
        // several, the sums of a panel stay in cache from block to block.
        const dim_t width = l_.block >= s_.from_group ? t.outs : g_.blocking.nr;
        for (dim_t j = 0; j < t.outs; j += width) {
            for (dim_t c = 0; c < s_.from_group; c += l_.block) {
                multiply(*p, t, {t.out + j, std::min(t.out + t.outs, t.out + j + width)}, c, input,
                         packed_ + panels_.at(*p, t.group, t.out + j, c));
            }
        }
        activate(*p, t);
    }

    void compute_and_pack(dim_t chunk, T* local) const {
        const auto part = [&](const Product& p) {
            Part t{};
            t.images = l_.shape.n, t.rows = p.axis[1].count, t.cols = p.axis[2].count;
            cut(t.out, t.outs, chunk % p.out_chunks, p.outs, s_.to_group);
            t.group = chunk / p.out_chunks;
            return t;
        };
        T* const copies = local + l_.panels_size;
        for (const Product& p : l_.products) {
            if (!p.copied_before) input_.read(p, part(p), copies + p.copy_base);
        }
        const Part t = part(l_.products[0]);
        for (dim_t j = 0; j < t.outs; j += g_.blocking.nr) {
            const Range columns{t.out + j, t.out + std::min(t.outs, j + g_.blocking.nr)};
            for (dim_t c = 0; c < s_.from_group; c += l_.block) {
                T* const weights = a_.cache == nullptr
                                       ? local
                                       : packed_ + panels_.cached_at(t.group, columns.begin, c);
                if (!ready_) {
                    panels_.pack(t.group, columns.begin, c, std::min(s_.from_group, c + l_.block),
                                 weights);
                }
                for (const Product& p : l_.products) {
                    const bool here = p.copied && !p.shared;
                    const Part mine = part(p);
                    multiply(p, mine, columns, c,
                             here ? copies + p.copy_base : input_.in_place(p, mine),
                             weights + p.b_base);
                }
            }
        }
        for (const Product& p : l_.products) activate(p, part(p));
    }

    // Where the outputs of a part begin in y, and how far apart they are along each axis.
    struct Outputs {
        dim_t first, image, row, col;
    };
    Outputs outputs(const Product& p, const Part& t) const {
        const Axis &d = p.axis[0], &h = p.axis[1], &w = p.axis[2];
        const dim_t channels = s_.to_channels;
        return {((t.image * s_.to[0] + d.first + d.step * t.depth) * s_.to[1] + h.first +
                 h.step * t.row) *
                        s_.to[2] * channels +
                    (w.first + w.step * t.col) * channels + t.group * s_.to_group,
                s_.to[0] * s_.to[1] * s_.to[2] * channels, h.step * s_.to[2] * channels,
                w.step * channels};
    }

    void activate(const Product& p, const Part& t) const {
        if (!epilogue_.unfinished()) return;
        const Outputs y = outputs(p, t);
        for (dim_t image = 0; image < t.images; ++image) {
            for (dim_t row = 0; row < t.rows; ++row) {
                activation::finish(epilogue_, y_, y.first + t.out + image * y.image + row * y.row,
                                   y.col, t.cols, t.outs);
            }
        }
    }

    // Adds what a block of channels from c on gives to some outputs of a chunk.
    void multiply(const Product& p, const Part& t, Range outs, dim_t c, const T* from,
                  const T* weights) const {
        const Outputs y = outputs(p, t);
        gemm::Block<T> b{};
        b.a_k = 1, b.b_panels = true, b.alpha = 1;
        b.segments = static_cast<dim_t>(p.segments.size()), b.a_offset = p.segments.data();
        // Rows of tiles, groups of rows, and the loop over the third axis.
        dim_t outer, a_outer, c_outer;
        if (p.along_images) {
            b.m = t.images, b.a_row = p.image, b.c_row = y.image;
            b.groups = t.cols, b.a_group = p.step[2], b.c_group = y.col;
            outer = t.rows, a_outer = p.step[1], c_outer = y.row;
        } else {
            b.m = t.cols, b.a_row = p.step[2], b.c_row = y.col;
            b.groups = t.rows, b.a_group = p.step[1], b.c_group = y.row;
            outer = t.images, a_outer = p.image, c_outer = y.image;
        }
        const dim_t depth = std::min(l_.block, s_.from_group - c);
        b.k = p.k != l_.block ? p.k : depth;
        b.n = outs.end - outs.begin, b.b = weights;
        b.beta = c > 0 ? 1 : 0;
        const bool last = c + depth == s_.from_group;
        if (last) {
            b.epilogue = epilogue_;
            b.epilogue.residual_row = b.c_row, b.residual_group = b.c_group;
            if (epilogue_.bias != nullptr) b.epilogue.bias += t.group * s_.to_group + outs.begin;
        }
        // Where L2 holds all panels, a row of outputs is finished before the next one.
        const dim_t groups = b.groups;
        if (p.taps * depth * b.n * static_cast<dim_t>(sizeof(T)) <= weights_room()) b.groups = 1;
        for (dim_t i = 0; i < outer; ++i) {
            for (dim_t group = 0; group < groups; group += b.groups) {
                const dim_t at = y.first + outs.begin + i * c_outer + group * b.c_group;
                b.a = from + c + i * a_outer + group * b.a_group;
                b.c = epilogue_.out(y_) + at;
                if (last && epilogue_.residual != nullptr)
                    b.epilogue.residual = epilogue_.residual + at;
                g_.block(b);
            }
        }
    }

    const Args& a_;
    const ForwardLayout& l_;
    const Sides& s_;
    const gemm::TypedKernels<T>& g_;
    const Epilogue<T> epilogue_;
    T* const y_;
    Scratch<T> shared_;
    const Input<T> input_;
    const Panels<T> panels_;
    T* packed_ = nullptr;
    bool ready_ = false;  // all panels of weights are packed already
};

double cost_ns(const Args& args, const ProductAxes& axes) {
    const Shape& s = args.shape;
    const auto n = [](dim_t x) { return static_cast<double>(x); };
    const dim_t to = args.transposed ? s.c : s.o;
    return visit_float(args.dtype, [&]<class T>() {
        const gemm::Blocking& f = isa::table<gemm::TypedKernels<T>>().blocking;
        const double products = n(s.n) * axes.products(0) * axes.products(1) * axes.products(2) *
                                n(args.transposed ? s.o : s.c) / n(s.groups) *
                                n(round_up(std::max<dim_t>(1, to / s.groups), f.width) * s.groups);
        const double weights = n(s.c) * n(s.o) / n(s.groups) * n(s.taps());
        return 2 * products / (cost::implicit_gemm::kRoof * f.flops_per_ns) +
               weights * cost::implicit_gemm::kWeight +
               n(s.n) * n(s.in_size()) * n(s.c) * cost::implicit_gemm::kPixel;
    });
}

}  // namespace

ImplicitGemm::ImplicitGemm(const Args& args) : axes_(products_of(args.shape, args.transposed)) {
    ns = cost_ns(args, axes_);
}

void ImplicitGemm::run(const Args& args) const {
    visit_float(args.dtype, [&]<class T>() {
        const ForwardLayout layout(args.shape, args.transposed, axes_, ns,
                                   isa::table<gemm::TypedKernels<T>>().blocking, sizeof(T));
        Forward<T>(args, layout).run();
    });
}

PlanPointer<Args> plan_implicit_gemm(const Args& args) {
    return std::make_unique<ImplicitGemm>(args);
}

}  // namespace fastnn::conv
