# net.sh: what make-*.sh have in common. They read it; it is not run.
#
# A network of namespaces that exists only while a script runs, what is captured
# on it, and what there is to say about the capture. IPv4 and IPv6; addresses
# for documentation only (RFC 5737, RFC 3849); locally administered MACs.
#
# The script sets, before prepare: name, bytes_max; before capture: snaplen.

# shellcheck shell=sh disable=SC2034,SC2154 # the scripts' own
export LC_ALL=C
umask 022

say() {
	echo "make-$name.sh: $*" >&2
}

# --- the clients --------------------------------------------------------------

# The plan's awk functions. Park and Miller; awk has no common generator.
chance='
function uniform() {
	seed = (seed * 16807) % 2147483647
	return seed / 2147483647
}
function below(n) { return int(uniform() * n) }
function port_for(address,  port) { # each only once: four apart, for retries
	do port = 32768 + 4 * below(7000)
	while ((address, port) in taken)
	taken[address, port] = 1
	return port
}
'

now_ms() {
	date +%s%3N
}

# play: the plan is standard input, a line for each socket in order of its
# start: start_ms address ...; `request address ...` is the script's.
play() {
	began_ms=$(now_ms)
	while read -r start_ms rest; do
		wait_ms=$((began_ms + start_ms - $(now_ms)))
		test $wait_ms -le 0 ||
		    sleep "$(printf '%d.%03d' $((wait_ms / 1000)) \
			$((wait_ms % 1000)))"
		# shellcheck disable=SC2086 # fields of ours
		request $rest </dev/null >/dev/null 2>&1 &
	done
	wait
}

# play_plan SECONDS: in the clients' namespace, in the background; $players
play_plan() {
	say "$(wc -l <"$work/plan") sockets, about $1 seconds ..."
	timeout $((3 * $1)) ip netns exec "$clients" sh "$self" --play "$work" &
	players=$!
}

# players_done: a shell in wait hears signals at once
players_done() {
	wait "$players" || {
		say "the clients did not come to an end"
		exit 1
	}
}

# --- the network --------------------------------------------------------------

# prepare DIR TOOL:PACKAGE...: tools there, a place to work, an end to it all
prepare() {
	test "$(id -u)" = 0 || {
		say "needs root: it makes network namespaces"
		exit 1
	}
	out=$(cd "${1:-$here}" && pwd)
	shift
	missing=
	for tool in ip:iproute2 ethtool:ethtool tcpdump:tcpdump "$@"; do
		command -v "${tool%:*}" >/dev/null ||
		    missing="$missing ${tool#*:}"
	done
	test -z "$missing" || { say "missing: apt-get install$missing"; exit 1; }
	test -e /proc/sys/net/ipv6 || { say "this kernel has no IPv6"; exit 1; }
	self=$here/make-$name.sh
	work=$(mktemp -d)
	made=
	trap clean EXIT
	trap 'exit 130' HUP INT TERM
}

# running: the ids of the processes in our namespaces
running() {
	for ns in $made; do
		ip netns pids "$ns" 2>/dev/null || :
	done
}

# Ends what runs in our namespaces, by id, and takes everything away again.
clean() {
	status=$?
	trap - EXIT
	trap '' HUP INT TERM
	for _ in 1 2 3 4 5; do # what was starting just now is in the next list
		test -n "$(running)" || break
		for pid in $(running); do
			kill "$pid" 2>/dev/null || :
		done
		sleep 0.2
	done
	for pid in $(running); do
		kill -KILL "$pid" 2>/dev/null || :
	done
	wait
	for ns in $made; do
		ip netns del "$ns" || :
	done
	rm -rf "$work"
	exit $status
}

in_ns() { # NAMESPACE COMMAND...
	ip netns exec "$@"
}

# new_ns NAMESPACE: with links as quiet as can be (no router solicitations, no
# duplicate address detection); link-local addresses are the MACs'
new_ns() {
	ip netns add "$1"
	made="$made $1"
	ip -n "$1" link set lo up
	in_ns "$1" sh -c 'cd /proc/sys/net/ipv6/conf/default &&
	    echo 0 >accept_ra && echo 0 >accept_dad && echo 0 >dad_transmits &&
	    echo 0 >router_solicitations'
}

# short_tcp NAMESPACE...: no timestamps, twelve bytes less in each segment
short_tcp() {
	for ns in "$@"; do
		in_ns "$ns" sh -c 'echo 0 >/proc/sys/net/ipv4/tcp_timestamps'
	done
}

forwards() { # NAMESPACE
	in_ns "$1" sh -c 'cd /proc/sys/net && echo 1 >ipv4/ip_forward &&
	    echo 1 >ipv6/conf/all/forwarding'
}

# link NAMESPACE MAC NAMESPACE DEVICE MAC: the first's eth0 to the second's
# DEVICE; no offloads, else the capture shows checksums that no card has filled
# in yet and segments that no wire carries
link() {
	ip link add eth0 netns "$1" address "$2" type veth \
	    peer name "$4" netns "$3" address "$5"
	in_ns "$1" ethtool -K eth0 tx off tso off gso off >/dev/null
	in_ns "$3" ethtool -K "$4" tx off tso off gso off >/dev/null
	ip -n "$1" link set eth0 up
	ip -n "$3" link set "$4" up
}

# join_clients NAMESPACE: the clients on its c0, with the plan's addresses
# behind them; the capture's place
join_clients() {
	clients=fl-$$-clients
	new_ns "$clients"
	link "$clients" 02:00:00:00:00:02 "$1" c0 02:00:00:00:00:01
	ip -n "$1" addr add 192.0.2.1/30 dev c0
	ip -n "$1" addr add 2001:db8:0:1::1/64 dev c0 nodad
	ip -n "$clients" addr add 192.0.2.2/30 dev eth0
	ip -n "$clients" addr add 2001:db8:0:1::2/64 dev eth0 nodad
	ip -n "$1" route add 198.51.100.0/24 via 192.0.2.2
	ip -n "$1" route add 2001:db8:1::/48 via 2001:db8:0:1::2
	ip -n "$clients" route add default via 192.0.2.1
	ip -n "$clients" route add default via 2001:db8:0:1::1
	test -s "$work/plan" || { say "awk made no plan"; exit 1; }
	awk '!seen[$2]++ {
		print "addr add " $2 ($2 ~ /:/ ? "/128 dev lo nodad" : "/32 dev lo")
	}' "$work/plan" | ip -n "$clients" -batch -
}

# until_answer NAMESPACE COMMAND...: at most some seconds
until_answer() {
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do
		! timeout 2 ip netns exec "$@" >/dev/null 2>&1 || return 0
		sleep 0.2
	done
	say "no answer: $*"
	return 1
}

# --- the capture --------------------------------------------------------------

# capture NAMESPACE: its c0, snaplen bytes of each packet
capture() {
	sleep 2 # multicast reports of new addresses are over
	: >"$work/tcpdump.log"
	# no function of ours between: its id is tcpdump's
	ip netns exec "$1" tcpdump -i c0 -s "$snaplen" -Z root \
	    -w "$work/$name.pcap" 2>"$work/tcpdump.log" &
	tcpdump_pid=$!
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		! grep -q '^tcpdump: listening' "$work/tcpdump.log" || return 0
		sleep 0.3
	done
	say "tcpdump does not start: $(cat "$work/tcpdump.log")"
	exit 1
}

capture_done() {
	sleep 1
	kill "$tcpdump_pid"
	wait "$tcpdump_pid" || :
	grep -q '^0 packets dropped by kernel' "$work/tcpdump.log" || {
		say "the capture has holes: $(cat "$work/tcpdump.log")"
		exit 1
	}
	bad=$(tcpdump -nnvvr "$work/$name.pcap" 2>/dev/null |
	    grep -Ec 'bad udp cksum|\(incorrect' || :)
	test "$bad" = 0 || { say "$bad wrong checksums in the capture"; exit 1; }
	bytes=$(wc -c <"$work/$name.pcap")
	test "$bytes" -le "$bytes_max" || { say "too large: $bytes bytes"; exit 1; }
}

# facts: packets by kind, clients, skew; for a person. Ports below 32768 are
# the services'; a client is an address.
facts() {
	tcpdump -nnqttr "$work/$name.pcap" 2>/dev/null | awk '
	function largest(of, n,  all, a, i, best, sum, done) { # n largest, %
		for (a in of) all += of[a]
		for (i = 0; i < n; i++) {
			best = ""
			for (a in of)
				if (!(a in done) && (best == "" || of[a] > of[best]))
					best = a
			done[best] = 1
			sum += of[best]
		}
		return sprintf("%.1f %%", 100 * sum / all)
	}
	{ last = $1; if (NR == 1) first = $1 }
	$2 !~ /^IP6?$/ { arp++; next }
	$6 ~ /^ICMP/ || $7 ~ /^ICMP6/ { icmp[$2]++; next }
	$6 !~ /^(UDP|tcp)/ { other++; next }
	{
		count[$2 " " ($6 == "tcp" ? "TCP" : "UDP")]++
		sub(/:$/, "", $5)
		match($3, /\.[0-9]+$/)
		client = substr($3, RSTART + 1) + 0 >= 32768 ? $3 : $5
		packets[client]++
		carried[client] += $NF
		flow[$6 == "tcp", client] += $NF
		address = client
		sub(/\.[0-9]+$/, "", address)
		if (!((client, $6 == "tcp") in seen)) {
			seen[client, $6 == "tcp"] = 1
			flows++
			if (++sockets[address] == 2) several++
			if (sockets[address] == 1) of_family[$2]++
			if (sockets[address] > widest) {
				widest = sockets[address]
				who = address
			}
		}
		client_bytes[address] += $NF
	}
	END {
		printf "packets    %d: IPv4 %d TCP, %d UDP, %d ICMP; " \
		    "IPv6 %d TCP, %d UDP,\n           %d ICMPv6; %d ARP", NR,
		    count["IP TCP"], count["IP UDP"], icmp["IP"],
		    count["IP6 TCP"], count["IP6 UDP"], icmp["IP6"], arp
		if (other) printf ", %d other", other
		printf "\nclients    %d IPv4 and %d IPv6 addresses, %d with " \
		    "several flows;\n           %s has %d\n",
		    of_family["IP"], of_family["IP6"], several, who, widest
		printf "skew       of the payload, the largest ten of %d " \
		    "flows have %s,\n           the largest ten addresses %s\n",
		    flows, largest(flow, 10), largest(client_bytes, 10)
		printf "time       %.1f s\n", last - first
	}'
}

tcpdump_version() {
	tcpdump --version 2>&1 | awk '/^tcpdump version/ { t = $3 }
	    /^libpcap version/ { l = $3 } END { print t ", libpcap " l }'
}

# finish: the text is standard input; what fairlead says follows it, when there
# is one (FAIRLEAD, else the one built beside)
finish() {
	cat >"$work/$name.txt"
	fairlead=${FAIRLEAD:-$here/../../build/fairlead}
	if command -v "$fairlead" >/dev/null; then
		sh "$here/figures.sh" "$fairlead" "$work/$name.pcap" \
		    >>"$work/$name.txt"
	else
		say "no $fairlead: the text is without its figures;" \
		    "FAIRLEAD names another"
	fi
	mv "$work/$name.pcap" "$work/$name.txt" "$out/"
	say "$out/$name.pcap, $out/$name.txt"
}
