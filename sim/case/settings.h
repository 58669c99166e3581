/* SPDX-License-Identifier: MIT */
#ifndef SIM_SETTINGS_H
#define SIM_SETTINGS_H
/* What a run is asked, and what it answers when it can't. */
#include "model/scenario/fault.h"
#include "model/scenario/scene.h"
#include "sim/case/player.h"

/* Whose flows are played; those of others match no rule. */
struct sim_vip {
	enum { SIM_VIP_ANY, SIM_VIP_ADDRESS, SIM_VIP_AUTO } kind;
	struct lb_addr addr; /* with ADDRESS */
	uint16_t port;       /* with ADDRESS; 0: every */
};

#define SIM_LOOP_MAX          500000u
#define SIM_MAX_FLOWS_DEFAULT (1u << 24) /* about 2 GB with three modes */
#define SIM_SPEED_ONE         UINT64_C(1000000)

/* What a synthetic packet says, for who writes its bytes. */
enum sim_says {
	SIM_SAYS_NOTHING, /* SYN, FIN, a bare ACK, keepalive, RST */
	SIM_SAYS_REQUEST,
	SIM_SAYS_ANSWER,
	SIM_SAYS_ACK, /* CoAP: empty */
	SIM_SAYS_NOTIFICATION,
	SIM_SAYS_REGISTER,   /* CoAP: GET with Observe 0 */
	SIM_SAYS_REGISTERED, /* its answer */
};

/* A synthetic packet on the balancer's client side: from a client before it
 * is stepped, or to one as it leaves. */
struct sim_tap {
	uint64_t at_ns; /* since the beginning */
	bool from_client;
	const struct lb_packet *pkt; /* seq, ack, flags and lengths filled in */
	enum lb_profile profile;
	enum sim_says says;
	bool confirmable;
	uint32_t id;     /* of the exchange: an answer has its request's, and so
			    has a request sent again */
	uint32_t offset; /* of TCP payload: where in its message it begins */
	uint32_t message_bytes; /* of the whole message */
	uint32_t asked_bytes;   /* of requests of that traffic */
};

struct sim_leaver;

struct sim_settings {
	const char *const *paths; /* captures; "-": standard input */
	size_t path_count;
	const char *filter; /* pcap-filter(7), NULL: none */
	const struct sim_case_settings *cases;
	size_t case_count;
	bool together;  /* zero configuration: all rules are reported as one */
	bool reverse;   /* the captured servers are the clients */
	bool details;   /* keep what was seen of each flow */
	bool report;    /* keep what only a report shows: time, keys' names */
	bool flow_rows; /* and put it into the record: wants details */
	struct sim_vip vip;
	/* Captured flows of these leave by SNAT (sim/replay/leavers.h): for
	 * captures alone, and one instance. */
	const struct sim_leaver *leavers;
	size_t leaver_count; /* below LB_NONE */
	const struct lb_fault *faults;
	size_t fault_count;
	const struct lb_scene *scene; /* NULL: captures and nothing else */
	/* Sees every synthetic packet; NULL: nobody.  Of one case only. */
	void (*tap)(void *arg, const struct sim_tap *tap);
	void *tap_arg;
	/* Sees what became of every packet that a case was given, after it was
	 * played; NULL: nobody.  result: what lb_step() said of it, the last
	 * time it was asked; NULL when it was not. */
	void (*witness)(void *arg, const struct sim_player *player,
	    const struct sim_arrival *arrival, const struct lb_result *result);
	void *witness_arg;
	uint32_t replication; /* which: other draws for each; 0: the first */
	uint32_t loop;        /* rounds, 1..SIM_LOOP_MAX; 0: 1 */
	uint64_t speed_millionths; /* 0: as captured, 1,000,000 */
	uint64_t longest_gap_ns;   /* between packets, as captured; 0: any */
	uint32_t
	    max_flows; /* packets of later ones are left out; 0: a default */
	uint64_t seed; /* of the probes' phases; a replay without faults draws
			  nothing */
	/* Asked every few thousand packets; false: stop here.  May be NULL. */
	bool (*progress)(void *arg, uint64_t packets, uint64_t bytes_read,
	    uint64_t bytes_total);
	void *progress_arg;
};

enum sim_status {
	SIM_DONE,  /* the record says what could not be read */
	SIM_USAGE, /* a wrong filter, or a configuration's problems */
	SIM_NO_MEMORY,
};

struct sim_trouble {
	struct lb_problems problems;
	char text[512]; /* one line; "": see problems */
};

#endif
