"""The pages of the vaccines on hand."""
