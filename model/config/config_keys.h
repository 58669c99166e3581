/* SPDX-License-Identifier: MIT */
#ifndef MODEL_CONFIG_KEYS_H
#define MODEL_CONFIG_KEYS_H
/*
 * Every key a configuration file may have, by section: the one list that the
 * reader, its suggestions, the positions in messages and the test of
 * doc/config.yaml are made from.
 */

#define LB_ROOT_KEYS(X)                                                        \
	X(ROOT, LOAD_BALANCER, "load_balancer")                                \
	X(ROOT, FRONTENDS, "frontends")                                        \
	X(ROOT, POOLS, "pools")                                                \
	X(ROOT, PROBES, "probes")                                              \
	X(ROOT, RULES, "rules")                                                \
	X(ROOT, NAT_RULES, "nat_rules")                                        \
	X(ROOT, OUTBOUND_RULES, "outbound_rules")                              \
	X(ROOT, CONNECTION_TABLE, "connection_table")                          \
	X(ROOT, FORWARDING, "forwarding")

#define LB_BALANCER_KEYS(X)                                                    \
	X(BALANCER, SKU, "sku")                                                \
	X(BALANCER, HASH_KEY, "hash_key")                                      \
	X(BALANCER, OUTBOUND_FRONTENDS, "outbound_frontends")                  \
	X(BALANCER, UDP_SNAT, "udp_snat")                                      \
	X(BALANCER, SNAT_FIRST_PORT, "snat_first_port")                        \
	X(BALANCER, FIN_TIMEOUT, "fin_timeout")                                \
	X(BALANCER, RST_TIMEOUT, "rst_timeout")                                \
	X(BALANCER, HAIRPIN, "hairpin")                                        \
	X(BALANCER, ADMIN_DOWN, "admin_down")                                  \
	X(BALANCER, LONE_MEMBER_DOWN, "lone_member_down")                      \
	X(BALANCER, ALL_PROBED_UP, "all_probed_up")                            \
	X(BALANCER, HA_FRAGMENTS, "ha_fragments")                              \
	X(BALANCER, HA_ICMP, "ha_icmp")                                        \
	X(BALANCER, NO_RULE, "no_rule")                                        \
	X(BALANCER, IDLE_TIMEOUTS, "idle_timeouts")                            \
	X(BALANCER, PORTS_BEYOND_1000, "ports_beyond_1000")

/* Those of them that choose between two readings of Azure's documents: what
 * is done, and what is done otherwise (decisions.md 40). */
#define LB_SWITCHES(X)                                                         \
	X(HAIRPIN, "observed", "always-fails")                                 \
	X(ADMIN_DOWN, "keep", "reset")                                         \
	X(LONE_MEMBER_DOWN, "keep", "end")                                     \
	X(ALL_PROBED_UP, "others", "everybody")                                \
	X(HA_FRAGMENTS, "forward", "drop")                                     \
	X(HA_ICMP, "pass", "forward")                                          \
	X(NO_RULE, "pass", "drop")                                             \
	X(IDLE_TIMEOUTS, "current", "api")                                     \
	X(PORTS_BEYOND_1000, "32", "none")

#define LB_FRONTEND_KEYS(X)                                                    \
	X(FRONTEND, NAME, "name")                                              \
	X(FRONTEND, ADDRESS, "address")                                        \
	X(FRONTEND, ZONES, "zones")                                            \
	X(FRONTEND, IDLE_TIMEOUT, "idle_timeout")

#define LB_POOL_KEYS(X)                                                        \
	X(POOL, NAME, "name")                                                  \
	X(POOL, MEMBERS, "members")

#define LB_MEMBER_KEYS(X)                                                      \
	X(MEMBER, NAME, "name")                                                \
	X(MEMBER, ADDRESS, "address")                                          \
	X(MEMBER, ZONE, "zone")                                                \
	X(MEMBER, ADMIN_STATE, "admin_state")                                  \
	X(MEMBER, WEIGHT, "weight")

#define LB_PROBE_KEYS(X)                                                       \
	X(PROBE, NAME, "name")                                                 \
	X(PROBE, PROTOCOL, "protocol")                                         \
	X(PROBE, PORT, "port")                                                 \
	X(PROBE, INTERVAL, "interval")                                         \
	X(PROBE, THRESHOLD, "probe_threshold")                                 \
	X(PROBE, NUMBER_OF_PROBES, "number_of_probes")                         \
	X(PROBE, FLAP_DAMPING, "flap_damping")                                 \
	X(PROBE, PATH, "request_path")                                         \
	X(PROBE, SOURCE, "source")                                             \
	X(PROBE, HOST, "host")                                                 \
	X(PROBE, TLS_VERIFY, "tls_verify")                                     \
	X(PROBE, TLS_NAME, "tls_name")                                         \
	X(PROBE, TLS_CA, "tls_ca")                                             \
	X(PROBE, PAYLOAD, "payload")                                           \
	X(PROBE, EXPECT, "expect")                                             \
	X(PROBE, DNS_NAME, "dns_name")                                         \
	X(PROBE, DNS_TYPE, "dns_type")                                         \
	X(PROBE, PSK_IDENTITY, "psk_identity")                                 \
	X(PROBE, PSK_FILE, "psk_file")

#define LB_RULE_KEYS(X)                                                        \
	X(RULE, NAME, "name")                                                  \
	X(RULE, FRONTEND, "frontend")                                          \
	X(RULE, POOL, "pool")                                                  \
	X(RULE, PROBE, "probe")                                                \
	X(RULE, PROTOCOL, "protocol")                                          \
	X(RULE, FRONTEND_PORT, "frontend_port")                                \
	X(RULE, BACKEND_PORT, "backend_port")                                  \
	X(RULE, DISTRIBUTION, "distribution")                                  \
	X(RULE, ALGORITHM, "algorithm")                                        \
	X(RULE, TABLE_SIZE, "table_size")                                      \
	X(RULE, CONNECTION_TRACKING, "connection_tracking")                    \
	X(RULE, ALL_DOWN, "no_healthy_backends")                               \
	X(RULE, IDLE_TIMEOUT, "idle_timeout")                                  \
	X(RULE, TCP_RESET, "tcp_reset")                                        \
	X(RULE, FLOATING_IP, "floating_ip")                                    \
	X(RULE, OUTBOUND_SNAT, "outbound_snat")

#define LB_NAT_KEYS(X)                                                         \
	X(NAT, NAME, "name")                                                   \
	X(NAT, FRONTEND, "frontend")                                           \
	X(NAT, PROTOCOL, "protocol")                                           \
	X(NAT, FRONTEND_PORT, "frontend_port")                                 \
	X(NAT, FRONTEND_PORTS, "frontend_ports")                               \
	X(NAT, BACKEND_PORT, "backend_port")                                   \
	X(NAT, POOL, "pool")                                                   \
	X(NAT, MEMBER, "member")                                               \
	X(NAT, ASSIGNMENT, "assignment")                                       \
	X(NAT, IDLE_TIMEOUT, "idle_timeout")                                   \
	X(NAT, TCP_RESET, "tcp_reset")                                         \
	X(NAT, FLOATING_IP, "floating_ip")

#define LB_OUTBOUND_KEYS(X)                                                    \
	X(OUTBOUND, NAME, "name")                                              \
	X(OUTBOUND, FRONTENDS, "frontends")                                    \
	X(OUTBOUND, POOL, "pool")                                              \
	X(OUTBOUND, PROTOCOL, "protocol")                                      \
	X(OUTBOUND, PORTS, "ports_per_member")                                 \
	X(OUTBOUND, MAX_MEMBERS, "max_members")                                \
	X(OUTBOUND, IDLE_TIMEOUT, "idle_timeout")                              \
	X(OUTBOUND, TCP_RESET, "tcp_reset")

#define LB_TABLE_KEYS(X)                                                       \
	X(TABLE, ENTRIES, "entries")                                           \
	X(TABLE, ENTRIES6, "entries6")

#define LB_FORWARDING_KEYS(X)                                                  \
	X(FORWARDING, MODE, "mode")                                            \
	X(FORWARDING, INTERFACES, "interfaces")                                \
	X(FORWARDING, LOCAL_ADDRESSES, "local_addresses")                      \
	X(FORWARDING, LOCAL_SUBNETS, "local_subnets")                          \
	X(FORWARDING, HA_NEXT_HOP, "ha_next_hop")                              \
	X(FORWARDING, ANSWER_NEIGHBOURS, "answer_neighbours")

#define X(section, key, text) LB_##section##_KEY_##key,
enum lb_root_key { LB_ROOT_KEYS(X) LB_ROOT_KEY_COUNT };
enum lb_balancer_key { LB_BALANCER_KEYS(X) LB_BALANCER_KEY_COUNT };
enum lb_frontend_key { LB_FRONTEND_KEYS(X) LB_FRONTEND_KEY_COUNT };
enum lb_pool_key { LB_POOL_KEYS(X) LB_POOL_KEY_COUNT };
enum lb_member_key { LB_MEMBER_KEYS(X) LB_MEMBER_KEY_COUNT };
enum lb_probe_key { LB_PROBE_KEYS(X) LB_PROBE_KEY_COUNT };
enum lb_rule_key { LB_RULE_KEYS(X) LB_RULE_KEY_COUNT };
enum lb_nat_key { LB_NAT_KEYS(X) LB_NAT_KEY_COUNT };
enum lb_outbound_key { LB_OUTBOUND_KEYS(X) LB_OUTBOUND_KEY_COUNT };
enum lb_table_key { LB_TABLE_KEYS(X) LB_TABLE_KEY_COUNT };
enum lb_forwarding_key { LB_FORWARDING_KEYS(X) LB_FORWARDING_KEY_COUNT };
#undef X

#define X(key, usual, other) LB_SWITCH_##key,
enum lb_switch { LB_SWITCHES(X) LB_SWITCH_COUNT };
#undef X

#endif
