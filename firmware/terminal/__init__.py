"""The terminal application: see DESIGN in README.md for its layers."""
