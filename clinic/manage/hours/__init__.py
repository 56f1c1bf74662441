"""Leave and closures: whom they concern, done as shown."""
