"""`classifier_half_covid.py` with another network, RegNetX of 200 million multiplications."""

_base_ = "./classifier_half_covid.py"

model = dict(
    backbone=dict(_delete_=True, model_name="regnetx_002", in_chans=1, output_stride=16),
)
