"""The terminal application: see DESIGN in README.md for its layers."""


class StartError(Exception):
    """The terminal cannot start as it is set up; the text is one line with the remedy."""
