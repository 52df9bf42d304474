// What the docstrings of elementwise operations say: a row each, in the order of Op.
#pragma once

#include <string>

#include "ops/elementwise/elementwise.h"

namespace fastnn::elementwise::doc {

struct Elementwise {
    Op op;
    const char *summary, *arguments, *returns;
    const char *call, *result;  // the example
};

constexpr const char *kOfFloats = R"(input : float (...); x; integers become float32
out : float (...) = None; gets y)",
                     *kOfNumbers = R"(input : float or int (...); x; integers stay integers
out : float (...) = None; gets y)",
                     *kForTruth = R"(input : float, int or bool (...); x
out : bool (...) = None; gets y)";
constexpr const char* kOfTwo =
    R"(input, other : float or int, shapes that broadcast; a and b; one may be a number
out : float = None; gets y)";
constexpr const char* kOfTwoFloats =
    R"(input, other : float, shapes that broadcast; a and b; one may be a number, integers become float32
out : float = None; gets y)";
constexpr const char* kTruthOfTwo =
    R"(input, other : float, int or bool, shapes that broadcast; a and b; one may be a number
out : bool = None; gets y)";
constexpr const char* kProduct =
    R"(input, tensor1, tensor2, value : float, shapes that broadcast; x, a, b and v
out : float = None; gets y)";
constexpr const char* kSavedInput = "dy, saved : float (...); saved is x, the input";
constexpr const char* kSavedOutput = "dy, saved : float (...); saved is y, the output";
constexpr const char* kOfPair =
    R"(dy, input, other : float, shapes that broadcast; input is a, other is b
first, second : bool = True; which gradients are wanted)";

constexpr const char* kSame = "y : as input";
constexpr const char* kFloat = "y : float (...)";
constexpr const char* kTruth = "y : bool (...)";
constexpr const char* kBroadcast = "y, of the broadcast shape";
constexpr const char* kTruths = "y : bool, of the broadcast shape";
constexpr const char* kGradient = "dx : float (...)";
constexpr const char* kBroadcastGradient = "dx, of the broadcast shape";
constexpr const char* kPair =
    "a pair of float arrays of the broadcast shape; None for one that is not wanted";

constexpr Elementwise kElementwise[] = {
    {Op::neg, "Negates each element: y = -x.", kOfNumbers, kSame,
     "kernels.neg(np.array([1.0, -2.0]))", "array([-1.,  2.])"},
    {Op::abs, "Takes the magnitude of each element: y = |x|.", kOfNumbers, kSame,
     "kernels.abs(np.array([1.0, -2.0]))", "array([1., 2.])"},
    {Op::sign, "Takes the sign of each element: y = -1, 0 or 1; NaN stays NaN.", kOfNumbers, kSame,
     "kernels.sign(np.array([-2.0, 0.0, 3.0]))", "array([-1.,  0.,  1.])"},
    {Op::square, "Squares each element: y = x * x.", kOfNumbers, kSame,
     "kernels.square(np.array([-3.0, 2.0]))", "array([9., 4.])"},
    {Op::cube, "Takes the third power of each element: y = x * x * x.", kOfFloats, kFloat,
     "kernels.cube(np.array([-3.0, 2.0]))", "array([-27.,   8.])"},
    {Op::reciprocal, "Divides 1 by each element: y = 1 / x.", kOfFloats, kFloat,
     "kernels.reciprocal(np.array([2.0, -4.0]))", "array([ 0.5 , -0.25])"},
    {Op::sqrt, "Takes the square root of each element, NaN below 0.", kOfFloats, kFloat,
     "kernels.sqrt(np.array([4.0, 9.0]))", "array([2., 3.])"},
    {Op::rsqrt, "Takes the reciprocal square root of each element: y = 1 / sqrt(x).", kOfFloats,
     kFloat, "kernels.rsqrt(np.array([4.0, 16.0]))", "array([0.5 , 0.25])"},
    {Op::exp, "Takes the exponential of each element: y = e^x.", kOfFloats, kFloat,
     "kernels.exp(np.array([0.0, 1.0])).round(3)", "array([1.   , 2.718])"},
    {Op::expm1, "Computes y = e^x - 1 of each element, accurate near 0.", kOfFloats, kFloat,
     "kernels.expm1(np.array([0.0, 1.0])).round(3)", "array([0.   , 1.718])"},
    {Op::log, "Takes the natural logarithm of each element, NaN below 0.", kOfFloats, kFloat,
     "kernels.log(np.array([1.0, 2.0])).round(3)", "array([0.   , 0.693])"},
    {Op::log1p, "Computes y = log(1 + x) of each element, accurate near 0.", kOfFloats, kFloat,
     "kernels.log1p(np.array([0.0, 1.0])).round(3)", "array([0.   , 0.693])"},
    {Op::log2, "Takes the logarithm to base 2 of each element.", kOfFloats, kFloat,
     "kernels.log2(np.array([1.0, 8.0]))", "array([0., 3.])"},
    {Op::log10, "Takes the logarithm to base 10 of each element.", kOfFloats, kFloat,
     "kernels.log10(np.array([1.0, 20.0])).round(3)", "array([0.   , 1.301])"},
    {Op::sin, "Takes the sine of each element, in radians.", kOfFloats, kFloat,
     "kernels.sin(np.array([0.0, 1.0])).round(3)", "array([0.   , 0.841])"},
    {Op::cos, "Takes the cosine of each element, in radians.", kOfFloats, kFloat,
     "kernels.cos(np.array([0.0, 1.0])).round(3)", "array([1.  , 0.54])"},
    {Op::tan, "Takes the tangent of each element, in radians.", kOfFloats, kFloat,
     "kernels.tan(np.array([0.0, 1.0])).round(3)", "array([0.   , 1.557])"},
    {Op::asin, "Takes the arc sine of each element, NaN outside [-1, 1].", kOfFloats, kFloat,
     "kernels.asin(np.array([0.0, 1.0])).round(3)", "array([0.   , 1.571])"},
    {Op::acos, "Takes the arc cosine of each element, NaN outside [-1, 1].", kOfFloats, kFloat,
     "kernels.acos(np.array([0.5, 1.0])).round(3)", "array([1.047, 0.   ])"},
    {Op::atan, "Takes the arc tangent of each element.", kOfFloats, kFloat,
     "kernels.atan(np.array([0.0, 1.0])).round(3)", "array([0.   , 0.785])"},
    {Op::sinh, "Takes the hyperbolic sine of each element: y = (e^x - e^-x) / 2.", kOfFloats,
     kFloat, "kernels.sinh(np.array([0.0, 1.0])).round(3)", "array([0.   , 1.175])"},
    {Op::cosh, "Takes the hyperbolic cosine of each element: y = (e^x + e^-x) / 2.", kOfFloats,
     kFloat, "kernels.cosh(np.array([0.0, 1.0])).round(3)", "array([1.   , 1.543])"},
    {Op::erf,
     "Takes the error function: y = 2 / sqrt(pi) times the integral of e^(-t^2) from 0 to x.",
     kOfFloats, kFloat, "kernels.erf(np.array([0.0, 1.0])).round(3)", "array([0.   , 0.843])"},
    {Op::floor, "Rounds each element down.", kOfNumbers, kSame,
     "kernels.floor(np.array([1.7, -1.2]))", "array([ 1., -2.])"},
    {Op::ceil, "Rounds each element up.", kOfNumbers, kSame, "kernels.ceil(np.array([1.2, -1.7]))",
     "array([ 2., -1.])"},
    {Op::round, "Rounds each element to the nearest integer, halves to the even one.", kOfNumbers,
     kSame, "kernels.round(np.array([1.5, 2.5, -1.7]))", "array([ 2.,  2., -2.])"},
    {Op::trunc, "Drops the fraction of each element.", kOfNumbers, kSame,
     "kernels.trunc(np.array([1.7, -1.7]))", "array([ 1., -1.])"},
    {Op::frac, "Keeps the fraction of each element, with its sign: y = x - trunc(x).", kOfFloats,
     kFloat, "kernels.frac(np.array([1.75, -1.75]))", "array([ 0.75, -0.75])"},
    {Op::add, "Adds two arrays: y = a + b.", kOfTwo, kBroadcast,
     "kernels.add(np.array([1.0, 2.0]), 0.5)", "array([1.5, 2.5])"},
    {Op::sub, "Subtracts the second array: y = a - b.", kOfTwo, kBroadcast,
     "kernels.sub(np.array([1.0, 2.0]), 0.5)", "array([0.5, 1.5])"},
    {Op::mul, "Multiplies two arrays: y = a * b.", kOfTwo, kBroadcast,
     "kernels.mul(np.array([1.0, 2.0]), 0.5)", "array([0.5, 1. ])"},
    {Op::div, "Divides by the second array: y = a / b.", kOfTwoFloats, kBroadcast,
     "kernels.div(np.array([1.0, 2.0]), 4.0)", "array([0.25, 0.5 ])"},
    {Op::maximum, "Takes the larger of two elements; NaN where one is NaN.", kOfTwo, kBroadcast,
     "kernels.maximum(np.array([1.0, 2.0]), 1.5)", "array([1.5, 2. ])"},
    {Op::minimum, "Takes the smaller of two elements; NaN where one is NaN.", kOfTwo, kBroadcast,
     "kernels.minimum(np.array([1.0, 2.0]), 1.5)", "array([1. , 1.5])"},
    {Op::pow, "Raises to a power: y = a^b.", kOfTwo, kBroadcast,
     "kernels.pow(np.array([2.0, 3.0]), 2.0)", "array([4., 9.])"},
    {Op::atan2, "Takes the angle of the point (b, a) with the first axis, in [-pi, pi].",
     kOfTwoFloats, kBroadcast, "kernels.atan2(np.array([0.0, 1.0]), 1.0).round(3)",
     "array([0.   , 0.785])"},
    {Op::remainder,
     "Takes the remainder with the sign of b, as Python's %: y = a - b * floor(a / b).", kOfTwo,
     kBroadcast, "kernels.remainder(np.array([7.0, -7.0]), 3.0)", "array([1., 2.])"},
    {Op::fmod, "Takes the remainder with the sign of a, as C's fmod: y = a - b * trunc(a / b).",
     kOfTwo, kBroadcast, "kernels.fmod(np.array([7.0, -7.0]), 3.0)", "array([ 1., -1.])"},
    {Op::floor_divide, "Divides and rounds down: y = floor(a / b).", kOfTwo, kBroadcast,
     "kernels.floor_divide(np.array([7.0, -7.0]), 3.0)", "array([ 2., -3.])"},
    {Op::add_scaled, "Adds a multiple of the second array: y = a + alpha * b.",
     R"(input, other, alpha : float, shapes that broadcast; a, b and the factor
out : float = None; gets y)",
     kBroadcast, "kernels.add_scaled(np.array([1.0, 2.0]), np.array([3.0, 4.0]), 0.5)",
     "array([2.5, 4. ])"},
    {Op::where, "Chooses between two arrays: y = a where condition holds, else b.",
     R"(condition : bool, of a shape that broadcasts with theirs
input, other : float or int, shapes that broadcast; a and b; either may be a number
out : float = None; gets y)",
     kBroadcast, "kernels.where(np.array([True, False]), np.array([1.0, 2.0]), 0.0)",
     "array([1., 0.])"},
    {Op::clamp, "Limits each element: y = min(max(x, low), high).",
     R"(input, min, max : float or int, shapes that broadcast; x, low and high
out : float = None; gets y)",
     kBroadcast, "kernels.clamp(np.array([-2.0, 0.5, 3.0]), -1.0, 1.0)",
     "array([-1. ,  0.5,  1. ])"},
    {Op::lerp, "Interpolates between two arrays: y = a + w * (b - a).",
     R"(input, end, weight : float, shapes that broadcast; a, b and w
out : float = None; gets y)",
     kBroadcast, "kernels.lerp(np.array([0.0, 2.0]), np.array([4.0, 4.0]), 0.25)",
     "array([1. , 2.5])"},
    {Op::addcmul, "Adds a scaled product: y = x + v * a * b.", kProduct, kBroadcast,
     "kernels.addcmul(np.array([1.0, 2.0]), np.array([3.0, 4.0]), 2.0, 0.5)", "array([4., 6.])"},
    {Op::addcdiv, "Adds a scaled quotient: y = x + v * a / b.", kProduct, kBroadcast,
     "kernels.addcdiv(np.array([1.0, 2.0]), np.array([3.0, 4.0]), 2.0, 0.5)",
     "array([1.75, 3.  ])"},
    {Op::nan_to_num, "Replaces NaN and the infinities by numbers.",
     R"(input : float (...)
nan, posinf, neginf : float, shapes that broadcast; what stands for NaN, inf and -inf
out : float = None; gets y)",
     kBroadcast, "kernels.nan_to_num(np.array([np.nan, np.inf, 1.0]), 0.0, 9.0, -9.0)",
     "array([0., 9., 1.])"},
    {Op::eq, "Tells where two arrays are equal: y = (a == b).", kTruthOfTwo, kTruths,
     "kernels.eq(np.array([1.0, 2.0, 3.0]), 2.0)", "array([False,  True, False])"},
    {Op::ne, "Tells where two arrays differ: y = (a != b).", kTruthOfTwo, kTruths,
     "kernels.ne(np.array([1.0, 2.0, 3.0]), 2.0)", "array([ True, False,  True])"},
    {Op::lt, "Tells where the first array is less: y = (a < b).", kTruthOfTwo, kTruths,
     "kernels.lt(np.array([1.0, 2.0, 3.0]), 2.0)", "array([ True, False, False])"},
    {Op::le, "Tells where the first array is not greater: y = (a <= b).", kTruthOfTwo, kTruths,
     "kernels.le(np.array([1.0, 2.0, 3.0]), 2.0)", "array([ True,  True, False])"},
    {Op::gt, "Tells where the first array is greater: y = (a > b).", kTruthOfTwo, kTruths,
     "kernels.gt(np.array([1.0, 2.0, 3.0]), 2.0)", "array([False, False,  True])"},
    {Op::ge, "Tells where the first array is not less: y = (a >= b).", kTruthOfTwo, kTruths,
     "kernels.ge(np.array([1.0, 2.0, 3.0]), 2.0)", "array([False,  True,  True])"},
    {Op::logical_and, "Tells where both elements are not 0.", kTruthOfTwo, kTruths,
     "kernels.logical_and(np.array([0.0, 0.0, 1.0]), np.array([0.0, 2.0, 2.0]))",
     "array([False, False,  True])"},
    {Op::logical_or, "Tells where either element is not 0.", kTruthOfTwo, kTruths,
     "kernels.logical_or(np.array([0.0, 0.0, 1.0]), np.array([0.0, 2.0, 2.0]))",
     "array([False,  True,  True])"},
    {Op::logical_xor, "Tells where one of the elements is not 0, and the other is.", kTruthOfTwo,
     kTruths, "kernels.logical_xor(np.array([0.0, 0.0, 1.0]), np.array([0.0, 2.0, 2.0]))",
     "array([False,  True, False])"},
    {Op::logical_not, "Tells where an element is 0.", kForTruth, kTruth,
     "kernels.logical_not(np.array([0.0, 2.0]))", "array([ True, False])"},
    {Op::isnan, "Tells where an element is NaN.", kForTruth, kTruth,
     "kernels.isnan(np.array([np.nan, 2.0]))", "array([ True, False])"},
    {Op::isinf, "Tells where an element is infinite, of either sign.", kForTruth, kTruth,
     "kernels.isinf(np.array([-np.inf, 2.0]))", "array([ True, False])"},
    {Op::isfinite, "Tells where an element is neither NaN nor infinite.", kForTruth, kTruth,
     "kernels.isfinite(np.array([np.nan, 2.0]))", "array([False,  True])"},
    {Op::abs_backward, "Computes the gradient of `abs`: dx = dy * sign(x).", kSavedInput, kGradient,
     "kernels.abs_backward(np.array([3.0, 3.0]), np.array([1.0, -2.0]))", "array([ 3., -3.])"},
    {Op::square_backward, "Computes the gradient of `square`: dx = dy * 2x.", kSavedInput,
     kGradient, "kernels.square_backward(np.array([1.0, 2.0]), np.array([3.0, 4.0]))",
     "array([ 6., 16.])"},
    {Op::cube_backward, "Computes the gradient of `cube`: dx = dy * 3x^2.", kSavedInput, kGradient,
     "kernels.cube_backward(np.array([1.0, 2.0]), np.array([1.0, 2.0]))", "array([ 3., 24.])"},
    {Op::reciprocal_backward, "Computes the gradient of `reciprocal`: dx = -dy * y^2.",
     kSavedOutput, kGradient,
     "kernels.reciprocal_backward(np.array([1.0, 2.0]), np.array([0.5, 2.0]))",
     "array([-0.25, -8.  ])"},
    {Op::sqrt_backward, "Computes the gradient of `sqrt`: dx = dy / 2y.", kSavedOutput, kGradient,
     "kernels.sqrt_backward(np.array([1.0, 2.0]), np.array([2.0, 4.0]))", "array([0.25, 0.25])"},
    {Op::rsqrt_backward, "Computes the gradient of `rsqrt`: dx = -dy * y^3 / 2.", kSavedOutput,
     kGradient, "kernels.rsqrt_backward(np.array([1.0, 2.0]), np.array([1.0, 2.0]))",
     "array([-0.5, -8. ])"},
    {Op::exp_backward, "Computes the gradient of `exp`: dx = dy * y.", kSavedOutput, kGradient,
     "kernels.exp_backward(np.array([1.0, 2.0]), np.array([3.0, 4.0]))", "array([3., 8.])"},
    {Op::expm1_backward, "Computes the gradient of `expm1`: dx = dy * (y + 1).", kSavedOutput,
     kGradient, "kernels.expm1_backward(np.array([1.0, 2.0]), np.array([3.0, 4.0]))",
     "array([ 4., 10.])"},
    {Op::log_backward, "Computes the gradient of `log`: dx = dy / x.", kSavedInput, kGradient,
     "kernels.log_backward(np.array([1.0, 2.0]), np.array([2.0, 8.0]))", "array([0.5 , 0.25])"},
    {Op::log1p_backward, "Computes the gradient of `log1p`: dx = dy / (x + 1).", kSavedInput,
     kGradient, "kernels.log1p_backward(np.array([1.0, 2.0]), np.array([1.0, 7.0]))",
     "array([0.5 , 0.25])"},
    {Op::log2_backward, "Computes the gradient of `log2`: dx = dy / (x log(2)).", kSavedInput,
     kGradient, "kernels.log2_backward(np.array([1.0, 2.0]), np.array([1.0, 2.0])).round(3)",
     "array([1.443, 1.443])"},
    {Op::log10_backward, "Computes the gradient of `log10`: dx = dy / (x log(10)).", kSavedInput,
     kGradient, "kernels.log10_backward(np.array([1.0, 2.0]), np.array([1.0, 2.0])).round(3)",
     "array([0.434, 0.434])"},
    {Op::sin_backward, "Computes the gradient of `sin`: dx = dy * cos(x).", kSavedInput, kGradient,
     "kernels.sin_backward(np.array([1.0, 2.0]), np.array([0.0, 1.0])).round(3)",
     "array([1.   , 1.081])"},
    {Op::cos_backward, "Computes the gradient of `cos`: dx = -dy * sin(x).", kSavedInput, kGradient,
     "kernels.cos_backward(np.array([1.0, 2.0]), np.array([1.0, 1.0])).round(3)",
     "array([-0.841, -1.683])"},
    {Op::tan_backward, "Computes the gradient of `tan`: dx = dy * (1 + y^2).", kSavedOutput,
     kGradient, "kernels.tan_backward(np.array([1.0, 2.0]), np.array([0.0, 1.0]))",
     "array([1., 4.])"},
    {Op::asin_backward, "Computes the gradient of `asin`: dx = dy / sqrt(1 - x^2).", kSavedInput,
     kGradient, "kernels.asin_backward(np.array([1.0, 2.0]), np.array([0.0, 0.6])).round(3)",
     "array([1. , 2.5])"},
    {Op::acos_backward, "Computes the gradient of `acos`: dx = -dy / sqrt(1 - x^2).", kSavedInput,
     kGradient, "kernels.acos_backward(np.array([1.0, 2.0]), np.array([0.0, 0.6])).round(3)",
     "array([-1. , -2.5])"},
    {Op::atan_backward, "Computes the gradient of `atan`: dx = dy / (1 + x^2).", kSavedInput,
     kGradient, "kernels.atan_backward(np.array([1.0, 2.0]), np.array([1.0, 3.0])).round(3)",
     "array([0.5, 0.2])"},
    {Op::sinh_backward, "Computes the gradient of `sinh`: dx = dy * cosh(x).", kSavedInput,
     kGradient, "kernels.sinh_backward(np.array([1.0, 2.0]), np.array([0.0, 1.0])).round(3)",
     "array([1.   , 3.086])"},
    {Op::cosh_backward, "Computes the gradient of `cosh`: dx = dy * sinh(x).", kSavedInput,
     kGradient, "kernels.cosh_backward(np.array([1.0, 2.0]), np.array([0.0, 1.0])).round(3)",
     "array([0.  , 2.35])"},
    {Op::erf_backward, "Computes the gradient of `erf`: dx = dy * 2 / sqrt(pi) * e^(-x^2).",
     kSavedInput, kGradient,
     "kernels.erf_backward(np.array([1.0, 2.0]), np.array([0.0, 1.0])).round(3)",
     "array([1.128, 0.83 ])"},
    {Op::nan_to_num_backward,
     "Computes the gradient of `nan_to_num`: dx = dy where x is finite, else 0.", kSavedInput,
     kGradient, "kernels.nan_to_num_backward(np.array([1.0, 2.0]), np.array([0.5, np.inf]))",
     "array([1., 0.])"},
    {Op::clamp_backward,
     "Computes the gradient of `clamp` by input: dx = dy where min <= x <= max, else 0.",
     R"(dy, input, min, max : float, shapes that broadcast; input is x
out : float = None; gets dx)",
     kBroadcastGradient,
     "kernels.clamp_backward(np.ones(3), np.array([-2.0, 0.5, 3.0]), -1.0, 1.0)",
     "array([0., 1., 0.])"},
    {Op::pow_scalar_backward,
     "Computes the gradient of `pow` by input: dx = dy * e * x^(e - 1), 0 where e is 0.",
     R"(dy, input, exponent : float, shapes that broadcast; input is x, exponent is e
out : float = None; gets dx)",
     kBroadcastGradient,
     "kernels.pow_scalar_backward(np.array([1.0, 2.0]), np.array([3.0, 4.0]), 2.0)",
     "array([ 6., 16.])"},
    {Op::mul_backward, "Computes the gradients of `mul`: da = dy * b, db = dy * a.", kOfPair, kPair,
     "kernels.mul_backward(np.ones(2), np.array([2.0, 3.0]), np.array([4.0, 3.0]))",
     "(array([4., 3.]), array([2., 3.]))"},
    {Op::div_backward, "Computes the gradients of `div`: da = dy / b, db = -dy * a / b^2.", kOfPair,
     kPair, "kernels.div_backward(np.ones(2), np.array([2.0, 3.0]), np.array([4.0, 1.0]))",
     "(array([0.25, 1.  ]), array([-0.125, -3.   ]))"},
    {Op::maximum_backward,
     "Computes the gradients of `maximum`: dy to the larger element, half to each of two equal "
     "ones.",
     kOfPair, kPair,
     "kernels.maximum_backward(np.ones(2), np.array([2.0, 3.0]), np.array([4.0, 3.0]))",
     "(array([0. , 0.5]), array([1. , 0.5]))"},
    {Op::minimum_backward,
     "Computes the gradients of `minimum`: dy to the smaller element, half to each of two equal "
     "ones.",
     kOfPair, kPair,
     "kernels.minimum_backward(np.ones(2), np.array([2.0, 3.0]), np.array([4.0, 3.0]))",
     "(array([1. , 0.5]), array([0. , 0.5]))"},
    {Op::pow_backward,
     "Computes the gradients of `pow`: da = dy * b * a^(b - 1), db = dy * a^b * log(a).", kOfPair,
     kPair, "kernels.pow_backward(np.ones(2), np.array([1.0, 1.0]), np.array([2.0, 3.0]))",
     "(array([2., 3.]), array([0., 0.]))"},
    {Op::atan2_backward,
     "Computes the gradients of `atan2`: da = dy * b / (a^2 + b^2), db = -dy * a / (a^2 + b^2).",
     kOfPair, kPair,
     "kernels.atan2_backward(np.ones(2), np.array([1.0, 1.0]), np.array([2.0, 1.0]))",
     "(array([0.4, 0.5]), array([-0.2, -0.5]))"},
    {Op::where_backward,
     "Computes the gradients of `where`: dy to input where condition holds, elsewhere to other.",
     R"(dy, condition : float and bool, shapes that broadcast
first, second : bool = True; which gradients are wanted)",
     kPair, "kernels.where_backward(np.ones(2), np.array([True, False]))",
     "(array([1., 0.]), array([0., 1.]))"},
    {Op::clamp_bounds_backward,
     "Computes the gradients of `clamp` by its bounds: dy to the bound that an element exceeds.",
     R"(dy, input, min, max : float, shapes that broadcast
first, second : bool = True; which gradients are wanted)",
     kPair, "kernels.clamp_bounds_backward(np.ones(3), np.array([-2.0, 0.5, 3.0]), -1.0, 1.0)",
     "(array([1., 0., 0.]), array([0., 0., 1.]))"},
    {Op::lerp_backward,
     "Computes the gradients of `lerp`: da = dy * (1 - w), db = dy * w by input and end.",
     R"(dy, weight : float, shapes that broadcast; weight is w
first, second : bool = True; which gradients are wanted)",
     kPair, "kernels.lerp_backward(np.ones(2), np.array([0.25, 0.5]))",
     "(array([0.75, 0.5 ]), array([0.25, 0.5 ]))"},
};

static_assert([] {
    int next = 0;
    for (const Elementwise& row : kElementwise) {
        if (row.op != static_cast<Op>(next++)) return false;
    }
    return next == kOps;
}());

inline std::string of(Op op) {
    const Elementwise& row = kElementwise[static_cast<int>(op)];
    return std::string(row.summary) + "\n\n" + row.arguments + "\nReturns " + row.returns +
           ".\n\n>>> " + row.call + "\n" + row.result;
}

}  // namespace fastnn::elementwise::doc
