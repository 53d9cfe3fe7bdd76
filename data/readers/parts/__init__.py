"""What several readers share: tables, files that are missing, lung masks, the persons of the RSNA images."""
