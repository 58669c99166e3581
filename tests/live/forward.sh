#!/bin/sh
# fairlead live in network namespaces, with real servers and clients: both
# servers answer through the frontend over IPv4 and IPv6, TCP and UDP; reload,
# kill -9 and restart cost no connection; --detach leaves nothing; and every
# flow of the client's capture goes in fairlead sim where it went live.
set -eu
# shellcheck source=tests/live/netns.sh
. "${SRC:?names the source tree}/tests/live/netns.sh"
for tool in python3 curl tcpdump; do
	command -v $tool >/dev/null || skip "there is no $tool"
done
cd "$dir"

# --- who talks ---------------------------------------------------------------

# HTTP on 8080 and UDP on 8081, both families: says its name and whom it saw.
cat >server.py <<'END'
import http.server, socket, sys, threading

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def do_GET(self):
        body = f'{sys.argv[1]} {self.client_address[1]}\n'.encode()
        self.send_response(200)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def handle(self):
        try:
            super().handle()
        except ConnectionResetError:
            with open('reset', 'a') as f:
                f.write(f'{self.client_address[1]}\n')
    def log_message(self, *args):
        pass

class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6
    request_queue_size = 128

def udp():
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.bind(('::', 8081))
    print('ready', flush=True)
    while True:
        data, who = s.recvfrom(2000)
        s.sendto(f'{sys.argv[1]} {who[1]}\n'.encode(), who)

server = Server(('::', 8080), Handler)
threading.Thread(target=udp, daemon=True).start()
server.serve_forever()
END

# ask.py ADDRESS COUNT: so many new connections, and datagrams from so many
# ports: "PROTOCOL CLIENT PORT SERVER" each. hold.py ADDRESS FILE SERVER: one
# connection to that server, on which it asks again and again.
cat >ask.py <<'END'
import http.client, socket, sys

address, count = sys.argv[1], int(sys.argv[2])
family = socket.AF_INET6 if ':' in address else socket.AF_INET
for i in range(count):
    c = http.client.HTTPConnection(address, 80, timeout=3)
    c.request('GET', '/')
    name, port = c.getresponse().read().decode().split()
    own = c.sock.getsockname()
    assert int(port) == own[1], 'the server saw another port'
    print('tcp', own[0], own[1], name, flush=True)
    c.close()
for i in range(count):
    s = socket.socket(family, socket.SOCK_DGRAM)
    s.settimeout(3)
    s.bind(('', 0))
    s.sendto(b'hello', (address, 5000))
    text, who = s.recvfrom(100)
    assert who[:2] == (address, 5000), f'the answer comes from {who}'
    u = socket.socket(family, socket.SOCK_DGRAM)
    u.connect((address, 5000))
    print('udp', u.getsockname()[0], s.getsockname()[1],
          text.decode().split()[0], flush=True)
END
cat >hold.py <<'END'
import http.client, os, sys, time

def ask():
    c.request('GET', '/')
    c.auto_open = 0  # a connection that breaks stays broken
    return c.getresponse().read().decode().split()[0]

name, names, count = '', set(), 0
while name != sys.argv[3]:
    c = http.client.HTTPConnection(sys.argv[1], 80, timeout=5)
    name = ask()
while True:
    names.add(ask())
    count += 1
    with open('new-' + sys.argv[2], 'w') as f:
        print(count, *sorted(names), file=f)
    os.rename('new-' + sys.argv[2], sys.argv[2])
    time.sleep(0.02)
END

# idle.py ADDRESS: a connection that falls silent: reset at both ends?
cat >idle.py <<'END'
import http.client, sys, time

c = http.client.HTTPConnection(sys.argv[1], 80, timeout=15)
c.request('GET', '/')
port = int(c.getresponse().read().split()[1])
try:
    sys.exit(f'the client read {c.sock.recv(1)}')
except ConnectionResetError:
    pass
for i in range(50):
    if f'{port}' in open('reset').read().split():
        sys.exit(0)
    time.sleep(0.1)
sys.exit('the server was not reset')
END

two_pools >both.yaml
cat >>both.yaml <<'END'
rules:
  - { name: web4, frontend: four, pool: pool4, protocol: tcp, frontend_port: 80, backend_port: 8080 }
  - { name: web6, frontend: six, pool: pool6, protocol: tcp, frontend_port: 80, backend_port: 8080 }
  - { name: udp4, frontend: four, pool: pool4, protocol: udp, frontend_port: 5000, backend_port: 8081 }
  - { name: udp6, frontend: six, pool: pool6, protocol: udp, frontend_port: 5000, backend_port: 8081, connection_tracking: true }
  - { name: coap4, frontend: four, pool: pool4, protocol: udp, frontend_port: 5683 }
END
sed '/name: s2/d' both.yaml >one.yaml
sed 's/protocol: tcp,/& tcp_reset: true, idle_timeout: 1s,/' both.yaml >idle.yaml
sed 's/web4/web4, colour: blue/' both.yaml >wrong.yaml

# live LOG OPTION...: the control process, once it forwards
live() {
	log=$1
	shift
	echo "+ fairlead live -c lb.yaml --pin-name $pin $*"
	in_background balancer "$FAIRLEAD" live -c lb.yaml --pin-name "$pin" \
	    "$@" 2>"$log"
	live=$pid
	wait_for "$log" '"event":"forwarding"'
}

# pinned: is there anything of ours, of whatever layout?
pinned() {
	ls -d /sys/fs/bpf/fairlead/*/"$pin" >/dev/null 2>&1
}

# ask ADDRESS COUNT SERVER...: answers are in ./answers, from just these servers
ask() {
	address=$1
	count=$2
	shift 2
	echo "+ ask $address $count"
	in_ns client python3 ask.py "$address" "$count" >answers 2>err || {
		fail "$address: $(tail -n 1 err)"
		cat live*.log | tail -n 5
	}
	for protocol in tcp udp; do
		names=$(sed -n "s/^$protocol .* //p" answers | sort -u | tr '\n' ' ')
		test "$names" = "$* " ||
		    fail "$protocol $address: from '$names', not $*"
	done
}

# field LOG NAME: of the event "forwarding"
field() {
	sed -n "/\"event\":\"forwarding\"/s/.*\"$2\":\"\{0,1\}\([^,\"}]*\).*/\1/p" "$1"
}

# --- it forwards -------------------------------------------------------------

network
for s in s1 s2; do
	in_background $s python3 server.py $s >$s.out
	wait_for $s.out ready
done
cp both.yaml lb.yaml

echo "== what would be done"
try in_ns balancer "$FAIRLEAD" live -c lb.yaml --pin-name "$pin" --dry-run \
    >out 2>err || {
	grep -q 'not permitted' out && skip "BPF is not permitted here"
	fail "--dry-run: $(cat out err)"
}
grep -q '^would .*c0: native XDP' out || fail "--dry-run: $(cat out)"
grep -q '^warning .*unfinished checksums' out || fail "no word of checksums"
got=0
try in_ns client "$FAIRLEAD" live -c lb.yaml --pin-name "$pin" --dry-run \
    >out 2>err || got=$?
test "$got" = 5 || fail "--dry-run where there is no c0: exit $got"
grep -q '^fails .*c0: there is no such' out || fail "--dry-run: $(cat out)"
pinned && fail "--dry-run pinned something"

echo "== both servers answer"
live live1.log
grep -q '"interface":"c0","mode":"native"' live1.log || fail "c0 is not native"
key=$(field live1.log hash_key)
watch
try in_ns client curl -sS -m 5 http://10.77.0.10/ || fail "curl over IPv4"
try in_ns client curl -sS -m 5 'http://[fd77::10]/' || fail "curl over IPv6"
ask 10.77.0.10 20 s1 s2
ask fd77::10 20 s1 s2
if command -v coap-server-notls >/dev/null ||
    command -v coap-server-openssl >/dev/null; then
	coap=$(command -v coap-server-notls || command -v coap-server-openssl)
	for s in s1 s2; do
		in_background $s "$coap" -A 0.0.0.0 >/dev/null 2>&1
	done
	sleep 0.5
	client=$(command -v coap-client-notls || command -v coap-client-openssl)
	try in_ns client "$client" -B 5 -m get coap://10.77.0.10/ >out 2>&1 ||
	    :
	grep -q . out || fail "CoAP: no answer"
fi
unwatch
same_as_simulated both.yaml "$key"

echo "== without the control process"
in_background client python3 hold.py 10.77.0.10 held4 s2
holders=$pid
in_background client python3 hold.py fd77::10 held6 s2
holders="$holders $pid"
wait_for held4 s2
wait_for held6 s2
try kill -9 "$live"
ask 10.77.0.10 20 s1 s2
ask fd77::10 20 s1 s2
live live2.log
test "$(field live2.log adopted)" = true || fail "nothing was adopted"
test "$(field live2.log hash_key)" = "$key" || fail "another hash key"
test "$(field live2.log connections)" -ge 40 ||
    fail "$(field live2.log connections) connections adopted"
test "$(field live2.log packets)" -gt 400 ||
    fail "the counters begin anew: $(field live2.log packets)"
test "$(grep -c '"event":"adopted"' live2.log)" = 3 || fail "links are new"
got=0
in_ns balancer "$FAIRLEAD" live --detach --pin-name "$pin" 2>err || got=$?
test "$got" = 5 || fail "--detach while one runs: exit $got"

echo "== reload"
cp wrong.yaml lb.yaml
try kill -HUP "$live"
wait_for live2.log 'stays in force'
grep -q '"event":"configuration","line":.*colour' live2.log ||
    fail "no word of what is wrong"
ask 10.77.0.10 20 s1 s2
cp one.yaml lb.yaml
try kill -HUP "$live"
wait_for live2.log '"members_removed":2'
ask 10.77.0.10 8 s1
ask fd77::10 8 s1
cp both.yaml lb.yaml
try kill -HUP "$live"
wait_for live2.log '"members_added":2'
ask 10.77.0.10 20 s1 s2
for held in held4 held6; do
	read -r before names <$held
	left=50
	after=$before
	while test "$after" = "$before" && test $left -gt 0; do
		sleep 0.1
		read -r after names <$held
		left=$((left - 1))
	done
	echo "$held: $after requests on one connection, answered by $names"
	test "$after" -gt "$before" || fail "$held: the connection broke"
	test "$names" = s2 || fail "$held: it moved: $names"
done
# shellcheck disable=SC2086 # two words
kill $holders

echo "== a neighbour changes"
try in_ns s1 sysctl -qw net.ipv4.conf.eth0.arp_notify=1 \
    net.ipv6.conf.eth0.ndisc_notify=1
try ip -n "$tag-s1" link set eth0 address 02:00:00:00:00:77
started=$(date +%s)
until ip -n "$tag-balancer" neigh show dev b1 | grep -c 02:00:00:00:00:77 |
    grep -q '[2-9]'; do
	test $(($(date +%s) - started)) -lt 10 || {
		fail "the kernel does not hear of it"
		break
	}
	sleep 0.1
done
ask 10.77.0.10 20 s1 s2
ask fd77::10 20 s1 s2

echo "== the end"
try kill "$live"
wait "$live" || fail "SIGTERM: exit $?"
grep -q '"event":"ended".*goes on' live2.log || fail "no word of the end"
ask 10.77.0.10 20 s1 s2
try in_ns balancer "$FAIRLEAD" live --detach --pin-name "$pin" >out
grep -q 'forwarding ended' out || fail "--detach: $(cat out)"
pinned && fail "--detach left pins"
ip -n "$tag-balancer" link | grep -q xdp && fail "--detach left a program"
in_ns client curl -s -m 1 http://10.77.0.10/ && fail "who answers?"

echo "== generic"
live live3.log --mode generic
test "$(grep -c '"mode":"generic"' live3.log)" = 3 || fail "not generic"
test "$(field live3.log adopted)" = false || fail "something was adopted"
ask 10.77.0.10 20 s1 s2
ask fd77::10 20 s1 s2

echo "== resets"
: >reset
cp idle.yaml lb.yaml
try kill -HUP "$live"
wait_for live3.log '"event":"reloaded"'
for address in 10.77.0.10 fd77::10; do
	try in_ns client python3 idle.py $address || fail "$address: no reset"
done
kill "$live"
wait "$live" || fail "SIGTERM: exit $?"
exit $failed
