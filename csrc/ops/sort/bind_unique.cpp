#include "bind/array.h"
#include "bind/families.h"
#include "ops/sort/doc.h"
#include "ops/sort/unique.h"

namespace fastnn::bind {
namespace {

Tuple<py::object, OptionalArray, OptionalArray> unique(py::handle input, bool sorted,
                                                       bool return_inverse, bool return_counts) {
    const Name name{sorting::kUnique.name, "input"};
    py::object hold;
    const Array x = dense(input, name, hold);
    check_ndim(x, name, 2, "(N, M)");
    const dim_t n = x.shape[0], m = x.shape[1];
    if (n == 0 || m == 0)
        fail<ValueError>(name.op, ": there must be rows with elements, got shape ", shape_text(x));
    if (n > sorting::kMostLine)
        fail<ValueError>(name.op, ": at most 2**32 - 1 rows can be compared, got ", n);
    const auto size = static_cast<std::size_t>(n);
    const OwnedScratch<sorting::Count> positions(sorted ? size : 0);
    sorting::Count* const order = sorted ? positions.data() : nullptr;
    const OwnedScratch<std::uint8_t> begins(size);
    const OwnedScratch<dim_t> found(1);
    launch(sorting::kGroups,
           sorting::GroupArgs{x.dtype, sorted, n, m, x.data, order, begins.data(), found.data()},
           {x, positions, begins, found});
    const dim_t groups = *found.data();
    py::object values = empty(x.dtype, {groups, m});
    py::object inverse = return_inverse ? empty(Dtype::i64, {n}) : py::none();
    py::object counts = return_counts ? empty(Dtype::i64, {groups}) : py::none();
    const auto numbers = [](const py::object& a) {
        return a.is_none() ? nullptr : reinterpret_cast<std::int64_t*>(data_of(a));
    };
    launch(sorting::kUnique,
           sorting::UniqueArgs{x.dtype, n, m, groups, x.data, order, begins.data(), data_of(values),
                               numbers(inverse), numbers(counts)},
           {x, positions, begins, values, inverse, counts});
    return py::make_tuple(std::move(values), std::move(inverse), std::move(counts));
}

}  // namespace

void bind_unique(py::module_& m) {
    using py::arg;
    m.def("unique", &unique, sorting::doc::kUnique, arg("input"), arg("sorted") = true,
          arg("return_inverse") = false, arg("return_counts") = false);
}

}  // namespace fastnn::bind
