"""The CDC's schedule: its own logic (CDSi) over its own data. docs/cdsi.md tells how and how well."""
