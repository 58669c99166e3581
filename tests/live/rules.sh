#!/bin/sh
# The rest of Azure's rules, live, over IPv4 and IPv6: inbound NAT rules to one
# member and by a pool's range, whose members keep their ports while others come
# and go; floating IP, two rules on one backend port; a member who is a client of
# its own frontend; idle timeouts that tell both ends, and an admin who does
# (admin_down: reset), but not to whom he drains; and what ctl and the metrics
# say of all that.
set -eu
# shellcheck disable=SC2034 # for the fixture
servers='s1 s2 s3'
# shellcheck source=tests/live/netns.sh
. "${SRC:?names the source tree}/tests/live/netns.sh"
for tool in python3 curl tcpdump; do
	command -v $tool >/dev/null || skip "there is no $tool"
done
cd "$dir"

# server.py NAME PORT...: HTTP that says its name and as whom it was spoken to;
# whoever says "hold" is only listened to, and how that ended is a line of
# ./ended-NAME: "ADDRESS AND PORT OF THE CLIENT, OWN PORT, ERROR" (a port alone
# comes back within this test). By UDP the name.
cat >server.py <<'END'
import asyncio
import sys

name = sys.argv[1]


async def answer(reader, writer):
    own = writer.get_extra_info('sockname')
    if (await reader.readline()).startswith(b'hold'):
        writer.write(f'{name}\n'.encode())
        while await reader.read(100):
            pass
        return
    body = f'{name} {own[0]} {own[1]}\n'
    writer.write(f'HTTP/1.0 200 OK\r\nContent-Length: {len(body)}\r\n'
                 f'Connection: close\r\n\r\n{body}'.encode())
    await writer.drain()


async def serve(reader, writer):
    peer, end = writer.get_extra_info('peername'), 'closed'
    own = writer.get_extra_info('sockname')
    try:
        await answer(reader, writer)
    except OSError as e:
        end = type(e).__name__
    with open('ended-' + name, 'a') as f:
        f.write(f'{peer[0]} {peer[1]} {own[1]} {end}\n')
    writer.close()


class Datagrams(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, peer):
        self.transport.sendto(name.encode(), peer)


async def main():
    for port in sys.argv[2:]:
        await asyncio.start_server(serve, None, int(port))
    await asyncio.get_running_loop().create_datagram_endpoint(
        Datagrams, ('::', 5684))
    print('ready', flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
END

# datagram.py ADDRESS PORT...: who answers at each
cat >datagram.py <<'END'
import socket
import sys

to = sys.argv[1]
for port in sys.argv[2:]:
    s = socket.socket(socket.AF_INET6 if ':' in to else socket.AF_INET,
                      socket.SOCK_DGRAM)
    s.settimeout(2)
    s.connect((to, int(port)))
    s.send(b'hello')
    print(port, s.recv(100).decode())
END

# hairpin.py ADDRESS COUNT: connections of a member to its frontend, all at once:
# "PORT NAME" of who answered, or "PORT -".
cat >hairpin.py <<'END'
import select
import socket
import sys
import time

# who has not answered 2 s after the last who did will not
asking = select.poll()
sockets, answers = {}, {}
for i in range(int(sys.argv[2])):
    s = socket.socket(
        socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET)
    s.setblocking(False)
    s.connect_ex((sys.argv[1], 80))
    asking.register(s, select.POLLOUT)
    sockets[s.fileno()] = s
while len(answers) < len(sockets) and (ready := asking.poll(2000)):
    for number, what in ready:
        asking.unregister(number)
        s = sockets[number]
        if s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            continue
        s.settimeout(5)
        s.send(b'hold\n')
        answers[number] = s.recv(100).decode().strip()
for number, s in sockets.items():
    print(s.getsockname()[1], answers.get(number, '-'), flush=True)
open('asked', 'w').close()
time.sleep(30)
END

# hairpin_as_said.py SEEN FLOWS: unanswered are just those that the hash returned
# to their sender, a third of them or so (AZ 4.9, 13.9).
cat >hairpin_as_said.py <<'END'
import collections
import json
import sys

seen = dict(line.split() for line in open(sys.argv[1]))
flows = json.load(open(sys.argv[2]))
went = {str(f['client_port']): f['member'].split('/')[1]
        for f in flows['flows']}
print(len(seen), 'asked:', *sorted(collections.Counter(seen.values()).items()))
wrong = {port: (name, went.get(port)) for port, name in seen.items()
         if went.get(port) != ('s1' if name == '-' else name)}
if wrong:
    print('not as the table says:', wrong)
sys.exit(bool(wrong) or not 4 <= list(seen.values()).count('-') <= 30)
END

# idle.py ADDRESS PORT [kept]: a connection that says nothing more, with
# keep-alives or without: "OWN ADDRESS AND PORT, RESULT" when it ends, or after 5
# seconds.
cat >idle.py <<'END'
import socket
import sys

s = socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=5)
if 'kept' in sys.argv:
    s.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)
s.send(b'hold\n')
s.recv(100)
try:
    s.recv(100)
    end = 'closed'
except OSError as e:
    end = type(e).__name__
print(*s.getsockname()[:2], end)
END

# told.py COUNT: connections to port 83: "ADDRESS PORT NAME" of each, and when it
# ends, or 6 seconds later, "end ADDRESS PORT NAME HOW".
cat >told.py <<'END'
import select
import socket
import sys
import time

asking = select.poll()
sockets = {}
for i in range(int(sys.argv[1])):
    to = 'fd77::10' if i % 2 else '10.77.0.10'
    s = socket.create_connection((to, 83), timeout=5)
    s.send(b'hold\n')
    name = s.recv(100).decode().strip()
    print(*s.getsockname()[:2], name, flush=True)
    sockets[s.fileno()] = (s, name)
    asking.register(s, select.POLLIN)
print('all', flush=True)
end = time.time() + 6
while (left := end - time.time()) > 0 and sockets:
    for number, what in asking.poll(left * 1000):
        asking.unregister(number)
        s, name = sockets.pop(number)
        try:
            s.recv(100)
            how = 'closed'
        except OSError as e:
            how = type(e).__name__
        print('end', *s.getsockname()[:2], name, how, flush=True)
for s, name in sockets.values():
    print('end', *s.getsockname()[:2], name, 'open', flush=True)
END

# held.py: a connection that goes on
cat >held.py <<'END'
import socket
import time

s = socket.create_connection(('10.77.0.10', 50002), timeout=5)
s.send(b'hold\n')
print('open', s.recv(100), flush=True)
while s.send(b'x'):
    time.sleep(0.05)
END

# many.py: all.yaml, and a NAT rule for 500 members
cat >many.py <<'END'
text = open('all.yaml').read()
members = ''.join(
    f'      - {{ name: m{i}, address: 10.77.{3 + i // 250}.{3 + i % 250} }}\n'
    for i in range(500))
text = text.replace(
    'rules:\n', f'  - name: many\n    members:\n{members}rules:\n', 1)
print(text.replace('connection_table', '''\
  - { name: many, frontend: web, protocol: tcp, frontend_ports: 52000-52499, \
backend_port: 22, pool: many }
connection_table'''))
END

cat >all.yaml <<'END'
load_balancer: { sku: fairlead, admin_down: reset }
frontends:
  - { name: web, address: 10.77.0.10 }
  - { name: float1, address: 10.77.0.11 }
  - { name: float2, address: 10.77.0.12 }
  - { name: web6, address: fd77::10 }
  - { name: float16, address: fd77::11 }
  - { name: float26, address: fd77::12 }
pools:
  - name: pool
    members:
      - { name: s1, address: 10.77.2.2 }
      - { name: s2, address: 10.77.3.2 }
      - { name: s3, address: 10.77.4.2 }
  - name: six
    members:
      - { name: s1, address: "fd77:2::2" }
      - { name: s2, address: "fd77:3::2" }
      - { name: s3, address: "fd77:4::2" }
rules:
  - { name: web, frontend: web, pool: pool, protocol: tcp, frontend_port: 80, backend_port: 8080 }
  - { name: idle, frontend: web, pool: pool, protocol: tcp, frontend_port: 81, backend_port: 8081, idle_timeout: 3s, tcp_reset: true }
  - { name: mute, frontend: web, pool: pool, protocol: tcp, frontend_port: 82, backend_port: 8082, idle_timeout: 2s }
  - { name: told, frontend: web, pool: pool, protocol: tcp, frontend_port: 83, backend_port: 8083, tcp_reset: true }
  - { name: float1, frontend: float1, pool: pool, protocol: tcp, frontend_port: 443, floating_ip: true }
  - { name: float2, frontend: float2, pool: pool, protocol: tcp, frontend_port: 443, floating_ip: true }
  - { name: web6, frontend: web6, pool: six, protocol: tcp, frontend_port: 80, backend_port: 8080 }
  - { name: idle6, frontend: web6, pool: six, protocol: tcp, frontend_port: 81, backend_port: 8081, idle_timeout: 3s, tcp_reset: true }
  - { name: told6, frontend: web6, pool: six, protocol: tcp, frontend_port: 83, backend_port: 8083, tcp_reset: true }
  - { name: float16, frontend: float16, pool: six, protocol: tcp, frontend_port: 443, floating_ip: true }
  - { name: float26, frontend: float26, pool: six, protocol: tcp, frontend_port: 443, floating_ip: true }
nat_rules:
  - { name: ssh6, frontend: web6, protocol: tcp, frontend_port: 2201, backend_port: 22, pool: six, member: s2, idle_timeout: 2s, tcp_reset: true }
  - { name: range6, frontend: web6, protocol: tcp, frontend_ports: 50000-50003, backend_port: 2222, pool: six }
  - { name: dtls6, frontend: web6, protocol: udp, frontend_ports: 51000-51003, backend_port: 5684, pool: six }
  - { name: ssh, frontend: web, protocol: tcp, frontend_port: 2201, backend_port: 22, pool: pool, member: s2, idle_timeout: 2s, tcp_reset: true }
  - { name: range, frontend: web, protocol: tcp, frontend_ports: 50000-50003, backend_port: 2222, pool: pool }
  - { name: dtls, frontend: web, protocol: udp, frontend_ports: 51000-51003, backend_port: 5684, pool: pool }
connection_table: { entries: 10000 }
forwarding: { mode: nat, interfaces: [c0, b1, b2, b3] }
END
sed '/name: s1/d' all.yaml >less.yaml
sed '/name: s3, address: 10/a\      - { name: s1, address: 10.77.2.2 }' less.yaml >turned.yaml
python3 many.py >many.yaml

# asks ANSWER WHERE: who answers, and as whom he was spoken to
asks() {
	got=$(in_ns client curl -sS -m 3 "http://$2/" 2>&1) || :
	echo "+ client: curl http://$2/: $got" >&2
	test "$got" = "$1" || fail "http://$2/: '$got', not '$1'"
}

# ctl ARGUMENT...: its output in ./out
ctl() {
	try "$FAIRLEAD" ctl --pin-name "$pin" "$@" >out 2>err ||
	    fail "ctl $*: $(cat err)"
}

# reload FILE: what it says is in ./out
reload() {
	cp "$1" lb.yaml
	ctl reload
}

network
for s in s1 s2 s3; do
	try ip -n "$tag-$s" addr add 10.77.0.11/32 dev lo
	try ip -n "$tag-$s" addr add 10.77.0.12/32 dev lo
	try ip -n "$tag-$s" addr add fd77::11/128 dev lo nodad
	try ip -n "$tag-$s" addr add fd77::12/128 dev lo nodad
	in_background $s python3 server.py $s 22 443 2222 8080 8081 8082 8083 \
	    >$s.out 2>&1
	wait_for $s.out ready
done
cp all.yaml lb.yaml
try "$FAIRLEAD" check -c lb.yaml >out || fail "check: $(cat out)"
echo "+ balancer: fairlead live -c lb.yaml --metrics 127.0.0.1:9000"
in_background balancer "$FAIRLEAD" live -c lb.yaml --pin-name "$pin" \
    --metrics 127.0.0.1:9000 2>live.log
live=$pid
wait_for live.log '"event":"\(forwarding\|attach\|load\)"'
grep -q 'not permitted' live.log && skip "BPF is not permitted here"
key=$(sed -n '/"event":"forwarding"/s/.*"hash_key":"\([^"]*\).*/\1/p' live.log)
watch

echo "== inbound NAT rules"
asks 's2 10.77.3.2 22' 10.77.0.10:2201
asks 's1 10.77.2.2 2222' 10.77.0.10:50000
asks 's2 10.77.3.2 2222' 10.77.0.10:50001
asks 's3 10.77.4.2 2222' 10.77.0.10:50002
asks 's2 fd77:3::2 22' '[fd77::10]:2201'
asks 's1 fd77:2::2 2222' '[fd77::10]:50000'
asks 's3 fd77:4::2 2222' '[fd77::10]:50002'
for address in 10.77.0.10 fd77::10; do
	try in_ns client python3 datagram.py $address 51000 51001 51002 \
	    >out 2>err || fail "UDP: $(tail -n 1 err)"
	test "$(tr '\n' ' ' <out)" = '51000 s1 51001 s2 51002 s3 ' ||
	    fail "$address: $(cat out)"
done

echo "== floating IP, two rules on one backend port"
for address in 10.77.0.11 10.77.0.12 fd77::11 fd77::12; do
	echo "+ client: 24 times curl http://$address port 443" >&2
	host=$address
	test "${host#*:}" = "$host" || host="[$host]"
	for _ in $(seq 24); do
		in_ns client curl -sS -m 3 "http://$host:443/" 2>>err ||
		    fail "$address does not answer"
	done | sort -u >out
	printf '%s\n' "s1 $address 443" "s2 $address 443" "s3 $address 443" |
	    cmp -s - out || fail "$address: $(cat out err)"
	cat out
done
unwatch
same_as_simulated all.yaml "$key"

echo "== a member asks its own frontend"
# hairpin ADDRESS OWN-ADDRESS RULE
hairpin() {
	echo "+ s1: 48 connections to $1 port 80" >&2
	rm -f asked
	in_background s1 python3 hairpin.py "$1" 48 >hairpin.out 2>&1
	asker=$pid
	left=60
	until test -e asked || test $left = 0; do
		left=$((left - 1))
		sleep 0.1
	done
	ctl --json flows --client "$2" --rule "$3"
	python3 hairpin_as_said.py hairpin.out out ||
	    fail "hairpin: $(head -n 3 hairpin.out)"
	kill "$asker"
}
hairpin 10.77.0.10 10.77.2.2 web
hairpin fd77::10 fd77:2::2 web6

echo "== idle"
endings=
for how in '10.77.0.10 81' '10.77.0.10 2201' '10.77.0.10 81 kept' \
    '10.77.0.10 82' 'fd77::10 81' 'fd77::10 2201'; do
	# shellcheck disable=SC2086 # words
	in_background client python3 idle.py $how >"idle $how" 2>&1
	endings="$endings $pid"
done
for ending in $endings; do
	wait "$ending" || fail "idle.py"
done
sleep 0.2
# expect HOW END: as the client and, of a reset, the member see it
expect() {
	read -r address port end <"idle $1" || fail "idle.py $1"
	case $1 in
	*' 2201') own=22 ;;
	*' 82') own=8082 ;;
	*) own=8081 ;;
	esac
	at=$(cat ended-s? | sed -n "s/^$address $port $own //p")
	echo "$1: the client got $end, the member ${at:-nothing}"
	test "$end" = "$2" || fail "$1: the client got $end"
	test "$end" != ConnectionResetError || test "$at" = "$end" ||
	    fail "$1: the member got ${at:-nothing}"
}
expect '10.77.0.10 81' ConnectionResetError
expect '10.77.0.10 2201' ConnectionResetError
expect '10.77.0.10 81 kept' TimeoutError
expect '10.77.0.10 82' TimeoutError
expect 'fd77::10 81' ConnectionResetError
expect 'fd77::10 2201' ConnectionResetError

echo "== an admin takes out s1, and drains s2"
in_background client python3 told.py 24 >told.out 2>&1
teller=$pid
wait_for told.out '^all'
for pool in pool six; do
	ctl admin $pool/s1 down
	ctl drain $pool/s2
done
wait "$teller" || fail "told.py: $(tail -n 1 told.out)"
grep '^end' told.out | cut -d ' ' -f 4- | sort | uniq -c
grep -q '^[0-9a-f.:]* [0-9]* s1' told.out || fail "nobody was connected to s1"
grep -q '^[0-9a-f.:]* [0-9]* s2' told.out ||
    fail "nobody was connected to s2"
grep '^end' told.out | while read -r _ address port name how; do
	case $name-$how in
	s1-ConnectionResetError)
		grep -q "^$address $port 8083 ConnectionResetError" ended-s1 ||
		    fail "$address $port: s1 was not told"
		;;
	s[23]-open) ;;
	*) fail "$address $port of $name: $how" ;;
	esac
	test $failed = 0
done || failed=1
for pool in pool six; do
	ctl admin $pool/s1 none
	ctl undrain $pool/s2
done

echo "== members come and go"
in_background client python3 held.py >held.out 2>&1
held=$pid
wait_for held.out open
reload less.yaml
grep -q 'NAT range/s1 removed' out || fail "reload: no word of range/s1"
asks 's2 10.77.3.2 2222' 10.77.0.10:50001
asks 's3 10.77.4.2 2222' 10.77.0.10:50002
in_ns client curl -s -m 0.5 http://10.77.0.10:50000/ && fail "who has 50000?"
ctl nat
cat out
grep -q '^range  *web  *10.77.0.10:50001  *tcp  *pool/s2  *10.77.3.2:2222 ' out ||
    fail "no port of range/s2"
ctl --json nat
python3 -c 'import json
ports = {(m["rule"], m["member"]): m["frontend_port"]
         for m in json.load(open("out"))["mappings"]}
assert ports["range", "s2"] == 50001 and ports["ssh", "s2"] == 2201, ports' ||
    fail "the ports of NAT rules: $(cat out)"
try "$FAIRLEAD" check -c less.yaml >out || fail "check: $?"
grep -q '50000 to s2' out || fail "check does not assign afresh"
test "$(grep -c 'assigned afresh; a running balancer keeps' out)" = 4 ||
    fail "check does not say that it assigns afresh: $(cat out)"
"$FAIRLEAD" check --json -c less.yaml >out || fail "check: $?"
python3 -c 'import json
rules = {r["name"]: r["assigned_afresh"]
         for r in json.load(open("out"))["configuration"]["nat_rules"]}
assert rules["range"] and not rules["ssh"], rules' || fail "as JSON it does not"
reload turned.yaml
grep -q 'NAT range/s1 added' out || fail "reload: no word of range/s1"
asks 's1 10.77.2.2 2222' 10.77.0.10:50000
asks 's3 10.77.4.2 2222' 10.77.0.10:50002
reload all.yaml
asks 's1 10.77.2.2 2222' 10.77.0.10:50000
asks 's2 10.77.3.2 2222' 10.77.0.10:50001
kill -0 "$held" || fail "a connection broke: $(cat held.out)"

echo "== what is told of it"
ctl flows --rule range/s3
cat out
grep -q '50002.*range/s3.*pool/s3' out || fail "no flow of range/s3"
kill "$held"
ctl stats
grep '^nat' out || :
grep -q '^nat  *range/s3  *port 50002 ' out || fail "no row of range/s3"
grep -q '^nat  *ssh/s2  *port 2201 ' out || fail "no row of ssh/s2"
reload many.yaml
test "$(grep -c 'NAT many/m' out)" = 500 || fail "reload: $(wc -l <out) lines"
ctl stats
test "$(grep -c '^nat  *many/m' out)" = 500 || fail "stats: $(wc -l <out) lines"
for _ in 1 2 3 4 5; do
	try in_ns balancer curl -sS -m 3 -o page http://127.0.0.1:9000/metrics
	! grep -q 'rule="many/m499"' page || break
	sleep 0.3
done
grep 'rule="range/s3"' page || :
grep -q '^fairlead_packets_total{rule="range/s3",frontend_address="10.77.0.10",frontend_port="50002",protocol="tcp",direction="inbound"} [1-9]' \
    page || fail "metrics: no packets of range/s3"
test "$(grep -c '^fairlead_packets_total{rule="many/m' page)" = 1000 ||
    fail "metrics: not two rows a port"
grep 'fairlead_rule_members.*many/' page && fail "metrics: a port's members"
kill "$live"
wait "$live" || fail "SIGTERM: exit $?"
exit $failed
