"""Spine screening at school age, and what growth suggests beyond a check."""
