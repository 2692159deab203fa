"""The one place where parts are chosen and joined.

A running program is a `Program`: it owns the store, the key shelf and the clockwork, and closes them in the
opposite order. Nothing else in the tree reads settings.
"""

from sealgate.app.backing import backup_place as backup_place
from sealgate.app.backing import follower_of as follower_of
from sealgate.app.backing import opened_keys as opened_keys
from sealgate.app.errors import AlreadyFounded as AlreadyFounded
from sealgate.app.errors import BadCertificate as BadCertificate
from sealgate.app.errors import CannotWrite as CannotWrite
from sealgate.app.errors import NoSuchGate as NoSuchGate
from sealgate.app.errors import NoSuchSite as NoSuchSite
from sealgate.app.errors import NotFounded as NotFounded
from sealgate.app.errors import OpenToAll as OpenToAll
from sealgate.app.errors import PortTaken as PortTaken
from sealgate.app.folders import data_url as data_url
from sealgate.app.folders import empty_or_same_shelf as empty_or_same_shelf
from sealgate.app.memory import SiteGalleries as SiteGalleries
from sealgate.app.memory import Turner as Turner
from sealgate.app.opening import at_edge as at_edge
from sealgate.app.opening import initialise as initialise
from sealgate.app.opening import join_centre as join_centre
from sealgate.app.opening import readers as readers
from sealgate.app.opening import running as running
from sealgate.app.program import Program as Program
from sealgate.app.roots import root_source as root_source
from sealgate.app.serving import bound_socket as bound_socket
from sealgate.app.serving import edge_application as edge_application
from sealgate.app.serving import web_application as web_application
