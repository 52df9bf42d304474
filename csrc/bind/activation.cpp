#include "bind/activation.h"

#include <cstring>
#include <string>

#include "bind/arguments.h"
#include "ops/activation/activation.h"

namespace fastnn::bind {
namespace {

// "'step', 'relu', ... or 'mish'"
std::string known_names() {
    std::string text;
    for (int i = 1; i < kActivations; ++i) {
        text += i == 1 ? "" : i + 1 < kActivations ? ", " : " or ";
        text += std::string("'") + activation::facts(static_cast<Activation>(i)).name + "'";
    }
    return text;
}

const char* text_of(py::handle object, const char* op) {
    const char* text =
        PyUnicode_Check(object.ptr()) != 0 ? PyUnicode_AsUTF8(object.ptr()) : nullptr;
    if (text != nullptr) return text;
    PyErr_Clear();
    fail<TypeError>(op, ": activation must be None, a name or a tuple of a name and numbers, got ",
                    Py_TYPE(object.ptr())->tp_name);
}

Activation find(const char* name, const char* op) {
    for (int i = 1; i < kActivations; ++i) {
        const auto f = static_cast<Activation>(i);
        if (std::strcmp(name, activation::facts(f).name) == 0) return f;
    }
    fail<ValueError>(op, ": activation must be None, ", known_names(), ", got '", name, "'");
}

}  // namespace

void check_activation(const FusedActivation& f, const char* op) {
    if (f.kind == Activation::hardtanh && f.params.a > f.params.b) {
        fail<ValueError>(op, ": min_val must not exceed max_val, got ", f.params.a, " and ",
                         f.params.b);
    }
    if (f.kind == Activation::softshrink && f.params.a < 0) {
        fail<ValueError>(op, ": lambd must be at least 0, got ", f.params.a);
    }
}

FusedActivation parse_activation(py::handle object, const char* op) {
    if (object.is_none()) return {};
    const bool tuple = PyTuple_Check(object.ptr()) != 0 && PyTuple_GET_SIZE(object.ptr()) > 0;
    const py::handle name = tuple ? py::handle(PyTuple_GET_ITEM(object.ptr(), 0)) : object;
    FusedActivation f;
    f.kind = find(text_of(name, op), op);
    const auto& parameters = activation::facts(f.kind).parameters;
    double* const values[] = {&f.params.a, &f.params.b, &f.params.c};
    const Py_ssize_t given = tuple ? PyTuple_GET_SIZE(object.ptr()) - 1 : 0;
    Py_ssize_t taken = 0;
    for (int i = 0; i < 3 && parameters[i].name != nullptr; ++i) {
        *values[i] = parameters[i].usual;
        if (i >= given) continue;
        *values[i] = PyFloat_AsDouble(PyTuple_GET_ITEM(object.ptr(), i + 1));
        if (*values[i] == -1 && PyErr_Occurred() != nullptr) {
            clear_type_error();
            fail<TypeError>(op, ": ", parameters[i].name, " of the activation must be a number");
        }
        ++taken;
    }
    if (given > taken) {
        fail<ValueError>(op, ": the activation '", activation::facts(f.kind).name, "' takes ",
                         taken, " parameters, got ", given);
    }
    check_activation(f, op);
    return f;
}

}  // namespace fastnn::bind
