#!/bin/sh
# The load balancer reaches outside itself for nothing, and hides no state.
# MODEL_OBJECTS: the objects of libmodel.a, from the current folder.
#
# model/path and expire: each undefined symbol is another lb_ function or one
# of the few that the compiler may emit. The rest of model/ may use memory and
# string functions, and print to a stream it is handed, but has no file, clock,
# chance, process or socket of its own. (mmap is memory: a file would have to be
# opened first.) Neither has writable data.
set -eu
: "${MODEL_OBJECTS:?}" "${NM:=nm}"

instruments='^(___?(asan|ubsan|tsan|msan|lsan|sanitizer|odr_asan|gcov|gcc|llvm|profc|profd|start___sancov|stop___sancov)[0-9]*[_.].*|llvm_gc(da|ov)_.*|__stack_chk_(fail|guard)|_GLOBAL_OFFSET_TABLE_|__unnamed_[0-9]+|[amt]san\..*|gcov.*|mangled_path)$'
path_may='^(lb_[a-z0-9_]*|mem(cpy|set|cmp|move)|__assert_fail)$'
model_may_not='^(f?open(64|at|at64|dir)?|fdopen|freopen(64)?|creat(64)?|close|p?read(64|v|dir|link)?|p?write(64|v)?|f?close|fread|f?gets|f?getc|getchar|puts|putchar|v?printf|v?dprintf|perror|psignal|stdin|stdout|stderr|fmemopen|open_memstream|tmpfile(64)?|mkstemp(64)?|unlink(at)?|rename(at)?|mkdir(at)?|stat(64)?|[fl]stat(64)?|access|ioctl|fcntl(64)?|select|poll|epoll_.*|time|times|clock|clock_.*|gettimeofday|localtime(_r)?|mktime|strptime|nanosleep|usleep|sleep|alarm|s?rand(48)?|rand_r|[dlm]rand48|s?random(_r)?|arc4random.*|getrandom|getentropy|socket(pair)?|bind|listen|accept4?|connect|send(to|msg|mmsg)?|recv(from|msg|mmsg)?|getaddrinfo|gethostby.*|if_nametoindex|syscall|fork|exec.*|system|popen|kill|signal|sigaction|raise|_?exit|_Exit|quick_exit|atexit|getenv|secure_getenv|setenv|putenv|getpid|getuid|sysconf|setlocale|strtok|pthread_.*|yaml_(parser|emitter)_set_(input|output)_file|json_(load|dump)_file|json_(load|dump)f|json_(load|dump)fd|warnx?|errx?|v?syslog)$'

status=0
say() {
	echo "$*"
	status=1
}

for object in $MODEL_OBJECTS; do
	for symbol in $($NM -u "$object" | awk '{ print $NF }' |
	    grep -Ev "$instruments"); do
		case $object in
		model/path/* | *expire.o)
			echo "$symbol" | grep -Eq "$path_may" ||
			    say "$object needs $symbol"
			;;
		*)
			# fortified and versioned spellings are the same functions
			plain=$(echo "$symbol" | sed 's/@.*//
			    s/^__isoc[0-9]*_//; s/^__\(.*\)_chk$/\1/')
			! echo "$plain" | grep -Eq "$model_may_not" ||
			    say "$object needs $symbol"
			;;
		esac
	done
	# .data.rel.ro is read-only once the program runs
	for symbol in $($NM -f sysv "$object" | awk -F'|' '
	    { gsub(/ /, "", $1); gsub(/ /, "", $7) }
	    $7 ~ /^(\.t?data|\.t?bss|\*COM\*)/ && $7 !~ /^\.data\.rel\.ro/ &&
	    $4 !~ /SECTION/ { print $1 }' | grep -Ev "$instruments"); do
		say "$object has writable $symbol"
	done
done
exit $status
