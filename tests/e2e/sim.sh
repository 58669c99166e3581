#!/bin/sh
# fairlead sim from outside: exit codes, what is on which stream, what is left
# on disk.  Every capture there is: tests/sim/test_captures.c.
set -eu
. "${SRC:?names the source tree}/tests/e2e/expect.sh"

echo "== done"
expect 0 sim "$coap"
silent err
test "$(tail -n 1 out)" = "report: coap-run" || fail "last line: $(tail -n 1 out)"
test -s coap-run/summary.json || fail "no summary.json"
expect 0 sim "$coap"
test "$(tail -n 1 out)" = "report: coap-run-2" || fail "second run's name"
expect 0 sim -o named "$coap"
test -s named/summary.json || fail "no named/summary.json"
expect 2 sim -o named "$coap"
says err "already"
expect 0 sim -o named --force "$coap"
for f in coap-run/*; do
	test "${f##*/}" != timing.json || continue
	diff -r "$f" "named/${f##*/}" >/dev/null || fail "not the same twice: $f"
done
test "$(echo coap-run/*)" = "$(echo coap-run/backends.csv \
    coap-run/balance.pdf coap-run/balance.png coap-run/charts coap-run/events.jsonl coap-run/lorenz.csv \
    coap-run/report.html coap-run/report.pdf coap-run/run.json coap-run/run.record coap-run/summary.json \
    coap-run/timeline.csv coap-run/timing.json)" || fail "files: $(ls coap-run)"
if grep -q "$(pwd)\|$(hostname)" coap-run/run.json coap-run/summary.json; then
	fail "run.json says where it was"
fi
says coap-run/timing.json "$(pwd)/coap-run"
says coap-run/events.jsonl '^{"at_s":90.426067,"event":"end"}$'
says coap-run/run.json '"max-flows": 16777216'
says named/summary.json '"sha256": "[0-9a-f]\{64\}"'
expect 0 sim -o named --force --paper Letter "$coap"
grep -aq "MediaBox \[ 0 0 612 792 \]" named/report.pdf || fail "not on letter"
rm -rf coap-run coap-run-2 named

expect 0 sim --json --no-report "$coap"
silent err
test "$(head -c 1 out)$(tail -n 1 out)" = "{}" || fail "--json is not one document"
says out '"sha256": null'
mv out first
expect 0 sim --json --no-report -q "$coap"
cmp -s first out || fail "not the same bytes twice"
expect 0 sim --json "$coap"
says err "report: coap-run"
cmp -s out coap-run/summary.json || fail "--json is not summary.json"
rm -rf coap-run

expect 0 sim -o flows --flows --loop 3 --speed 2 --max-gap 1s "$coap"
silent err
says out "1 431 flows, .* in 3 rounds"
says out "gaps were shortened"
says flows/summary.json '"loop": 3'
test "$(wc -l <flows/flows.csv)" = 1432 || fail "rows of flows.csv"
awk -F, 'NR == 1 { n = NF } NF != n { exit 1 }' flows/flows.csv ||
    fail "flows.csv is not even"
expect 0 sim -o flows --force "$coap"
test ! -e flows/flows.csv || fail "flows.csv of the run before"
expect 4 sim --no-report --json --max-flows 100 "$coap"
says err "more than 100 flows"
says out '"partial": true'
rm -rf flows

head -c 24 "$coap" >header.pcap
expect 0 sim header.pcap
test -d header-run || fail "no report of an empty capture"
expect 0 sim --no-report --modes source-ip --backends 2 --seed 7 \
    --hash-key 000102030405060708090a0b0c0d0e0f --vip auto --filter udp "$coap"
says out backend-2
if grep -q five-tuple out; then fail "--modes is not heard"; fi
expect 0 sim --no-report --reverse "$coap"
expect 0 sim --no-report --vip 192.0.2.99 "$coap"
says err "203.0.113.10:5683  udp, "
"$FAIRLEAD" sim --no-report - <"$coap" >out 2>err || fail "standard input"
says out "477 flows"

echo "== usage"
expect 2
expect 2 bogus
expect 2 sim
expect 2 sim --speed 0 "$coap"
expect 2 sim --speed 1e3 "$coap"
expect 2 sim --loop 0 "$coap"
expect 2 sim --loop 2 -
says err "read only once"
expect 2 sim --max-gap 5 "$coap"
expect 2 sim --max-flows 0 "$coap"
expect 2 sim --paper a5 "$coap"
expect 2 sim --flows --no-report "$coap"
expect 2 sim --replicas 2 "$coap"
says err "no option --replicas"
expect 2 sim --replications 0 "$coap"
expect 2 sim --replications 100001 "$coap"
expect 2 sim --replications 2 -
says err "read only once"
expect 2 sim --workers 0 "$coap"
for wrong in 0 0% 100% 1 -1% x %; do
	expect 2 sim --precision "$wrong" "$coap"
	says err "like 5% or 0.05"
done
expect 2 sim --precision 5% --replications 9 "$coap"
expect 2 sim --algorithms maglev,nonsense "$coap"
says err nonsense
expect 2 sim --algorithms maglev,maglev "$coap"
expect 2 sim --duration 0s "$coap"
expect 2 sim --duration 5 "$coap"
for wrong in pool.size x=1 pool.size= pool.size=0 pool.size=2,3 hash_key=5 \
    instances=65 instances=0 warm_up=5 distribution=x table_size=250 \
    probe.interval=0s probe.threshold=0 idle_timeout=1 probe.interval=15s '' =
do
	expect 2 sim --set "$wrong" "$coap"
	silent out
done
expect 2 sim --set pool.size=3 --backends 3 "$coap"
expect 2 sim --set warm_up=5s --duration 5s "$coap"
expect 2 sim -s scenario.yaml "$coap"
says err "scenario.yaml: can't be read"
expect 2 sim --json=yes "$coap"
expect 2 sim "$coap" -o
expect 2 sim --modes five-tuple,nonsense "$coap"
says err nonsense
expect 2 sim --modes five-tuple,five-tuple "$coap"
expect 2 sim --modes '' "$coap"
expect 2 sim --backends 0 "$coap"
expect 2 sim --backends 32768 "$coap"
expect 2 sim --backends 4x "$coap"
expect 2 sim --vip 203.0.113.10:0 "$coap"
expect 2 sim --vip 203.0.113 "$coap"
expect 2 sim --vip 0.0.0.0 "$coap"
expect 2 sim --vip '[::]:5683' "$coap"
expect 2 sim --vip '[2001:db8::1' "$coap"
expect 2 sim --vip auto -
expect 2 sim --hash-key 0011 "$coap"
expect 2 sim --hash-key 0123456789abcdef0123456789abcdeg "$coap"
expect 2 sim --seed -1 "$coap"
expect 2 sim --filter 'port port' "$coap"
says err "port port"
expect 2 sim --no-report -o x "$coap"
expect 2 sim - -
expect 2 sim -c missing.yaml "$coap"
printf 'rules: [ { name: x, fronted: y } ]\n' >wrong.yaml
expect 2 sim -c wrong.yaml "$coap"
says err "wrong.yaml:1:"
for help in --help "sim --help" "check --help" --version; do
	# shellcheck disable=SC2086
	expect 0 $help
	silent err
	test -s out || fail "nothing said: $help"
done

echo "== a configuration"
cat >lb.yaml <<'END'
load_balancer: { sku: fairlead }
frontends: [ { name: coap, address: 203.0.113.10 } ]
pools:
  - name: vms
    members: [ { name: a, address: 10.0.0.4 }, { name: b, address: 10.0.0.5 } ]
rules:
  - { name: coap, frontend: coap, pool: vms, protocol: udp,
      frontend_port: 5683, backend_port: 5683 }
END
expect 0 sim --no-report -c lb.yaml "$coap"
silent err
says out '^configured '
expect 0 sim --no-report -c lb.yaml --modes source-ip,five-tuple "$coap"
says out '^source-ip '
expect 2 sim -c lb.yaml --backends 3 "$coap"
sed 's/203.0.113.10/203.0.113.77/' lb.yaml >elsewhere.yaml
expect 0 sim --no-report -c elsewhere.yaml "$coap"
says err 203.0.113.10:5683
expect 0 sim --no-report -c elsewhere.yaml --vip auto "$coap"
silent err

expect 0 sim --no-report -c lb.yaml --algorithms maglev "$coap"
says out '^maglev '
expect 0 sim --no-report -c lb.yaml --set pool.size=1 "$coap"
if grep -q '^  b ' out; then fail "pool.size is not heard"; fi
expect 2 sim --no-report -c lb.yaml --set pool.size=3 "$coap"
says err "pool 'vms' has 2 members"

echo "== weights"
sed 's/10.0.0.5 }/10.0.0.5, weight: 50 }, { name: c, address: 10.0.0.6, weight: 0 }/' lb.yaml >weights.yaml
expect 0 sim --no-report -c weights.yaml "$coap"
says out '^  backend weight '
says out '^  b  *50 '
if grep -q '^  c ' out; then fail "a drained member is judged"; fi
says out '^  flows  *\(0.99[0-9]\|1.00\) .* of 2 .*like a perfect hash$'
says out '^balance .* Jain \(0.99[0-9]\|1.00\) by flows'
expect 0 sim --no-report --json -c weights.yaml "$coap"
says out '"weight": 50'
says out '"fair": 0.333333333333'
expect 0 sim -o weighted -c weights.yaml "$coap"
grep -q 'its share by weight is' weighted/report.html || fail "the title does not say by weight"
rm -rf weighted

echo "== several cases, several times"
expect 0 sim --no-report --modes source-ip --algorithms maglev,stable "$coap"
says out '^stable (source-ip, stable'
expect 0 sim --no-report --algorithms maglev,modulo "$coap"
says out '^source-ip-protocol modulo (source-ip-protocol, modulo'
expect 0 sim --no-report --algorithms modulo "$coap"
says out "^five-tuple (modulo, "
expect 0 sim --no-report --modes five-tuple --algorithms modulo "$coap"
says out '^five-tuple modulo (five-tuple, modulo'
expect 0 sim --no-report --set distribution=source-ip --set algorithm=modulo \
    --set pool.size=3 --set table_size=257 "$coap"
says out '^source-ip modulo '
says out backend-3
expect 0 sim -o set --set pool.size=3 --set table_size=257 --replications 4 \
    --algorithms maglev "$coap"
silent err
says set/run.json '"set": "pool.size=3,table_size=257"'
says set/run.json '"backends": 3'
says set/run.json '"algorithms": "maglev"'
says set/run.json '"replications": 4'
says set/summary.json '"deterministic": false'
for workers in 1 2 3; do
	expect 0 sim -o w$workers --workers $workers --replications 7 "$coap"
	rm w$workers/timing.json
	diff -r w1 w$workers >/dev/null || fail "$workers workers: other results"
done
expect 0 sim -o again --replications 7 --seed 2 "$coap"
! cmp -s w1/run.record again/run.record || fail "the seed has no say"
expect 0 sim --no-report --replications 3 \
    --hash-key 000102030405060708090a0b0c0d0e0f --json "$coap"
says err "all alike"
says out '"deterministic": true'
expect 0 sim --no-report --json --precision 2% "$coap"
says err 'replications: the mean Jain index by packets is 0\.[0-9]* to within'
expect 0 sim --no-report --json --precision 0.01% --replications 10 "$coap"
says err '10 replications are not precise enough'
rm -rf set w1 w2 w3 again

echo "== faults"
sed 's/^rules:/probes: [ { name: t, protocol: tcp, port: 1, interval: 5s } ]\n&/
    s/name: coap, frontend: coap/&, probe: t/' lb.yaml >probed.yaml
cat >faults.yaml <<END
seed: 5
traffic: [ { capture: $coap } ]
faults:
  - { at: 30s, member: b, state: crashed }
  - { at: 75s, member: b, state: up }
END
expect 0 sim -o faulty -c probed.yaml -s faults.yaml
says faulty/events.jsonl '"event":"fault","member":"b","state":"crashed"'
says faulty/events.jsonl '"member_down","case":"configured","member":"b","rea'
says faulty/events.jsonl '"member_up","case":"configured","member":"b","reas'
says faulty/summary.json '"detected_after_s": [5-9]\.'
says faulty/summary.json '"restored_after_s": 4[5-9]\.\|_s": 50\.'
says faulty/summary.json '"deterministic": false'
expect 0 sim -o again -c probed.yaml -s faults.yaml
cmp -s faulty/summary.json again/summary.json || fail "same seed, other result"
cmp -s faulty/events.jsonl again/events.jsonl || fail "same seed, other events"
expect 0 sim --no-report -c probed.yaml -s faults.yaml --json \
    --set probe.interval=15s --set idle_timeout=4m
says out '"detected_after_s": [12][0-9]\.'
expect 2 sim -c probed.yaml -s faults.yaml --set probe.threshold=999
says err "what was set"
expect 0 sim -o other -c probed.yaml -s faults.yaml --seed 6
! cmp -s faulty/events.jsonl other/events.jsonl || fail "the seed has no say"
expect 0 report faulty
cmp -s faulty/summary.json again/summary.json || fail "faults are not redrawn"
expect 2 sim --no-report -s faults.yaml
says err "has no member"

echo "== clients that answer"
cat >made.yaml <<'END'
seed: 5
duration: 10s
modes: [five-tuple, source-ip]
traffic: [ { profile: web, rate: 20/s, clients: 50 } ]
assertions: [ { metric: jain, case: source-ip, at_least: 0.1 } ]
END
expect 0 sim -s made.yaml
silent err
test "$(tail -n 1 out)" = "report: made-run" || fail "$(tail -n 1 out)"
says out '^source-ip '
expect 0 sim -s made.yaml --json -q --workers 1
silent err
test "$(head -c 1 out)$(tail -n 1 out)" = "{}" || fail "--json is not one document"
test -d made-run-2 || fail "second run's name"
rm made-run/timing.json made-run-2/timing.json
diff -r made-run made-run-2 >/dev/null || fail "other workers, other results"
expect 0 sim --no-report -s made.yaml --duration 2s --set warm_up=1s --json
says out '"duration_s": 2\.'
expect 2 sim -s made.yaml --modes five-tuple
says err "no such case"
expect 2 sim -s made.yaml --duration 0s
rm -rf made-run made-run-2

echo "== assertions"
cat >nightly.yaml <<END
seed: 9
traffic: [ { capture: $coap, loop: 2 } ]
assertions:
  - { metric: jain, rule: all, case: five-tuple, at_least: 0.95 }
END
expect 0 sim --no-report -s nightly.yaml
says out '^  PASS  jain(all, five-tuple) >= 0.95: 0.997'
says out 'in 2 rounds'
expect 0 sim --no-report -s nightly.yaml --loop 1 --seed 3 --json "$coap"
says out '"seed": 3'
says out '"text": "jain(all, five-tuple) >= 0.95"'
expect 1 sim -o demanded -s nightly.yaml --assert 'max_share(all) < 25%'
says out '^  FAIL  max_share(all, five-tuple) < 0.25: 0.2'
says out '  3 of 4 failed'
test "$(tail -n 1 out)" = "report: demanded" || fail "$(tail -n 1 out)"
says demanded/run.json '"scenario": "seed: 9'
mv out first
expect 1 report demanded
cmp -s first out || fail "assertions are not redrawn"
expect 1 sim --no-report --json --assert 'untracked() > 0' "$coap"
says out '"pass": false'
head -c 100000 "$coap" >cut.pcap
expect 1 sim --no-report --assert 'untracked() > 0' cut.pcap
for wrong in 'jian(all) > 0' 'jain(none) > 0' 'share(all, x) > 0' \
    'drops(none) > 0' 'jain(all, none) > 0' 'jain(all) > x'; do
	expect 2 sim --no-report --assert "$wrong" "$coap"
	silent out
done
printf 'traffic: [ { profile: wep } ]\nduration: 3x\n' >wrong.yaml
expect 2 sim -s wrong.yaml
says err "wrong.yaml:1:23: "
says err "wrong.yaml:2:11: "
expect 2 check -s wrong.yaml
expect 0 check -s nightly.yaml
says out "^assertions (1)"
expect 2 check -c lb.yaml -s nightly.yaml
says err "there is no such case"
rm -rf demanded cut.pcap

echo "== input"
: >zero.pcap
echo "this is no capture" >garbage.pcap
head -c 100000 "$coap" >cut.pcap
rm -rf ./*-run
for f in missing.pcap zero.pcap garbage.pcap "$dir"; do
	expect 3 sim "$f"
	silent out
	says err "$(basename "$f")"
done
expect 3 sim missing.pcap zero.pcap
expect 4 sim cut.pcap
says err "damaged at byte [0-9]*, after"
says cut-run/summary.json '"damaged_at": [0-9]'
gzip -c "$coap" >coap.gz
expect 0 sim --no-report coap.gz
mv out plain
expect 0 sim --no-report "$coap"
sed 's/coap.pcap/coap.gz/' out | cmp -s - plain || fail "gzip is not the same"
head -c 30000 coap.gz >cut.gz
expect 4 sim --no-report cut.gz
says err damaged
expect 0 sim --no-report --filter 'ether broadcast or udp' "$coap"
says cut-run/summary.json '"partial": true'
expect 4 sim --no-report "$coap" missing.pcap
says err missing.pcap
expect 2 sim --filter 'port port' missing.pcap "$coap"
for left in missing-run zero-run garbage-run; do
	test ! -e $left || fail "left behind: $left"
done

echo "== the machine"
expect 5 sim -o garbage.pcap/run "$coap"
got=0
"$FAIRLEAD" sim --no-report --json "$coap" >/dev/full 2>err || got=$?
test $got = 5 || fail "exit code $got with a full disk"

echo "== interrupted"
mkfifo pipe
{ cat "$coap"; sleep 60; } >pipe &
writer=$!
"$FAIRLEAD" sim -o interrupted pipe >out 2>err &
reader=$!
sleep 1
kill -INT $reader
got=0
wait $reader || got=$?
kill $writer 2>/dev/null || :
test $got = 130 || fail "exit code $got after an interrupt"
says err interrupted
test ! -e interrupted || fail "a report of an interrupted run"
test -z "$(find . -maxdepth 1 -name '*interrupted*')" || fail "left behind: $(ls)"
exit $failed
