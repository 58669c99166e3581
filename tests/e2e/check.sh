#!/bin/sh
# fairlead check: what it says, where it says it, and its exit codes.
set -eu
: "${SRC:?}" "${FAIRLEAD:?}"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$SRC"

status=0
fail() {
	echo "$*"
	status=1
}

# run CODE ARG...: stdout and stderr to $tmp, and the exit code as expected
run() {
	want=$1
	shift
	got=0
	"$FAIRLEAD" check "$@" >"$tmp/out" 2>"$tmp/err" </dev/null || got=$?
	test "$got" = "$want" || fail "check $*: exit $got, not $want"
}

# same FILE GOLDEN
same() {
	if test -n "${UPDATE_GOLDEN-}"; then
		cp "$1" "$2"
	fi
	diff -u "$2" "$1" || fail "$2 is not what was said"
}

run 0 -c doc/config.yaml
same "$tmp/out" tests/golden/check_doc.ok
test ! -s "$tmp/err" || fail 'doc/config.yaml: something on stderr'

run 2 -c tests/golden/check_bad.yaml
same "$tmp/err" tests/golden/check_bad.ok
test ! -s "$tmp/out" || fail 'check_bad.yaml: something on stdout'

run 0 --json -c doc/config.yaml
sed 's/^  "fairlead": .*/  "fairlead": "",/' "$tmp/out" >"$tmp/json"
same "$tmp/json" tests/golden/check_doc.json
run 2 --json -c tests/golden/check_bad.yaml
grep -q '"good": false' "$tmp/out" || fail 'check --json: a bad file is good'
grep -q '"code": "RulesUseSameBackendPortProtocolAndPool"' "$tmp/out" ||
    fail 'check --json: no code'

run 0 -c doc/config.yaml -s doc/scenario.yaml
sed -n '/^scenario /,$p' "$tmp/out" >"$tmp/scenario"
same "$tmp/scenario" tests/golden/check_scenario.ok
test ! -s "$tmp/err" || fail 'doc/scenario.yaml: something on stderr'
run 0 -s doc/scenario.yaml # it names the configuration
sed -n '/^scenario /,$p' "$tmp/out" | cmp -s - "$tmp/scenario" ||
    fail 'doc/scenario.yaml: -c makes a difference'

run 2 -c doc/config.yaml -s tests/golden/check_scenario_bad.yaml
same "$tmp/err" tests/golden/check_scenario_bad.ok
test ! -s "$tmp/out" || fail 'check_scenario_bad.yaml: something on stdout'

run 0 --json -c doc/config.yaml -s doc/scenario.yaml
sed -n '/^  "scenario": /,$p' "$tmp/out" >"$tmp/json"
same "$tmp/json" tests/golden/check_scenario.json
run 2 --json -c doc/config.yaml -s tests/golden/check_scenario_bad.yaml
grep -q '"good": false' "$tmp/out" || fail 'check --json: a bad scenario is good'
grep -q '"plan": null' "$tmp/out" || fail 'check --json: a bad plan'

# without a configuration
cat >"$tmp/zero.yaml" <<'EOF'
duration: 1m
traffic: [ { profile: dns } ]
faults:
  - { at: 10s, member: backend-4, state: crashed }
  - { at: 20s, member: backend-4, admin_state: down }
EOF
run 0 -s "$tmp/zero.yaml"
grep -q 'to all, 100/s: about 6,000 questions' "$tmp/out" ||
    fail 'check -s alone: no forecast'
grep -q 'no probe, nobody notices; all$' "$tmp/out" ||
    fail 'check -s alone: who notices?'
run 0 --json -s "$tmp/zero.yaml"
grep -q '"file": null' "$tmp/out" || fail 'check --json -s alone: a file'
sed -i 's/backend-4/backend-5/' "$tmp/zero.yaml"
run 2 -s "$tmp/zero.yaml"
grep -q "zero.yaml:4:24: .*'backend-5'; did you mean backend-" "$tmp/err" ||
    fail "check -s alone: $(cat "$tmp/err")"

# what Azure lets nobody do, and what nobody asks
balancer() { # SKU, what follows
	cat <<EOF
load_balancer: { sku: $1 }
frontends: [ { name: f, address: 203.0.113.10 } ]
pools: [ { name: be, members: [ { name: a, address: 10.0.0.1 } ] } ]
probes: [ { name: p, protocol: tcp, port: 22, interval: 5s } ]
$2
EOF
}

says() { # what, text: in the output, lines joined
	tr -s ' \n' ' ' <"$tmp/out" | grep -qF -- "$2" || fail "$1: no '$2'"
}

says_not() {
	! tr -s ' \n' ' ' <"$tmp/out" | grep -qF -- "$2" || fail "$1: '$2'"
}

rule='name: k, frontend: f, pool: be, probe: p, frontend_port: 443, backend_port: 443'
balancer standard "rules: [ { $rule, protocol: tcp, outbound_snat: false } ]" \
    >"$tmp/shut.yaml"
run 0 -c "$tmp/shut.yaml"
says 'shut in' ' outbound be none: the balancer lets no member out;'
run 0 --json -c "$tmp/shut.yaml"
says 'shut in' '"outbound_none": [ "be" ]'
{
	balancer standard "rules: [ { $rule, protocol: tcp } ]"
	echo 'forwarding: { mode: l2dsr }'
} >"$tmp/l2dsr.yaml"
run 0 -c "$tmp/l2dsr.yaml"
says 'l2dsr' ' be none: with mode l2dsr what members send does not pass'
says_not 'l2dsr' 'outbound_snat: true'
balancer standard "rules: [ { $rule, protocol: tcp } ]" >"$tmp/open.yaml"
run 0 -c "$tmp/open.yaml"
says_not 'let out' 'none: the'
run 0 --json -c "$tmp/open.yaml"
says 'let out' '"outbound_none": []'
says 'a TCP rule' '"probe_asks_elsewhere": false'

balancer standard "rules: [ { $rule, protocol: udp } ]" >"$tmp/udp.yaml"
run 0 -c "$tmp/udp.yaml"
says 'standard' 'p asks tcp port 22, not this UDP server'
says 'standard' 'Azure has no UDP probes: let something beside the server (a netcat)'
balancer fairlead "rules: [ { $rule, protocol: udp } ]" >"$tmp/udp.yaml"
run 0 -c "$tmp/udp.yaml"
says 'fairlead' 'the probe is answered; probes udp, coap and dns ask it'
sed -i 's/name: p, protocol: tcp/name: p, protocol: udp/' "$tmp/udp.yaml"
run 0 -c "$tmp/udp.yaml"
says_not 'a UDP probe' 'not this UDP server'

# who is silent for too long
quiet() { # configuration, options of the traffic
	printf 'duration: 30m\ntraffic: [ { profile: long-lived, connections: 1, %s } ]\n' \
	    "$2" >"$tmp/quiet.yaml"
	run 0 -c "$1" -s "$tmp/quiet.yaml"
}

quiet "$tmp/open.yaml" 'rule: k, keepalive: 300s, message_every: 10m'
says '300 s' "silent for 5m at a time, and k's idle_timeout is 4m: the balancer forgets"
says '300 s' 'a keepalive below 4m keeps them'
says 'plurals' 'about 1 connection, 1 flow, '
run 0 --json -c "$tmp/open.yaml" -s "$tmp/quiet.yaml"
says '300 s' '"silence": { "silent_ms": 300000, "idle_timeout_ms": 240000, "tcp_reset": false }'
quiet "$tmp/open.yaml" 'rule: k, keepalive: 200s, message_every: 10m'
says_not '200 s' 'silent for'
quiet "$tmp/open.yaml" \
    'from_pool: be, server: 198.51.100.7, port: 443, keepalive: 300s'
says 'outbound' 'silent for 5m at a time, and without an outbound rule the idle_timeout is 4m:'
says 'outbound' 'their SNAT ports are given back meanwhile'
sed -i 's/443 }/443, tcp_reset: true }/; s/protocol: tcp }/protocol: tcp, tcp_reset: true }/' \
    "$tmp/open.yaml"
quiet "$tmp/open.yaml" 'rule: k, keepalive: 300s'
says 'tcp_reset' 'tcp_reset ends these connections'

# one is not many
balancer standard 'outbound_rules: [ { name: o, frontends: [ f ], pool: be, protocol: tcp, ports_per_member: 64000 } ]
rules: [ { name: k, frontend: f, pool: be, probe: p, frontend_port: 443, backend_port: 443, protocol: tcp, outbound_snat: false } ]' \
    >"$tmp/one.yaml"
run 2 -c "$tmp/one.yaml"
grep -q 'for each of 1 member are more than 1 frontend has;' "$tmp/err" ||
    fail "one: $(cat "$tmp/err")"

# the manual's table of ports, at each of its lines and beyond, and of two
# frontends
pool_of() { # MEMBERS, FRONTENDS
	echo 'load_balancer: { sku: standard }'
	echo 'frontends: [ { name: f, address: 203.0.113.10 }, { name: g, address: 203.0.113.11 } ]'
	seq "$1" | awk '
		BEGIN { print "pools: [ { name: be, members: [" }
		{ printf "{ name: m%d, address: 10.0.%d.%d },\n", $1, $1 / 200, $1 % 200 + 2 }
		END { print "] } ]" }'
	echo "outbound_rules: [ { name: o, frontends: [ $2 ], pool: be, protocol: tcp } ]"
}
has() { # MEMBERS, FRONTENDS, PORTS
	pool_of "$1" "$2" >"$tmp/pool.yaml"
	run 0 -c "$tmp/pool.yaml"
	says "$1 members by $2" "be tcp, $3 SNAT ports each"
}
before=
sed -n 's/^\.It up to \([0-9]*\) Ta \([0-9]*\)$/\1 \2/p' doc/fairlead.yaml.5 \
    >"$tmp/tiers"
test "$(wc -l <"$tmp/tiers")" = 6 || fail "the manual's table: $(cat "$tmp/tiers")"
while read -r members ports; do
	test -z "$before" || has $((before + 1)) f "$ports"
	has "$members" f "$ports"
	has "$members" 'f, g' $((ports < 512 ? 2 * ports : 1024))
	before=$members
done <"$tmp/tiers"

# a rule's port takes eight, also one below 1024
balancer standard 'outbound_rules: [ { name: o, frontends: [ f ], pool: be, protocol: udp, ports_per_member: 63992 } ]
rules: [ { name: k, frontend: f, pool: be, probe: p, frontend_port: 443, backend_port: 443, protocol: tcp, outbound_snat: false } ]' \
    >"$tmp/eight.yaml"
run 0 -c "$tmp/eight.yaml"
says 'eight' 'be udp, 63992 SNAT ports each'
sed 's/63992/64000/' "$tmp/eight.yaml" >"$tmp/nine.yaml"
run 2 -c "$tmp/nine.yaml"

# what is bundled is good
for scenario in sim/scenarios/*.yaml; do
	case $scenario in
	*.lb.yaml) run 0 -c "$scenario" ;;
	*) run 0 -s "$scenario" ;;
	esac
done

run 2 -c "$tmp/missing.yaml"
run 2 -s "$tmp/missing.yaml"
run 2
run 2 -c doc/config.yaml more
run 2 --no-such-option
run 0 --help
grep -q 'usage: fairlead check' "$tmp/out" || fail 'check --help: no help'
exit $status
