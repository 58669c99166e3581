#!/bin/sh
# check_pure.sh passes pure objects and finds what reaches out or hides state.
set -eu
check=$(cd "${SRC:-.}" && pwd)/tests/check_pure.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0

# expect pass|fail OBJECT SOURCE: judge one object
expect() {
	mkdir -p "$work/$(dirname "$2")"
	printf '%s\n' "$3" >"$work/x.c"
	# shellcheck disable=SC2086 # CC may carry options
	${CC:-cc} -O1 -c "$work/x.c" -o "$work/$2"
	got=pass
	(cd "$work" && MODEL_OBJECTS=$2 sh "$check") >"$work/said" 2>&1 ||
	    got=fail
	test "$got" = fail && ! grep -q "^$2 " "$work/said" &&
	    got='fail, unnamed'
	test "$got" = "$1" && return
	echo "$2 of: $3: $got, wanted $1"
	cat "$work/said"
	status=1
}

expect pass model/path/x.o 'int lb_y(int); int lb_x(int a) { return lb_y(a); }'
expect fail model/path/x.o 'int y(int); int lb_x(int a) { return y(a); }'
expect fail model/path/x.o '#include <stdlib.h>
void *lb_x(void) { return malloc(3); }'
expect fail model/tables/expire.o '#include <stdlib.h>
void *lb_x(void) { return malloc(3); }'
expect pass model/yaml/read.o '#include <stdlib.h>
void *lb_x(void) { return malloc(3); }'
expect pass model/yaml/read.o '#include <stdio.h>
int lb_x(char *s, int a) { return snprintf(s, 9, "%d", a); }'
expect fail model/yaml/read.o '#include <stdio.h>
void *lb_x(void) { return fopen("/dev/null", "r"); }'
expect fail model/yaml/read.o '#include <time.h>
time_t lb_x(void) { return time(0); }'
expect fail model/yaml/read.o '#include <stdio.h>
void lb_x(int a) { printf("%d\n", a); }'

expect fail model/yaml/read.o '#include <stdio.h>
void lb_x(int a) { fprintf(stderr, "%d\n", a); }'
expect pass model/yaml/read.o '#include <stdio.h>
void lb_x(FILE *to, int a) { fprintf(to, "%d\n", a); }'

expect pass model/path/x.o 'const int lb_row[] = { 1, 2, 3 };'
expect pass model/config/names.o 'const char *const lb_name[] = { "a", "b" };'
expect fail model/path/x.o 'static int n; int lb_x(void) { return ++n; }'
expect fail model/config/names.o 'static int n = 4; int lb_x(void) { return ++n; }'
expect fail model/config/names.o 'int lb_n[4];'

exit $status
