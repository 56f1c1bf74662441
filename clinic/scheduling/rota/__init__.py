"""A rota in the making: drafts, what they would change, publishing and undoing."""
