"""A child's visit on its day: who is here, which ticket they have, where they wait, who calls them."""
