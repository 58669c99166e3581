#!/bin/sh
# The network of make bench BENCH=live, and what it is compared with.
#
#     client e0 -- c0 balancer b1 -- eth0 s1     c0: the floor
#            e1 -- c1          b2 -- eth0 s2     c1: fairlead
#            e2 -- c2                            c2: the kernel, nftables
#                              b3 -- k0 s1       and its way to servers
#                              b4 -- k0 s2
#
# lane.sh up TAG DIR QUEUES   the namespaces TAG-client, -balancer, -s1, -s2; in
#                             DIR bench.yaml (100 members, as BENCH=xdp has)
#                             and talk.yaml (two, with real servers)
# lane.sh nft TAG DIR         the same pool by nftables, for what comes by c2
# lane.sh nginx TAG DIR       DIR/nginx.conf, and exit 1 where it does not work
# lane.sh haproxy TAG DIR     the same
# lane.sh flush TAG           forget the kernel's connections
# lane.sh real TAG DIR        ways to real servers and back: what fairlead gets
#                             by e1, all others get by e2, b3, b4
# lane.sh soak TAG DIR        DIR/soak-a.yaml, and soak-b.yaml with a member less
# lane.sh down TAG
#
# Addresses: 10.88.N.0/24 and fd88:N::/64, N = 1, 2, 3 by c0, c1, c2 and 11, 12,
# 21, 22 by b1 to b4; the balancer is .1, the client .2, members .2 and up. Frontends:
# 10.88.0.10, fd88::10. Neighbours are known for good, for nobody answers ARP
# where all is dropped.
set -eu

members=50 # at each sink
sinks='11 12'
out=/dev/null

in_ns() {
	ns=$1
	shift
	nsenter --net="/run/netns/$tag-$ns" "$@"
}

# mac N SIDE: of an interface; side 1 is the balancer's
mac() {
	printf '02:00:00:00:%02x:%02x' "$1" "$2"
}

# wire BALANCER-INTERFACE NAMESPACE INTERFACE N: queues first, programs later
wire() {
	ip -n "$tag-balancer" link add "$1" numrxqueues "$queues" \
	    numtxqueues "$queues" type veth peer name "$3" \
	    numrxqueues "$queues" numtxqueues "$queues" netns "$tag-$2"
	for end in "balancer $1 1" "$2 $3 2"; do
		set -- "$1" "$2" "$3" "$4" "${end%% *}" "${end#* }"
		name=${6%% *}
		side=${6##* }
		ip -n "$tag-$5" link set "$name" address "$(mac "$4" "$side")"
		ip -n "$tag-$5" addr add "10.88.$4.$side/24" dev "$name"
		ip -n "$tag-$5" addr add "fd88:$4::$side/64" dev "$name" nodad
		in_ns "$5" ethtool -L "$name" rx "$queues" tx "$queues" || :
		in_ns "$5" ethtool -K "$name" gro on
		# what XDP forwards must leave its sender finished
		case $4 in
		3 | 21 | 22) ;;
		*) in_ns "$5" ethtool -K "$name" tx off ;;
		esac
		ip -n "$tag-$5" link set "$name" up
	done >$out 2>&1
}

# meet NAMESPACE INTERFACE N FROM TO SIDE: neighbours known for good
meet() {
	for i in $(seq "$4" "$5"); do
		echo "neigh replace 10.88.$3.$i lladdr $(mac "$3" "$6") dev $2 nud permanent"
		echo "neigh replace fd88:$3::$(printf %x "$i") lladdr $(mac "$3" "$6") dev $2 nud permanent"
	done | ip -n "$tag-$1" -batch -
}

# pool_members FAMILY: both sinks by turns
pool_members() {
	for i in $(seq 1 "$1"); do
		for n in 11 12; do
			case $2 in
			4) echo "      - { name: m$n-$i, address: 10.88.$n.$((i + 1)) }" ;;
			6) echo "      - { name: m$n-$i, address: \"fd88:$n::$(printf %x $((i + 1)))\" }" ;;
			esac
		done
	done
}

# config MEMBERS-A-SINK
config() {
	cat <<-END
	load_balancer: { sku: fairlead, hash_key: 0f1e2d3c4b5a69788796a5b4c3d2e1f0 }
	frontends:
	  - { name: four, address: 10.88.0.10 }
	  - { name: six, address: "fd88::10" }
	pools:
	  - name: pool4
	    members:
	$(pool_members "$1" 4)
	  - name: pool6
	    members:
	$(pool_members "$1" 6)
	rules:
	  - { name: u4, frontend: four, pool: pool4, protocol: udp, frontend_port: 5000 }
	  - { name: u6, frontend: six, pool: pool6, protocol: udp, frontend_port: 5000 }
	  - { name: k4, frontend: four, pool: pool4, protocol: udp, frontend_port: 5001, connection_tracking: true }
	  - { name: k6, frontend: six, pool: pool6, protocol: udp, frontend_port: 5001, connection_tracking: true }
	  - { name: t4, frontend: four, pool: pool4, protocol: tcp, frontend_port: 5002 }
	  - { name: t6, frontend: six, pool: pool6, protocol: tcp, frontend_port: 5002 }
	connection_table: { entries: 1000000, entries6: 1000000 }
	forwarding: { mode: nat, interfaces: [c1, b1, b2] }
	END
}

# What a run that was killed left behind.
tidy() {
	ip netns list | sed -n 's/^\(flb\([0-9]*\)\)-balancer.*/\1 \2/p' |
	    while read -r old pid; do
		! kill -0 "$pid" 2>/dev/null || continue
		"${FAIRLEAD:-fairlead}" live --detach --pin-name "bench-$pid" ||
		    :
		down "$old"
		rm -rf "/tmp/fairlead-bench-$pid-"*
	done
}

up() {
	tidy
	for name in client balancer s1 s2; do
		ip netns add "$tag-$name"
		ip -n "$tag-$name" link set lo up
		in_ns "$name" sysctl -qw net.ipv6.conf.all.accept_dad=0 \
		    net.ipv6.conf.default.accept_dad=0 \
		    net.ipv4.conf.all.rp_filter=0 \
		    net.ipv4.conf.default.rp_filter=0
	done
	in_ns balancer sysctl -qw net.ipv4.ip_forward=1 \
	    net.ipv6.conf.all.forwarding=1
	for n in 0 1 2; do
		wire c$n client e$n $((n + 1))
		meet client e$n $((n + 1)) 1 1 1
		meet balancer c$n $((n + 1)) 2 2 2
	done
	for n in 1 2; do
		wire b$n s$n eth0 $((n + 10))
		meet s$n eth0 $((n + 10)) 1 1 1
		meet balancer b$n $((n + 10)) 2 $((members + 1)) 2
	done
	wire b3 s1 k0 21
	wire b4 s2 k0 22
	config $members >"$dir/bench.yaml"
	config 1 >"$dir/talk.yaml"
}

# map_of FAMILY MEMBERS-A-SINK: number to address
map_of() {
	at=0
	for i in $(seq 1 "$2"); do
		for n in $sinks; do
			test $at = 0 || printf ', '
			case $1 in
			4) printf '%d : 10.88.%d.%d' $at "$n" $((i + 1)) ;;
			6) printf '%d : fd88:%d::%x' $at "$n" $((i + 1)) ;;
			esac
			at=$((at + 1))
		done
	done
}

nft_rules() {
	for p in udp tcp; do
		echo "ip daddr 10.88.0.10 dnat to jhash ip saddr . $p sport mod $((2 * $1)) map { $(map_of 4 "$1") }" |
		    sed "s/^ip daddr/meta l4proto $p &/"
		echo "meta l4proto $p ip6 daddr fd88::10 dnat to jhash ip6 saddr . $p sport mod $((2 * $1)) map { $(map_of 6 "$1") }"
	done
}

nft_table() {
	cat >"$dir/rules.nft" <<-END
	flush ruleset
	table inet bench {
	chain pre {
	type nat hook prerouting priority dstnat
	$(nft_rules "$1" | sed 's/^/iifname "c2" /')
	}
	}
	END
	in_ns balancer nft -f "$dir/rules.nft"
}

# The same frontend by two ways: who asks says by which.
real() {
	ip -n "$tag-client" route add 10.88.0.10 via 10.88.2.1 dev e1
	ip -n "$tag-client" route add 10.88.0.10 via 10.88.3.1 dev e2 metric 9
	for n in 1 2; do
		ip -n "$tag-client" route add 10.88.2$n.0/24 via 10.88.3.1
		ip -n "$tag-s$n" route add 10.88.2.0/24 via 10.88.1$n.1
		ip -n "$tag-s$n" route add 10.88.3.0/24 via 10.88.2$n.1
	done
	for name in client balancer s1 s2; do
		in_ns "$name" sysctl -qw net.ipv4.tcp_tw_reuse=1 \
		    net.ipv4.ip_local_port_range='10000 65000' \
		    net.core.somaxconn=4096 || :
	done
	sinks='21 22'
	nft_table 1
}

nginx_config() {
	module=
	for file in /usr/lib/nginx/modules/ngx_stream_module.so \
	    /usr/lib64/nginx/modules/ngx_stream_module.so; do
		test ! -f $file || module="load_module $file;"
	done
	cat >"$dir/nginx.conf" <<-END
	$module
	daemon off;
	worker_processes auto;
	pid $dir/nginx.pid;
	events { worker_connections 8192; }
	stream {
	upstream u { server 10.88.21.2:5000; server 10.88.22.2:5000; }
	upstream t { server 10.88.21.2:5002; server 10.88.22.2:5002; }
	server { listen 10.88.3.1:5000 udp reuseport; proxy_pass u; }
	server { listen 10.88.3.1:5001 udp reuseport; proxy_pass u; proxy_responses 1; }
	server { listen 10.88.3.1:5002 reuseport; proxy_pass t; }
	}
	END
	in_ns balancer nginx -t -e stderr -c "$dir/nginx.conf"
}

haproxy_config() {
	cat >"$dir/haproxy.conf" <<-END
	global
	  maxconn 4000
	defaults
	  mode tcp
	  timeout connect 5s
	  timeout client 10s
	  timeout server 10s
	listen tcp
	  bind 10.88.3.1:5003
	  server s1 10.88.21.2:5002
	  server s2 10.88.22.2:5002
	END
	in_ns balancer haproxy -c -f "$dir/haproxy.conf"
}

# soak_config MEMBER...: probed, with timeouts short enough to see flows expire
soak_config() {
	cat <<-END
	load_balancer: { sku: fairlead }
	frontends:
	  - { name: four, address: 10.88.0.10 }
	  - { name: six, address: "fd88::10" }
	probes:
	  - { name: alive, protocol: tcp, port: 6000, interval: 500ms, probe_threshold: 2 }
	pools:
	  - name: pool4
	    members:
	$(for n; do echo "      - { name: m$n, address: 10.88.$n.2 }"; done)
	  - name: pool6
	    members:
	$(for n; do echo "      - { name: m$n, address: \"fd88:$n::2\" }"; done)
	rules:
	  - { name: u4, frontend: four, pool: pool4, probe: alive, protocol: udp, frontend_port: 5000 }
	  - { name: k4, frontend: four, pool: pool4, probe: alive, protocol: udp, frontend_port: 5001, connection_tracking: true, idle_timeout: 10s }
	  - { name: t4, frontend: four, pool: pool4, probe: alive, protocol: tcp, frontend_port: 5002, idle_timeout: 10s }
	  - { name: f4, frontend: four, pool: pool4, protocol: udp, frontend_port: 5003, connection_tracking: true, idle_timeout: 2s }
	  - { name: f6, frontend: six, pool: pool6, protocol: udp, frontend_port: 5003, connection_tracking: true, idle_timeout: 2s }
	connection_table: { entries: 50000, entries6: 10000 }
	forwarding: { mode: nat, interfaces: [c1, b1, b2] }
	END
}

soak() {
	soak_config 11 12 >"$dir/soak-a.yaml"
	soak_config 11 >"$dir/soak-b.yaml"
	cp "$dir/soak-a.yaml" "$dir/soak.yaml"
}

down() {
	for name in client balancer s1 s2; do
		ip netns del "$1-$name" 2>/dev/null || :
	done
}

tag=${2:?which}
dir=${3-}
case $1 in
up)
	queues=$4
	up
	;;
nft) nft_table $members ;;
nginx) nginx_config ;;
haproxy) haproxy_config ;;
flush) in_ns balancer conntrack -F >$out 2>&1 ;;
real) real ;;
soak) soak ;;
down) down "$tag" ;;
esac
