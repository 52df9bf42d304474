"""Every option of a layer, a function or an optimizer has the default that is written here.

The one that an option has nearly everywhere, and where it has another one. They are PyTorch's.
"""

import inspect

import numpy as np
import pytest

from fastnn import nn, optim
from fastnn.nn import functional

USUAL = {
    "accumulate": False,
    "activation": "relu",
    "add_bias_kv": False,
    "add_zero_attn": False,
    "affine": True,
    "alpha": 1.0,
    "amsgrad": False,
    "antialias": False,
    "approximate": "none",
    "as_tuple": False,
    "assume_unique": False,
    "atol": 1e-08,
    "average_attn_weights": True,
    "axis": 0,
    "base": 10.0,
    "batch_first": False,
    "beta": 1.0,
    "beta2_decay": -0.8,
    "betas": (0.9, 0.999),
    "bias": True,
    "bidirectional": False,
    "bins": 100,
    "blank": 0,
    "ceil_mode": False,
    "centered": False,
    "compute_mode": "use_mm_for_euclid_dist_if_necessary",
    "compute_uv": True,
    "correction": 1,
    "count": -1,
    "count_include_pad": True,
    "d": 1.0,
    "d_max": (5.0, 5000, 25000),
    "d_model": 512,
    "dampening": 0,
    "decimals": 0,
    "decoupled_weight_decay": False,
    "delta": 1.0,
    "density": False,
    "descending": False,
    "diagonal": 0,
    "dilation": 1,
    "dim": 0,
    "dim1": 0,
    "dim2": 1,
    "dim_feedforward": 2048,
    "dims": (0, 1),
    "div_value": 4.0,
    "dropout": 0.0,
    "dropout_p": 0.0,
    "edge_order": 1,
    "elementwise_affine": True,
    "enable_gqa": False,
    "enable_nested_tensor": True,
    "end_dim": -1,
    "eps": 1e-05,
    "equal_nan": False,
    "etas": (0.5, 1.2),
    "fill_value": -1,
    "full": False,
    "gamma": 2.0,
    "groups": 1,
    "hard": False,
    "head_bias": False,
    "history_size": 100,
    "ignore_index": -100,
    "include_last_offset": False,
    "include_self": True,
    "increasing": False,
    "indexing": "ij",
    "init": 0.25,
    "initial_accumulator_value": 0,
    "inplace": False,
    "interpolation": "linear",
    "invert": False,
    "is_causal": False,
    "k": 1.0,
    "keepdim": False,
    "label_smoothing": 0.0,
    "lambd": 0.5,
    "largest": True,
    "layer_norm_eps": 1e-05,
    "left": True,
    "log_input": True,
    "log_target": False,
    "low": 0,
    "lower": 1 / 8,
    "lr": 0.001,
    "lr_decay": 0,
    "margin": 0.0,
    "mask_check": True,
    "max": 0,
    "max_iter": 20,
    "max_val": 1.0,
    "maximize": False,
    "mean": 0.0,
    "memory_is_causal": False,
    "min": 0,
    "min_val": -1.0,
    "minlength": 0,
    "mode": "nearest",
    "modules": (),
    "momentum": 0.1,
    "momentum_decay": 0.004,
    "n": 1,
    "nan": 0.0,
    "need_weights": True,
    "negative_slope": 0.01,
    "nesterov": False,
    "nhead": 8,
    "nonlinearity": "tanh",
    "norm_first": False,
    "norm_type": 2.0,
    "ns_coefficients": (3.4445, -4.775, 2.0315),
    "ns_steps": 5,
    "num_classes": -1,
    "num_decoder_layers": 6,
    "num_encoder_layers": 6,
    "num_layers": 1,
    "num_parameters": 1,
    "offset": 0,
    "out_int32": False,
    "output_padding": 0,
    "p": 0.5,
    "pad": 0,
    "padding": 0,
    "padding_mode": "zeros",
    "parameters": (),
    "periodic": True,
    "persistent": True,
    "pow": 2,
    "proj_size": 0,
    "r": 2,
    "r_max": (3.0, 5000, 40000),
    "rcond": 1e-15,
    "recurrent_dropout": 0.0,
    "reduction": "mean",
    "replacement": False,
    "requires_grad": False,
    "return_counts": False,
    "return_indices": False,
    "return_inverse": False,
    "rho": 0.9,
    "right": False,
    "rtol": 1e-05,
    "scale_grad_by_freq": False,
    "some": True,
    "sorted": True,
    "spacing": 1,
    "sparse": False,
    "sparse_grad": False,
    "stable": True,
    "start_dim": 1,
    "stateful": False,
    "std": 1.0,
    "step": 1,
    "step_sizes": (1e-06, 50),
    "stride": 1,
    "swap": False,
    "t0": 1000000.0,
    "tau": 1,
    "tgt_is_causal": False,
    "threshold": 20.0,
    "tolerance_change": 1e-09,
    "tolerance_grad": 1e-07,
    "track_running_stats": True,
    "training": True,
    "transpose": False,
    "unitriangular": False,
    "unpack_data": True,
    "unpack_pivots": True,
    "unsafe": False,
    "upper": 1 / 3,
    "use_input_stats": True,
    "use_separate_proj_weight": False,
    "value": 1.0,
    "values": (),
    "variational": False,
    "weight_decay": 0,
    "with_replacement": False,
    "zero_infinity": False,
    "zoneout_c": 0.0,
    "zoneout_h": 0.0,
}
OTHERS = {
    "F.mode": {"dim": -1},
    "F.norm": {"p": "fro"},
    "nn.AttentionPooling.forward": {"need_weights": False},
    "optim.ASGD": {"lr": 0.01, "alpha": 0.75, "lambd": 0.0001},
    "optim.Adadelta": {"eps": 1e-06, "lr": 1.0},
    "optim.Adafactor": {"lr": 0.01, "eps": (None, 1e-3), "weight_decay": 0.0},
    "optim.Adagrad": {"eps": 1e-10, "lr": 0.01},
    "optim.Adam": {"eps": 1e-08},
    "optim.Adamax": {"eps": 1e-08, "lr": 0.002},
    "optim.LAMB": {"eps": 1e-06},
    "optim.LBFGS": {"lr": 1},
    "optim.Lion": {"lr": 0.0001, "betas": (0.9, 0.99)},
    "optim.Muon": {"eps": 1e-07, "momentum": 0.95, "nesterov": True, "weight_decay": 0.1},
    "optim.NAdam": {"eps": 1e-08, "lr": 0.002},
    "optim.RAdam": {"eps": 1e-08},
    "optim.Rprop": {"lr": 0.01},
    "optim.AdamW": {"eps": 1e-08, "weight_decay": 0.01},
    "optim.RMSprop": {"eps": 1e-08, "momentum": 0, "alpha": 0.99, "lr": 0.01},
    "optim.SparseAdam": {"eps": 1e-08},
    "nn.BatchRenorm1d": {"momentum": 0.01},
    "nn.BatchRenorm2d": {"momentum": 0.01},
    "nn.BatchRenorm3d": {"momentum": 0.01},
    "F.batch_renorm": {"momentum": 0.01, "r_max": 3.0, "d_max": 5.0, "training": False},
    "optim.SGD": {"momentum": 0},
    "nn.InstanceNorm1d": {"affine": False, "track_running_stats": False},
    "nn.InstanceNorm2d": {"affine": False, "track_running_stats": False},
    "nn.InstanceNorm3d": {"affine": False, "track_running_stats": False},
    "nn.LocalResponseNorm": {"alpha": 0.0001, "beta": 0.75},
    "F.local_response_norm": {"alpha": 0.0001, "beta": 0.75},
    "nn.EmbeddingBag": {"mode": "mean"},
    "F.embedding_bag": {"mode": "mean"},
    "F.grid_sample": {"mode": "bilinear"},
    "F.pad": {"mode": "constant"},
    "F.flatten": {"start_dim": 0},
    "nn.Parameter": {"requires_grad": True},
    "nn.UninitializedParameter": {"requires_grad": True},
    "nn.Transformer": {"dropout": 0.1},
    "nn.TransformerDecoderLayer": {"dropout": 0.1},
    "nn.TransformerEncoderLayer": {"dropout": 0.1},
    "F.alpha_dropout": {"training": False},
    "F.batch_norm": {"training": False},
    "F.feature_alpha_dropout": {"training": False},
    "F.amax": {"dim": ()},
    "F.amin": {"dim": ()},
    "F.argsort": {"dim": -1},
    "F.sort": {"dim": -1},
    "F.topk": {"dim": -1},
    "F.glu": {"dim": -1},
    "nn.GLU": {"dim": -1},
    "F.maxout": {"dim": -1},
    "F.rrelu": {"training": False},
    "F.sigmoid_focal_loss": {"alpha": 0.25, "reduction": "none"},
    "F.poisson_nll_loss": {"eps": 1e-8},
    "nn.PoissonNLLLoss": {"eps": 1e-8},
    "F.gaussian_nll_loss": {"eps": 1e-6},
    "nn.GaussianNLLLoss": {"eps": 1e-6},
    "F.hinge_embedding_loss": {"margin": 1.0},
    "nn.HingeEmbeddingLoss": {"margin": 1.0},
    "F.multi_margin_loss": {"p": 1, "margin": 1.0},
    "nn.MultiMarginLoss": {"p": 1, "margin": 1.0},
    "F.cosine_similarity": {"dim": 1, "eps": 1e-8},
    "nn.CosineSimilarity": {"dim": 1, "eps": 1e-8},
    "F.pairwise_distance": {"p": 2.0, "eps": 1e-6},
    "nn.PairwiseDistance": {"p": 2.0, "eps": 1e-6},
    "F.normalize": {"p": 2.0, "dim": 1, "eps": 1e-12},
    "F.triplet_margin_loss": {"margin": 1.0, "p": 2.0, "eps": 1e-6},
    "nn.TripletMarginLoss": {"margin": 1.0, "p": 2.0, "eps": 1e-6},
    "F.triplet_margin_with_distance_loss": {"margin": 1.0},
    "nn.TripletMarginWithDistanceLoss": {"margin": 1.0},
    "nn.LinearCrossEntropyLoss": {"bias": False},
    "F.diag_embed": {"dim1": -2, "dim2": -1},
    "F.cumulative_trapezoid": {"dim": -1},
    "F.diff": {"dim": -1},
    "F.trapezoid": {"dim": -1},
    "F.trapz": {"dim": -1},
    "F.cdist": {"p": 2.0},
    "F.dist": {"p": 2},
    "F.pdist": {"p": 2.0},
    "F.cholesky": {"upper": False},
    "F.cholesky_inverse": {"upper": False},
    "F.cholesky_solve": {"upper": False},
    "F.tensordot": {"dims": 2},
    "F.kthvalue": {"dim": -1},
    "F.gumbel_softmax": {"dim": -1, "eps": 1e-10},
    "F.hamming_window": {"alpha": 0.54, "beta": 0.46},
    "F.kaiser_window": {"beta": 12.0},
    "F.triangular_solve": {"upper": True},
    "F.constant_pad_nd": {"value": 0},
}


TYPES = (type, np.dtype)


def options(call):
    """Name -> default, of arguments that have one besides None and types."""
    values = {p.name: p.default for p in inspect.signature(call).parameters.values()}
    nothing = (inspect.Parameter.empty, None)
    return {k: v for k, v in values.items() if v not in nothing and not isinstance(v, TYPES)}


def public():
    """Name -> layer, its forward, optimizer or function."""
    found = {f"F.{k}": f for k, f in vars(functional).items() if inspect.isfunction(f)}
    for place, space in (("nn", nn), ("optim", optim)):
        for name, kind in vars(space).items():
            if inspect.isclass(kind) and name != "Optimizer":
                found[f"{place}.{name}"] = kind
                if hasattr(kind, "forward"):
                    found[f"{place}.{name}.forward"] = kind.forward
    return {name: call for name, call in found.items() if not name.split(".")[1].startswith("_")}


PUBLIC = public()


@pytest.mark.parametrize("name", PUBLIC)
def test_defaults(name):
    others = OTHERS.get(name, {})
    for option, default in options(PUBLIC[name]).items():
        want = others[option] if option in others else USUAL[option]
        assert (default, type(default) is bool) == (want, type(want) is bool), option


def test_nothing_is_left_in_the_table():
    found = {(name, option) for name, call in PUBLIC.items() for option in options(call)}
    assert {option for _, option in found} == set(USUAL)
    assert {(name, option) for name in OTHERS for option in OTHERS[name]} <= found


def test_defaults_matches_torch():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    spaces = {"nn": torch.nn, "optim": torch.optim, "F": torch.nn.functional}
    compared = 0
    for name, call in PUBLIC.items():
        place, *path = name.split(".")
        theirs = getattr(spaces[place], path[0], None)
        if len(path) > 1:
            theirs = getattr(theirs, path[1], None)
        if not callable(theirs) or inspect.isbuiltin(theirs):
            continue
        want = options(theirs)
        for option, default in options(call).items():
            if option in want and option != "activation":  # there it is also a function
                assert default == want[option], f"{name}: {option}"
                compared += 1
    assert compared > 200
