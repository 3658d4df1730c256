"""For technicians: serial console and event log."""
