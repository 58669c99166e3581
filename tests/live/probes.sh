#!/bin/sh
# What probes are asked to look at, on real servers: CoAP over DTLS-PSK, by
# OpenSSL and by GnuTLS, that dies, hangs, and whose key changes; HTTPS whose
# certificates are verified; and configurations that name files which are not
# there. The key is found in nothing that is printed.
set -eu
# shellcheck source=tests/live/netns.sh
. "${SRC:?names the source tree}/tests/live/netns.sh"
cd "$dir"

key=correct-horse-battery

# By IPv4 or by IPv6
four() {
	frontend=10.77.0.10 m1=10.77.2.2 m2=10.77.3.2
}
six() {
	frontend=fd77::10 m1=fd77:2::2 m2=fd77:3::2
}
four

# write_config PROBE
write_config() {
	cat >lb.yaml <<END
load_balancer: { sku: fairlead }
frontends: [{ name: f, address: '$frontend' }]
pools:
  - name: vms
    members:
      - { name: s1, address: '$m1' }
      - { name: s2, address: '$m2' }
probes:
  - { name: alive, interval: 200ms, probe_threshold: 2, $1 }
rules:
  - { name: r, frontend: f, pool: vms, probe: alive, protocol: udp,
      frontend_port: 5684 }
connection_table: { entries: 10000 }
forwarding: { mode: nat, interfaces: [c0, b1, b2] }
END
}

# settles STATE-OF-S1 STATE-OF-S2 [REASON]: by the latest events of each (none:
# there is none), within 20 s; and for REASON
settles() {
	left=200
	while :; do
		now=
		for s in s1 s2; do
			event=$(grep -E '"event":"(up|down)"' live.log |
			    grep "vms/$s" | tail -n 1 |
			    sed 's/.*"event":"\([a-z]*\)".*/\1/')
			now="$now ${event:-none}"
		done
		test "$now" != " $1 $2" || break
		left=$((left - 1))
		test $left -gt 0 || {
			fail "members are$now, not $1 $2: $(tail -n 3 live.log)"
			return 0
		}
		sleep 0.1
	done
	echo "s1 $1, s2 $2"
	test -z "${3:-}" || grep -E '"event":"down"' live.log | tail -n 1 |
	    grep -q "$3" || fail "down, but not for $3"
}

# what was logged until now
forget() {
	cat live.log >>all.log
	: >live.log
}

live() {
	: >live.log
	in_background balancer "$FAIRLEAD" live -c lb.yaml --pin-name "$pin" \
	    2>>live.log
	live=$pid
	wait_for live.log '"event":"forwarding"'
}

stop_live() {
	kill "$live"
	wait "$live" || fail "SIGTERM: exit $?"
	grep '"sent":' live.log || fail "no counts of probes"
	forget
	"$FAIRLEAD" live --detach --pin-name "$pin" >/dev/null
}

reload() {
	try kill -HUP "$live"
}

network
write_config 'protocol: tcp, port: 1'
in_ns balancer "$FAIRLEAD" live -c lb.yaml --pin-name "$pin" --dry-run \
    >out 2>&1 || {
	grep -q 'not permitted' out && skip "BPF is not permitted here"
	fail "--dry-run: $(cat out)"
}
grep -q 'alive: TCP connect to port 1 every 200 ms: the handshake is good' out ||
    fail "--dry-run says of the probe: $(cat out)"

echo "== files that are not there"
write_config 'protocol: coap, port: 5684, psk_identity: me, psk_file: psk'
rc=0
try in_ns balancer "$FAIRLEAD" live -c lb.yaml --pin-name "$pin" 2>err || rc=$?
test $rc = 2 || fail "exit $rc"
if grep -q 'built without libcoap' err; then
	coaps=
else
	coaps=yes
	grep -q '"line":9.*probe .alive.: psk: No such file' err ||
	    fail "no word of the file: $(cat err)"
	echo '0x12345' >psk
	in_ns balancer "$FAIRLEAD" live -c lb.yaml --pin-name "$pin" --dry-run \
	    >out 2>&1 && fail "half a byte passes"
	grep -q 'fails.*alive: psk: its first line is no key' out ||
	    fail "$(cat out)"
	! grep -q 12345 out || fail "the key is shown"
fi
write_config 'protocol: https, port: 1, request_path: /, tls_verify: true, tls_ca: /no/where, source: 192.0.2.7'
in_ns balancer "$FAIRLEAD" live -c lb.yaml --pin-name "$pin" --dry-run \
    >out 2>&1 && fail "no authorities, and it passes"
grep -q 'fails.*alive: /no/where: No such file' out || fail "$(cat out)"
grep -q 'warning.*source 192.0.2.7 is no address of this machine' out ||
    fail "$(cat out)"

openssl=$(command -v coap-server-openssl || :)
gnutls=$(command -v coap-server-gnutls || :)
if test -z "$openssl" || test -z "$coaps"; then
	echo "no CoAP over DTLS: there is no coap-server-openssl, or no libcoap"
else
	echo "== CoAP over DTLS"
	serve_coap() { # NAME ADDRESS PROGRAM
		in_background "$1" "$3" -A "$2" -k $key -d 10 >"$1.coap" 2>&1
	}
	serve_coap s2 10.77.3.2 "${gnutls:-$openssl}"
	serve_coap s1 10.77.2.2 "$openssl"
	s1=$pid
	(umask 077 && printf '%s\n' $key >psk)
	write_config 'protocol: coap, port: 5684, psk_identity: me, psk_file: psk'
	"$FAIRLEAD" check -c lb.yaml --json >check.json || fail "check: exit $?"
	"$FAIRLEAD" check -c lb.yaml >check.txt || fail "check: exit $?"
	live
	settles up up
	echo "-- killed, and back"
	kill -9 "$s1"
	settles down up Down_Probe_PortUnreachable
	serve_coap s1 10.77.2.2 "$openssl"
	s1=$pid
	settles up up
	echo "-- hangs"
	kill -STOP "$s1"
	settles down up Down_Probe_NoAnswer
	kill -CONT "$s1"
	settles up up
	echo "-- another key"
	echo not-$key >psk
	reload
	settles down down Down_Probe_NoAnswer
	printf '%s\r\n' $key >psk
	reload
	settles up up
	echo "-- a GET"
	write_config 'protocol: coap, port: 5684, psk_identity: me, psk_file: psk, request_path: /gone'
	reload
	settles down down Down_Probe_WrongAnswer
	write_config 'protocol: coap, port: 5684, psk_identity: me, psk_file: psk, request_path: /time'
	reload
	settles up up
	echo "-- a file that went"
	rm psk
	reload
	wait_for live.log 'psk: No such file'
	wait_for live.log 'the one before stays in force'
	sleep 1
	settles up up
	echo "-- by IPv6"
	(umask 077 && printf '%s\n' $key >psk)
	six
	serve_coap s1 $m1 "$openssl"
	serve_coap s2 $m2 "${gnutls:-$openssl}"
	write_config 'protocol: coap, port: 5684, psk_identity: me, psk_file: psk, source: "fd77:2::1"'
	forget
	reload
	four
	settles up up
	stop_live
	! grep -q $key all.log check.json check.txt || fail "the key is shown"
fi

echo "== HTTPS, verified"
for tool in openssl python3; do
	command -v $tool >/dev/null || {
		echo "there is no $tool"
		exit $failed
	}
done
cat >https.py <<'END'
import socket, ssl, sys
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1] + '.pem', sys.argv[1] + '.key')
server = socket.create_server(('::', 8443), family=socket.AF_INET6,
                              dualstack_ipv6=True, backlog=64)
print('ready', flush=True)
while True:
    c, _ = server.accept()
    try:
        c.settimeout(1)
        with context.wrap_socket(c, server_side=True) as t:
            t.recv(2000)
            t.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
    except OSError:
        c.close()
END
authority() {
	openssl req -x509 -newkey rsa:2048 -nodes -subj "/CN=$1" -days 2 \
	    -keyout "$1.key" -out "$1.pem" 2>/dev/null
}
certificate() { # NAME SUBJECT-ALTERNATIVE-NAME
	openssl req -newkey rsa:2048 -nodes -subj "/CN=$1" -keyout "$1.key" \
	    -out "$1.csr" 2>/dev/null
	echo "subjectAltName=$2" >"$1.ext"
	openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key \
	    -CAcreateserial -days 2 -extfile "$1.ext" -out "$1.pem" 2>/dev/null
}
authority ca
authority other
certificate s1 DNS:page.example
certificate s2 IP:10.77.3.2,IP:fd77:3::2
for s in s1 s2; do
	in_background $s python3 https.py $s >$s.https
	wait_for $s.https ready
done
https='protocol: https, port: 8443, request_path: /'
write_config "$https"
live
settles up up
grep -q 'certificates are not verified' live.log || fail "no word of it"
echo "-- for its address"
write_config "$https, tls_verify: true, tls_ca: ca.pem"
reload
settles down up
echo "-- for a name"
write_config "$https, tls_verify: true, tls_ca: ca.pem, tls_name: page.example"
reload
settles up down
write_config "$https, tls_verify: true, tls_ca: ca.pem, host: 'page.example:1'"
reload
sleep 1
settles up down
echo "-- by another authority"
write_config "$https, tls_verify: true, tls_ca: other.pem, tls_name: page.example"
reload
settles down down
echo "-- by the system's"
write_config "$https, tls_verify: true, tls_name: page.example"
reload
sleep 1
settles down down
write_config "$https"
reload
settles up up
echo "-- by IPv6"
six
forget
write_config "$https, tls_verify: true, tls_ca: ca.pem, source: 'fd77:2::1'"
reload
settles down up
write_config "$https, tls_verify: true, tls_ca: ca.pem, tls_name: page.example"
reload
settles up down
stop_live
exit $failed
