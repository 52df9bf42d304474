// fastnn._core: a table of contents. The module itself has the kernels; everything else is in
// submodules.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>
#include <unistd.h>

#include "bind/array.h"
#include "bind/broadcast.h"
#include "bind/families.h"
#include "bind/read_only.h"
#include "bind/rng.h"
#include "core/cgroup.h"
#include "core/isa.h"
#include "core/machine.h"
#include "core/parallel.h"
#include "core/recorder.h"

namespace py = pybind11;

namespace fastnn::bind {
namespace {

// A tuple of the owners of a call, which are handles (bind/array.h).
void* retain_owners(const Owners& owners) {
    const auto* const list = static_cast<const py::handle*>(owners.list);
    py::tuple all(owners.count);
    for (std::size_t i = 0; i < owners.count; ++i) {
        all[i] = list[i] ? py::reinterpret_borrow<py::object>(list[i]) : py::none();
    }
    return all.release().ptr();
}

// Takes the GIL. Up to Python 3.13, a thread that asks for it after the interpreter has ended is
// ended by pthread_exit, which unwinds the stack: destructors would release objects without the
// GIL, or end the process. So it sleeps until the process ends, as later versions do.
void acquire_gil(void* state) {
    try {
        PyEval_RestoreThread(static_cast<PyThreadState*>(state));
    } catch (...) {
        for (;;) pause();
    }
}

void install_interpreter() {
    set_interpreter(
        {[]() -> void* { return PyEval_SaveThread(); }, acquire_gil,
         [] {
             if (PyErr_CheckSignals() != 0) throw py::error_already_set();
         },
         retain_owners,
         [](void* retained) noexcept { Py_XDECREF(static_cast<PyObject*>(retained)); }});
}

void bind_config(py::module_& parent) {
    py::module_ m = parent.def_submodule("config", "Settings, and what is known of the machine.");
    m.def("num_threads", &num_threads);
    m.def("set_num_threads", &set_num_threads, py::arg("n"));
    m.def("threads_source", &threads_source);
    m.def("threading", &threading);
    m.def("threading_source", &threading_source);
    m.def("set_threading", &set_threading, py::arg("name"));
    m.def("isa", [] { return isa::name(isa::level()); });
    m.def("isa_source", &isa::source);
    m.def(
        "set_isa", [](const std::string& level) { isa::set_level(isa::parse(level, "set_isa")); },
        py::arg("level"));
    // Name -> instruction sets; of the levels this machine can run, and of all that were built.
    const auto levels = [](bool (*wanted)(Isa)) {
        py::typing::Dict<py::str, py::str> found;
        for (Isa level : {Isa::v2, Isa::v3, Isa::v4, Isa::neon}) {
            if (wanted(level)) found[isa::name(level)] = isa::features(level);
        }
        return found;
    };
    m.def("isa_levels", [levels] { return levels(isa::available); });
    m.def("isa_built", [levels] { return levels(isa::built); });
    m.def("cpu_features", &isa::cpu_features);
    m.def("pool_stats", [] {
        const pool::Stats stats = pool::stats();
        py::typing::Dict<py::str, py::int_> d;
        d["used_bytes"] = stats.used_bytes;
        d["cached_bytes"] = stats.cached_bytes;
        d["limit_bytes"] = stats.limit_bytes;
        return d;
    });
    m.def("set_pool_limit", &pool::set_limit, py::arg("bytes"));
    m.def("trim_pool", &pool::trim);
    // For tests, which lay out a small /proc and /sys under `root`.
    m.def(
        "cgroup_limits",
        [](const std::string& root) {
            const cgroup::Memory memory = cgroup::memory(root);
            return py::make_tuple(cgroup::cpu_quota(root), memory.limit, memory.available);
        },
        py::arg("root") = "");
    m.def(
        "machine_caches",
        [](const std::string& root) {
            const Machine m = root.empty() ? machine() : read_machine(root);
            py::typing::List<Tuple<py::int_, py::int_, py::int_>> caches;
            for (const Cache& c : {m.l1, m.l2, m.last}) {
                caches.append(py::make_tuple(c.bytes, c.line, c.ways));
            }
            return caches;
        },
        py::arg("root") = "");
    m.attr("version") = FASTNN_VERSION;
    m.attr("compiler") =
#if defined(__clang__)
        "Clang " __clang_version__;
#else
        "GCC " __VERSION__;
#endif
}

void bind_profiler(py::module_& parent) {
    py::module_ m = parent.def_submodule("profiler", "Which kernels ran, when, and for how long.");
    m.def("start", &profiler::start);
    m.def("stop", [] {
        // Name, start and duration in microseconds, operations, bytes, thread.
        py::typing::List<Tuple<py::str, py::float_, py::float_, py::float_, py::float_, py::int_>>
            events;
        for (const auto& e : profiler::stop()) {
            events.append(py::make_tuple(e.name, e.start_us, e.duration_us, e.work.flops,
                                         e.work.bytes, e.thread));
        }
        return events;
    });
}

// For tests, and for whatever is to run steps without Python.
void bind_recorder(py::module_& parent) {
    py::module_ m =
        parent.def_submodule("recorder", "Recording of kernel calls, and their replay.");
    py::class_<Recording>(m, "Recording")
        .def("__len__", &Recording::size)
        .def("names",
             [](const Recording& r) {
                 py::typing::List<py::str> names;
                 for (std::size_t i = 0; i < r.size(); ++i) names.append(r.name(i));
                 return names;
             })
        .def(
            "forget_owners",
            [](Recording& r, std::size_t i) {
                if (i >= r.size()) throw py::index_error();
                r.forget_owners(i);
            },
            py::arg("index"))
        .def("replay", &Recording::replay);
    m.def("idle_block", &idle_block);
    // For copies that Python makes with NumPy.
    m.def(
        "copy",
        [](py::handle to, py::handle source) {
            if (!recorder::on()) return;
            if (!is_array(to) || !is_array(source))
                fail<TypeError>("copy: to and source must be NumPy arrays");
            const auto shared = py::module_::import("numpy").attr("may_share_memory")(to, source);
            if (!shared.cast<bool>()) record_copy(to, source);
        },
        py::arg("to"), py::arg("source"));
    m.def("start", &recorder::start);
    m.def("stop", &recorder::stop);
}

}  // namespace
}  // namespace fastnn::bind

PYBIND11_MODULE(_core, m) {
    using namespace fastnn::bind;
    py::register_exception_translator([](std::exception_ptr e) {
        try {
            if (e) std::rethrow_exception(e);
        } catch (const fastnn::TypeError& error) {
            PyErr_SetString(PyExc_TypeError, error.what());
        }
    });
    fastnn::init_threads();
    fastnn::pool::init();
    install_interpreter();
    init_arrays();
    // Unknown values of FASTNN_ISA and FASTNN_THREADING raise now, not at the first kernel.
    fastnn::isa::level();
    fastnn::threading();
    bind_config(m);
    bind_broadcast(m);
    bind_read_only(m);
    bind_profiler(m);
    bind_recorder(m);
    bind_random(m);
    bind_copy(m);
    bind_activation(m);
    bind_activation_operands(m);
    bind_softmax(m);
    bind_loss(m);
    bind_ctc(m);
    bind_linear_cross_entropy(m);
    bind_dropout(m);
    bind_elementwise(m);
    bind_optim(m);
    bind_optim_rows(m);
    bind_reduce(m);
    bind_scan(m);
    bind_median(m);
    bind_gemm(m);
    bind_linear(m);
    bind_norm(m);
    bind_norm_channels(m);
    bind_norm_response(m);
    bind_embedding(m);
    bind_attention(m);
    bind_rnn(m);
    bind_conv(m);
    bind_pool(m);
    bind_resample(m);
    bind_grid_sample(m);
    bind_fold(m);
    bind_shuffle(m);
    bind_sort(m);
    bind_index(m);
    bind_index_put(m);
    bind_index_mask(m);
    bind_unique(m);
    bind_search(m);
    bind_histogram(m);
}
