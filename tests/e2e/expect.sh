# shellcheck shell=sh
# What the tests from outside begin with: a folder of their own to be in, and
# words for what the program did. $failed is 1 once something was not right.
: "${FAIRLEAD:?names the program}" "${SRC:?names the source tree}"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
# shellcheck disable=SC2034 # for who reads this
coap=$SRC/traces/samples/coap.pcap
failed=0

fail() {
	echo "FAIL: $*" >&2
	sed 's/^/    stderr: /' err >&2
	failed=1
}

# expect CODE ARGUMENT...: runs fairlead; its streams are in out and err
expect() {
	want=$1
	shift
	got=0
	"$FAIRLEAD" "$@" >out 2>err </dev/null || got=$?
	test "$got" = "$want" ||
	    fail "exit code $got, not $want: fairlead $*"
	if grep -q 'ERROR: \|runtime error' err; then
		fail "a sanitizer has found something: fairlead $*"
	fi
}

says() { # FILE PATTERN
	grep -q -e "$2" "$1" || fail "$1 does not say: $2"
}

silent() { # FILE
	test ! -s "$1" || fail "there is something in $1"
}
