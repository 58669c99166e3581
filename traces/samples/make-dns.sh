#!/bin/sh
# make-dns.sh [DIR]
#
# Makes dns.pcap and dns.txt, in DIR or beside this script: some hundred
# resolvers of one name server, over UDP and TCP, IPv4 and IPv6, real programs on
# a network of namespaces that exists only while this runs (two minutes). Needs
# root.
#
#   clients -------- 192.0.2.0/30, 2001:db8:0:1::/64 -------- dnsmasq
#   198.51.100/24                                           ^ 203.0.113.53
#   2001:db8:1::/48                                captured   2001:db8::53
#
# What each client asks is drawn from a fixed seed, so that another run shows
# the same flows; times, message ids, cookies and what gets lost differ.
#
# shellcheck disable=SC2034,SC2154 # net.sh reads and sets them
set -eu
here=$(cd "$(dirname "$0")" && pwd)
name=dns
# shellcheck disable=SC1091
. "$here/net.sh"

service4=203.0.113.53
service6=2001:db8::53
seconds=60		# from the first question to the last one's start
loss_percent=1		# of the datagrams, either way
snaplen=65535		# whole packets
bytes_max=307200

# plan: one line for each socket, in order of its start:
#   start_ms address port transport name,type ...
plan() {
	awk -v seconds=$seconds "$chance"'
	# Names as they are asked for: some by all, most by few.
	function question(  u) {
		u = uniform()
		if (u < 0.05) return "example.org,MX"
		if (u < 0.10) return "_sip._udp.example.org,SRV"
		if (u < 0.15) return "no" below(90) ".example.org,A"
		return "host" int(exp(uniform() * log(60))) ".example.org," \
		    (uniform() < 0.6 ? "A" : "AAAA")
	}
	function socket(address,  questions, n, transport, line) {
		n = uniform() < 0.9 ? 1 : 2 + below(3)
		transport = uniform() < 0.06 ? "tcp" : "udp"
		# an answer too large for a datagram: asked again by TCP
		if (uniform() < 0.03) {
			n = 0
			line = " big.example.org,TXT"
		}
		while (n-- > 0) line = line " " question()
		print int(uniform() * seconds * 1000), address,
		    port_for(address), transport line
	}
	# A heavy tail: the largest resolver asks sixty times, half of them once.
	function sockets(rank) {
		n = int(60 / rank ^ 0.9)
		return n < 1 ? 1 : n
	}
	# A forwarder that keeps to one port: all its questions are one flow.
	function forwarder(address, n,  line) {
		while (n-- > 0) line = line " " question()
		print below(1000), address, port_for(address), "slow" line
	}
	BEGIN {
		seed = 53
		for (rank = 1; rank <= 100; rank++)
			for (n = sockets(rank); n > 0; n--)
				socket("198.51.100." rank * 2)
		for (rank = 1; rank <= 70; rank++)
			for (n = sockets(rank * 2); n > 0; n--)
				socket(sprintf("2001:db8:1:%x::53", rank))
		forwarder("198.51.100.240", 50)
		forwarder("198.51.100.241", 30)
		forwarder("2001:db8:1:f0::53", 40)
	}' | sort -n
}

# request ADDRESS PORT TRANSPORT QUESTION...
request() {
	from=$1#$2 transport=$3
	case $1 in
	*:*) server=$service6 ;;
	*) server=$service4 ;;
	esac
	shift 3
	if test "$transport" = slow; then # one after another, a second apart
		for question in "$@"; do
			ask "$question"
			sleep 1
		done
		return
	fi
	test "$transport" = udp || set -- +tcp +keepopen "$@"
	ask "$@"
}

ask() { # [OPTION...] QUESTION...: in one dig
	for word in "$@"; do
		shift
		case $word in
		+*) set -- "$@" "$word" ;;
		*) set -- "$@" "${word%,*}" "${word#*,}" ;;
		esac
	done
	# the options before the first name are for all
	timeout 20 dig -r -b "$from" "@$server" +tries=3 +timeout=2 "$@"
}

if test "${1-}" = --play; then
	play <"$2/plan"
	exit 0
fi

prepare "${1-}" dnsmasq:dnsmasq-base dig:bind9-dnsutils nft:nftables
plan >"$work/plan"
server=fl-$$-server
new_ns "$server"
join_clients "$server"
ip -n "$server" addr add $service4/32 dev lo
ip -n "$server" addr add $service6/128 dev lo nodad

{
	cat <<END
user=root
pid-file=
no-hosts
no-resolv
log-facility=$work/dnsmasq.log
bind-interfaces
listen-address=$service4
listen-address=$service6
local=/example.org/
mx-host=example.org,host1.example.org,10
srv-host=_sip._udp.example.org,host2.example.org,5060
END
	awk 'BEGIN {
		for (i = 1; i <= 60; i++)
			printf "host-record=host%d.example.org," \
			    "203.0.113.%d,2001:db8::%x\n", i, 100 + i, 4096 + i
		for (i = 1; i <= 8; i++)
			printf "txt-record=big.example.org,\"%d %0190d\"\n", i, 0
	}'
} >"$work/dnsmasq.conf"
in_ns "$server" dnsmasq --keep-in-foreground -C "$work/dnsmasq.conf" &
# not through the captured link
until_answer "$server" dig -r @$service4 +tries=1 host1.example.org A || {
	cat "$work/dnsmasq.log" >&2
	exit 1
}
# the capture sees what comes before it is lost, and the answers that leave
in_ns "$server" nft -f - <<END
table inet lose {
	chain questions {
		type filter hook input priority filter
		iifname c0 meta l4proto udp numgen random mod 100 < $loss_percent drop
	}
	chain answers {
		type filter hook output priority filter
		oifname c0 meta l4proto udp numgen random mod 100 < $loss_percent drop
	}
}
END

capture "$server"
play_plan $seconds
players_done
capture_done

{
	cat <<END
dns.pcap: some hundred resolvers of one name server, UDP and TCP, IPv4 and IPv6

Classic pcap, Ethernet, microseconds, $bytes bytes, whole packets.

$(facts)
service    $service4 and $service6, UDP and TCP port 53

What it shows. Short questions and short answers, two packets each: hardly any
difference between flows, packets and bytes, and the largest skew is that of the
clients. The resolver 198.51.100.2 has some sixty flows, the next ones less and
less, most one; three forwarders (198.51.100.240, .241 and 2001:db8:1:f0::53)
keep to one port for 50, 30 and 40 questions, each of which any balancer must
take for one flow, unless it takes datagrams one by one. Some questions (6 %)
go by TCP at once. A TXT answer of 1,600 bytes does not go into a datagram: the
answer is cut (flag TC) and the same socket's address and port ask again by
TCP. By source-ip this lands on the same backend, by the two other modes it may
not: for DNS that does not matter, where state is kept it does.

Asked are A, AAAA, MX, SRV and TXT of example.org, some of names that do not
exist. The server loses $loss_percent % of the datagrams either way; who gets no answer asks
again after two seconds.

How it was made: by traces/samples/make-dns.sh, as root, with real programs on
network namespaces; addresses and names are those for documentation. There is no
person's and no site's data in it. No distance either: a round trip takes
microseconds. Another run gives the same clients, ports and questions at other
times.

    dnsmasq           $(dnsmasq --version | awk 'NR == 1 { print $3 }') (dnsmasq-base)
    dig               $(dig -v 2>&1 | awk '{ sub(/-.*/, "", $2); print $2 }') (bind9-dnsutils)
    nftables          $(nft --version | sed 's/nftables v//')
    tcpdump           $(tcpdump_version)
END
} | finish
