"""What machines speak to: readers at gates, health checks."""
