#!/bin/sh
# The sample captures: each that traces/traces.am names replays whole, and its
# text and the tool say the same. UPDATE_GOLDEN=1 writes the figures anew.
set -eu
: "${FAIRLEAD:?names the program}" "${SRC:?names the source tree}"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
samples=$SRC/traces/samples
failed=0

fail() {
	echo "FAIL: $*"
	failed=1
}

# flows_least NAME: fewer flows show nothing; "" for a sample without a row
flows_least() {
	case $1 in
	coap) echo 400 ;;
	dns) echo 500 ;;
	failover) echo 140 ;;
	web) echo 220 ;;
	esac
}

# number KEY: of the first such key in the JSON
number() {
	sed -n "s/^ *\"$1\": \([0-9]*\),*\$/\1/p" "$dir/json" | head -n 1
}

replays() { # NAME
	least=$(flows_least "$1")
	test -n "$least" || {
		fail "$1: no row in flows_least (tests/e2e/samples.sh)"
		return
	}
	got=0
	"$FAIRLEAD" sim --json --no-report -q "$samples/$1.pcap" \
	    >"$dir/json" 2>"$dir/err" || got=$?
	test $got = 0 || fail "$1: exit code $got: $(cat "$dir/err")"
	test ! -s "$dir/err" || fail "$1: said: $(cat "$dir/err")"
	for key in malformed truncated other_protocol; do
		test "$(number $key)" = 0 || fail "$1: $key: $(number $key)"
	done
	test "$(number flows)" -ge "$least" ||
	    fail "$1: $(number flows) flows, less than $least"
}

# says_the_same NAME: the end of its text against what is said now
says_the_same() {
	text=$samples/$1.txt
	sed '/^What fairlead sim prints/,$d' "$text" >"$dir/text"
	sed -i '${/^$/d;}' "$dir/text"
	sh "$samples/figures.sh" "$FAIRLEAD" "$samples/$1.pcap" >>"$dir/text" || {
		fail "$1: figures.sh"
		return
	}
	test -z "${UPDATE_GOLDEN-}" || cp "$dir/text" "$text"
	diff -u "$text" "$dir/text" ||
	    fail "$1.txt is not what fairlead says (UPDATE_GOLDEN=1?)"
}

names=$(sed -n 's|.*samples/\([a-z0-9]*\)\.pcap.*|\1|p' "$SRC/traces/traces.am")
test -n "$names" || fail "traces.am names no samples"
for name in $names; do
	for file in "$name.pcap" "$name.txt" "make-$name.sh"; do
		test -s "$samples/$file" || fail "no $file"
		grep -q "samples/$file" "$SRC/traces/traces.am" ||
		    fail "$file is not in traces.am"
	done
	replays "$name"
	says_the_same "$name"
done
for file in "$samples"/*.pcap; do
	grep -q "samples/${file##*/}" "$SRC/traces/traces.am" ||
	    fail "${file##*/} is not in traces.am"
done
exit $failed
