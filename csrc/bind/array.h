// NumPy array -> checked view, and new arrays from the buffer pool.
//
// Arguments are plain handles, checked here: pybind11's own array casters cost ten times as much as
// a small kernel, and their errors say less. Every function takes the op and argument names for
// errors such as "linear: weight must have dtype float32, got float64".
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <algorithm>
#include <initializer_list>

#include "core/check.h"
#include "core/dtype.h"
#include "core/integer.h"
#include "core/launch.h"
#include "core/memory.h"

namespace fastnn::bind {

namespace py = pybind11;

// The types of results in signatures, from which the stub is made; a py::object is an array. They
// cost no more than py::tuple and py::object.
using py::typing::Tuple;
using OptionalArray = py::typing::Optional<py::object>;  // for the elements of a Tuple

constexpr int kMaxDims = 64;  // NumPy's own limit
// NumPy's NPY_ARRAY_C_CONTIGUOUS and so on.
constexpr int kCContiguous = 0x0001, kAligned = 0x0100, kWriteable = 0x0400;

struct Name {
    const char* op;
    const char* argument;
};

// A borrowed view of a NumPy array of a known dtype, in native byte order, as it was when looked
// at. Strides are in bytes. Shape and strides are copies: every copy of an array and every kernel
// lets other threads run, and these may change the array object.
//
// Its data stays where it is unless the array is resized, which Python code can do that an argument
// runs (__index__, __bool__...). So a binding converts numbers, choices and sequences first, and
// then looks at arrays.
struct Array {
    PyObject* object = nullptr;
    char* data = nullptr;
    Dtype dtype{};
    int ndim = 0;
    bool contiguous = false;  // in C order
    bool writable = false;
    bool aligned = true;
    Py_ssize_t shape[kMaxDims], strides[kMaxDims];  // the first ndim

    Array() {}
    Array(const Array& a) { *this = a; }
    Array& operator=(const Array& a);
    // What NumPy says of the object, an array.
    Array(PyObject* object, Dtype dtype);

    operator py::handle() const { return object; }  // the owner of the memory
    void set_strides(const Py_ssize_t* of_axes) { std::copy_n(of_axes, ndim, strides); }
    dim_t size() const {
        dim_t n = 1;
        for (int i = 0; i < ndim; ++i) n *= shape[i];
        return n;
    }
    template <class T>
    T* as() const {
        return reinterpret_cast<T*>(data);
    }
};

// Called once at import: initializes what a first use would, while there is no other thread.
void init_arrays();
bool is_array(py::handle object);
// The dtype of a NumPy type number; false where kernels have none.
bool parse_dtype(int type_num, Dtype& dtype);

// Ends the message of an argument that must be float32 or float64.
inline constexpr const char* kConvert =
    "; .float() of a tensor, or .astype('float32') of an array, converts it";

// Each throws TypeError or ValueError naming op and argument. These three require aligned memory.
Array array(py::handle object, Name name);           // any dtype of Dtype
Array float_array(py::handle object, Name name);     // float32 or float64
Array writable_array(py::handle object, Name name);  // float32 or float64, contiguous, writable
// An array of any integer type; its dtype is not set.
Array integer_array(py::handle object, Name name);

// The same, with any strides, aligned: `hold` keeps the copy alive where one had to be made.
Array strided(py::handle object, Name name, py::object& hold);
Array strided_float(py::handle object, Name name, py::object& hold);
// The same, in C order.
Array dense(py::handle object, Name name, py::object& hold);
Array dense_float(py::handle object, Name name, py::object& hold);
// The same, with the dtype of another argument.
Array dense_as(py::handle object, Name name, Dtype dtype, py::object& hold);
// The same, of an array already looked at.
Array dense(const Array& a, py::object& hold);

// True where the array's elements fill one block of memory in some order of its axes (C order,
// channels-last...).
bool fills_block(const Array& a);
// An array that fills a block: itself, or a C-order copy.
Array block_float(py::handle object, Name name, py::object& hold);
Array block(const Array& a, py::object& hold);
// A second operand laid out as the first: same shape (checked), dtype (checked) and strides (copied
// where different).
Array block_like(py::handle object, Name name, const Array& layout, py::object& hold);

// to[...] = from, with NumPy's broadcasting: by a kernel, or by NumPy where arrays overlap or have
// types that no kernel copies. Every copy that a binding makes is made here, so that it is recorded
// where calls are.
void copy_into(py::handle to, py::handle from);
// A copy of another dtype, in the order of the array.
py::object astype(py::handle array, Dtype dtype);
// Records that `to` was made as a copy of `from`: of its shape, or in C order where the shape is
// another.
void record_copy(py::handle to, py::handle from);

// New arrays from the pool; contents are undefined. MemoryError where there is no room.
py::object empty(Dtype dtype, int ndim, const Py_ssize_t* shape,
                 const Py_ssize_t* strides = nullptr);
py::object empty(Dtype dtype, std::initializer_list<Py_ssize_t> shape);
inline py::object empty_like(const Array& a) {
    return empty(a.dtype, a.ndim, a.shape, a.strides);
}
// An array over memory that `owner` owns.
py::object array_over(py::object owner, Dtype dtype, int ndim, const Py_ssize_t* shape, void* data,
                      const Py_ssize_t* strides = nullptr);
// Pool memory that is not an array, with the object that owns it: for lists that Args point at.
template <class T>
class OwnedScratch {
 public:
    explicit OwnedScratch(std::size_t count);
    T* data() const { return data_; }
    operator T*() const { return data_; }
    operator py::handle() const { return owner_; }

 private:
    py::object owner_;
    T* data_;
};
py::object new_block(std::size_t bytes, void*& data);
// For tests: an array of bytes in a cached block of the pool, or None.
py::object idle_block();

template <class T>
OwnedScratch<T>::OwnedScratch(std::size_t count) {
    void* data = nullptr;
    owner_ = new_block(checked_bytes(count, sizeof(T)), data);
    data_ = static_cast<T*>(data);
}

// An output given by the caller (out=), or a new one. Checks dtype, shape, C order and that it can
// be written.
py::object output(py::handle out, Name name, Dtype dtype, int ndim, const Py_ssize_t* shape);

inline char* data_of(py::handle array) {
    return py::detail::array_proxy(array.ptr())->data;
}

// launch, with the arrays and other objects that own what Args point at: every input, or the copy
// made of it, and every output. Null handles are ignored.
template <class Args>
void launch(const Kernel<Args>& kernel, const Args& args,
            std::initializer_list<py::handle> owners) {
    fastnn::launch(kernel, args, Owners{owners.begin(), owners.size()});
}

// True where the memory of the two may overlap.
bool may_overlap(const Array& a, const Array& b);
// Whether two indices may refer to the same element, of `size` bytes. They do not where each
// stride, in ascending order, exceeds the extent of the axes before it.
bool overlaps_itself(int ndim, const Py_ssize_t* shape, const Py_ssize_t* strides,
                     std::size_t size);

// Checks with messages, for shapes: "(2, 3)".
std::string shape_text(int ndim, const Py_ssize_t* shape);
std::string shape_text(const Array& a);
void check_shape(const Array& a, Name name, std::initializer_list<Py_ssize_t> shape);
void check_same_shape(const Array& a, Name name, const Array& b, const char* other);
void check_ndim(const Array& a, Name name, int ndim, const char* layout);
// The operands of an op with parameters have one dtype, as in PyTorch: none is cast.
void check_dtype(const Array& a, Name name, Dtype dtype);

}  // namespace fastnn::bind
