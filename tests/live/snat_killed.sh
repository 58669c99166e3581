#!/bin/sh
# The control process is killed again and again while outbound flows come and
# go, at moments of which some are in the middle of a sweep, and started anew:
# no port is given to two flows at once, what comes back reaches who asked, and
# when all have ended every port is free and can be had.
#
# FAIRLEAD_KILLS: how often (10).
set -eu
# shellcheck source=tests/live/netns.sh
. "${SRC:?names the source tree}/tests/live/netns.sh"
command -v python3 >/dev/null || skip "there is no python3"
cd "$dir"
ports=512

# world.py: says to datagrams whom it sees, and what they asked
cat >world.py <<'END'
import socket

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
s.bind(('198.51.100.7', 53))
print('ready', flush=True)
while True:
    data, peer = s.recvfrom(100)
    s.sendto(f'{peer[0]} {peer[1]} '.encode() + data, peer)
END

# churn.py: 50 new flows a second until there is ./stop, each of which asks at
# once and 0.5 s later; as whom it is seen stays, and nobody else is seen so
# meanwhile.
cat >churn.py <<'END'
import os
import select
import socket
import sys
import time

alive, seen_as = {}, {}  # by number: [socket, since, seen, asked]
wrong, answers, silent, number = [], 0, 0, 0
due = time.monotonic()


def hear(n):
    global answers
    s, since, seen, asked_again = alive[n]
    address, port, asked = s.recv(100).decode().split()
    answers += 1
    if int(asked) != n:
        wrong.append(f'{n} heard what {asked} asked')
    if seen is None:
        if (address, port) in seen_as:
            wrong.append(f'{port} is {n} and {seen_as[address, port]}')
        seen_as[address, port] = n
        alive[n][2] = (address, port)
    elif seen != (address, port):
        wrong.append(f'{n} was {seen} and is {port}')


def end(n):
    global silent
    s, since, seen, asked_again = alive.pop(n)
    silent += seen is None
    if seen_as.get(seen) == n:
        del seen_as[seen]
    s.close()


while not os.path.exists('stop'):
    now = time.monotonic()
    if now >= due:
        due += 0.02
        number += 1
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.connect(('198.51.100.7', 53))
        s.send(str(number).encode())
        alive[number] = [s, now, None, False]
    for n, a in alive.items():
        if now - a[1] > 0.5 and not a[3]:
            a[0].send(str(n).encode())
            a[3] = True
    for n in [n for n, a in alive.items() if now - a[1] > 0.8]:
        end(n)
    sockets = {a[0]: n for n, a in alive.items()}
    for s in select.select(sockets, [], [], 0.01)[0]:
        hear(sockets[s])
print(f'{number} flows, {answers} answers, {silent} were told nothing,',
      f'{len(wrong)} wrong', *wrong[:3])
sys.exit(bool(wrong) or silent > number / 100)
END

# all.py N: N flows at once, each seen by a port of its own
cat >all.py <<'END'
import socket
import sys

held, seen = [], set()
for i in range(int(sys.argv[1])):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(3)
    s.connect(('198.51.100.7', 53))
    s.send(b'0')
    seen.add(s.recv(100).split()[1])
    held.append(s)
print(len(seen), 'ports')
sys.exit(len(seen) != len(held))
END

cat >lb.yaml <<END
load_balancer: { sku: fairlead }
frontends: [{ name: out4, address: 10.77.0.10 }]
pools:
  - name: four
    members:
      - { name: s1, address: 10.77.2.2 }
      - { name: s2, address: 10.77.3.2 }
outbound_rules:
  - { name: world4, pool: four, frontends: [out4], ports_per_member: $ports, idle_timeout: 1s }
connection_table: { entries: 1000000 }
forwarding: { mode: nat, interfaces: [c0, b1, b2] }
END

# used: SNAT ports that are, of both
used() {
	"$FAIRLEAD" ctl --pin-name "$pin" snat --json | python3 -c 'import json, sys
print(sum(r["used"] for r in json.load(sys.stdin)["snat"]))'
}

# free: until none is, within half a minute: audits look in the first rounds
free() {
	left=300
	until test "$(used)" = 0; do
		left=$((left - 1))
		test $left -gt 0 || {
			fail "$(used) ports are used by nobody"
			return 0
		}
		sleep 0.1
	done
}

network
ip -n "$tag-client" addr add 198.51.100.7/32 dev lo
ip -n "$tag-balancer" route add 198.51.100.0/24 via 10.77.1.2
in_background client python3 world.py >world.out
wait_for world.out ready
balance
sleep 1 # until it knows its neighbours
for s in $servers; do
	in_background "$s" sh -c "exec python3 churn.py >churn-$s 2>&1"
	eval "churn_$s=\$pid"
done
kills=0
while test $kills -lt "${FAIRLEAD_KILLS:-10}"; do
	python3 -c 'import random, time; time.sleep(random.uniform(0.2, 1.2))'
	kill -9 "$live"
	wait "$live" 2>/dev/null || :
	cat live.log >>all.log
	balance 2>/dev/null
	kills=$((kills + 1))
done
echo "killed $kills times"
: >stop
for s in $servers; do
	eval "wait \$churn_$s" || fail "$s: flows went wrong"
	echo "$s: $(cat "churn-$s")"
done
free
cat live.log >>all.log
echo "ports that were freed after a kill: $(grep -c snat_ports_freed all.log || :)"
for s in $servers; do
	try in_ns "$s" python3 all.py $ports || fail "$s has not all of its ports"
done
free
exit $failed
