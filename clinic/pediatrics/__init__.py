"""Paediatrics and paediatric TCM."""
