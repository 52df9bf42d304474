"""Windows beside SciPy's."""

import numpy as np
import pytest
from scipy.signal import windows

import fastnn

THEIRS = {
    "bartlett_window": "bartlett",
    "blackman_window": "blackman",
    "hamming_window": "hamming",
    "hann_window": "hann",
}


@pytest.mark.parametrize("name", [*THEIRS, "kaiser_window"])
@pytest.mark.parametrize("periodic", [True, False])
@pytest.mark.parametrize("length", [0, 1, 2, 7, 8])
def test_values(name, periodic, length):
    got = getattr(fastnn, name)(length, periodic, dtype=np.float64)
    if name == "kaiser_window":
        want = windows.kaiser(length, 12.0, sym=not periodic)
    else:
        want = getattr(windows, THEIRS[name])(length, sym=not periodic)
    np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-15)


def test_types_and_errors():
    x = fastnn.hann_window(5, requires_grad=True)
    assert x.dtype == np.float32
    assert x.requires_grad
    with pytest.raises(TypeError, match="hann_window: dtype must be float32 or float64, got int"):
        fastnn.hann_window(5, dtype=np.int64)
    with pytest.raises(ValueError, match="hamming_window"):
        fastnn.hamming_window(-1)
    with pytest.raises(TypeError, match="kaiser_window: sizes must be integers"):
        fastnn.kaiser_window(2.5)
