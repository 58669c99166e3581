#!/bin/sh
# Clients on the balancer's own link ask for a frontend by ARP and neighbour
# discovery: with forwarding.answer_neighbours they are answered, and reach it
# without a route and without the address being anybody's; it is announced at
# the start, for a frontend that is added, and when the link comes back; who
# else claims it is logged; an address of the machine's own is the kernel's;
# without the key, nobody answers.
set -eu
# shellcheck source=tests/live/netns.sh
. "${SRC:?names the source tree}/tests/live/netns.sh"
for tool in python3 curl tcpdump; do
	command -v $tool >/dev/null || skip "there is no $tool"
done
cd "$dir"

# server.py NAME: HTTP on 8080 and 8081, both families
cat >server.py <<'END'
import http.server, socket, sys, threading

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = f'{sys.argv[1]}\n'.encode()
        self.send_response(200)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args):
        pass

class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6

other = Server(('::', 8081), Handler)
threading.Thread(target=other.serve_forever, daemon=True).start()
server = Server(('::', 8080), Handler)
print('ready', flush=True)
server.serve_forever()
END

# claim.py INTERFACE ADDRESS: says once, unasked, that it has it
cat >claim.py <<'END'
import ipaddress, socket, struct, sys

s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind((sys.argv[1], 0))
mac = s.getsockname()[4]
addr = ipaddress.ip_address(sys.argv[2]).packed
if len(addr) == 4:
    s.send(b'\xff' * 6 + mac + bytes.fromhex('0806' '0001080006040001') + mac +
           addr + b'\0' * 6 + addr)
    sys.exit()
body = bytearray(bytes.fromhex('88000000' '20000000') + addr + b'\2\1' + mac)
group = ipaddress.ip_address('ff02::1').packed
whole = addr + group + struct.pack('>IHBB', len(body), 0, 0, 58) + body
total = sum(struct.unpack(f'>{len(whole) // 2}H', whole))
total = (total & 0xffff) + (total >> 16)
body[2:4] = struct.pack('>H', ~((total & 0xffff) + (total >> 16)) & 0xffff)
s.send(b'\x33\x33\0\0\0\1' + mac + bytes.fromhex('86dd60000000') +
       struct.pack('>HBB', len(body), 58, 255) + addr + group + body)
END

# Frontends of the client's own subnets, 1.
cat >on.yaml <<'END'
load_balancer: { sku: fairlead }
frontends:
  - { name: four, address: 10.77.1.10 }
  - { name: six, address: "fd77:1::10" }
  - { name: unused, address: 10.77.1.12 }
pools:
  - name: pool4
    members:
      - { name: s1, address: 10.77.2.2 }
      - { name: s2, address: 10.77.3.2 }
  - name: pool6
    members:
      - { name: s1, address: "fd77:2::2" }
      - { name: s2, address: "fd77:3::2" }
rules:
  - { name: web4, frontend: four, pool: pool4, protocol: tcp, frontend_port: 80, backend_port: 8080 }
  - { name: web6, frontend: six, pool: pool6, protocol: tcp, frontend_port: 80, backend_port: 8080 }
connection_table: { entries: 10000 }
forwarding: { mode: nat, interfaces: [c0, b1, b2], answer_neighbours: true }
END
sed 's/answer_neighbours: true/answer_neighbours: false/' on.yaml >off.yaml
sed -e 's/name: unused, /name: more, /' \
    -e '/name: web4/s/.*/&\n  - { name: more, frontend: more, pool: pool4, protocol: tcp, frontend_port: 80, backend_port: 8081 }/' \
    on.yaml >more.yaml

# live LOG: the control process, once it forwards
live() {
	log=$1
	echo "+ fairlead live -c lb.yaml --pin-name $pin"
	in_background balancer "$FAIRLEAD" live -c lb.yaml --pin-name "$pin" \
	    2>"$log"
	live=$pid
	wait_for "$log" '"event":"forwarding"'
}

# forget: the client knows nobody any more
forget() {
	ip -n "$tag-client" neigh flush all
}

# reaches URL: by a client that has to ask for the address first
reaches() {
	forget
	try in_ns client curl -sS -m 5 "$1" || fail "$1: nobody answers"
}

# neighbour ADDRESS: the link address that the client has for it
neighbour() {
	ip -n "$tag-client" neigh show "$1" | sed -n 's/.*lladdr \([^ ]*\).*/\1/p'
}

# announced PATTERN: three times
announced() {
	left=60
	until test "$(grep -c "$1" told)" -ge 3; do
		left=$((left - 1))
		test $left -gt 0 || {
			fail "announced $(grep -c "$1" told) times: $1"
			return 0
		}
		sleep 0.1
	done
}

# Of the client's link, from now on, in ./told
listen() {
	in_background client tcpdump -i eth0 -lne --immediate-mode -Q in \
	    'arp or icmp6' >told 2>tcpdump.err
	listener=$pid
	wait_for tcpdump.err 'listening on'
}

network
for s in s1 s2; do
	in_background $s python3 server.py $s >$s.out
	wait_for $s.out ready
done
mac=$(ip -n "$tag-balancer" -o link show c0 |
    sed 's/.*link\/ether \([^ ]*\).*/\1/')

echo "== who answers"
for key in off on; do
	cp $key.yaml lb.yaml
	in_ns balancer "$FAIRLEAD" live -c lb.yaml --pin-name "$pin" --dry-run \
	    >$key.out 2>&1 || {
		grep -q 'not permitted' $key.out && skip "BPF is not permitted here"
		fail "--dry-run: $(cat $key.out)"
	}
done
grep -q 'four: .*nobody answers' off.out || fail "no word of who answers: $(cat off.out)"
grep -q 'four: .*nobody answers' on.out && fail "nobody answers?"
grep -q 'four: .*is answered for' on.out || fail "no word of who answers: $(cat on.out)"

echo "== asked for and announced"
listen
live live1.log
reaches http://10.77.1.10/
test "$(neighbour 10.77.1.10)" = "$mac" || fail "another link address than $mac"
reaches 'http://[fd77:1::10]/'
test "$(neighbour fd77:1::10)" = "$mac" || fail "another link address than $mac"
if command -v arping >/dev/null && arping -V 2>&1 | grep -q iputils; then
	try in_ns client arping -c 2 -w 3 -I eth0 10.77.1.10 || fail "arping"
	try in_ns client arping -D -c 1 -w 3 -I eth0 10.77.1.10 &&
	    fail "a probe is not answered"
fi
if command -v ndisc6 >/dev/null; then
	try in_ns client ndisc6 -1 fd77:1::10 eth0 || fail "ndisc6"
fi
in_ns client curl -s -m 1 http://10.77.1.12/ >/dev/null &&
    fail "a frontend without rules is answered for"
announced "$mac > ff:ff:ff:ff:ff:ff,.*Request who-has 10.77.1.10 .*tell 10.77.1.10"
announced "$mac > 33:33:00:00:00:01,.*fd77:1::10 > ff02::1: .*advertisement, tgt is fd77:1::10"
grep -q '10.77.1.12 .*tell 10.77.1.12' told && fail "one without rules is announced"
grep -i 'conflict' live1.log && fail "a conflict with itself"

echo "== the kernel asks whether they are still there"
try ip -n "$tag-client" neigh replace 10.77.1.10 lladdr "$mac" dev eth0 nud probe
try ip -n "$tag-client" neigh replace fd77:1::10 lladdr "$mac" dev eth0 nud probe
left=50
until test "$(ip -n "$tag-client" neigh show nud reachable | grep -c "\(10.77.1.10\|fd77:1::10\) ")" = 2; do
	left=$((left - 1))
	test $left -gt 0 || {
		fail "not confirmed: $(ip -n "$tag-client" neigh)"
		break
	}
	sleep 0.1
done

echo "== IPv6 elsewhere: an address in use is not taken"
try ip -n "$tag-client" addr add fd77:1::10/128 dev eth0
left=50
until ip -n "$tag-client" addr show dev eth0 | grep -q 'fd77:1::10.*dadfailed'; do
	left=$((left - 1))
	test $left -gt 0 || {
		fail "duplicate address detection: $(ip -n "$tag-client" addr)"
		break
	}
	sleep 0.1
done
try ip -n "$tag-client" addr del fd77:1::10/128 dev eth0

echo "== another claims them"
try in_ns client python3 claim.py eth0 10.77.1.10
wait_for live1.log '"event":"conflict".*"address":"10.77.1.10"'
try in_ns client python3 claim.py eth0 fd77:1::10
wait_for live1.log '"event":"conflict".*"address":"fd77:1::10"'

echo "== a frontend more"
cp more.yaml lb.yaml
try kill -HUP "$live"
wait_for live1.log '"event":"reloaded"'
reaches http://10.77.1.12/
announced "who-has 10.77.1.12 .*tell 10.77.1.12"
kill "$listener"

echo "== the link comes back"
listen
try ip -n "$tag-client" link set eth0 down
sleep 0.5
try ip -n "$tag-client" link set eth0 up
try ip -n "$tag-client" addr add fd77:1::2/64 dev eth0 nodad # went with it
announced "who-has 10.77.1.10 .*tell 10.77.1.10"
reaches http://10.77.1.10/
kill "$listener"

echo "== an address of the machine's own is the kernel's"
try ip -n "$tag-balancer" addr add 10.77.1.10/32 dev c0
sleep 1
reaches http://10.77.1.10/
try ip -n "$tag-balancer" addr del 10.77.1.10/32 dev c0
sleep 1
reaches http://10.77.1.10/

echo "== without the control process, and after it"
try kill -9 "$live"
wait "$live" || : # its lock goes with it
reaches http://10.77.1.10/
reaches 'http://[fd77:1::10]/'
live live2.log
reaches 'http://[fd77:1::10]/'

echo "== the key off"
cp off.yaml lb.yaml
try kill -HUP "$live"
wait_for live2.log '"event":"reloaded"'
forget
in_ns client curl -s -m 2 http://10.77.1.10/ && fail "somebody answers ARP"
in_ns client curl -s -m 2 'http://[fd77:1::10]/' &&
    fail "somebody answers neighbour discovery"
exit $failed
