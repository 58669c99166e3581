#!/bin/sh
# tests/bench/blast, the generator that benches and tests send with: it says
# what it sent, all of it arrives, each packet is of the flow whose turn it is,
# and checksums are right.
set -eu
# shellcheck source=tests/live/netns.sh
. "${SRC:?names the source tree}/tests/live/netns.sh"
for tool in tcpdump jq; do
	command -v $tool >/dev/null || skip "there is no $tool"
done
blast=${BUILD:?names the build tree}/tests/bench/blast
cd "$dir"

received() {
	in_ns balancer ip -j -s link show c0 | jq '.[0].stats64.rx.packets'
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

for kind in udp syn ack; do
	for dest in 10.77.0.10 fd77::10; do
		echo "== $kind to $dest"
		in_background balancer tcpdump -i c0 -U -c 300 -w $kind.pcap \
		    "dst host $dest" 2>dump.log
		dump=$pid
		wait_for dump.log 'listening on'
		before=$(received)
		send --dest $dest --port 5000 --kind $kind --flows 100 \
		    --first 34 --packets 100000
		test "$(jq .sent sent)" = 100000 || fail "sent: $(cat sent)"
		after=$(received)
		# neighbours may be asked for meanwhile
		arrived=$((after - before))
		if test $arrived -lt 100000 || test $arrived -gt 100100; then
			fail "$arrived arrived of 100000"
		fi
		wait "$dump" || fail "tcpdump: $(cat dump.log)"
		tcpdump -vvnr $kind.pcap >text 2>/dev/null
		grep -q 'bad\|incorrect' text && fail "checksums: $(grep -m 1 'bad\|incorrect' text)"
		test "$(grep -c 'sum ok\|(correct)' text)" = 300 ||
		    fail "checksums of $(grep -c 'sum ok\|(correct)' text) of 300"
		# port 1024 + flow, each as often as the others
		tcpdump -nr $kind.pcap 2>/dev/null |
		    sed 's/.* IP6\{0,1\} [^ ]*[.]\([0-9]*\) >.*/\1/' \
		    >ports
		test "$(head -n 1 ports)" = 1058 || fail "not from flow 34 on"
		test "$(sort ports | uniq -c | grep -c '^ *3 ')" = 100 ||
		    fail "flows by turns: $(sort ports | uniq -c | head -n 3)"
	done
done

echo "== ever new flows, at a rate"
before=$(received)
send --dest 10.77.0.10 --flows new --rate 20000 --seconds 1
sent=$(jq .sent sent)
if test "$sent" -le 0 || test "$sent" -gt 22000; then
	fail "at a rate: $(cat sent)"
fi
test $(($(received) - before)) -ge "$sent" || fail "some did not arrive"

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
