#!/bin/sh
# make-failover.sh [DIR]
#
# Makes failover.pcap and failover.txt, in DIR or beside this script: two servers
# behind one address, of which one dies, twice; real programs on a network of
# namespaces that exists only while this runs (two minutes). Needs root.
#
#   clients ---- 192.0.2.0/30 ------- router ---- 192.0.2.64/26 ---- server 1
#   198.51.100/24  2001:db8:0:1::/64 ^ captured   2001:db8:0:2::/64 \- server 2
#   2001:db8:1::/48                    here       each: 203.0.113.10, 2001:db8::10
#
# The router spreads by a hash of address and port and keeps nothing; both
# servers have the service's address and answer with it. What each client does
# is drawn from a fixed seed, so that another run shows the same clients; times,
# sequence numbers, message ids and retries differ.
#
# shellcheck disable=SC2034,SC2154 # net.sh reads and sets them
set -eu
here=$(cd "$(dirname "$0")" && pwd)
name=failover
# shellcheck disable=SC1091
. "$here/net.sh"

service4=203.0.113.10
service6=2001:db8::10
seconds=68		# from the first request to the last one's start
snaplen=128		# all headers, also those that an ICMPv6 error quotes
bytes_max=307200
coap_server=coap-server-openssl
coap_client=coap-client-openssl

# What happens, in seconds from the first request.
off_at=12 off_seen=20 on_at=30 on_seen=32 # server 2: the machine
killed_at=44 killed_seen=48 again_at=56 again_seen=58 # server 1: the programs

# plan: one line for each socket, in order of its start:
#   start_ms address port protocol requests
plan() {
	awk -v seconds=$seconds "$chance"'
	function socket(address, protocol, requests) {
		print int(uniform() * (seconds - 3 * requests) * 1000), address,
		    port_for(address), protocol, requests
	}
	function some(address) {
		socket(address, uniform() < 0.6 ? "http" : "coap",
		    uniform() < 0.8 ? 1 : 2 + below(3))
	}
	function kept(address, protocol) { # from the start almost to the end
		print 500 + below(2000), address, port_for(address), protocol,
		    protocol == "http" ? 22 : 40
	}
	BEGIN {
		seed = 118
		for (n = 1; n <= 80; n++)
			some("198.51.100." n * 3)
		for (n = 1; n <= 60; n++)
			some(sprintf("2001:db8:1:%x::%x", n, 4096 + below(61440)))
		for (n = 1; n <= 5; n++) {
			kept("198.51.100." n * 40, "http")
			kept(sprintf("2001:db8:1:%x::80", n), "http")
		}
		kept("198.51.100.250", "coap")
		kept("2001:db8:1:a0::80", "coap")
	}' | sort -n
}

# request ADDRESS PORT PROTOCOL REQUESTS
request() {
	case $1 in
	*:*) server="[$service6]" ;;
	*) server=$service4 ;;
	esac
	if test "$3" = http; then # on one connection, one in three seconds
		curl -q -s --noproxy '*' -A curl --interface "$1" \
		    --local-port "$2-$(($2 + 3))" --connect-timeout 10 \
		    --max-time 20 --rate 20/m --retry 3 --retry-delay 2 \
		    --retry-all-errors \
		    --resolve "www.example.org:80:$server" \
		    "http://www.example.org/status?[1-$4]"
		return
	fi
	for _ in 1 2 3; do # till there is an answer
		answer=$(timeout 70 $coap_client -B $((20 + $4)) -v 0 \
		    -a "$1" -p "$2" -G "$4" "coap://$server/time" 2>/dev/null ||
		    :)
		test -z "$answer" || return 0
		sleep 2
	done
}

if test "${1-}" = --play; then
	play <"$2/plan"
	exit 0
fi

# --- the network --------------------------------------------------------------

prepare "${1-}" nginx:nginx curl:curl nft:nftables \
    $coap_server:libcoap3-bin $coap_client:libcoap3-bin
plan >"$work/plan"
router=fl-$$-router server1=fl-$$-1 server2=fl-$$-2
for ns in $router $server1 $server2; do
	new_ns "$ns"
done
forwards "$router"
join_clients "$router"
short_tcp "$server1" "$server2" "$clients"
link "$server1" 02:00:00:00:01:01 "$router" s1 02:00:00:00:01:11
link "$server2" 02:00:00:00:01:02 "$router" s2 02:00:00:00:01:12
ip -n "$router" link add br0 address 02:00:00:00:01:00 type bridge
ip -n "$router" link set s1 master br0
ip -n "$router" link set s2 master br0
ip -n "$router" link set br0 up
for version in 4 6; do # the router misses a neighbour within some four seconds
	in_ns "$router" sh -c "cd /proc/sys/net/ipv$version/neigh/br0 &&
	    echo 1000 >base_reachable_time_ms && echo 500 >retrans_time_ms &&
	    echo 1 >delay_first_probe_time"
done
ip -n "$router" addr add 192.0.2.65/26 dev br0
ip -n "$router" addr add 2001:db8:0:2::1/64 dev br0 nodad
for n in 1 2; do
	ns=fl-$$-$n
	ip -n "$ns" addr add 192.0.2.$((70 + n))/26 dev eth0
	ip -n "$ns" addr add 2001:db8:0:2::1$n/64 dev eth0 nodad
	ip -n "$ns" addr add $service4/32 dev lo
	ip -n "$ns" addr add $service6/128 dev lo nodad
	# a killed program's connections: not kept for minutes
	in_ns "$ns" sh -c 'echo 1 >/proc/sys/net/ipv4/tcp_orphan_retries'
	ip -n "$ns" route add default via 192.0.2.65
	ip -n "$ns" route add default via 2001:db8:0:2::1
	# the next hop of what is marked with the server's number
	ip -n "$router" route add $service4 via 192.0.2.$((70 + n)) table $n
	ip -n "$router" route add $service6 via 2001:db8:0:2::1$n table $n
	ip -n "$router" rule add fwmark $n table $n
	ip -n "$router" -6 rule add fwmark $n table $n
done

# share SERVER SERVER: what even hashes get, and what odd ones
share() {
	in_ns "$router" nft -f - <<END
table inet spread {
	chain share {
		type filter hook prerouting priority mangle
	}
}
flush chain inet spread share
table inet spread {
	chain share {
		iifname c0 ip daddr $service4 tcp dport 80 meta mark set jhash ip saddr . tcp sport mod 2 seed 0x1 map { 0 : $1, 1 : $2 }
		iifname c0 ip6 daddr $service6 tcp dport 80 meta mark set jhash ip6 saddr . tcp sport mod 2 seed 0x1 map { 0 : $1, 1 : $2 }
		iifname c0 ip daddr $service4 udp dport 5683 meta mark set jhash ip saddr . udp sport mod 2 seed 0x1 map { 0 : $1, 1 : $2 }
		iifname c0 ip6 daddr $service6 udp dport 5683 meta mark set jhash ip6 saddr . udp sport mod 2 seed 0x1 map { 0 : $1, 1 : $2 }
	}
}
END
}
share 1 2

# --- the servers --------------------------------------------------------------

mkdir "$work/www" "$work/tmp"
yes fine | head -c 400 >"$work/www/status"
touch -d '2024-01-01 00:00 UTC' "$work/www/status"

# serve NUMBER: its programs; their ids are in $work/NUMBER.pids
serve() {
	cat >"$work/$1.conf" <<END
daemon off;
master_process off;
user root;
pid $work/$1.nginx;
error_log $work/error.log;
events { }
http {
	access_log off;
	server_tokens off;
	client_body_temp_path $work/tmp;
	proxy_temp_path $work/tmp;
	fastcgi_temp_path $work/tmp;
	uwsgi_temp_path $work/tmp;
	scgi_temp_path $work/tmp;
	server {
		listen $service4:80;
		listen [$service6]:80;
		root $work/www;
	}
}
END
	ip netns exec "fl-$$-$1" nginx -c "$work/$1.conf" \
	    2>"$work/nginx.log" &
	echo $! >"$work/$1.pids"
	for address in $service4 $service6; do
		ip netns exec "fl-$$-$1" $coap_server -A "$address" \
		    >/dev/null 2>&1 &
		echo $! >>"$work/$1.pids"
	done
	until_answer "fl-$$-$1" curl -qsf --noproxy '*' -o /dev/null \
	    "http://$service4/status" || {
		cat "$work/nginx.log" >&2
		exit 1
	}
}

# end_programs NUMBER: at once, as a crash does
end_programs() {
	while read -r pid; do
		kill -KILL "$pid"
		wait "$pid" 2>/dev/null || :
	done <"$work/$1.pids"
}
# A machine without power remembers no connection when it is back.
power_off() {
	ip -n "$router" link set s2 down
	end_programs 2
}

power_on() {
	ip -n "$router" link set s2 up
	serve 2
}
serve 1
serve 2

# --- the run ------------------------------------------------------------------

capture "$router"
play_plan $seconds
began_ms=$(now_ms)

# at SECOND COMMAND...
at() {
	wait_ms=$((began_ms + 1000 * $1 - $(now_ms)))
	shift
	test $wait_ms -le 0 || {
		# in the background: a shell in wait hears signals at once
		sleep "$(printf '%d.%03d' $((wait_ms / 1000)) \
		    $((wait_ms % 1000)))" &
		wait $!
	}
	"$@"
}
at $off_at power_off
at $off_seen share 1 1
at $on_at power_on
at $on_seen share 1 2
at $killed_at end_programs 1
at $killed_seen share 2 2
at $again_at serve 1
at $again_seen share 1 2
players_done
capture_done

# seen: what the clients had of it
seen() {
	tcpdump -nnttvr "$work/$name.pcap" 2>/dev/null |
	    awk '{ printf "%s%s", /^[0-9]/ ? (NR > 1 ? "\n" : "") : " ", $0 }
	    END { print "" }' | awk '
	/ICMP.* unreachable/ && / port / { port++; next }
	/ICMP.* unreachable/ { host++; next }
	/Flags \[S\]/ {
		key = $0
		sub(/.*proto TCP[^)]*\)|.*next-header TCP[^)]*\)/, "", key)
		sub(/: Flags.*/, "", key)
		number = $0
		sub(/.*seq /, "", number)
		sub(/,.*/, "", number)
		if ((key, number) in syn) again++
		syn[key, number] = 1
	}
	/Flags \[R/ { reset++ }
	END {
		printf "seen       %d SYNs sent again, %d RSTs, %d host or " \
		    "address unreachable,\n           %d port unreachable\n",
		    again, reset, host, port
	}'
}

{
	cat <<END
failover.pcap: two servers behind one address; one dies, twice

Classic pcap, Ethernet, microseconds, $bytes bytes; the first $snaplen bytes of each
packet, which is all headers.

$(facts)
$(seen)
service    $service4 and $service6, TCP port 80 and UDP port 5683

What it shows. A router spreads HTTP and CoAP over two servers by a hash of
address and port, as routers with several equal paths do, and keeps no table of
connections. The capture is what the clients see. Seconds from the start, about:

    $off_at   server 2 has no power. Its half of the clients hears nothing: SYNs
         are sent again after 1 and 3 s, requests on connections kept alive
         too, CoAP requests after 2 to 3 s, then twice as many. After some
         four seconds the router says so itself: host (address) unreachable.
    $off_seen   the router has noticed: all go to server 1. SYNs and datagrams that
         are sent again succeed; server 1 answers the other's connections
         with RST, and their clients connect anew.
    $on_at   server 2 is back, and from $on_seen has its half again. Now the
         connections that server 1 had taken over end with RST in turn:
         where nothing remembers which server has a connection, the end of
         a failure breaks as much as its beginning.
    $killed_at   the programs on server 1 are killed: RST and port unreachable at once,
         from a machine that is well. Clients try again after 2 s.
    $killed_seen   noticed; server 2 has all.
    $again_at   server 1 serves again, and from $again_seen has its half.

Ten HTTP clients hold on to a connection with a request every three seconds from
the start almost to the end, two CoAP clients to a socket for forty requests;
the others ask one to four times. A balancer that keeps a table of connections
would not have shown the RSTs that follow $on_seen and $again_seen: a member that is well again
gets new connections only. A client that connects anew may take the port it had
(curl is told which to use), so that some flows have several connections.

How it was made: by traces/samples/make-failover.sh, as root, with real programs
on network namespaces; addresses are those for documentation. There is no
person's and no site's data in it. No distance either: a round trip takes
microseconds. Another run gives the same clients at other times, and other
retries.

    nginx             $(nginx -v 2>&1 | sed 's/.*nginx.//')
    curl              $(curl -q --version | awk 'NR == 1 { print $2 }')
    $coap_server, $coap_client  $($coap_client -v 0 -h 2>&1 |
	sed -n 's/.*client[^ ]* v\([0-9.]*\).*/\1/p' | head -n 1) (libcoap3-bin)
    nftables          $(nft --version | sed 's/nftables v//')
    tcpdump           $(tcpdump_version)
END
} | finish
