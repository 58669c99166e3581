#!/bin/sh
# The story that fairlead began from, with the programs it was lived with: a
# Node.js CoAP server on each of two hosts, coap-ubuntu-1 and coap-ubuntu-2, and
# libcoap's client. Azure's probes speak TCP or HTTP, so a netcat answers them.
# A host dies, and all answers come from the other; the server alone dies, and
# the netcat goes on saying that all is well. Then fairlead's CoAP probe, with
# nobody who listens on TCP. Over IPv4 and IPv6.
#
# Also by hand, of what is in ./build: sudo tests/e2e/coap-story/story.sh
set -eu
: "${SRC:=$(cd "$(dirname "$0")/../../.." && pwd)}"
: "${FAIRLEAD:=$SRC/build/fairlead}" "${FAIRLEAD_BPF_DIR:=$SRC/build/live/xdp}"
export FAIRLEAD_BPF_DIR
# shellcheck disable=SC2034 # for the fixture
servers='coap-ubuntu-1 coap-ubuntu-2'
# shellcheck source=tests/live/netns.sh
. "$SRC/tests/live/netns.sh"
for tool in node npm nc unshare python3 tcpdump; do
	command -v $tool >/dev/null || skip "there is no $tool"
done
node -e 'process.exit(+(process.versions.node.split(".")[0] < 20))' ||
	skip "Node.js $(node --version) is too old for the coap package: 20 or later"
client=$(command -v coap-client-notls || command -v coap-client-openssl) ||
	skip "there is no coap-client (Debian: libcoap3-bin)"
cd "$dir"
cp "$SRC"/tests/e2e/coap-story/server.js \
    "$SRC"/tests/e2e/coap-story/package*.json .
echo '+ npm ci'
timeout 120 npm ci --silent --no-audit --no-fund --ignore-scripts \
    --fetch-retries=1 --fetch-timeout=10000 >npm.out 2>&1 ||
    skip "npm cannot install Node.js's coap: $(tail -n 1 npm.out)"

# --- the configuration --------------------------------------------------------

four=10.77.0.10
six=fd77::10
key=0f1e2d3c4b5a69788796a5b4c3d2e1f0

# write_config SKU PROBE DISTRIBUTION
write_config() {
	cat >lb.yaml <<END
load_balancer: { sku: $1, hash_key: $key }
frontends:
  - { name: four, address: $four }
  - { name: six, address: "$six" }
pools:
  - name: vms4
    members:
      - { name: coap-ubuntu-1, address: 10.77.2.2 }
      - { name: coap-ubuntu-2, address: 10.77.3.2 }
  - name: vms6
    members:
      - { name: coap-ubuntu-1, address: "fd77:2::2" }
      - { name: coap-ubuntu-2, address: "fd77:3::2" }
probes:
  - { name: alive, port: 5683, $2 }
rules:
  - { name: coap4, frontend: four, pool: vms4, probe: alive, protocol: udp,
      frontend_port: 5683, backend_port: 5683, distribution: $3 }
  - { name: coap6, frontend: six, pool: vms6, probe: alive, protocol: udp,
      frontend_port: 5683, backend_port: 5683, distribution: $3 }
connection_table: { entries: 10000 }
forwarding: { mode: nat, interfaces: [c0, b1, b2] }
END
}

# --- who plays ----------------------------------------------------------------

# serve HOST, netcat HOST: start it, and say its pid
serve() {
	: >"$1.out"
	echo "+ $1: node server.js" >&2
	# shellcheck disable=SC2016 # the $1 of that shell
	in_background "$1" unshare --uts sh -c \
	    'hostname "$1" && exec node server.js' sh "$1" >>"$1.out" 2>&1
	wait_for "$1.out" "$1 serves"
}

netcat() {
	echo "+ $1: nc -6 -lk 5683" >&2
	in_background "$1" nc -6 -lk 5683 </dev/null >/dev/null 2>&1
	left=50
	until in_ns "$1" ss -Hltn | grep -q ':5683 '; do
		left=$((left - 1))
		test $left -gt 0 || {
			fail "$1: nc does not listen"
			break
		}
		sleep 0.1
	done
}

# ask ADDRESS: by a socket of its own; who answered, or "nobody". The client
# says on standard output, too, that it was refused.
ask() {
	in_ns client "$client" -B 2 -m get "coap://$1/" 2>/dev/null |
	    grep -o 'coap-ubuntu-[12]$' || echo nobody
}

# ask_all COUNT: both families, so often each and at once; who, into names
ask_all() {
	names=
	for address in $four "[$six]"; do
		echo "+ client: coap-client -m get coap://$address/  ($1 times)" >&2
		asking=
		i=0
		: >answers
		while test $i -lt "$1"; do
			ask "$address" >>answers &
			asking="$asking $!"
			i=$((i + 1))
		done
		# shellcheck disable=SC2086 # a word each
		wait $asking
		sort answers | uniq -c
		names="$names$(sort -u answers | tr '\n' ' ')/ "
	done
}

# answer HOST...: the answers are from all of them and from nobody else. The
# client waits 2 s, in which CoAP does not send a lost datagram again (RFC 7252,
# 4.2): asked once more.
answer() {
	ask_all 16
	test "$names" = "$* / $* / " || ask_all 16
	test "$names" = "$* / $* / " || fail "answers are from $names"
}

# --- what the balancer notices -------------------------------------------------

# changed EVENT HOST MS SINCE: in both pools, within so many ms of $began
slack=1000
changed() {
	left=200
	until test "$(tail -n +$(($4 + 1)) live.log | tee tail.log |
	    grep -c "\"event\":\"$1\".*/$2\"")" -ge 2; do
		left=$((left - 1))
		test $left -gt 0 || {
			fail "$2 did not go $1: $(cat tail.log)"
			return 0
		}
		sleep 0.1
	done
	python3 - "$1" "$2" "$began" "$3" $slack <<'END' ||
import datetime, json, sys
event, host = sys.argv[1:3]
began, limit, slack = (float(x) for x in sys.argv[3:])
found = [json.loads(line) for line in open('tail.log')]
found = [x for x in found if x['event'] in ('up', 'down')]
mine = [x for x in found if x['members'][0].endswith(host)]
good = len(mine) == 2 and all(x['event'] == event for x in mine)
for x in mine:
    at = datetime.datetime.fromisoformat(x['time'].replace('Z', '+00:00'))
    took = max(0, (at.timestamp() - began) * 1000)
    print(f"{x['members'][0]} {x['event']} after {took / 1000:.2f} s"
          f" (at most {limit / 1000:.2f}): {x['reason']}")
    good = good and took < limit + slack
sys.exit(not good or any(x['event'] == 'down' for x in found if x not in mine))
END
	    fail "$2 went $1 too late, or others: $(cat tail.log)"
}

# ended PID...: kills them, and remembers when and how far the log was
ended() {
	mark=$(wc -l <live.log)
	began=$(date +%s.%N)
	for p; do
		kill -9 "$p"
		wait "$p" 2>/dev/null || :
	done
}

begun() {
	mark=$(wc -l <live.log)
	began=$(date +%s.%N)
}

# configured SKU PROBE DISTRIBUTION: reloaded with it
configured() {
	mark=$(wc -l <live.log)
	write_config "$@"
	try kill -HUP "$live"
	left=100
	until tail -n +$((mark + 1)) live.log |
	    grep -q '"event":"reloaded"'; do
		left=$((left - 1))
		test $left -gt 0 || {
			fail "reload: $(tail -n 1 live.log)"
			break
		}
		sleep 0.1
	done
}

# --- the story ----------------------------------------------------------------

network
for s in $servers; do
	serve "$s"
	node=$pid # in the end, of coap-ubuntu-2
	netcat "$s"
	netcat=$pid
	eval "netcat_${s##*-}=$pid"
done

echo "== as on Azure: a TCP probe every 5 s, and netcat to answer it"
write_config standard 'protocol: tcp, interval: 5s, probe_threshold: 1' \
    five-tuple
in_ns balancer "$FAIRLEAD" live -c lb.yaml --pin-name "$pin" --dry-run \
    >out 2>&1 || {
	grep -q 'not permitted' out && skip "BPF is not permitted here"
	fail "--dry-run: $(cat out)"
}
echo "+ balancer: fairlead live -c lb.yaml --pin-name $pin"
in_background balancer "$FAIRLEAD" live -c lb.yaml --pin-name "$pin" 2>live.log
live=$pid
wait_for live.log '"event":"forwarding"'
sleep 6 # members are known after a probe of each
watch
answer coap-ubuntu-1 coap-ubuntu-2
unwatch
same_as_simulated lb.yaml $key

echo "== coap-ubuntu-2 dies, server and netcat"
echo '+ coap-ubuntu-2: kill -9 node nc'
ended "$node" "$netcat"
changed down coap-ubuntu-2 5000 "$mark"
answer coap-ubuntu-1

echo "== it returns"
serve coap-ubuntu-2
node=$pid
netcat coap-ubuntu-2
netcat=$pid
begun
changed up coap-ubuntu-2 5000 "$mark"
answer coap-ubuntu-1 coap-ubuntu-2

echo "== its server dies and its netcat does not: the probe sees nothing"
echo '+ coap-ubuntu-2: kill -9 node'
ended "$node"
sleep 6
tail -n +$((mark + 1)) live.log | grep -E '"event":"(up|down)"' &&
    fail "the TCP probe noticed"
answer coap-ubuntu-1 nobody

echo "== the coap probe, every 500 ms: it does, though netcat listens still"
begun
configured fairlead 'protocol: coap, interval: 500ms, probe_threshold: 2' \
    five-tuple
changed down coap-ubuntu-2 1000 "$mark"
answer coap-ubuntu-1
serve coap-ubuntu-2
node=$pid
begun
changed up coap-ubuntu-2 1000 "$mark"
answer coap-ubuntu-1 coap-ubuntu-2

echo "== and with nobody who listens on TCP, which Azure cannot do"
echo '+ coap-ubuntu-1, coap-ubuntu-2: kill nc'
# shellcheck disable=SC2154 # set by eval
for p in "$netcat_1" "$netcat"; do
	kill "$p"
	wait "$p" 2>/dev/null || :
done
for s in $servers; do
	test -z "$(in_ns "$s" ss -Hltn)" || fail "$s: someone listens on TCP"
done
answer coap-ubuntu-1 coap-ubuntu-2
echo '+ coap-ubuntu-2: kill -9 node'
ended "$node"
changed down coap-ubuntu-2 1000 "$mark"
answer coap-ubuntu-1
serve coap-ubuntu-2
node=$pid
begun
changed up coap-ubuntu-2 1000 "$mark"
echo "+ coap-ubuntu-2: kill -STOP node: it hangs"
kill -STOP "$node"
begun
changed down coap-ubuntu-2 1500 "$mark"
answer coap-ubuntu-1
echo "+ coap-ubuntu-2: kill -CONT node"
kill -CONT "$node"
begun
changed up coap-ubuntu-2 1000 "$mark"
answer coap-ubuntu-1 coap-ubuntu-2

echo "== two-tuple affinity: a client stays with a server"
configured fairlead 'protocol: coap, interval: 500ms, probe_threshold: 2' \
    source-ip
watch
for n in 2 3 4 5 6 7; do
	test $n = 2 ||
	    ip -n "$tag-client" addr add 10.77.1.$n/24 dev eth0
	i=0
	while test $i -lt 6; do
		in_ns client "$client" -B 2 -a 10.77.1.$n -m get \
		    coap://$four/ 2>/dev/null | tr -cd 'a-z0-9-'
		echo
		i=$((i + 1))
	done | sort -u >answers
	echo "client 10.77.1.$n: $(cat answers)"
	test "$(wc -l <answers)" = 1 || fail "10.77.1.$n: $(cat answers)"
	cat answers >>affine
done
test "$(sort -u affine | wc -l)" = 2 || fail "all clients have one server"
unwatch
same_as_simulated lb.yaml $key

try kill "$live"
wait "$live" || fail "SIGTERM: exit $?"
try "$FAIRLEAD" live --detach --pin-name "$pin"
exit $failed
