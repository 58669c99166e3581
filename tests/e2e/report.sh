#!/bin/sh
# fairlead report from outside: a run drawn again, and runs compared.
set -eu
. "${SRC:?names the source tree}/tests/e2e/expect.sh"

echo "== drawn again"
expect 0 sim -o run --flows "$coap"
mv out first
cp -r run kept
expect 0 report run
silent err
cmp -s first out || fail "not the same on stdout"
diff -r run kept || fail "not the same files"
rm run/summary.json
touch run/summary.json
expect 0 report run/
cmp -s run/summary.json kept/summary.json || fail "summary.json is not new"
expect 0 report -o redrawn run
test "$(tail -n 1 out)" = "report: redrawn" || fail "$(tail -n 1 out)"
for f in redrawn/*; do
	diff -r "$f" "kept/${f#*/}" >/dev/null || fail "not the same: $f"
done
expect 5 report -o redrawn run
says err "already"
expect 0 report -o redrawn --force --paper letter run
grep -aq "MediaBox \[ 0 0 612 792 \]" redrawn/report.pdf || fail "not on letter"
expect 0 report -o redrawn --force run
expect 0 report --json -q run
silent err
cmp -s out kept/summary.json || fail "--json is not summary.json"

echo "== compared"
expect 0 sim -o same -q "$coap"
expect 0 sim -o other --backends 5 --modes five-tuple "$coap"
expect 0 report run same
silent err
says out "Both read the same input"
says out "Every one of the 477 keys in both keeps its backend"
expect 0 report run other same
says out "Another backend for 102 of the 477 keys in both"
says out "^source-ip: only in run"
test "$(awk '{ if (length > n) n = length } END { print n }' out)" -le 80 ||
    fail "wider than 80 columns"
test ! -e other/compare.json || fail "compare.json in a run"
expect 0 report --json -o cmp -q run other
cmp -s out cmp/compare.json || fail "--json is not compare.json"
silent err
says cmp/compare.csv '^run,other,five-tuple,all,'
expect 5 report -o cmp run other
expect 0 report -o cmp --force run other

echo "== what is no run"
expect 2 report
expect 2 report --force run
expect 2 report --bogus run
expect 2 report -o '' run
expect 3 report missing
says err "missing/run.record"
expect 3 report "$coap"
mkdir empty
expect 3 report empty
expect 3 report run empty
silent out
head -c 1000 run/run.record >empty/run.record
expect 3 report empty
says err "cut off"
expect 3 report -o new empty
test ! -e new || fail "made a directory of a damaged run"
expect 0 report --help
says out Examples

echo "== a run of damaged input"
head -c 100000 "$coap" >cut.pcap
expect 4 sim cut.pcap
expect 4 report cut-run
expect 4 report cut-run run
says out "not the same files"
exit $failed
