#!/bin/sh
# The bundled scenarios: each is dist, says what it teaches, checks, ends well,
# and comes to what tests/golden/scenarios says. UPDATE_GOLDEN=1 writes anew.
set -eu
. "${SRC:?names the source tree}/tests/e2e/expect.sh"
scenarios=$SRC/sim/scenarios
golden=$SRC/tests/golden/scenarios

for file in "$scenarios"/*.yaml; do
	name=${file##*/}
	name=${name%.yaml}
	grep -q "scenarios/$name.yaml" "$SRC/sim/sim.am" ||
	    fail "$name.yaml is not in sim.am"
	case $name in
	*.lb)
		expect 0 check -c "$file"
		continue
		;;
	esac
	echo "== $name"
	says "$file" '^# What it teaches: '
	says "$file" '^config: '
	expect 0 check -s "$file"
	silent err
	expect 0 sim -q --no-report -s "$file"
	silent err
	test -z "${UPDATE_GOLDEN-}" || cp out "$golden/$name.txt"
	diff -u "$golden/$name.txt" out ||
	    fail "$name comes to something else (UPDATE_GOLDEN=1?)"
done

echo "== whoever reckons"
for workers in 1 2 3; do
	expect 0 sim -q --no-report --json --replications 5 --workers $workers \
	    -s "$scenarios/coap-story.yaml"
	mv out "workers-$workers"
done
cmp workers-1 workers-2 || fail "two workers come to something else"
cmp workers-1 workers-3 || fail "three workers come to something else"

echo "== in words and pictures"
expect 0 sim -q -s "$scenarios/coap-story.yaml" -o story
says out 'coap-ubuntu-2 crashed at 60 s; its probe noticed after'
for file in failover kept response; do
	test -s "story/charts/$file.png" || fail "no charts/$file.png"
done
says story/report.html 'coap-ubuntu-2 crashed at'

echo "== the trap and the way out"
expect 0 sim -q --no-report -s "$scenarios/coap-netcat-lies.yaml"
says out 'no probe noticed'
expect 0 sim -q --no-report -s "$scenarios/coap-netcat-lies.yaml" \
    -c "$scenarios/coap-probe.lb.yaml" --assert 'time_to_detect() <= 10s'
exit $failed
