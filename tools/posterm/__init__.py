"""Host side of the posterm terminal: simulators, tests, flashing and diagnosis, behind the command `posterm`."""
