#!/bin/sh
# fairlead gen from outside: what others make of the capture, and that to
# replay it is to simulate the scenario.
set -eu
. "${SRC:?names the source tree}/tests/e2e/expect.sh"

cat >lb.yaml <<'END'
load_balancer: { sku: fairlead }
frontends:
  - { name: four, address: 203.0.113.10 }
  - { name: six, address: "2001:db8::10" }
pools:
  - name: p4
    members:
      - { name: a, address: 10.0.0.4 }
      - { name: b, address: 10.0.0.5 }
      - { name: c, address: 10.0.0.6 }
  - name: p6
    members:
      - { name: d, address: "2001:db8:1::4" }
      - { name: e, address: "2001:db8:1::5" }
rules:
  - { name: web, frontend: four, pool: p4, protocol: tcp, frontend_port: 80, backend_port: 8080 }
  - { name: coap, frontend: four, pool: p4, protocol: udp, frontend_port: 5683, distribution: source-ip }
  - { name: dns, frontend: four, pool: p4, protocol: udp, frontend_port: 53, backend_port: 53 }
  - { name: echo, frontend: four, pool: p4, protocol: udp, frontend_port: 7, connection_tracking: true }
  - { name: web6, frontend: six, pool: p6, protocol: tcp, frontend_port: 80 }
  - { name: dns6, frontend: six, pool: p6, protocol: udp, frontend_port: 53 }
END
sed -i 's/frontend_port: \(5683\|7\)\([,} ]\)/frontend_port: \1, backend_port: \1\2/
    s/\(pool: p6.*frontend_port: \)\([0-9]*\)/\1\2, backend_port: \2/' lb.yaml
cat >mix.yaml <<'END'
config: lb.yaml
seed: 7
duration: 20s
links: { clients: { latency: 20ms, jitter: 3ms, loss: 0.5% } }
backends: [ { member: "*", service_time: 2ms, distribution: exponential, concurrency: 4 } ]
traffic:
  - { profile: web, rule: web, rate: 20/s, size_max: 200000, clients: 50 }
  - { profile: web, rule: web6, rate: 5/s, size_max: 50000, clients: 50, request_size: 3000 }
  - { profile: long-lived, rule: web, connections: 40, ramp: 5s, message_every: 3s, keepalive: 2s, clients: 10,
      first_client: 100.65.0.1 }
  - { profile: syn-flood, rule: web, rate: 30/s, sources: fixed, first_client: 100.66.0.1 }
  - { profile: dns, rule: dns, rate: 40/s }
  - { profile: dns, rule: dns6, rate: 10/s, sizes: bounded-pareto, size_min: 60, size_max: 1400 }
  - { profile: udp, rule: echo, rate: 10/s }
  - { profile: coap-devices, rule: coap, devices: 60, addresses: 3, period: 4s, jitter: 1s, confirmable: 60%,
      observe: true, notify_every: 3s, confirm_every: 3, nat_timeout: 2s }
END

echo "== done"
expect 0 gen -s mix.yaml -o mix.pcap
silent err
says out '^[0-9]* packets, [0-9]* flows, [0-9]* bytes of IP'
test "$(tail -n 1 out)" = "capture: mix.pcap" || fail "the last line"
packets=$(sed -n 's/ packets.*//p' out)
expect 0 gen -s mix.yaml -o nano.pcap --nanosecond
expect 0 gen -s mix.yaml -o again.pcap
cmp mix.pcap again.pcap || fail "not the same twice"
expect 0 gen -s mix.yaml -o other.pcap --seed 8
cmp -s mix.pcap other.pcap && fail "--seed draws the same"
"$FAIRLEAD" gen -s mix.yaml -o - >piped.pcap 2>err
cmp mix.pcap piped.pcap || fail "standard output makes a difference"
says err "^$packets packets"
magic() { od -An -tx4 -N4 "$1" | tr -d ' '; }
test "$(magic mix.pcap)" = a1b2c3d4 || fail "$(magic mix.pcap): no microseconds"
test "$(magic nano.pcap)" = a1b23c4d || fail "$(magic nano.pcap): no nanoseconds"

echo "== what others say"
if command -v tcpdump >/dev/null; then
	for f in mix nano; do
		tcpdump -n -t -v -r $f.pcap >$f.txt 2>err || fail "tcpdump -r $f.pcap"
		test "$(grep -c ' > ' $f.txt)" -ge "$packets" || fail "$f: packets"
		grep -q '(incorrect\|bad cksum\|bad udp\|malformed\|invalid' $f.txt &&
		    fail "$f: $(grep '(incorrect\|bad cksum\|bad udp\|malformed\|invalid' $f.txt | head -n 1)"
	done
	cmp mix.txt nano.txt || fail "nanoseconds make a difference"
	says mix.txt 'cksum 0x[0-9a-f]* (correct)'
	says mix.txt 'udp sum ok'
	says mix.txt 'A? 0000[0-9a-f]*x*.example.com'
	says mix.txt 'GET /[0-9a-f]* HTTP/1.1'
	says mix.txt 'Content-Length: '
	# in order of time
	tcpdump -n -tt -r nano.pcap --nano 2>/dev/null | cut -d' ' -f1 |
	    sort -c || fail "not in order of time"
fi
if command -v tshark >/dev/null; then
	check='-o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE
	    -o udp.check_checksum:TRUE'
	# shellcheck disable=SC2086
	tshark -n -r nano.pcap $check -Y '_ws.malformed ||
	    _ws.expert.severity >= "Error" || ip.checksum.status == 0 ||
	    tcp.checksum.status == 0 || udp.checksum.status == 0' >bad 2>err
	silent bad
fi

echo "== to replay it is to simulate it"
# What each backend got, of a summary.json.
shares() {
	jq -c '.cases[] | [.rules[] | [.name, .flows, .packets, .bytes,
	    (.backends[] | [.name, .flows, .packets, .packets_in, .bytes,
	    .bytes_in])]], .drops' "$1"
}
if command -v jq >/dev/null; then
	expect 0 sim --no-report --json -s mix.yaml
	shares out >simulated
	test -s simulated || fail "no shares"
	for f in mix nano; do
		expect 0 sim --no-report --json -c lb.yaml $f.pcap
		shares out >replayed
		diff simulated replayed >&2 || fail "$f.pcap: other shares"
	done
	# without a configuration: the first of three cases
	printf 'duration: 5s\ntraffic: [ { profile: web }, { profile: dns } ]\n' \
	    >zero.yaml
	expect 0 gen -s zero.yaml -o zero.pcap
	says err "of several cases the first is played"
	expect 0 sim --no-report --json --modes five-tuple -s zero.yaml
	shares out >simulated
	expect 0 sim --no-report --json --modes five-tuple zero.pcap
	shares out >replayed
	diff simulated replayed >&2 || fail "zero.pcap: other shares"
fi

echo "== not done"
expect 2 gen -s mix.yaml
says err "-o FILE"
expect 2 gen -o x.pcap
says err "-s SCENARIO"
expect 2 gen -s mix.yaml -o x.pcap mix.pcap
expect 2 gen -s missing.yaml -o x.pcap
expect 2 gen -s mix.yaml -o x.pcap --seed x
printf 'traffic: [ { capture: mix.pcap } ]\n' >none.yaml
expect 2 gen -s none.yaml -o x.pcap
says err "no synthetic traffic"
sed 's/rule: dns,/rule: dms,/' mix.yaml >wrong.yaml
expect 2 gen -s wrong.yaml -o x.pcap
says err "wrong.yaml:12:27: .*no rule 'dms'"
expect 5 gen -s mix.yaml -o missing/x.pcap
says err "missing/x.pcap: can't write"
test ! -e x.pcap || fail "x.pcap is there"

echo "== what is there already"
cp mix.pcap kept.pcap
expect 5 gen -s zero.yaml -o kept.pcap
says err "already; --force"
cmp mix.pcap kept.pcap || fail "kept.pcap is not as it was"
expect 0 gen -s mix.yaml -o kept.pcap --force --seed 8
cmp other.pcap kept.pcap || fail "--force does not replace"

echo "== no room, and no patience"
if test -w /dev/full; then
	got=0
	"$FAIRLEAD" gen -s mix.yaml -o - >/dev/full 2>err || got=$?
	test $got = 5 || fail "exit code $got on a full disk"
	ln -s /dev/full device
	expect 5 gen -s mix.yaml -o device --force
	says err "device: can't write"
	test -h device || fail "a device is replaced"
	rm device
fi
got=0
(
	trap '' XFSZ
	ulimit -f 100
	exec "$FAIRLEAD" gen -s mix.yaml -o full.pcap
) >out 2>err || got=$?
test $got = 5 || fail "exit code $got with no room"
says err "full.pcap: can't write"
printf 'duration: 1h\ntraffic: [ { profile: udp, rate: 100000/s } ]\n' >long.yaml
"$FAIRLEAD" gen -s long.yaml -o long.pcap >out 2>err &
pid=$!
i=0
while test $i -lt 100 && ! ls long.pcap.* >/dev/null 2>&1; do
	sleep 0.1
	i=$((i + 1))
done
kill -INT $pid
got=0
wait $pid || got=$?
test $got = 130 || fail "exit code $got when interrupted"
says err "interrupted"
for f in full.pcap* long.pcap*; do
	test ! -e "$f" || fail "$f was left"
done
exit $failed
