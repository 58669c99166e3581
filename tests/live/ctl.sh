#!/bin/sh
# fairlead ctl under load: every command, in text and JSON; a member is drained
# and gets nothing new while nothing breaks; a wrong file changes nothing; what
# is captured is replayed, and every flow goes to whom it went.
set -eu
# shellcheck source=tests/live/netns.sh
. "${SRC:?names the source tree}/tests/live/netns.sh"
for tool in python3 setpriv unshare; do
	command -v $tool >/dev/null || skip "there is no $tool"
done
cd "$dir"
socket=/run/fairlead/$pin.sock

# echo.py NAME: says its name to who connects to it, then what it hears; by UDP
# its name to whatever comes.
cat >echo.py <<'END'
import socket, socketserver, sys, threading

name = sys.argv[1].encode()

class Tcp(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.sendall(name + b'\n')
        while data := self.request.recv(100):
            self.request.sendall(data)

class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 256

udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind(('', 8081))
server = Server(('', 8080), Tcp)
threading.Thread(target=server.serve_forever, daemon=True).start()
open('ready-' + sys.argv[1], 'w').write('ready\n')
while True:
    data, peer = udp.recvfrom(100)
    udp.sendto(name, peer)
END

# hold.py: 60 connections that are kept and used all the time, and a new one
# every 20 ms, into ./new as "TIME NAME"; what broke into ./broken at the end.
cat >hold.py <<'END'
import os, socket, time

def dial():
    s = socket.create_connection(('10.77.0.10', 80), timeout=5)
    return s, s.recv(10).decode().strip()

held = [dial()[0] for _ in range(60)]
open('held', 'w').write('60\n')
broken = 0
with open('new', 'w', buffering=1) as new:
    while not os.path.exists('stop'):
        for s in list(held):
            try:
                s.sendall(b'x')
                if s.recv(1) != b'x':
                    raise OSError('closed')
            except OSError:
                broken += 1
                held.remove(s)
        try:
            began = time.time()
            s, name = dial()
            s.close()
            print(began, name, file=new)
        except OSError:
            broken += 1
        time.sleep(0.02)
open('broken', 'w').write('%d\n' % broken)
END

# ask.py N: N datagrams from new ports, into ./udp as "PORT NAME".
cat >ask.py <<'END'
import socket, sys

kept = []  # or a port is had twice
with open('udp', 'w') as out:
    for i in range(int(sys.argv[1])):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.settimeout(2)
        s.connect(('10.77.0.10', 5000))
        kept.append(s)
        for _ in range(2):
            s.send(b'x' * 20)
            name = s.recv(10).decode()
        print(s.getsockname()[1], name, file=out)
END

cat >good.yaml <<'END'
load_balancer: { sku: fairlead }
frontends:
  - { name: four, address: 10.77.0.10 }
pools:
  - name: servers
    members:
      - { name: s1, address: 10.77.2.2 }
      - { name: s2, address: 10.77.3.2 }
probes:
  - { name: tcp, protocol: tcp, port: 8080, interval: 200ms, probe_threshold: 1 }
rules:
  - { name: tcp, frontend: four, pool: servers, probe: tcp, protocol: tcp, frontend_port: 80, backend_port: 8080, idle_timeout: 3s }
  - { name: udp, frontend: four, pool: servers, probe: tcp, protocol: udp, frontend_port: 5000, backend_port: 8081, connection_tracking: true, idle_timeout: 5s }
connection_table: { entries: 10000 }
forwarding: { mode: nat, interfaces: [c0, b1, b2] }
END

# live LOG: the control process, once it forwards and all members are up
live() {
	in_background balancer "$FAIRLEAD" live -c lb.yaml --pin-name "$pin" \
	    2>"$1"
	live=$pid
	wait_for "$1" '"event":"forwarding"'
}

# ctl ARGUMENT...: its output in ./out, its exit code in $code
ctl() {
	code=0
	try "$FAIRLEAD" ctl --pin-name "$pin" "$@" >out 2>err || code=$?
	cat out err
}

# expect CODE PATTERN: of the last ctl
expect() {
	test $code = "$1" || fail "exit code $code, not $1"
	cat out err >both
	grep -q -e "$2" both || fail "it does not say $2"
}

# json EXPRESSION: of the document d in ./out, is it true?
json() {
	python3 -c 'import json, sys
d = json.load(open("out"))
sys.exit(not ('"$1"'))' || fail "not so: $1"
}

# until_json COMMAND EXPRESSION: asked again for ten seconds
until_json() {
	for _ in $(seq 50); do
		"$FAIRLEAD" ctl --pin-name "$pin" --json "$1" >out 2>err || :
		! python3 -c 'import json, sys
d = json.load(open("out"))
sys.exit(not ('"$2"'))' 2>/dev/null || return 0
		sleep 0.2
	done
	fail "$1: not so in ten seconds: $2: $(cat out err)"
}

network
for s in s1 s2; do
	in_background $s python3 echo.py $s
	wait_for ready-$s .
done

echo "== nobody there"
ctl status
expect 5 'nobody answers'

cp good.yaml lb.yaml
live live1.log
until_json members 'all(m["state"] == "up" and m["next_hop"] for m in d["members"])'

echo "== who may call, and who may listen"
test "$(stat -c %a "$socket")" = 600 || fail "the socket is $(stat -c %a "$socket")"
test "$(stat -c %a "${socket%/*}")" = 700 || fail "its folder is $(stat -c %a "${socket%/*}")"
code=0
try setpriv --reuid 65534 --regid 65534 --clear-groups \
    "$FAIRLEAD" ctl --pin-name "$pin" status >out 2>err || code=$?
# shellcheck disable=SC2015
test $code = 5 || fail "another user: exit code $code, $(cat out err)"
code=0
try in_ns balancer "$FAIRLEAD" live -c lb.yaml --pin-name "$pin-2" \
    --control "$socket" 2>err || code=$?
test $code = 5 || fail "two at one socket: exit code $code"
grep -q 'listens there already' err || fail "two at one socket: $(cat err)"

echo "== what --dry-run finds taken"
dry() { # PATTERN OPTION...
	pattern=$1
	shift
	code=0
	try in_ns balancer "$FAIRLEAD" live -c lb.yaml --dry-run "$@" \
	    >out 2>err || code=$?
	test $code = 5 || fail "--dry-run: exit code $code, $(cat err)"
	grep -q "^fails *.*$pattern" out || fail "not said: $pattern: $(cat out)"
}
dry "with --pin-name $pin is running" --pin-name "$pin"
dry 'listens there already' --pin-name "$pin-2" --control "$socket"
in_background balancer python3 -m http.server --bind 127.0.0.1 9464 2>web
wait_for_port() {
	for _ in $(seq 50); do
		test -z "$(in_ns balancer ss -Hltn)" || return 0
		sleep 0.1
	done
}
wait_for_port
dry 'port 9464: Address already in use' --pin-name "$pin-2" --metrics 9464
kill "$pid"
grep -q "b2: a fairlead live with --pin-name $pin forwards there" out ||
    fail "not said: $(cat out)"
! grep -q 'b2: native XDP' out || fail "it would and would not: $(cat out)"
for option in '--interface c0' '--mode native' --beside '--control x'; do
	code=0
	# shellcheck disable=SC2086
	"$FAIRLEAD" live --detach --pin-name "$pin-2" $option 2>err || code=$?
	test $code = 2 || fail "--detach $option: exit code $code"
done

echo "== what is shown"
in_background client python3 hold.py
load=$pid
wait_for held .
sleep 1
ctl status
expect 0 'hash key'
ctl --json status
json 'd["status"]["plan"]["generation"] == 1 and len(d["status"]["interfaces"]) == 3'
json 'sum(d["status"]["drops"].values()) == 0'
ctl members
expect 0 'servers/s2'
ctl stats
expect 0 'frontend  four'
ctl --json stats
json '{"total", "frontends", "rules", "members"} <= set(d)'
json 'd["frontends"][0]["traffic"]["packets_in"] > 0'
ctl flows --limit 3
expect 0 '^3 flows'
ctl flows --rule udp
expect 0 '^0 flows'
ctl flows --rule nonsense
expect 2 'there is no rule'
ctl flows --client 10.77.1.9
expect 0 '^0 flows'

echo "== drained under load"
ctl drain servers/s9
expect 2 'there is no member'
ctl drain servers/s1
expect 0 'servers/s1: draining'
drained=$(date +%s.%N)
sleep 2
ctl --json members
json '[m["state"] for m in d["members"]] == ["draining", "up"]'
count_new() { # SINCE NAME: connections that began a moment later
	awk -v since="$1" -v name="$2" \
	    '$1 > since + 0.1 && $2 == name { n++ } END { print n + 0 }' new
}
echo "$(count_new "$drained" s2) new connections at s2"
test "$(count_new "$drained" s1)" = 0 ||
    fail "$(count_new "$drained" s1) new connections at the drained member"
test "$(count_new "$drained" s2)" -gt 10 || fail "no load to speak of"
ctl drain servers/s2
expect 0 'has no member for new flows'
ctl undrain servers/s2
expect 0 'as the configuration says'

echo "== killed: it stays drained"
try kill -9 "$live"
wait "$live" || : # its lock goes with it
live live2.log
wait_for live2.log '"event":"overridden"'
ctl --json members
json '[m["draining"] for m in d["members"]] == [True, False]'
cp good.yaml lb.yaml
ctl reload
expect 0 'nothing changed'
ctl --json members
json '[m["draining"] for m in d["members"]] == [True, False]'
ctl undrain servers/s1
expect 0 'as the configuration says'
back=$(date +%s.%N)
sleep 1.5
test "$(count_new "$back" s1)" -gt 0 || fail "nothing new after undrain"

echo "== admin state"
ctl admin servers/s2 sideways
expect 2 'is up, down or none'
ctl admin servers/s2 down
expect 0 'admin state down'
ctl --json members
json 'd["members"][1]["state"] == "admin" and d["members"][1]["admin_state_of_file"] == "none"'
ctl admin servers/s2 none
expect 0 'as the configuration says'
ctl --json members
json '[m["state"] for m in d["members"]] == ["up", "up"]'

echo "== reload"
sed 's/algorithm/algorythm/; s/frontend: four/frontend: five/' good.yaml >lb.yaml
ctl reload
expect 2 'lb.yaml:[0-9]*:[0-9]*: '
expect 2 'stays in force'
ctl --json status
json 'd["status"]["plan"]["generation"] == 2 and d["status"]["plan"]["reloads_refused"] == 1'
mv lb.yaml away.yaml
ctl reload
expect 2 "can't be read"
mkfifo lb.yaml
ctl reload
expect 2 "can't be read: it is no regular file"
rm lb.yaml
sed 's/{ name: s2, address: 10.77.3.2 }/&\n      - { name: s3, address: 10.77.2.9 }/
    s/idle_timeout: 5s/idle_timeout: 6s/' good.yaml >lb.yaml
ctl reload --dry-run
expect 0 'member servers/s3 added at 10.77.2.9'
expect 0 'rule udp: idle_timeout 5 s -> 6 s'
expect 0 'once members that are unknown yet are up'
expect 0 'stays in force'
ctl --json status
json 'd["status"]["plan"]["generation"] == 2'
ctl --json reload
json 'd["reload"]["generation"] == 3 and len(d["changes"]) == 2'
cp good.yaml lb.yaml
ctl reload
expect 0 'member servers/s3 removed'

echo "== counters grow with rules and members, and go on counting"
ctl --json stats
mv out stats-before
awk '/^probes:/ {
	print "  - name: spare\n    members:"
	for (i = 1; i < 1500; i++)
		printf "      - { name: a%d, address: 10.78.%d.%d }\n", i, i / 250, i % 250 + 1
}
{ print }
/^rules:/ {
	for (i = 10001; i < 11500; i++)
		printf "  - { name: r%d, frontend: four, pool: servers, protocol: udp, frontend_port: %d, backend_port: %d }\n", i, i, i
}' \
    good.yaml >lb.yaml
ctl reload >many
expect 0 'changes more'
ctl --json stats >many
cat >grown.py <<'END'
import json

was, now = (json.load(open(f)) for f in ('stats-before', 'out'))
print(len(now['rules']), 'rules,', len(now['members']), 'members')
assert len(now['rules']) == 1501 and len(now['members']) > 1500
for kind in 'frontends', 'rules', 'members':
    counts = [{x['name']: x['traffic']['packets_in'] for x in d[kind]}
              for d in (was, now)]
    for name in counts[0]:
        assert counts[0][name] <= counts[1][name], (kind, name, counts)
assert counts[0]['s1'] > 0
END
try python3 grown.py || fail "counters are not what they were"
cp good.yaml lb.yaml
ctl reload >many
expect 0 'in force'

echo "== what a reload says of forwarding and tables"
sed 's/interfaces: .*/interfaces: [c0, b1, gone0] }/' good.yaml >lb.yaml
ctl reload --dry-run
expect 0 '^interface b2 removed'
expect 0 '^interface gone0 added'
sed 's/entries: 10000/entries: 40000/' good.yaml >lb.yaml
ctl reload
expect 0 'stays as large as it was made'
cp good.yaml lb.yaml
ctl reload
expect 0 'as large as it was made again'
! grep -q stays out || fail "it stays, it says"

echo "== an order that changes nothing, while members are unknown"
awk '/^rules:/ { print "  - { name: slow, protocol: tcp, port: 8080, interval: 300s, probe_threshold: 2 }" }
{ print }
/^rules:/ { for (i = 6000; i < 6040; i++)
	printf "  - { name: q%d, frontend: four, pool: servers, probe: slow, protocol: udp, frontend_port: %d, backend_port: %d }\n", i, i, i }' \
    good.yaml >lb.yaml
ctl reload
expect 0 'in force'
awk '/name: s1,/ { first = $0; next } { print } /name: s2,/ { print first }' \
    lb.yaml >turned.yaml
mv turned.yaml lb.yaml
ctl reload
expect 0 'nothing changed'
! grep -q elsewhere out || fail "something moves"
sed '/name: s2,/d' lb.yaml >fewer.yaml
mv fewer.yaml lb.yaml
ctl reload --dry-run
expect 0 'and of 34 rules more'
test "$(grep -c elsewhere out)" = 8 || fail "not eight rules"
cp good.yaml lb.yaml
ctl reload
expect 0 'in force'

echo "== nothing broke"
: >stop
wait "$load" || fail "the load: exit $?"
test "$(cat broken)" = 0 || fail "$(cat broken) connections broke"
echo "$(wc -l <new) new connections, 60 held, $(cat broken) broken"

echo "== flows are what members count"
until_json members 'not any(m["flows"] for m in d["members"])'
try in_ns client python3 ask.py 40
cat >agree.py <<'END'
import collections, json, sys

udp = json.load(open('udp-flows'))['flows']
truth = {int(p): n for p, n in (line.split() for line in open('udp'))}
seen = {f['client_port']: f['member'] for f in udp}
wrong = [p for p in truth if seen.get(p) != 'servers/' + truth[p]]
count = collections.Counter(f['member'] for f in json.load(open('flows'))['flows'])
told = {m['pool'] + '/' + m['name']: m['flows']
        for m in json.load(open('members'))['members'] if m['flows'] > 0}
print(len(udp), 'UDP flows,', dict(count), 'read,', told, 'counted')
sys.exit(bool(wrong) or len(udp) != 40 or count != told)
END
# members are counted a second or two ago, flows now
# shellcheck disable=SC2094 # a command and a file of one name
for _ in $(seq 10); do
	"$FAIRLEAD" ctl --pin-name "$pin" --json members >members
	"$FAIRLEAD" ctl --pin-name "$pin" --json flows >flows
	"$FAIRLEAD" ctl --pin-name "$pin" --json flows --rule udp >udp-flows
	agreed=0
	python3 agree.py >agreed 2>&1 || agreed=1
	test $agreed = 1 || break
	sleep 0.3
done
cat agreed
test "$agreed" = 0 || fail "flows and members disagree"

echo "== drained to the last flow"
try in_ns client python3 ask.py 10
ctl admin servers/s1 up
expect 0 'admin state up'
ctl drain --wait servers/s2
expect 0 'flows left'
expect 0 'drained: its last flow has gone'
ctl --json members
json '[(m["drained"], m["flows"]) for m in d["members"]][1] == (True, 0)'
ctl --json drain servers/s1
timeout -s INT 1 "$FAIRLEAD" ctl --pin-name "$pin" drain --wait servers/s2 ||
    fail "drained already: exit $?"
ctl undrain servers/s1
ctl undrain servers/s2
ctl admin servers/s1 none

echo "== one flow, and not 1 flows"
# members are counted a second or two ago, and a flow lives for six
for _ in $(seq 5); do
	until_json members 'not any(m["flows"] for m in d["members"])'
	try in_ns client python3 ask.py 1
	one=servers/$(cut -d ' ' -f 2 udp)
	sleep 2.5
	ctl drain "$one"
	cp out drained
	ctl undrain "$one"
	! grep -q 'draining, 1 ' drained || break
done
grep -q 'draining, 1 flow left' drained || fail "one flow: $(cat drained)"

echo "== captured, and replayed"
ctl capture nonsense -o bad.pcap
expect 2 'there is no frontend'
test ! -e bad.pcap || fail "a capture of nothing"
"$FAIRLEAD" ctl --pin-name "$pin" capture four:5000 -o now.pcap >captured 2>&1 &
capture=$!
pids="$pids $capture"
sleep 1
ctl capture all -o other.pcap
expect 5 'another capture runs'
test ! -e other.pcap || fail "a refused capture made a file"
echo precious >kept.pcap
ctl capture all -o kept.pcap --force
expect 5 'another capture runs'
test "$(cat kept.pcap)" = precious || fail "a refused capture took a file"
try in_ns client python3 ask.py 60
sleep 1
kill -INT $capture
wait $capture || fail "capture: exit $?, $(cat captured)"
cat captured
grep -q '^240 packets, .* 0 lost' captured || fail "not 240 packets"
key=$("$FAIRLEAD" ctl --pin-name "$pin" --json status |
    python3 -c 'import json, sys
print(json.load(sys.stdin)["status"]["plan"]["hash_key"])')
try "$FAIRLEAD" sim -q --flows -c lb.yaml --hash-key "$key" \
    -o run now.pcap >sim.out 2>&1 || fail "sim: $(cat sim.out)"
python3 - <<'END' || fail "sim has other members"
import csv, sys

truth = dict(line.split() for line in open('udp'))
rows = list(csv.DictReader(open('run/flows.csv')))
column = next(c for c in rows[0] if c.endswith('backend'))
wrong = [r for r in rows if truth.get(r['client_port']) != r[column]]
print(len(rows), 'flows,', len(wrong), 'elsewhere')
sys.exit(bool(wrong) or len(rows) != 60)
END

echo "== a full disk, and a client that is gone, end it"
"$FAIRLEAD" ctl --pin-name "$pin" capture all -o /dev/full 2>err &
full=$!
pids="$pids $full"
sleep 0.5
in_ns client python3 ask.py 200
code=0
wait $full || code=$?
: >out
expect 5 'No space left'
mkdir small
# shellcheck disable=SC2016 # the inner shell expands them
unshare --mount sh -c 'mount -t tmpfs -o size=12k tmpfs small || exit 77
    "$0" ctl --pin-name "$1" capture all -o small/part.pcap 2>err
    code=$?
    cp small/part.pcap .
    exit $code' "$FAIRLEAD" "$pin" &
full=$!
pids="$pids $full"
sleep 0.5
in_ns client python3 ask.py 200
code=0
wait $full || code=$?
if test $code = 77; then
	echo "no small disk here"
else
	expect 5 'what was written before is there'
	try "$FAIRLEAD" inspect part.pcap >out 2>&1 || fail "inspect: $(cat out)"
	test "$(stat -c %s part.pcap)" -gt 4096 || fail "a part is lost"
fi
"$FAIRLEAD" ctl --pin-name "$pin" capture all -o gone.pcap &
gone=$!
pids="$pids $gone"
sleep 0.5
kill -9 $gone
wait $gone || :
ctl capture four --packets 10 --snap 64 --seconds 1 -o after.pcap
expect 0 '^0 packets'

echo "== stopped: nobody waits for it"
try kill -STOP "$live"
ctl status
expect 5 'it does not answer'
try kill -CONT "$live"
until_json status 'd["status"]'

echo "== an interface that members are behind is left out, and one is not there"
sed 's/interfaces: .*/interfaces: [c0, b1, gone0] }/' good.yaml >lb.yaml
ctl reload
expect 0 '^interface b2 removed'
wait_for live2.log '"event":"detached","interface":"b2"'
wait_for live2.log '"event":"way","member":"servers/s2","message":".*reached by b2'
ctl status
expect 0 'gone0 (not attached)'
ctl --json status
json '[i["attached"] for i in d["status"]["interfaces"] if i["name"] == "gone0"] == [False]'

echo "== gone"
kill "$live"
wait "$live" || :
test ! -e "$socket" || fail "the socket stays"
ctl members
expect 5 'nobody answers'

echo "== what is left of one that was killed"
python3 -c "import socket, sys
socket.socket(socket.AF_UNIX).bind(sys.argv[1])" "$socket"
try "$FAIRLEAD" live --detach --pin-name "$pin"
test ! -e "$socket" || fail "the socket stays"

echo "== the log"
cat live1.log live2.log >log
python3 - <<'END' || fail "a line of the log is no JSON"
import json

for line in open('log'):
    assert {'time', 'level', 'event'} <= set(json.loads(line)), line
END
exit $failed
