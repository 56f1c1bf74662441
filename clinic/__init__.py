"""The booking site of Hangzhou's community child health management centres."""
