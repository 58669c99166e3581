/* SPDX-License-Identifier: MIT */
#ifndef MODEL_CONFIG_H
#define MODEL_CONFIG_H
/*
 * What the operator wrote: frontends, pools, probes and rules in the terms of
 * `az network lb`, as plain data.  lb_config_read() makes one from YAML,
 * lb_config_zero() one from nothing; lb_plan_compile() turns it into the rows
 * that packets meet.  Cross references are indices, -1 for none.
 */
#include <stdio.h>
#include "model/config/config_keys.h"
#include "model/path/addr.h"
#include "model/path/mode.h"
#include "model/config/where.h"

enum lb_sku { LB_SKU_STANDARD, LB_SKU_BASIC, LB_SKU_FAIRLEAD };
enum lb_algorithm {
	LB_MAGLEV,
	LB_RENDEZVOUS,
	LB_MODULO,
	LB_STABLE,
	LB_ALGORITHM_COUNT
};
enum lb_admin_state { LB_ADMIN_NONE, LB_ADMIN_UP, LB_ADMIN_DOWN };
enum lb_all_down { LB_ALL_PROBED_DOWN, LB_ALL_PROBED_UP };
/* Which member of a pool gets which port of a NAT rule's range. */
enum lb_assignment {
	LB_ASSIGN_LOWEST,   /* the lowest free one; kept while it is there */
	LB_ASSIGN_INSTANCE, /* first + the number at the end of its name */
};
/* Which frontend a pool's outbound flow leaves from. */
enum lb_outbound_frontends {
	LB_OUTBOUND_ALL,
	LB_OUTBOUND_FILL_FIRST,
	LB_OUTBOUND_SINGLE, /* of several by rules, one (AZ 4.7, Basic) */
};
/* What a UDP port may be shared by (AZ 4.4). */
enum lb_udp_snat { LB_UDP_SNAT_DESTINATION, LB_UDP_SNAT_PORT };
enum lb_forwarding { LB_FORWARDING_NAT, LB_FORWARDING_L2DSR };
enum lb_probe_protocol {
	LB_PROBE_TCP,
	LB_PROBE_HTTP,
	LB_PROBE_HTTPS,
	LB_PROBE_UDP,
	LB_PROBE_COAP,
	LB_PROBE_DNS,
};

/*
 * Beside its values each thing remembers where its keys stand, for messages,
 * and which of them the reader complained about already (bit per key), so
 * that nothing is judged twice.  Both 0 when it was not read from a file.
 */
#define LB_SOURCE(section)                                                     \
	struct lb_where where;                                                 \
	struct lb_where at[LB_##section##_KEY_COUNT];                          \
	uint32_t bad

struct lb_config_frontend {
	char *name;
	struct lb_addr address;
	unsigned zones;           /* bit z: zone z */
	uint64_t idle_timeout_ms; /* its rules' instead of their own, which are
				     set to it once checked; 0: not said */
	LB_SOURCE(FRONTEND);
};

struct lb_config_member {
	char *name; /* unique in its pool: with its address its identity
		       across reloads */
	struct lb_addr address;
	unsigned zone; /* 0: none */
	enum lb_admin_state admin_state;
	bool drained;    /* admin down, but keeps what it has in any case */
	unsigned weight; /* 0..LB_WEIGHT_MAX, its share of new flows beside the
			    others'; 0: none, it keeps those it has */
	LB_SOURCE(MEMBER);
};

/* One in the middle, so that a member can have less than the others as well
 * as more, and they need not be touched. */
#define LB_WEIGHT_DEFAULT 100u
#define LB_WEIGHT_MAX     1000u

struct lb_config_pool {
	char *name;
	struct lb_config_member *members;
	size_t member_count;
	LB_SOURCE(POOL);
};

struct lb_bytes {
	uint8_t *at; /* NULL: not said */
	size_t count;
};

/* What follows path is of no effect in sim, whose servers answer as they are,
 * whatever they are asked. */
struct lb_config_probe {
	char *name;
	enum lb_probe_protocol protocol;
	uint16_t port;
	uint64_t interval_ms;
	unsigned threshold;
	unsigned number_of_probes; /* 0: not said; of no effect */
	uint64_t flap_damping_ms;  /* 0: off */
	char *path; /* HTTP(S) request path or CoAP URI path; NULL: none */
	struct lb_addr source;   /* all zero: the kernel chooses */
	char *host;              /* HTTP(S) Host; NULL: the address */
	bool tls_verify;         /* HTTPS: the certificate */
	char *tls_name;          /* it is for whom, and SNI; NULL: host */
	char *tls_ca;            /* file of who signed it; NULL: the system's */
	struct lb_bytes payload; /* UDP: what is sent */
	struct lb_bytes expect;  /* UDP: what a reply begins with */
	char *dns_name;          /* NULL: the root */
	uint16_t dns_type;       /* 0: NS of the root, A of a name */
	char *psk_identity;      /* CoAP over DTLS; NULL: plain */
	char *psk_file;          /* where its key is */
	uint32_t said;           /* bit per key: it was there to be read */
	LB_SOURCE(PROBE);
};

/* Payloads and expected replies. */
#define LB_PROBE_BYTES_MAX 1024u

static inline bool
lb_probe_has_source(const struct lb_config_probe *probe)
{
	return (probe->source.word[0] | probe->source.word[1]) != 0;
}

/* Everything but where it stands: 0; -1 without memory, and then to is fit for
 * lb_config_probe_clear() only. */
int lb_config_probe_copy(
    struct lb_config_probe *to, const struct lb_config_probe *from);
void lb_config_probe_clear(struct lb_config_probe *probe);
/* Is a member asked the same by both, of the same name? */
bool lb_config_probe_asks_alike(
    const struct lb_config_probe *a, const struct lb_config_probe *b);

struct lb_config_rule {
	char *name;
	int frontend; /* index, -1: the rule is only a next hop */
	int pool;
	int probe;              /* -1: none, all members count as up */
	uint8_t proto;          /* enum lb_proto; 0: TCP and UDP */
	uint16_t frontend_port; /* 0: any */
	uint16_t backend_port;
	enum lb_mode mode;
	enum lb_algorithm algorithm;
	uint32_t table_size; /* lb_lut_size_fits() */
	bool connection_tracking;
	enum lb_all_down all_down;
	uint64_t idle_timeout_ms;
	bool tcp_reset;
	bool floating_ip;
	bool outbound_snat;
	LB_SOURCE(RULE);
};

/* An inbound NAT rule: ports of a frontend, each to one member. */
struct lb_config_nat {
	char *name;
	int frontend;
	int pool;
	int member;    /* index in the pool; -1: every member has a port */
	uint8_t proto; /* enum lb_proto; 0: TCP and UDP */
	uint16_t first_port, last_port; /* of the frontend, both included */
	uint16_t backend_port;
	enum lb_assignment assignment;
	uint64_t idle_timeout_ms;
	bool tcp_reset;
	bool floating_ip;
	LB_SOURCE(NAT);
};

/* An outbound rule: how a pool's members reach the world. */
struct lb_config_outbound {
	char *name;
	int *frontends; /* indices */
	size_t frontend_count;
	int pool;
	uint8_t proto;        /* enum lb_proto; 0: TCP and UDP */
	uint32_t ports;       /* SNAT ports per member; 0: by default table */
	uint32_t members_max; /* ports are as many as so many members could
				 have; 0: not said */
	uint64_t idle_timeout_ms;
	bool tcp_reset;
	LB_SOURCE(OUTBOUND);
};

struct lb_config_subnet {
	struct lb_addr address;
	unsigned prefix; /* bits of the 128; IPv4's /24 is 120 */
};

/* Names and ids are bounded so that hostile input is. */
#define LB_NAME_MAX    128u
#define LB_ENTRIES_MAX UINT64_C(1000000000)

struct lb_config {
	char *file; /* as named on the command line; NULL: built in */
	enum lb_sku sku;
	bool hash_key_set;
	uint8_t hash_key[16];
	struct lb_config_frontend *frontends;
	size_t frontend_count;
	struct lb_config_pool *pools;
	size_t pool_count;
	struct lb_config_probe *probes;
	size_t probe_count;
	struct lb_config_rule *rules;
	size_t rule_count;
	struct lb_config_nat *nats;
	size_t nat_count;
	struct lb_config_outbound *outbounds;
	size_t outbound_count;
	enum lb_outbound_frontends outbound_frontends;
	enum lb_udp_snat udp_snat;
	uint16_t snat_first_port; /* a multiple of 8 to 1536; 0: 1024 */
	/* Silent so long after a FIN or RST a connection is over; 0: 240 s,
	 * 15 s. */
	uint32_t fin_timeout_ms, rst_timeout_ms;
	bool otherwise[LB_SWITCH_COUNT];
	uint64_t entries, entries6; /* flows expected, per family */
	enum lb_forwarding forwarding;
	char **interfaces;
	size_t interface_count;
	struct lb_addr *local_addresses;
	size_t local_address_count;
	struct lb_config_subnet *local_subnets;
	size_t local_subnet_count;
	/* Rules for packets that no frontend names (forwarding.ha_next_hop):
	 * an HA-ports rule per family, -1: none. */
	int next_hop_rule4, next_hop_rule6;
	/* They stand for servers, not appliances: who answers is not asked. */
	bool next_hop_one_way;
	bool answer_neighbours; /* ARP, ND: `live` alone looks at it */
	struct lb_where balancer_at[LB_BALANCER_KEY_COUNT];
	struct lb_where table_at[LB_TABLE_KEY_COUNT];
	struct lb_where forwarding_at[LB_FORWARDING_KEY_COUNT];
};

/* Everything that is wrong with a configuration, in order of the file. */
struct lb_problem {
	struct lb_where where;
	bool warning;     /* said, but not in the way */
	const char *code; /* Azure's error code, NULL: none */
	char *what;       /* what is wrong and how to mend it */
};

struct lb_problems {
	struct lb_problem *at;
	size_t count, error_count;
};

/*
 * lb_config_read - YAML text to a configuration.
 *
 * text, bytes   the whole file; file its name, for messages only.
 * problems      grows by every mistake found: syntax, unknown keys, wrong
 *               types, values out of range, and the rules of Azure
 *               (validation included).
 *
 * Returns the configuration, or NULL when problems->error_count > 0 or there
 * is no memory.  Cost: linear in the text.
 */
struct lb_config *lb_config_read(const char *text, size_t bytes,
    const char *file, struct lb_problems *problems);

/*
 * lb_config_check - hold a configuration against the rules of Azure (or, with
 * sku fairlead, of the engine alone) and of our forwarding.
 *
 * For those that were not read: lb_config_read() does this already.  Indices
 * must be in range; names must not be NULL.
 * Source: AZ 2.1, 3.1, 5.1 to 5.6, 8; design.md 6, 7.
 * Cost: O(p log p) in the (rule, member) pairs, which are bounded.
 */
void lb_config_check(
    const struct lb_config *config, struct lb_problems *problems);

/* The family of a rule's packets, 4 or 6; 0: it has neither a frontend nor a
 * member, or an address that is none. */
unsigned lb_config_rule_family(
    const struct lb_config *config, const struct lb_config_rule *rule);

/* The member of a NAT rule's i-th mapping, as an index in its pool. */
static inline size_t
lb_nat_member(const struct lb_config_nat *nat, size_t i)
{
	return nat->member >= 0 ? (size_t)nat->member : i;
}

/* How many mappings a NAT rule has: one, or one per member of its pool. */
size_t lb_nat_mapping_count(
    const struct lb_config *config, const struct lb_config_nat *nat);

/* The number at the end of a member's name, as instances of a scale set have
 * it: web_7 is 7.  false: there is none below 65,536. */
bool lb_nat_instance(const char *name, uint16_t *instance);

/* Do packets of this rule keep their destination?  By floating IP, by l2dsr
 * forwarding, or because the rule is only a next hop. */
bool lb_config_rule_floats(
    const struct lb_config *config, const struct lb_config_rule *rule);

/* An address that Azure's internal frontends usually have. */
bool lb_is_private(const struct lb_addr *addr);

/*
 * lb_config_zero - the configuration of `fairlead sim CAPTURE`.
 *
 * One rule `all` (every port, TCP and UDP, floating IP, sku fairlead) as the
 * next hop of both families, over `backend_count` members backend-i at
 * 198.18.0.i and 2001:2::i; inside it is one pool and rule per family, in the
 * order IPv4, IPv6.  mode is FIVE_TUPLE or one of the _ANY_DST rows.
 *
 * Returns NULL when backend_count is 0 or over 65,534 / 2, or without memory.
 */
struct lb_config *lb_config_zero(unsigned backend_count, enum lb_mode mode);

void lb_config_free(struct lb_config *config); /* NULL is fine */
void lb_problems_free(struct lb_problems *problems);

/* Prints one line per problem: file:line:column: what [code]. */
void lb_problems_print(
    const struct lb_problems *problems, const char *file, FILE *to);

#endif
