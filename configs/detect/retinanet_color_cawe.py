"""RetinaNet of paper 002, Table 1, on colorized and CAWE-enhanced images of RSNA."""

_base_ = ["./_base_/retinanet_paper.py"]
data = dict(dataset=dict(data_root="datasets/rsna_color_cawe"))
train_dataloader, val_dataloader, test_dataloader = data, data, data
