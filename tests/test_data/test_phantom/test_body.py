import numpy as np
import pytest

from data.phantom.body import bones, draw_anatomy, edge, heart_and_vessels, lung_texture, lungs, soft_tissue

GRID = (np.arange(128, dtype=np.float32) + 0.5) / 128
V, U = np.meshgrid(GRID, 2 * GRID - 1, indexing="ij")


@pytest.fixture(params=range(4))
def anatomy(request):
    return draw_anatomy(np.random.default_rng(request.param))


def test_edge():
    assert edge(np.array([-9.0, 0.0, 9.0]), 0.1).tolist() == [0, 0.5, 1]
    assert (np.diff(edge(np.linspace(-1, 1, 101), 0.5)) >= 0).all()


def test_an_anatomy_is_drawn_from_its_seed():
    assert draw_anatomy(np.random.default_rng(5)) == draw_anatomy(np.random.default_rng(5))
    assert draw_anatomy(np.random.default_rng(5)) != draw_anatomy(np.random.default_rng(6))


def test_a_fifth_of_the_hearts_is_enlarged_and_wider():
    patients = [draw_anatomy(np.random.default_rng(i)) for i in range(300)]
    large = [p for p in patients if p.cardiomegaly]
    assert 0.12 < len(large) / 300 < 0.28
    widths = [float((heart_and_vessels(p, U, V) > 0.5).any(axis=0).mean()) for p in (large[0], patients[0])]
    assert not patients[0].cardiomegaly
    assert widths[0] > widths[1] + 0.05


def test_there_are_two_lungs_inside_the_body(anatomy):
    air = lungs(anatomy, U, V)
    assert air.min() == 0
    assert air.max() == 1
    assert (air[:, :64] > 0.9).any()
    assert (air[:, 64:] > 0.9).any()
    assert not (air[:, 62:66] > 0.5).any()
    assert (soft_tissue(anatomy, U, V)[air > 0.5] > 0.2).all()


def test_bones_and_texture_are_finite_and_small(anatomy):
    for field, largest in ((bones(anatomy, U, V), 0.6), (lung_texture(anatomy, U, V), 0.6)):
        assert field.shape == (128, 128)
        assert np.isfinite(field).all()
        assert field.std() > 0.01
        assert np.abs(field).max() < largest


def test_texture_belongs_to_the_patient(anatomy):
    np.testing.assert_array_equal(lung_texture(anatomy, U, V), lung_texture(anatomy, U, V))
    other = draw_anatomy(np.random.default_rng(99))
    assert not np.allclose(lung_texture(anatomy, U, V), lung_texture(other, U, V))
