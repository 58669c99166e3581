#!/bin/sh
# check_layers.sh lets right arrows pass and finds each wrong one.
set -eu
check=${SRC:-.}/tests/check_layers.sh
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
status=0

# expect pass|fail FILE INCLUDE: judge a tree of one file with one include
expect() {
	rm -rf "${tree:?}"/*
	mkdir -p "$tree/$(dirname "$2")"
	printf '/* a file */\n#include %s\n' "$3" >"$tree/$2"
	if SRC=$tree sh "$check" >"$tree/said" 2>&1; then
		got=pass
	else
		got=fail
		grep -q "^$2 includes " "$tree/said" || got='fail, unnamed'
	fi
	test "$got" = "$1" && return
	echo "$2 with #include $3: $got, wanted $1"
	status=1
}

expect pass model/path/flow.c   '"model/path/flow.h"'
expect pass model/path/flow.h   '<stdint.h>'
expect pass model/path/base.h   '<assert.h>'
expect fail model/path/flow.c   '"model/plan.h"'
expect fail model/path/flow.c   '"flow.h"'
expect fail model/path/flow.c   '<assert.h>'
expect fail model/path/flow.c   '<string.h>'
expect fail model/path/flow.c   '"model/path/../plan.h"'

expect pass model/plan.c        '"model/path/flow.h"'
expect pass model/plan.c        '<string.h>'
expect pass model/read.c        '<yaml.h>'
expect fail model/plan.c        '"sim/run.h"'
expect fail model/plan.c        '"model/path/flow.c"'

expect pass traces/pcap.c       '"model/path/packet.h"'
expect pass traces/pcap.c       '<pcap/pcap.h>'
expect fail traces/pcap.c       '"model/path/step.h"'
expect fail traces/pcap.c       '"model/plan.h"'

expect pass sim/run.c           '"model/path/step.h"'
expect pass sim/run.c           '"traces/pcap.h"'
expect fail sim/run.c           '"reports/stats.h"'
expect fail sim/run.c           '"live/bpf/loader.h"'
expect fail sim/run.c           '<pcap.h>'
expect pass tests/bench/replay.c '<pcap/pcap.h>'
expect fail tests/sim/test_run.c '<pcap/pcap.h>'
expect fail sim/run.c           '	<nettle/sha2.h>'

expect pass reports/chart.c     '"sim/record.h"'
expect pass reports/chart.c     '"model/names.h"'
expect pass reports/chart.c     '<cairo-pdf.h>'
expect fail reports/chart.c     '"sim/run.h"'
expect fail reports/chart.c     '"model/plan.h"'
expect fail sim/chart.c         '<cairo.h>'
expect fail cli/sim.c           '<pango/pangocairo.h>'

expect pass live/bpf/loader.c       '"model/path/table.h"'
expect pass live/bpf/loader.c       '<bpf/libbpf.h>'
expect fail live/bpf/loader.c       '"sim/run.h"'
expect fail live/bpf/loader.c       '"traces/pcap.h"'
expect fail cli/verify.c        '<linux/bpf.h>'
expect fail live/bpf/loader.c       '<gsl/gsl_rng.h>'

expect pass live/xdp/x.bpf.c    '"model/path/step.c"'
expect pass tests/bench/x.bpf.c '"live/xdp/maps.h"'
expect pass live/xdp/path.h     '"model/path/step.c"'
expect fail live/bpf/loader.c       '"model/path/step.c"'
expect fail live/xdp/path.h     '"live/bpf/loader.h"'
expect fail live/xdp/x.bpf.c    '"model/plan.h"'

expect pass live/net/claims.c   '"live/bpf/engine.h"'
expect fail live/bpf/engine.c   '"live/net/claims.h"'
expect fail live/out/log.c      '"live/state/run_parts.h"'
expect pass live/seen/figures.c '"live/state/run_parts.h"'
expect fail live/state/draft.c  '"live/seen/figures.h"'
expect pass live/run.c          '"live/commands/reload.h"'

expect pass cli/main.c          '"reports/report.h"'
expect pass cli/main.c          '<jansson.h>'
expect fail cli/main.c          '<yaml.h>'
expect fail cli/main.c          '"tests/helper.h"'
expect fail sim/run.c           '<CUnit/Basic.h>'
expect pass tests/sim/test_run.c '<CUnit/Basic.h>'

exit $status
