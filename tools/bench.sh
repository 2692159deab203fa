#!/bin/sh
# Every benchmark, one after another, as one JSON line each: `make bench DATA=../shared/data`.
set -eu
data=$1
line() { printf '%s\t' "$1"; shift; "$@" --json; }
line vault sealgate bench vault
line store sealgate bench store
line door sealgate bench door --faces "$data/faces/lfw" --plates "$data/plates/cn_frames"
line garage sealgate bench garage
line pairing sealgate bench pairing
line desk sealgate bench desk
line hours sealgate bench hours
line match sealgate bench match
for set in lfw orl web south_asian_unlabelled; do line "faces/$set" sealgate bench faces "$data/faces/$set/truth.csv"; done
for set in cn_crops cn_frames cn_kinds br_frames eu_frames us_frames; do line "plates/$set" sealgate bench plates "$data/plates/$set/truth.csv"; done
line plates/second sealgate bench plates "$data/plates/cn_crops/truth.csv" --second
