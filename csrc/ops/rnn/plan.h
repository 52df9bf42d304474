// Everything about a call that follows from its sizes: the rows of each step, how weights are
// packed, the partition among threads, and the layout of the one workspace. A plan is complete
// before anything is computed, and does not change.
#pragma once

#include "core/cache.h"
#include "ops/rnn/panels.h"
#include "ops/rnn/partition.h"
#include "ops/rnn/sequence.h"

namespace fastnn::rnn {

// `count` blocks of `each` elements in the workspace.
struct Span {
    dim_t begin = 0, each = 0, count = 0;
    dim_t end() const { return begin + each * count; }
    template <class T>
    T* in(T* workspace, dim_t i = 0) const {
        return workspace + begin + i * each;
    }
};

// The parts of a workspace, one after the other, each block on cache lines of its own.
class Layout {
 public:
    explicit Layout(Dtype dtype) : element_(static_cast<dim_t>(size_of(dtype))) {}
    Span add(dim_t each, dim_t count) {
        const Span span{size_, whole_lines(each, element_), count};
        size_ = span.end();
        return span;
    }
    dim_t size() const { return size_; }
    // A stride for rows that a tile reads together.
    dim_t row(dim_t columns) const { return odd_lines(columns, element_); }

 private:
    dim_t element_, size_ = 0;
};

// What forward and backward have in common. Spans have one block for each direction unless stated.
struct Plan {
    Sequence sequence;
    const CellTraits& cell;
    bool projected;
    bool single;    // one step: its product reads unpacked weights, for packing takes longer
    bool gather_x;  // x is copied to rows of real steps
    bool y_padded;
    dim_t y_row;      // stride of y
    dim_t gates_row;  // stride of saved gates
    PanelShape recurrent, projection;
    Partition partition{};
    Layout layout;
    Span packed, packed_projection;
    Span x;             // one block
    Span h0, c0, mask;  // by place, where the samples are sorted

 protected:
    Plan(const Shape& shape, const Input& x, bool projected, bool single);
    // The part of the constructor that needs the panels.
    void add_common(const Shape& shape, bool h0, bool c0, bool mask);
};

struct ForwardPlan : Plan {
    ForwardPlan(const Args& args, const gemm::Blocking& blocking);
    bool sums_in_y;   // tanh and relu: y holds the sums of the gates until the cells run
    dim_t state_row;  // stride of what the recurrent product reads
    dim_t local_row;  // stride of local
    Span states;      // two blocks for each direction: one is read while the other is written
    Span bias;
    Span gates;    // where they are not saved
    Span running;  // c or h, by place
    Span local;    // of each thread: h before its projection, or the sums of U h
};

struct BackwardPlan : Plan {
    BackwardPlan(const BackwardArgs& args, const gemm::Blocking& blocking);
    bool scatter_dx;           // dx is padded
    dim_t recurrent_row;       // stride of the gradients of U h
    dim_t product_row;         // stride of products
    dim_t hidden_row;          // stride of the gradients of h before its projection
    dim_t groups;              // of samples that share the sums of gains
    Span drecurrent;           // gradients of U h, two blocks for each direction
    Span dgates;               // where they do not replace the gates
    Span dhidden;              // gradients of projected h
    Span sums;                 // of gains and biases
    Span zeros;                // one block: a state that was not given
    Span local;                // of each thread
    Span products;             // one block for each direction and panel: for the initial states
    Span before, column_sums;  // one block each: for the gradients of weights
    Span dh0, dc0;             // by place
    Span dx;                   // one block: rows of real steps
};

}  // namespace fastnn::rnn
