#include <algorithm>

#include "bind/arguments.h"
#include "bind/array.h"
#include "bind/families.h"
#include "bind/image.h"
#include "ops/grid_sample/doc.h"
#include "ops/grid_sample/grid_sample.h"

namespace fastnn::bind {
namespace {

// The bindings of a group are compiled as one file: names of the family stay qualified.
constexpr Choice<grid_sample::Mode> kGridModes[] = {{"nearest", grid_sample::Mode::nearest},
                                                    {"linear", grid_sample::Mode::linear},
                                                    {"cubic", grid_sample::Mode::cubic}};
constexpr Choice<grid_sample::Padding> kGridPaddings[] = {
    {"zeros", grid_sample::Padding::zeros},
    {"border", grid_sample::Padding::border},
    {"reflection", grid_sample::Padding::reflection}};

// A call with its input and grid; the arrays stay as long as this.
struct GridCall {
    const char* op;
    grid_sample::Args args;
    Array x, grid;
    py::object hold_aligned, hold_x, hold_grid;
    Py_ssize_t out[kMaxDims];  // the shape of y

    GridCall(const char* op, py::handle input, py::handle points, py::handle mode,
             py::handle padding, bool align_corners)
        : op(op), args{} {
        args.mode = parse_choice(mode, {op, "mode"}, kGridModes);
        args.padding = parse_choice(padding, {op, "padding_mode"}, kGridPaddings);
        args.align_corners = align_corners;
        const Array given = strided_float(input, {op, "input"}, hold_aligned);
        grid = dense_float(points, {op, "grid"}, hold_grid);
        set_shapes(given);
        x = channels_last(given, args.axes, hold_x);
        args.x = x.data, args.grid = grid.data;
    }

 private:
    void set_shapes(const Array& given) {
        const int axes = given.ndim - 2;
        if (axes != 2 && axes != 3) {
            fail<ValueError>(op, ": input must be (N, C, H, W) or (N, C, D, H, W), got shape ",
                             shape_text(given));
        }
        if (axes == 3 && args.mode == grid_sample::Mode::cubic) {
            fail<ValueError>(op, ": cubic mode is for images, (N, C, H, W), got input of shape ",
                             shape_text(given));
        }
        check_dtype(grid, {op, "grid"}, given.dtype);
        if (grid.ndim != given.ndim || grid.shape[0] != given.shape[0] ||
            grid.shape[grid.ndim - 1] != axes) {
            fail<ValueError>(op, ": grid must have shape (", given.shape[0],
                             axes == 2 ? ", H, W, 2)" : ", D, H, W, 3)", " for an input of shape ",
                             shape_text(given), ", got ", shape_text(grid));
        }
        args.dtype = given.dtype, args.axes = axes;
        args.n = out[0] = given.shape[0];
        args.c = out[1] = given.shape[1];
        args.points = 1;
        dim_t places = 1;
        std::fill_n(args.size, grid_sample::kAxes, 1);
        for (int i = 0; i < axes; ++i) {
            const Py_ssize_t size = args.size[grid_sample::kAxes - axes + i] = given.shape[2 + i];
            args.points *= out[2 + i] = grid.shape[1 + i];
            if (size < 1) {
                fail<ValueError>(op, ": input must have no empty axis besides N and C, got shape ",
                                 shape_text(given));
            }
            places = size > kMostSize / places ? kMostSize + 1 : places * size;
            if (places > kMostSize) {
                fail<ValueError>(op, ": input must have fewer than 2**31 places, got shape ",
                                 shape_text(given));
            }
        }
    }
};

py::object grid_sample(py::handle input, py::handle grid, py::handle mode, py::handle padding,
                       bool align_corners) {
    GridCall call(grid_sample::kSample.name, input, grid, mode, padding, align_corners);
    py::object y = empty_channels_last(call.args.dtype, call.x.ndim, call.out, call.args.axes);
    call.args.y = data_of(y);
    launch(grid_sample::kSample, call.args, {call.x, call.grid, y});
    return y;
}

Tuple<OptionalArray, OptionalArray> grid_sample_backward(py::handle dy, py::handle input,
                                                         py::handle grid, py::handle mode,
                                                         py::handle padding, bool align_corners,
                                                         py::handle needs) {
    const char* op = grid_sample::kSampleBackward.name;
    bool wanted[2];
    parse_needs(needs, op, {"input", "grid"}, wanted);
    GridCall call(op, input, grid, mode, padding, align_corners);
    py::object hold_aligned, hold;
    const Array given = strided_float(dy, {op, "dy"}, hold_aligned);
    check_dtype(given, {op, "dy"}, call.args.dtype);
    if (given.ndim != call.x.ndim || !std::equal(call.out, call.out + given.ndim, given.shape)) {
        fail<ValueError>(op, ": dy must have shape ", shape_text(call.x.ndim, call.out), ", got ",
                         shape_text(given));
    }
    const Array d = channels_last(given, call.args.axes, hold);
    call.args.dy = d.data;
    py::object dx = py::none(), dgrid = py::none();
    if (wanted[0]) {
        dx = empty_channels_last(call.args.dtype, call.x.ndim, call.x.shape, call.args.axes);
        call.args.dx = data_of(dx);
    }
    if (wanted[1]) {
        dgrid = empty(call.args.dtype, call.grid.ndim, call.grid.shape);
        call.args.dgrid = data_of(dgrid);
    }
    launch(grid_sample::kSampleBackward, call.args, {call.x, call.grid, d, dx, dgrid});
    return py::make_tuple(dx, dgrid);
}

}  // namespace

void bind_grid_sample(py::module_& m) {
    const py::arg_v mode = py::arg("mode") = "linear";
    const py::arg_v padding = py::arg("padding_mode") = "zeros";
    const py::arg_v align_corners = py::arg("align_corners") = false;
    m.def("grid_sample", &grid_sample, grid_sample::doc::kGridSample, py::arg("input"),
          py::arg("grid"), mode, padding, align_corners);
    m.def("grid_sample_backward", &grid_sample_backward, grid_sample::doc::kGridSampleBackward,
          py::arg("dy"), py::arg("input"), py::arg("grid"), mode, padding, align_corners,
          py::arg("needs") = py::make_tuple(true, true));
}

}  // namespace fastnn::bind
