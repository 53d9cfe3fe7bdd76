"""Faster R-CNN of paper 002, Table 1, on colorized images of RSNA."""

_base_ = ["./_base_/faster_rcnn_paper.py"]
data = dict(dataset=dict(data_root="datasets/rsna_color"))
train_dataloader, val_dataloader, test_dataloader = data, data, data
