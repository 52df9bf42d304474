// Forward and data gradient.
#include "ops/conv/direct.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "core/memory.h"
#include "core/parallel.h"
#include "ops/conv/windows.h"

namespace fastnn::conv {
namespace {

constexpr double kChunkNs = 8000;  // a chunk costs some 200 ns to hand out and set up
constexpr double kManyChunks = 32;
constexpr long kPackRows = 128;  // channels of weights that are packed in one go
constexpr long kFillRows = 256;
constexpr long kPanels = 256 << 10;  // bytes of weights that stay in L2 beside a chunk's input
constexpr long kWidePixel = 32;      // elements: copied one by one, fetching those that follow

template <class T>
class Direct {
 public:
    explicit Direct(const Args& args)
        : a_(args),
          s_(args.shape, args.transposed),
          f_(table<T>()),
          g_(gemm_table<T>()),
          from_(static_cast<const T*>(args.from)),
          w_(static_cast<const T*>(args.w)),
          to_(static_cast<T*>(args.to)) {
        find_products();
        cost_ns_ = direct_ns(args);
        long taps = 1;
        for (const Product& p : products_) taps = std::max(taps, p.taps);
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
            taps = args.shape.taps();
            for (Product& p : products_) p.one_chunk = true;
            lay_out_all(block_of_channels(taps, s_.from_group, kPanelHere, g_.blocking, sizeof(T)),
                        static_cast<long>(share));
            b_size_ = static_cast<std::size_t>(taps * block_ * g_.blocking.nr);
        }
        places_.resize(static_cast<std::size_t>(args.shape.taps()));
        for (Product& p : products_) place(p);
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
            local_size = b_size_;
            for (const Product& p : products_) local_size += p.shared ? 0 : p.copy_size;
        }
        if (chunks == 0) return;
        const int threads = threads_worth(chunks, cost_ns_);
        local_size += 16;  // a line apart
        Scratch<T> local(local_size * static_cast<std::size_t>(threads));
        Scratch<T> packed(pack_here_ ? 0 : packed_size_);
        packed_ = packed.data();
        Scratch<T> shared(shared_size_);
        shared_ = shared.data();
        const long packing = pack_here_ ? 0 : pack_chunks(), copying = copy_chunks();
        const long region = std::max(
            1L, static_cast<long>(kRegionNs * static_cast<double>(chunks) / (1 + cost_ns_)));
        for (long begin = 0; begin < chunks; begin += region) {
            if (begin > 0) poll_interrupt();
            parallel_team(threads, [&](Team& team) {
                if (begin == 0 && packing + copying > 0) {
                    team.loop(packing + copying, [&](long i) {
                        i < packing ? pack_chunk(i) : copy_chunk(i - packing);
                    });
                }
                T* const mine = local.data() + local_size * static_cast<std::size_t>(team.thread());
                team.share_out(std::min(region, chunks - begin), [&](long i) {
                    pack_here_ ? compute_here(i + begin, mine) : compute(i + begin, mine);
                });
            });
        }
    }

 private:
    void find_products() {
        if (s_.from_group == 0) return;
        for (const Axis& d : products_along(a_.shape, 0, a_.transposed)) {
            for (const Axis& h : products_along(a_.shape, 1, a_.transposed)) {
                for (const Axis& w : products_along(a_.shape, 2, a_.transposed)) {
                    Product p;
                    p.axis[0] = d, p.axis[1] = h, p.axis[2] = w;
                    p.taps = d.taps * h.taps * w.taps;
                    products_.push_back(p);
                    outputs_ += d.count * h.count * w.count;
                }
            }
        }
    }

    void lay_out_all(long block, long share) {
        block_ = block;
        for (Product& p : products_) {
            p.channel_block = block;
            lay_out(p, a_.shape, s_, g_.blocking, sizeof(T), share);
        }
    }

    // Where the weights of a product stand among the packed ones, and its input among the copies.
    void place(Product& p) {
        const long columns = s_.groups * padded_columns();
        p.b_base = static_cast<long>(packed_size_);
        packed_size_ += static_cast<std::size_t>(
            p.taps * (pack_here_ ? block_ * g_.blocking.nr : s_.from_group * columns));
        const auto tap = [&](int axis, long t) {
            return p.axis[axis].tap + t * p.axis[axis].tap_step;
        };
        if (p.shared) {
            p.shared_base = static_cast<long>(shared_size_);
            shared_size_ += p.copy_size * static_cast<std::size_t>(s_.groups * a_.shape.n);
        }
        long number = 0;
        for (long i = 0; i < p.axis[0].taps; ++i) {
            for (long j = 0; j < p.axis[1].taps; ++j) {
                for (long l = 0; l < p.axis[2].taps; ++l) {
                    const long at =
                        (tap(0, i) * a_.shape.kernel[1] + tap(1, j)) * a_.shape.kernel[2] +
                        tap(2, l);
                    places_[static_cast<std::size_t>(at)] = {p.b_base, p.taps, number++};
                }
            }
        }
    }

    long padded_columns() const { return round_up(s_.to_group, g_.blocking.width); }
    long panels() const { return ceil_div(s_.to_group, g_.blocking.nr); }

    // Chunks of packing: some channels of one panel.
    long parts() const { return ceil_div(s_.from_group, kPackRows); }
    long pack_chunks() const { return s_.groups * panels() * parts(); }
    void pack_chunk(long chunk) const {
        const long row = chunk % parts() * kPackRows, panel = chunk / parts();
        pack(panel / panels(), panel % panels() * g_.blocking.nr, row,
             std::min(s_.from_group, row + kPackRows), packed_);
    }

    // Chunks of the shared copies: a row of one image.
    long copy_chunks(const Product& p) const {
        return p.shared ? s_.groups * a_.shape.n * p.copied_rows() : 0;
    }
    long copy_chunks() const {
        long count = 0;
        for (const Product& p : products_) count += copy_chunks(p);
        return count;
    }
    void copy_chunk(long chunk) const {
        const Product* p = products_.data();
        for (long mine; chunk >= (mine = copy_chunks(*p)); ++p) chunk -= mine;
        const long row = chunk % p->copied_rows(), image = chunk / p->copied_rows();
        Part t{};
        t.image = image % a_.shape.n, t.images = 1, t.group = image / a_.shape.n;
        t.rows = p->axis[1].count, t.cols = p->axis[2].count;
        copy_input(*p, t, row, row + 1, shared_ + p->shared_base + image * p->image);
    }

    // Channels `begin` to `end` of `from`, of the panel that begins with output channel j.
    void pack(long group, long j, long begin, long end, T* packed) const {
        const long taps = a_.shape.taps(), columns = padded_columns();
        PackWeight<T> p{};
        p.cols = std::min(g_.blocking.nr, s_.to_group - j), p.taps = taps;
        p.row_stride = a_.transposed ? s_.to_group * taps : taps;
        p.col_stride = a_.transposed ? taps : s_.from_group * taps;
        p.places = places_.data(), p.packed = packed;
        p.column = pack_here_ ? 0 : group * columns + j;
        p.width = round_up(p.cols, g_.blocking.width);
        const T* const w = w_ + group * s_.from_group * s_.to_group * taps + j * p.col_stride;
        while (begin < end) {
            const long block = begin / block_ * block_, stop = std::min(end, block + block_);
            p.block = std::min(block_, s_.from_group - block);
            p.before = pack_here_ ? 0 : block * columns * s_.groups;
            p.first_row = begin - block, p.rows = stop - begin;
            p.w = w + begin * p.row_stride;
            f_.pack_weight(p);
            begin = stop;
        }
    }

    struct Range {
        long begin, end;
    };

    // What one chunk computes: first of each, and how many.
    struct Part {
        long image, images, group, depth, row, rows, col, cols, out, outs;
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
        const T* const input = read(*p, t, local);
        // A panel of B with one block of channels stays near while all pixels pass by; the sums of
        // a panel stay near while all blocks do.
        const long padded = padded_columns();
        const long width = block_ >= s_.from_group ? t.outs : g_.blocking.nr;
        for (long j = 0; j < t.outs; j += width) {
            for (long c = 0; c < s_.from_group; c += block_) {
                const long depth = std::min(block_, s_.from_group - c);
                multiply(*p, t, {t.out + j, std::min(t.out + t.outs, t.out + j + width)}, c, input,
                         packed_ + p->b_base +
                             (c * padded * s_.groups + (t.group * padded + t.out + j) * depth) *
                                 p->taps);
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
        T* copy = local + b_size_;
        for (const Product& p : products_) {
            read(p, part(p), copy);
            copy += p.shared ? 0 : p.copy_size;
        }
        const Part t = part(products_[0]);
        for (long j = 0; j < t.outs; j += g_.blocking.nr) {
            const Range columns{t.out + j, t.out + std::min(t.outs, j + g_.blocking.nr)};
            for (long c = 0; c < s_.from_group; c += block_) {
                pack(t.group, columns.begin, c, std::min(s_.from_group, c + block_), local);
                copy = local + b_size_;
                for (const Product& p : products_) {
                    const bool here = p.copied && !p.shared;
                    multiply(p, part(p), columns, c, here ? copy : in_place(p, part(p)),
                             local + p.b_base);
                    copy += p.shared ? 0 : p.copy_size;
                }
            }
        }
    }

    // What blocks read: `from` itself, or a copy.
    const T* read(const Product& p, const Part& t, T* copy) const {
        if (p.shared || !p.copied) return in_place(p, t);
        copy_input(p, t, 0, p.axis[1].extent(t.rows), copy);
        return copy;
    }

    const T* in_place(const Product& p, const Part& t) const {
        if (p.shared) {
            return shared_ + p.shared_base + (t.group * a_.shape.n + t.image) * p.image +
                   t.row * p.step[1] + t.col * p.step[2];
        }
        const Axis* a = p.axis;
        const long d = a[0].in_step * t.depth + a[0].offset, h = a[1].in_step * t.row + a[1].offset,
                   w = a[2].in_step * t.col + a[2].offset;
        return from_ +
               ((t.image * s_.from[0] + d) * s_.from[1] + h) * s_.from[2] * s_.from_channels +
               w * s_.from_channels + t.group * s_.from_group;
    }

    // Rows `begin_row` to `end_row` of the part of `from` that a chunk looks at, with zeros where
    // it reaches beyond.
    void copy_input(const Product& p, const Part& t, long begin_row, long end_row, T* out) const {
        const Axis &d = p.axis[0], &h = p.axis[1], &w = p.axis[2];
        const long channels = s_.from_channels, cols = w.extent(t.cols);
        const long h0 = h.in_step * t.row + h.offset, h_step = h.gathered() ? h.in_step : 1;
        const long w0 = w.in_step * t.col + w.offset, w_step = w.gathered() ? w.in_step : 1;
        // Columns begin .. end - 1 lie within `from`.
        const long begin = std::clamp(w0 < 0 ? ceil_div(-w0, w_step) : 0, 0L, cols);
        const long end =
            std::clamp(s_.from[2] > w0 ? ceil_div(s_.from[2] - w0, w_step) : 0, begin, cols);
        for (long image = 0; image < t.images; ++image) {
            for (long i = 0; i < d.taps; ++i) {
                const long z = d.in_step * t.depth + d.offset + i * d.offset_step;
                for (long r = begin_row; r < end_row; ++r) {
                    const long y = h0 + r * h_step;
                    T* const to = out + image * p.image + i * p.plane + r * p.row;
                    if (z < 0 || z >= s_.from[0] || y < 0 || y >= s_.from[1]) {
                        std::fill_n(to, cols * p.pixel, T(0));
                        continue;
                    }
                    const T* const x = from_ +
                                       (((t.image + image) * s_.from[0] + z) * s_.from[1] + y) *
                                           s_.from[2] * channels +
                                       (w0 + begin * w_step) * channels + t.group * s_.from_group;
                    std::fill_n(to, begin * p.pixel, T(0));
                    copy_pixels(x, w_step * channels, end - begin, to + begin * p.pixel, p.pixel);
                    std::fill_n(to + end * p.pixel, (cols - end) * p.pixel, T(0));
                }
            }
        }
    }

    void copy_pixels(const T* x, long step, long pixels, T* to, long pixel) const {
        if (step == s_.from_group && pixel == step && step < kWidePixel) {
            std::copy_n(x, pixels * pixel, to);
        } else {
            g_.copy_rows(x, step, 1, pixels, s_.from_group, to, pixel);
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
            b.relu = a_.relu;
            residual = static_cast<const T*>(a_.residual);
            if (a_.bias != nullptr)
                b.bias = static_cast<const T*>(a_.bias) + t.group * s_.to_group + outs.begin;
        }
        // Where all panels stay near, a row of outputs is finished before the next one.
        const long groups = b.groups;
        if (p.taps * depth * b.n * static_cast<long>(sizeof(T)) <= kPanels) b.groups = 1;
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
    const TypedKernels<T>& f_;
    const gemm::TypedKernels<T>& g_;
    const T* const from_;
    const T* const w_;
    T* const to_;
    T* packed_ = nullptr;
    T* shared_ = nullptr;
    std::vector<Product> products_;
    std::vector<TapPlace> places_;
    long block_ = 1;    // channels of `from` that are summed over in one go
    long outputs_ = 0;  // of one image, of all products
    std::size_t packed_size_ = 0, b_size_ = 0, shared_size_ = 0;
    bool pack_here_ = false;
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
    const gemm::TypedKernels<T>& g = gemm_table<T>();
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
                     f.relu = args.relu;
                     g.finish(f);
                 });
}

double direct_ns(const Args& args) {
    const Shape& s = args.shape;
    const auto n = [](long x) { return static_cast<double>(x); };
    const double outputs = n(s.n) * n(s.out_size());
    const long to = args.transposed ? s.c : s.o;
    return visit_float(args.dtype, [&]<class T>() {
        const gemm::Blocking& f = gemm_table<T>().blocking;
        const double products = outputs * n(s.taps()) * n(args.transposed ? s.o : s.c) /
                                n(s.groups) *
                                n(round_up(std::max(1L, to / s.groups), f.width) * s.groups);
        const double weights = n(s.c) * n(s.o) / n(s.groups) * n(s.taps());
        return 2 * products / (0.9 * f.flops_per_ns) + weights * 0.25 +
               n(s.n) * n(s.in_size()) * n(s.c) * 0.2;
    });
}

template void direct<float>(const Args&);
template void direct<double>(const Args&);
template void fill<float>(const Args&);
template void fill<double>(const Args&);

}  // namespace fastnn::conv
