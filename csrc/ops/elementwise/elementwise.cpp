#include "ops/elementwise/elementwise.h"

#include <algorithm>
#include <array>
#include <type_traits>

#include "core/integer.h"
#include "core/parallel.h"

namespace fastnn::elementwise {
namespace {

// Elements of a chunk: 64 KiB of each float32 operand, a part of L2.
constexpr dim_t kChunk = 16384;
// Elements of a packing buffer: with six operands in float64 24 KiB, within L1.
constexpr dim_t kBuffer = 512;
// Shorter rows are packed into one buffer, because starting a loop costs about as much as this many
// elements.
constexpr dim_t kShort = 64;
// So are rows up to this length where one operand is the same in all of them (a number for each
// channel of a channels-last image) and the others are contiguous from row to row: with two rows or
// more in a buffer, that operand is packed once.
constexpr dim_t kRepeated = kBuffer / 2;
// A tile where one operand is transposed: a cache line of float32 along its axis.
constexpr dim_t kTileRows = 16, kTileLength = 32;

// The partition into rectangles of `rows` by `length` elements of the two innermost axes.
struct Partition {
    dim_t rows, length;
    dim_t row_blocks, segments, outer;  // rectangles along each of the two axes, and all others
    dim_t per_chunk;                    // rectangles of a chunk

    dim_t count() const { return row_blocks * segments * outer; }
};

int operand_count(const Info& info) {
    return info.inputs + info.outputs;
}

Partition partition(const Args& a, const Info& info) {
    const dim_t n0 = a.extents[0], n1 = a.axes > 1 ? a.extents[1] : 1;
    const auto item = static_cast<dim_t>(size_of(a.dtype));
    bool packed = false, transposed = false, repeated = false, contiguous = true;
    for (int k = 0; k < operand_count(info); ++k) {
        const Operand& operand = a.operands[k];
        if (operand.data == nullptr) continue;
        const dim_t s0 = a.strides[0][k], s1 = a.axes > 1 ? a.strides[1][k] : 0;
        const bool constant = s0 == 0 && k < info.inputs;
        packed = packed || (!constant && (operand.dtype != a.dtype || s0 != item));
        const bool same = s1 == 0 && k < info.inputs;
        repeated = repeated || (same && !constant);
        contiguous = contiguous && (same || (!constant && s1 == n0 * item));
        const auto own = static_cast<dim_t>(size_of(operand.dtype));
        transposed = transposed || (s1 == own && s0 != own && s0 != 0);
    }
    Partition c;
    if (transposed && n0 >= kTileLength && n1 >= kTileRows) {
        c.rows = kTileRows;
        c.length = kTileLength;
    } else if (n0 < kShort || (n0 <= kRepeated && repeated && contiguous && !packed)) {
        c.length = n0;
        c.rows = std::min(n1, kBuffer / n0);
    } else {
        c.rows = 1;
        c.length = std::min(n0, packed ? kBuffer : kChunk);
    }
    c.row_blocks = ceil_div(n1, c.rows);
    c.segments = ceil_div(n0, c.length);
    c.outer = a.size / (n0 * n1);
    c.per_chunk = std::max<dim_t>(1, kChunk / (c.rows * c.length));
    return c;
}

// The buffers of one chunk, and the rows whose elements they hold, so that a broadcast operand is
// packed once.
template <class T>
struct Buffers {
    alignas(64) T data[kMaxOperands][kBuffer];
    const char* from[kMaxOperands];
    dim_t count[kMaxOperands] = {}, length[kMaxOperands];

    bool holds(int k, const char* p, const Rows& rows) {
        if (from[k] == p && count[k] == rows.count && length[k] == rows.length) return true;
        from[k] = p;
        count[k] = rows.count;
        length[k] = rows.length;
        return false;
    }
};

// An earlier input that is the same array, as in x * x; -1 where there is none.
int same_elements(const Args& a, int k, char* const* data) {
    for (int j = 0; data[k] != nullptr && j < k; ++j) {
        bool same = data[j] == data[k] && a.operands[j].dtype == a.operands[k].dtype;
        for (int axis = 0; axis < a.axes; ++axis)
            same = same && a.strides[axis][j] == a.strides[axis][k];
        if (same) return j;
    }
    return -1;
}

// One rectangle: every operand as a stream, then the loop.
template <class T>
void run_rectangle(const Args& a, const Info& info, const Partition& c, dim_t index, Loop<T> loop,
                   const Packing<T>& packing, Buffers<T>& buffers) {
    // Consecutive tiles are along the axis of rows, which is the contiguous one of the transposed
    // operand.
    const bool tiles = c.rows > 1 && c.segments > 1;
    const dim_t segment = tiles ? index / c.row_blocks % c.segments : index % c.segments;
    const dim_t block = tiles ? index % c.row_blocks : index / c.segments % c.row_blocks;
    index /= c.segments * c.row_blocks;
    const dim_t row = block * c.rows, column = segment * c.length;
    const dim_t n1 = a.axes > 1 ? a.extents[1] : 1;

    char* data[kMaxOperands];
    const int operands = operand_count(info);
    for (int k = 0; k < operands; ++k) {
        data[k] = a.operands[k].data;
        if (data[k] == nullptr) continue;
        data[k] += column * a.strides[0][k];
        if (row != 0) data[k] += row * a.strides[1][k];
    }
    for (int axis = 2; axis < a.axes; ++axis) {
        const dim_t i = index % a.extents[axis];
        index /= a.extents[axis];
        for (int k = 0; k < operands; ++k) {
            if (data[k] != nullptr) data[k] += i * a.strides[axis][k];
        }
    }

    Rows rows{std::min(c.rows, n1 - row), std::min(c.length, a.extents[0] - column), 0, 0};
    const auto look = [&](int k) {
        rows.stride = a.strides[0][k];
        rows.row_stride = a.axes > 1 ? a.strides[1][k] : 0;
        return a.operands[k].dtype == a.dtype && rows.stride == static_cast<dim_t>(sizeof(T)) &&
               (rows.count == 1 || rows.row_stride == rows.length * rows.stride);
    };
    Streams<T> s;
    for (int k = 0; k < info.inputs; ++k) {
        T* buffer = buffers.data[k];
        const Operand& operand = a.operands[k];
        s.in[k] = buffer;
        s.in_step[k] = 1;
        if (data[k] != nullptr && look(k)) {
            s.in[k] = reinterpret_cast<const T*>(data[k]);
            continue;
        }
        const bool constant =
            data[k] == nullptr || (rows.stride == 0 && (rows.count == 1 || rows.row_stride == 0));
        if (constant) s.in_step[k] = 0;
        if (const int twin = same_elements(a, k, data); twin >= 0) {
            s.in[k] = s.in[twin], s.in_step[k] = s.in_step[twin];
            continue;
        }
        const Rows wanted = constant ? Rows{1, kMaxLanes, 0, 0} : rows;
        if (buffers.holds(k, data[k], wanted)) continue;
        if (data[k] == nullptr) {
            std::fill_n(buffer, kMaxLanes, static_cast<T>(operand.value));
        } else {
            packing.pack(operand.dtype, data[k], wanted, buffer);
        }
    }
    bool unpack[kMaxOutputs];
    for (int j = 0; j < info.outputs; ++j) {
        const int k = info.inputs + j;
        unpack[j] = data[k] != nullptr && !look(k);
        s.out[j] =
            data[k] == nullptr || unpack[j] ? buffers.data[k] : reinterpret_cast<T*>(data[k]);
        s.out_step[j] = data[k] == nullptr ? 0 : 1;
    }
    loop(s, rows.count * rows.length);
    for (int j = 0; j < info.outputs; ++j) {
        const int k = info.inputs + j;
        if (!unpack[j]) continue;
        look(k);
        packing.unpack(a.operands[k].dtype, s.out[j], rows, data[k]);
    }
}

// The table that holds an operation, and the operation's place in it.
struct Place {
    const Loops& loops;
    int index;
};

Place place_of(const Kernels& kernels, Op op) {
    const auto at = [op](const Loops& loops, Op first) -> Place {
        return {loops, static_cast<int>(op) - static_cast<int>(first)};
    };
    if (op < kFirstBinary) return at(kernels.unary, kFirstUnary);
    if (op < kFirstCompare) return at(kernels.binary, kFirstBinary);
    if (op < kFirstBackward) return at(kernels.compare, kFirstCompare);
    return at(kernels.backward, kFirstBackward);
}

const Info& info_of(const Kernels& kernels, Op op) {
    const Place place = place_of(kernels, op);
    return place.loops.info[place.index];
}

template <class T>
Loop<T> find_loop(const Kernels& kernels, Op op) {
    if constexpr (std::is_integral_v<T>) {
        return kernels.integer[integer_index(op)];
    } else {
        const Place place = place_of(kernels, op);
        return isa::of<T>(place.loops)[place.index];
    }
}

template <class T>
const Packing<T>& packing_of(const Kernels& kernels) {
    if constexpr (std::is_integral_v<T>) {
        return kernels.i64;
    } else {
        return isa::of<T>(kernels);
    }
}

template <class T>
void run_typed(const Args& a, const Info& info) {
    const Kernels& kernels = isa::table<Kernels>();
    const Loop<T> loop = find_loop<T>(kernels, a.op);
    const Packing<T>& packing = packing_of<T>(kernels);
    const Partition c = partition(a, info);
    const dim_t count = c.count();
    const double chunk_ns = info.ns * static_cast<double>(sizeof(T)) / 4 *
                            static_cast<double>(std::min(a.size, c.per_chunk * c.rows * c.length));
    parallel_for(ceil_div(count, c.per_chunk), chunk_ns, [&](dim_t chunk) {
        Buffers<T> buffers;
        const dim_t end = std::min(count, (chunk + 1) * c.per_chunk);
        for (dim_t i = chunk * c.per_chunk; i < end; ++i) {
            run_rectangle(a, info, c, i, loop, packing, buffers);
        }
    });
}

void run(const Args& a) {
    if (a.size == 0) return;
    const Info& info = elementwise::info(a.op);
    if (a.dtype == Dtype::i64) return run_typed<std::int64_t>(a, info);
    visit_float(a.dtype, [&]<class T>() { run_typed<T>(a, info); });
}

Work work(const Args& a) {
    const Info& info = elementwise::info(a.op);
    double bytes = 0;
    for (int k = 0; k < operand_count(info); ++k) {
        if (a.operands[k].data == nullptr) continue;
        double elements = 1;  // those that differ
        for (int i = 0; i < a.axes; ++i) {
            if (a.strides[i][k] != 0) elements *= static_cast<double>(a.extents[i]);
        }
        bytes += elements * static_cast<double>(size_of(a.operands[k].dtype));
    }
    const auto size = static_cast<double>(a.size);
    return {info.flops * size, a.size == 0 ? 0 : bytes};
}

}  // namespace

// The same at every level, so they are read once, from the level in use at the first call.
const Info& info(Op op) {
    static const auto all = [] {
        std::array<Info, kOps> found{};
        const Kernels& kernels = isa::table<Kernels>();
        for (int i = 0; i < kOps; ++i)
            found[static_cast<std::size_t>(i)] = info_of(kernels, static_cast<Op>(i));
        return found;
    }();
    return all[static_cast<std::size_t>(op)];
}
const Kernel<Args>& kernel(Op op) {
    static const auto all = [] {
        std::array<Kernel<Args>, kOps> found{};
        for (int i = 0; i < kOps; ++i)
            found[static_cast<std::size_t>(i)] = {info(static_cast<Op>(i)).name, run, work};
        return found;
    }();
    return all[static_cast<std::size_t>(op)];
}

}  // namespace fastnn::elementwise
