#!/bin/sh
# lint.sh lint|format [FILE...|changed]
#
# lint: clang-format (dry run), clang-tidy and cppcheck; format: clang-format in
# place. Over the named files, the files changed since the last commit on main,
# or all that git knows. Run from make, which sets CC_FLAGS.
set -eu
start=$(pwd)
cd "$(dirname "$0")/.."
task=$1
shift

known() {
	git ls-files --cached --others --exclude-standard
}

changed() {
	base=$(git merge-base HEAD main 2>/dev/null || git rev-parse HEAD)
	git diff --name-only "$base"
	git ls-files --others --exclude-standard
}

case ${1-} in
'') list=$(known) ;;
changed) list=$(changed) ;;
*) list=$(printf '%s\n' "$@") ;;
esac
list=$(echo "$list" | sort -u | while read -r f; do
	case $f in *.[ch]) test -f "$f" && echo "$f" ;; esac
done || :)
test -n "$list" || { echo "no C file to look at"; exit 0; }

have() {
	command -v "$1" >/dev/null || {
		echo "$1 is missing (Debian: apt-get install $2)" >&2
		exit 1
	}
}

have "${CLANG_FORMAT:=clang-format}" clang-format
if test "$task" = format; then
	# shellcheck disable=SC2086 # no file of ours has a space in its name
	exec "$CLANG_FORMAT" -i $list
fi
have "${CLANG_TIDY:=clang-tidy}" clang-tidy
have "${CPPCHECK:=cppcheck}" cppcheck

status=0
fail() {
	echo "lint: $1 found something" >&2
	status=1
}
native=$(echo "$list" | grep '\.c$' | grep -v '\.bpf\.c$' || :)
shell=$(known | grep -E '(^bootstrap|^\.ci/run|\.sh)$' || :)

# shellcheck disable=SC2086
"$CLANG_FORMAT" --dry-run --Werror $list || fail clang-format
if test -n "$native"; then
	# one file a process: of several, clang-tidy 14 reports va_list wrongly
	# shellcheck disable=SC2016
	echo "$native" | xargs -n 1 -P "$(nproc)" sh -c '
		tidy=$1 flags=$2; shift 2
		exec "$tidy" --quiet "$@" -- $flags 2>/dev/null
	' sh "$CLANG_TIDY" "${CC_FLAGS--std=gnu11 -I. -D_GNU_SOURCE}" ||
	    fail clang-tidy
	# shellcheck disable=SC2086
	"$CPPCHECK" --std=c11 --enable=warning,portability,performance \
	    --inline-suppr --error-exitcode=1 --quiet '-DSEC(x)=' \
	    '-DLIBBPF_OPTS(type, name, ...)=struct type name' \
	    '-Djson_array_foreach(a, i, v)=while (more(a, &i, &v))' \
	    '-Djson_object_foreach(o, k, v)=while (more(o, &k, &v))' -I. \
	    -j "$(nproc)" $native || fail cppcheck
fi
if command -v shellcheck >/dev/null && test -n "$shell"; then
	# shellcheck disable=SC2086
	shellcheck $shell || fail shellcheck
fi
cd "$start"
exit $status
