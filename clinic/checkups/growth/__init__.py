"""Growth: three standards, each by its own rules. docs/growth.md says where they come from."""
