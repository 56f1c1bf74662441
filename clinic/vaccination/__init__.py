"""Vaccination."""
