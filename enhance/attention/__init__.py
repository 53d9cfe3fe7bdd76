"""Attention methods: `METHOD(classifier)(images) -> maps`. One method, one file."""

from enhance.attention.base import AttentionMethod, normalize
from enhance.attention.cawe import CAWE

__all__ = ["CAWE", "AttentionMethod", "normalize"]
