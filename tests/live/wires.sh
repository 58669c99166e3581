#!/bin/sh
# fairlead live while the network changes under it, and connections stay: the
# gateway to the clients fails over, by routing and by taking over the other's
# address; a member's cable is pulled, and the balancer's interfaces go down.
#
#     far -- client -- c0 balancer b1 - s1
#        \-- gate --/             b2 - s2
set -eu
# shellcheck disable=SC2034 # for the fixture
others='far gate'
# shellcheck source=tests/live/netns.sh
. "${SRC:?names the source tree}/tests/live/netns.sh"
for tool in python3 tcpdump; do
	command -v $tool >/dev/null || skip "there is no $tool"
done
cd "$dir"

two_pools >lb.yaml
cat >>lb.yaml <<'END'
probes:
  - { name: alive, protocol: tcp, port: 8080, interval: 300ms, probe_threshold: 2 }
rules:
  - { name: tcp4, frontend: four, pool: pool4, probe: alive, protocol: tcp, frontend_port: 80, backend_port: 8080 }
  - { name: tcp6, frontend: six, pool: pool6, probe: alive, protocol: tcp, frontend_port: 80, backend_port: 8080 }
END

# --- the network ---------------------------------------------------------------

network
tie client eth1 far eth0 5
leads far 5 eth0
in_ns client ethtool -K eth1 tx off >/dev/null
# another router in the clients' subnet, 10.77.1.3, with an address of its own
ip -n "$tag-client" link add link eth0 name eth0 netns "$tag-gate" \
    type macvlan mode bridge 2>err || skip "no macvlan here: $(cat err)"
ip -n "$tag-gate" addr add 10.77.1.3/24 dev eth0
ip -n "$tag-gate" addr add fd77:1::3/64 dev eth0 nodad
ip -n "$tag-gate" link set eth0 up
ip -n "$tag-gate" route add default via 10.77.1.1
ip -n "$tag-gate" -6 route add default via fd77:1::1
tie gate eth1 far eth1 6
in_ns gate ethtool -K eth1 tx off >/dev/null
in_ns far ethtool -K eth1 tx off >/dev/null
ip -n "$tag-gate" route add 10.77.5.2 via 10.77.6.2
ip -n "$tag-gate" -6 route add fd77:5::2 via fd77:6::2
for router in client gate; do
	in_ns $router sysctl -qw net.ipv4.ip_forward=1 \
	    net.ipv6.conf.all.forwarding=1 net.ipv4.conf.eth0.arp_notify=1 \
	    net.ipv6.conf.eth0.ndisc_notify=1
done
ip -n "$tag-balancer" route add 10.77.5.0/24 via 10.77.1.2
ip -n "$tag-balancer" -6 route add fd77:5::/64 via fd77:1::2
for s in s1 s2; do
	in_background $s python3 "$SRC/tests/live/echo.py" $s 8080 >$s.out
	wait_for $s.out ready
done

# forwarded NAMESPACE: packets that it passed on as a router
forwarded() {
	# shellcheck disable=SC2016 # awk's $7
	in_ns "$1" awk '/^Ip: [0-9]/ { four = $7 } END { print four }' \
	    /proc/net/snmp
	in_ns "$1" sed -n 's/^Ip6OutForwDatagrams //p' /proc/net/snmp6
}

# both_by NAMESPACE WHAT: answers of both families to far take that way
both_by() {
	# shellcheck disable=SC2046 # two numbers
	set -- "$1" "$2" $(forwarded "$1")
	sleep 1
	# shellcheck disable=SC2046
	set -- "$@" $(forwarded "$1")
	echo "$1 forwarded $(($5 - $3)) packets of IPv4, $(($6 - $4)) of IPv6"
	test $(($5 - $3 > 100 && $6 - $4 > 100)) = 1 ||
	    fail "$1 forwards little or nothing $2"
}

# again NAMESPACE INTERFACE N ADDRESS: up, with what going down took from it
again() {
	try ip -n "$tag-$1" link set "$2" up
	ip -n "$tag-$1" addr replace "fd77:$3::$4/64" dev "$2" nodad
}

balance
met

# --- what changes --------------------------------------------------------------

watch
talker=far
talk 80 20 10.77.0.10 fd77::10
unwatch
same_as_simulated lb.yaml "$key"

echo "== the route to the clients changes"
both_by client before
try ip -n "$tag-balancer" route replace 10.77.5.0/24 via 10.77.1.3
try ip -n "$tag-balancer" -6 route replace fd77:5::/64 via fd77:1::3
both_by gate "after the change"
try ip -n "$tag-balancer" route replace 10.77.5.0/24 via 10.77.1.2
try ip -n "$tag-balancer" -6 route replace fd77:5::/64 via fd77:1::2
both_by client "after the change back"

echo "== the other router takes over the gateway's address"
try ip -n "$tag-far" route replace default via 10.77.6.1 src 10.77.5.2
try ip -n "$tag-far" -6 route replace default via fd77:6::1 src fd77:5::2
try ip -n "$tag-client" addr del 10.77.1.2/24 dev eth0
try ip -n "$tag-client" addr del fd77:1::2/64 dev eth0
try ip -n "$tag-gate" addr add 10.77.1.2/24 dev eth0
try ip -n "$tag-gate" addr add fd77:1::2/64 dev eth0 nodad
try ip -n "$tag-gate" link set eth0 address 02:00:00:00:00:03
sleep 2
both_by gate "after the take-over"

echo "== a member's cable is pulled"
mark=$(wc -l <live.log)
try ip -n "$tag-s1" link set eth0 down
known s1 down "$mark"
mark=$(wc -l <live.log)
again s1 eth0 2 2
ip -n "$tag-s1" route replace default via 10.77.2.1
ip -n "$tag-s1" -6 route replace default via fd77:2::1
known s1 up "$mark"

echo "== the balancer's interfaces go down"
for way in 'b1 2' 'c0 1'; do
	# shellcheck disable=SC2086 # two words
	set -- $way
	try ip -n "$tag-balancer" link set "$1" down
	sleep 1
	again balancer "$1" "$2" 1
done
try ip -n "$tag-balancer" route replace 10.77.5.0/24 via 10.77.1.2
try ip -n "$tag-balancer" -6 route replace fd77:5::/64 via fd77:1::2
sleep 4
both_by gate "in the end"
talked
kill "$live"
wait "$live" || fail "SIGTERM: exit $?"
exit $failed
