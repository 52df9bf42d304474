#include <algorithm>
#include <cstdio>
#include <optional>
#include <utility>
#include <vector>

#include "bind/arguments.h"
#include "bind/array.h"
#include "bind/families.h"
#include "ops/optim/doc.h"
#include "ops/optim/optim.h"

namespace fastnn::bind {
namespace {

using optim::Item;

// A list or tuple of arrays, as a tuple, which no other thread can change.
class Arrays {
 public:
    Arrays(py::handle list, Name name) : name_(name) {
        if (PyTuple_CheckExact(list.ptr()) || PyList_CheckExact(list.ptr())) {
            items_ = items_of(list, name);
        } else {
            fail<TypeError>(name.op, ": ", name.argument, " must be a list of arrays, got ",
                            Py_TYPE(list.ptr())->tp_name);
        }
    }
    Py_ssize_t size() const { return PyTuple_GET_SIZE(items_.ptr()); }
    operator py::handle() const { return items_; }
    py::handle operator[](Py_ssize_t i) const { return PyTuple_GET_ITEM(items_.ptr(), i); }

    void check_size(Py_ssize_t n) const {
        if (size() != n) {
            fail<ValueError>(name_.op, ": ", name_.argument,
                             " must have as many arrays as params, ", n, ", got ", size());
        }
    }
    // parse(item, name); in an error the name says which one: "grads[3]".
    template <class F>
    Array parse(Py_ssize_t i, F f) const {
        try {
            return f((*this)[i], name_);
        } catch (const std::exception&) {
            char text[64];
            std::snprintf(text, sizeof text, "%s[%ld]", name_.argument, static_cast<long>(i));
            return f((*this)[i], Name{name_.op, text});
        }
    }

 private:
    Name name_;
    py::object items_;
};

Array writable(py::handle object, Name name) {
    const Array a = float_array(object, name);
    if (!a.writable)
        fail<ValueError>(name.op, ": ", name.argument, " must be writable, got a read-only array");
    return a;
}

bool same_order(const Array& a, const Array& b) {
    if (a.contiguous && b.contiguous) return true;
    for (int i = 0; i < a.ndim; ++i) {
        if (a.shape[i] > 1 && a.strides[i] != b.strides[i]) return false;
    }
    return true;
}

// State of a parameter: a block of its dtype and shape, in the order of `like` where that is given.
Array state_of(const Array& p, const Array* like, py::handle object, Name name) {
    const Array a = writable(object, name);
    if (a.dtype != p.dtype) {
        fail<TypeError>(name.op, ": ", name.argument, " must have dtype ", fastnn::name(p.dtype),
                        ", got ", fastnn::name(a.dtype));
    }
    check_same_shape(a, name, p, "its parameter");
    if (!fills_block(a) || (like != nullptr && !same_order(a, *like))) {
        fail<ValueError>(name.op, ": ", name.argument,
                         " must be dense, and in one order with other state");
    }
    return a;
}

// The items of a call, the copies made for it, and which of these are written back after it.
class Items {
 public:
    explicit Items(Py_ssize_t n) : items_(static_cast<std::size_t>(std::max<Py_ssize_t>(n, 1))) {}

    Item& add(Dtype dtype, dim_t size) {
        Item& item = items_[count_++];
        item = {};
        item.dtype = dtype;
        item.size = size;
        item.begin = total_;
        total_ += size;
        return item;
    }
    // The data of `a` as a block in the order of `layout`, written back when the call is done.
    void* in_order(const Array& a, const Array& layout) {
        if (same_order(a, layout)) return a.data;
        py::object copy = empty_like(layout);
        copy_into(copy, a.object);
        written_.emplace_back(py::reinterpret_borrow<py::object>(a.object), copy);
        void* const data = data_of(copy);
        keep(std::move(copy));
        return data;
    }
    void keep(py::object copy) {
        if (copy) copies_.push_back(std::move(copy));
    }
    // launch, whose owners are these, the copies and the items.
    template <class Args>
    void launch(const Kernel<Args>& kernel, const Args& args,
                std::vector<py::handle> owners) const {
        owners.insert(owners.end(), copies_.begin(), copies_.end());
        owners.emplace_back(items_);
        fastnn::launch(kernel, args, Owners{owners.data(), owners.size()});
    }
    void write_back() {
        for (auto& [array, copy] : written_) copy_into(array, copy);
    }
    dim_t count() const { return count_; }
    dim_t total() const { return total_; }
    const Item* data() { return items_.data(); }

 private:
    OwnedScratch<Item> items_;
    dim_t count_ = 0, total_ = 0;
    std::vector<py::object> copies_;
    std::vector<std::pair<py::object, py::object>> written_;
};

// Hyper-parameters: one row of `columns` float64 numbers per group; counts says how many parameters
// each has.
Array hyper_table(py::handle object, const char* op, py::ssize_t columns) {
    const Array a = array(object, {op, "hyper"});
    if (a.dtype != Dtype::f64 || !a.contiguous) {
        fail<TypeError>(op, ": hyper must be a C-contiguous float64 array, got ",
                        fastnn::name(a.dtype));
    }
    if (a.ndim != 2 || a.shape[1] != columns) {
        fail<ValueError>(op, ": hyper must have shape (groups, ", columns, "), got ",
                         shape_text(a));
    }
    return a;
}

// The groups of consecutive parameters; of() must be called with ascending parameters.
class Groups {
 public:
    Groups(py::handle counts, const char* op, Py_ssize_t params, Py_ssize_t groups) : op_(op) {
        if (!PyList_CheckExact(counts.ptr())) {
            fail<TypeError>(op, ": counts must be a list of int, got ",
                            Py_TYPE(counts.ptr())->tp_name);
        }
        if (PyList_GET_SIZE(counts.ptr()) != groups) {
            fail<ValueError>(op, ": counts must have one number for each row of hyper, ", groups,
                             ", got ", PyList_GET_SIZE(counts.ptr()));
        }
        Py_ssize_t sum = 0;
        for (Py_ssize_t i = 0; i < groups; ++i) {
            const Py_ssize_t n = PyLong_AsSsize_t(PyList_GET_ITEM(counts.ptr(), i));
            if (n == -1 && PyErr_Occurred() != nullptr) throw py::error_already_set();
            if (n < 0 || n > params - sum) bad_sum(params);
            ends_.push_back(sum += n);
        }
        if (sum != params) bad_sum(params);
    }
    dim_t of(Py_ssize_t param) {
        while (param >= ends_[static_cast<std::size_t>(at_)]) ++at_;
        return at_;
    }

 private:
    [[noreturn]] void bad_sum(Py_ssize_t params) const {
        fail<ValueError>(op_, ": counts must add up to the number of params, ", params);
    }
    const char* op_;
    std::vector<Py_ssize_t> ends_;
    dim_t at_ = 0;
};

// One float64 number of a parameter, as its steps.
Array number(py::handle object, Name name) {
    const Array a = writable_array(object, name);
    if (a.dtype != Dtype::f64 || a.size() != 1) {
        fail<ValueError>(name.op, ": ", name.argument, " must be one float64 number, got shape ",
                         shape_text(a), " of ", fastnn::name(a.dtype));
    }
    return a;
}

// The lists of a call besides those of parameters and gradients: of states, each a list or None; of
// numbers; or of which parameters are fresh.
struct Lists {
    std::optional<Arrays> states[optim::kMaxStates];
    std::optional<Arrays> numbers[optim::kMaxNumbers];
    std::optional<Arrays> fresh;

    Lists(const optim::Facts& facts, const py::handle* given_states,
          const py::handle* given_numbers, Py_ssize_t n) {
        for (int k = 0; k < optim::kMaxStates && facts.states[k] != nullptr; ++k) {
            if (k < facts.needed || !given_states[k].is_none())
                take(states[k], given_states[k], {facts.name, facts.states[k]}, n);
        }
        for (int k = 0; k < optim::kMaxNumbers && facts.numbers[k] != nullptr; ++k)
            take(numbers[k], given_numbers[k], {facts.name, facts.numbers[k]}, n);
        if (facts.numbers[0] == nullptr && !given_numbers[0].is_none())
            take(fresh, given_numbers[0], {facts.name, "fresh"}, n);
    }
    // Which parameters are fresh; their truth values are asked for before any array is looked at.
    std::vector<bool> truths() const {
        std::vector<bool> found;
        for (Py_ssize_t i = 0; fresh && i < fresh->size(); ++i)
            found.push_back(parse_truth((*fresh)[i]));
        return found;
    }
    bool has(int k, Py_ssize_t i) const { return states[k] && !(*states[k])[i].is_none(); }
    std::vector<py::handle> owners() const {
        std::vector<py::handle> found;
        for (const auto& list : states) add(list, found);
        for (const auto& list : numbers) add(list, found);
        add(fresh, found);
        return found;
    }

 private:
    static void take(std::optional<Arrays>& list, py::handle given, Name name, Py_ssize_t n) {
        list.emplace(given, name).check_size(n);
    }
    static void add(const std::optional<Arrays>& list, std::vector<py::handle>& found) {
        if (list) found.emplace_back(*list);
    }
};

// A step of `rule` over all parameters.
void step(optim::Rule rule, py::handle params, py::handle grads, const py::handle* given_states,
          const py::handle* given_numbers, py::handle counts, py::handle hyper) {
    const optim::Facts& facts = optim::facts(rule);
    const char* op = facts.name;
    const Arrays p(params, {op, "params"}), g(grads, {op, "grads"});
    const Py_ssize_t n = p.size();
    g.check_size(n);
    const Lists lists(facts, given_states, given_numbers, n);
    const std::vector<bool> fresh = lists.truths();
    const Array h = hyper_table(hyper, op, facts.hyper);
    Groups groups(counts, op, n, h.shape[0]);

    Items items(n);
    for (Py_ssize_t i = 0; i < n; ++i) {
        const Array param = p.parse(i, writable);
        py::object dense, copy;
        // All blocks of a parameter are in the order of its first state, or in its own.
        Array layout = param;
        Array state[optim::kMaxStates] = {};
        for (int k = 0; k < optim::kMaxStates; ++k) {
            if (!lists.has(k, i)) continue;
            const Array* const like = k > 0 && lists.has(0, i) ? &state[0] : nullptr;
            state[k] = lists.states[k]->parse(
                i, [&](py::handle x, Name name) { return state_of(param, like, x, name); });
        }
        if (lists.has(0, i)) {
            layout = state[0];
        } else if (!fills_block(param)) {
            layout = block(param, dense);
        }
        const Array grad =
            g.parse(i, [&](py::handle x, Name name) { return block_like(x, name, layout, copy); });
        Item& item = items.add(param.dtype, param.size());
        item.group = groups.of(i);
        item.grad = grad.data;
        item.param = items.in_order(param, layout);
        for (int k = 0; k < optim::kMaxStates; ++k) item.state[k] = state[k].data;
        for (int k = 0; k < optim::kMaxNumbers; ++k) {
            if (lists.numbers[k]) item.number[k] = lists.numbers[k]->parse(i, number).as<double>();
        }
        item.fresh = !fresh.empty() && fresh[static_cast<std::size_t>(i)];
        items.keep(std::move(dense));
        items.keep(std::move(copy));
    }
    std::vector<py::handle> owners = lists.owners();
    owners.insert(owners.end(), {h, p, g});
    items.launch(
        optim::kernel(rule),
        optim::Args{rule, items.count(), items.total(), items.data(), h.as<const double>()},
        std::move(owners));
    items.write_back();
}

// <name>(params, grads, states..., numbers... or fresh, counts, hyper), as the rule's functor
// states.
template <std::size_t... k, std::size_t... j>
void def_step(py::module_& m, optim::Rule rule, std::index_sequence<k...>,
              std::index_sequence<j...>) {
    const optim::Facts& facts = optim::facts(rule);
    m.def(
        facts.name,
        [rule](py::handle params, py::handle grads,
               decltype(static_cast<void>(k), py::handle())... states,
               decltype(static_cast<void>(j), py::handle())... numbers, py::handle counts,
               py::handle hyper) {
            const py::handle given_states[] = {states...}, given_numbers[] = {numbers...};
            step(rule, params, grads, given_states, given_numbers, counts, hyper);
        },
        optim::docstring(rule), py::arg("params"), py::arg("grads"), py::arg(facts.states[k])...,
        py::arg(facts.numbers[0] == nullptr ? "fresh" : facts.numbers[j])..., py::arg("counts"),
        py::arg("hyper"));
}

// f(the index sequence of as many numbers as `names` has before its end), from 1 to 3.
template <std::size_t n = 1, class F>
void with_length(const char* const (&names)[3], F f) {
    if constexpr (n < 3) {
        if (names[n] != nullptr) return with_length<n + 1>(names, f);
    }
    f(std::make_index_sequence<n>());
}

py::object grad_norm(py::handle grads, double p) {
    const char* op = optim::kGradNorm.name;
    if (!(p > 0)) fail<ValueError>(op, ": p must be positive, got ", p);
    const Arrays g(grads, {op, "grads"});
    Items items(g.size());
    for (Py_ssize_t i = 0; i < g.size(); ++i) {
        py::object copy;
        const Array grad =
            g.parse(i, [&](py::handle x, Name name) { return block_float(x, name, copy); });
        items.add(grad.dtype, grad.size()).grad = grad.data;
        items.keep(std::move(copy));
    }
    py::object norm = empty(Dtype::f64, {});
    auto* out = reinterpret_cast<double*>(data_of(norm));
    items.launch(optim::kGradNorm,
                 optim::NormArgs{items.count(), items.total(), items.data(), p, out}, {g, norm});
    return norm;
}

void clip(const Arrays& g, const Array& norm, double limit) {
    Items items(g.size());
    for (Py_ssize_t i = 0; i < g.size(); ++i) {
        const Array grad = g.parse(i, writable);
        py::object dense;
        const Array layout = fills_block(grad) ? grad : block(grad, dense);
        items.add(grad.dtype, grad.size()).param = items.in_order(grad, layout);
    }
    items.launch(
        optim::kClip,
        optim::ClipArgs{items.count(), items.total(), items.data(), norm.as<const double>(), limit},
        {g, norm});
    items.write_back();
}

void clip_grad_norm(py::handle grads, py::handle norm, double max_norm) {
    const Array a = array(norm, {"clip_grad_norm", "norm"});
    if (a.dtype != Dtype::f64 || a.size() != 1) {
        fail<ValueError>("clip_grad_norm: norm must be one float64 number, got shape ",
                         shape_text(a), " of ", fastnn::name(a.dtype));
    }
    clip(Arrays(grads, {"clip_grad_norm", "grads"}), a, max_norm);
}

void clip_grad_value(py::handle grads, double clip_value) {
    if (!(clip_value >= 0))
        fail<ValueError>("clip_grad_value: clip_value must not be negative, got ", clip_value);
    clip(Arrays(grads, {"clip_grad_value", "grads"}), {}, clip_value);
}

}  // namespace

void bind_optim(py::module_& m) {
    for (int i = 0; i < optim::kRules; ++i) {
        const auto rule = static_cast<optim::Rule>(i);
        const optim::Facts& facts = optim::facts(rule);
        with_length(facts.states, [&](auto states) {
            with_length(facts.numbers, [&](auto numbers) { def_step(m, rule, states, numbers); });
        });
    }
    m.def("grad_norm", &grad_norm, optim::doc::kGradNorm, py::arg("grads"), py::arg("p"));
    m.def("clip_grad_norm", &clip_grad_norm, optim::doc::kClipGradNorm, py::arg("grads"),
          py::arg("norm"), py::arg("max_norm"));
    m.def("clip_grad_value", &clip_grad_value, optim::doc::kClipGradValue, py::arg("grads"),
          py::arg("clip_value"));
}

}  // namespace fastnn::bind
