#!/bin/sh
# What the tests need from Debian. Installs it where it may; else says in one sentence what to install.
set -eu
missing=""
need() { eval "$1" >/dev/null 2>&1 || missing="$missing $2"; }
need "test -x /usr/lib/postgresql/15/bin/initdb" postgresql-15
need "test -x /usr/bin/chromium" chromium
need "fc-list :lang=zh | grep -q ." "fontconfig fonts-noto-cjk"
need "/usr/bin/python3 -c 'import gi; gi.require_version(\"GstRtspServer\", \"1.0\"); from gi.repository import GstRtspServer'" "python3-gi gir1.2-gst-rtsp-server-1.0"
need "gst-inspect-1.0 x264enc" "gstreamer1.0-plugins-ugly gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-tools"
need "command -v npm" npm
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "installing from Debian:$missing"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  # shellcheck disable=SC2086
  apt-get install -y -qq --no-install-recommends $missing >/dev/null
else
  echo "The tests need these Debian packages; install them first: sudo apt-get install$missing" >&2
  exit 1
fi
