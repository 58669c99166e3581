#!/bin/sh
# tests/bench/blast, the generator that benches and tests send with: it says
# what it sent, all of it arrives but what a full ring of the veth had no room
# for (a busy machine's receiver is late), each packet is of the flow whose turn
# it is, and checksums are right.
set -eu
# shellcheck source=tests/live/netns.sh
. "${SRC:?names the source tree}/tests/live/netns.sh"
for tool in tcpdump jq; do
	command -v $tool >/dev/null || skip "there is no $tool"
done
blast=${BUILD:?names the build tree}/tests/bench/blast
cd "$dir"

# received: at c0, and lost on the way at its ring
received() {
	in_ns balancer ip -j -s link show c0 |
	    jq ".[0].stats64.rx.packets + $(counted client eth0 xdp_xmit_errors)"
}

# arrives COUNT SINCE: so many have, or are lost and counted, or neighbours were
# asked for meanwhile
arrives() {
	left=100
	until test $((arrived = $(received) - $2)) -ge "$1"; do
		left=$((left - 1))
		test $left -gt 0 || break
		sleep 0.1
	done
	if test $arrived -lt "$1" || test $arrived -gt $(($1 + 100)); then
		fail "$arrived arrived of $1"
	fi
}

network
in_ns balancer ethtool -K c0 gro on
in_ns balancer sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0
mac=$(ip -n "$tag-balancer" -j link show c0 | jq -r '.[0].address')

# send OPTION...: what it printed is in ./sent
send() {
	try in_ns client "$blast" --interface eth0 --mac "$mac" "$@" \
	    >sent 2>err || {
		grep -q 'live frames' err && skip "$(cat err)"
		fail "blast: $(cat err)"
	}
}

# sample KIND DESTINATION: the first 300 packets, into ports: the flow of each,
# slowly, so that no ring is full
sample() {
	in_background balancer tcpdump -i c0 -U -c 300 -w "$1.pcap" \
	    "dst host $2" 2>dump.log
	dump=$pid
	wait_for dump.log 'listening on'
	send --dest "$2" --port 5000 --kind "$1" --flows 100 --first 34 \
	    --packets 300 --rate 3000
	left=50
	while kill -0 "$dump" 2>/dev/null && test $left -gt 0; do
		left=$((left - 1))
		sleep 0.1
	done
	kill "$dump" 2>/dev/null || :
	wait "$dump" || :
	# port 1024 + flow
	tcpdump -nr "$1.pcap" 2>/dev/null |
	    sed 's/.* IP6\{0,1\} [^ ]*[.]\([0-9]*\) >.*/\1/' >ports
}

for kind in udp syn ack; do
	for dest in 10.77.0.10 fd77::10; do
		echo "== $kind to $dest"
		for attempt in 1 2 3; do
			lost=$(counted client eth0 xdp_xmit_errors)
			sample $kind $dest
			lost=$(($(counted client eth0 xdp_xmit_errors) - lost))
			test $lost -gt 0 || break
			echo "attempt $attempt: $lost lost at the ring"
		done
		tcpdump -vvnr $kind.pcap >text 2>/dev/null
		grep -q 'bad\|incorrect' text && fail "checksums: $(grep -m 1 'bad\|incorrect' text)"
		test "$(grep -c 'sum ok\|(correct)' text)" = 300 ||
		    fail "checksums of $(grep -c 'sum ok\|(correct)' text) of 300"
		test "$(head -n 1 ports)" = 1058 || fail "not from flow 34 on"
		test "$(sort ports | uniq -c | grep -c '^ *3 ')" = 100 ||
		    fail "flows by turns: $(sort ports | uniq -c | head -n 3)"

		before=$(received)
		send --dest $dest --port 5000 --kind $kind --flows 100 \
		    --packets 100000
		test "$(jq .sent sent)" = 100000 || fail "sent: $(cat sent)"
		arrives 100000 "$before"
	done
done

echo "== ever new flows, at a rate"
before=$(received)
send --dest 10.77.0.10 --flows new --rate 20000 --seconds 1
sent=$(jq .sent sent)
if test "$sent" -le 0 || test "$sent" -gt 22000; then
	fail "at a rate: $(cat sent)"
fi
arrives "$sent" "$before"

echo "== what is wrong"
for wrong in '--dest 10.77.0.x' '--dest fd77::1 --source 10.0.0.1' \
    '--dest 10.77.0.10 --bytes 20' '--dest 10.77.0.10 --interface none' \
    '--dest 10.77.0.10 --flows 0' '--dest 10.77.0.10 --kind tcp'; do
	got=0
	# shellcheck disable=SC2086 # words
	in_ns client "$blast" --interface eth0 --mac "$mac" $wrong \
	    >out 2>err || got=$?
	test $got -ne 0 || fail "$wrong: exit 0"
	grep -q '^blast: ' err || fail "$wrong: it says $(cat err)"
done
exit $failed
