#!/bin/sh
# fairlead verify over every capture of $FAIRLEAD_CAPTURES: no difference, and
# the exit code that its state asks for. INDEX.tsv there says what libpcap makes
# of a file (column 14) and its link type (column 7).
set -eu
: "${FAIRLEAD:?names the program}" "${FAIRLEAD_CAPTURES:=}"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
status=0
fail() {
	echo "$*"
	status=1
}

# A capture header without packets is a valid, empty input.
printf '\324\303\262\241\002\000\004\000\000\000\000\000\000\000\000\000\377\377\000\000\001\000\000\000' \
    >"$dir/empty.pcap"
: >"$dir/nothing"

# run CODE ARG...: out and err, and the exit code as expected
run() {
	want=$1
	shift
	got=0
	"$FAIRLEAD" verify -q "$@" >"$dir/out" 2>"$dir/err" </dev/null ||
	    got=$?
	test "$got" = "$want" ||
	    fail "verify $*: exit $got, not $want: $(head -n 3 "$dir/err")"
}

got=0
"$FAIRLEAD" verify -q "$dir/empty.pcap" >"$dir/out" 2>"$dir/err" || got=$?
if test "$got" = 5 && grep -q 'not permitted' "$dir/err"; then
	echo "skipped: without privilege"
	exit 77
fi
test "$got" = 0 || fail "an empty capture: exit $got: $(cat "$dir/err")"
grep -q '^0 packets in 0.0 s of capture: both builds agree' "$dir/out" ||
    fail "an empty capture: $(cat "$dir/out")"

run 2
run 2 --no-such-option "$dir/empty.pcap"
run 2 --backends 0 "$dir/empty.pcap"
run 2 --modes five-tuple,five-tuple "$dir/empty.pcap"
run 2 --filter 'no such thing' "$dir/empty.pcap"
run 2 -c "$dir/missing.yaml" "$dir/empty.pcap"
run 3 "$dir/missing.pcap"
run 3 "$dir/nothing"
run 4 "$dir/nothing" "$dir/empty.pcap"
run 0 --help
grep -q '^usage: fairlead verify' "$dir/out" || fail '--help: no usage'
run 0 -c "${SRC:?}/doc/config.yaml" "$SRC/traces/samples/coap.pcap"
grep -q '^forward .* [1-9]' "$dir/out" || fail "coap.pcap: $(cat "$dir/out")"
FAIRLEAD_BPF_DIR=$dir run 5 "$dir/empty.pcap"
grep -q 'FAIRLEAD_BPF_DIR' "$dir/err" || fail "no object: $(cat "$dir/err")"

# expected FILE: the exit code
expected() {
	row=$(awk -F'\t' -v f="$1" '$1 == f { print $7 "\t" $14 }' \
	    "$FAIRLEAD_CAPTURES/INDEX.tsv")
	case $row in
	'NFLOG('*) echo 3 ;; # a link type that is not read
	*'	ok') echo 0 ;;
	*'of the first interface') echo 0 ;; # by our own reader of pcapng
	*'ERR: pcap_loop'*) echo 4 ;; # breaks off
	*) echo 3 ;;                  # is none at all
	esac
}

if ! test -f "$FAIRLEAD_CAPTURES/INDEX.tsv"; then
	echo "no captures in FAIRLEAD_CAPTURES ($FAIRLEAD_CAPTURES)"
	test "$status" != 0 || exit 77
	exit "$status"
fi
files=0
packets=0
for f in "$FAIRLEAD_CAPTURES"/*.pcap*; do
	name=${f##*/}
	want=$(expected "$name")
	got=0
	"$FAIRLEAD" verify -q --json --modes five-tuple "$f" >"$dir/out" \
	    2>"$dir/err" || got=$?
	# shellcheck disable=SC2254 # a pattern on purpose
	case $got in
	$want) ;;
	*) fail "$name: exit $got, not $want: $(head -n 3 "$dir/err")" ;;
	esac
	test "$got" != 3 || continue
	files=$((files + 1))
	grep -q '^  "differences": 0,$' "$dir/out" ||
	    fail "$name: $(grep -A 12 first_difference "$dir/out")"
	n=$(sed -n 's/^  "compared": \([0-9]*\),$/\1/p' "$dir/out")
	packets=$((packets + n))
done
echo "$files captures, $packets packets compared"
test "$packets" -gt 0 || fail "nothing was compared"

# All of them as one input, in three modes, are as much.
got=0
"$FAIRLEAD" verify -q --json "$FAIRLEAD_CAPTURES"/*.pcap* >"$dir/out" \
    2>"$dir/err" || got=$?
test "$got" = 4 || fail "all at once: exit $got"
grep -q "^  \"compared\": $packets,\$" "$dir/out" ||
    fail "all at once: $(grep compared "$dir/out"), not $packets"
grep -q '^  "differences": 0,$' "$dir/out" || fail "all at once: differences"
exit $status
