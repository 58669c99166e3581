#!/bin/sh
# fairlead live as ping and traceroute see it: an echo request to a frontend is
# answered by the balancer, up to 64 bytes, and while somebody is up; where a
# packet's hop limit ends, at the balancer or behind it, its sender hears of the
# packet that he sent; so does he of a packet too big for the balancer's next
# link.
#
#     far - client - balancer - s1 - deep, a member
#                             - s2
set -eu
# shellcheck disable=SC2034 # for the fixture
others='far deep'
# shellcheck source=tests/live/netns.sh
. "${SRC:?names the source tree}/tests/live/netns.sh"
for tool in ping traceroute python3 tcpdump; do
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
  - { name: deep4, members: [{ name: deep, address: 10.77.4.2 }] }
  - { name: deep6, members: [{ name: deep, address: "fd77:4::2" }] }
probes:
  - { name: alive, protocol: tcp, port: 8080, interval: 300ms, probe_threshold: 2 }
rules:
  - { name: tcp4, frontend: four, pool: deep4, probe: alive, protocol: tcp, frontend_port: 80, backend_port: 8080 }
  - { name: tcp6, frontend: six, pool: deep6, probe: alive, protocol: tcp, frontend_port: 80, backend_port: 8080 }
  - { name: udp4, frontend: four, pool: deep4, probe: alive, protocol: udp, frontend_port: 5000, backend_port: 8081 }
  - { name: udp6, frontend: six, pool: deep6, probe: alive, protocol: udp, frontend_port: 5000, backend_port: 8081 }
connection_table: { entries: 10000 }
forwarding: { mode: nat, interfaces: [c0, b1, b2] }
END

# --- the network ---------------------------------------------------------------

network
far_and_deep

serve() {
	in_background deep python3 "$SRC/tests/live/echo.py" deep 8080 >deep.out
	server=$pid
	wait_for deep.out ready
}

# pings ANSWERS SIZE: of 3 requests with so much data, so many are answered
pings() {
	for address in $four $six; do
		echo "+ far: ping -c 3 -s $2 $address" >&2
		in_ns far ping -n -c 3 -i 0.2 -W 1 -s "$2" "$address" >ping.out \
		    2>&1 || :
		grep -E 'transmitted|nreachable' ping.out | sort -u
		grep -q " $1 received" ping.out ||
		    fail "ping $address: $(cat ping.out)"
	done
}

# hops ADDRESS HOP... -- OPTION...: what traceroute sees, in this order
hops() {
	address=$1
	shift
	want=
	while test "$1" != --; do
		want="$want $1"
		shift
	done
	shift
	try in_ns far traceroute -n -q 1 -w 2 -m 6 "$@" "$address" >trace.out \
	    2>err || :
	cat trace.out
	got=$(awk '$1 ~ /^[0-9]+$/ { printf " %s", $2 }' trace.out)
	test "$got" = "$want" || fail "hops:$got, not$want"
}

serve
balance
sleep 2 # members are known

# --- what is seen --------------------------------------------------------------

echo "== ping"
in_background deep tcpdump -i eth0 -nU --immediate-mode -w deep.pcap \
    'icmp[0] = 8 or icmp6[0] = 128' 2>tcpdump.log
dump=$pid
wait_for tcpdump.log 'listening on'
pings 3 56
pings 0 57
kill "$dump"
wait "$dump" || :
test -z "$(tcpdump -nr deep.pcap 2>/dev/null)" || fail "a member was asked"

echo "== traceroute"
for way in '-T -p 80' '-U -p 5000'; do
	# shellcheck disable=SC2086 # words
	hops $four 10.77.5.1 10.77.1.1 10.77.2.2 $four -- $way
	# shellcheck disable=SC2086
	hops $six fd77:5::1 fd77:1::1 fd77:2::2 $six -- $way
done

echo "== a link of the balancer's own takes 1300"
try ip -n "$tag-balancer" link set b1 mtu 1300
try ip -n "$tag-s1" link set eth0 mtu 1300
sleep 1
cat >send.py <<'END'
import socket, sys

s = socket.create_connection((sys.argv[1], 80), timeout=10)
f = s.makefile('rw')
name, line = f.readline().strip(), 'x' * 50000 + '\n'
for i in range(40):
    f.write(line)
    f.flush()
    assert f.readline() == line, 'not what was sent'
print('2 MB to', name, 'and back')
END
for address in $four $six; do
	try in_ns far python3 send.py "$address" || fail "$address: it hangs"
done
for what in "-4 $four" "-6 $six"; do
	# shellcheck disable=SC2086 # two words
	in_ns far ip ${what% *} route get ${what#* } | grep -q 'mtu 1300' ||
	    fail "far did not hear of it: $(in_ns far ip route get ${what#* })"
done
try ip -n "$tag-balancer" link set b1 mtu 1500
try ip -n "$tag-s1" link set eth0 mtu 1500

echo "== nobody is up"
mark=$(wc -l <live.log)
kill "$server"
known deep down "$mark"
pings 0 56
grep -q nreachable ping.out || fail "nobody says so: $(cat ping.out)"
mark=$(wc -l <live.log)
serve
known deep up "$mark"
pings 3 56
kill "$live"
wait "$live" || fail "SIGTERM: exit $?"
exit $failed
