"""Enhancers without learning, called like `enhance.fusion.Enhancer`. Importing registers them."""

from enhance.classical.afda import AFDA
from enhance.classical.base import ClassicalEnhancer
from enhance.classical.medga import MedGA

__all__ = ["AFDA", "ClassicalEnhancer", "MedGA"]
