#!/bin/sh
# fairlead sweep from outside: exit codes, files, the same bytes twice.
set -eu
. "${SRC:?names the source tree}/tests/e2e/expect.sh"

few="--vary hash_key=3 --vary distribution=five-tuple,source-ip"

echo "== done"
expect 0 sweep "$coap"
silent err
says out "90 points: 3 distribution x 30 hash_key"
head -n 1 out | grep -q '^Choose distribution' || fail "the first line"
test "$(tail -n 1 out)" = "report: coap-sweep" || fail "the last line"
for file in sweep.csv sweep.png sweep.svg sweep.pdf summary.json; do
	test -s "coap-sweep/$file" || fail "no $file"
done
test "$(ls coap-sweep | wc -l)" = 5 || fail "more files than are made"
test "$(wc -l <coap-sweep/sweep.csv)" = 91 || fail "rows of sweep.csv"
awk -F, 'NR == 1 { n = NF } NF != n { exit 1 }' coap-sweep/sweep.csv ||
    fail "sweep.csv is not even"
says coap-sweep/summary.json '"sha256": "[0-9a-f]\{64\}"'

# shellcheck disable=SC2086
{
	echo "== the same bytes"
	expect 0 sweep -o a $few "$coap"
	expect 0 sweep -o b $few --memory 1M "$coap"
	diff -r a b >&2 || fail "passes make a difference"
	expect 0 sweep -o a --force $few "$coap"
	diff -r a b >&2 || fail "not the same twice"
	expect 0 sweep -o c $few --seed 2 "$coap"
	cmp -s a/sweep.csv c/sweep.csv && fail "--seed draws the same keys"
	expect 2 sweep -o a $few "$coap"
	says err "already"
	expect 0 sweep --json --no-report $few "$coap"
	silent err
	test "$(head -c 1 out)$(tail -n 1 out)" = "{}" || fail "--json"
	expect 0 sweep --json -o d $few "$coap"
	cmp -s out d/summary.json || fail "--json is not summary.json"
	"$FAIRLEAD" sweep --no-report $few - <"$coap" >out 2>err ||
	    fail "standard input"
	head -n -2 out >piped
	expect 0 sweep --no-report $few "$coap"
	head -n -2 out | cmp -s - piped || fail "a pipe makes a difference"
}

echo "== a point is what sim gives"
expect 0 sweep --no-report --json --vary pool.size=3 --vary \
    hash_key=000102030405060708090a0b0c0d0e0f "$coap"
sed -n '/"flows": {/,/}/s/.*"mean": \([0-9.]*\).*/\1/p' out | head -n 1 >jain
expect 0 sim --no-report --json --modes five-tuple --backends 3 \
    --hash-key 000102030405060708090a0b0c0d0e0f "$coap"
grep -q "\"jain\": $(cat jain)" out || fail "sim says something else"

echo "== a scenario"
cat >made.yaml <<'END'
seed: 4
duration: 5s
traffic: [ { profile: web, rate: 20/s, clients: 50 } ]
END
# shellcheck disable=SC2086
{
	expect 0 sweep -s made.yaml $few
	silent err
	test "$(tail -n 1 out)" = "report: made-sweep" || fail "$(tail -n 1 out)"
	expect 0 sweep -o e -s made.yaml $few --workers 1
	diff -r made-sweep e >&2 || fail "workers make a difference"
	expect 0 sweep -o f -s made.yaml $few --seed 5
	cmp -s e/sweep.csv f/sweep.csv && fail "the seed has no say"
	cat >faults.yaml <<END
traffic: [ { capture: $coap } ]
faults: [ { at: 20s, member: backend-2, state: crashed } ]
assertions: [ { metric: jain, at_least: 0.1 } ]
END
	expect 0 sweep --no-report -s faults.yaml $few
	says err "not held here"
	expect 2 sweep --no-report -s faults.yaml --vary pool.size=1,2
	says err "no pool has a member of that name"
	expect 2 sweep -s missing.yaml $few
	expect 2 sweep -s made.yaml --workers 0 $few
	rm -rf made-sweep e f
}

echo "== a configuration"
cat >lb.yaml <<'END'
load_balancer: { sku: fairlead }
frontends: [ { name: coap, address: 203.0.113.10 } ]
pools:
  - name: vms
    members: [ { name: a, address: 10.0.0.4 }, { name: b, address: 10.0.0.5 },
               { name: c, address: 10.0.0.6 } ]
rules:
  - { name: coap, frontend: coap, pool: vms, protocol: udp,
      frontend_port: 5683, backend_port: 5683 }
  - { name: coaps, frontend: coap, pool: vms, protocol: udp,
      frontend_port: 5684, backend_port: 5684 }
END
expect 0 sweep -o conf -c lb.yaml --vary pool.size=1..3 --vary hash_key=2 \
    --vary algorithm=maglev,modulo "$coap"
says out "rule coap, which has most flows"
test "$(wc -l <conf/sweep.csv)" = 25 || fail "rows of two rules"
expect 2 sweep -c lb.yaml --vary pool.size=2..4 "$coap"
says err "pool 'vms' has 3 members"
expect 2 sweep -c missing.yaml "$coap"
printf 'rules: [ { name: x, fronted: y } ]\n' >wrong.yaml
expect 2 sweep -c wrong.yaml "$coap"
says err "wrong.yaml:1:"

echo "== how many ports"
cat >calls.lb.yaml <<'END'
load_balancer: { sku: standard }
frontends: [ { name: pub, address: 203.0.113.10 } ]
pools:
  - name: vms
    members: [ { name: a, address: 10.0.0.4 }, { name: b, address: 10.0.0.5 } ]
outbound_rules:
  - { name: out, frontends: [pub], pool: vms, protocol: all,
      ports_per_member: 1024, idle_timeout: 4m }
END
cat >calls.yaml <<'END'
config: calls.lb.yaml
seed: 4
duration: 6m
traffic:
  - { profile: web, from_pool: vms, server: 198.51.100.20, port: 443,
      rate: 156/min, requests: 1 }
END
ports="--vary ports_per_member=128..512..128 --vary replication=3"
# shellcheck disable=SC2086
{
	expect 0 sweep -o ports -s calls.yaml $ports
	silent err
	head -n 1 out | grep -q '^384 ports per member keep failures' ||
	    fail "$(head -n 1 out)"
	says out "^[*]  *384 "
	test "$(ls ports | wc -l)" = 5 || fail "files of a sweep of ports"
	says ports/summary.json '"enough": true'
	expect 0 sweep -o ports2 -s calls.yaml $ports --workers 1
	diff -r ports ports2 >&2 || fail "workers make a difference to ports"
	expect 2 sweep --no-report -s calls.yaml --vary ports_per_member=100
	says err "ports_per_member=100"
	expect 2 sweep --no-report -s calls.yaml --vary outbound.frontends=2
	says err "fewer frontends"
	expect 2 sweep --no-report $ports "$coap"
	says err "configuration"
	expect 2 sweep --no-report -c lb.yaml --vary ports_per_member=8 "$coap"
	says err "no outbound rule"
	expect 2 sweep --no-report --vary replication=3 "$coap"
	says err "captures have"
	rm -rf ports ports2
}

echo "== usage"
expect 0 sweep --help
silent err
expect 2 sweep
expect 2 sweep --vary nonsense "$coap"
says err "KEY=VALUES"
expect 2 sweep --vary colour=red "$coap"
says err "can't be varied"
expect 2 sweep --vary algorithm=maglev --vary algorithm=modulo "$coap"
says err "twice"
expect 2 sweep --vary table_size=250 "$coap"
says err "table_size=250: .*no prime.*251"
expect 2 sweep --vary pool.size=2..4 --backends 3 "$coap"
expect 2 sweep -c lb.yaml --backends 3 "$coap"
expect 2 sweep --memory 0 "$coap"
expect 2 sweep --memory 2X "$coap"
expect 2 sweep --memory 99999999999999999999 "$coap"
expect 2 sweep --modes five-tuple "$coap"
expect 2 sweep --no-report -o x "$coap"
expect 2 sweep --filter 'port port' "$coap"
mkfifo pipe
expect 2 sweep --memory 1M pipe
says err "read only once"

echo "== input"
expect 3 sweep missing.pcap
test ! -e missing-sweep || fail "a report of nothing"
# shellcheck disable=SC2086
expect 4 sweep -o part $few missing.pcap "$coap"
says part/summary.json '"partial": true'
head -c 24 "$coap" >header.pcap
# shellcheck disable=SC2086
expect 0 sweep $few header.pcap
says out "no flow was balanced"
test -s header-sweep/sweep.png || fail "no chart of nothing"

echo "== the machine"
if test -w /dev/full; then
	got=0
	"$FAIRLEAD" sweep --no-report "$coap" >/dev/full 2>err || got=$?
	test $got = 5 || fail "exit code $got on a full disk"
fi
expect 5 sweep -o nowhere/at/all "$coap"
says err "nowhere"
ls -a >after
if grep -q '\.fairlead-' after; then fail "something is left behind"; fi

echo "== interrupted"
got=0
mkfifo slow
(exec 3>slow && head -c 5000 "$coap" >&3 && sleep 2) &
"$FAIRLEAD" sweep -q -o broken slow >out 2>err &
pid=$!
sleep 1
kill -INT $pid
wait $pid || got=$?
test $got = 130 || fail "exit code $got when interrupted"
says err "interrupted after 0 of 90 points"
test ! -e broken || fail "a report of an interrupted sweep"
wait

exit $failed
