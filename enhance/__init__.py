"""From a gray image to an enhanced one."""
