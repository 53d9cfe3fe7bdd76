"""Perturbation curves against the paper's recursion, and AOPC by hand."""

from itertools import permutations

import numpy as np
import pytest
import torch
from torch import nn

from enhance.evaluation.measures.perturbation import aopc, aopc_by_step, image_noise, perturbation_curves, region_ranks

IDS = [7, 0, 12]
TARGETS = torch.tensor([2, 0, 1])


def curves_of(predict, images, maps, targets=TARGETS, ids=IDS, region=34, seed=0, **options):
    """Curves (B, L + 1) of each order, of one map (H, W) for each image."""
    noise = image_noise(images.shape[1:], ids, seed=seed).to(images)
    curves = perturbation_curves(predict, images, noise, maps[:, None], targets, region, **options)
    return {order: own[:, 0] for order, own in curves.items()}


def random_case(height=11, width=13):
    """A random network in float64, images and maps."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(1, 4, 3, 2), nn.Tanh(), nn.Flatten(), nn.LazyLinear(3)).double()
    images, maps = torch.rand(2, 3, height, width, dtype=torch.float64)
    with torch.no_grad():
        net(images[:, None])
    return lambda x: net(x).softmax(1).detach(), images[:, None], maps


def curve_by_recursion(predict, image, attention, target, image_id, region, reverse):
    """x^(k) = g(x^(k-1), r_k), region by region, one prediction at a time."""
    height, width = attention.shape
    corners = [(top, left) for top in range(0, height, region) for left in range(0, width, region)]
    parts = [(slice(top, top + region), slice(left, left + region)) for top, left in corners]
    means = [float(np.mean(attention[part].numpy())) for part in parts]
    order = sorted(range(len(parts)), key=lambda r: (means[r] if reverse else -means[r], r))
    noise = np.random.default_rng((5, image_id, 1)).normal(0, 0.1, image.shape).astype(np.float32)
    version, values = image.clone(), [float(predict(image[None])[0, target])]
    for r in order:
        rows, columns = parts[r]
        version[:, rows, columns] += torch.from_numpy(noise)[:, rows, columns].double()
        values.append(float(predict(version[None])[0, target]))
    return values


@pytest.mark.parametrize("region, regions", [(4, 12), (7, 4), (11, 2), (34, 1), (1, 143)])
@pytest.mark.parametrize("order", ["morf", "lerf"])
def test_equals_the_recursion_of_the_paper(region, regions, order):
    predict, images, maps = random_case()
    curves = curves_of(predict, images, maps, region=region, seed=5, batch_size=5)[order]
    assert curves.shape == (3, regions + 1)
    for i, curve in enumerate(curves.tolist()):
        expected = curve_by_recursion(predict, images[i], maps[i], TARGETS[i], IDS[i], region, order == "lerf")
        assert curve == pytest.approx(expected, abs=1e-12)
        assert min(abs(np.diff(expected))) > 1e-9, "a step changes nothing"


def test_default_regions_have_34_pixels_and_the_edge_regions_what_is_left():
    ranks, regions = region_ranks(torch.rand(1, 299, 224, generator=torch.Generator().manual_seed(0)))
    assert regions == 9 * 7
    corner, last = int(ranks[0, 0, 0]), int(ranks[0, -1, -1])
    assert int((ranks == corner).sum()) == 34 * 34
    assert int((ranks == last).sum()) == (299 - 8 * 34) * (224 - 6 * 34)
    assert sorted(set(ranks.flatten().tolist())) == list(range(63))


def test_several_maps_share_the_noise():
    predict, images, maps = random_case()
    noise = image_noise(images.shape[1:], IDS).double()
    both = perturbation_curves(predict, images, noise, torch.stack([maps, -maps], 1), TARGETS, 4)
    for system, own in enumerate((maps, -maps)):
        for order, curves in curves_of(predict, images, own, region=4).items():
            torch.testing.assert_close(both[order][:, system], curves, rtol=0, atol=1e-12)


def test_defaults_are_those_of_the_paper():
    predict, images, maps = random_case()
    noise = image_noise(images.shape[1:], IDS)
    default = perturbation_curves(predict, images, noise, maps[:, None], TARGETS)
    assert default["morf"].shape == (3, 1, 2), "11 x 13 pixels are one region"
    assert torch.equal(noise, image_noise(images.shape[1:], IDS, 0.1, 0))
    wide = torch.rand(1, 1, 3, 35)
    curves = curves_of(lambda x: x.mean((1, 2, 3))[:, None], wide, wide[0], torch.tensor([0]), [0])
    assert curves["lerf"].shape == (1, 3), "35 pixels are two regions"


def test_relevance_of_an_edge_region_is_the_mean_of_its_own_pixels():
    attention = torch.tensor([[[0.5, 0.5, 0.6], [0.5, 0.5, 0.6]]])
    assert region_ranks(attention, 2)[0].tolist() == [[[1, 1, 0], [1, 1, 0]]]


@pytest.mark.parametrize("value", [0.0, 0.1, 1 / 3, 0.7])
@pytest.mark.parametrize("least_first", [False, True])
def test_equal_regions_keep_their_order_whatever_their_size(value, least_first):
    ranks, regions = region_ranks(torch.full((1, 100, 90), value), 34, least_first)
    assert regions == 9
    assert ranks[0, ::34, ::34].tolist() == [[0, 1, 2], [3, 4, 5], [6, 7, 8]]


def test_lerf_of_a_map_is_morf_of_the_negated_map():
    predict, images, maps = random_case()
    maps[:, :6] = 0.3  # some regions tie
    curves = curves_of(predict, images, maps, region=3)
    torch.testing.assert_close(curves["lerf"], curves_of(predict, images, -maps, region=3)["morf"], rtol=0, atol=1e-12)
    assert (curves["lerf"] - curves["morf"]).abs().max() > 1e-6


def test_both_orders_start_and_end_alike():
    predict, images, maps = random_case()
    curves = curves_of(predict, images, maps, region=4)
    assert torch.equal(curves["morf"][:, [0, -1]], curves["lerf"][:, [0, -1]])


def test_the_unchanged_image_need_not_be_predicted():
    predict, images, maps = random_case()
    whole = curves_of(predict, images, maps, region=4)
    known = curves_of(predict, images, maps, region=4, of_images=torch.tensor([0.5, 0.25, 0.125]))
    for order, curves in known.items():
        assert curves[:, 0].tolist() == [0.5, 0.25, 0.125]
        torch.testing.assert_close(curves[:, 1:], whole[order][:, 1:], rtol=0, atol=1e-12)


def test_aopc_of_a_linear_model_by_hand():
    """f(x) = 0.5 + w . x: with noise n, f(x^(0)) - f(x^(k)) is -sum of w n over the first k pixels."""
    weight = torch.tensor([[2.0, -1.0], [0.5, 3.0]], dtype=torch.float64)
    maps = torch.tensor([[[0.1, 0.9], [0.4, 0.2]]])  # order: pixel 1, 2, 3, 0
    images = torch.rand(1, 1, 2, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    n = image_noise((1, 2, 2), [4])[0, 0].double()
    curves = curves_of(
        lambda x: 0.5 + (x[:, 0] * weight).sum((1, 2))[:, None], images, maps, torch.tensor([0]), [4], region=1
    )["morf"]
    first, second, third, fourth = 1.0 * n[0, 1], -0.5 * n[1, 0], -3.0 * n[1, 1], -2.0 * n[0, 0]
    expected = (4 * first + 3 * second + 2 * third + fourth) / 5
    assert float(aopc(curves)) == pytest.approx(float(expected), abs=1e-12)


def test_aopc_of_a_curve_by_hand():
    curves = torch.tensor([[1.0, 0.5, 0.25, 0.25], [0.8, 0.9, 0.8, 0.4]]).double()
    assert aopc(curves).tolist() == pytest.approx([0.5, 0.075])
    assert aopc_by_step(curves)[0].tolist() == pytest.approx([0.0, 0.25, 1.25 / 3, 0.5])


def test_aopc_by_step_equals_equation_2_at_every_length():
    curves = torch.rand(6, 9, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    by_step = aopc_by_step(curves)
    for curve, values in zip(curves.tolist(), by_step.tolist(), strict=True):
        for last in range(9):
            assert values[last] == pytest.approx(sum(curve[0] - curve[k] for k in range(1, last + 1)) / (last + 1))


def test_a_perfect_map_has_the_highest_aopc_and_its_reverse_the_lowest():
    weight = torch.tensor([[1.0, -2.0], [3.0, 0.7]], dtype=torch.float64)
    images, n = torch.full((1, 1, 2, 2), 0.5).double(), image_noise((1, 2, 2), [0])[0, 0].double()

    def score(attention):
        curves = curves_of(
            lambda x: (x[:, 0] * weight).sum((1, 2))[:, None], images, attention, torch.tensor([0]), [0], region=1
        )
        return float(aopc(curves["morf"]))

    perfect = -(weight * n)[None]
    scores = [score(torch.tensor(order).reshape(1, 2, 2).double()) for order in permutations(range(4))]
    assert score(perfect) == pytest.approx(max(scores), abs=1e-12)
    assert score(-perfect) == pytest.approx(min(scores), abs=1e-12)
    assert max(scores) > min(scores) + 0.01


def test_an_image_has_its_own_noise_whatever_stands_beside_it():
    predict, images, maps = random_case()
    together = curves_of(predict, images, maps, region=4)["morf"]
    alone = torch.cat(
        [curves_of(predict, images[[i]], maps[[i]], TARGETS[[i]], [IDS[i]], region=4)["morf"] for i in (2, 0, 1)]
    )
    torch.testing.assert_close(together[[2, 0, 1]], alone, rtol=0, atol=1e-12)


def test_noise_is_normal_and_belongs_to_seed_and_image():
    noise = image_noise((1, 200, 200), [1, 2], 0.1)
    assert noise.dtype == torch.float32
    assert noise.mean((1, 2, 3)).tolist() == pytest.approx([0, 0], abs=0.002)
    assert noise.std((1, 2, 3)).tolist() == pytest.approx([0.1, 0.1], rel=0.02)
    assert (noise.abs() < 0.1).double().mean().item() == pytest.approx(0.683, abs=0.005)
    assert torch.equal(noise[1], image_noise((1, 200, 200), [2], 0.1)[0])
    assert not torch.equal(noise[0], noise[1])
    assert not torch.equal(noise[0], image_noise((1, 200, 200), [1], 0.1, seed=1)[0])
    torch.testing.assert_close(image_noise((1, 5, 5), [1], 0.3), 3 * image_noise((1, 5, 5), [1], 0.1))


def test_values_may_leave_the_range_and_the_images_stay_as_they_were():
    seen = []

    def predict(x):
        seen.append(x)
        return x.mean((1, 2, 3))[:, None]

    images = torch.ones(1, 1, 8, 8)
    curves_of(predict, images, torch.rand(1, 8, 8), torch.tensor([0]), [0], region=4)
    assert torch.cat(seen).max() > 1
    assert torch.equal(images, torch.ones(1, 1, 8, 8))
