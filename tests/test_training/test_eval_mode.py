"""A module is in eval mode for a while; the modes of its parts come back as they were."""

import pytest
from torch import nn

from training.eval_mode import evaluating


@pytest.fixture
def network() -> nn.Module:
    """In training, but for a frozen part in the middle."""
    network = nn.Sequential(nn.Dropout(), nn.Sequential(nn.BatchNorm2d(2), nn.Dropout()), nn.BatchNorm2d(2))
    network[1].eval()
    return network


def test_evaluating_restores_each_module(network: nn.Module) -> None:
    modes = [m.training for m in network.modules()]
    assert True in modes and False in modes
    with evaluating(network):
        assert not any(m.training for m in network.modules())
    assert [m.training for m in network.modules()] == modes


def test_also_after_an_error_and_where_the_whole_is_in_eval_mode(network: nn.Module) -> None:
    network.training = False  # its parts are not
    modes = [m.training for m in network.modules()]
    with pytest.raises(RuntimeError, match="inside"), evaluating(network):
        raise RuntimeError("inside")
    assert [m.training for m in network.modules()] == modes
