import pytest

from kerasdl.seeds import check_seed, derive_seed


def test_places_have_their_own_seeds():
    places = [("a",), ("b",), ("a", "b"), ("a", 1), ("a", 2)]
    seeds = {derive_seed(seed, *place) for seed in (0, 1) for place in places}
    assert len(seeds) == 2 * len(places)
    assert all(0 <= seed < 2**31 for seed in seeds)


def test_seeds_do_not_change_between_versions():
    assert derive_seed(0) == 0x5FECEB66 >> 1  # sha256("0") begins with 5feceb66


@pytest.mark.parametrize("seed", [-1, 2**31])
def test_seeds_must_fit_every_backend(seed: int):
    with pytest.raises(ValueError, match="0 ≤ seed < 2"):
        check_seed(seed)
    check_seed(2**31 - 1)
    check_seed(None)
