"""Pictures of a report, as PNG. They need the extra `plots`."""
