#!/bin/sh
# One machine in place of another under load: a member gets a new address under
# its old name. What it has open stays with the machine it was opened to, also
# at a NAT rule's port; what is new goes to the other one, by the same ports. And
# a hash key that is changed while connections are open: it is not put in force.
set -eu
servers='s1 s2 s3'
# shellcheck source=tests/live/netns.sh
. "${SRC:?names the source tree}/tests/live/netns.sh"
command -v python3 >/dev/null || skip "there is no python3"
cd "$dir"

# config S2 [KEY]: where member s2 is, and what load_balancer has besides
config() {
	cat <<-END
		load_balancer: { sku: fairlead${2:+, hash_key: $2} }
		connection_table: { entries: 10000 }
		forwarding: { mode: nat, interfaces: [c0, b1, b2, b3] }
		frontends: [{ name: four, address: 10.77.0.10 }]
		pools:
		  - name: pool
		    members:
		      - { name: s1, address: 10.77.2.2 }
		      - { name: s2, address: $1 }
		rules:
		  - { name: tcp, frontend: four, pool: pool, protocol: tcp, frontend_port: 5001, backend_port: 8082 }
		nat_rules:
		  - { name: ssh, frontend: four, pool: pool, protocol: tcp, frontend_ports: 6000-6009, backend_port: 8083 }
	END
}

# told PATTERN: by the reload in ./reloaded
told() {
	grep -q -e "$1" reloaded || fail "it is not told: $1"
}

reload() {
	try "$FAIRLEAD" ctl --pin-name "$pin" reload >reloaded 2>&1 ||
	    fail "reload: $?"
	cat reloaded
}

# wait_open NAME: until its connection stands
wait_open() {
	left=100
	until test -e "$1.open"; do
		left=$((left - 1))
		test $left -gt 0 || {
			fail "no connection: $(cat "$1.out")"
			return 0
		}
		sleep 0.1
	done
}

network
for s in $servers; do
	for port in 8082 8083; do
		in_background "$s" python3 "$SRC/tests/live/echo.py" "$s" \
		    $port >"$s-$port"
		wait_for "$s-$port" ready
	done
done
config 10.77.3.2 >lb.yaml
balance
met

echo "== another machine under the name"
talk 5001 40 10.77.0.10
in_background client python3 "$SRC/tests/live/talk.py" 6001 1 \
    nat.open nat.enough 10.77.0.10 >nat.out 2>&1
nat=$pid
wait_open nat
config 10.77.4.2 >lb.yaml
reload
told 'member pool/s2 is another machine: address 10.77.3.2 -> 10.77.4.2; .*stay at 10.77.3.2'
! grep -q '^NAT' reloaded || fail "a NAT port came or went"
met_but_leaving() {
	"$FAIRLEAD" ctl --pin-name "$pin" members --json >members.json &&
	    python3 -c 'import json, sys
m = [(x["name"], x["address"], x["state"], x["next_hop"])
     for x in json.load(open("members.json"))["members"]]
sys.exit(sorted(m) != [("s1", "10.77.2.2", "up", True),
                       ("s2", "10.77.3.2", "leaving", True),
                       ("s2", "10.77.4.2", "up", True)])'
}
left=100
until met_but_leaving; do
	left=$((left - 1))
	test $left -gt 0 || {
		fail "members: $(cat members.json)"
		break
	}
	sleep 0.1
done
sleep 1
try "$FAIRLEAD" ctl --pin-name "$pin" flows --member pool/s2 --json >flows.json
python3 -c 'import collections, json
c = collections.Counter((f["rule"], f["member_address"])
                        for f in json.load(open("flows.json"))["flows"])
print(dict(c))
assert c["tcp", "10.77.3.2"] and c["tcp", "10.77.4.2"], c
assert c["ssh/s2", "10.77.3.2"] and c["ssh/s2", "10.77.4.2"], c' ||
    fail "flows: $(cat flows.json)"

echo "== another hash key, by a reload and by a restart"
config 10.77.4.2 00112233445566778899aabbccddeeff >lb.yaml
reload
told 'hash_key stays as it was'
try kill -9 "$live"
wait "$live" || :
cp live.log live1.log
before=$key
balance
test "$key" = "$before" || fail "the hash key was $before and is $key"
grep -q '"level":"warning".*"event":"hash_key"' live.log ||
    fail "the key that is not put in force is not told: $(cat live.log)"
sleep 1

: >nat.enough
wait "$nat" || fail "NAT's connections broke: $(cat nat.out)"
cat nat.out
grep -q '1 connections to s2 ' nat.out || fail "it was not s2's port"
grep -q 'new ones to s3' nat.out || fail "the port does not lead to the new one"
talked
grep -q 'connections to s2 got' talk.out || fail "nobody was at s2"
grep -q 'new ones to s3' talk.out || fail "nobody new came to s3"
exit $failed
