"""Keys, PIN entry, technician login, masking."""
