"""Hours that exist: sessions, their slots, the weekly rules they come from, and when they open online."""
