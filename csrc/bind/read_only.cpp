#include "bind/read_only.h"

#include <cstring>
#include <memory>
#include <vector>

namespace fastnn::bind {
namespace {

struct ReadOnly {
    PyObject_HEAD Block block;
    std::size_t bytes;
    PackedCache cache;
};

void dealloc(PyObject* self) {
    auto* const owner = reinterpret_cast<ReadOnly*>(self);
    PyTypeObject* const type = Py_TYPE(self);
    std::destroy_at(&owner->cache);
    pool::give(owner->block);
    type->tp_free(self);
    Py_DECREF(type);
}

PyTypeObject* type_of_owners = nullptr;  // made at import

void make_type() {
    static PyType_Slot slots[] = {
        {Py_tp_dealloc, reinterpret_cast<void*>(dealloc)},
        {Py_tp_doc, const_cast<char*>("Memory that can never change; the base of such arrays.")},
        {0, nullptr}};
    static PyType_Spec spec = {"fastnn._core.ReadOnly", sizeof(ReadOnly), 0,
                               Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
    PyObject* const made = PyType_FromSpec(&spec);
    if (made == nullptr) throw py::error_already_set();
    type_of_owners = reinterpret_cast<PyTypeObject*>(made);
}

// A copy in C order that can never change.
py::object read_only(py::handle object) {
    py::object hold;
    const Array a = dense_float(object, {"read_only", "array"}, hold);
    PyObject* const made = type_of_owners->tp_alloc(type_of_owners, 0);
    if (made == nullptr) throw py::error_already_set();
    auto* const owner = reinterpret_cast<ReadOnly*>(made);
    new (&owner->cache) PackedCache();
    const auto base = py::reinterpret_steal<py::object>(made);
    owner->bytes = static_cast<std::size_t>(a.size()) * size_of(a.dtype);
    owner->block = pool::take(owner->bytes);
    std::memcpy(owner->block.data, a.data, owner->bytes);
    const std::vector<Py_ssize_t> shape(a.shape, a.shape + a.ndim);
    const py::dtype dtype =
        a.dtype == Dtype::f32 ? py::dtype::of<float>() : py::dtype::of<double>();
    py::array copy(dtype, shape, owner->block.data, base);
    py::detail::array_proxy(copy.ptr())->flags &= ~kWriteable;
    return copy;
}

}  // namespace

void bind_read_only(py::module_& m) {
    make_type();
    m.def("read_only", &read_only,
          R"(Copies an array to memory that can never change; weights in it are packed only once.

array : float (...)
Returns a copy : float (...), in C order and not writable.

>>> w = kernels.read_only(np.eye(2))
>>> w.flags.writeable, w.tolist()
(False, [[1.0, 0.0], [0.0, 1.0]]))",
          py::arg("array"));
}

PackedCache* packed_cache_of(const Array& array) {
    PyObject* base = array.object;
    while (base != nullptr && is_array(base)) base = py::detail::array_proxy(base)->base;
    if (base == nullptr || Py_TYPE(base) != type_of_owners || !array.contiguous) return nullptr;
    auto* const owner = reinterpret_cast<ReadOnly*>(base);
    if (array.data != owner->block.data ||
        static_cast<std::size_t>(array.size()) * size_of(array.dtype) != owner->bytes) {
        return nullptr;
    }
    return &owner->cache;
}

}  // namespace fastnn::bind
