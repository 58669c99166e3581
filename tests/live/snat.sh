#!/bin/sh
# Outbound SNAT, live: members reach a world that sees only the frontends'
# addresses and ports of those members' own; one that runs out of ports towards
# one destination reaches the others, is told of, and recovers; what nobody
# asked for is dropped; idle flows are reset at both ends; open ones outlive the
# control process and reloads.
#
#     world (client: 198.51.100.7, .8, 2001:db8:7::7) - balancer - s1, s2
set -eu
# shellcheck source=tests/live/netns.sh
. "${SRC:?names the source tree}/tests/live/netns.sh"
for tool in python3 curl; do
	command -v $tool >/dev/null || skip "there is no $tool"
done
cd "$dir"

# world.py: HTTP on 80 and datagrams on 53 say whom they saw; on 443 and 444
# whom they saw first, and then what they hear. How each of these ended is a
# line of ./ended: "ADDRESS PORT ERROR".
cat >world.py <<'END'
import asyncio
import socket


def seen(writer):
    name = writer.get_extra_info('peername')
    return f'{name[0].removeprefix("::ffff:")} {name[1]}\n'


async def web(reader, writer):
    await reader.readline()
    body = seen(writer)
    writer.write(f'HTTP/1.0 200 OK\r\nContent-Length: {len(body)}\r\n'
                 f'Connection: close\r\n\r\n{body}'.encode())
    await writer.drain()
    writer.close()


async def echo(reader, writer):
    end = 'closed'
    try:
        writer.write(seen(writer).encode())
        while line := await reader.readline():
            writer.write(line)
    except OSError as e:
        end = type(e).__name__
    with open('ended', 'a') as f:
        f.write(f'{seen(writer).strip()} {end}\n')
    writer.close()


class Datagrams(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, peer):
        name = peer[0].removeprefix('::ffff:')
        self.transport.sendto(f'{name} {peer[1]}\n'.encode(), peer)


async def main():
    for port, serve in ((80, web), (443, echo), (444, echo)):
        await asyncio.start_server(serve, ['198.51.100.7', '198.51.100.8',
                                           '2001:db8:7::7'], port, backlog=512)
    for address in ('198.51.100.7', '2001:db8:7::7'):
        await asyncio.get_running_loop().create_datagram_endpoint(
            Datagrams, (address, 53))
    print('ready', flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
END

# ask.py COUNT ADDRESS...: datagrams from so many ports to each, and as whom
# each was seen
cat >ask.py <<'END'
import socket
import sys

held = []
for address in sys.argv[2:]:
    for i in range(int(sys.argv[1])):
        s = socket.socket(socket.AF_INET6 if ':' in address
                          else socket.AF_INET, socket.SOCK_DGRAM)
        s.settimeout(3)
        s.connect((address, 53))
        s.send(b'whom do you see?')
        print('udp', s.recv(100).decode().strip(), flush=True)
        held.append(s)
END

# hold.py ADDRESS PORT COUNT UNTIL: so many connections at once: "OPEN FAILED"
# in ./UNTIL.open and as whom they were seen in ./UNTIL.seen; they talk until
# there is ./UNTIL, and what broke is said.
cat >hold.py <<'END'
import asyncio
import os
import sys

address, port, count, until = sys.argv[1:]
broke, asked = [], 0


async def begin():
    try:
        c = await asyncio.wait_for(
            asyncio.open_connection(address, int(port)), 2.5)
        return c + (await asyncio.wait_for(c[0].readline(), 2.5),)
    except (OSError, asyncio.TimeoutError):
        return None


async def talk(reader, writer):
    global asked
    try:
        while not os.path.exists(until):
            writer.write(b'still there?\n')
            line = await asyncio.wait_for(reader.readline(), 10)
            assert line == b'still there?\n', 'another answer'
            asked += 1
            await asyncio.sleep(0.7)
    except (OSError, AssertionError, asyncio.TimeoutError) as e:
        broke.append(repr(e))
    writer.close()


async def main():
    begun = await asyncio.gather(*(begin() for i in range(int(count))))
    held = [c for c in begun if c]
    with open(until + '.seen', 'w') as f:
        f.writelines('tcp ' + c[2].decode() for c in held)
    with open(until + '.new', 'w') as f:
        f.write(f'{len(held)} {len(begun) - len(held)}\n')
    os.rename(until + '.new', until + '.open')
    await asyncio.gather(*(talk(*c[:2]) for c in held))

asyncio.run(main())
print(f'{asked} answers, {len(broke)} broke', *broke[:2])
sys.exit(bool(broke))
END

# inside.py SNAT MEMBER...: were those in ./seen-MEMBER seen only as frontends
# of the member's, by ports of its own, and not by those of a rule?
cat >inside.py <<'END'
import json
import sys

rows = json.load(open(sys.argv[1]))['snat']
wrong = 0
for name in sys.argv[2:]:
    own = {}
    for r in rows:
        if r['member'].split('/')[1] == name:
            own.setdefault((r['protocol'], r['address']), []).extend(r['ports'])
    lines = open('seen-' + name).read().split('\n')[:-1]
    ports = set()
    for line in lines:
        protocol, address, port = line.split()
        ports.add(int(port))
        if (not any(a <= int(port) <= z
                    for a, z in own.get((protocol, address), []))
                or ('.' in address and 1032 <= int(port) < 1040)):
            print(f'{name} was seen as {line}, not one of {own}')
            wrong += 1
    print(f'{name}: {len(lines)} flows, seen from {len(ports)} ports,',
          f'{min(ports)} to {max(ports)}')
sys.exit(wrong > 0)
END

# row.py FILE MEMBER PROTOCOL KEY...: of ctl snat --json
cat >row.py <<'END'
import json
import sys

for r in json.load(open(sys.argv[1]))['snat']:
    if [r['member'], r['protocol']] == sys.argv[2:4]:
        to = r['destinations'][0] if r['destinations'] else {}
        states = r['states'] or {'closing-fin': 0, 'closing-rst': 0}
        r['closing'] = states['closing-fin'] + states['closing-rst']
        r['to'] = f"{to.get('address')}/{to.get('port')}/{to.get('ports')}"
        print(*(r[key] for key in sys.argv[4:]))
END

# idle.py ADDRESS: a connection that falls silent: "ADDRESS PORT RESULT" when it
# ends, or after 6 seconds.
cat >idle.py <<'END'
import socket
import sys

s = socket.create_connection((sys.argv[1], 443), timeout=6)
seen = s.recv(100).decode().strip()
s.send(b'so much for now\n')
s.recv(100)
try:
    s.recv(100)
    end = 'closed'
except OSError as e:
    end = type(e).__name__
print(seen, end)
END

cat >all.yaml <<'END'
load_balancer: { sku: fairlead }
frontends:
  - { name: out4, address: 10.77.0.10 }
  - { name: out6, address: "fd77::10" }
pools:
  - name: four
    members:
      - { name: s1, address: 10.77.2.2 }
      - { name: s2, address: 10.77.3.2 }
  - name: six
    members:
      - { name: s1, address: "fd77:2::2" }
      - { name: s2, address: "fd77:3::2" }
rules:
  - { name: web, frontend: out4, pool: four, protocol: tcp, frontend_port: 1032, backend_port: 80, outbound_snat: false }
outbound_rules:
  - { name: world4, pool: four, frontends: [out4], ports_per_member: 64, idle_timeout: 3s, tcp_reset: true }
  - { name: world6, pool: six, frontends: [out6], ports_per_member: 64, idle_timeout: 3s, tcp_reset: true }
connection_table: { entries: 10000 }
forwarding: { mode: nat, interfaces: [c0, b1, b2] }
END
sed 's/, tcp_reset: true//' all.yaml >mute.yaml
sed 's/ports_per_member: 64/ports_per_member: 16/' all.yaml >few.yaml
sed '/name: s2/d; /name: web/s/web/web2/' all.yaml >less.yaml

# live LOG: the control process, once it forwards
live() {
	log=$1
	echo "+ balancer: fairlead live -c lb.yaml --metrics 127.0.0.1:9000"
	in_background balancer "$FAIRLEAD" live -c lb.yaml --pin-name "$pin" \
	    --metrics 127.0.0.1:9000 2>"$log"
	live=$pid
	wait_for "$log" '"event":"\(privilege\|attach\|load\)"'
}

# ctl ARGUMENT...: its output in ./out
ctl() {
	try "$FAIRLEAD" ctl --pin-name "$pin" "$@" >out 2>err ||
	    fail "ctl $*: $(cat err)"
}

# row MEMBER PROTOCOL KEY...: what ctl snat says
row() {
	"$FAIRLEAD" ctl --pin-name "$pin" snat --json >snat.json 2>err &&
	    python3 row.py snat.json "$@"
}

# until_row VALUES MEMBER PROTOCOL KEY...: within a while
until_row() {
	want=$1
	shift
	left=100
	until is=$(row "$@") && test "$is" = "$want"; do
		left=$((left - 1))
		test $left -gt 0 || {
			fail "ctl snat: $*: '$is', not $want"
			return 0
		}
		sleep 0.1
	done
	echo "ctl snat, $*: $is"
}

# drops REASON: so far
drops() {
	"$FAIRLEAD" ctl --pin-name "$pin" stats --json |
	    sed -n "s/.*\"$1\": \([0-9]*\).*/\1/p" | head -n 1
}

# hold NAME ADDRESS PORT COUNT UNTIL: hold.py, when it is open
hold() {
	echo "+ $1: $4 connections to $2 port $3" >&2
	in_background "$1" python3 hold.py "$2" "$3" "$4" "$5" >"$5.out" 2>&1
	echo "$pid" >"$5.pid"
	left=100
	until test -e "$5.open" || test $left = 0; do
		left=$((left - 1))
		sleep 0.1
	done
	test -e "$5.open" || fail "they do not open: $(cat "$5.out")"
}

# opened UNTIL OPEN FAILED
opened() {
	is=$(cat "$1.open")
	echo "$1: open and failed: $is"
	test "$is" = "$2 $3" || fail "$1: $is, not $2 $3"
}

# let_go UNTIL: and nothing broke
let_go() {
	: >"$1"
	wait "$(cat "$1.pid")" || fail "$1: connections broke"
	echo "$1: $(cat "$1.out")"
}

network
for address in 198.51.100.7/32 198.51.100.8/32 2001:db8:7::7/128; do
	try ip -n "$tag-client" addr add $address dev lo
done
try ip -n "$tag-balancer" route add 198.51.100.0/24 via 10.77.1.2
try ip -n "$tag-balancer" -6 route add 2001:db8:7::/64 via fd77:1::2
in_background client python3 world.py >world.out 2>&1
wait_for world.out ready
cp all.yaml lb.yaml
try "$FAIRLEAD" check -c lb.yaml >out || fail "check: $(cat out)"
live live1.log
grep -q 'not permitted' live1.log && skip "BPF is not permitted here"

echo "== members reach the world"
for s in s1 s2; do
	echo "+ $s: 5 times curl http://198.51.100.7/ and http://[2001:db8:7::7]/" >&2
	for _ in 1 2 3 4 5; do
		for host in 198.51.100.7 '[2001:db8:7::7]'; do
			in_ns $s curl -sS -m 5 "http://$host/" 2>&1
		done
	done | sed 's/^/tcp /' >seen-$s
	try in_ns $s python3 ask.py 10 198.51.100.7 2001:db8:7::7 >>seen-$s \
	    2>err || fail "$s: $(tail -n 1 err)"
	test "$(wc -l <seen-$s)" = 30 || fail "$s: $(cat seen-$s)"
done
ctl snat
cat out
ctl snat --json
python3 inside.py out s1 s2 || fail "seen from elsewhere"
ctl flows --rule world6
grep -m 2 'udp.*world6.*-> \[2001:db8:7::7\]:53$' out ||
    fail "no flow to the world: $(head -n 3 out)"
ctl flows --member four/s2 --limit 1
test "$(tail -n 1 out)" = '1 flow' || fail "flows --limit 1: $(cat out)"
ctl snat --rule world4 --member four/s1
test "$(tail -n 1 out)" = '2 rows: 0 full, 0 high' || fail "$(cat out)"
got=0
"$FAIRLEAD" ctl --pin-name "$pin" snat --rule web >out 2>err || got=$?
test "$got" = 2 || fail "snat --rule web: exit $got, $(cat out err)"

echo "== a member runs out towards one destination"
hold s1 198.51.100.7 443 60 most
until_row 'high 60 60' four/s1 tcp mark used peak
hold s1 198.51.100.7 443 20 more
opened most 60 0
opened more 4 16
hold s1 198.51.100.8 443 30 other
hold s1 198.51.100.7 444 30 others
hold s2 198.51.100.7 443 30 neighbour
opened other 30 0
opened others 30 0
opened neighbour 30 0
until_row '64 64 100.0 full 124 198.51.100.7/443/64' four/s1 tcp \
    allocated used percent mark flows to
until_row '30 None' four/s2 tcp used mark
ctl snat --limit 2
cat out
failed_before=$(row four/s1 tcp failed)
test "$failed_before" -ge 16 || fail "$failed_before failed, of 16 connections"
test "$(row four/s2 tcp failed)" = 0 || fail "s2 failed"
test "$(drops snat_exhausted)" = "$failed_before" ||
    fail "$(drops snat_exhausted) dropped, $failed_before failed"
for event in HighSnatPortUsage SnatPortExhaustion; do
	wait_for live1.log "\"event\":\"$event\"" || :
	grep "\"event\":\"$event\"" live1.log || :
	test "$(grep -c "\"event\":\"$event\".*\"member\":\"s1\",\"protocol\":\"tcp\",\"allocated\":64" \
	    live1.log)" = 1 || fail "$event is not told once"
done
grep '"event":"SnatPortExhaustion".*"member":"s1","protocol":"tcp"' live1.log |
    grep -q '"destination":"198.51.100.7:443","destination_ports":64' ||
    fail "SnatPortExhaustion does not say towards where"
grep '"event":"HighSnatPortUsage"' live1.log | grep '"destination"' &&
    fail "HighSnatPortUsage says towards where, which nobody looked for"
grep -q 'Snat.*"member":"s2"' live1.log && fail "an event about s2"
cat most.seen more.seen other.seen others.seen >seen-s1
cat neighbour.seen >seen-s2
ctl snat --json
python3 inside.py out s1 s2 || fail "seen from elsewhere"

echo "== what Prometheus hears"
s1='pool="four",member="s1",member_address="10.77.2.2",frontend_address="10.77.0.10",protocol="tcp"'
for _ in 1 2 3 4 5 6 7 8 9; do # counted once a second
	try in_ns balancer curl -sS -m 3 -o page http://127.0.0.1:9000/metrics
	! grep -qF "fairlead_snat_connections{$s1,state=\"open\"} 124" page ||
	    break
	sleep 0.3
done
for series in \
    "fairlead_snat_ports_allocated{$s1,is_awaiting_removal=\"false\"} 64" \
    "fairlead_snat_ports_used{$s1,is_awaiting_removal=\"false\"} 64" \
    "fairlead_snat_connections{$s1,state=\"open\"} 124" \
    "fairlead_snat_connections_total{$s1,state=\"failed\"} $failed_before" \
    'fairlead_syns_total{rule="world4",frontend_address="10.77.0.10",protocol="all",direction="outbound"} '; do
	grep -F "$series" page || fail "no $series"
done
if command -v promtool >/dev/null; then
	promtool check metrics <page || fail "promtool"
fi

echo "== ports come back"
let_go most
let_go more
let_go others
until_row '30 0' four/s1 tcp used closing
let_go other
until_row '0 0' four/s1 tcp used flows
hold s1 198.51.100.7 443 64 again
opened again 64 0
let_go again
let_go neighbour

echo "== what nobody asked for"
cat >unasked.py <<'END'
import socket

for port in range(1060, 1080):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(('198.51.100.7', 0))
    s.connect(('10.77.0.10', port))
    s.settimeout(0.05)
    s.send(b'hello')
    try:
        print('an answer:', s.recv(100))
    except socket.timeout:
        pass
    except OSError as e:
        print(e)
END
until_row '0' four/s1 udp used
before=$(drops snat_no_flow)
try in_ns client python3 unasked.py >out 2>err || fail "$(tail -n 1 err)"
test ! -s out || fail "somebody answers: $(cat out)"
echo "snat_no_flow: $before before 20 datagrams, $(drops snat_no_flow) after"
test "$(drops snat_no_flow)" = $((before + 20)) || fail "not 20 dropped"

echo "== idle flows are reset"
# idle RESULT ADDRESS...: as the member sees it; a reset, as the world does, too
idle() {
	want=$1
	shift
	endings=
	: >ended
	for address in "$@"; do
		in_background s1 python3 idle.py "$address" >"idle $address" 2>&1
		endings="$endings $pid"
	done
	for ending in $endings; do
		wait "$ending" || fail "idle.py"
	done
	sleep 0.3
	for address in "$@"; do
		read -r from port end <"idle $address" ||
		    fail "idle.py $address"
		at=$(sed -n "s/^$from $port //p" ended)
		echo "$address: the member got $end, the world ${at:-nothing}"
		test "$end" = "$want" || fail "$address: the member got $end"
		test "$want" != ConnectionResetError || test "$at" = "$want" ||
		    fail "$address: the world got ${at:-nothing}"
	done
}
idle ConnectionResetError 198.51.100.7 2001:db8:7::7

echo "== reload"
hold s1 198.51.100.7 443 20 kept4
hold s2 2001:db8:7::7 444 20 kept6
cp mute.yaml lb.yaml
ctl reload
grep -q 'outbound rule world4: .*tcp_reset true -> false' out ||
    fail "the reload does not tell of tcp_reset: $(cat out)"
idle TimeoutError 198.51.100.7 2001:db8:7::7
until_row '20 20' four/s1 tcp used flows
echo "+ fairlead ctl drain --wait four/s1" >&2
timeout 10 "$FAIRLEAD" ctl --pin-name "$pin" drain --wait four/s1 >out 2>&1 ||
    fail "draining waits for what a member began: $(tail -n 1 out)"
ctl undrain four/s1
cp less.yaml lb.yaml
ctl reload
until_row '0 20 leaving 20' six/s2 tcp allocated used mark flows
cp all.yaml lb.yaml
ctl reload
until_row '64 20 None 20' six/s2 tcp allocated used mark flows

echo "== without the control process"
try kill -9 "$live"
wait "$live" 2>/dev/null || :
hold s1 198.51.100.8 443 20 meanwhile
opened meanwhile 20 0
sleep 1
live live2.log
grep -q '"adopted":true' live2.log || fail "nothing was adopted"
until_row '64 20 40' four/s1 tcp allocated used flows
until_row '64 20 20' six/s2 tcp allocated used flows
test "$(row four/s1 tcp failed)" -ge "$failed_before" || fail "forgotten"
hold s1 198.51.100.8 443 44 rest
opened rest 44 0
for held in kept4 kept6 meanwhile rest; do
	let_go $held
done
until_row '0 0' four/s1 tcp used flows

echo "== a reload takes ports back"
hold s1 198.51.100.8 443 64 taken
cp few.yaml lb.yaml
ctl reload
grep -q 'outbound rule world4: ports_per_member 64 -> 16' out ||
    fail "the reload does not tell of ports: $(cat out)"
until_row '16 16 16' four/s1 tcp allocated used flows
sleep 2 # until each has asked once more
: >taken
wait "$(cat taken.pid)" && fail "48 of 64 ports are gone, and nothing broke"
echo "taken: $(cat taken.out)"
grep -q ' 48 broke.*ConnectionResetError' taken.out ||
    fail "taken: $(cat taken.out)"
kill "$live"
wait "$live" || fail "SIGTERM: exit $?"
exit $failed
