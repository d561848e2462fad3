import numpy as np
import pytest
from scipy import stats

from kerasdl.data import ArrayExamples, Batches, Mixing

EXAMPLES, SIDE = 8, 10


@pytest.fixture
def images() -> np.ndarray:
    """Each pixel tells its image and its place."""
    return np.arange(EXAMPLES * SIDE * SIDE, dtype="float32").reshape(
        EXAMPLES, SIDE, SIDE, 1
    )


ONE_HOT = np.eye(EXAMPLES, dtype="float32")


def test_mixup_mixes_inputs_as_it_mixes_targets(images: np.ndarray):
    for index in range(20):
        x, y = Mixing(mixup=1.0).mix(images, ONE_HOT, 0, 0, index)
        np.testing.assert_allclose(y.sum(-1), 1, atol=1e-6)
        expected = np.tensordot(y, images, 1)
        np.testing.assert_allclose(x, expected, rtol=1e-5, atol=1e-4)
        assert ((y > 0).sum(-1) <= 2).all()


def test_cutmix_puts_in_a_box_of_which_the_targets_tell_the_area(images: np.ndarray):
    areas = []
    for index in range(200):
        x, y = Mixing(cutmix=1.0).mix(images, ONE_HOT, 0, 0, index)
        owner, place = np.divmod(x[..., 0], SIDE * SIDE)
        assert (place == np.arange(SIDE * SIDE).reshape(SIDE, SIDE)).all()
        for image in range(EXAMPLES):
            counts = np.bincount(owner[image].ravel().astype(int), minlength=EXAMPLES)
            np.testing.assert_allclose(y[image], counts / SIDE**2, atol=1e-6)
            rows, columns = np.nonzero(owner[image] != image)
            if len(rows):
                assert len(rows) == (np.ptp(rows) + 1) * (np.ptp(columns) + 1)
        areas.append(1 - y.max(-1).min())
    assert len(set(areas)) > 20


def test_shares_are_drawn_from_the_beta_distribution():
    x, y = np.zeros((2, 1), "float32"), np.eye(2, dtype="float32")
    shares = []
    for index in range(4000):
        _, mixed = Mixing(mixup=0.4).mix(x, y, 3, 1, index)
        if 0 < mixed[0, 0] < 1:  # else the partner is the example itself
            shares.append(mixed[0, 0])
    assert stats.kstest(shares, stats.beta(0.4, 0.4).cdf).pvalue > 1e-3
    assert 1800 < len(shares) < 2200


def test_with_both_a_coin_is_tossed(images: np.ndarray):
    mixing = Mixing(mixup=1.0, cutmix=1.0)
    whole = 0
    for index in range(400):
        x, _ = mixing.mix(images, ONE_HOT, 0, 0, index)
        whole += bool((x == np.round(x)).all())
    assert 160 < whole < 240


def test_batches_are_mixed_by_seed_epoch_and_number(images: np.ndarray):
    def batches(seed: int) -> Batches:
        examples = ArrayExamples(images, ONE_HOT)
        return Batches(examples, 4, seed, Mixing(mixup=1.0))

    one = batches(0)
    x, y = one.epoch(1)[1]
    again = batches(0).epoch(1)[1]
    assert np.array_equal(x, again[0])
    assert np.array_equal(y, again[1])
    assert x.dtype == y.dtype == "float32"
    for epoch, index, seed in ((0, 1, 0), (1, 0, 0), (1, 1, 1)):
        _, other = batches(seed).epoch(epoch)[index]
        assert set(other.ravel()) != set(y.ravel())  # other shares, not rows alone
    assert np.array_equal(one.examples.arrays()[0], images)


@pytest.mark.parametrize("mixing", [Mixing(mixup=1.0), Mixing(cutmix=1.0)])
def test_a_mixed_example_has_the_mixed_loss(images: np.ndarray, mixing: Mixing):
    """The loss of either target counts by its share and by its own weight."""
    weights = np.array([0, 0, 5, 1, 1, 0.2, 3, 0.5], "float32")
    plain = ArrayExamples(images, ONE_HOT)
    batches = Batches(plain, EXAMPLES, 0, mixing, weights)
    log_shares = np.log(np.random.default_rng(0).dirichlet(np.ones(EXAMPLES), EXAMPLES))
    for epoch in range(10):
        x, y, mixed = batches.epoch(epoch)[0]
        order = batches.epoch(epoch).order
        x_plain, y_plain = Batches(plain, EXAMPLES, 0, mixing).epoch(epoch)[0]
        np.testing.assert_array_equal(x, x_plain)
        np.testing.assert_allclose(y.sum(-1), 1, atol=1e-6)
        assert y.dtype == mixed.dtype == "float32"
        expected = -(y_plain * weights * log_shares).sum(-1)
        np.testing.assert_allclose(
            -mixed * (y * log_shares).sum(-1), expected, atol=1e-5
        )
        assert sorted(order) == [*range(EXAMPLES)]


def test_labels_are_mixed_by_weight_even_where_none_holds():
    labels = np.array([[1, 1, 0], [0, 0, 0]], "float32")
    weights, x = np.array([1, 2], "float32"), np.zeros((2, 1), "float32")
    mixing = Mixing(mixup=1.0)
    for index in range(9):
        _, shares = mixing.mix(x, np.eye(2, dtype="float32"), 0, 0, index)
        _, y, mixed = mixing.mix_weighted(x, labels, weights, 0, 0, index)
        np.testing.assert_allclose(mixed, shares @ weights, rtol=1e-6)
        expected = shares * weights @ labels / mixed[:, None]
        np.testing.assert_allclose(y, expected, rtol=1e-6)
