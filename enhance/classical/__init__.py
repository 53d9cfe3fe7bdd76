"""Enhancers without learning, called like `enhance.fusion.Enhancer`. Importing registers them."""

from enhance.classical.afda import AFDA
from enhance.classical.base import ClassicalEnhancer
from enhance.classical.clahe import CLAHE
from enhance.classical.gamma import Gamma
from enhance.classical.medga import MedGA
from enhance.classical.unsharp import UnsharpMask

__all__ = ["AFDA", "CLAHE", "ClassicalEnhancer", "Gamma", "MedGA", "UnsharpMask"]
