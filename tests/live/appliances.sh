#!/bin/sh
# HA ports as a next hop: what no frontend names passes one of two appliances,
# which forward it, and each flow passes the same one in both directions, live
# as simulated; when one appliance fails its flows go on through the other.
#
#     client eth0 -- c0 balancer b1 -- eth0 a1, forwards back
#                               b2 -- eth0 a2, forwards back
#                               o0 -- eth0 outside
#
# The program is on c0 and o0 only: what comes back from the appliances is the
# kernel's to route.
set -eu
# shellcheck disable=SC2034 # for the fixture
servers='a1 a2' others=outside
# shellcheck source=tests/live/netns.sh
. "${SRC:?names the source tree}/tests/live/netns.sh"
for tool in python3 curl tcpdump; do
	command -v $tool >/dev/null || skip "there is no $tool"
done
cd "$dir"

# outside.py: HTTP on 80, over IPv4 and IPv6, and UDP on 53
cat >outside.py <<'END'
import http.server
import socket
import threading


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header('Content-Length', '8')
        self.end_headers()
        self.wfile.write(b'outside\n')

    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6


server = Server(('::', 80), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.bind(('::', 53))
print('ready', flush=True)
while True:
    data, who = s.recvfrom(2000)
    s.sendto(data, who)
END

# ask.py COUNT ADDRESS...: so many connections and datagrams to each
cat >ask.py <<'END'
import socket
import sys

for address in sys.argv[2:]:
    family = socket.AF_INET6 if ':' in address else socket.AF_INET
    for i in range(int(sys.argv[1])):
        with socket.create_connection((address, 80), timeout=3) as s:
            s.send(b'GET / HTTP/1.0\r\n\r\n')
            answer = b''
            while data := s.recv(1000):
                answer += data
            assert answer.endswith(b'outside\n')
        with socket.socket(family, socket.SOCK_DGRAM) as s:
            s.settimeout(3)
            s.connect((address, 53))
            s.send(b'hello')
            assert s.recv(100) == b'hello'
END

# one_each.py FLOWS APPLIANCE...: every flow passed one appliance only, both ways
cat >one_each.py <<'END'
import struct
import sys


def packets(name):
    with open(name, 'rb') as f:
        f.read(24)
        while len(head := f.read(16)) == 16:
            yield f.read(struct.unpack('=IIII', head)[2])


def ends_of(frame):
    """(protocol, (address, port), (address, port)), or None."""
    if frame[12:14] == b'\x08\0':
        at, protocol, where = 14 + 4 * (frame[14] & 15), frame[23], (26, 30, 34)
    elif frame[12:14] == b'\x86\xdd':
        at, protocol, where = 54, frame[20], (22, 38, 54)
    else:
        return None
    if protocol not in (6, 17) or len(frame) < at + 4:
        return None
    a, b, end = where
    return (protocol, (frame[a:b], frame[at:at + 2]),
            (frame[b:end], frame[at + 2:at + 4]))


passed = {}
for name in sys.argv[2:]:
    for frame in packets(name + '.pcap'):
        if ends := ends_of(frame):
            protocol, a, b = ends
            key = (protocol, *sorted((a, b)))
            passed.setdefault(key, {}).setdefault(name, set()).add(a)
mixed = [k for k, v in passed.items() if len(v) > 1]
half = [k for k, v in passed.items() if any(len(w) != 2 for w in v.values())]
shares = {n: sum(n in v for v in passed.values()) for n in sys.argv[2:]}
print(len(passed), 'flows,', len(mixed), 'by both,', len(half), 'one way;',
      *shares.items())
sys.exit(bool(mixed or half) or len(passed) < int(sys.argv[1])
         or not all(shares.values()))
END
cat >lb.yaml <<'END'
load_balancer: { sku: fairlead }
pools:
  - name: four
    members:
      - { name: a1, address: 10.77.2.2 }
      - { name: a2, address: 10.77.3.2 }
  - name: six
    members:
      - { name: a1, address: "fd77:2::2" }
      - { name: a2, address: "fd77:3::2" }
rules:
  - { name: inspect4, pool: four, protocol: all, frontend_port: 0 }
  - { name: inspect6, pool: six, protocol: all, frontend_port: 0 }
connection_table: { entries: 10000 }
forwarding: { mode: nat, interfaces: [c0, o0], ha_next_hop: [inspect4, inspect6] }
END
sed '/name: a1/d' lb.yaml >one.yaml

network
tie balancer o0 outside eth0 5
leads outside 5 eth0
for a in a1 a2; do
	try in_ns $a sysctl -qw net.ipv4.ip_forward=1 \
	    net.ipv6.conf.all.forwarding=1 net.ipv4.conf.all.send_redirects=0 \
	    net.ipv4.conf.eth0.send_redirects=0
done
in_background outside python3 outside.py >outside.out 2>&1
wait_for outside.out ready
echo "+ balancer: fairlead live -c lb.yaml"
in_background balancer "$FAIRLEAD" live -c lb.yaml --pin-name "$pin" 2>live.log
live=$pid
wait_for live.log '"event":"\(forwarding\|attach\|load\)"'
grep -q 'not permitted' live.log && skip "BPF is not permitted here"
key=$(sed -n '/"event":"forwarding"/s/.*"hash_key":"\([^"]*\).*/\1/p' live.log)
met
try in_ns client python3 ask.py 2 10.77.5.2 fd77:5::2 ||
    fail "nothing comes through: $(tail -n 3 live.log)"

echo "== both ways"
watch
try in_ns client python3 ask.py 20 10.77.5.2 fd77:5::2 ||
    fail "not everything comes through"
try in_ns client curl -sS -m 3 http://10.77.5.2/ || fail "curl"
unwatch
python3 one_each.py 80 a1 a2 || fail "not one appliance a flow"
try "$FAIRLEAD" ctl --pin-name "$pin" stats
same_as_simulated lb.yaml "$key"

echo "== one fewer"
cp one.yaml lb.yaml
try "$FAIRLEAD" ctl --pin-name "$pin" reload
watch
try in_ns client python3 ask.py 10 10.77.5.2 fd77:5::2 ||
    fail "not everything comes through"
unwatch
python3 one_each.py 40 a2 || fail "a2 does not have it all"
kill "$live"
wait "$live" || fail "SIGTERM: exit $?"
exit $failed
