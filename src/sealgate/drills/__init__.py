"""Drills: the attacker of our own promise, played by the program itself. VAULT 1 says what he has, VAULT 8 what he tries."""
