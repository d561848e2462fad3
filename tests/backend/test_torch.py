import torch

from kerasdl import backend


def test_seeding_repeats_the_backends_own_draws():
    """What somebody else's layer draws directly from the backend repeats."""
    draws = []
    for _ in range(2):
        backend.current().seed(3)
        draws.append(torch.rand(3).tolist())
    assert draws[0] == draws[1]
