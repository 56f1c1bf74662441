"""Who works here: invited, admitted, moved, gone; who may do what, and whether somebody looked."""
