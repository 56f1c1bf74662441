"""Rehabilitation training."""
