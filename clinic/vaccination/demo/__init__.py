"""What vaccination adds to the demo city: booklets, vaccines, jabs, and babies who come today."""
