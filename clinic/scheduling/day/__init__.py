"""The day itself: arrivals, turns, and what a changed record means for a booked visit."""
