"""What an operator got wrong: one small function for each thing, over settings, disk, servers and the running house."""

from sealgate.doctor.examining import examine as examine
from sealgate.doctor.examining import examine_from_outside as examine_from_outside
