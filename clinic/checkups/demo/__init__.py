"""What the health checks add to the demo city: how its children grew, and checks to look at."""
