"""Things with a plug: cameras, latches, readers. Each adapter translates into the words of `ports`."""
