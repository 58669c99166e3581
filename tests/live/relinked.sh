#!/bin/sh
# A member's machine gets another link address and says nothing of it: what
# probes it learns so by silence, and the kernel is asked who has the address
# now, not after it has begun to doubt by itself. What the administrator wrote
# down as permanent stays.
set -eu
# shellcheck source=tests/live/netns.sh
. "${SRC:?names the source tree}/tests/live/netns.sh"
command -v python3 >/dev/null || skip "there is no python3"
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

network
for s in $servers; do
	in_background "$s" python3 "$SRC/tests/live/echo.py" "$s" 8082 >"$s.out"
	wait_for "$s.out" ready
	# so that nothing but the balancer's own question tells
	in_ns "$s" sysctl -qw net.ipv4.conf.eth0.arp_notify=0 \
	    net.ipv6.conf.eth0.ndisc_notify=0
done
# The kernel is sure of whom it knows for ten minutes.
in_ns balancer sysctl -qw net.ipv4.neigh.b1.base_reachable_time_ms=1200000 \
    net.ipv6.neigh.b1.base_reachable_time_ms=1200000
balance
met

echo "== another link address, and nobody is told"
lines=$(wc -l <live.log)
try ip -n "$tag-s1" link set eth0 address 02:00:00:00:00:77
known s1 down "$lines"
known s1 up "$lines"
met
talk 5001 10 10.77.0.10 fd77::10
sleep 1
talked
grep -q 'to s1 got' talk.out || fail "nobody was at s1"

echo "== what is written down stays"
mac=$(ip -n "$tag-s2" -o link show eth0 | sed 's,.*link/ether \([^ ]*\).*,\1,')
for address in 10.77.3.2 fd77:3::2; do
	try ip -n "$tag-balancer" neigh replace $address lladdr "$mac" \
	    nud permanent dev b2
done
lines=$(wc -l <live.log)
try ip -n "$tag-s2" link set eth0 address 02:00:00:00:00:78
known s2 down "$lines"
sleep 1
ip -n "$tag-balancer" neigh show dev b2
test "$(ip -n "$tag-balancer" neigh show dev b2 | grep -c PERMANENT)" = 2 ||
    fail "what is permanent is gone"
exit $failed
