"""The one list of all readers: a new data set is a file in this folder and a line here."""

from data.readers import (
    box_labels,
    chexpert,
    class_folders,
    coco,
    covid_radiography,
    imagenet,
    rsna,
    tuberculosis,
    voc,
    yolo,
)
from data.readers.reader import Reader

READERS: dict[str, Reader] = {
    reader.name: reader
    for reader in (
        coco.READER,
        yolo.READER,
        voc.READER,
        rsna.READER,
        chexpert.READER,
        imagenet.READER,
        tuberculosis.READER,
        covid_radiography.READER,
        class_folders.READER,
        box_labels.READER,
    )
}
"""Name to reader, in the order of the help text."""
