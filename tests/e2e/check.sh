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
