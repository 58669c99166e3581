#!/bin/sh
# fairlead live beside other XDP programs on one interface, under libxdp's
# dispatcher: joins one that is there, makes one for --beside; others come and
# go, plans are swapped, the control process is killed, and every datagram is
# answered. Where the kernel has no program extensions: by a bare link, and
# said.
set -eu
# shellcheck source=tests/live/netns.sh
. "${SRC:?names the source tree}/tests/live/netns.sh"
for tool in python3 xdp-loader xdp-filter; do
	command -v $tool >/dev/null || skip "there is no $tool"
done
cd "$dir"

# echo.py PORT...: answers datagrams.
cat >echo.py <<'END'
import select, socket, sys

sockets = []
for port in sys.argv[1:]:
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(('', int(port)))
    sockets.append(s)
open('ready-%s' % sys.argv[1], 'w').write('ready\n')
while True:
    for s in select.select(sockets, [], [])[0]:
        s.sendto(*s.recvfrom(100))
END
# ask.py ADDRESS PORT COUNT: how many of so many datagrams were answered, in
# turn; COUNT 0: until there is a file ./stop, into ./asked.
cat >ask.py <<'END'
import os, socket, sys, time

address, count = (sys.argv[1], int(sys.argv[2])), int(sys.argv[3])
sent = answered = 0
while sent < count or (count == 0 and not os.path.exists('stop')):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(2 if count == 0 else 0.5)
    s.sendto(b'hello', address)
    sent += 1
    try:
        s.recvfrom(100)
        answered += 1
    except TimeoutError:
        pass
    s.close()
    time.sleep(0.01 if count == 0 else 0)
print(answered, 'of', sent, file=open('asked', 'w') if count == 0 else None)
END
cat >small.yaml <<'END'
load_balancer: { sku: fairlead }
frontends:
  - { name: four, address: 10.77.0.10 }
pools:
  - name: servers
    members:
      - { name: s1, address: 10.77.2.2 }
      - { name: s2, address: 10.77.3.2 }
rules:
  - { name: udp, frontend: four, pool: servers, protocol: udp, frontend_port: 5000, backend_port: 8081, connection_tracking: true }
  - { name: other, frontend: four, pool: servers, protocol: udp, frontend_port: 5001, backend_port: 8082 }
connection_table: { entries: 10000 }
forwarding: { mode: nat, interfaces: [c0, b1, b2] }
END
# So many rules that the plan takes another program.
awk '/^connection_table/ { for (i = 10000; i < 11500; i++) printf "  - { name: r%d, frontend: four, pool: servers, protocol: udp, frontend_port: %d, backend_port: %d }\n", i, i, i } 1' \
    small.yaml >large.yaml

# live LOG [OPTION...]: the control process, once it forwards
live() {
	log=$1
	shift
	in_background balancer "$FAIRLEAD" live -c lb.yaml --pin-name "$pin" \
	    "$@" 2>"$log"
	live=$pid
	wait_for "$log" '"event":"forwarding"'
}

# reload CONFIG LOG: until it is in force
reload() {
	before=$(grep -c '"event":"reloaded"' "$2") || :
	cp "$1.yaml" lb.yaml
	try kill -HUP "$live"
	left=600
	until test "$(grep -c '"event":"reloaded"' "$2")" -gt "$before"; do
		left=$((left - 1))
		test $left -gt 0 || {
			fail "not reloaded: $(tail -n 5 "$2")"
			return 0
		}
		sleep 0.1
	done
	sleep 0.2
}

# answered COUNT PORT [ADDRESS]
answered() {
	got=$(try in_ns client python3 ask.py "${3:-10.77.0.10}" "$2" 10)
	echo "$got"
	test "$got" = "$1 of 10" || fail "port $2: $got answered, not $1"
}

network
for s in s1 s2; do
	in_background $s python3 echo.py 8081 8082 11000
done
in_background balancer python3 echo.py 7777
wait_for ready-8081 ready
wait_for ready-7777 ready
cp small.yaml lb.yaml

in_ns balancer "$FAIRLEAD" live -c lb.yaml --dry-run --beside >dry 2>&1 || :
if ! grep -q "under libxdp's dispatcher" dry; then
	echo "== no program extensions here: by a bare link"
	grep -q 'by a bare bpf_link' dry || fail "--dry-run: $(cat dry)"
	live live1.log --beside
	grep -q '"event":"beside".*no room' live1.log ||
	    fail "not said: $(cat live1.log)"
	answered 10 5000
	exit $failed
fi

echo "== another program is there: joined, after it"
try in_ns balancer xdp-filter load -f udp -p allow c0
live live1.log
grep -q '"interface":"c0".*"by":"dispatcher"' live1.log ||
    fail "c0 is not under the dispatcher: $(cat live1.log)"
grep -q '"interface":"b1".*"by":"bpf_link"' live1.log ||
    fail "b1 is not by a link: $(cat live1.log)"
answered 10 5000
try in_ns balancer xdp-filter port -m dst -p udp 5001
answered 0 5001
answered 10 5000

echo "== under load: others come and go, reload, kill -9, restart"
in_background client python3 ask.py 10.77.0.10 5000 0
asker=$pid
answered 10 7777 10.77.1.1
try in_ns balancer xdp-filter unload c0
try in_ns balancer xdp-loader load c0 "$BUILD/tests/live/late.bpf.o"
answered 0 7777 10.77.1.1
reload large live1.log
# The new program, once more to be called: after the plan.
wait_for live1.log '"event":"adopted","interface":"c0".*"by":"dispatcher"' 60
answered 10 11000
reload small live1.log
answered 0 11000
try kill -9 "$live"
sleep 0.5
live live2.log
grep -q '"event":"adopted".*"interface":"c0".*"by":"dispatcher"' live2.log ||
    fail "c0 was not adopted: $(cat live2.log)"
try in_ns balancer xdp-loader status c0
sleep 1
: >stop
wait "$asker"
cat asked
awk '{ exit !($1 == $3 && $1 > 50) }' asked || fail "lost: $(cat asked)"

echo "== detached: the other stays"
try kill "$live"
wait "$live" || :
try in_ns balancer "$FAIRLEAD" live --detach --pin-name "$pin"
try in_ns balancer xdp-loader status c0 | tee status
grep -q late status || fail "the other program is gone"
! grep -q fairlead status || fail "ours is still there"
answered 0 5000
try in_ns balancer xdp-loader unload c0 --all

echo "== --beside: room for others"
live live3.log --beside
test "$(grep -c '"by":"dispatcher"' live3.log)" = 3 ||
    fail "not all under a dispatcher: $(cat live3.log)"
answered 10 5000
try in_ns balancer xdp-filter load -f udp -p allow c0
answered 10 5001
try in_ns balancer xdp-filter port -m dst -p udp 5001
answered 0 5001
answered 10 5000
try in_ns balancer xdp-filter unload c0

echo "== without CAP_SYS_ADMIN, which it gave up: all but libxdp's part"
sed 's/c0, b1, b2/c0, b1/' small.yaml >fewer.yaml
reload fewer live3.log
wait_for live3.log '"event":"detach".*CAP_SYS_ADMIN'
try ip -n "$tag-balancer" link del b2
cp small.yaml lb.yaml
wire b2 s2 3
reload small live3.log
wait_for live3.log '"attached","interface":"b2".*"by":"bpf_link"'
wait_for live3.log '"event":"beside","interface":"b2"'
sleep 1.5 # s2 is found
answered 10 5000
reload fewer live3.log
wait_for live3.log '"event":"detached"'
reload small live3.log
sed 's/c0, b1, b2/c0, b2/' small.yaml >fewer.yaml
reload fewer live3.log
try kill "$live"
wait "$live" || :
cp fewer.yaml lb.yaml
live live4.log --beside
wait_for live4.log '"event":"detached"'
grep -q '"event":"adopted","interface":"c0".*"by":"dispatcher"' live4.log ||
    fail "c0 was not adopted: $(cat live4.log)"
try in_ns balancer xdp-loader status b1 | tee status
! grep -q fairlead status || fail "b1 has it still"

echo "== all off"
try kill "$live"
wait "$live" || :
try in_ns balancer "$FAIRLEAD" live --detach --pin-name "$pin"
try in_ns balancer xdp-loader status | tee status
! grep -q -e fairlead -e dispatcher status || fail "something stayed"
test -z "$(ls /sys/fs/bpf/xdp 2>/dev/null)" ||
    echo "left by libxdp: $(ls /sys/fs/bpf/xdp)"
exit $failed
