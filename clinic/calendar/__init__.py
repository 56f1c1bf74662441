"""The clinicians' calendar."""
