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
may() {
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
may model/path 9 "model/path/$h"
may model      1 "model/(path/)?$h"
may traces     9 "model/path/(base|packet|flow|wire)\.h|traces/$h"
may sim        9 "(model/path|model|traces|sim)/$h"
# Two kinds of plain data come out of sim: what a run did (record), and what a
# capture is made of, which no run was needed for (survey).
may reports    9 "sim/(record|survey)\.h|model/names\.h|reports/$h"
# The rooms of live/, each over those before it; run puts them together.
live='model/path|model|live/xdp'
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
may cli        9 "(model/path|model|traces|sim|live(/[a-z]+)?|reports|cli)/$h"
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

cat "$found"
test ! -s "$found"
