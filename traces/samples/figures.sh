#!/bin/sh
# figures.sh FAIRLEAD CAPTURE
#
# What fairlead sim says about a sample, in short: the end of its .txt.
# tests/e2e/samples.sh compares the two.
set -eu

said=$("$1" sim --no-report -q "$2")
printf '\nWhat fairlead sim prints, in short (figures.sh). Jain: 1 is even; like: of how\n'
printf 'many backends; perfect: what a perfect hash gives.\n\n'
echo "$said" | awk '
NR == 1 || /^not replayed:/ { print "    " $0 }
/^[a-z-]+ \([a-z]+, .* keys\)$/ {
	mode = $1
	keys = $0
	sub(/.*, /, "", keys)
	gsub(/[^0-9]/, "", keys)
	modes[++n] = mode " " keys
}
/^  (flows|bytes) +[01]\.[0-9]+ / {
	row[n, $1] = sprintf("%s %7s %5s", $2, $4, $5)
}
END {
	printf "\n%-22s  %7s   %-19s   %s\n", "", "", "by flows", "by bytes"
	printf "    %-18s  %7s   Jain perfect  like   Jain perfect  like\n",
	    "mode", "keys"
	for (i = 1; i <= n; i++) {
		split(modes[i], word, " ")
		printf "    %-18s  %7s  %s  %s\n", word[1], word[2],
		    row[i, "flows"], row[i, "bytes"]
	}
}'
