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

run 2 -c "$tmp/missing.yaml"
run 2
run 2 -c doc/config.yaml more
run 2 --no-such-option
run 0 --help
grep -q 'usage: fairlead check' "$tmp/out" || fail 'check --help: no help'
exit $status
