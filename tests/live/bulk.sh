#!/bin/sh
# Much through fairlead live: iperf3 over TCP both ways and UDP; and large
# transfers over paths with a link that takes less, before the balancer and
# behind it: a router there says so (ICMP fragmentation needed, ICMPv6 packet
# too big), and that reaches the sender as what he sent: who speaks to the
# frontend hears of the frontend, the member of itself.
#
#     far - client - balancer - s1 - deep, a member
#                             - s2
set -eu
# shellcheck disable=SC2034 # for the fixture
others='far deep'
# shellcheck source=tests/live/netns.sh
. "${SRC:?names the source tree}/tests/live/netns.sh"
for tool in iperf3 nginx curl python3 tcpdump; do
	command -v $tool >/dev/null || skip "there is no $tool"
done
cd "$dir"

four=10.77.0.10
six=fd77::10
cat >lb.yaml <<END
load_balancer: { sku: fairlead }
frontends:
  - { name: four, address: $four }
  - { name: six, address: "$six" }
pools:
  - name: pool4
    members: [{ name: s1, address: 10.77.2.2 }, { name: s2, address: 10.77.3.2 }]
  - name: pool6
    members: [{ name: s1, address: "fd77:2::2" }, { name: s2, address: "fd77:3::2" }]
  - { name: deep4, members: [{ name: deep, address: 10.77.4.2 }] }
  - { name: deep6, members: [{ name: deep, address: "fd77:4::2" }] }
rules:
  - { name: tcp4, frontend: four, pool: pool4, protocol: tcp, frontend_port: 5201, backend_port: 5201, distribution: source-ip }
  - { name: udp4, frontend: four, pool: pool4, protocol: udp, frontend_port: 5201, backend_port: 5201, distribution: source-ip }
  - { name: tcp6, frontend: six, pool: pool6, protocol: tcp, frontend_port: 5201, backend_port: 5201, distribution: source-ip }
  - { name: udp6, frontend: six, pool: pool6, protocol: udp, frontend_port: 5201, backend_port: 5201, distribution: source-ip }
  - { name: web4, frontend: four, pool: deep4, protocol: tcp, frontend_port: 80, backend_port: 8080 }
  - { name: web6, frontend: six, pool: deep6, protocol: tcp, frontend_port: 80, backend_port: 8080 }
connection_table: { entries: 10000 }
forwarding: { mode: nat, interfaces: [c0, b1, b2] }
END

# bad_checksums: received by anybody, of TCP and UDP
bad_checksums() {
	for name in client far s1 s2 deep; do
		in_ns $name sed -n 's/^\(Tcp\|Udp\): \([0-9-].*\)/\1 \2/p' \
		    /proc/net/snmp
		# shellcheck disable=SC2016 # awk's $2
		in_ns $name awk '/Udp6InCsumErrors/ { print "Udp6", $2 }' \
		    /proc/net/snmp6
	done | awk '$1 == "Tcp" { n += $NF } $1 == "Udp" { n += $8 }
	    $1 == "Udp6" { n += $2 } END { print n }'
}

# full: datagrams that sockets had no room for. A packet redirected by XDP takes
# a page of a socket's buffer, so that fifty fill it.
full() {
	for name in client s1 s2; do
		in_ns $name sed -n 's/^Udp: \([0-9].*\)/\1/p' /proc/net/snmp |
		    cut -d ' ' -f 5
		in_ns $name sed -n 's/^Udp6RcvbufErrors //p' /proc/net/snmp6
	done | awk '{ n += $1 } END { print n }'
}

# iperf OPTION...: a second of it; what came through
iperf() {
	echo "+ client: iperf3 -c $*" >&2
	before=$(full)
	in_ns client iperf3 -J -t 1 -c "$@" >iperf.json 2>&1 || {
		fail "iperf3 $*: $(tail -n 4 iperf.json)"
		return 0
	}
	python3 - $(($(full) - before)) "$@" <<'END' ||
import json, sys
full = int(sys.argv[1])
end = json.load(open('iperf.json'))['end']
if '-u' in sys.argv:
    s = end['sum']
    print(f"{s['packets']} datagrams, {s['lost_packets']} lost, {full} of them"
          f" at full sockets; {s['bits_per_second'] / 1e6:.0f} Mbit/s")
    sys.exit(s['packets'] < 1000
             or s['lost_packets'] - full > s['packets'] // 100)
s = end['sum_received']
print(f"{s['bytes'] / 1e6:.0f} MB, {s['bits_per_second'] / 1e6:.0f} Mbit/s")
sys.exit(s['bytes'] < 10e6)
END
	    fail "iperf3 $*: too little came through"
}

# down CLIENT, up CLIENT: 8 MB from the member deep, or to it
down() {
	for address in $four "[$six]"; do
		echo "+ $1: curl http://$address/large" >&2
		in_ns "$1" curl -sS -m 15 -o got "http://$address/large" ||
		    fail "$address, down"
		cmp -s got large || fail "$address, down: not the same bytes"
		rm -f got
	done
}

up() {
	for address in $four "[$six]"; do
		echo "+ $1: curl -T large http://$address/up/got" >&2
		in_ns "$1" curl -sS -m 15 -T large "http://$address/up/got" ||
		    fail "$address, up"
		cmp -s up/got large || fail "$address, up: not the same bytes"
		rm -f up/got
	done
}

# learned NAMESPACE FAMILY TO: what is known there of the path's MTU to TO
learned() {
	in_ns "$1" ip "$2" route get "$3" | sed -n 's/.* mtu \([0-9]*\).*/\1/p'
}

# quoted NAMESPACE FILTER WHAT: a router's word came there, and quotes WHAT
quoted() {
	tcpdump -nvr "$1.icmp" "$2" 2>/dev/null | grep -q "$3" || {
		fail "$1: no word that quotes $3"
		tcpdump -nvr "$1.icmp" 2>/dev/null | head -n 20
	}
}

network
far_and_deep

balance

echo "== iperf3"
for s in s1 s2; do
	in_background $s iperf3 -s --forceflush >$s.iperf 2>&1
	wait_for $s.iperf 'listening'
done
watch
for address in $four $six; do
	iperf "$address"
	iperf "$address" -R
	iperf "$address" -u -b 30M
	iperf "$address" -u -b 30M -R
done
unwatch
same_as_simulated lb.yaml "$key"
test "$(bad_checksums)" = 0 || fail "$(bad_checksums) wrong checksums"

echo "== large transfers, over links that take 1500"
head -c 8000000 /dev/urandom >large
mkdir up
cat >nginx.conf <<END
user root;
pid nginx.pid;
error_log error.log;
events { }
http {
	access_log off;
	server {
		listen [::]:8080 ipv6only=off;
		root $dir;
		location /up/ { dav_methods PUT; client_max_body_size 20m; }
	}
}
END
in_background deep nginx -p "$dir" -c nginx.conf -e error.log -g 'daemon off;'
left=50
until in_ns deep curl -s -m 1 -o got -r 0-9 http://127.0.0.1:8080/large; do
	left=$((left - 1))
	test $left -gt 0 || {
		fail "nginx does not answer: $(cat error.log)"
		break
	}
	sleep 0.1
done
for s in far deep; do
	in_background $s tcpdump -i eth0 -nU --immediate-mode -w $s.icmp \
	    'icmp[0] = 3 or icmp6[0] = 2' 2>$s.tcpdump
	wait_for $s.tcpdump 'listening on'
done
down far
up far
test -z "$(tcpdump -nr far.icmp 2>/dev/null)" || fail "someone complains"

echo "== a link before the balancer takes 1300: the member hears of it"
try ip -n "$tag-client" link set eth1 mtu 1300
down far
quoted deep 'icmp' '10.77.4.2.8080 > 10.77.5.2'
quoted deep 'icmp6' 'packet too big, mtu 1300'
test "$(learned deep -4 10.77.5.2)" = 1300 || fail "IPv4: not learned"
test "$(learned deep -6 fd77:5::2)" = 1300 || fail "IPv6: not learned"
echo "deep knows that far takes $(learned deep -4 10.77.5.2) bytes"
try ip -n "$tag-client" link set eth1 mtu 1500

echo "== a link behind it takes 1280: the client hears of it"
try ip -n "$tag-s1" link set eth1 mtu 1280
up far
quoted far 'icmp' "10.77.5.2.* > $four.80"
quoted far 'icmp6' 'packet too big, mtu 1280'
test "$(learned far -4 $four)" = 1280 || fail "IPv4: not learned"
test "$(learned far -6 $six)" = 1280 || fail "IPv6: not learned"
echo "far knows that the frontend takes $(learned far -4 $four) bytes"
test "$(bad_checksums)" = 0 || fail "$(bad_checksums) wrong checksums"
kill "$live"
wait "$live" || fail "SIGTERM: exit $?"
exit $failed
