"""Backups: what the store holds, sealed once more under a key of their own, kept somewhere else, and brought back.

A backup holds no key but what it is sealed under would open, and that one lies on the key shelf: whoever has the backup alone
has noise, and whose key was destroyed stays unreadable in every backup, however old. docs/format.md has the forms.
"""
