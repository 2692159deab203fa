"""A camera on the network: GStreamer's RTSP server on loopback, with a test pattern or a given H.264 file.

Run by /usr/bin/python3, for Debian's GObject bindings live there and not in the virtual environment. Prints `ready PORT`
when it listens; ends when its standard input is closed, so that no server outlives a test run that was killed.
"""

import argparse
import sys
import threading

PACKAGES = "gir1.2-gst-rtsp-server-1.0 python3-gi gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-ugly"

try:
    import gi

    gi.require_version("Gst", "1.0")
    gi.require_version("GstRtspServer", "1.0")
    from gi.repository import GLib, Gst, GstRtspServer
except (ImportError, ValueError) as error:
    sys.exit(f"the RTSP tests need: apt-get install {PACKAGES} ({error})")


def launch_line(args: argparse.Namespace) -> str:
    if args.file:
        return f'( filesrc location="{args.file}" ! qtdemux ! h264parse ! rtph264pay name=pay0 pt=96 config-interval=1 )'
    return (
        f"( videotestsrc is-live=true pattern={args.pattern}"
        f" ! video/x-raw,width={args.width},height={args.height},framerate={args.fps}/1"
        f" ! x264enc tune=zerolatency speed-preset=ultrafast bitrate=2000 key-int-max={args.fps}"
        " ! rtph264pay name=pay0 pt=96 config-interval=1 )"
    )


def guard(server: "GstRtspServer.RTSPServer", factory: "GstRtspServer.RTSPMediaFactory", password: str) -> None:
    """Only the account `door` with this password may look."""
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "door")
    auth.add_basic(GstRtspServer.RTSPAuth.make_basic("door", password), token)
    server.set_auth(auth)
    permissions = GstRtspServer.RTSPPermissions()
    for permission in ("media.factory.access", "media.factory.construct"):
        permissions.add_permission_for_role("door", permission, True)
    factory.set_permissions(permissions)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--file")
    parser.add_argument("--pattern", default="ball")
    parser.add_argument("--width", type=int, default=320)
    parser.add_argument("--height", type=int, default=240)
    parser.add_argument("--fps", type=int, default=25)
    parser.add_argument("--password")
    args = parser.parse_args()
    Gst.init(None)
    if missing := [n for n in ("x264enc", "rtph264pay", "videotestsrc", "qtdemux") if Gst.ElementFactory.find(n) is None]:
        sys.exit(f"GStreamer has no {' '.join(missing)}: apt-get install {PACKAGES}")
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(str(args.port))
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(launch_line(args))
    factory.set_shared(True)
    if args.password:
        guard(server, factory, args.password)
    server.get_mount_points().add_factory("/door", factory)
    if server.attach(None) == 0:
        sys.exit("the port is taken")
    sys.stdout.write(f"ready {server.get_bound_port()}\n")
    sys.stdout.flush()
    loop = GLib.MainLoop()
    threading.Thread(target=lambda: (sys.stdin.read(), loop.quit()), daemon=True).start()
    loop.run()


main()
