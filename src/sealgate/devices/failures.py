"""What can be wrong with a camera, by name.

No message holds an address as it was typed: it may hold a password. `Source.shown` is what is told instead.
"""

from __future__ import annotations

from sealgate.domain.errors import Invalid
from sealgate.ports import Unreachable


class BadSource(Invalid):
    """The text that names a camera cannot be understood."""

    code = "camera.bad-source"


class CameraUnreachable(Unreachable):
    """Nobody answers there, or the line went dead."""

    code = "camera.unreachable"


class NoSuchCamera(Unreachable):
    """Somebody answers, and has no such stream; or there is no such file, folder or device."""

    code = "camera.not-found"


class CameraDenied(Unreachable):
    """The camera wants another name or password; or this account may not open the device."""

    code = "camera.denied"


class CameraStalled(Unreachable):
    """Connected, perhaps, but no picture came for longer than we wait."""

    code = "camera.stalled"


class CameraFrozen(Unreachable):
    """The same picture comes again and again, to the last pixel: a camera that hangs, or a picture that is fed in."""

    code = "camera.frozen"


class CameraLies(Unreachable):
    """The pictures are not of the size that was announced, or of a size that no camera has."""

    code = "camera.lies"


class CameraUnreadable(Unreachable):
    """Bytes come, but no pictures can be made of them."""

    code = "camera.unreadable"
