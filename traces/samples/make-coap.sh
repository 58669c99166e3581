#!/bin/sh
# make-coap.sh [DIR]
#
# Makes coap.pcap and coap.txt, in DIR or beside this script: some hundred
# clients of one CoAP service, real programs on a network of namespaces that
# exists only while this runs (two minutes). Needs root.
#
#   clients ---- 192.0.2.0/30 ---- router ---- 10.0.0.0/24 ---- coap-ubuntu-1
#   100.64/16                    ^ captured    nftables       \- coap-ubuntu-2
#                                  here        203.0.113.10 -> 10.0.0.4, .5
#
# What each client does is drawn from a fixed seed, so that another run shows
# the same flows; times, message ids, tokens and what gets lost differ.
set -eu
export LC_ALL=C
umask 022

service=203.0.113.10
clients=300
seconds=80		# from the first request to the last one's start
loss_percent=1		# of what the router forwards, either way
bytes_max=500000
server=coap-server-openssl
client=coap-client-openssl

say() {
	echo "make-coap.sh: $*" >&2
}

# --- what the clients do ------------------------------------------------------

# plan: one line for each socket, in order of its start:
#   start_ms address port rounds requests pause_s what
# A round is `requests` requests, a second apart, or one observation as many
# seconds long; then comes a pause.
plan() {
	awk -v clients=$clients -v seconds=$seconds '
	function uniform() { # Park and Miller; awk has no common generator
		seed = (seed * 16807) % 2147483647
		return seed / 2147483647
	}
	function below(n) { return int(uniform() * n) }
	function kind(u) {
		if (u < 0.30) return "put-non"
		if (u < 0.50) return "put"
		if (u < 0.74) return "time"
		if (u < 0.83) return "root"
		if (u < 0.90) return "core"
		if (u < 0.95) return "observe"
		return "tcp"
	}
	# Three addresses are carriers, with many devices behind each; then
	# come households with a few; most have one.
	function sockets(rank) {
		if (rank <= 3) return int(60 / rank)
		if (rank <= 24) return 2 + below(3)
		return 1
	}
	# Heavy-tailed: most ask once or twice, some all the time.
	function rounds_drawn(n) {
		n = int(1 / uniform() ^ 0.75)
		return n > 24 ? 24 : n
	}
	BEGIN {
		seed = 5683
		for (rank = 1; rank <= clients; rank++) {
			address = sprintf("100.64.%d.%d",
			    int(rank / 100) * 16 + below(16), rank % 100 + 100)
			for (n = sockets(rank); n > 0; n--) {
				do port = 49152 + below(16384)
				while ((address, port) in taken)
				taken[address, port] = 1
				what = kind(uniform())
				rounds = rounds_drawn()
				requests = 1 + (uniform() < 0.2) * below(4)
				pause = 1 + below(9)
				# two loggers send a file now and then
				if (rank == 30 || rank == 31) {
					what = "file"; rounds = 3
					requests = 1; pause = 20
				}
				if (what == "observe") requests = 6
				each = requests + pause
				while (rounds > 1 && rounds * each > seconds)
					rounds--
				start = uniform()
				start *= seconds - (rounds - 1) * each
				print int(start * 1000), address, port,
				    rounds, requests, pause, what
			}
		}
	}' | sort -n
}

# request ADDRESS PORT REQUESTS WHAT
request() {
	# TCP would find its port waiting (TIME_WAIT): a new one each time
	case $4 in
	tcp) set -- -a "$1" -G "$3" "coap+tcp://$service/time" ;;
	*)
		address=$1 port=$2 count=$3 what=$4 uri=coap://$service
		set -- -a "$address" -p "$port"
		test "$what" = observe || set -- "$@" -G "$count"
		case $what in
		put) set -- "$@" -m put -e 21.5 "$uri/example_data" ;;
		put-non) set -- "$@" -N -m put -e 21.5 "$uri/example_data" ;;
		file) set -- "$@" -m put -b 512 -f "$work/file" \
			"$uri/example_data" ;;
		observe) set -- "$@" -s "$count" "$uri/time" ;;
		time) set -- "$@" "$uri/time" ;;
		core) set -- "$@" "$uri/.well-known/core" ;;
		*) set -- "$@" "$uri/" ;;
		esac
		;;
	esac
	timeout 60 "$client" -B 20 -v 0 "$@" >/dev/null 2>&1 || :
}

now_ms() {
	date +%s%3N
}

# play: inside the clients' namespace; the plan is standard input
play() {
	began_ms=$(now_ms)
	while read -r start_ms address port rounds requests pause what; do
		wait_ms=$((began_ms + start_ms - $(now_ms)))
		test $wait_ms -le 0 ||
		    sleep "$(printf '%d.%03d' $((wait_ms / 1000)) \
			$((wait_ms % 1000)))"
		(
			while test "$rounds" -gt 0; do
				request "$address" "$port" "$requests" "$what"
				rounds=$((rounds - 1))
				test $rounds -eq 0 || sleep "$pause"
			done
		) </dev/null &
	done
	wait
}

if test "${1-}" = --play; then
	work=$2
	play <"$work/plan"
	exit 0
fi

# --- the network --------------------------------------------------------------

test "$(id -u)" = 0 || { say "needs root: it makes network namespaces"; exit 1; }
missing=
for tool in ip:iproute2 nft:nftables ethtool:ethtool tcpdump:tcpdump \
    $server:libcoap3-bin $client:libcoap3-bin; do
	command -v "${tool%:*}" >/dev/null || missing="$missing ${tool#*:}"
done
test -z "$missing" || { say "missing: apt-get install$missing"; exit 1; }

here=$(cd "$(dirname "$0")" && pwd)
self=$here/$(basename "$0")
out=$(cd "${1:-$here}" && pwd)
work=$(mktemp -d)
c=fl-$$-clients r=fl-$$-router s1=fl-$$-1 s2=fl-$$-2
made=

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
	wait
	for ns in $made; do
		ip netns del "$ns" || :
	done
	rm -rf "$work"
	exit $status
}
trap clean EXIT
trap 'exit 130' HUP INT TERM

in_ns() { # NAMESPACE COMMAND...
	ip netns exec "$@"
}

for ns in $c $r $s1 $s2; do
	ip netns add "$ns"
	made="$made $ns"
	ip -n "$ns" link set lo up
	# no router solicitations in the capture
	in_ns "$ns" sh -c '! test -e /proc/sys/net/ipv6 ||
	    echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6'
done
in_ns $r sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'

# link NAMESPACE MAC ROUTER-DEVICE MAC: its eth0 to the router
link() {
	ip link add eth0 netns "$1" address "$2" type veth \
	    peer name "$3" netns $r address "$4"
	# else the capture shows checksums that no card has filled in yet
	in_ns "$1" ethtool -K eth0 tx off tso off gso off >/dev/null
	in_ns $r ethtool -K "$3" tx off tso off gso off >/dev/null
	ip -n "$1" link set eth0 up
	ip -n $r link set "$3" up
}
link $c 02:00:00:00:00:02 c0 02:00:00:00:00:01
link $s1 02:00:00:00:01:04 s1 02:00:00:00:01:01
link $s2 02:00:00:00:01:05 s2 02:00:00:00:01:02

ip -n $r addr add 192.0.2.1/30 dev c0
ip -n $r link add br0 type bridge
ip -n $r link set s1 master br0
ip -n $r link set s2 master br0
ip -n $r addr add 10.0.0.1/24 dev br0
ip -n $r link set br0 up
ip -n $s1 addr add 10.0.0.4/24 dev eth0
ip -n $s2 addr add 10.0.0.5/24 dev eth0
ip -n $c addr add 192.0.2.2/30 dev eth0
ip -n $r route add 100.64.0.0/16 via 192.0.2.2
for ns in $s1 $s2; do
	ip -n "$ns" route add default via 10.0.0.1
done
ip -n $c route add default via 192.0.2.1

plan >"$work/plan"
test -s "$work/plan" || { say "awk made no plan"; exit 1; }
awk '!seen[$2]++ { print "addr add " $2 "/32 dev lo" }' "$work/plan" |
    ip -n $c -batch -

in_ns $r nft -f - <<END
table ip service {
	chain share {
		type nat hook prerouting priority dstnat
		ip daddr $service udp dport 5683 dnat to jhash ip saddr . udp sport mod 2 map {
			0 : 10.0.0.4, 1 : 10.0.0.5
		}
		ip daddr $service tcp dport 5683 dnat to jhash ip saddr . tcp sport mod 2 map {
			0 : 10.0.0.4, 1 : 10.0.0.5
		}
	}
	chain lose {
		type filter hook forward priority filter
		numgen random mod 100 < $loss_percent drop
	}
}
END

# --- the run ------------------------------------------------------------------

# serve NAMESPACE HOSTNAME ADDRESS
serve() {
	# shellcheck disable=SC2016 # the inner shell's own
	ip netns exec "$1" unshare --uts sh -c 'hostname "$1"; shift; exec "$@"' \
	    sh "$2" $server -A "$3" -d 10 >/dev/null 2>&1 &
	# not through the captured link
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		answer=$(in_ns $r timeout 5 $client -B 2 -v 0 "coap://$3/" \
		    2>/dev/null || :)
		test -z "$answer" || return 0
		sleep 0.2
	done
	say "$2 does not answer"
	return 1
}
serve $s1 coap-ubuntu-1 10.0.0.4
serve $s2 coap-ubuntu-2 10.0.0.5

# no function of ours between: its id is tcpdump's
ip netns exec $r tcpdump -i c0 -w "$work/coap.pcap" -Z root \
    2>"$work/tcpdump.log" &
tcpdump_pid=$!
for _ in 1 2 3 4 5 6 7 8 9 10; do
	! grep -q '^tcpdump: listening' "$work/tcpdump.log" || break
	sleep 0.3
done
grep -q '^tcpdump: listening' "$work/tcpdump.log" || {
	say "tcpdump does not start: $(cat "$work/tcpdump.log")"
	exit 1
}

head -c 6144 /dev/zero | tr '\0' f >"$work/file"
say "$(wc -l <"$work/plan") sockets, about $((seconds + 20)) seconds ..."
# in the background: a shell in wait hears signals at once
timeout $((3 * seconds)) ip netns exec $c sh "$self" --play "$work" &
wait $! || {
	say "the clients did not come to an end"
	exit 1
}
sleep 1
kill "$tcpdump_pid"
wait "$tcpdump_pid" || :

# --- what came of it ----------------------------------------------------------

grep -q '^0 packets dropped by kernel' "$work/tcpdump.log" || {
	say "the capture has holes: $(cat "$work/tcpdump.log")"
	exit 1
}
bad=$(tcpdump -nnvvr "$work/coap.pcap" 2>/dev/null |
    grep -Ec 'bad udp cksum|\(incorrect' || :)
test "$bad" = 0 || { say "$bad wrong checksums in the capture"; exit 1; }
bytes=$(wc -c <"$work/coap.pcap")
test "$bytes" -lt $bytes_max || { say "too large: $bytes bytes"; exit 1; }

# figures: packets by kind, flows, clients, skew; for a person
figures() {
	tcpdump -nnqttr "$work/coap.pcap" 2>/dev/null | awk -v service=$service '
	{ last = $1; if (NR == 1) first = $1 }
	$2 == "ARP," { arp++; next }
	$2 != "IP" { other++; next }
	$6 == "ICMP" { icmp++; next }
	{
		protocol = $6 ~ /^UDP/ ? "UDP" : "TCP"
		count[protocol]++
		sub(/:$/, "", $5)
		from_service = index($3, service ".") == 1
		flow = from_service ? $5 : $3
		address = flow
		sub(/\.[0-9]+$/, "", address)
		if (!((protocol, flow) in flows)) {
			flows[protocol, flow] = 1
			flow_count[protocol]++
			of_client[address]++
		}
		packets[address]++
		from_service ? replies++ : requests++
	}
	END {
		for (a in packets) {
			clients++
			if (of_client[a] > 1) several++
			rank[clients] = packets[a]
			if (of_client[a] > widest) {
				widest = of_client[a]; who = a
			}
		}
		for (i = 1; i <= 10; i++) # the ten largest
			for (j = i + 1; j <= clients; j++)
				if (rank[j] > rank[i]) {
					t = rank[i]; rank[i] = rank[j]
					rank[j] = t
				}
		for (i = 1; i <= 10; i++) ten += rank[i]
		all = requests + replies
		printf "packets    %d: %d UDP, %d TCP, %d ICMP, %d ARP", NR,
		    count["UDP"], count["TCP"], icmp, arp
		if (other) printf ", %d other", other
		printf "\n           %d from clients, %d from the service\n",
		    requests, replies
		udp = flow_count["UDP"]; tcp = flow_count["TCP"]
		printf "flows      %d: %d UDP, %d TCP\n", udp + tcp, udp, tcp
		printf "clients    %d addresses, %d of them with several " \
		    "flows;\n           %s has %d\n", clients, several, who,
		    widest
		printf "skew       the largest client has %.1f %% of the " \
		    "packets,\n           the largest ten have %.1f %%\n",
		    100 * rank[1] / all, 100 * ten / all
		printf "time       %.1f s\n", last - first
	}'
}

{
	cat <<END
coap.pcap: some hundred clients of one CoAP service

Classic pcap, Ethernet, microseconds, $bytes bytes.

$(figures)
service    $service, port 5683, UDP and TCP

What it shows. Devices at 100.64.0.0/16 (addresses as carriers give them) talk
to one service address behind which two servers, coap-ubuntu-1 and -2, share the
work. The capture was taken on the clients' side of the router that spreads
them, so it shows what a balancer's frontend sees: the service's address only.
Most clients have one socket and ask once or twice. Three addresses are
carriers with up to sixty sockets behind each; two send a file in blocks now
and then; a few observe a resource. So the three distribution modes give
different shares of it. A flow is a client's address, port and protocol.

The requests are GET of /, /time and /.well-known/core, PUT to /example_data,
confirmable or not, one or several from each socket; GET of /time with Observe;
PUT of 6144 bytes by blocks of 512 (RFC 7959); GET of /time by coap+tcp (RFC
8323). The router loses $loss_percent % of what it forwards, hence the retransmissions. The
ICMP errors are late answers to sockets that are closed.

How it was made: by traces/samples/make-coap.sh, as root, with real programs on
network namespaces. There is no person's and no device's data in it. Another
run gives the same clients, ports and requests at other times.

    $server, $client  $($client -v 0 -h 2>&1 |
	sed -n 's/.*client[^ ]* \(v[0-9.]*\).*/\1/p' | head -n 1) (libcoap3-bin)
    nftables          $(nft --version | sed 's/nftables //')
    tcpdump           $(tcpdump --version 2>&1 | sed -n 's/^tcpdump version //p'), $(tcpdump --version 2>&1 | sed -n 's/^\(libpcap\) version \([^ ]*\).*/\1 \2/p')
    iproute2          $(ip -V | sed 's/.*iproute2-//; s/,.*//')
    Linux             $(uname -r | sed 's/-.*//')
END
} >"$work/coap.txt"
fairlead=${FAIRLEAD:-$here/../../build/fairlead}
if command -v "$fairlead" >/dev/null; then
	sh "$here/figures.sh" "$fairlead" "$work/coap.pcap" >>"$work/coap.txt"
else
	say "no $fairlead: the text is without its figures; FAIRLEAD names another"
fi

mv "$work/coap.pcap" "$work/coap.txt" "$out/"
say "$out/coap.pcap, $out/coap.txt"
