"""Runtimes: what runs a bundle's network to predict. One file a runtime."""
