"""The rota editor's pages."""
