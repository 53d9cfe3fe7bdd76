"""Attention methods: `METHOD(classifier)(images) -> maps`. One method, one file."""

from enhance.attention.activation import StrongestChannel
from enhance.attention.base import AttentionMethod, ClassAttention, normalize
from enhance.attention.cam import CAM
from enhance.attention.cawe import CAWE
from enhance.attention.crm import CRM
from enhance.attention.grad_cam import GradCAM
from enhance.attention.grad_cam_plus_plus import GradCAMPlusPlus
from enhance.attention.layer_cam import LayerCAM
from enhance.attention.score_cam import ScoreCAM

__all__ = [
    "CAM",
    "CAWE",
    "CRM",
    "AttentionMethod",
    "ClassAttention",
    "GradCAM",
    "GradCAMPlusPlus",
    "LayerCAM",
    "ScoreCAM",
    "StrongestChannel",
    "normalize",
]
