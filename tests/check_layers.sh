#!/bin/sh
# Who may include whom, and where each library has its one home. Looks at the
# tree in $SRC, else in the current folder.
set -eu
cd "${SRC:-.}"
found=$(mktemp)
trap 'rm -f "$found"' EXIT

# files DIR DEPTH: the C files of a folder, BPF sources apart
files() {
	test -d "$1" || return 0
	find "$1" -maxdepth "$2" -name '*.[ch]' ! -name '*.bpf.[ch]' \
	    ! -path 'live/xdp/*' | sort
}

# bpf_files: what is compiled to BPF only, or shared with what is
bpf_files() {
	for d in live/xdp tests; do
		test ! -d $d || find $d -name '*.bpf.[ch]' -o -name '*.[ch]' \
		    -path 'live/xdp/*'
	done | sort
}

# includes FILE: what it names, with its quotes or angle brackets
includes() {
	sed -n 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*//p' "$1" |
	    sed -n 's/^\("[^"]*"\).*/\1/;s/^\(<[^>]*>\).*/\1/;p'
}

# judge FILE ALLOWED DENIED WHY: names an include that matches DENIED and not
# ALLOWED (extended regular expressions; DENIED . is everything)
judge() {
	includes "$1" | grep -E -e "$3" | grep -Ev -e "$2" |
	    sed "s|.*|$1 includes &: $4|" >>"$found" || :
}

# may DIR DEPTH ALLOWED: the quoted includes of a folder's files
ruled=
may() {
	ruled="$ruled $1"
	for f in $(files "$1" "$2"); do
		judge "$f" "^\"($3)\"$" '^[^<]' "$1/ may not"
	done
}

# home LIBRARY HEADERS FOLDERS: angle-bracket includes of one library
home() {
	for d in cli live model reports sim traces tests; do
		case " $3 " in *" $d "*) continue ;; esac
		for f in $(files $d 9); do
			case " $3 " in *" ${f%/*} "*) continue ;; esac
			judge "$f" '^$' "^[<\"]($2)" "$1 lives in: $3"
		done
	done
}

h='[a-z0-9_]+\.h'

# room DIR OTHERS [MORE]: what a room may name: its own headers, those of the
# rooms OTHERS (globs over no slash: model/* is every room of model/), and MORE
room() {
	names=$(set -f && echo $1 $2 | sed 's/ /|/g; s/[*]/[a-z]+/g')
	may "$1" 9 "($names)/$h${3:+|$3}"
}

# model/: what an operator wrote, what a packet meets, what is known of it all.
room model/path     ''
room model/config   'model/path'
room model/lut      'model/path model/config'
room model/yaml     'model/path model/config'
room model/azure    'model/path model/config'
room model/plan     'model/path model/config model/lut'
room model/health   'model/path model/config model/lut model/plan'
room model/check    'model/path model/config model/lut model/plan'
room model/tables   'model/path model/config model/lut model/plan'
room model/scenario 'model/path model/config model/yaml model/check'

may traces        9 "model/path/(base|packet|flow|wire)\.h|traces/$h"

# sim/: what is written down, what is drawn, one case, the world, the run.
room sim/record  'model/*'
room sim/events  'model/path'
room sim/flows   'model/* sim/record'
one='model/* traces sim/record sim/events sim/flows'
room sim/traffic "$one"
room sim/case    "$one"
room sim/faults  "$one sim/case"
room sim/replay  "$one sim/case"
one="$one sim/traffic sim/case sim/faults sim/replay"
room sim/world   "$one"
room sim/clients "$one sim/world"
room sim/run     "$one sim/world"
room sim/sweep   "$one sim/run"

# Two kinds of plain data come out of sim: what a run did (record), and what a
# capture is made of, which no run was needed for (survey). reports/report.h is
# what others see of reports/: each product is made in its room.
seen='(sim/record/record|sim/run/survey|model/config/names|reports/report)\.h'
room reports/text    ''             "$seen"
room reports/draw    'reports/text' "$seen"
room reports/stats   'reports/text' "$seen"
said='reports/text reports/stats'
room reports/compare "$said"        "$seen"
said="$said reports/words"
room reports/words   "$said"        "$seen"
room reports/tables  "$said"        "$seen"
room reports/data    "$said"        "$seen"
room reports/inspect "$said"        "$seen"
room reports/study   "$said"        "$seen"
seeing="$said reports/study reports/draw"
room reports/plots   "$seeing"      "$seen"
seeing="$seeing reports/plots"
room reports/sweep   "$seeing"      "$seen"
room reports/page    "$seeing"      "$seen"
seeing="$seeing reports/page"
room reports/figures "$seeing"      "$seen"
seeing="$seeing reports/figures"
room reports/html    "$seeing"      "$seen"
room reports/pdf     "$seeing"      "$seen"
may  reports       1 "reports/[a-z]+/$h|$seen"

# The rooms of live/, each over those before it; run puts them together.
live='model/[a-z]+|live/xdp'
may live/out      9 "($live|live/out)/$h"
may live/probe    9 "($live|live/probe)/$h"
may live/bpf      9 "($live|live/(probe|bpf))/$h"
may live/net      9 "($live|live/(out|bpf|net))/$h"
may live/control  9 "live/(out|control)/$h"
live="$live|live/(out|probe|bpf|net|control)"
may live/check    9 "($live|live/check)/$h"
may live/state    9 "($live|live/(check|state))/$h"
may live/seen     9 "($live|live/(check|state|seen))/$h"
may live/commands 9 "($live|live/(check|state|seen|commands))/$h"
may live          1 "($live|live/(check|state|seen|commands)|live)/$h"
# cli/: a room for each kind of command, none of which knows another.
under='model/* traces sim/* reports reports/* live live/* cli/common'
room cli/common 'model/* traces sim/* reports reports/*'
room cli/check  'model/* sim/* cli/common'
room cli/ctl    "$under"
room cli/live   "$under"
room cli/sim    'model/* traces sim/* reports reports/* cli/common'
may  cli      1 "reports/report\.h|cli/[a-z]+/$h"

may tests      9 '(model|traces|sim|reports|live|cli|tests)/([a-z0-9_]+/)*[a-z0-9_]+\.[ch]'

# What is compiled to BPF knows no libc.
for f in $(files model/path 9); do
	case $f in
	model/path/base.h) std='bool|def|int)\.h|assert\.h' ;;
	*) std='bool|def|int)\.h' ;;
	esac
	judge "$f" "^<(std($std)>\$" '^<' \
	    'model/path/ knows <stdbool.h>, <stddef.h> and <stdint.h> only'
done
for f in $(bpf_files); do
	judge "$f" '^"(model/path/[a-z0-9_]+\.[ch]|(live/xdp|tests/(bench|live))/([a-z0-9_]+(\.bpf)?\.[ch]))"$' '^[^<]' \
	    'BPF sources may name model/path, live/xdp, tests/bench and tests/live only'
done

# tests: what reads beside our readers, and the yardstick of a replay.
home libpcap    'pcap'                           'traces tests/traces tests/bench'
home zlib       'zlib'                           'traces tests/traces'
home nettle     'nettle/'                        'traces'
home cairo      'cairo'                          'reports'
home pango      '(pango|glib|gobject|fontconfig)' 'reports'
home GSL        'gsl/'                           'traces sim reports'
home libyaml    'yaml\.h'                        'model'
home jansson    'jansson'                        'model reports cli live tests'
home libbpf     '(bpf/|linux/bpf|xdp/)'          'live tests'
home libuv      'uv\.h'                          'live'
home libmnl     'libmnl/'                        'live'
home libcurl    'curl/'                          'live'
home libmicrohttpd 'microhttpd'                  'live'
home libcap-ng  'cap-ng'                         'live'
home libcoap    'coap3/'                         'live tests'
home CUnit      'CUnit/'                         'tests'

# A new room wants a rule; model/ and sim/ have files in rooms only.
for f in $(for d in cli live model reports sim traces; do files $d 9; done); do
	case "$ruled " in *" ${f%/*} "*) continue ;; esac
	echo "$f includes what it likes: tests/check_layers.sh has no rule for" \
	    "${f%/*}/" >>"$found"
done

cat "$found"
test ! -s "$found"
