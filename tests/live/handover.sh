#!/bin/sh
# fairlead live under load: plans are swapped, the control process is killed,
# ended and started again, and another build of the program takes over; not a
# packet is lost, nor does a flow move, and no TCP connection breaks.
set -eu
# shellcheck source=tests/live/netns.sh
. "${SRC:?names the source tree}/tests/live/netns.sh"
for tool in python3 tcpdump; do
	command -v $tool >/dev/null || skip "there is no $tool"
done
cd "$dir"

# sink.py NAME: counts datagrams and client ports, into count-NAME.
cat >sink.py <<'END'
import os, socket, sys

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
SO_RCVBUFFORCE = 33
s.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
s.bind(('', 8081))
s.settimeout(0.5)
count, ports = 0, set()
while True:
    try:
        ports.add(s.recvfrom(100)[1][1])
        count += 1
        continue
    except TimeoutError:
        pass
    with open('new-' + sys.argv[1], 'w') as f:
        print(count, *sorted(ports), file=f)
    os.rename('new-' + sys.argv[1], 'count-' + sys.argv[1])
END

# send.py: from 200 ports, 10,000 a second or what can be had; into ./sent.  Not
# two rounds at once, which a ring of 256 has no room for.
cat >send.py <<'END'
import os, socket, time

sockets = []
for i in range(200):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(('', 20000 + i))
    s.connect(('10.77.0.10', 5000))
    sockets.append(s)
count, due = 0, time.monotonic()
while not os.path.exists('stop'):
    for s in sockets:
        s.send(b'x' * 20)
    count += len(sockets)
    due = max(due, time.monotonic()) + 0.02
    time.sleep(max(0, due - time.monotonic()))
print(count, file=open('sent', 'w'))
END

cat >two.yaml <<'END'
load_balancer: { sku: fairlead }
frontends:
  - { name: four, address: 10.77.0.10 }
  - { name: six, address: "fd77::10" }
pools:
  - name: servers
    members:
      - { name: s1, address: 10.77.2.2 }
      - { name: s2, address: 10.77.3.2 }
  - name: servers6
    members:
      - { name: s1, address: "fd77:2::2" }
      - { name: s2, address: "fd77:3::2" }
rules:
  - { name: udp, frontend: four, pool: servers, protocol: udp, frontend_port: 5000, backend_port: 8081, connection_tracking: true }
  - { name: tcp, frontend: four, pool: servers, protocol: tcp, frontend_port: 5001, backend_port: 8082 }
  - { name: tcp6, frontend: six, pool: servers6, protocol: tcp, frontend_port: 5001, backend_port: 8082 }
connection_table: { entries: 10000 }
forwarding: { mode: nat, interfaces: [c0, b1, b2] }
END
# A member more, who is not there: what moves to him is lost.
sed 's/{ name: s2, address: 10.77.3.2 }/&\n      - { name: s3, address: 10.77.2.9 }/' \
    two.yaml >three.yaml

# live LOG [PROGRAM]: the control process, once it forwards
live() {
	echo "+ balancer: ${2:-fairlead} live" >&2
	in_background balancer "${2:-$FAIRLEAD}" live -c lb.yaml \
	    --pin-name "$pin" 2>"$1"
	live=$pid
	wait_for "$1" '"event":"forwarding"'
}

# adopts LOG [PROGRAM]: what the one before left, and it is all there
adopts() {
	live "$@"
	test "$(grep -c '"event":"adopted"' "$1")" = 3 ||
	    fail "$1: links are new"
	grep -q '"event":"forwarding".*"adopted":true' "$1" ||
	    fail "$1: nothing was adopted"
}

# program: the id of what runs at c0
program() {
	ip -n "$tag-balancer" -d link show c0 |
	    sed -n 's,.*prog/xdp id \([0-9]*\).*,\1,p'
}

network
for s in s1 s2; do
	in_background $s python3 sink.py $s
	wait_for count-$s 0
	in_background $s python3 "$SRC/tests/live/echo.py" \
	    $s 8082 >$s.out
	wait_for $s.out ready
done
cp two.yaml lb.yaml
live live1.log
sleep 0.5 # members are found
watch
in_background client python3 send.py
sender=$pid
talk 5001 40 10.77.0.10 fd77::10
sleep 1 # all flows have begun
unwatch
same_as_simulated two.yaml \
    "$(sed -n 's/.*"hash_key":"\([0-9a-f]*\)".*/\1/p' live1.log)"

echo "== reloads"
for i in 1 2 3 4; do
	for config in three two; do
		cp $config.yaml lb.yaml
		kill -HUP "$live"
		sleep 0.2
	done
	wait_for live1.log '"event":"reloaded"'
done
echo "$(grep -c '"event":"reloaded"' live1.log) reloads"
echo "== killed and started again"
for i in 2 3; do
	try kill -9 "$live"
	sleep 0.3
	adopts live$i.log
done
echo "== ended and started again"
try kill "$live"
wait "$live" || fail "SIGTERM: exit $?"
sleep 0.3
adopts live4.log
echo "== another build takes over, and the first one again"
mkdir other
cp "$FAIRLEAD" other/fairlead
strip other/fairlead 2>/dev/null || :
cp "$FAIRLEAD_BPF_DIR"/*.o other
before=$(program)
try kill "$live"
wait "$live" || fail "SIGTERM: exit $?"
FAIRLEAD_BPF_DIR=$dir/other
adopts live5.log "$dir/other/fairlead"
test "$(program)" != "$before" || fail "the same BPF program still"
try kill -9 "$live"
FAIRLEAD_BPF_DIR=${BUILD:?}/live/xdp
adopts live6.log

: >stop
wait "$sender" || fail "the sender: exit $?"
talked

echo "== the key that was drawn stays, whatever the file says"
key=$(sed -n 's/.*"hash_key":"\([0-9a-f]*\)".*/\1/p' live1.log)
sed "s/sku: fairlead/&, hash_key: 00112233445566778899aabbccddeeff/" \
    two.yaml >lb.yaml
try "$FAIRLEAD" ctl --pin-name "$pin" reload >reloaded || fail "reload: $?"
cat reloaded
grep -q 'hash_key stays as it was' reloaded || fail "it is not told"
talk 5001 40 10.77.0.10 fd77::10
try kill -9 "$live"
sleep 0.3
adopts live7.log
grep -q "\"hash_key\":\"$key\"" live7.log || fail "another hash key"
sleep 1
talked

rm count-s1 count-s2
wait_for count-s1 .
wait_for count-s2 .
read -r one ports1 <count-s1
read -r two ports2 <count-s2
echo "$(cat sent) sent, $one + $two received"
full=$(for s in s1 s2; do
	in_ns $s sed -n '/^Udp: [0-9]/p' /proc/net/snmp
done | awk '{ n += $6 } END { print n }')
# At rings packets of the connections are lost, too, and sent again.
lost=$(($(cat sent) - one - two - full))
rings=$(($(rings) + $(unsent)))
test $lost -ge 0 -a $lost -le $rings ||
    fail "$lost packets lost, $rings of them at a full ring"
test "$full" = 0 || echo "$full of them at a full socket"
test $lost = 0 || echo "$lost of them at a full ring"
# shellcheck disable=SC2086 # a word a port
moved=$(printf '%s\n' $ports1 $ports2 | sort | uniq -d | wc -l)
test "$moved" = 0 || fail "$moved flows moved"
# shellcheck disable=SC2086
test "$(printf '%s\n' $ports1 $ports2 | sort -u | wc -l)" = 200 ||
    fail "not every flow came through"
exit $failed
