#!/bin/sh
# What goes wrong around a balancer that runs: links go down, interfaces vanish
# and come back, a second balancer wants one that is taken, the log's file system
# is full, what a crash left is missing an interface. Each is told in words, and
# over when its cause is.
set -eu
# shellcheck source=tests/live/netns.sh
. "${SRC:?names the source tree}/tests/live/netns.sh"
for tool in python3 mount; do
	command -v $tool >/dev/null || skip "there is no $tool"
done
cd "$dir"
{
	two_pools
	cat <<-END
		probes:
		  - { name: alive, protocol: tcp, port: 8082, interval: 500ms, probe_threshold: 1 }
		rules:
		  - { name: tcp4, frontend: four, pool: pool4, probe: alive, protocol: tcp, frontend_port: 5001, backend_port: 8082 }
		  - { name: tcp6, frontend: six, pool: pool6, probe: alive, protocol: tcp, frontend_port: 5001, backend_port: 8082 }
	END
} >lb.yaml

# mark WORDS: what the log says from here on
mark() {
	echo "== $*"
	lines=$(wc -l <live.log)
}

# told PATTERN: after the last mark, within ten seconds
told() {
	left=100
	until tail -n +$((lines + 1)) live.log | grep -e "$1"; do
		left=$((left - 1))
		test $left -gt 0 || {
			fail "it is not told: $1: $(tail -n 3 live.log)"
			return 0
		}
		sleep 0.1
	done
}

network
for s in $servers; do
	in_background "$s" python3 "$SRC/tests/live/echo.py" "$s" 8082 >"$s.out"
	wait_for "$s.out" ready
done
balance
met

mark "a link goes down, and comes up"
try ip -n "$tag-balancer" link set b1 down
told '"level":"warning","event":"link","interface":"b1","message":"it is down'
try ip -n "$tag-s2" link set eth0 down
told '"level":"warning","event":"link","interface":"b2","message":"it has no carrier'
mark "both come up"
try ip -n "$tag-balancer" link set b1 up
try ip -n "$tag-balancer" addr add fd77:2::1/64 dev b1 nodad
try ip -n "$tag-s2" link set eth0 up
try ip -n "$tag-s2" addr add fd77:3::2/64 dev eth0 nodad
leads s2 3 eth0
told '"level":"info","event":"link","interface":"b1","message":"it is up'
told '"level":"info","event":"link","interface":"b2","message":"it is up'
met

mark "an interface vanishes, and comes back"
try ip -n "$tag-balancer" link del b2
told '"level":"warning","event":"detached","interface":"b2".*attached to again when it comes back'
"$FAIRLEAD" ctl --pin-name "$pin" status >shown
grep -q 'b2 (not attached)' shown || fail "status: $(cat shown)"
wire b2 s2 3
told '"event":"attached","interface":"b2"'
met

mark "a second balancer on the same interfaces"
in_ns balancer timeout 60 "$FAIRLEAD" live -c lb.yaml --pin-name "$pin-2" \
    2>second.log && fail "there are two"
grep "with --pin-name $pin forwards there" second.log ||
    fail "it is not told who has the interface: $(cat second.log)"

mark "killed, and an interface is gone at the restart"
try kill -9 "$live"
wait "$live" || :
try ip -n "$tag-balancer" link del b2
cp live.log live1.log
in_background balancer "$FAIRLEAD" live -c lb.yaml --pin-name "$pin" \
    2>live.log
live=$pid
wait_for live.log '"event":"forwarding"'
lines=0
told '"event":"attach","interface":"b2","message":"there is no such interface'
wire b2 s2 3
told '"event":"attached","interface":"b2"'
met
kill "$live"
wait "$live" || fail "SIGTERM: exit $?"

mark "the log's file system is full"
mkdir small
if mount -t tmpfs -o size=16k tmpfs small 2>/dev/null; then
	trap 'umount "$dir/small" 2>/dev/null || umount -l "$dir/small"; cleanup' EXIT
	head -c 16384 /dev/zero >small/fill 2>/dev/null || :
	in_background balancer "$FAIRLEAD" live -c lb.yaml --pin-name "$pin" \
	    2>small/live.log
	live=$pid
	met
	test ! -s small/live.log || fail "there was room"
	rm small/fill
	wait_for small/live.log '"event":"forwarding"'
	kill "$live"
	wait "$live" || fail "SIGTERM: exit $?"
	head -n 1 small/live.log | cut -c 1-100
else
	echo "no tmpfs may be mounted here: left out"
fi
exit $failed
