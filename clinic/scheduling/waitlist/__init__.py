"""Families that wait for a place, and the offers made to them."""
