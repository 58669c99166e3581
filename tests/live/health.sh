#!/bin/sh
# fairlead live and its probes: a server that dies gets no more of the clients'
# questions once the closed form of detection is over (AZ 2.4), and gets its
# share again when it is back. With a TCP probe; with an HTTPS probe, where one
# answer decides; with CoAP's and no TCP listener at all, where it also hangs.
set -eu
# shellcheck source=tests/live/netns.sh
. "${SRC:?names the source tree}/tests/live/netns.sh"
command -v python3 >/dev/null || skip "there is no python3"
cd "$dir"

# Says its name to who asks by UDP, and accepts on TCP.
cat >server.py <<'END'
import socket, sys, threading

def greet():
    while True:
        c, who = t.accept()
        c.recv(1)
        c.close()

t = socket.create_server(('', 8081), backlog=64)
threading.Thread(target=greet, daemon=True).start()
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('', 8081))
print('ready', flush=True)
while True:
    data, who = s.recvfrom(2000)
    s.sendto(sys.argv[1].encode(), who)
END

# ask.py COUNT: so many datagrams from so many ports: who answered, one a line;
# "nobody". Both kinds of server understand the question: CoAP's GET /name.
cat >ask.py <<'END'
import socket, sys

for i in range(int(sys.argv[1])):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(1)
    s.connect(('10.77.0.10', 5683))
    try:
        s.send(b'\x42\x01\x00' + bytes([i]) + b'ab\xb4name')
        print(s.recv(2000).split(b'\xff')[-1].decode())
    except OSError:
        print('nobody')
END

# write_config PROBE...: its protocol and port
write_config() {
	cat >lb.yaml <<END
load_balancer: { sku: fairlead }
frontends: [{ name: coap, address: 10.77.0.10 }]
pools:
  - name: vms
    members:
      - { name: s1, address: 10.77.2.2 }
      - { name: s2, address: 10.77.3.2 }
probes:
  - { name: alive, $1, interval: 200ms, probe_threshold: 2 }
rules:
  - { name: coap, frontend: coap, pool: vms, probe: alive, protocol: udp,
      frontend_port: 5683, backend_port: $2 }
connection_table: { entries: 10000 }
forwarding: { mode: nat, interfaces: [c0, b1, b2] }
END
}

# How long it may take: an HTTP status I = 200 ms, refused k I = 400 ms, silent (k+1) I = 600 ms, and on a
# busy machine a second more.
i=200
k_i=400
k1_i=600
slack=1000

# lines: how many there are in the log
lines() {
	wc -l <live.log
}

# changed EVENT MS SINCE: s1 went up or down within so many ms of $began, and
# nobody else
changed() {
	left=100
	until tail -n +$(($3 + 1)) live.log >tail.log &&
	    grep -q "\"event\":\"$1\".*vms/s1" tail.log; do
		left=$((left - 1))
		test $left -gt 0 || {
			fail "s1 did not go $1: $(cat tail.log)"
			return 0
		}
		sleep 0.1
	done
	python3 - "$1" "$2" "$began" $slack <<'END' || fail "s1 went $1 too late, or others"
import datetime, json, sys
event = sys.argv[1]
limit, began, slack = (float(x) for x in sys.argv[2:])
found = [json.loads(line) for line in open('tail.log')]
found = [x for x in found if x['event'] in ('up', 'down')]
first = found[0]
at = datetime.datetime.fromisoformat(first['time'].replace('Z', '+00:00'))
took = max(0, (at.timestamp() - began) * 1000)
print(f"{event} after {took:.0f} ms (at most {limit:.0f} on a quiet machine):"
      f" {first['reason']}, {first['latency_ms']:.3f} ms")
sys.exit(len(found) != 1 or first['event'] != event
         or first['members'] != ['vms/s1'] or took > limit + slack)
END
}

# answer NAME...: all questions are answered, by just these
answer() {
	in_ns client python3 ask.py 24 >answers
	names=$(sort -u answers | tr '\n' ' ')
	test "$names" = "$* " || fail "answers are from $names, not from $*"
}

# now WHAT...: does it, and remembers when and how far the log was
now() {
	mark=$(lines)
	began=$(date +%s.%N)
	try "$@"
}

# again WHAT...: the same, when it is done: programs take a while to start
again() {
	mark=$(lines)
	try "$@"
	began=$(date +%s.%N)
}

live() {
	: >live.log
	in_background balancer "$FAIRLEAD" live -c lb.yaml --pin-name "$pin" \
	    2>live.log
	live=$pid
	wait_for live.log '"event":"forwarding"'
}

stop_live() {
	kill "$live"
	wait "$live" || fail "SIGTERM: exit $?"
	grep '"sent":' live.log || fail "no counts of probes"
	"$FAIRLEAD" live --detach --pin-name "$pin" >/dev/null
}

network
write_config 'protocol: tcp, port: 8081' 8081
in_ns balancer "$FAIRLEAD" live -c lb.yaml --pin-name "$pin" --dry-run \
    >out 2>&1 || {
	grep -q 'not permitted' out && skip "BPF is not permitted here"
	fail "--dry-run: $(cat out)"
}

echo "== a TCP probe"
serve() {
	: >"$1.out"
	in_background "$1" python3 server.py "$1" >"$1.out"
	wait_for "$1.out" ready
}
serve s2
serve s1
s1=$pid
live
sleep 1
answer s1 s2
now kill -9 "$s1"
changed down $k_i "$mark"
answer s2
again serve s1
s1=$pid
changed up $k_i "$mark"
answer s1 s2
stop_live

echo "== an HTTPS probe"
# Says what stands in ./status, with a certificate of its own making.
cat >https.py <<'END'
import http.server, ssl

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(int(open('status').read()))
        self.send_header('Content-Length', '0')
        self.end_headers()
    def log_message(self, *args):
        pass

class Server(http.server.ThreadingHTTPServer):
    def get_request(self):  # whoever hangs up during the handshake
        c, who = self.socket.accept()
        return context.wrap_socket(c, server_side=True,
                                   do_handshake_on_connect=False), who

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain('cert.pem', 'key.pem')
print('ready', flush=True)
Server(('', 8443), Handler).serve_forever()
END
if command -v openssl >/dev/null; then
	openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=s1 -days 2 \
	    -keyout key.pem -out cert.pem 2>/dev/null
	echo 200 >status
	for s in s1 s2; do
		mkdir $s
		cp cert.pem key.pem https.py status $s
		in_background $s sh -c "cd $s && exec python3 https.py" \
		    >$s.https 2>&1
		wait_for $s.https ready
	done
	write_config \
	    "protocol: https, port: 8443, request_path: '/health?a=b'" 8081
	live
	sleep 1
	answer s1 s2
	grep -q 'certificates are not verified' live.log ||
	    fail "no word of certificates"
	echo 503 >later
	now mv later s1/status
	changed down $i "$mark"
	grep -q Down_Probe_HttpStatusCodeError live.log || fail "why?"
	answer s2
	now mv status s1/status
	changed up $i "$mark"
	answer s1 s2
	stop_live
else
	echo "there is no openssl"
fi

echo "== hundreds at once"
# Each change swaps a lookup table, which waits for the kernel: they must go
# together, or the beat is lost.
write_config 'protocol: tcp, port: 9' 8081
python3 - <<'END'
text = open('lb.yaml').read()
first = text.index('      - { name: s1')
last = text.index('probes:')
members = ''.join(f'      - {{ name: m{i}, address: 127.1.{i // 250}.'
                  f'{i % 250 + 1} }}\n' for i in range(500))
open('lb.yaml', 'w').write(text[:first] + members + text[last:])
END
live
left=100
until test "$(grep -c '"event":"down"' live.log)" = 500; do
	left=$((left - 1))
	test $left -gt 0 || {
		fail "$(grep -c '"event":"down"' live.log) of 500 went down"
		break
	}
	sleep 0.1
done
stop_live
python3 - <<'END' || fail "the beat is lost"
import json, sys
counts = [json.loads(line) for line in open('live.log') if '"sent":' in line][-1]
sys.exit(counts['sent'] < 500 or counts['missed'] > counts['sent'] // 4)
END

coap=$(command -v coap-server-notls || command -v coap-server-openssl) || {
	echo "there is no coap-server (Debian: libcoap3-bin)"
	exit $failed
}
client=$(command -v coap-client-notls || command -v coap-client-openssl)

echo "== a CoAP probe, and no TCP listener"
serve_coap() {
	in_background "$1" "$coap" -A 0.0.0.0 -d 10 >/dev/null 2>&1
	address=10.77.2.2
	test "$1" = s1 || address=10.77.3.2
	left=50
	until in_ns balancer "$client" -B 1 -m put -e "$1" \
	    "coap://$address/name" >/dev/null 2>&1 &&
	    in_ns balancer "$client" -B 1 "coap://$address/name" 2>/dev/null |
	    grep -q "$1"; do
		left=$((left - 1))
		test $left -gt 0 || {
			fail "$1: its coap-server does not answer"
			break
		}
		sleep 0.1
	done
}
for s in s1 s2; do
	test -z "$(in_ns $s ss -Hltn 2>/dev/null | grep 5683)" ||
	    fail "someone listens on TCP"
done
write_config 'protocol: coap, port: 5683' 5683
serve_coap s2
serve_coap s1
s1=$pid
live
sleep 1
answer s1 s2
now kill -9 "$s1"
changed down $k_i "$mark"
answer s2
again serve_coap s1
s1=$pid
changed up $k_i "$mark"
answer s1 s2
now kill -STOP "$s1"
changed down $k1_i "$mark"
answer s2
now kill -CONT "$s1"
changed up $k_i "$mark"
answer s1 s2
stop_live
exit $failed
