#include "bind/array.h"
#include "bind/families.h"
namespace fastnn::bind {
void bind_reduce(py::module_&) {}
}
