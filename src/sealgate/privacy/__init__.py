"""What is kept about people, why and how long; and who did or looked at what."""
