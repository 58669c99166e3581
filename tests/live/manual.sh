#!/bin/sh
# The example of fairlead-live(8) that anybody may try: typed as it stands there,
# but for names that others of these tests do not have.
set -eu
others='lb web'
# shellcheck source=tests/live/netns.sh
. "${SRC:?names the source tree}/tests/live/netns.sh"
for tool in python3 curl; do
	command -v $tool >/dev/null || skip "there is no $tool"
done
cd "$dir"
mkdir bin
printf '#!/bin/sh\nexec "%s" "$@"\n' "$FAIRLEAD" >bin/fairlead
chmod +x bin/fairlead
PATH=$dir/bin:$PATH

# What is typed between .Bd and .Ed; the last line asks.
sed -n '/^To try it/,/^\.Ed/p' "$SRC/doc/fairlead-live.8" |
    sed -e '1,/^\.Bd/d' -e '/^\.Ed/d' -e 's/\\e$/\\/' -e "s/ns-/$tag-/g" \
	-e "s/live -c/live --pin-name $pin -c/" >typed
sed '$d' typed >made
tail -n 1 typed >asked
cat typed
grep -q 'curl http://203.0.113.10/' asked || fail "not the example: $(cat asked)"

# What was typed is in its namespaces, but for its first moment: asked for until
# nobody is there, and so that forwarding has ended.
end_typed() {
	left=100
	while left_there=$(ip netns pids "$tag-lb" 2>/dev/null
		ip netns pids "$tag-web" 2>/dev/null || :) &&
	    test -n "$left_there" && test $left -gt 0; do
		# shellcheck disable=SC2086 # a word a process
		kill $left_there 2>/dev/null || :
		left=$((left - 1))
		sleep 0.1
	done
}
trap 'end_typed; cleanup' EXIT

ip netns add "$tag-client" 2>err || skip "no network namespaces here: $(cat err)"
ip netns del "$tag-client"
sh -eu made >live.log 2>&1 || fail "exit $?: $(cat live.log)"
wait_for live.log '"event":"\(up\|attach\|load\|start\)"' 60
grep -q 'ot permitted' live.log && skip "BPF is not permitted here"
left=20
until sh asked >page 2>err && grep -q 'Directory listing' page; do
	left=$((left - 1))
	test $left -gt 0 || {
		fail "no page: $(tail -n 1 err live.log)"
		break
	}
	sleep 0.5
done
end_typed
exit $failed
