#!/bin/sh
# make.sh FAIRLEAD [DIR]
#
# Draws the gallery: for each bundled sample the pictures that show it best,
# of scenarios the same, and one of a sweep, in DIR or beside this script. The same fairlead, cairo,
# pango and fonts give the same bytes.
set -eu
LC_ALL=C
export LC_ALL
fairlead=${1:?usage: make.sh FAIRLEAD [DIR]}
here=$(cd "$(dirname "$0")" && pwd)
to=${2:-$here}
samples=$here/../../traces/samples
runs=$(mktemp -d)
trap 'rm -rf "$runs"' EXIT

# run NAME SAMPLE [OPTION...]
run() {
	name=$1
	sample=$2
	shift 2
	"$fairlead" sim -q -o "$runs/$name" "$@" "$samples/$sample.pcap" >/dev/null
}

# play SCENARIO [OPTION...]
play() {
	name=$1
	shift
	"$fairlead" sim -q -o "$runs/$name" "$@" \
	    -s "$here/../../sim/scenarios/$name.yaml" >/dev/null
}

# take NAME PICTURE AS
take() {
	cp "$runs/$1/charts/$2.png" "$to/$3.png"
}

run coap coap
take coap deviation coap-deviation
run web web
take web modes web-modes
take web time web-time
take web keys web-keys
run dns dns --backends 50
take dns deviation dns-50-backends
take dns lorenz dns-50-lorenz
play coap-story --replications 200
take coap-story failover coap-story-failover
take coap-story detect coap-story-detect
play ecmp-instance-loss
take ecmp-instance-loss kept ecmp-kept
"$fairlead" sweep -q -o "$runs/sweep" --vary pool.size=2..16 \
    --vary distribution=five-tuple,source-ip --vary hash_key=10 \
    "$samples/web.pcap" >/dev/null
cp "$runs/sweep/sweep.png" "$to/web-sweep.png"
