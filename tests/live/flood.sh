#!/bin/sh
# fairlead live in a flood of SYNs, at the machine's rate and from hping3, while
# real clients keep working; and with a table that is full of connections that
# are open, which are never thrown out: those that come then go by their hash.
set -eu
# shellcheck source=tests/live/netns.sh
. "${SRC:?names the source tree}/tests/live/netns.sh"
for tool in python3 tcpdump jq; do
	command -v $tool >/dev/null || skip "there is no $tool"
done
blast=${BUILD:?}/tests/bench/blast
sink=$BUILD/tests/live/sink.bpf.o
test -x "$blast" || skip "there is no $blast (make check TESTS=)"
cd "$dir"

# 2,048 slots for IPv4: next 2^n of 1.5 times the entries.
cat >lb.yaml <<'END'
load_balancer: { sku: fairlead }
frontends:
  - { name: four, address: 10.77.0.10 }
pools:
  - name: servers
    members:
      - { name: s1, address: 10.77.2.2 }
      - { name: s2, address: 10.77.3.2 }
rules:
  - { name: tcp, frontend: four, pool: servers, protocol: tcp, frontend_port: 80, backend_port: 8080 }
connection_table: { entries: 1024 }
forwarding: { mode: nat, interfaces: [c0, b1, b2] }
END

live() {
	echo "+ balancer: fairlead live -c lb.yaml"
	in_background balancer "$FAIRLEAD" live -c lb.yaml --pin-name "$pin" \
	    2>"$1"
	live=$pid
	wait_for "$1" '"event":"forwarding"'
}

network
for s in s1 s2; do
	in_background $s python3 "$SRC/tests/live/echo.py" \
	    $s 8080 >$s.out
	wait_for $s.out ready
done
in_ns balancer "$FAIRLEAD" live -c lb.yaml --pin-name "$pin" --dry-run \
    >out 2>&1 || {
	grep -q 'not permitted' out && skip "BPF is not permitted here"
	fail "--dry-run: $(cat out)"
}
live live.log
key=$(sed -n 's/.*"hash_key":"\([0-9a-f]*\)".*/\1/p' live.log)
mac=$(ip -n "$tag-balancer" -o link show c0 |
    sed -n 's/.*link.ether \([0-9a-f:]*\).*/\1/p')

echo "== a flood of two million a second"
watch
talk 80 200 10.77.0.10
unwatch
same_as_simulated lb.yaml "$key"
for s in s1 s2; do
	try ip -n "$tag-$s" link set eth0 xdp obj "$sink" sec xdp
done
before=$(rings)
echo "+ client: blast --kind syn --flows new --rate 2000000 --seconds 3"
in_ns client "$blast" --interface eth0 --mac "$mac" --dest 10.77.0.10 \
    --port 80 --kind syn --flows new --rate 2000000 --seconds 3 >blast.json ||
    fail "blast: exit $?"
left=50 # until the receivers have come after
until came1=$(counted s1 eth0 xdp_drops) came2=$(counted s2 eth0 xdp_drops) &&
    lost=$(($(rings) - before)) && test $left = 0 ||
    test $((came1 + came2 + lost)) = "$(jq .sent blast.json)"; do
	left=$((left - 1))
	sleep 0.1
done
python3 - "$came1" "$came2" "$lost" \
    <<'END' || fail "the flood is not accounted for"
import json, sys
flood = json.load(open('blast.json'))
s1, s2, rings = (int(x) for x in sys.argv[1:])
print(f"{flood['sent']} SYNs, each of a new flow, {flood['packets_per_s']:.0f}"
      f" a second: {s1} came to s1, {s2} to s2, {rings} were lost at rings")
sys.exit(flood['sent'] != s1 + s2 + rings or not 0.45 < s1 / (s1 + s2) < 0.55)
END
if command -v hping3 >/dev/null; then
	echo "+ client: hping3 --flood --rand-source -S -p 80 10.77.0.10"
	in_background client hping3 -q --flood --rand-source -S -p 80 \
	    10.77.0.10 >hping.out 2>&1
	sleep 2
	kill -INT "$pid"
	wait "$pid" || :
	grep transmitted hping.out || :
fi
talked

echo "== a table full of open connections"
for s in s1 s2; do
	ip -n "$tag-$s" link set eth0 xdp off
done
watch
talk 80 3000 10.77.0.10
unwatch
same_as_simulated lb.yaml "$key"
try kill -9 "$live"
wait "$live" || : # its lock goes with it
live live2.log
known=$(sed -n 's/.*"connections":\([0-9]*\).*/\1/p' live2.log)
echo "$known connections are in the table of 2048"
test "$((known > 1800 && known <= 2048))" = 1 || fail "is that full?"
talked
sleep 0.5 # connections have said goodbye
echo "+ fairlead ctl --pin-name $pin --json status"
"$FAIRLEAD" ctl --pin-name "$pin" --json status >status.json ||
    fail "ctl: exit $?"
python3 - <<'END' || fail "packets are not accounted for: $(cat status.json)"
import json, sys
status = json.load(open('status.json'))['status']
count = status['packets']
packets, untracked = count.pop('packets'), count.pop('untracked')
count.update(status['drops'])
print(packets, 'packets:', ', '.join(f'{n} {what}' for what, n in count.items()
      if n), f'({untracked} untracked)')
sys.exit(packets != sum(count.values()) or untracked == 0)
END
kill "$live"
wait "$live" || fail "SIGTERM: exit $?"
exit $failed
