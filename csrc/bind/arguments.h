// Parsing and checks of arguments that are no arrays: numbers, tuples of sizes, names, and which
// gradients are wanted. Each throws TypeError or ValueError naming op and argument.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <limits>
#include <string>
#include <string_view>

#include "bind/array.h"
#include "core/integer.h"

namespace fastnn::bind {

constexpr dim_t kMostSize = std::numeric_limits<std::int32_t>::max();  // sums of sizes fit dim_t

// The items of a tuple or list, each asked for once: a tuple, whose items nobody can replace. At
// most kMaxDims items of a subclass, whose methods are called.
py::tuple items_of(py::handle sequence, Name name);
inline bool is_sequence(py::handle object) {
    return PyTuple_Check(object.ptr()) != 0 || PyList_Check(object.ptr()) != 0;
}

// Clears a TypeError of Python, for which a better one follows; throws any other exception.
void clear_type_error();

// A truth value.
bool parse_truth(py::handle object);

// A float, or what Python turns into one.
double parse_number(py::handle object, Name name);
// As parse_number, and not less than `least`; NaN is refused.
double parse_at_least(double least, py::handle object, Name name);

// An int, clamped to the range of dim_t. An error says what the argument must do.
dim_t parse_int(py::handle object, Name name, const char* must = "be an int");
// As parse_int, from `least` (0 or 1) to kMostSize.
dim_t parse_size(py::handle object, Name name, dim_t least);

// How many sizes a tuple holds, from 1 to `most`.
int count_sizes(py::handle tuple, Name name, int most);
// A tuple of `count` sizes, each from `least` (0 or 1) to `greatest`.
void parse_sizes(py::handle tuple, Name name, int count, dim_t least, dim_t* sizes,
                 dim_t greatest = kMostSize);

// Which gradients are wanted: a tuple of one boolean for each of `of`, the names of inputs.
void parse_needs(py::handle needs, const char* op, std::initializer_list<const char*> of,
                 bool* wanted);

// One of a few names.
template <class Value>
struct Choice {
    const char* name;
    Value value;
};

// "'sum', 'mean' or 'max'"
std::string choices_text(const char* const* names, std::size_t count);
// The text of a string; a TypeError for anything else.
const char* parse_text(py::handle object, Name name);

template <class Value, std::size_t count>
Value parse_choice(py::handle object, Name name, const Choice<Value> (&choices)[count]) {
    const std::string_view text = parse_text(object, name);
    const char* names[count];
    for (std::size_t i = 0; i < count; ++i) {
        if (text == choices[i].name) return choices[i].value;
        names[i] = choices[i].name;
    }
    fail<ValueError>(name.op, ": ", name.argument, " must be ", choices_text(names, count),
                     ", got '", text, "'");
}

}  // namespace fastnn::bind
