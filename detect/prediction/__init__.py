"""Running a bundle on images: what is written for each, and the loop over folders."""
