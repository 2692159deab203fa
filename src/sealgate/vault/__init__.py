"""Keys and sealed bytes. Knows no table: it is told the place of a value and where wrapped keys lie.

The surprising thing: nothing here has a switch. There is one cipher, one layout and one length of key, so a copy of
the data cannot turn out to be the one that somebody configured weakly.
"""
