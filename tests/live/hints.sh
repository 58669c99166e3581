#!/bin/sh
# What --dry-run and the log tell of the network around, and that it is so:
# appliances that are the next hop, a frontend that is the machine's own, members
# on one link, floating IP.
set -eu
# shellcheck source=tests/live/netns.sh
. "${SRC:?names the source tree}/tests/live/netns.sh"
for tool in python3 curl; do
	command -v $tool >/dev/null || skip "there is no $tool"
done
cd "$dir"

# head FORWARDING [BALANCER]
head() {
	cat <<-END
		load_balancer: { sku: fairlead${2:-} }
		connection_table: { entries: 10000 }
		forwarding: { mode: nat, $1 }
	END
}

# dry: into out
dry() {
	in_ns balancer "$FAIRLEAD" live -c lb.yaml --pin-name "$pin" --dry-run \
	    >out 2>&1 || fail "--dry-run: exit $?: $(cat out)"
}

# says PATTERN / silent PATTERN: of out
says() {
	grep -e "$1" out || fail "--dry-run does not say: $1"
}

silent() {
	! grep -e "$1" out || fail "--dry-run should not say so"
}

network
cat >rest.yaml <<'END'
pools:
  - { name: four, members: [ { name: s1, address: 10.77.2.2 } ] }
rules:
  - { name: inspect, pool: four, protocol: all, frontend_port: 0 }
END
may='interfaces: [c0], ha_next_hop: inspect'
{ head "$may"; cat rest.yaml; } >lb.yaml
may_balance

echo "== the next hop's interface is not to be named"
dry
silent 'which is not among the interfaces'
silent 'round and round'
says '^Nothing is in the way'

echo "== and is"
{ head 'interfaces: [c0, b1], ha_next_hop: inspect'; cat rest.yaml; } >lb.yaml
dry
says '^warning.*four/s1: 10.77.2.2 is reached by b1, which is among.*inspect.*leave b1 out'
says '^Nothing is in the way, but see .* warnings'
balance
wait_for live.log '"event":"way","member":"four/s1".*leave b1 out'
kill "$live"
wait "$live" || fail "SIGTERM: exit $?"
try "$FAIRLEAD" live --detach --pin-name "$pin"

echo "== without a next hop it is"
cat >rest.yaml <<'END'
frontends:
  - { name: web, address: 10.77.0.10 }
  - { name: six, address: "fd77::10" }
pools:
  - name: four
    members:
      - { name: s1, address: 10.77.2.2 }
      - { name: s2, address: 10.77.2.3 }
  - name: floating
    members: [ { name: s3, address: 10.77.3.2 } ]
rules:
  - { name: web, frontend: web, pool: four, protocol: tcp, frontend_port: 80, backend_port: 8080 }
  - { name: float, frontend: web, pool: floating, protocol: tcp, frontend_port: 81, backend_port: 81, floating_ip: true, outbound_snat: false }
END
{ head 'interfaces: [c0]'; cat rest.yaml; } >lb.yaml
dry
says '^warning.*s1: .*name b1 too'
silent 's3: .*name b2 too'

echo "== members on one link, and floating IP"
says '^would .*four: members share the link of b1.*by this machine'
silent 'floating: members share'
says '^would .*float: floating IP: .* 10.77.0.10 .*port 81 .*dev lo.*arp_ignore=1'

echo "== a frontend that is the machine's own"
silent 'web: 10.77.0.10 is an address of this machine'
try ip -n "$tag-balancer" addr add 10.77.0.10/32 dev lo
try ip -n "$tag-balancer" addr add fd77::10/128 dev lo
in_background balancer python3 -m http.server 2222 >/dev/null 2>&1
in_background balancer python3 -m http.server --bind :: 2223 >/dev/null 2>&1
sleep 1
{ head 'interfaces: [c0, b1, b2]'; cat rest.yaml; } >lb.yaml
dry
says '^warning.*web: 10.77.0.10 is an address of this machine.*no_rule: drop'
balance
wait_for live.log '"event":"exposed","frontend":"web".*no_rule: drop'
try in_ns client curl -s -o page -m 3 http://10.77.0.10:2222/ ||
    fail "what no rule has is passed, and was not"
{ head 'interfaces: [c0, b1, b2]' ', no_rule: drop'; cat rest.yaml; } >lb.yaml

try "$FAIRLEAD" ctl --pin-name "$pin" reload || fail "reload: exit $?"
for url in http://10.77.0.10:2222/ 'http://[fd77::10]:2223/'; do
	try in_ns client curl -s -o page -m 2 "$url" && fail "$url is answered"
done
try "$FAIRLEAD" ctl --pin-name "$pin" status >status || fail "status: exit $?"
grep -i 'dropped.*no_rule' status || fail "status: $(cat status)"
try in_ns client curl -s -o page -m 3 http://10.77.1.1:2222/ ||
    fail "the machine's other address is not a frontend"
kill "$live"
wait "$live" || fail "SIGTERM: exit $?"
exit $failed
