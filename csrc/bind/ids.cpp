#include "bind/ids.h"

#include <algorithm>
#include <cstring>

namespace fastnn::bind {
namespace {

using Npy = py::detail::npy_api;

// More ids than these are copied in pieces, between which Ctrl-C is looked for.
constexpr dim_t kIdsAtOnce = dim_t{1} << 23;

template <class From>
void copy(const char* from, std::int64_t* to, dim_t count) {
    for (; count > kIdsAtOnce; count -= kIdsAtOnce) {
        copy<From>(from, to, kIdsAtOnce);
        if (PyErr_CheckSignals() != 0) throw py::error_already_set();
        from += kIdsAtOnce * static_cast<dim_t>(sizeof(From));
        to += kIdsAtOnce;
    }
    if constexpr (sizeof(From) == sizeof(std::int64_t)) {
        std::memcpy(to, from, static_cast<std::size_t>(count) * sizeof(std::int64_t));
    } else {
        const auto* const x = reinterpret_cast<const From*>(from);
        for (dim_t i = 0; i < count; ++i) to[i] = static_cast<std::int64_t>(x[i]);
    }
}

void copy_dense(int type_num, const char* from, std::int64_t* to, dim_t count) {
    switch (type_num) {
        case Npy::NPY_BYTE_: return copy<std::int8_t>(from, to, count);
        case Npy::NPY_UBYTE_: return copy<std::uint8_t>(from, to, count);
        case Npy::NPY_SHORT_: return copy<std::int16_t>(from, to, count);
        case Npy::NPY_USHORT_: return copy<std::uint16_t>(from, to, count);
        case Npy::NPY_INT_: return copy<std::int32_t>(from, to, count);
        case Npy::NPY_UINT_: return copy<std::uint32_t>(from, to, count);
        default: return copy<std::int64_t>(from, to, count);
    }
}

}  // namespace

Ids copy_ids(py::handle object, Name name, py::object& hold) {
    const Array a = integer_array(object, name);
    const dim_t count = a.size();
    void* memory = nullptr;
    hold = new_block(checked_bytes(static_cast<std::size_t>(count + a.ndim), 8), memory);
    auto* const ids = static_cast<std::int64_t*>(memory);
    static_assert(sizeof(Py_ssize_t) == sizeof *ids);
    auto* const shape = reinterpret_cast<Py_ssize_t*>(ids + count);
    std::copy_n(a.shape, a.ndim, shape);
    if (a.contiguous && a.aligned && !recorder::on()) {
        const auto* const descr =
            py::detail::array_descriptor_proxy(py::detail::array_proxy(object.ptr())->descr);
        copy_dense(descr->type_num, a.data, ids, count);
    } else {
        copy_into(array_over(hold, Dtype::i64, a.ndim, shape, ids), object);
    }
    return {hold.ptr(), ids, count, a.ndim, shape};
}

dim_t first_outside(const std::int64_t* ids, dim_t count, std::int64_t least, std::int64_t end) {
    const auto size = static_cast<std::uint64_t>(end) - static_cast<std::uint64_t>(least);
    return first_where(ids, count, [=](std::int64_t id) {
        return static_cast<std::uint64_t>(id) - static_cast<std::uint64_t>(least) >= size;
    });
}

std::string position_text(const char* argument, dim_t at, const Ids& ids) {
    std::string text;
    for (int i = ids.ndim - 1; i >= 0; --i) {
        text = std::to_string(at % ids.shape[i]) + (text.empty() ? "" : ", ") + text;
        at /= ids.shape[i];
    }
    return text.empty() ? argument : argument + ("[" + text + "]");
}

void check_ndim(const Ids& ids, Name name, int ndim, const char* layout) {
    if (ids.ndim == ndim) return;
    fail<ValueError>(name.op, ": ", name.argument, " must have ", ndim, " dimensions ", layout,
                     ", got shape ", shape_text(ids.ndim, ids.shape));
}

}  // namespace fastnn::bind
