#!/bin/sh
# The systemd unit: systemd takes it, finds little to complain of, and it gives
# just the privilege that tests/live/privilege.sh tries and the manual names.
# The example beside it is valid, and installing does not overwrite it.
set -eu
: "${FAIRLEAD:?names the program}" "${SRC:?names the source tree}" \
    "${BUILD:?names the build tree}"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failed=0

fail() {
	echo "FAIL: $*" >&2
	failed=1
}

unit="$SRC/live/systemd/fairlead@.service.in"

echo "== privilege"
caps() {
	tr 'A-Z_ ' 'a-z_\n' | sed 's/^cap_//' | sort | xargs
}
unit_caps=$(sed -n 's/^CapabilityBoundingSet=//p' "$unit" | caps)
tried=$(sed -n "s/^all='\(.*\)'/\1/p" "$SRC/tests/live/privilege.sh" | caps)
test -n "$unit_caps" || fail "no CapabilityBoundingSet"
test "$unit_caps" = "$tried" ||
    fail "the unit gives $unit_caps, privilege.sh tries $tried"
for cap in $unit_caps; do
	name=CAP_$(echo "$cap" | tr a-z A-Z)
	grep -q "^\.\(It \)\{0,1\}Dv .*\b$name\b" "$SRC/doc/fairlead-live.8" ||
	    fail "fairlead-live.8 does not tell of $name"
done

echo "== the example"
"$FAIRLEAD" check -c "$SRC/live/systemd/example.yaml" >"$dir/out" 2>&1 ||
    fail "$(cat "$dir/out")"

"$FAIRLEAD" live --help >/dev/null 2>&1 || {
	echo "live is not built in: no unit"
	exit $failed
}

echo "== installing"
conf=$dir/root/etc/fairlead
install() {
	make -s -C "$BUILD" "$1" DESTDIR="$dir/root" sysconfdir=/etc \
	    >"$dir/out" 2>&1 || fail "$(cat "$dir/out")"
}
install install-data-local
cmp -s "$SRC/live/systemd/example.yaml" "$conf/example.yaml" ||
    fail "the example is not installed"
echo "# mine" >>"$conf/example.yaml"
install install-data-local
grep -q '^# mine' "$conf/example.yaml" || fail "the example is overwritten"
install uninstall-local
test -e "$conf/example.yaml" || fail "what was changed is uninstalled"

command -v systemd-analyze >/dev/null || {
	echo "there is no systemd-analyze"
	exit $failed
}
# As it would be installed, but for the program, which has to be there.
sed -e "s|@bindir@/fairlead|$FAIRLEAD|g; s|@sysconfdir@|/etc|" "$unit" \
    >"$dir/fairlead@lb.service"

echo "== systemd-analyze verify"
systemd-analyze verify --man=no "$dir/fairlead@lb.service" >"$dir/out" 2>&1 ||
    fail "$(cat "$dir/out")"
# What it says without failing, of our unit: other units are not our affair.
! grep 'fairlead@' "$dir/out" || fail "it warns"

echo "== systemd-analyze security"
if systemd-analyze --help | grep -q -- --offline; then
	systemd-analyze security --offline=true --threshold=25 --no-pager \
	    "$dir/fairlead@lb.service" >"$dir/out" 2>&1 ||
	    fail "$(grep -v '^✓' "$dir/out")"
	tail -n 2 "$dir/out"
else
	echo "this one can't do it offline"
fi
exit $failed
