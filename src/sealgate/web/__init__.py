"""The console, the kiosk and the front door: pages in, flows called, nothing decided here."""
