#!/bin/sh
# fairlead sim --outbound: captured clients as members that leave by SNAT. What
# it says of ports is held against what flows.csv alone shows.
set -eu
. "${SRC:?names the source tree}/tests/e2e/expect.sh"

# config PORTS ADDRESS...: members by those addresses, into lb.yaml
config() {
	ports=$1
	shift
	{
		cat <<'END'
load_balancer: { sku: standard }
frontends: [ { name: pub, address: 198.18.255.1 } ]
pools:
  - name: vms
    members:
END
		n=0
		for address in "$@"; do
			n=$((n + 1))
			echo "      - { name: vm-$n, address: $address }"
		done
		cat <<END
outbound_rules:
  - { name: out, frontends: [pub], pool: vms, protocol: all,
      ports_per_member: $ports, idle_timeout: 4m }
END
	} >lb.yaml
}

# busiest FLOWS.CSV: the client with most flows
busiest() {
	awk -F, 'NR > 1 { n[$2]++ }
	END { for (c in n) if (n[c] > n[b]) b = c; print b }' "$1"
}

# peak FLOWS.CSV CLIENT: the most UDP flows of a client to one address that are
# within an idle timeout of each other
peak() {
	awk -F, -v client="$2" 'NR > 1 && $2 == client && $6 == "udp" {
		n++; to[n] = $4; from[n] = $8; till[n] = $9 + 240
	}
	END {
		for (i = 1; i <= n; i++) {
			c = 0
			for (j = 1; j <= n; j++)
				c += to[j] == to[i] && from[j] <= from[i] &&
				    till[j] > from[i]
			most = c > most ? c : most
		}
		print most
	}' "$1"
}

# snat KEY [PROTOCOL]: the sum over all gauges of the summary in out, or over
# those of a protocol; begun is of their worst destinations
snat() {
	awk -v key="\"$1\":" -v protocol="${2:-}" '
	/"snat": \[/ { inside = 1; match($0, /^ */); edge = RLENGTH }
	inside && $0 ~ "^ {" edge "}\\]" { inside = 0 }
	inside && $1 == "\"protocol\":" { is = $2 }
	inside && $1 == key && (protocol == "" || index(is, protocol)) {
		match($0, /^ */)
		if (RLENGTH == edge + 4 || key == "\"begun\":")
			n += $2
	}
	END { print n + 0 }' out
}

resolver() { # CAPTURE: UDP of its busiest client
	expect 0 sim -q --flows --modes five-tuple --backends 1 -o flows \
	    --force "$1"
	client=$(busiest flows/flows.csv)
	config 2048 10.9.0.1
	expect 0 sim -q -c lb.yaml --outbound "$client" --json --no-report \
	    "$1"
	silent err
	test "$(snat peak_used udp)" = "$(peak flows/flows.csv "$client")" ||
	    fail "$(snat peak_used udp) ports at most; flows.csv shows" \
		"$(peak flows/flows.csv "$client")"
	test "$(snat failed)" = 0 || fail "something failed of 2,048 ports"
}

echo "== names asked of a resolver"
resolver "$SRC/traces/samples/dns.pcap"

echo "== connections"
cat >web.lb.yaml <<'END'
load_balancer: { sku: fairlead }
frontends: [ { name: pub, address: 203.0.113.10 } ]
pools:
  - { name: vms, members: [ { name: a, address: 10.1.0.4 } ] }
rules:
  - { name: web, frontend: pub, pool: vms, protocol: tcp, frontend_port: 80,
      backend_port: 80 }
END
cat >web.yaml <<'END'
config: web.lb.yaml
seed: 3
duration: 10m
traffic: [ { profile: web, rate: 2/s, clients: 2, requests: 1 } ]
END
expect 0 gen -q -s web.yaml -o web.pcap
expect 0 sim -q --flows --modes five-tuple --backends 1 -o flows --force \
    web.pcap
flows=$(($(wc -l <flows/flows.csv) - 1))
both=$(awk -F, 'NR > 1 && !n[$2]++ { print $2 }' flows/flows.csv | sort |
    paste -sd , -)
config 1024 10.9.0.1 10.9.0.2
expect 0 sim -q -c lb.yaml --outbound "$both" --json --no-report web.pcap
# ephemeral ports are drawn: a few flows are two connections
test "$(snat opened)" -ge "$flows" || fail "$(snat opened) of $flows opened"
test "$(snat opened)" -le $((flows + flows / 100)) ||
    fail "$(snat opened) opened of $flows flows"
test "$(snat begun)" = "$(snat opened)" || fail "$(snat begun) were begun"
begun=$(snat begun)
test "$(snat failed)" = 0 || fail "something failed of 1,024 ports"
enough=$(snat peak_used)
sed -n '/"snat"/,$p' out >mapped
# shellcheck disable=SC2046
config 1024 $(echo "$both" | tr , ' ')
expect 0 sim -q -c lb.yaml --outbound members --json --no-report web.pcap
sed -n '/"snat"/,$p' out | cmp -s - mapped ||
    fail "members by their own addresses make a difference"
# more than there is room for in 240 s, and never more ports than there are
config 64 10.9.0.1 10.9.0.2
expect 0 sim -q -c lb.yaml --outbound "$both" -o few --force web.pcap
says out "used up"
says out "found no port for"
test -s few/charts/snat.png || fail "no picture"
expect 0 sim -q -c lb.yaml --outbound "$both" --json --no-report web.pcap
test "$(snat peak_used)" = 128 || fail "$(snat peak_used) of 2 x 64 ports"
test "$(snat begun)" -ge "$flows" || fail "$(snat begun) of $begun begun"
test "$(snat opened)" -lt "$flows" || fail "all were opened by 128 ports"
says few/run.json '"outbound": "'
expect 0 sim -q -c lb.yaml --outbound "$both" --no-report --loop 2 web.pcap

echo "== how many ports"
expect 0 sweep -q -c lb.yaml --outbound "$both" --no-report \
    --vary ports_per_member=64..1024..64 web.pcap
chosen=$(sed -n '1s/^\([0-9 ]*\) ports per member keep.*/\1/p' out | tr -d ' ')
test -n "$chosen" || fail "$(head -n 1 out)"
test $((2 * ${chosen:-0})) -ge "$enough" ||
    fail "$chosen ports a member, where $enough were in use in all"
test $((2 * ${chosen:-0} - 256)) -le "$enough" ||
    fail "$chosen ports a member, where $enough were in use in all"

echo "== usage"
expect 2 sim -q --outbound members --no-report web.pcap
says err "wants a configuration"
expect 2 sim -q -c lb.yaml --outbound 0.0.0.0 --no-report web.pcap
says err "0.0.0.0 is nobody's address"
expect 2 sim -q -c lb.yaml --outbound ff02::1 --no-report web.pcap
expect 2 sim -q -c lb.yaml --outbound 10.0.0.x --no-report web.pcap
says err "captured addresses"
expect 2 sim -q -c lb.yaml --outbound 1.1.1.1,2.2.2.2,3.3.3.3 --no-report \
    web.pcap
says err "no member left"
expect 2 sim -q -c lb.yaml --outbound 2001:db8::1 --no-report web.pcap
says err "no member left"
expect 2 sim -q -s web.yaml --outbound members --no-report
says err "from_pool"
expect 0 sim -q -c lb.yaml --outbound members --no-report web.pcap
says err "no flow was begun by 10.9.0.1, 10.9.0.2"

test -d "${FAIRLEAD_CAPTURES:-}" || {
	echo "skipped: FAIRLEAD_CAPTURES names no folder; the rest passed"
	test $failed = 0 || exit 1
	exit 77
}
echo "== captures of others"
resolver "$FAIRLEAD_CAPTURES/pcpp_DnsPackets.pcap"
# a telephone: 40 connections to one server, none of which is released in time
config 8 10.9.0.1
phone=$FAIRLEAD_CAPTURES/ndpi_alexa-app.pcapng
expect 0 sim -q -c lb.yaml --outbound 172.16.42.216 --no-report "$phone"
says out "towards 52.94.232.134:443"
expect 0 sweep -q -c lb.yaml --outbound 172.16.42.216 --no-report \
    --vary ports_per_member=8..128..8 "$phone"
says out "^40 ports per member keep failures below 0.1 %"
# whatever there is, nothing crashes
config 64 10.9.0.1 10.0.0.1 192.168.0.1 192.168.1.2
for capture in "$FAIRLEAD_CAPTURES"/*.pcap*; do
	got=0
	"$FAIRLEAD" sim -q -c lb.yaml --outbound members --no-report \
	    "$capture" >out 2>err || got=$?
	case $got in
	0 | 3 | 4) ;;
	*) fail "exit code $got: $capture" ;;
	esac
done

exit $failed
