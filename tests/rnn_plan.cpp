// Plans of recurrent layers, made and not run: every row once, every unit in one place, every part
// of the workspace on its own. Says what is wrong, and how often.
#include <cstdio>
#include <vector>

#include "core/parallel.h"
#include "ops/rnn/plan.h"

using namespace fastnn;
using namespace fastnn::rnn;

namespace {

int wrong = 0;

void check(bool good, const char* what, int number) {
    if (good) return;
    std::printf("%s (case %d)\n", what, number);
    ++wrong;
}

constexpr gemm::Blocking kBlocking{8, 6, 16, 384, 3, 110};
char memory[64];  // stands for arrays that a plan does not read

struct Case {
    Mode mode;
    int directions;
    dim_t steps, batch, in, hidden, out;
    std::vector<dim_t> lengths, batch_sizes;
    bool padded, mask;
};

Shape shape_of(const Case& c) {
    Shape s{};
    s.dtype = Dtype::f32, s.mode = c.mode, s.directions = c.directions;
    s.steps = c.steps, s.batch = c.batch, s.rows = c.steps * c.batch;
    s.in = c.in, s.hidden = c.hidden, s.out = c.out;
    if (!c.lengths.empty()) {
        s.lengths = c.lengths.data();
        s.steps = s.rows = 0;
        for (const dim_t n : c.lengths) s.steps = std::max(s.steps, n), s.rows += n;
        s.x_steps = s.y_steps = c.padded ? c.steps : 0;
    }
    if (!c.batch_sizes.empty()) {
        s.batch_sizes = c.batch_sizes.data();
        s.rows = 0;
        for (const dim_t n : c.batch_sizes) s.rows += n;
    }
    return s;
}

// Each real step of each sample has one row, and rows of a step are neighbours.
void check_sequence(const Case& c, const Sequence& q, int number) {
    std::vector<int> seen(static_cast<std::size_t>(q.all_rows()));
    std::vector<dim_t> steps(static_cast<std::size_t>(q.batch()));
    for (dim_t t = 0; t < q.steps(); ++t) {
        check(t == 0 || q.rows(t) <= q.rows(t - 1), "steps grow", number);
        for (dim_t place = 0; place < q.rows(t); ++place) {
            ++seen[static_cast<std::size_t>(q.offset(t) + place)];
            ++steps[static_cast<std::size_t>(q.sample(place))];
        }
    }
    for (const int n : seen) check(n == 1, "a row is not there once", number);
    for (std::size_t i = 0; i < c.lengths.size(); ++i)
        check(steps[i] == c.lengths[i], "a sample has not its steps", number);
    dim_t last = 0;
    q.each_last([&](dim_t place, dim_t t) {
        ++last;
        check(place < q.rows(t) && (t + 1 == q.steps() || place >= q.rows(t + 1)),
              "a last step is not the last", number);
    });
    check(last == q.batch(), "not every sample has a last step", number);
}

void check_partition(const Case& c, const Plan& plan, int threads, int number) {
    const Partition& p = plan.partition;
    check(p.threads >= 1 && p.threads <= threads, "more threads than there are", number);
    const CellTraits& cell = traits_of(c.mode);
    check(!p.by_units || !(cell.normalized || plan.projected), "rows are divided", number);
    for (dim_t tasks = 1; tasks <= c.batch; ++tasks) {
        dim_t next = 0;
        for (dim_t task = 0; task < tasks; ++task) {
            const Samples s = samples_of(plan.sequence, sum_group(c.mode), task, tasks);
            check(s.begin == next && s.end >= s.begin, "samples overlap or are left out", number);
            check(s.end == c.batch || s.end % sum_group(c.mode) == 0, "a group is divided", number);
            next = s.end;
        }
        check(next == c.batch, "samples are left out", number);
    }
}

void check_spans(const Plan& plan, std::initializer_list<Span> own, int number) {
    std::vector<Span> spans(own);
    for (const Span& s : {plan.packed, plan.packed_projection, plan.x, plan.h0, plan.c0, plan.mask})
        spans.push_back(s);
    std::sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) {
        return a.begin != b.begin ? a.begin < b.begin : a.end() < b.end();
    });
    dim_t end = 0, size = 0;
    for (const Span& s : spans) {
        check(s.begin % 16 == 0 && s.each % 16 == 0, "a span begins within a line", number);
        check(s.begin >= end, "spans overlap", number);
        end = s.end();
        size += s.each * s.count;
    }
    check(end <= plan.layout.size() && size == plan.layout.size(), "the workspace has gaps",
          number);
}

void check_panels(const PanelShape& p, int number) {
    dim_t columns = 0;
    for (dim_t i = 0; i < p.panels(); ++i) columns += p.width(i);
    check(columns == p.n, "panels leave out columns", number);
    check(p.size() >= p.k * p.n * p.parts, "packed weights have no room", number);
}

void check_case(const Case& c, int threads, int number) {
    const Shape s = shape_of(c);
    Args args{};
    args.shape = s;
    args.x = {memory, c.batch * c.in, c.in, 1};
    BackwardArgs back{};
    back.shape = s, back.x = args.x, back.dx = memory;
    for (int d = 0; d < c.directions; ++d) {
        const void* const hr = c.out != c.hidden ? memory : nullptr;
        args.direction[d].weights.hr = back.direction[d].weights.hr = hr;
        args.direction[d].h0 = back.direction[d].h0 = memory;
        args.direction[d].mask = back.direction[d].mask = c.mask ? memory : nullptr;
        back.direction[d].dw_ih = back.direction[d].dw_hh = memory;
    }
    const ForwardPlan f(args, kBlocking);
    check_sequence(c, f.sequence, number);
    check_partition(c, f, threads, number);
    check_panels(f.recurrent, number);
    check_spans(f, {f.states, f.bias, f.gates, f.running, f.local}, number);
    const BackwardPlan b(back, kBlocking);
    check_partition(c, b, threads, number);
    check_panels(b.recurrent, number);
    check_spans(b,
                {b.drecurrent, b.dgates, b.dhidden, b.sums, b.zeros, b.local, b.products, b.before,
                 b.column_sums, b.dh0, b.dc0, b.dx},
                number);
    // What is padded is gathered, and nothing else.
    check(f.gather_x == (c.padded && !c.lengths.empty()), "x is gathered or not", number);
    check(b.scatter_dx == f.gather_x && f.y_padded == f.gather_x, "padding is not known", number);
}

void check_choices() {
    const auto partition = [](dim_t steps, dim_t batch, dim_t hidden, Mode mode) {
        const Case c{mode, 1, steps, batch, 8, hidden, hidden, {}, {}, false, false};
        Args args{};
        args.shape = shape_of(c);
        args.x = {memory, batch * 8, 8, 1};
        return ForwardPlan(args, kBlocking).partition;
    };
    set_num_threads(2);
    check(partition(4, 1, 4, Mode::lstm).threads == 1, "a small layer has two threads", -1);
    check(!partition(100, 64, 128, Mode::lstm).by_units, "many samples are not divided", -2);
    check(partition(100, 64, 128, Mode::lstm).threads == 2, "many samples have one thread", -2);
    check(partition(100, 1, 1024, Mode::lstm).by_units, "units of one sample are not divided", -3);
    check(!partition(100, 1, 1024, Mode::layer_norm_lstm).by_units, "a row is divided", -4);
    set_num_threads(1);
    check(partition(100, 64, 128, Mode::lstm).threads == 1, "there is one thread", -5);
}

}  // namespace

int main() {
    init_threads();  // as at import: from here on the numbers that are set hold
    const std::vector<dim_t> none;
    for (const int threads : {1, 2, 7}) {
        set_num_threads(threads);
        int number = 0;
        for (const Mode mode :
             {Mode::tanh, Mode::relu, Mode::lstm, Mode::gru, Mode::layer_norm_lstm}) {
            for (const int directions : {1, 2}) {
                for (const bool mask : {false, true}) {
                    const Case cases[] = {
                        {mode, directions, 1, 3, 5, 7, 7, none, none, false, mask},
                        {mode, directions, 6, 9, 5, 33, 33, none, none, false, mask},
                        {mode, directions, 4, 0, 5, 7, 7, none, none, false, mask},
                        {mode, directions, 7, 5, 5, 20, 20, {3, 7, 1, 7, 4}, none, true, mask},
                        {mode, directions, 9, 5, 5, 20, 20, {3, 7, 1, 7, 4}, none, true, mask},
                        {mode, directions, 7, 5, 0, 20, 20, {3, 7, 1, 7, 4}, none, false, mask},
                        {mode, directions, 3, 6, 5, 100, 100, none, {6, 4, 1}, false, mask},
                        {mode, directions, 50, 40, 64, 256, 256, none, none, false, mask},
                    };
                    for (const Case& c : cases) check_case(c, threads, number++);
                }
            }
        }
        check_case({Mode::lstm, 2, 6, 9, 5, 33, 10, none, none, false, true}, threads, 1000);
        check_case({Mode::lstm, 2, 9, 3, 5, 33, 10, {2, 9, 4}, none, true, true}, threads, 1001);
    }
    check_choices();
    return wrong == 0 ? 0 : 1;
}
