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

expect pass model/path/flow.c        '"model/path/flow.h"'
expect pass model/path/flow.h        '<stdint.h>'
expect pass model/path/base.h        '<assert.h>'
expect fail model/path/flow.c        '"model/plan/plan.h"'
expect fail model/path/flow.c        '"flow.h"'
expect fail model/path/flow.c        '<assert.h>'
expect fail model/path/flow.c        '<string.h>'
expect fail model/path/flow.c        '"model/path/../plan.h"'

expect pass model/plan/plan.c        '"model/path/flow.h"'
expect pass model/plan/plan.c        '<string.h>'
expect pass model/yaml/read.c             '<yaml.h>'
expect fail model/plan/plan.c        '"sim/run/run.h"'
expect fail model/plan/plan.c        '"model/path/flow.c"'

expect pass traces/pcap.c            '"model/path/packet.h"'
expect pass traces/pcap.c            '<pcap/pcap.h>'
expect fail traces/pcap.c            '"model/path/step.h"'
expect fail traces/pcap.c            '"model/plan/plan.h"'

expect pass sim/run/run.c            '"model/path/step.h"'
expect pass sim/run/run.c            '"traces/pcap.h"'
expect fail sim/run/run.c            '"reports/stats/stats.h"'
expect fail sim/run/run.c            '"live/bpf/loader.h"'
expect fail sim/run/run.c            '<pcap.h>'
expect pass tests/bench/replay.c     '<pcap/pcap.h>'
expect fail tests/sim/test_run.c     '<pcap/pcap.h>'
expect fail sim/run/run.c            '	<nettle/sha2.h>'

expect pass reports/plots/chart.c    '"sim/record/record.h"'
expect pass reports/plots/chart.c    '"model/config/names.h"'
expect pass reports/plots/chart.c    '<cairo-pdf.h>'
expect fail reports/plots/chart.c    '"sim/run/run.h"'
expect fail reports/plots/chart.c    '"model/plan/plan.h"'
expect fail sim/run/chart.c              '<cairo.h>'
expect fail cli/sim/sim.c            '<pango/pangocairo.h>'

expect pass live/bpf/loader.c        '"model/path/table.h"'
expect pass live/bpf/loader.c        '<bpf/libbpf.h>'
expect fail live/bpf/loader.c        '"sim/run/run.h"'
expect fail live/bpf/loader.c        '"traces/pcap.h"'
expect fail cli/live/verify.c        '<linux/bpf.h>'
expect fail live/bpf/loader.c        '<gsl/gsl_rng.h>'

expect pass live/xdp/x.bpf.c         '"model/path/step.c"'
expect pass tests/bench/x.bpf.c      '"live/xdp/maps.h"'
expect pass live/xdp/path.h          '"model/path/step.c"'
expect fail live/bpf/loader.c        '"model/path/step.c"'
expect fail live/xdp/path.h          '"live/bpf/loader.h"'
expect fail live/xdp/x.bpf.c         '"model/plan/plan.h"'

expect pass live/net/claims.c        '"live/bpf/engine.h"'
expect fail live/bpf/engine.c        '"live/net/claims.h"'
expect fail live/out/log.c           '"live/state/run_parts.h"'
expect pass live/seen/figures.c      '"live/state/run_parts.h"'
expect fail live/state/draft.c       '"live/seen/figures.h"'
expect pass live/run.c               '"live/commands/reload.h"'

expect pass cli/main.c               '"reports/report.h"'
expect pass cli/main.c               '<jansson.h>'
expect fail cli/main.c               '<yaml.h>'
expect fail cli/main.c               '"tests/helper.h"'
expect fail sim/run/run.c            '<CUnit/Basic.h>'
expect pass tests/sim/test_run.c     '<CUnit/Basic.h>'

# Each room in turn: what stands below it may be named, what stands above not.
# All of the one kind are judged at once.
rooms() {
	rm -rf "${tree:?}"/*
	cat >"$tree/pairs"
	while read -r from below above; do
		mkdir -p "$tree/right/$from" "$tree/wrong/$from"
		echo "#include \"$below/file.h\"" >"$tree/right/$from/file.c"
		echo "#include \"$above/file.h\"" >"$tree/wrong/$from/file.c"
	done <"$tree/pairs"
	SRC=$tree/right sh "$check" || status=1
	! SRC=$tree/wrong sh "$check" >"$tree/said" || status=1
	while read -r from below above; do
		grep -q "^$from/file.c includes \"$above/file.h" "$tree/said" &&
		    continue
		echo "$from may name $above: $below should be all"
		status=1
	done <"$tree/pairs"
}
rooms <<'END'
model/config   model/path     model/lut
model/lut      model/config   model/plan
model/yaml     model/config   model/check
model/azure    model/config   model/yaml
model/plan     model/lut      model/check
model/health   model/plan     model/tables
model/check    model/plan     model/health
model/tables   model/plan     model/check
model/scenario model/check    model/plan
sim/record     model/scenario sim/flows
sim/events     model/path     sim/record
sim/flows      sim/record     sim/case
sim/traffic    sim/events     sim/world
sim/case       sim/flows      sim/faults
sim/faults     sim/case       sim/replay
sim/replay     sim/case       sim/faults
sim/world      sim/replay     sim/run
sim/clients    sim/world      sim/run
sim/run        sim/world      sim/sweep
sim/sweep      sim/run        sim/clients
reports/stats    reports/text    reports/words
reports/words    reports/stats   reports/study
reports/study    reports/words   reports/draw
reports/draw     reports/text    reports/stats
reports/plots    reports/study   reports/page
reports/page     reports/plots   reports/figures
reports/figures  reports/page    reports/html
reports/html     reports/figures reports/pdf
reports/pdf      reports/figures reports/html
reports/tables   reports/words   reports/draw
reports/data     reports/words   reports/tables
reports/inspect  reports/words   reports/study
reports/compare  reports/stats   reports/words
reports/sweep    reports/plots   reports/page
cli/common     sim/run        cli/sim
cli/check      cli/common     reports
cli/ctl        cli/common     cli/live
cli/live       cli/common     cli/ctl
cli/sim        cli/common     live/bpf
END
expect pass reports/text/text.c      '"reports/text/lines.h"'
expect fail reports/text/text.c      '"reports/stats/stats.h"'
expect pass reports/write.c          '"reports/html/html.h"'
expect fail cli/main.c               '"live/run.h"'
# a file in no room, a room without a rule
expect fail model/file.c             '<string.h>'
expect fail sim/attic/file.c         '<string.h>'

exit $status
