"""Questions that a family is asked: their data with versions and rules, the answers, asking again.

A service room keeps a file for each version (`files.read_versions`) and says what it makes of
the rules; how questions are shown, answers read, kept and asked again is one and the same.
"""
