// The docstrings of activations, composed from the facts of their functors.
#pragma once

#include <cstdio>
#include <string>

#include "ops/activation/activation.h"

namespace fastnn::activation::doc {

inline std::string parameters(const ActivationFacts& f) {
    std::string lines;
    for (const auto& parameter : f.parameters) {
        if (parameter.name == nullptr) break;
        char usual[32];
        std::snprintf(usual, sizeof usual, "%g", parameter.usual);
        lines += std::string(parameter.name) + " : number = " + usual + "\n";
    }
    return lines;
}

inline std::string forward(Activation kind) {
    const ActivationFacts& f = facts(kind);
    const std::string name = f.name;
    return "Applies `" + name + "` to each element: y = " + words(kind).formula +
           ".\n\ninput : float (...); x; integers become float32\n" + parameters(f) +
           "overwrite : bool = False; y is written to the input, a writable array of float\n"
           "Returns y : float (...).\n\n>>> kernels." +
           name + "(np.array([-1.0, 0.0, 2.0])).round(3)\narray(" + words(kind).values + ")";
}

// more: the lines of further parameters.
inline std::string backward(Activation kind, const char* more = "") {
    const ActivationFacts& f = facts(kind);
    const std::string name = f.name;
    const bool output = f.gradient_reads_output;
    return "Computes the gradient of `" + name + "` from its " + (output ? "output" : "input") +
           ": dx = dy * f'(x).\n\ndy, " + (output ? "y" : "input") + " : float (...)\n" +
           parameters(f) + more +
           "Returns dx : float (...).\n\n>>> x = np.array([-1.0, 0.0, 2.0])\n>>> kernels." + name +
           "_backward(np.ones(3), " + (output ? "kernels." + name + "(x)" : "x") +
           ").round(3)\narray(" + words(kind).gradients + ")";
}

}  // namespace fastnn::activation::doc
