#!/bin/sh
# An address that the balancer's machine gets after the start is its own from
# then on, on whatever interface, and no more when it is taken away: a probe
# that comes from it is answered to it, and not to a client.  A connection that
# is open meanwhile stays open.
set -eu
# shellcheck source=tests/live/netns.sh
. "${SRC:?names the source tree}/tests/live/netns.sh"
for tool in python3 curl; do
	command -v $tool >/dev/null || skip "there is no $tool"
done
cd "$dir"

# The probe's port is the rule's, so that its answers look as clients' do.
cat >lb.yaml <<'END'
load_balancer: { sku: fairlead }
frontends:
  - { name: four, address: 10.77.0.10 }
  - { name: six, address: "fd77::10" }
pools:
  - name: pool4
    members:
      - { name: s1, address: 10.77.2.2 }
      - { name: s2, address: 10.77.3.2 }
  - name: pool6
    members:
      - { name: s1, address: "fd77:2::2" }
      - { name: s2, address: "fd77:3::2" }
probes:
  - { name: azure, protocol: tcp, port: 8082, interval: 300ms, source: 168.63.129.16 }
  - { name: six, protocol: tcp, port: 8082, interval: 300ms, source: "fd00:a::16" }
rules:
  - { name: tcp, frontend: four, pool: pool4, probe: azure, protocol: tcp, frontend_port: 5001, backend_port: 8082 }
  - { name: tcp6, frontend: six, pool: pool6, probe: six, protocol: tcp, frontend_port: 5001, backend_port: 8082 }
connection_table: { entries: 10000 }
forwarding: { mode: nat, interfaces: [c0, b1, b2] }
END

# told ADDED-OR-GONE ADDRESS: by an event
told() {
	wait_for live.log "\"event\":\"readdressed\".*\"$1\":\[[^]]*\"$2\"" 10
}

network
for s in s1 s2; do
	in_background $s python3 "$SRC/tests/live/echo.py" $s 8082 >$s.out
	wait_for $s.out ready
done
balance

echo "== they come after the start, on lo and on c0"
try ip -n "$tag-balancer" addr add 168.63.129.16/32 dev lo
told added 168.63.129.16
try ip -n "$tag-balancer" addr add fd00:a::16/128 dev c0 nodad
told added fd00:a::16
met
talk 5001 4 10.77.0.10 fd77::10

echo "== another one comes and goes, with a subnet that has no member"
try ip -n "$tag-balancer" addr add 10.99.0.1/24 dev lo
told added 10.99.0.1
try ip -n "$tag-balancer" addr del 10.99.0.1/24 dev lo
told gone 10.99.0.1
sleep 1
met
talked

echo "== the probes' are taken away: nobody's own any more"
try ip -n "$tag-balancer" addr del fd00:a::16/128 dev c0
told gone fd00:a::16
try ip -n "$tag-balancer" addr del 168.63.129.16/32 dev lo
told gone 168.63.129.16
try "$FAIRLEAD" ctl --pin-name "$pin" reload >reloaded || fail "reload: $?"
cat reloaded
grep -q -i 'nothing' reloaded || fail "a reload finds something left"
kill "$live"
wait "$live" || fail "SIGTERM: exit $?"
exit $failed
