# shellcheck shell=sh
# A network to forward in: namespaces for a client, the balancer and two
# servers, made by who sources this and gone when it ends, however it ends.
#
#     client eth0 -- c0 balancer b1 -- eth0 s1
#                               b2 -- eth0 s2
#
# Set servers before, and they have other names than s1 and s2. Further
# namespaces are named in others, and for who sources this to tie in.
# 10.77.N.0/24 and fd77:N::/64, N = 1 to the client, 2 and 3 to the servers; the
# balancer is .1, the other end .2. A frontend is what the client's default
# route leads to: 10.77.0.10, fd77::10.
#
# What veths want (doc: fairlead-live.8): full checksums from who sends, and
# NAPI (gro on) at who gets redirected frames. nsenter and not ip netns exec,
# which hides the BPF file system.
: "${FAIRLEAD:?names the program}" "${SRC:?names the source tree}"

skip() {
	echo "skipped: $*"
	exit 77
}

test "$(id -u)" = 0 || skip "without privilege"
for tool in ip nsenter ethtool; do
	command -v $tool >/dev/null || skip "there is no $tool"
done

: "${servers:=s1 s2}" "${others:=}"
dir=$(mktemp -d)
tag=fl$$
pin=test-$$
pids=
failed=0
trap 'cleanup' EXIT
trap 'exit 1' HUP INT TERM

cleanup() {
	for pid in $pids; do
		kill "$pid" 2>/dev/null || :
	done
	wait
	"$FAIRLEAD" live --detach --pin-name "$pin" >/dev/null 2>&1 || :
	for name in client balancer $servers $others; do
		ip netns del "$tag-$name" 2>/dev/null || :
	done
	rm -rf "$dir"
}

# try COMMAND...: prints it, and does it
try() {
	echo "+ $*" >&2
	"$@"
}

fail() {
	echo "FAIL: $*"
	# shellcheck disable=SC2034 # for who reads this
	failed=1
}

# in_ns NAME COMMAND...: execs, so that $! of it is the command's
in_ns() {
	ns=$1
	shift
	nsenter --net="/run/netns/$tag-$ns" "$@"
}

# in_background NAME COMMAND...: its pid is in $pid, and ended with the test
in_background() {
	ns=$1
	shift
	nsenter --net="/run/netns/$tag-$ns" "$@" &
	pid=$!
	pids="$pids $pid"
}

# wait_for FILE PATTERN [SECONDS]: until a line of it matches
wait_for() {
	left=$((${3:-20} * 10))
	until grep -q -e "$2" "$1" 2>/dev/null; do
		left=$((left - 1))
		test $left -gt 0 || {
			fail "$1 does not say $2: $(tail -n 3 "$1")"
			return 1
		}
		sleep 0.1
	done
}

# tie NAMESPACE INTERFACE NAMESPACE INTERFACE N: in the subnets N, .1 and .2
tie() {
	ip -n "$tag-$1" link add "$2" type veth peer name "$4" netns "$tag-$3"
	for end in "$1 $2 1" "$3 $4 2"; do
		# shellcheck disable=SC2086 # three words
		set -- $end "$5" "$@"
		ip -n "$tag-$1" addr add "10.77.$4.$3/24" dev "$2"
		ip -n "$tag-$1" addr add "fd77:$4::$3/64" dev "$2" nodad
		ip -n "$tag-$1" link set "$2" up
		shift 4
	done
}

# leads NAMESPACE VIA DEVICE: a default route by subnet VIA's .1, of interface
# DEVICE whose packets get full checksums, and which takes redirected ones
leads() {
	ip -n "$tag-$1" route add default via "10.77.$2.1"
	ip -n "$tag-$1" -6 route add default via "fd77:$2::1"
	in_ns "$1" ethtool -K "$3" tx off gro on >/dev/null
}

# wire BALANCER-INTERFACE NAMESPACE N
wire() {
	tie balancer "$1" "$2" eth0 "$3"
	leads "$2" "$3" eth0
}

network() {
	for name in client balancer $servers $others; do
		ip netns add "$tag-$name" 2>"$dir/err" ||
		    skip "no network namespaces here: $(cat "$dir/err")"
		ip -n "$tag-$name" link set lo up
	done
	wire c0 client 1
	n=1
	for name in $servers; do
		wire b$n "$name" $((n + 1))
		n=$((n + 1))
	done
	in_ns balancer sysctl -qw net.ipv4.ip_forward=1 \
	    net.ipv6.conf.all.forwarding=1
}

# far_and_deep: two more networks, of others='far deep', behind the client and
# behind s1, which are their routers: 10.77.5.0/24, 10.77.4.0/24 and IPv6's
far_and_deep() {
	tie client eth1 far eth0 5
	leads far 5 eth0
	tie s1 eth1 deep eth0 4
	leads deep 4 eth0
	for router in client s1; do
		in_ns $router ethtool -K eth1 tx off >/dev/null
		in_ns $router sysctl -qw net.ipv4.ip_forward=1 \
		    net.ipv6.conf.all.forwarding=1 net.ipv4.icmp_ratelimit=0 \
		    net.ipv6.icmp.ratelimit=0
	done
	ip -n "$tag-balancer" route add 10.77.5.0/24 via 10.77.1.2
	ip -n "$tag-balancer" route add 10.77.4.0/24 via 10.77.2.2
	ip -n "$tag-balancer" -6 route add fd77:5::/64 via fd77:1::2
	ip -n "$tag-balancer" -6 route add fd77:4::/64 via fd77:2::2
}

# two_pools: how a configuration of two frontends begins, whose pools have both
# servers; keys of the whole and rules come after it
two_pools() {
	cat <<-END
		load_balancer: { sku: fairlead }
		connection_table: { entries: 10000 }
		forwarding: { mode: nat, interfaces: [c0, b1, b2] }
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
	END
}

# may_balance: it could start with lb.yaml, or this test is skipped
may_balance() {
	in_ns balancer "$FAIRLEAD" live -c lb.yaml --pin-name "$pin" --dry-run \
	    >out 2>&1 || {
		grep -q 'not permitted' out && skip "BPF is not permitted here"
		fail "--dry-run: $(cat out)"
	}
}

# balance: with lb.yaml, its log in live.log; its pid is in $live, its hash key
# in $key
# shellcheck disable=SC2034 # for who sources this
balance() {
	may_balance
	echo "+ balancer: fairlead live -c lb.yaml" >&2
	in_background balancer "$FAIRLEAD" live -c lb.yaml --pin-name "$pin" \
	    2>live.log
	live=$pid
	wait_for live.log '"event":"forwarding"'
	key=$(sed -n 's/.*"hash_key":"\([0-9a-f]*\)".*/\1/p' live.log)
}

# known MEMBER EVENT SINCE: in both pools, by live.log after so many lines
known() {
	left=100
	until test "$(tail -n +$(($3 + 1)) live.log |
	    grep -c "\"event\":\"$2\".*/$1\"")" -ge 2; do
		left=$((left - 1))
		test $left -gt 0 || {
			fail "$1 did not go $2: $(tail -n 3 live.log)"
			return 0
		}
		sleep 0.1
	done
}

# talk PORT COUNT ADDRESS...: the client's connections, to echo.py of servers,
# are open, and ask on. talker=NAME: not the client's.
talk() {
	port=$1
	count=$2
	shift 2
	rm -f open enough
	echo "+ ${talker:=client}: $count connections to each of $*, and new ones" >&2
	in_background "$talker" python3 "$SRC/tests/live/talk.py" "$port" \
	    "$count" open enough "$@" >talk.out 2>&1
	talking=$pid
	left=300
	until test -e open; do
		left=$((left - 1))
		if test $left = 0 || ! kill -0 "$talking" 2>/dev/null; then
			fail "connections do not open: $(cat talk.out)"
			return 0
		fi
		sleep 0.1
	done
}

# talked: they end, and none broke
talked() {
	: >enough
	wait "$talking" || fail "connections broke, or new ones failed"
	cat talk.out
}

# watch: records what passes at the client, and what comes in at the servers,
# into client.pcap and NAME.pcap
watch() {
	watchers=
	for name in client $servers; do
		way=in
		test "$name" != client || way=inout
		in_background "$name" tcpdump -i eth0 -nU -s 128 -B 32768 \
		    --immediate-mode -Q $way -w "$name.pcap" 2>"$name.tcpdump"
		watchers="$watchers $pid"
	done
	for name in client $servers; do
		wait_for "$name.tcpdump" 'listening on'
	done
}

# unwatch: until all that has passed is written
unwatch() {
	sleep 0.3
	for watcher in $watchers; do
		kill "$watcher"
		wait "$watcher" || :
	done
}

# same_as_simulated CONFIG KEY: the client's side of what was watched, replayed;
# each flow goes where it went. Members have to be named as the servers are.
same_as_simulated() {
	echo "+ fairlead sim -c $1 --hash-key $2 --flows client.pcap" >&2
	"$FAIRLEAD" sim -q -c "$1" --hash-key "$2" --flows --force \
	    -o simulated client.pcap >simulated.out 2>&1 || {
		fail "sim: $(cat simulated.out)"
		return 0
	}
	# shellcheck disable=SC2086 # a word a server
	python3 "$SRC/tests/live/same_member.py" simulated/flows.csv $servers ||
	    fail "live is not as simulated"
}

# counted NAMESPACE INTERFACE PATTERN: packets, of all queues
counted() {
	in_ns "$1" ethtool -S "$2" |
	    awk -v what="$3" '$1 ~ what { n += $2 } END { print n + 0 }'
}

# rings: packets on the way to the servers that programs sent and a full ring of
# a veth had no room for
rings() {
	for end in 'client eth0' 'balancer b1' 'balancer b2'; do
		# shellcheck disable=SC2086 # two words
		counted $end xdp_xmit_errors
	done | awk '{ n += $1 } END { print n }'
}

# unsent: the same of what the client's sockets sent
unsent() {
	ip -n "$tag-client" -s link show eth0 |
	    awk '/TX:/ { getline; print $4 }'
}

# met: every member is up, and its link address is known
met() {
	left=100
	until "$FAIRLEAD" ctl --pin-name "$pin" members --json >met.json &&
	    python3 -c 'import json, sys
sys.exit(not all(m["state"] == "up" and m["next_hop"]
                 for m in json.load(open("met.json"))["members"]))'; do
		left=$((left - 1))
		test $left -gt 0 || {
			fail "members are not up, or not met: $(cat met.json)"
			return 0
		}
		sleep 0.1
	done
}
