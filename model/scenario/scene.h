/* SPDX-License-Identifier: MIT */
#ifndef MODEL_SCENE_H
#define MODEL_SCENE_H
/*
 * What surrounds the balancer in a simulation: who sends, over which links,
 * to what kind of servers, through how many instances.  Plain data, read by
 * lb_scenario_read() and played by sim/world/world.c; what is not said has the
 * default that lb_scene_defaults() and lb_traffic_defaults() give.
 *
 * Factors and probabilities are in millionths, times in the unit their names
 * end with.  Source: simulation.md D; the models' own papers beside each key
 * in doc/fairlead-scenario.5.
 */
#include "model/path/addr.h"
#include "model/config/where.h"

#define LB_SCENE_ONE UINT64_C(1000000)

/* --- who sends ------------------------------------------------------------ */

enum lb_profile {
	LB_PROFILE_WEB,          /* TCP: connect, requests, think, close */
	LB_PROFILE_LONG_LIVED,   /* TCP that stays, with keepalives */
	LB_PROFILE_SYN_FLOOD,    /* bare SYNs, open loop */
	LB_PROFILE_DNS,          /* UDP query, answer, 2 tries 5 s apart */
	LB_PROFILE_UDP,          /* the same with what sizes and tries one
				    likes */
	LB_PROFILE_COAP_DEVICES, /* reports, acknowledged; observe; NATs */
	LB_PROFILE_COUNT
};

enum lb_arrivals {
	LB_ARRIVALS_POISSON,
	LB_ARRIVALS_CONSTANT, /* evenly spaced */
	LB_ARRIVALS_BURSTS,   /* MMPP-2: burst_factor x rate for burst_ms of
				 every burst_every_ms, on average */
	LB_ARRIVALS_BETA,     /* Beta(3,4) over 10 s: power is back */
};

enum lb_sizes {
	LB_SIZES_BOUNDED_PARETO, /* size_min, size_max, alpha */
	LB_SIZES_CONSTANT,       /* size_min */
	LB_SIZES_WEB_SEARCH,     /* DCTCP */
	LB_SIZES_DATA_MINING,    /* VL2 */
	LB_SIZES_HADOOP,
	LB_SIZES_CACHE,
};

enum lb_flood_sources {
	LB_SOURCES_RANDOM, /* a new address each */
	LB_SOURCES_POOL,   /* `clients` addresses */
	LB_SOURCES_FIXED,  /* three */
};

/* How a web client ends its connections. */
enum lb_close {
	LB_CLOSE_FIN,
	LB_CLOSE_RESET,
	LB_CLOSE_NEVER, /* it leaves them and says nothing */
};

/* One source of traffic.  A field that a profile does not use is not read. */
struct lb_traffic {
	enum lb_profile profile;
	char *rule;      /* whose frontend it is for; NULL: lb_traffic_rule() */
	char *from_pool; /* outbound: its members are the clients, and the
			    server is outside; NULL: it comes from outside */
	struct lb_addr server; /* without a configuration, or to an any-port
				  rule: default 203.0.113.10 */
	uint16_t port;         /* 0: the rule's, else the profile's own */
	uint64_t start_ms, stop_ms; /* sends from, until; stop 0: the end */
	enum lb_arrivals arrivals;
	uint64_t rate; /* sessions a second, millionths */
	uint64_t burst_factor;
	uint64_t burst_ms, burst_every_ms;
	uint32_t clients; /* client addresses */
	uint64_t zipf;    /* exponent of their popularity, millionths;
			     0: all alike */
	struct lb_addr first_client; /* the others follow; default 100.64.0.1,
					of IPv6 rules 2001:db8:64::1 */
	/* of requests and answers */
	uint64_t requests; /* a connection's, mean of a geometric, millionths */
	uint64_t think_ms; /* between them, mean of an exponential */
	enum lb_close close;
	uint32_t request_bytes;
	enum lb_sizes sizes; /* of answers */
	uint64_t size_min, size_max, alpha;
	uint32_t tries;      /* UDP, and SYNs of web: first one included */
	uint64_t timeout_ms; /* UDP: of a try */
	/* long-lived */
	uint32_t connections;
	uint64_t ramp_ms;          /* they are opened over so long */
	uint64_t keepalive_ms;     /* 0: none */
	uint64_t message_every_ms; /* a request on each; 0: none */
	/* syn-flood */
	enum lb_flood_sources sources;
	/* coap-devices */
	uint32_t devices, addresses; /* behind so many NATs, in equal shares */
	uint64_t period_ms, jitter_ms; /* of reports; uniform +- jitter */
	uint64_t confirmable;          /* share of reports that are CON */
	bool observe;                  /* each is also notified by its server */
	uint64_t notify_every_ms;
	uint32_t confirm_every;  /* every so manyth notification is a CON */
	uint64_t nat_timeout_ms; /* a silence that long: a new source port;
				    0: drawn from 30 to 300 s per device */
	uint16_t source_port;    /* all devices send from it; 0: ephemeral; two
				    behind one address never share a port */
	struct lb_where where, rule_at; /* of it, of `rule` or `from_pool` */
};

/* --- what is between them ------------------------------------------------- */

/* One way; each packet alone, in order of sending unless jitter turns them. */
struct lb_link {
	uint64_t latency_ns, jitter_ns; /* plus 0 to jitter, uniform */
	uint64_t loss;                  /* probability, millionths */
};

/* --- who answers ---------------------------------------------------------- */

enum lb_service {
	LB_SERVICE_CONSTANT,
	LB_SERVICE_EXPONENTIAL,
	LB_SERVICE_LOGNORMAL, /* sigma 1 */
};

enum lb_probe_answer {
	LB_PROBE_ANSWER_GOOD,
	LB_PROBE_ANSWER_STATUS, /* HTTP, CoAP: not what is wanted */
	LB_PROBE_ANSWER_HANG,
};

/* How a member serves; the first entry that names it, or "*". */
struct lb_server {
	char *member;        /* NULL: every member */
	uint64_t service_ns; /* mean time to serve a request; 0: at once */
	enum lb_service distribution;
	uint32_t concurrency; /* requests served at once; 0: any number */
	uint32_t queue;       /* more that wait; UINT32_MAX: any number */
	uint16_t *ports;      /* it listens on these; NULL: on all */
	size_t port_count;
	enum lb_probe_answer probe_answer;
	struct lb_where where; /* of `member` */
};

/* --- what befalls them by chance ------------------------------------------ */

/* Each member by itself: up for an exponential time, in `kind` for another. */
struct lb_failures {
	char *member;  /* NULL: every member */
	unsigned kind; /* enum lb_fault_kind, of a server */
	uint64_t mean_up_ms, mean_down_ms;
	struct lb_where where; /* of `member` */
};

/* --- all of it ------------------------------------------------------------ */

enum lb_ecmp {
	LB_ECMP_HASH_THRESHOLD, /* RFC 2992: equal regions of the hash */
	LB_ECMP_MODULO,
};

#define LB_INSTANCES_MAX 64u

/* So that no scenario asks for absurd memory. */
#define LB_TRAFFIC_MAX  64u       /* synthetic ones */
#define LB_SERVERS_MAX  4096u     /* entries, and as many of failures */
#define LB_SESSIONS_MAX 20000000u /* connections and devices, all in all */
#define LB_CLIENTS_MAX  16000000u /* addresses of one source of traffic */
#define LB_CLIENT_PORTS 28232u    /* 32768 to 60999, as Linux connects from */

struct lb_scene {
	struct lb_traffic *traffic;
	size_t traffic_count;
	struct lb_server *servers;
	size_t server_count;
	struct lb_failures *failures;
	size_t failure_count;
	struct lb_link client_link, member_link; /* of either direction */
	unsigned instances;                      /* 1..LB_INSTANCES_MAX */
	enum lb_ecmp ecmp;
	bool members_start_unknown; /* initial: unknown */
	uint64_t duration_ms;       /* 0: to the end of the captures */
	uint64_t warm_up_ms;        /* nothing is counted before */
};

/* Is an address of the scene said at all? */
static inline bool
lb_scene_names(const struct lb_addr *addr)
{
	return addr->word[0] != 0 || addr->word[1] != 0;
}

/* Links of 20 ms (clients) and 0.5 ms (members), one instance. */
struct lb_scene lb_scene_defaults(void);
/* What the profile does when nothing else is said. */
struct lb_traffic lb_traffic_defaults(enum lb_profile profile);
void lb_scene_free(struct lb_scene *scene); /* what it points to */

uint8_t lb_profile_proto(enum lb_profile profile); /* enum lb_proto */
/* Where its servers listen, when nobody says. */
uint16_t lb_profile_port(enum lb_profile profile);

const char *lb_profile_name(unsigned profile); /* "coap-devices" */
int lb_profile_of_name(const char *name);      /* -1: none; the same below */
int lb_arrivals_of_name(const char *name);
int lb_sizes_of_name(const char *name);
int lb_sources_of_name(const char *name);
int lb_close_of_name(const char *name);
int lb_service_of_name(const char *name);
int lb_probe_answer_of_name(const char *name);
const char *lb_ecmp_name(unsigned ecmp);
int lb_ecmp_of_name(const char *name);

#endif
