"""The demo: the main job on simulated devices, every step verified from outside the firmware."""
