#include "bind/arguments.h"

namespace fastnn::bind {
namespace {

// `got` is the number itself, or all of a tuple.
void check_size(dim_t value, Name name, dim_t least, dim_t greatest, const std::string& got) {
    if (value >= least && value <= greatest) return;
    if (value < 0 && least == 0)
        fail<ValueError>(name.op, ": ", name.argument, " must not be negative, got ", got);
    if (greatest == kMostSize) {
        fail<ValueError>(name.op, ": ", name.argument, " must be at least ", least,
                         " and below 2**31, got ", got);
    }
    fail<ValueError>(name.op, ": ", name.argument, " must be at least ", least, " and at most ",
                     greatest, ", got ", got);
}

}  // namespace

py::tuple items_of(py::handle sequence, Name name) {
    if (PyTuple_CheckExact(sequence.ptr())) return py::reinterpret_borrow<py::tuple>(sequence);
    PyObject* items = nullptr;
    if (PyList_CheckExact(sequence.ptr())) {
        items = PyList_AsTuple(sequence.ptr());
    } else {
        const Py_ssize_t count = PySequence_Size(sequence.ptr());
        if (count < 0) throw py::error_already_set();
        if (count > kMaxDims) {
            fail<ValueError>(name.op, ": ", name.argument, " must have at most ", kMaxDims,
                             " items, got ", count);
        }
        py::list found;
        for (Py_ssize_t i = 0; i < count; ++i) {
            PyObject* const item = PySequence_GetItem(sequence.ptr(), i);
            if (item == nullptr) throw py::error_already_set();
            found.append(py::reinterpret_steal<py::object>(item));
        }
        items = PyList_AsTuple(found.ptr());
    }
    if (items == nullptr) throw py::error_already_set();
    return py::reinterpret_steal<py::tuple>(items);
}

void clear_type_error() {
    if (PyErr_ExceptionMatches(PyExc_TypeError) == 0) throw py::error_already_set();
    PyErr_Clear();
}

bool parse_truth(py::handle object) {
    const int truth = PyObject_IsTrue(object.ptr());
    if (truth < 0) throw py::error_already_set();
    return truth == 1;
}

double parse_number(py::handle object, Name name) {
    const double value = PyFloat_AsDouble(object.ptr());
    if (value == -1 && PyErr_Occurred() != nullptr) {
        clear_type_error();
        fail<TypeError>(name.op, ": ", name.argument, " must be a number, got ",
                        Py_TYPE(object.ptr())->tp_name);
    }
    return value;
}

double parse_at_least(double least, py::handle object, Name name) {
    const double value = parse_number(object, name);
    if (value >= least) return value;
    if (least == 0)
        fail<ValueError>(name.op, ": ", name.argument, " must not be negative, got ", value);
    fail<ValueError>(name.op, ": ", name.argument, " must be at least ", least, ", got ", value);
}

dim_t parse_int(py::handle object, Name name, const char* must) {
    if (PyIndex_Check(object.ptr()) == 0) {
        fail<TypeError>(name.op, ": ", name.argument, " must ", must, ", got ",
                        Py_TYPE(object.ptr())->tp_name);
    }
    const Py_ssize_t value = PyNumber_AsSsize_t(object.ptr(), nullptr);
    if (value == -1 && PyErr_Occurred() != nullptr) throw py::error_already_set();
    return value;
}

dim_t parse_size(py::handle object, Name name, dim_t least) {
    const dim_t value = parse_int(object, name);
    check_size(value, name, least, kMostSize, std::to_string(value));
    return value;
}

int count_sizes(py::handle tuple, Name name, int most) {
    if (PyTuple_Check(tuple.ptr()) == 0) {
        fail<TypeError>(name.op, ": ", name.argument,
                        " must be a tuple of ints, one for each axis, got ",
                        Py_TYPE(tuple.ptr())->tp_name);
    }
    const Py_ssize_t count = PyTuple_GET_SIZE(tuple.ptr());
    if (count >= 1 && count <= most) return static_cast<int>(count);
    std::string counts = "1";
    for (int i = 2; i <= most; ++i) counts += (i < most ? ", " : " or ") + std::to_string(i);
    fail<ValueError>(name.op, ": ", name.argument, " must hold ", counts, " ints, got ", count);
}

void parse_sizes(py::handle tuple, Name name, int count, dim_t least, dim_t* sizes,
                 dim_t greatest) {
    if (PyTuple_Check(tuple.ptr()) == 0) {
        fail<TypeError>(name.op, ": ", name.argument, " must be a tuple of ", count, " ints, got ",
                        Py_TYPE(tuple.ptr())->tp_name);
    }
    if (PyTuple_GET_SIZE(tuple.ptr()) != count) {
        fail<ValueError>(name.op, ": ", name.argument, " must hold ", count, " ints, got ",
                         PyTuple_GET_SIZE(tuple.ptr()));
    }
    for (int i = 0; i < count; ++i)
        sizes[i] = parse_int(PyTuple_GET_ITEM(tuple.ptr(), i), name, "hold ints");
    for (int i = 0; i < count; ++i) {
        if (sizes[i] >= least && sizes[i] <= greatest) continue;
        static_assert(sizeof(Py_ssize_t) == sizeof(dim_t));
        const auto* const all = reinterpret_cast<const Py_ssize_t*>(sizes);
        check_size(sizes[i], name, least, greatest, shape_text(count, all));
    }
}

void parse_needs(py::handle needs, const char* op, std::initializer_list<const char*> of,
                 bool* wanted) {
    const auto count = static_cast<Py_ssize_t>(of.size());
    if (PyTuple_Check(needs.ptr()) == 0 || PyTuple_GET_SIZE(needs.ptr()) != count) {
        std::string names;
        for (const char* const& name : of) {
            const bool first = &name == of.begin(), last = &name + 1 == of.end();
            names += first ? "" : last ? " and " : ", ";
            names += name;
        }
        fail<TypeError>(op, ": needs must be a tuple of ", count, " booleans, for ", names);
    }
    for (Py_ssize_t i = 0; i < count; ++i)
        wanted[i] = parse_truth(PyTuple_GET_ITEM(needs.ptr(), i));
}

std::string choices_text(const char* const* names, std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) {
        text += i == 0 ? "'" : i + 1 < count ? ", '" : " or '";
        text += names[i];
        text += "'";
    }
    return text;
}

const char* parse_text(py::handle object, Name name) {
    const char* const text =
        PyUnicode_Check(object.ptr()) != 0 ? PyUnicode_AsUTF8(object.ptr()) : nullptr;
    if (text != nullptr) return text;
    PyErr_Clear();
    fail<TypeError>(name.op, ": ", name.argument, " must be a string, got ",
                    Py_TYPE(object.ptr())->tp_name);
}

}  // namespace fastnn::bind
