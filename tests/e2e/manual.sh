#!/bin/sh
# The manual, --help and the completion say the same: every command has a page,
# every long option is in both, and what a run writes is described.
set -eu
: "${FAIRLEAD:?names the program}" "${SRC:?names the source tree}"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
doc=$SRC/doc
failed=0

fail() {
	echo "FAIL: $*" >&2
	failed=1
}

# shown COMMAND: the long options of its --help, one a line
shown() {
	"$FAIRLEAD" "$1" --help |
	    sed -n 's/^ *\(-., \)\{0,1\}\(--[a-z-]*\).*/\2/p' | sort -u
}

# described PAGE: the long options it has an entry for
described() {
	sed -n 's/^\.It Fl \(. , \)\{0,1\}-\([a-z-]*\).*/--\2/p' "$1" | sort -u
}

echo "== commands"
"$FAIRLEAD" --help | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p' >commands
test -s commands || fail "--help names no commands"
while read -r command; do
	page=$doc/fairlead-$command.1
	test -f "$page" || page=$doc/fairlead-$command.8
	test -f "$page" || {
		fail "there is no doc/fairlead-$command.1 or .8"
		continue
	}
	grep -q "^\.It Cm $command\$" "$doc/fairlead.1" ||
	    fail "fairlead.1 does not tell of $command"
	"$FAIRLEAD" "$command" --help >help 2>&1 || {
		echo "$command is not built in: not compared"
		continue
	}
	shown "$command" >shown
	described "$page" >described
	diff shown described >differ ||
	    fail "$command --help (<) and its page (>): $(grep '^[<>]' differ)"
	for word in usage: Examples: 'Exit codes:'; do
		grep -q "^$word" help || fail "$command --help has no $word"
	done
	awk 'length > 80 { exit 1 }' help || fail "$command --help is too wide"
done <commands

echo "== commands of ctl"
if "$FAIRLEAD" ctl --help >help 2>&1; then
	sed -n 's/^  \([a-z][a-z]*\)  .*/\1/p' help | sort >commands-help
	sed -n '/^\.Sh COMMANDS/,/^\.Sh PROTOCOL/s/^\.It Cm \([a-z]*\)\( Ar.*\)\{0,1\}$/\1/p' \
	    "$doc/fairlead-ctl.8" | grep -vx -e up -e partly -e leaving |
	    sort >commands-page
	diff commands-help commands-page ||
	    fail "ctl --help (<) and fairlead-ctl.8 (>) have other commands"
	while read -r command; do
		"$FAIRLEAD" ctl "$command" --help >help ||
		    fail "ctl $command has no --help"
		for word in usage: Examples:; do
			grep -q "^$word" help ||
			    fail "ctl $command --help has no $word"
		done
		awk 'length > 80 { exit 1 }' help ||
		    fail "ctl $command --help is too wide"
		sed -n 's/^ *\(-., \)\{0,1\}\(--[a-z-]*\).*/\2/p' help >shown
		"$FAIRLEAD" ctl --help >help
		while read -r option; do
			grep -q -e " $option\b" help ||
			    fail "ctl --help has no $option of $command"
		done <shown
	done <commands-help
fi

echo "== files"
"$FAIRLEAD" sim -q --flows -o run "$SRC/traces/samples/coap.pcap" >out
"$FAIRLEAD" report -o cmp run run >out
run5=$doc/fairlead-run.5
for f in run/* cmp/*; do
	grep -q "${f#*/}" "$run5" || fail "fairlead-run.5 does not tell of $f"
done
for f in run/*.csv cmp/*.csv; do
	head -n 1 "$f" | tr ',' '\n' | grep -v ' ' >columns
	while read -r column; do
		grep -q "^\.\(Sq\|Pq Sq\) \(.* Sq \)\{0,1\}$column\( \|\$\)" "$run5" ||
		    fail "fairlead-run.5 does not tell of $column in $f"
	done <columns
done

echo "== keys"
keys() { # FILE PAGE
	sed -n 's/.*X([A-Z]*, [A-Z0-9_]*, "\([a-z0-9_]*\)").*/\1/p' "$1" >list
	test -s list || fail "no keys in $1"
	while read -r key; do
		grep -q "^\.\(It \|Ss \)\{0,1\}Cm .*\b$key\b" "$2" ||
		    fail "$(basename "$2") does not tell of $key"
	done <list
}
keys "$SRC/model/config/config_keys.h" "$doc/fairlead.yaml.5"
keys "$SRC/model/scenario/scenario_keys.h" "$doc/fairlead-scenario.5"
sed -n 's/^	\[LB_METRIC_[A-Z_]*\] = { "\([a-z_]*\)".*/\1/p' \
    "$SRC/model/scenario/assertion.c" >metrics
test -s metrics || fail "no metrics"
while read -r metric; do
	grep -q "^\.\(It \)\{0,1\}Cm .*\b$metric\b" "$doc/fairlead-sim.1" ||
	    fail "fairlead-sim.1 does not tell of $metric"
done <metrics

echo "== completion"
completes() { # EXPECTED WORD...
	expected=$1
	shift
	# shellcheck disable=SC2016
	bash -c '. "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _fairlead
	    printf "%s\n" "${COMPREPLY[@]}"' \
	    "$doc/completion/fairlead.bash" "$FAIRLEAD" "$@" >out
	grep -qxe "$expected" out || fail "completion of '$*': $(cat out)"
}
if command -v bash >/dev/null; then
	while read -r command; do
		completes "$command" ''
		completes "$command" "$command"
	done <commands
	completes --assert sim --as
	completes --force report --f
	completes source-ip-protocol sim --modes source
	completes auto sim --vip ''
	completes stable sim --algorithms st
	completes generic live --mode g
	if "$FAIRLEAD" ctl --help >/dev/null 2>&1; then # not without live
		completes drain ctl dr
		completes --wait ctl drain --w
		completes down ctl --json admin web/web-1 d
	fi
	completes table_size= sim --set ta
	completes run report r
	touch a.pcap
	completes a.pcap sim a
	completes a.pcap gen -o a
fi
for mode in $(sed -n "s/^_fairlead_modes='\(.*\)'/\1/p" \
    "$doc/completion/fairlead.bash"); do
	"$FAIRLEAD" sim --no-report --modes "$mode" \
	    "$SRC/traces/samples/coap.pcap" >out || fail "no mode $mode"
done

for algorithm in $(sed -n "s/^_fairlead_algorithms='\(.*\)'/\1/p" \
    "$doc/completion/fairlead.bash"); do
	"$FAIRLEAD" sim --no-report --algorithms "$algorithm" \
	    "$SRC/traces/samples/coap.pcap" >out ||
	    fail "no algorithm $algorithm"
done

echo "== form"
if command -v mandoc >/dev/null; then
	for page in "$doc"/*.[158]; do
		mandoc -T lint -W warning "$page" >lint 2>&1 ||
		    fail "$(cat lint)"
	done
fi
exit $failed
