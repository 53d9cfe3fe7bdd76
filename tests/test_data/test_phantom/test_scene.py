import numpy as np

from data.phantom.scene import render_scene


def test_scenes_have_color_that_goes_with_place():
    scenes = np.array([render_scene(96, np.random.default_rng(i)) for i in range(20)]).astype(float)
    assert scenes.shape == (20, 96, 96, 3)
    sky = scenes[:, :20].mean(axis=(0, 1, 2))
    assert sky[2] > sky[0] + 20
    assert np.ptp(scenes, axis=3).mean() > 30
    np.testing.assert_array_equal(render_scene(96, np.random.default_rng(3)), scenes[3])
