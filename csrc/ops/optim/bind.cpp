#include <algorithm>
#include <cstdio>
#include <optional>
#include <vector>

#include "bind/array.h"
#include "bind/families.h"
#include "ops/optim/optim.h"

namespace fastnn::bind {
namespace {

using optim::Item;

// A list or tuple of arrays, as a tuple: nobody can change it while a kernel runs.
class Arrays {
 public:
    Arrays(py::handle list, Name name) : name_(name) {
        if (PyTuple_CheckExact(list.ptr())) {
            items_ = py::reinterpret_borrow<py::object>(list);
        } else if (PyList_CheckExact(list.ptr())) {
            items_ = py::reinterpret_steal<py::object>(PyList_AsTuple(list.ptr()));
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

// The items of a call, the copies that had to be made, and those that must be written back
// afterwards.
class Items {
 public:
    explicit Items(Py_ssize_t n) : items_(static_cast<std::size_t>(std::max<Py_ssize_t>(n, 1))) {}

    Item& add(Dtype dtype, std::int64_t size) {
        Item& item = items_[count_++];
        item = {dtype,  false, 0, size, total_, nullptr, nullptr, {nullptr, nullptr, nullptr},
                nullptr};
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
        if (!copy) return;
        if (!copies_) copies_ = py::list();
        py::reinterpret_borrow<py::list>(copies_).append(std::move(copy));
    }
    py::handle copies() const { return copies_; }
    py::handle owner() const { return items_; }
    void write_back() {
        for (auto& [array, copy] : written_) copy_into(array, copy);
    }
    std::int64_t count() const { return count_; }
    std::int64_t total() const { return total_; }
    const Item* data() { return items_.data(); }

 private:
    OwnedScratch<Item> items_;
    std::int64_t count_ = 0, total_ = 0;
    py::object copies_;  // a list, or null
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

// Walks the groups of consecutive parameters: next() gives the group of each parameter in turn.
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
    std::int64_t of(Py_ssize_t param) {
        while (param >= ends_[static_cast<std::size_t>(at_)]) ++at_;
        return at_;
    }

 private:
    [[noreturn]] void bad_sum(Py_ssize_t params) const {
        fail<ValueError>(op_, ": counts must add up to the number of params, ", params);
    }
    const char* op_;
    std::vector<Py_ssize_t> ends_;
    std::int64_t at_ = 0;
};

void sgd_step(py::handle params, py::handle grads, py::handle buffers, py::handle fresh,
              py::handle counts, py::handle hyper) {
    const char* op = optim::kSgd.name;
    const Arrays p(params, {op, "params"}), g(grads, {op, "grads"});
    const Py_ssize_t n = p.size();
    g.check_size(n);
    std::optional<Arrays> b, f;
    if (!buffers.is_none()) b.emplace(buffers, Name{op, "momentum_buffers"}).check_size(n);
    if (!fresh.is_none()) f.emplace(fresh, Name{op, "fresh"}).check_size(n);
    const Array h = hyper_table(hyper, op, sizeof(optim::SgdHyper) / sizeof(double));
    Groups groups(counts, op, n, h.shape[0]);

    Items items(n);
    for (Py_ssize_t i = 0; i < n; ++i) {
        const Array param = p.parse(i, writable);
        py::object dense, copy;
        Array layout = param;
        const bool buffered = b && !(*b)[i].is_none();
        if (buffered) {
            layout = b->parse(
                i, [&](py::handle x, Name name) { return state_of(param, nullptr, x, name); });
        } else if (!fills_block(param)) {
            layout = block_float(param.object, {op, "params"}, dense);
        }
        const Array grad =
            g.parse(i, [&](py::handle x, Name name) { return block_like(x, name, layout, copy); });
        Item& item = items.add(param.dtype, param.size());
        item.group = groups.of(i);
        item.param = items.in_order(param, layout);
        item.grad = grad.data;
        if (buffered) item.state[0] = layout.data;
        item.fresh = f && PyObject_IsTrue((*f)[i].ptr()) == 1;
        items.keep(std::move(dense));
        items.keep(std::move(copy));
    }
    launch(optim::kSgd,
           optim::Args{items.count(), items.total(), items.data(), h.as<const double>()},
           {items.owner(), items.copies(), h, p, g, b ? *b : py::handle()});
    items.write_back();
}

void adam_step(py::handle params, py::handle grads, py::handle exp_avgs, py::handle exp_avg_sqs,
               py::handle max_exp_avg_sqs, py::handle steps, py::handle counts, py::handle hyper) {
    const char* op = optim::kAdam.name;
    const Arrays p(params, {op, "params"}), g(grads, {op, "grads"}), m(exp_avgs, {op, "exp_avgs"});
    const Arrays v(exp_avg_sqs, {op, "exp_avg_sqs"}), t(steps, {op, "steps"});
    const Py_ssize_t n = p.size();
    for (const Arrays* list : {&g, &m, &v, &t}) list->check_size(n);
    std::optional<Arrays> most;
    if (!max_exp_avg_sqs.is_none())
        most.emplace(max_exp_avg_sqs, Name{op, "max_exp_avg_sqs"}).check_size(n);
    const Array h = hyper_table(hyper, op, sizeof(optim::AdamHyper) / sizeof(double));
    Groups groups(counts, op, n, h.shape[0]);

    Items items(n);
    for (Py_ssize_t i = 0; i < n; ++i) {
        const Array param = p.parse(i, writable);
        const Array avg =
            m.parse(i, [&](py::handle x, Name name) { return state_of(param, nullptr, x, name); });
        const auto state = [&](py::handle x, Name name) { return state_of(param, &avg, x, name); };
        py::object copy;
        const Array grad =
            g.parse(i, [&](py::handle x, Name name) { return block_like(x, name, avg, copy); });
        const Array step = t.parse(i, [](py::handle x, Name name) {
            const Array a = writable_array(x, name);
            if (a.dtype != Dtype::f64 || a.size() != 1) {
                fail<ValueError>(name.op, ": ", name.argument,
                                 " must be one float64 number, got shape ", shape_text(a), " of ",
                                 fastnn::name(a.dtype));
            }
            return a;
        });
        Item& item = items.add(param.dtype, param.size());
        item.group = groups.of(i);
        item.state[0] = avg.data;
        item.state[1] = v.parse(i, state).data;
        if (most && !(*most)[i].is_none()) item.state[2] = most->parse(i, state).data;
        item.grad = grad.data;
        item.step = step.as<double>();
        item.param = items.in_order(param, avg);
        items.keep(std::move(copy));
    }
    launch(optim::kAdam,
           optim::Args{items.count(), items.total(), items.data(), h.as<const double>()},
           {items.owner(), items.copies(), h, p, g, m, v, t, most ? *most : py::handle()});
    items.write_back();
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
    launch(optim::kGradNorm, optim::NormArgs{items.count(), items.total(), items.data(), p, out},
           {items.owner(), items.copies(), g, norm});
    return norm;
}

void clip(const Arrays& g, const Array& norm, double limit) {
    Items items(g.size());
    for (Py_ssize_t i = 0; i < g.size(); ++i) {
        const Array grad = g.parse(i, writable);
        py::object dense;
        const Array layout = fills_block(grad)
                                 ? grad
                                 : block_float(grad.object, {optim::kClip.name, "grads"}, dense);
        items.add(grad.dtype, grad.size()).param = items.in_order(grad, layout);
    }
    launch(
        optim::kClip,
        optim::ClipArgs{items.count(), items.total(), items.data(), norm.as<const double>(), limit},
        {items.owner(), items.copies(), g, norm});
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
    m.def("sgd_step", &sgd_step, py::arg("params"), py::arg("grads"), py::arg("momentum_buffers"),
          py::arg("fresh"), py::arg("counts"), py::arg("hyper"));
    m.def("adam_step", &adam_step, py::arg("params"), py::arg("grads"), py::arg("exp_avgs"),
          py::arg("exp_avg_sqs"), py::arg("max_exp_avg_sqs"), py::arg("steps"), py::arg("counts"),
          py::arg("hyper"));
    m.def("grad_norm", &grad_norm, py::arg("grads"), py::arg("p"));
    m.def("clip_grad_norm", &clip_grad_norm, py::arg("grads"), py::arg("norm"),
          py::arg("max_norm"));
    m.def("clip_grad_value", &clip_grad_value, py::arg("grads"), py::arg("clip_value"));
}

}  // namespace fastnn::bind
