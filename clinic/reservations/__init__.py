"""What is set aside for visits beside their places: doses of a vaccine, and whatever else is scarce.

`models` says what a reservation is, `queries` which of them live, `reserving` makes and releases
them. The database releases what cancelled, missed and finished visits and ended holds had
(clinic/promises: `appointments`, `holds`), for every resource alike. What a resource is, and how
much of it there is, its own room says.
"""
