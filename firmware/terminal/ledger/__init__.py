"""The record of every transaction."""
