#!/bin/sh
# make-web.sh [DIR]
#
# Makes web.pcap and web.txt, in DIR or beside this script: some hundred clients
# of one web site over IPv4 and IPv6, real programs on a network of namespaces
# that exists only while this runs (two minutes). Needs root.
#
#   clients -------- 192.0.2.0/30, 2001:db8:0:1::/64 -------- nginx
#   198.51.100/24                                           ^ 203.0.113.10
#   2001:db8:1::/48                                captured   2001:db8::10
#
# What each client does is drawn from a fixed seed, so that another run shows
# the same flows; times, sequence numbers and segments differ.
#
# shellcheck disable=SC2034,SC2154 # net.sh reads and sets them
set -eu
here=$(cd "$(dirname "$0")" && pwd)
name=web
# shellcheck disable=SC1091
. "$here/net.sh"

service4=203.0.113.10
service6=2001:db8::10
seconds=60		# from the first request to the last one's start
snaplen=96		# all headers; of the payload a first line at most
bytes_max=320000

# plan: one line for each connection, in order of its start:
#   start_ms address port what requests
plan() {
	awk -v seconds=$seconds "$chance"'
	function size(u) {
		u = uniform()
		return u < 0.87 ? "index" : u < 0.98 ? "style" : "photo"
	}
	function fetch(address, what, requests,  start) {
		start = int(uniform() * (seconds - 2 * requests) * 1000)
		print start, address, port_for(address), what, requests
	}
	function socket(address) {
		fetch(address, size(), uniform() < 0.9 ? 1 : 2 + below(3))
	}
	# Three IPv4 addresses stand for many customers of a carrier each, then
	# come households of some devices behind one address, then single ones.
	function devices(rank) {
		if (rank <= 3) return int(30 / rank)
		if (rank <= 14) return 2 + below(3)
		return 1
	}
	BEGIN {
		seed = 8080
		for (rank = 1; rank <= 80; rank++)
			for (n = devices(rank); n > 0; n--)
				socket("198.51.100." rank * 3)
		# With IPv6 there is no translator: a household is a /64, and
		# each of its devices has an address.
		for (house = 1; house <= 60; house++)
			for (n = house <= 12 ? 2 + below(3) : 1; n > 0; n--)
				socket(sprintf("2001:db8:1:%x::%x", house,
				    4096 + below(61440)))
		fetch("198.51.100.3", "film", 1)
		fetch("198.51.100.120", "film", 1)
		fetch("2001:db8:1:30::80", "film", 1)
	}' | sort -n
}

# request ADDRESS PORT WHAT REQUESTS: on one connection, one in two seconds
request() {
	case $1 in
	*:*) server="[$service6]" ;;
	*) server=$service4 ;;
	esac
	curl -q -s --noproxy '*' -A curl --interface "$1" \
	    --local-port "$2-$(($2 + 3))" --max-time 50 --rate 30/m \
	    --resolve "www.example.org:80:$server" \
	    "http://www.example.org/$3?[1-$4]"
}

if test "${1-}" = --play; then
	play <"$2/plan"
	exit 0
fi

prepare "${1-}" nginx:nginx curl:curl
plan >"$work/plan"
server=fl-$$-server
new_ns "$server"
join_clients "$server"
short_tcp "$server" "$clients"
ip -n "$server" addr add $service4/32 dev lo
ip -n "$server" addr add $service6/128 dev lo nodad

mkdir "$work/www" "$work/tmp"
file() { # NAME BYTES
	yes "$1 of an example" | head -c "$2" >"$work/www/$1"
	touch -d '2024-01-01 00:00 UTC' "$work/www/$1"
}
file index 900
file style 4000
file photo 12000
file film 150000
cat >"$work/nginx.conf" <<END
daemon off;
master_process off;
user root;
pid $work/nginx.pid;
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
		location = /film { limit_rate 16k; }
	}
}
END
in_ns "$server" nginx -c "$work/nginx.conf" 2>"$work/nginx.log" &
# not through the captured link
until_answer "$server" curl -qsf --noproxy '*' -o /dev/null \
    "http://$service4/index" || {
	cat "$work/nginx.log" >&2
	exit 1
}

capture "$server"
play_plan $seconds
players_done
capture_done

{
	cat <<END
web.pcap: some hundred clients of one web site, IPv4 and IPv6

Classic pcap, Ethernet, microseconds, $bytes bytes; the first $snaplen bytes of each
packet, which is all headers.

$(facts)
service    $service4 and $service6, TCP port 80

What it shows. HTTP/1.1 in the clear, one connection a flow: most have one
request, one in ten two to four on the connection kept alive. Most fetch a page
of 900 bytes, some a style sheet of 4,000 or a photo of 12,000; three fetch a
film of 150,000, sent at 16 KiB a second, and these three are half of the
payload. So by flows five-tuple is even, by bytes no mode can be: what the films
weigh leaves few keys of equal weight, and where the three land is chance.

Behind the first three IPv4 addresses (198.51.100.3, .6, .9) stand many
customers of a carrier, with some 30, 15 and 10 connections; a household has one
IPv4 address for its devices. With IPv6 each device has its own, and a household
is a /64 of 2001:db8:1::/48. So by source-ip the IPv4 flows clump and the IPv6
flows do not: compare fairlead sim --vip $service4 and --vip $service6.
There is one protocol in it: source-ip and source-ip-protocol have as many keys,
and what is between them is chance.

How it was made: by traces/samples/make-web.sh, as root, with real programs on
network namespaces; addresses are those for documentation. There is no person's
and no site's data in it. No distance either: a round trip takes microseconds.
Another run gives the same clients, ports and requests at other times.

    nginx             $(nginx -v 2>&1 | sed 's/.*nginx.//')
    curl              $(curl -q --version | awk 'NR == 1 { print $2 }')
    tcpdump           $(tcpdump_version)
END
} | finish
