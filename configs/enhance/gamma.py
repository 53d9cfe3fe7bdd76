"""Gamma correction, a floor for enhancers that change gray levels."""

enhancer = dict(
    type="Gamma",
    gamma=0.7,  # ours; opens the dark half
)
