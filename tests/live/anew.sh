#!/bin/sh
# A reload that loads the program anew, and fails: by one system call after
# another that is refused on the way (strace). Nothing of it is in force then:
# what probes find out reaches the program that forwards, connections stay, and
# the same reload goes well when nothing fails any more.
set -eu
# shellcheck source=tests/live/netns.sh
. "${SRC:?names the source tree}/tests/live/netns.sh"
for tool in python3 strace; do
	command -v $tool >/dev/null || skip "there is no $tool"
done
cd "$dir"

cat >few.yaml <<'END'
load_balancer: { sku: fairlead }
connection_table: { entries: 10000 }
forwarding: { mode: nat, interfaces: [c0, b1, b2] }
frontends: [{ name: four, address: 10.77.0.10 }]
pools:
  - name: pool
    members:
      - { name: s1, address: 10.77.2.2 }
      - { name: s2, address: 10.77.3.2 }
probes: [{ name: alive, protocol: tcp, port: 8083, interval: 200ms, probe_threshold: 1 }]
rules:
  - { name: tcp, frontend: four, pool: pool, probe: alive, protocol: tcp, frontend_port: 5001, backend_port: 8082 }
END
# so many that neither the plan nor the counters have room
awk '{ print } /^rules:/ {
	for (i = 10001; i < 11500; i++)
		printf "  - { name: r%d, frontend: four, pool: pool, protocol: udp, frontend_port: %d, backend_port: %d }\n", i, i, i
}' few.yaml >many.yaml

# program: what c0 runs
program() {
	ip -n "$tag-balancer" -d link show c0 |
	    sed -n 's,.*prog/xdp id \([0-9]*\).*,\1,p'
}

# probed NAME: who answers the probe there
probed() {
	in_background "$1" python3 "$SRC/tests/live/echo.py" "$1" 8083 \
	    >probed-"$1"
	wait_for probed-"$1" ready
	eval "probed_$1=\$pid"
}

# only NAME: all new connections go there, within ten seconds
only() {
	left=50
	until in_ns client python3 -c 'import socket, sys
names = set()
for i in range(20):
    s = socket.create_connection(("10.77.0.10", 5001), timeout=5)
    names.add(s.recv(10).decode().strip())
print(*names)
sys.exit(names != {sys.argv[1]})' "$1" >asked 2>&1; do
		left=$((left - 1))
		test $left -gt 0 || {
			fail "new connections do not go to $1 alone: $(cat asked)"
			return 0
		}
		sleep 0.2
	done
}

network
for s in $servers; do
	in_background "$s" python3 "$SRC/tests/live/echo.py" "$s" 8082 >"$s.out"
	wait_for "$s.out" ready
	probed "$s"
done
cp few.yaml lb.yaml
balance
met
first=$(program)
talk 5001 20 10.77.0.10

refused=0
for nth in 1 2 3 4 5 6 7 8; do
	cp many.yaml lb.yaml
	strace -p "$live" -o strace.out -e trace=dup \
	    -e inject=dup:error=EMFILE:when=$nth 2>strace.err &
	tracer=$!
	pids="$pids $tracer"
	left=50
	until grep -q attached strace.err 2>/dev/null; do
		left=$((left - 1))
		test $left -gt 0 || skip "strace may not: $(cat strace.err)"
		sleep 0.1
	done
	code=0
	"$FAIRLEAD" ctl --pin-name "$pin" reload >out 2>&1 || code=$?
	kill $tracer
	wait $tracer || :
	if ! grep -q INJECTED strace.out; then
		test $code = 0 || fail "reload: $code, $(tail -n 3 out)"
		break
	fi
	echo "dup $nth refused: exit code $code, $(tail -n 1 out)"
	# past the point from which on it only warns
	test $code != 0 || break
	test $code = 5 || fail "a reload with dup $nth refused: exit code $code"
	grep -q 'the one before stays in force' out || fail "dup $nth: $(cat out)"
	test "$(program)" = "$first" || fail "dup $nth: another program"
	refused=$((refused + 1))
	cp few.yaml lb.yaml
	if test $((nth % 2)) = 1; then
		echo "+ s1 stops to answer its probe"
		# shellcheck disable=SC2154 # probed sets it
		kill "$probed_s1"
		only s2
		probed s1
	else
		echo "+ s2 stops to answer its probe"
		# shellcheck disable=SC2154
		kill "$probed_s2"
		only s1
		probed s2
	fi
	met
done
test $refused -ge 4 || fail "only $refused steps could be made to fail"

echo "== and it goes well"
test "$(program)" != "$first" || fail "the program was not loaded anew"
echo "+ s1 stops to answer its probe"
kill "$probed_s1"
only s2
talked
exit $failed
