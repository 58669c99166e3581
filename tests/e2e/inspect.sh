#!/bin/sh
# fairlead inspect from outside: options, exit codes, what is on which stream;
# and what it says of captures that are known.
set -eu
. "${SRC:?names the source tree}/tests/e2e/expect.sh"

says() { # FILE PATTERN; lines of FILE are taken for one
	tr '\n' ' ' <"$1" | tr -s ' ' | grep -q -e "$2" ||
	    fail "$1 does not say: $2"
}

echo "== done"
expect 0 inspect "$coap"
silent err
says out "^coap.pcap: pcap, little-endian"
says out "flows: 477 (TCP 50, UDP 427)"
says out "203.0.113.10:5683 udp 427 "
says out "over 4 backends"
mv out first
"$FAIRLEAD" inspect -q - <"$coap" >out 2>err || fail "standard input"
says out "^standard input: \|^-: "
sed 1d first >first-rest
sed 1d out >out-rest
cmp -s first-rest out-rest || fail "standard input says something else"
test "$(ls)" = "$(printf 'err\nfirst\nfirst-rest\nout\nout-rest')" ||
    fail "it left something behind: $(ls)"

expect 0 inspect --json "$coap"
silent err
test "$(head -c 1 out)$(tail -n 1 out)" = "{}" || fail "--json is not one document"
says out '"flows": 477'
mv out first
expect 0 inspect --json -q "$coap"
cmp -s first out || fail "not the same bytes twice"

expect 0 inspect --backends 8 "$coap"
says out "over 8 backends"
expect 0 inspect --reverse "$coap"
says out "client known, reversed"
expect 0 inspect --filter tcp "$coap"
says out "flows: 50 (TCP 50, UDP 0)"
expect 0 inspect --vip 203.0.113.10:5683 "$coap"
says out "flows of 203.0.113.10:5683: 477"
"$FAIRLEAD" inspect --vip auto - <"$coap" >out 2>err || fail "--vip auto -"
says out "flows of 203.0.113.10: 477"
expect 0 inspect --vip 192.0.2.99 "$coap"
says out "nothing to balance: no TCP or UDP packet to or from 192.0.2.99"
head -c 24 "$coap" >header.pcap
expect 0 inspect header.pcap
says out "There is nothing to balance"
expect 0 inspect "$coap" header.pcap
says out "header.pcap.*together"

echo "== usage"
expect 2 inspect
says err "no capture"
expect 2 inspect --seed 1 "$coap"
says err "no option --seed"
expect 2 inspect -o x "$coap"
expect 2 inspect --json=yes "$coap"
expect 2 inspect "$coap" --backends
expect 2 inspect --backends 0 "$coap"
expect 2 inspect --backends 4x "$coap"
expect 2 inspect --vip 203.0.113 "$coap"
expect 2 inspect --filter 'port port' "$coap"
says err "port port"
expect 2 inspect - -
expect 0 inspect --help
silent err
says out "usage: fairlead inspect"
expect 0 --help
says out " inspect "

echo "== input that can't be read"
expect 3 inspect missing.pcap
silent out
says err "missing.pcap: "
: >empty
expect 3 inspect empty
echo "no capture" >text
expect 3 inspect text missing.pcap
expect 4 inspect "$coap" missing.pcap
says out "PARTIAL"
says out "flows: 477"
expect 4 inspect --json "$coap" missing.pcap
says out '"partial": true'
head -c 100000 "$coap" >cut.pcap
expect 4 inspect cut.pcap
says out "damaged"

echo "== a machine that refuses"
if test -w /dev/full; then
	for option in -q --json; do
		got=0
		"$FAIRLEAD" inspect $option "$coap" >/dev/full 2>err || got=$?
		test "$got" = 5 || fail "exit code $got, not 5: a full disk"
	done
fi

echo "== interrupted"
mkfifo pipe
"$FAIRLEAD" inspect pipe >out 2>err &
job=$!
exec 3>pipe
cat "$coap" >&3
kill -INT "$job"
# The end of the pipe, too: it may have been about to read when the signal came.
exec 3>&-
got=0
wait "$job" || got=$?
test "$got" = 130 || fail "exit code $got, not 130: interrupted"
says out "INTERRUPTED"

test -d "${FAIRLEAD_CAPTURES:-}" || {
	test $failed = 0 || exit 1
	echo "skipped: FAIRLEAD_CAPTURES names no folder; the rest passed"
	exit 77
}
captures=$FAIRLEAD_CAPTURES

echo "== captures that are known"
expect 0 inspect "$captures/ndpi_synscan.pcap"
says out "All 1 994 flows are TCP SYNs that never became a connection, from 1 address: a scan or a SYN flood"
expect 0 inspect "$captures/zeek_dhcp_flood.pcap"
says out "250 clients, 250 flows), so the modes are alike"
says out "look spoofed"
expect 0 inspect "$captures"/microschc_leshan*.pcapng
says out "All of it is one flow, 98.3 min long, and no mode divides a flow"
expect 0 inspect "$captures/tcpdump_time_2106_overflow.pcapng"
says out "2106-02-07 06:28:16.000 UTC"
expect 0 inspect "$captures/ndpi_coap_mqtt.pcap"
says out "Nothing happens for 935 days"

echo "== every capture"
for capture in "$captures"/*; do
	for option in "" --json --reverse; do
		got=0
		# shellcheck disable=SC2086
		"$FAIRLEAD" inspect $option "$capture" >out 2>err || got=$?
		case $got in 0 | 3 | 4) ;; *) fail "exit code $got: $capture" ;; esac
		if grep -q 'ERROR: \|runtime error' err; then
			fail "a sanitizer has found something: $capture"
		fi
		if grep -i -q 'nan\b\|inf\b' out; then
			fail "a number is none: $capture"
		fi
	done
done
exit $failed
