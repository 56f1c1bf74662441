"""May this child have this time: the rules, the facts they are asked with, and the one verdict."""
