#include <optional>
#include <string>

#include "bind/activation.h"
#include "bind/arguments.h"
#include "bind/array.h"
#include "bind/axis.h"
#include "bind/families.h"
#include "ops/activation/activation.h"
#include "ops/norm/channels.h"
#include "ops/norm/doc.h"

namespace fastnn::bind {
namespace {

using norm::ChannelArgs;
using norm::ChannelBackwardArgs;
using norm::ChannelOp;
using norm::Channels;

double momentum_of(py::handle object, const char* op) {
    const double value = parse_number(object, {op, "momentum"});
    if (!(value >= 0 && value <= 1))
        fail<ValueError>(op, ": momentum must lie between 0 and 1, got ", value);
    return value;
}

void check_channels(const Array& a, Name name, Py_ssize_t channels) {
    if (a.ndim == 1 && a.shape[0] == channels) return;
    fail<ValueError>(name.op, ": ", name.argument, " must have one number for each of ", channels,
                     " channels, got shape ", shape_text(a));
}

// Statistics of each sample, or of all; of groups of channels, or of single ones.
struct Sets {
    bool by_sample;
    std::optional<dim_t> groups{};
};

// x, in any dense order; for statistics of each sample, with the samples contiguous.
struct ChannelInput {
    py::object hold, hold_dense;
    Array x;
    Channels shape;

    ChannelInput(py::handle input, const char* op, const Sets& sets)
        : x(block_float(input, {op, "input"}, hold)) {
        if (x.ndim < 2) {
            fail<ValueError>(op, ": input must have shape (N, C, *), got ", shape_text(x));
        }
        const dim_t n = x.shape[0];
        if (sets.groups && (*sets.groups <= 0 || channels() % *sets.groups != 0)) {
            fail<ValueError>(op, ": ", channels(),
                             " channels cannot be divided into num_groups = ", *sets.groups,
                             " groups");
        }
        const auto bytes = x.size() * static_cast<dim_t>(size_of(x.dtype));
        if (sets.by_sample && n > 1 && x.strides[0] * n != bytes) x = dense(x, hold_dense);
        const Axis axis = axis_of(x, {op, "input"}, 1);
        const dim_t batch = sets.by_sample ? n : 1;
        shape = {.batch = batch,
                 .outer = batch == 0 ? 0 : axis.outer / batch,
                 .channels = axis.size,
                 .inner = axis.inner,
                 .groups = sets.groups.value_or(axis.size)};
    }
    Py_ssize_t channels() const { return x.shape[1]; }

    // A weight or bias, or null.
    const void* parameter(py::handle object, Name name, py::object& into) const {
        if (object.is_none()) return nullptr;
        const Array a = dense_as(object, name, x.dtype, into);
        check_channels(a, name, channels());
        return a.data;
    }
    // A running statistic: changed in place, or (given) only read.
    Array running(py::handle object, Name name, bool given, py::object& into) const {
        if (given) {
            const Array a = dense_as(object, name, x.dtype, into);
            check_channels(a, name, channels());
            return a;
        }
        const Array a = writable_array(object, name);
        check_dtype(a, name, x.dtype);
        check_channels(a, name, channels());
        return a;
    }
};

// What all forward functions are given, and what some are.
struct ForwardOptions {
    py::handle running_mean, running_var, weight, bias, eps, activation;
    bool keep;
    py::handle momentum{}, residual{}, r_max{}, d_max{};
};

// What the gradient of the activation will be computed from: None, y, or a new array for the
// preactivation.
py::object saved_of(ChannelArgs& args, const Array& x, py::handle y) {
    const Activation f = args.activation.kind;
    if (f == Activation::none || (f == Activation::relu && norm::sign_is_computed(args)))
        return py::none();
    if (activation::facts(f).gradient_reads_output) return py::reinterpret_borrow<py::object>(y);
    py::object z = empty_like(x);
    args.preactivation = data_of(z);
    return z;
}

// (y, mean, rstd), of batch renorm r and d too, and last `saved` where it is asked for.
py::tuple forward(ChannelOp op, py::handle input, const Sets& sets, bool given,
                  const ForwardOptions& o) {
    const auto& kernel = norm::kChannelForward[static_cast<int>(op)];
    const char* name = kernel.name;
    const bool renorm = op == ChannelOp::batch_renorm;
    ChannelArgs args{};
    args.activation = parse_activation(o.activation, name);
    args.eps = parse_at_least(0, o.eps, {name, "eps"});
    args.momentum = o.momentum ? momentum_of(o.momentum, name) : 0;
    args.r_max = renorm ? parse_at_least(1, o.r_max, {name, "r_max"}) : 1;
    args.d_max = renorm ? parse_at_least(0, o.d_max, {name, "d_max"}) : 0;
    const ChannelInput in(input, name, sets);
    // Group norm minds single samples only, as in PyTorch.
    const bool group = op == ChannelOp::group_norm;
    if (!given && in.shape.count() == 1 && (!group || in.shape.batch == 1)) {
        fail<ValueError>(name, ": Expected more than 1 value per channel when training, got input",
                         " size ", shape_text(in.x));
    }
    py::object hold_w, hold_b, hold_r, hold_mean, hold_var;
    args.dtype = in.x.dtype;
    args.shape = in.shape;
    args.given = given;
    args.renorm = renorm;
    args.x = in.x.data;
    args.w = in.parameter(o.weight, {name, "weight"}, hold_w);
    args.b = in.parameter(o.bias, {name, "bias"}, hold_b);
    if (o.residual && !o.residual.is_none())
        args.residual = block_like(o.residual, {name, "residual"}, in.x, hold_r).data;
    if (o.running_mean.is_none() != o.running_var.is_none())
        fail<ValueError>(name, ": running_mean and running_var must be given together");
    if (!o.running_mean.is_none()) {
        const Array m = in.running(o.running_mean, {name, "running_mean"}, given, hold_mean);
        const Array v = in.running(o.running_var, {name, "running_var"}, given, hold_var);
        if (!given && may_overlap(m, v))
            fail<ValueError>(name, ": running_mean and running_var must not share memory");
        args.running_mean = m.data, args.running_var = v.data;
    } else if (given || renorm) {
        fail<ValueError>(name, ": running_mean and running_var are needed",
                         given ? " where training is False" : "");
    }
    const bool batch = op == ChannelOp::batch_norm || renorm;
    const Py_ssize_t sizes[2] = {in.x.shape[0], static_cast<Py_ssize_t>(in.shape.groups)};
    const auto statistic = [&] {
        return empty(Dtype::f64, batch ? 1 : 2, sizes + (batch ? 1 : 0));
    };
    py::object y = empty_like(in.x), mean = statistic(), rstd = statistic();
    args.y = data_of(y);
    args.mean = reinterpret_cast<double*>(data_of(mean));
    args.rstd = reinterpret_cast<double*>(data_of(rstd));
    py::object results[6] = {std::move(y), std::move(mean), std::move(rstd)};
    py::ssize_t count = 3;
    if (renorm) {
        py::object r = statistic(), d = statistic();
        args.p = reinterpret_cast<double*>(data_of(r));
        args.q = reinterpret_cast<double*>(data_of(d));
        results[count++] = std::move(r), results[count++] = std::move(d);
    }
    if (o.keep) results[count++] = saved_of(args, in.x, results[0]);
    launch(kernel, args,
           {in.x, o.weight, hold_w, o.bias, hold_b, o.residual, hold_r, o.running_mean, hold_mean,
            o.running_var, hold_var, results[0], results[1], results[2], results[3], results[4],
            results[5]});
    py::tuple all(count);
    for (py::ssize_t i = 0; i < count; ++i)
        all[static_cast<std::size_t>(i)] = std::move(results[i]);
    return all;
}

struct BackwardOptions {
    py::handle dy, mean, rstd, weight, needs;
    py::handle saved, activation;
    bool residual = false;
    py::handle bias{}, r{}, d{};
};

// (dx, dw, db), and dresidual where there can be a residual.
using ThreeGradients = Tuple<OptionalArray, OptionalArray, OptionalArray>;
using FourGradients = Tuple<OptionalArray, OptionalArray, OptionalArray, OptionalArray>;

py::tuple backward(ChannelOp op, py::handle input, const Sets& sets, bool given,
                   const BackwardOptions& o) {
    const auto& kernel = norm::kChannelBackward[static_cast<int>(op)];
    const char* name = kernel.name;
    ChannelBackwardArgs args{};
    args.activation = parse_activation(o.activation, name);
    const int count = o.residual ? 4 : 3;
    bool wanted[4] = {};
    if (o.residual) {
        parse_needs(o.needs, name, {"input", "weight", "bias", "residual"}, wanted);
    } else {
        parse_needs(o.needs, name, {"input", "weight", "bias"}, wanted);
    }
    const ChannelInput in(input, name, sets);
    const Array& x = in.x;
    py::object hold_dy, hold_saved, hold_w, hold_b, hold_mean, hold_rstd, hold_r, hold_d;
    const Array d = block_like(o.dy, {name, "dy"}, x, hold_dy);
    const auto statistic = [&](py::handle object, const char* argument, dim_t size,
                               py::object& hold) {
        const Array a = dense_as(object, {name, argument}, Dtype::f64, hold);
        if (a.size() != size) {
            fail<ValueError>(name, ": ", argument, " must have ", size, " numbers, got shape ",
                             shape_text(a));
        }
        return a.as<double>();
    };
    args.dtype = x.dtype;
    args.shape = in.shape;
    args.given = given;
    args.dy = d.data, args.x = x.data;
    if (args.activation.kind != Activation::none && !o.saved.is_none()) {
        args.saved = block_like(o.saved, {name, "saved"}, x, hold_saved).data;
    } else if (args.activation.kind != Activation::none &&
               args.activation.kind != Activation::relu) {
        fail<ValueError>(name, ": the gradient of the activation needs `saved`");
    }
    args.w = in.parameter(o.weight, {name, "weight"}, hold_w);
    if (o.bias) args.b = in.parameter(o.bias, {name, "bias"}, hold_b);
    const dim_t groups = in.shape.batch * in.shape.groups;
    args.mean = statistic(o.mean, "mean", groups, hold_mean);
    args.rstd = statistic(o.rstd, "rstd", groups, hold_rstd);
    if (op == ChannelOp::batch_renorm) {
        args.p = statistic(o.r, "r", in.shape.channels, hold_r);
        args.q = statistic(o.d, "d", in.shape.channels, hold_d);
    }
    py::object grads[4] = {py::none(), py::none(), py::none(), py::none()};
    void** const outputs[4] = {&args.dx, &args.dw, &args.db, &args.dresidual};
    for (int i = 0; i < count; ++i) {
        if (!wanted[i]) continue;
        if (i == 3 && args.activation.kind == Activation::none) {
            grads[i] = py::reinterpret_borrow<py::object>(o.dy);
            continue;
        }
        if (i == 3 && args.saved == nullptr)
            fail<ValueError>(name, ": the gradient of a residual needs `saved` of the activation");
        grads[i] = i == 0 || i == 3 ? empty_like(x) : empty(x.dtype, {in.channels()});
        *outputs[i] = data_of(grads[i]);
    }
    launch(kernel, args, {x,      d,      o.saved,   hold_saved, o.weight,  hold_w,  o.bias,
                          hold_b, o.mean, hold_mean, o.rstd,     hold_rstd, o.r,     hold_r,
                          o.d,    hold_d, grads[0],  grads[1],   grads[2],  grads[3]});
    if (count == 3)
        return py::make_tuple(std::move(grads[0]), std::move(grads[1]), std::move(grads[2]));
    return py::make_tuple(std::move(grads[0]), std::move(grads[1]), std::move(grads[2]),
                          std::move(grads[3]));
}

py::tuple batch_norm(py::handle input, py::handle running_mean, py::handle running_var,
                     py::handle weight, py::handle bias, bool training, py::handle momentum,
                     py::handle eps, py::handle activation, py::handle residual, bool keep) {
    return forward(
        ChannelOp::batch_norm, input, {.by_sample = false}, !training,
        {running_mean, running_var, weight, bias, eps, activation, keep, momentum, residual});
}

FourGradients batch_norm_backward(py::handle dy, py::handle input, py::handle mean, py::handle rstd,
                                  py::handle weight, py::handle bias, py::handle saved,
                                  bool training, py::handle activation, py::handle needs) {
    return backward(ChannelOp::batch_norm, input, {.by_sample = false}, !training,
                    {dy, mean, rstd, weight, needs, saved, activation, true, bias});
}

py::tuple batch_renorm(py::handle input, py::handle running_mean, py::handle running_var,
                       py::handle weight, py::handle bias, py::handle momentum, py::handle eps,
                       py::handle r_max, py::handle d_max, py::handle activation,
                       py::handle residual, bool keep) {
    return forward(ChannelOp::batch_renorm, input, {.by_sample = false}, false,
                   {running_mean, running_var, weight, bias, eps, activation, keep, momentum,
                    residual, r_max, d_max});
}

FourGradients batch_renorm_backward(py::handle dy, py::handle input, py::handle mean,
                                    py::handle rstd, py::handle r, py::handle d, py::handle weight,
                                    py::handle bias, py::handle saved, py::handle activation,
                                    py::handle needs) {
    return backward(ChannelOp::batch_renorm, input, {.by_sample = false}, false,
                    {dy, mean, rstd, weight, needs, saved, activation, true, bias, r, d});
}

Sets groups_of(py::handle num_groups, const char* op) {
    return {.by_sample = true, .groups = parse_int(num_groups, {op, "num_groups"})};
}

py::tuple group_norm(py::handle input, py::handle num_groups, py::handle weight, py::handle bias,
                     py::handle eps, py::handle activation, bool keep) {
    const py::none none;
    return forward(ChannelOp::group_norm, input, groups_of(num_groups, "group_norm"), false,
                   {none, none, weight, bias, eps, activation, keep});
}

ThreeGradients group_norm_backward(py::handle dy, py::handle input, py::handle num_groups,
                                   py::handle mean, py::handle rstd, py::handle weight,
                                   py::handle needs, py::handle saved, py::handle activation) {
    return backward(ChannelOp::group_norm, input, groups_of(num_groups, "group_norm_backward"),
                    false, {dy, mean, rstd, weight, needs, saved, activation});
}

py::tuple instance_norm(py::handle input, py::handle running_mean, py::handle running_var,
                        py::handle weight, py::handle bias, py::handle momentum, py::handle eps,
                        py::handle activation, bool keep) {
    return forward(ChannelOp::instance_norm, input, {.by_sample = true}, false,
                   {running_mean, running_var, weight, bias, eps, activation, keep, momentum});
}

ThreeGradients instance_norm_backward(py::handle dy, py::handle input, py::handle mean,
                                      py::handle rstd, py::handle weight, py::handle needs,
                                      py::handle saved, py::handle activation) {
    return backward(ChannelOp::instance_norm, input, {.by_sample = true}, false,
                    {dy, mean, rstd, weight, needs, saved, activation});
}

}  // namespace

void bind_norm_channels(py::module_& m) {
    const py::none none;
    const py::tuple three = py::make_tuple(true, true, true);
    const py::tuple four = py::make_tuple(true, true, true, true);
    m.def("batch_norm", &batch_norm, norm::doc::kBatchNorm, py::arg("input"),
          py::arg("running_mean") = none, py::arg("running_var") = none, py::arg("weight") = none,
          py::arg("bias") = none, py::arg("training") = false, py::arg("momentum") = 0.1,
          py::arg("eps") = 1e-5, py::arg("activation") = none, py::arg("residual") = none,
          py::arg("keep") = false);
    m.def("batch_norm_backward", &batch_norm_backward, norm::doc::kBatchNormBackward, py::arg("dy"),
          py::arg("input"), py::arg("mean"), py::arg("rstd"), py::arg("weight") = none,
          py::arg("bias") = none, py::arg("saved") = none, py::arg("training") = true,
          py::arg("activation") = none, py::arg("needs") = four);
    m.def("batch_renorm", &batch_renorm, norm::doc::kBatchRenorm, py::arg("input"),
          py::arg("running_mean"), py::arg("running_var"), py::arg("weight") = none,
          py::arg("bias") = none, py::arg("momentum") = 0.01, py::arg("eps") = 1e-5,
          py::arg("r_max") = 3.0, py::arg("d_max") = 5.0, py::arg("activation") = none,
          py::arg("residual") = none, py::arg("keep") = false);
    m.def("batch_renorm_backward", &batch_renorm_backward, norm::doc::kBatchRenormBackward,
          py::arg("dy"), py::arg("input"), py::arg("mean"), py::arg("rstd"), py::arg("r"),
          py::arg("d"), py::arg("weight") = none, py::arg("bias") = none, py::arg("saved") = none,
          py::arg("activation") = none, py::arg("needs") = four);
    m.def("group_norm", &group_norm, norm::doc::kGroupNorm, py::arg("input"), py::arg("num_groups"),
          py::arg("weight") = none, py::arg("bias") = none, py::arg("eps") = 1e-5,
          py::arg("activation") = none, py::arg("keep") = false);
    m.def("group_norm_backward", &group_norm_backward, norm::doc::kGroupNormBackward, py::arg("dy"),
          py::arg("input"), py::arg("num_groups"), py::arg("mean"), py::arg("rstd"),
          py::arg("weight") = none, py::arg("needs") = three, py::arg("saved") = none,
          py::arg("activation") = none);
    m.def("instance_norm", &instance_norm, norm::doc::kInstanceNorm, py::arg("input"),
          py::arg("running_mean") = none, py::arg("running_var") = none, py::arg("weight") = none,
          py::arg("bias") = none, py::arg("momentum") = 0.1, py::arg("eps") = 1e-5,
          py::arg("activation") = none, py::arg("keep") = false);
    m.def("instance_norm_backward", &instance_norm_backward, norm::doc::kInstanceNormBackward,
          py::arg("dy"), py::arg("input"), py::arg("mean"), py::arg("rstd"),
          py::arg("weight") = none, py::arg("needs") = three, py::arg("saved") = none,
          py::arg("activation") = none);
}

}  // namespace fastnn::bind
