"""Attendance as it is kept: shifts and rosters, rules and calendars, records of hours, leave, derived months.

Who works when is plain by identity; what was done, why, and which kind of leave is sealed under the person's key.
"""
