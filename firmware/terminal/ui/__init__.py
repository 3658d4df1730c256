"""Screens, forms, texts and slips."""
