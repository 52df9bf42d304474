// One binding function per op family, defined in its bind.cpp.
#pragma once

#include <pybind11/pybind11.h>

namespace fastnn::bind {

void bind_copy(pybind11::module_& m);
void bind_activation(pybind11::module_& m);
void bind_activation_operands(pybind11::module_& m);
void bind_softmax(pybind11::module_& m);
void bind_loss(pybind11::module_& m);
void bind_ctc(pybind11::module_& m);
void bind_linear_cross_entropy(pybind11::module_& m);
void bind_dropout(pybind11::module_& m);
void bind_elementwise(pybind11::module_& m);
void bind_optim(pybind11::module_& m);
void bind_optim_rows(pybind11::module_& m);
void bind_reduce(pybind11::module_& m);
void bind_scan(pybind11::module_& m);
void bind_median(pybind11::module_& m);
void bind_gemm(pybind11::module_& m);
void bind_linear(pybind11::module_& m);
void bind_norm(pybind11::module_& m);
void bind_norm_channels(pybind11::module_& m);
void bind_norm_response(pybind11::module_& m);
void bind_embedding(pybind11::module_& m);
void bind_attention(pybind11::module_& m);
void bind_rnn(pybind11::module_& m);
void bind_conv(pybind11::module_& m);
void bind_pool(pybind11::module_& m);
void bind_resample(pybind11::module_& m);
void bind_grid_sample(pybind11::module_& m);
void bind_fold(pybind11::module_& m);
void bind_shuffle(pybind11::module_& m);
void bind_sort(pybind11::module_& m);
void bind_index(pybind11::module_& m);
void bind_index_put(pybind11::module_& m);
void bind_index_mask(pybind11::module_& m);
void bind_unique(pybind11::module_& m);
void bind_search(pybind11::module_& m);
void bind_histogram(pybind11::module_& m);

}  // namespace fastnn::bind
