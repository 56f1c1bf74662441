"""The booking pages that the four services share: choose a time, keep it, confirm it."""
