"""The day itself: who came, in what order, and what a changed record means for a booked visit."""
