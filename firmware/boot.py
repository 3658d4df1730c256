"""Nothing to set up before main.py: ports and storage are opened by the board."""
