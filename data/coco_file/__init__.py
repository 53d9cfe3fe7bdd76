"""A COCO file as the world writes it: mended where the meaning is certain, else refused before any work."""
