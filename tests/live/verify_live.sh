#!/bin/sh
# fairlead verify --live: what is in force in the kernel, health included, with
# and without its control process; another build's program is told; and what
# forwards is not touched.
set -eu
# shellcheck source=tests/live/netns.sh
. "${SRC:?names the source tree}/tests/live/netns.sh"
for tool in python3 jq curl; do
	command -v $tool >/dev/null || skip "there is no $tool"
done
cd "$dir"

cat >lb.yaml <<'END'
load_balancer: { sku: fairlead }
frontends: [{ name: coap, address: 10.77.0.10 }]
pools:
  - name: vms
    members:
      - { name: s1, address: 10.77.2.2 }
      - { name: s2, address: 10.77.3.2 }
probes:
  - { name: alive, protocol: tcp, port: 8081, interval: 200ms, probe_threshold: 1 }
rules:
  - { name: coap, frontend: coap, pool: vms, probe: alive, protocol: udp,
      frontend_port: 5683, backend_port: 8081, connection_tracking: true }
connection_table: { entries: 10000 }
forwarding: { mode: nat, interfaces: [c0, b1, b2] }
END
sed 's/connection_tracking: true/&, outbound_snat: false/
    /^connection_table/i\
outbound_rules: [{ name: out, pool: vms, frontends: [coap], protocol: all, ports_per_member: 64 }]' \
    lb.yaml >snat.yaml
cat >server.py <<'END'
import socket

t = socket.create_server(('', 8081), backlog=64)
print('ready', flush=True)
while True:
    t.accept()[0].close()
END
# 200 datagrams to the frontend, from so many ports; in leave.pcap as many from
# a member to the client.
python3 - <<'END'
import struct

def sum16(data):
    n = sum(struct.unpack(f'!{len(data) // 2}H', data))
    while n >> 16:
        n = (n & 0xffff) + (n >> 16)
    return ~n & 0xffff

def write(name, source, to):
    with open(name, 'wb') as f:
        f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for i in range(200):
            udp = struct.pack('!HHHH4s', 20000 + i, 5683, 12, 0, b'ask!')
            ip = bytearray(struct.pack('!BBHHHBBH4s4s', 0x45, 0, 20 + len(udp),
                i, 0, 64, 17, 0, bytes(source), bytes(to)))
            struct.pack_into('!H', ip, 10, sum16(bytes(ip)))
            frame = bytes(12) + b'\x08\x00' + bytes(ip) + udp
            f.write(struct.pack('<IIII', 1000 + i, 0, len(frame), len(frame)))
            f.write(frame)

write('ask.pcap', [10, 77, 1, 2], [10, 77, 0, 10])
write('leave.pcap', [10, 77, 2, 2], [10, 77, 1, 2])
END

# verify CODE JQ-FILTER [CAPTURE]: its exit code, and what must hold of what it
# says
verify() {
	got=0
	"$FAIRLEAD" verify -q --live --pin-name "$pin" --json "${3:-ask.pcap}" \
	    >verified 2>err || got=$?
	test "$got" = "$1" || fail "exit $got, not $1: $(cat err)"
	test "$1" = 5 || test "$(jq "$2" verified)" = true || fail "not so: $2: $(cat verified)"
}

network
ip -n "$tag-balancer" link set lo up
in_ns balancer "$FAIRLEAD" live -c lb.yaml --pin-name "$pin" --dry-run \
    >out 2>&1 || {
	grep -q 'not permitted' out && skip "BPF is not permitted here"
	fail "--dry-run: $(cat out)"
}

echo "== nothing there"
verify 5 .
grep -q "nothing forwards under the pin name $pin" err ||
    fail "it says $(cat err)"

live() {
	in_background balancer "$FAIRLEAD" live -c lb.yaml --pin-name "$pin" \
	    --control "$dir/ctl" --metrics 9464 2>live.log
	live=$pid
	wait_for live.log '"event":"privilege"'
}
up() { # COUNT: members, within a while
	left=50
	until in_ns balancer curl -s http://127.0.0.1:9464/metrics >page &&
	    grep -q "^fairlead_pool_members{pool=\"vms\",state=\"up\"} $1\$" page
	do
		left=$((left - 1))
		test $left -gt 0 || {
			fail "not $1 members are up"
			return 0
		}
		sleep 0.1
	done
}
serving=
for s in s1 s2; do
	in_background $s python3 server.py >$s.out
	serving="$serving $pid"
	wait_for $s.out ready
done
live
up 2
echo "== all up"
verify 0 '.agree and .compared == 200 and .cases[0].verdicts.forward == 200
    and .cases[0].entries_made == 200 and .loaded.interfaces == 3
    and .loaded.program == .loaded.installed'
in_ns balancer curl -s http://127.0.0.1:9464/metrics >page
if grep '^fairlead_rule_connections{.* [1-9]' page; then
	fail "there are connections that nobody made"
fi
if grep '^fairlead_packets_total{.* [1-9]' page; then
	fail "there are packets that nobody sent"
fi

echo "== SNAT, by a reload"
cp lb.yaml plain.yaml
cp snat.yaml lb.yaml
try "$FAIRLEAD" ctl --control "$dir/ctl" reload || fail "reload: $?"
verify 0 '.agree and .compared == 200 and .cases[0].verdicts.forward == 200
    and .loaded.program == .loaded.installed'
verify 0 '.agree and .compared == 200 and .cases[0].verdicts.forward == 64
    and .cases[0].entries_made == .cases[0].verdicts.forward' leave.pcap
jq -c '.cases[0] | .verdicts, .drops' verified
cp plain.yaml lb.yaml
try "$FAIRLEAD" ctl --control "$dir/ctl" reload || fail "reload: $?"

echo "== all down"
for server in $serving; do
	kill -9 "$server"
done
up 0
verify 0 '.agree and .cases[0].verdicts.forward == 0
    and .cases[0].drops.no_healthy_backend == 200'

echo "== without the control process"
kill -9 "$live"
wait "$live" 2>/dev/null || :
verify 0 '.agree and .cases[0].drops.no_healthy_backend == 200'

echo "== another build's program"
mkdir other
cp "$FAIRLEAD_BPF_DIR"/*.o other
# w0 = XDP_DROP becomes w0 = XDP_ABORTED, once.
python3 - <<'END'
text = open('other/forward.bpf.o', 'rb').read()
one = bytes([0xb4, 0, 0, 0, 1, 0, 0, 0])
at = text.index(one)
assert at % 8 == 0
open('other/forward.bpf.o', 'wb').write(
    text[:at] + bytes([0xb4, 0, 0, 0, 0, 0, 0, 0]) + text[at + 8:])
END
(
	FAIRLEAD_BPF_DIR=$dir/other
	verify 1 '(.agree | not) and .differences == 0
	    and .loaded.program != .loaded.installed'
	"$FAIRLEAD" verify -q --live --pin-name "$pin" ask.pcap >out || :
	grep -q "ANOTHER build's" out || fail "it says $(cat out)"
	exit $failed
) || failed=1

echo "== usage"
for wrong in '--live -c lb.yaml' '--live --modes source-ip' '--pin-name x' \
    '--live --pin-name a/b'; do
	got=0
	# shellcheck disable=SC2086
	"$FAIRLEAD" verify $wrong ask.pcap 2>err || got=$?
	test $got = 2 || fail "$wrong: exit $got"
done
exit $failed
