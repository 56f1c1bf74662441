"""How a centre is set up, on pages for its managers and for administrators."""
