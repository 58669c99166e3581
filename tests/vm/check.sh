#!/bin/sh
# The live tests that Debian's stock kernel shows more by than one without
# modules: each in a virtual machine of its own (vm), run by make check-vm.
#
#     check.sh [TEST...]      e.g. live/vlan.sh
set -eu
test $# -gt 0 ||
    set -- live/load.sh live/forward.sh live/handover.sh live/health.sh \
	live/beside.sh live/vlan.sh
failed=0
for name; do
	log=$BUILD/tests/vm-$(basename "$name" .sh).log
	mkdir -p "$BUILD/tests"
	status=0
	sh "$SRC/tests/vm/vm" sh "$SRC/tests/$name" >"$log" 2>&1 || status=$?
	case $status in
	0) echo "PASS: $name" ;;
	77) echo "SKIP: $name: $(tail -n 1 "$log")" ;;
	*)
		echo "FAIL: $name: exit $status, see $log"
		tail -n 20 "$log"
		failed=1
		;;
	esac
done
exit $failed
