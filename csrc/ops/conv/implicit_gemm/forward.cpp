// Forward and data gradient.
#include "ops/conv/implicit_gemm/implicit_gemm.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "core/memory.h"
#include "core/parallel.h"
#include "ops/conv/implicit_gemm/input.h"
#include "ops/conv/implicit_gemm/panels.h"

namespace fastnn::conv {
namespace {

constexpr double kChunkNs = 8000;  // a chunk costs some 200 ns to hand out and set up
constexpr double kManyChunks = 32;
constexpr long kFillRows = 256;
constexpr long kNear = 256 << 10;  // bytes of weights that stay in L2 beside a chunk's input

double direct_ns(const Args& args, const ProductAxes& axes) {
    const Shape& s = args.shape;
    const auto n = [](long x) { return static_cast<double>(x); };
    const long to = args.transposed ? s.c : s.o;
    return visit_float(args.dtype, [&]<class T>() {
        const gemm::Blocking& f = isa::table<gemm::TypedKernels<T>>().blocking;
        const double products = n(s.n) * axes.products(0) * axes.products(1) * axes.products(2) *
                                n(args.transposed ? s.o : s.c) / n(s.groups) *
                                n(round_up(std::max(1L, to / s.groups), f.width) * s.groups);
        const double weights = n(s.c) * n(s.o) / n(s.groups) * n(s.taps());
        return 2 * products / (0.9 * f.flops_per_ns) + weights * 0.25 +
               n(s.n) * n(s.in_size()) * n(s.c) * 0.2;
    });
}

template <class T>
class Direct {
 public:
    explicit Direct(const Args& args)
        : a_(args),
          s_(args.shape, args.transposed),
          g_(isa::table<gemm::TypedKernels<T>>()),
          to_(static_cast<T*>(args.to)),
          input_(args) {
        const ProductAxes axes = products_of(args.shape, args.transposed);
        if (s_.from_group > 0) find_products(axes);
        cost_ns_ = direct_ns(args, axes);
        long taps = 1, all_taps = 0;
        for (const Product& p : products_) taps = std::max(taps, p.taps), all_taps += p.taps;
        const double share = std::clamp(cost_ns_ / kChunkNs, 1.0, kManyChunks);
        lay_out_all(block_of_channels(taps, s_.from_group, kPanel, g_.blocking, sizeof(T)),
                    static_cast<long>(
                        share / static_cast<double>(std::max<std::size_t>(1, products_.size()))) +
                        1);
        pack_here_ = !products_.empty();
        for (const Product& p : products_) pack_here_ = pack_here_ && p.pixel_chunks() == 1;
        if (pack_here_) {
            // Each weight is used by one chunk, which packs it for itself: a chunk is then some
            // outputs of all products, for in the kernel their weights stand side by side.
            for (Product& p : products_) p.one_chunk = true;
            lay_out_all(
                block_of_channels(all_taps, s_.from_group, kPanelHere, g_.blocking, sizeof(T)),
                static_cast<long>(share));
            place_copies();
        }
        panels_.emplace(args, block_, pack_here_);
        for (Product& p : products_) {
            panels_->place(p);
            input_.place_shared(p);
        }
    }

    void run() {
        if (outputs_ < s_.to[0] * s_.to[1] * s_.to[2]) fill<T>(a_);
        long chunks = 0;
        std::size_t local_size = 0;
        for (const Product& p : products_) {
            chunks += p.pixel_chunks() * p.out_chunks * s_.groups;
            if (!p.shared) local_size = std::max(local_size, p.copy_size);
        }
        if (pack_here_) {
            chunks = products_[0].out_chunks * s_.groups;
            local_size = panels_->size() + copies_size_;
        }
        if (chunks == 0) return;
        const int threads = threads_worth(chunks, cost_ns_);
        local_size += 16;  // a line apart
        Scratch<T> local(local_size * static_cast<std::size_t>(threads));
        const std::size_t here = a_.cache == nullptr ? 0 : panels_->size() * single_panels();
        PackedScratch<T> packed(a_.cache, key(), pack_here_ ? here : panels_->size());
        packed_ = packed.data();
        ready_ = packed.ready();
        Scratch<T> shared(input_.shared_size());
        input_.set_shared(shared.data());
        const long packing = pack_here_ || ready_ ? 0 : panels_->chunks(),
                   copying = input_.copy_chunks(products_);
        parallel_ranges(threads, chunks, cost_ns_, [&](Team& team, long begin, long end) {
            if (begin == 0 && packing + copying > 0) {
                team.for_each(packing + copying, [&](long i) {
                    i < packing ? panels_->pack_chunk(i, packed_)
                                : input_.copy_chunk(products_, i - packing);
                });
            }
            T* const mine = local.data() + local_size * static_cast<std::size_t>(team.thread());
            team.for_each_nowait(end - begin, [&](long i) {
                pack_here_ ? compute_here(i + begin, mine) : compute(i + begin, mine);
            });
        });
        packed.complete();
    }

 private:
    // Where chunks pack panels one by one and these are kept: how many there are, and each one.
    std::size_t single_panels() const {
        return static_cast<std::size_t>(s_.groups * ceil_div(s_.to_group, g_.blocking.nr) *
                                        ceil_div(s_.from_group, block_));
    }
    T* kept_panel(long group, long j, long c) const {
        const long panel = group * ceil_div(s_.to_group, g_.blocking.nr) + j / g_.blocking.nr;
        return packed_ + static_cast<long>(panels_->size()) *
                             (panel * ceil_div(s_.from_group, block_) + c / block_);
    }
    // What the order of packed weights depends on: where products are more than one or leave taps
    // out, on all sizes.
    PackedKey key() const {
        const Shape& s = a_.shape;
        PackedKey key{pack_here_ ? kKeptChunks : kKeptPanels,
                      static_cast<long>(isa::level()),
                      static_cast<long>(sizeof(T)),
                      a_.transposed,
                      s.groups,
                      s.c,
                      s.o,
                      block_,
                      s.kernel[0],
                      s.kernel[1],
                      s.kernel[2]};
        const bool plain = !a_.transposed && products_.size() == 1 && products_[0].taps == s.taps();
        if (plain) return key;
        std::size_t at = 11;
        key[at++] = 1 + s.n;
        for (const auto* numbers : {&s.in, &s.out, &s.stride, &s.dilation, &s.pad}) {
            for (const long number : *numbers) key[at++] = number;
        }
        return key;
    }

    void find_products(const ProductAxes& axes) {
        for (const Axis& d : axes.axis[0]) {
            for (const Axis& h : axes.axis[1]) {
                for (const Axis& w : axes.axis[2]) {
                    Product p;
                    p.axis[0] = d, p.axis[1] = h, p.axis[2] = w;
                    p.taps = d.taps * h.taps * w.taps;
                    products_.push_back(p);
                    outputs_ += d.count * h.count * w.count;
                }
            }
        }
    }

    // Neighbours that look at the same input share a copy.
    void place_copies() {
        const Product* last = nullptr;
        for (Product& p : products_) {
            if (p.shared || !p.copied) continue;
            p.copied_before = last != nullptr && p.reads_like(*last);
            p.copy_base = p.copied_before ? last->copy_base : static_cast<long>(copies_size_);
            if (!p.copied_before) copies_size_ += p.copy_size;
            last = &p;
        }
    }

    void lay_out_all(long block, long share) {
        block_ = block;
        for (Product& p : products_) {
            p.channel_block = block;
            lay_out(p, a_.shape, s_, g_.blocking, sizeof(T), share);
        }
    }

    struct Range {
        long begin, end;
    };

    static void cut(long& first, long& count, long index, long size, long total) {
        first = index * size, count = std::min(size, total - first);
    }

    void compute(long chunk, T* local) const {
        const Product* p = products_.data();
        for (long mine; chunk >= (mine = p->pixel_chunks() * p->out_chunks * s_.groups); ++p)
            chunk -= mine;
        // Neighbouring chunks have the same outputs, so that threads share panels of B.
        Part t{};
        const auto next = [&](long size) {
            const long i = chunk % size;
            chunk /= size;
            return i;
        };
        cut(t.col, t.cols, next(p->col_chunks), p->cols, p->axis[2].count);
        cut(t.row, t.rows, next(p->row_chunks), p->rows, p->axis[1].count);
        t.depth = next(p->axis[0].count);
        cut(t.image, t.images, next(p->image_chunks), p->images, a_.shape.n);
        cut(t.out, t.outs, next(p->out_chunks), p->outs, s_.to_group);
        t.group = chunk;
        const T* const input = input_.read(*p, t, local);
        // A panel of B with one block of channels stays near while all pixels pass by; the sums of
        // a panel stay near while all blocks do.
        const long width = block_ >= s_.from_group ? t.outs : g_.blocking.nr;
        for (long j = 0; j < t.outs; j += width) {
            for (long c = 0; c < s_.from_group; c += block_) {
                multiply(*p, t, {t.out + j, std::min(t.out + t.outs, t.out + j + width)}, c, input,
                         packed_ + panels_->at(*p, t.group, t.out + j, c));
            }
        }
    }

    void compute_here(long chunk, T* local) const {
        const auto part = [&](const Product& p) {
            Part t{};
            t.images = a_.shape.n, t.rows = p.axis[1].count, t.cols = p.axis[2].count;
            cut(t.out, t.outs, chunk % p.out_chunks, p.outs, s_.to_group);
            t.group = chunk / p.out_chunks;
            return t;
        };
        T* const copies = local + panels_->size();
        for (const Product& p : products_) {
            if (!p.copied_before) input_.read(p, part(p), copies + p.copy_base);
        }
        const Part t = part(products_[0]);
        for (long j = 0; j < t.outs; j += g_.blocking.nr) {
            const Range columns{t.out + j, t.out + std::min(t.outs, j + g_.blocking.nr)};
            for (long c = 0; c < s_.from_group; c += block_) {
                T* const weights =
                    a_.cache == nullptr ? local : kept_panel(t.group, columns.begin, c);
                if (!ready_) {
                    panels_->pack(t.group, columns.begin, c, std::min(s_.from_group, c + block_),
                                  weights);
                }
                for (const Product& p : products_) {
                    const bool here = p.copied && !p.shared;
                    const Part mine = part(p);
                    multiply(p, mine, columns, c,
                             here ? copies + p.copy_base : input_.in_place(p, mine),
                             weights + p.b_base);
                }
            }
        }
    }

    // Adds what a block of channels from c on gives to some outputs of a chunk.
    void multiply(const Product& p, const Part& t, Range outs, long c, const T* from,
                  const T* weights) const {
        const Axis &d = p.axis[0], &h = p.axis[1], &w = p.axis[2];
        const long channels = s_.to_channels;
        // Strides of `to` between the outputs of a product.
        const long c_row = w.step * channels, c_group = h.step * s_.to[2] * channels,
                   c_image = s_.to[0] * s_.to[1] * s_.to[2] * channels;
        const long first = ((t.image * s_.to[0] + d.first + d.step * t.depth) * s_.to[1] + h.first +
                            h.step * t.row) *
                               s_.to[2] * channels +
                           (w.first + w.step * t.col) * channels + t.group * s_.to_group;
        gemm::Block<T> b{};
        b.a_k = 1, b.b_panels = true, b.alpha = 1;
        b.segments = static_cast<long>(p.segments.size()), b.a_offset = p.segments.data();
        // Rows of tiles, groups of them, and what is left.
        long outer, a_outer, c_outer;
        if (p.along_images) {
            b.m = t.images, b.a_row = p.image, b.c_row = c_image;
            b.groups = t.cols, b.a_group = p.step[2], b.c_group = c_row;
            outer = t.rows, a_outer = p.step[1], c_outer = c_group;
        } else {
            b.m = t.cols, b.a_row = p.step[2], b.c_row = c_row;
            b.groups = t.rows, b.a_group = p.step[1], b.c_group = c_group;
            outer = t.images, a_outer = p.image, c_outer = c_image;
        }
        b.residual_row = b.c_row, b.residual_group = b.c_group;
        const long depth = std::min(block_, s_.from_group - c);
        b.k = p.k != block_ ? p.k : depth;
        b.n = outs.end - outs.begin, b.b = weights;
        b.beta = c > 0 ? 1 : 0;
        const T* residual = nullptr;
        if (c + depth == s_.from_group) {
            b.relu = a_.relu();
            residual = static_cast<const T*>(a_.residual);
            if (a_.bias != nullptr)
                b.bias = static_cast<const T*>(a_.bias) + t.group * s_.to_group + outs.begin;
        }
        // Where all panels stay near, a row of outputs is finished before the next one.
        const long groups = b.groups;
        if (p.taps * depth * b.n * static_cast<long>(sizeof(T)) <= kNear) b.groups = 1;
        for (long i = 0; i < outer; ++i) {
            for (long group = 0; group < groups; group += b.groups) {
                const long at = first + outs.begin + i * c_outer + group * b.c_group;
                b.a = from + c + i * a_outer + group * b.a_group;
                b.c = to_ + at;
                b.residual = residual != nullptr ? residual + at : nullptr;
                g_.block(b);
            }
        }
    }

    const Args& a_;
    const Sides s_;
    const gemm::TypedKernels<T>& g_;
    T* const to_;
    Input<T> input_;
    std::optional<Panels<T>> panels_;
    T* packed_ = nullptr;
    std::vector<Product> products_;
    long block_ = 1;    // channels of `from` that are summed over in one go
    long outputs_ = 0;  // of one image, of all products
    std::size_t copies_size_ = 0;
    // Each weight is used by one chunk, which packs it for itself.
    bool pack_here_ = false, ready_ = false;
    double cost_ns_ = 0;
};

}  // namespace

template <class T>
void direct(const Args& args) {
    Direct<T>(args).run();
}

template <class T>
void fill(const Args& args) {
    const Sides s(args.shape, args.transposed);
    const long rows = args.shape.n * s.to[0] * s.to[1] * s.to[2], cols = s.to_channels;
    const gemm::TypedKernels<T>& g = isa::table<gemm::TypedKernels<T>>();
    parallel_for(ceil_div(rows, kFillRows), static_cast<double>(kFillRows * cols) * 0.1,
                 [&](long chunk) {
                     const long i = chunk * kFillRows;
                     gemm::Finish<T> f{};
                     f.rows = std::min(kFillRows, rows - i), f.cols = cols;
                     f.c = static_cast<T*>(args.to) + i * cols, f.c_row = cols;
                     f.alpha = 1;
                     f.bias = static_cast<const T*>(args.bias);
                     if (args.residual != nullptr) {
                         f.residual = static_cast<const T*>(args.residual) + i * cols;
                         f.residual_row = cols;
                     }
                     f.relu = args.relu();
                     g.finish(f);
                 });
}

double direct_ns(const Args& args) {
    return direct_ns(args, products_of(args.shape, args.transposed));
}

template void direct<float>(const Args&);
template void direct<double>(const Args&);
template void fill<float>(const Args&);
template void fill<double>(const Args&);

}  // namespace fastnn::conv
