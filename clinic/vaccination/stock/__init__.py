"""Vaccines on hand at the centres, and the doses set aside for visits."""
