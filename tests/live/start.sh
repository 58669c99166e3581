#!/bin/sh
# Starts and reloads of fairlead live that can't be as they were asked for: what
# fails is said before anything is attached where that can be known, and is
# taken back where it can't; what is in force stays so.
set -eu
# shellcheck source=tests/live/netns.sh
. "${SRC:?names the source tree}/tests/live/netns.sh"
command -v python3 >/dev/null || skip "there is no python3"
cd "$dir"
network

# write_config INTERFACES RULES: so many of those
write_config() {
	cat <<END
load_balancer: { sku: fairlead }
pools:
  - { name: vms, members: [{ name: s1, address: 10.77.2.2 }] }
connection_table: { entries: 10000 }
forwarding: { mode: nat$1 }
frontends: [{ name: four, address: 10.77.0.10 }]
rules:
END
	i=1
	while [ $i -le "$2" ]; do
		echo "  - { name: r$i, frontend: four, pool: vms," \
		    "protocol: udp, frontend_port: $i, backend_port: $i }"
		i=$((i + 1))
	done
}

# refused EXIT PATTERN: a start, with a line of the log
refused() {
	echo "+ balancer: fairlead live -c lb.yaml" >&2
	status=0
	in_ns balancer timeout 60 "$FAIRLEAD" live -c lb.yaml \
	    --pin-name "$pin" 2>live.log || status=$?
	cat live.log
	test $status = "$1" || fail "exit $status, wanted $1"
	grep -q -e "$2" live.log || fail "it does not say $2"
}

# attached INTERFACE: does it have a program?
attached() {
	ip -n "$tag-balancer" -d link show "$1" | grep -q 'prog/xdp'
}

# pinned: is anything?
pinned() {
	in_ns balancer "$FAIRLEAD" live --detach --pin-name "$pin" |
	    grep -q removed
}

# position PATTERN: of its last line in the log
position() {
	grep -n -e "$1" live.log | tail -n 1 | cut -d : -f 1
}

write_config ', interfaces: [c0, b1]' 2 >lb.yaml
may_balance

echo "== no interface is named"
write_config '' 2 >lb.yaml
refused 2 'no interface is named'
! pinned || fail "something was pinned for it"

echo "== one of the interfaces is not there"
write_config ', interfaces: [c0, gone0]' 2 >lb.yaml
refused 5 '"event":"attach","interface":"gone0"'
grep -q '"event":"attached","interface":"c0"' live.log ||
    fail "c0 came first, and was not attached"
grep -q '"event":"detached","interface":"c0".*taken off again' live.log ||
    fail "it does not say that c0 is taken off again"
! attached c0 || fail "c0 still has a program"

echo "== a reload without interfaces"
write_config ', interfaces: [c0, b1]' 2 >lb.yaml
balance
write_config '' 2 >lb.yaml
kill -HUP "$live"
wait_for live.log '"event":"reload",.*the one before stays in force'
grep '"event":"configuration".*no interface is named' live.log ||
    fail "it does not say why"
attached c0 || fail "c0 has no program any more"

echo "== a reload for which the program is loaded anew"
write_config ', interfaces: [c0, b1]' 600 >lb.yaml
kill -HUP "$live"
wait_for live.log '"event":"reloaded"'
for interface in c0 b1; do
	at=$(position "\"interface\":\"$interface\"")
	test "$at" -gt "$(position '"event":"change"')" ||
	    fail "$interface did not get the other program"
	test "$at" -lt "$(position '"event":"reloaded"')" ||
	    fail "it is reloaded before $interface has the other program"
done
kill "$live"
wait "$live" || fail "SIGTERM: exit $?"

echo "== more frontends than are answered for"
python3 - >lb.yaml <<'END'
print('''load_balancer: { sku: fairlead }
pools:
  - { name: vms, members: [{ name: s1, address: 10.77.2.2 }] }
connection_table: { entries: 10000 }
forwarding: { mode: nat, interfaces: [c0, b1], answer_neighbours: true }
frontends:''')
for i in range(4099):
    print(f'  - {{ name: f{i}, address: 10.99.{i >> 8}.{i & 255} }}')
print('rules:')
for i in range(4099):
    print(f'  - {{ name: r{i}, frontend: f{i}, pool: vms, protocol: udp,'
          f' frontend_port: 1, backend_port: {i + 1} }}')
END
in_ns balancer "$FAIRLEAD" live -c lb.yaml --pin-name "$pin" --dry-run >out 2>&1 ||
    fail "--dry-run: $(tail -n 3 out)"
grep '3: so many frontends are not answered for' out ||
    fail "--dry-run does not say what is left out"
exit $failed
