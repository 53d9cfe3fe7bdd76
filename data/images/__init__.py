"""One image file to an array and back: formats, DICOM, bit depths, sizes."""
