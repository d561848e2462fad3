import torch

from kerasdl import backend
from kerasdl.backend.float64 import float64


def test_seeding_repeats_the_backends_own_draws():
    """What somebody else's layer draws directly from the backend repeats."""
    draws = []
    for _ in range(2):
        backend.current().seed(3)
        draws.append(torch.rand(3).tolist())
    assert draws[0] == draws[1]


def test_pytorch_convolves_as_before_behind_float64():
    before = torch.nn.functional.conv2d
    with float64():
        assert torch.nn.functional.conv2d is not before
    assert torch.nn.functional.conv2d is before


def test_float32_is_no_tensorfloat32_on_a_gpu():
    assert not torch.backends.cuda.matmul.allow_tf32
    assert not torch.backends.cudnn.allow_tf32
