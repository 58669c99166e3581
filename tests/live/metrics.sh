#!/bin/sh
# fairlead live --metrics: what is served is what promtool accepts, and says
# what happened; /healthz follows the interfaces; who asks without end takes
# nothing from the control loop.
set -eu
# shellcheck source=tests/live/netns.sh
. "${SRC:?names the source tree}/tests/live/netns.sh"
command -v curl >/dev/null || skip "there is no curl"
command -v python3 >/dev/null || skip "there is no python3"
cd "$dir"

cat >lb.yaml <<'END'
load_balancer: { sku: fairlead }
frontends: [{ name: coap, address: 10.77.0.10 }]
pools:
  - name: vms
    members:
      - { name: s1, address: 10.77.2.2 }
      - { name: s2, address: 10.77.3.2 }
probes:
  - { name: alive, protocol: tcp, port: 8081, interval: 200ms, probe_threshold: 2 }
rules:
  - { name: coap, frontend: coap, pool: vms, probe: alive, protocol: udp,
      frontend_port: 5683, backend_port: 8081, connection_tracking: true }
connection_table: { entries: 10000 }
forwarding: { mode: nat, interfaces: [c0, b1, b2] }
END

# Echoes datagrams and accepts on TCP.
cat >server.py <<'END'
import socket, threading

def greet():
    while True:
        t.accept()[0].close()

t = socket.create_server(('', 8081), backlog=64)
threading.Thread(target=greet, daemon=True).start()
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('', 8081))
print('ready', flush=True)
while True:
    data, who = s.recvfrom(2000)
    s.sendto(data, who)
END
cat >ask.py <<'END'
import socket

for i in range(40):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(2)
    s.connect(('10.77.0.10', 5683))
    s.send(b'hello')
    s.recv(100)
END

at=127.0.0.1:9464
page() { # PATH: into ./page; its status into ./status
	in_ns balancer curl -s -m 10 -o page -w '%{http_code}' \
	    "http://$at$1" >status || echo 000 >status
}

# value SERIES: from ./page
value() {
	awk -v series="$1" 'index($0, series " ") == 1 {
		print substr($0, length(series) + 2)
	}' page
}

# says SERIES VALUE
says() {
	is=$(value "$1")
	test "$is" = "$2" || fail "$1 is '$is', not $2"
}

# until_says SERIES VALUE
until_says() {
	left=50
	until page /metrics && test "$(value "$1")" = "$2"; do
		left=$((left - 1))
		test $left -gt 0 || {
			fail "$1 is '$(value "$1")', not $2"
			return 0
		}
		sleep 0.1
	done
}

# healthy STATUS: within a while
healthy() {
	left=50
	until page /healthz && test "$(cat status)" = "$1"; do
		left=$((left - 1))
		test $left -gt 0 || {
			fail "/healthz: $(cat status) $(cat page), not $1"
			return 0
		}
		sleep 0.1
	done
	cat page
	echo
}

network
ip -n "$tag-balancer" link set lo up
for s in s1 s2; do
	in_background $s python3 server.py >$s.out
	wait_for $s.out ready
done
in_ns balancer "$FAIRLEAD" live -c lb.yaml --pin-name "$pin" --dry-run \
    >out 2>&1 || {
	grep -q 'not permitted' out && skip "BPF is not permitted here"
	fail "--dry-run: $(cat out)"
}
live() { # OPTION...
	in_background balancer "$FAIRLEAD" live -c lb.yaml --pin-name "$pin" \
	    --control "$dir/ctl" "$@" 2>live.log
	live=$pid
	wait_for live.log '"event":"privilege"'
}
live --metrics $at

rule='rule="coap",frontend_address="10.77.0.10",frontend_port="5683",protocol="udp"'
s1='pool="vms",member="s1",member_address="10.77.2.2"'

echo "== what happened"
until_says 'fairlead_pool_members{pool="vms",state="up"}' 2
try in_ns client python3 ask.py
until_says "fairlead_packets_total{$rule,direction=\"inbound\"}" 40
says "fairlead_packets_total{$rule,direction=\"outbound\"}" 40
says "fairlead_bytes_total{$rule,direction=\"inbound\"}" 1320
until_says "fairlead_rule_connections{$rule}" 40
says "fairlead_data_path_availability{$rule}" 1
says "fairlead_health_probe_status{probe=\"alive\",protocol=\"tcp\",backend_port=\"8081\",$s1}" 1
says 'fairlead_interface_attached{interface="b2"}' 1
says fairlead_plan_generation 1
seen=$(value fairlead_seen_packets_total)
sum=$(awk '/^fairlead_handled_packets_total\{/ { n += $2 } END { print n }' page)
test "$seen" = "$sum" || fail "$seen packets seen, of $sum it is told"

echo "== what Prometheus says to it"
if command -v promtool >/dev/null; then
	promtool check metrics <page || fail "promtool"
else
	echo "there is no promtool: not asked"
fi

echo "== a reload"
kill -HUP "$live"
until_says fairlead_plan_generation 2
sed 's/interval: 200ms/interval: soon/' lb.yaml >wrong.yaml
cp lb.yaml right.yaml
cp wrong.yaml lb.yaml
kill -HUP "$live"
until_says fairlead_reloads_refused_total 1
says fairlead_plan_generation 2
cp right.yaml lb.yaml

echo "== asked without end"
before=$(value fairlead_probes_missed_total)
for _ in 1 2 3 4; do
	in_background balancer sh -c \
	    "while :; do curl -s -o /dev/null http://$at/metrics; done"
	askers="${askers-} $pid"
done
in_background balancer sh -c "sleep 5 | curl -s telnet://$at"
sleep 2
page /metrics
test "$(cat status)" = 200 || fail "no answer among many"
test "$(value fairlead_probes_missed_total)" -le $((before + 4)) ||
    fail "probes were left out: $(value fairlead_probes_missed_total)"
for asker in $askers; do
	kill "$asker"
done

echo "== an interface"
healthy 200
try ip -n "$tag-balancer" link del b2
healthy 503
grep -q '"not_attached":\["b2"\]' page || fail "/healthz: $(cat page)"
until_says 'fairlead_interface_attached{interface="b2"}' 0
says "fairlead_data_path_availability{$rule}" 0
wire b2 s2 3
healthy 200
until_says "fairlead_data_path_availability{$rule}" 1

echo "== many that ask half a question"
python3_half="
import socket, time
held = []
for i in range(40):
    s = socket.create_connection(('127.0.0.1', 9464))
    s.send(b'GET /hea')
    held.append(s)
print('held', flush=True)
time.sleep(20)"
in_background balancer python3 -c "$python3_half" >half
half=$pid
wait_for half held
page /healthz
test "$(cat status)" = 200 || fail "/healthz: $(cat status) among half requests"
kill "$half"

echo "== it stood still"
until_says fairlead_loop_stalls_total 0
try kill -STOP "$live"
sleep 4.5
try kill -CONT "$live"
healthy 503
grep -q '"reasons":\["loop_late"\]' page || fail "/healthz: $(cat page)"
until_says fairlead_loop_stalls_total 1
grep -q '"event":"stalled"' live.log || fail "no event of it: $(ls)"

echo "== the address"
(
	pin=$pin-other
	if in_ns balancer "$FAIRLEAD" live -c lb.yaml --pin-name "$pin" \
	    --control "$dir/other" --metrics $at 2>other.log; then
		fail "two listen on $at"
	fi
	grep -q "can't listen on 127.0.0.1 port 9464: Address already in use" \
	    other.log || fail "it says $(cat other.log)"
	exit $failed
) || failed=1
kill "$live"
wait "$live" || fail "SIGTERM: exit $?"
live
test -z "$(in_ns balancer ss -Hltn)" ||
    fail "without --metrics something listens: $(in_ns balancer ss -Hltn)"
exit $failed
