"""Simulated surroundings of the terminal: modem with a phone, printer, panel and acquirer's host.

Each one is written from the device's own documents and checked with foreign libraries; none imports the firmware.
"""
