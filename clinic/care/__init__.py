"""The care plan: asks every service what is due, and plans one trip for several needs."""
