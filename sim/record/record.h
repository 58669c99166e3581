/* SPDX-License-Identifier: MIT */
#ifndef SIM_RECORD_H
#define SIM_RECORD_H
/*
 * The record of a run: all that reports may see.  Plain data, counted in
 * integers; whatever is a ratio or a test is reckoned by reports/.  Strings
 * belong to the record.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "model/scenario/assertion.h"
#include "model/path/addr.h"

struct sim_backend {
	char *name;
	uint32_t member;              /* its index in the pool */
	uint32_t weight;              /* as configured, 0..1000; 0: drained */
	uint64_t flows;               /* whose first client packet it got */
	uint64_t packets, packets_in; /* both directions; client to member */
	uint64_t bytes, bytes_in;     /* IP length on the wire */
};

/* What a backend got in one piece of time. */
struct sim_slice {
	uint64_t bytes;
	uint32_t packets, flows; /* both directions; first client packets */
};

/* One affinity key: what the hash could not have divided further. */
struct sim_key {
	uint64_t flows, packets, bytes;
	uint32_t backend; /* index of the member its first packet went to */
};

/* A key by name.  What the mode does not look at is not there. */
struct sim_heavy {
	uint32_t key; /* number in the rule's keys */
	uint8_t proto;
	bool has_proto, has_server, has_ports;
	uint16_t client_port, server_port;
	struct lb_addr client, server;
};

/*
 * TCP connections that outlived their place in the connection table: their
 * clients said nothing for idle_ms or longer, and went on, or would have: a
 * rule with tcp_reset ends each of them, so that it counts once.
 */
struct sim_silence {
	uint64_t flows, times; /* connections; silences */
	uint64_t longest_ms;
	uint64_t idle_ms; /* the idle timeout; of several the shortest */
	bool reset;       /* both ends are told (tcp_reset) */
};

struct sim_rule {
	char *name, *distribution, *algorithm;
	uint64_t flows;       /* distinct bidirectional five-tuples */
	uint64_t connections; /* starts, reuse included */
	uint64_t packets, bytes;
	struct sim_silence silence;
	struct sim_backend *backends; /* members ever eligible */
	size_t backend_count;
	struct sim_key *keys; /* in order of first appearance */
	size_t key_count;
	/* Only in a run that is reported: */
	uint64_t *key_ids; /* by key: the same in every run of that input */
	struct sim_heavy *heavy; /* heaviest by bytes, packets or flows */
	size_t heavy_count;
	struct sim_slice *slices; /* [bin_count of the record][backend_count] */
	size_t slice_count;
};

/* An inbound NAT rule's way to one member: it balances nothing. */
struct sim_nat {
	char *name; /* "ssh/web_0" */
	char *member;
	uint64_t flows;
	uint64_t packets, packets_in; /* both directions; client to member */
	uint64_t bytes, bytes_in;
	struct sim_silence silence;
};

struct sim_drop {
	const char *reason;
	uint64_t packets;
};

#define SIM_NO_TIME UINT64_MAX

/* What one fault did to one case: from it to the next one that takes
 * something away, or to the end; of a member that is dead, also afterwards. */
struct sim_failover {
	char *fault, *member;
	uint64_t at_ns;
	/* From the fault; SIM_NO_TIME: it never happened. */
	uint64_t failed_ns;   /* the first probe that failed was known to */
	uint64_t detected_ns; /* the member was taken out */
	uint64_t rerouted_ns; /* then the first flow of its pool began */
	uint64_t restored_ns; /* the member was back */
	uint64_t moved, needless, broken; /* flows */
	uint64_t lost; /* client packets to a dead member, or to nobody */
	/* By the closed form, whatever the phase; SIM_NO_TIME: no probe of
	 * the member's notices such a fault. */
	uint64_t soonest_ns, latest_ns;
	uint64_t offered; /* client packets from then on; all that are lost */
	/* Of synthetic clients, from then on: */
	uint64_t requests, retries, given_up;
	uint64_t errors;     /* answers that were a 503, a CoAP 5.03 */
	uint64_t unanswered; /* begun in it, and old at the end of the run */
	uint64_t window_ns;  /* to the next failover, or the end */
};

/* What went wrong in a piece of time. */
struct sim_harm {
	uint32_t offered, lost; /* client packets */
	uint32_t broken, moved; /* flows */
	uint32_t requests, retries, given_up;
};

/*
 * Response times, to 1/16 of themselves: value ns is counted in bucket
 * sim_time_bucket(ns), whose lower bound is sim_bucket_time(bucket).
 */
#define SIM_TIME_BUCKETS (61u * 16u)

static inline uint32_t
sim_time_bucket(uint64_t ns)
{
	if (ns < 16)
		return (uint32_t)ns;
	unsigned octave = 63u - (unsigned)__builtin_clzll(ns); /* 4..63 */
	return (octave - 3) * 16 + (uint32_t)(ns >> (octave - 4) & 15);
}

static inline uint64_t
sim_bucket_time(uint32_t bucket)
{
	if (bucket < 16)
		return bucket;
	unsigned octave = bucket / 16 + 3;
	return (UINT64_C(16) + bucket % 16) << (octave - 4);
}

#define SIM_UNANSWERED_NS UINT64_C(5000000000)

/* What synthetic clients saw in a case. */
struct sim_clients {
	uint64_t sessions; /* connections begun; devices; UDP exchanges */
	uint64_t requests, answered;
	uint64_t retries;  /* SYNs, requests and data sent again */
	uint64_t given_up; /* requests and connections */
	uint64_t errors;   /* of the answers: a 503, a CoAP 5.03 */
	/* At the end no answer was there to requests begun over
	 * SIM_UNANSWERED_NS before; younger ones are under way. */
	uint64_t unanswered;
	uint64_t refused; /* connections by a reset, datagrams by ICMP */
	uint64_t reset;   /* open connections */
	uint64_t notifications, notified; /* CoAP observe: sent, arrived */
	uint64_t rebound;     /* devices that came with another NAT port */
	uint64_t link_lost;   /* packets that the links lost */
	uint64_t response_ns; /* the sum of them, of answered requests */
	uint64_t *response;   /* [SIM_TIME_BUCKETS]; NULL: no clients */
	/* Of members' own connections: went on when their SNAT port had been
	 * given back, and had to take one anew; so many took another. */
	uint64_t late, late_elsewhere;
	/* Of given_up: whose latest packet found no SNAT port, or came back to
	 * its sender. */
	uint64_t no_port, came_back;
};

/* What a member's server did. */
struct sim_served {
	char *name;
	uint64_t served, turned_away; /* requests; the queue was full */
	uint64_t cut_short;           /* it died with them */
	uint64_t busy_ns;             /* of all its places together */
	uint64_t waited_ns;           /* of all requests together */
	uint32_t peak_busy, peak_queue;
};

/* A level over time: the fullest of a piece, and what failed in it. */
struct sim_snat_slice {
	uint32_t used, allocated; /* ports; of how many, then */
	uint32_t failed;          /* packets that got none */
};

/* The SNAT ports of a member on one frontend, of one protocol. */
struct sim_snat {
	char *member, *frontend;
	uint8_t proto;
	uint32_t allocated;  /* at the end */
	uint32_t used, peak; /* at the end; at most */
	uint64_t peak_ns;    /* when; with peak 0 meaningless */
	/* When the greatest part of what it had then was in use; 0 of 0:
	 * never. */
	uint32_t full_used, full_allocated;
	uint64_t full_ns; /* the first time */
	/* Connections and exchanges that wanted a port, and those that got none
	 * when they first did, whatever came of trying again. */
	uint64_t asked, blocked;
	uint64_t opened; /* flows that got a port */
	uint64_t failed; /* packets that wanted one and got none */
	/* Of these, those to its worst destination: most failed, else most
	 * ports.  All 0: nothing was sent. */
	struct lb_addr worst;
	uint16_t worst_port; /* 0: of UDP, whose ports do not count */
	uint32_t worst_peak;
	uint64_t worst_begun; /* by clients, whatever came of it */
	uint64_t worst_asked, worst_blocked;
	uint64_t worst_opened, worst_failed;
	uint64_t worst_ended, worst_held_ms; /* flows, and their hold times */
	/* whose sessions there begin by Poisson's law, as often all the time:
	 * as Erlang's formula wants */
	bool worst_poisson;
	struct sim_snat_slice *slices; /* [bin_count of the record]; NULL */
	size_t slice_count;
};

/* Members that stayed have other SNAT ports, because of who came or went
 * (AZ 4.2). */
struct sim_snat_turn {
	uint64_t at_ns;
	char *member, *fault;   /* "m51", "added" */
	uint32_t members;       /* whose ports they are */
	uint32_t before, after; /* of one of them: a frontend's, a protocol's */
	uint32_t ports;         /* that were in use and are somebody else's */
	uint64_t cut, cut_open; /* their flows; open TCP connections of these */
};

/* One of several balancers. */
struct sim_instance {
	uint64_t flows, packets; /* begun at it; from clients */
};

/* One way of balancing the input: a row of the comparison. */
struct sim_case {
	char *name;
	uint8_t hash_key[16]; /* in use, whoever named it */
	struct sim_rule *rules;
	size_t rule_count;
	struct sim_drop *drops; /* every reason, in summary.json's order */
	size_t drop_count;
	struct sim_nat *nats; /* of all NAT rules, in the order of the file */
	size_t nat_count;
	uint64_t passed; /* of the drops no_rule: let be, as not ours */
	uint64_t untracked, reply_suppressed;
	struct sim_failover *failovers; /* in order of time */
	size_t failover_count;
	struct sim_harm *harms; /* [bin_count of the record], or NULL */
	size_t harm_count;
	uint64_t unreachable;       /* client packets that no balancer got: its
				       frontend's zone or every instance is down */
	struct sim_clients clients; /* of synthetic traffic */
	struct sim_served *served;
	size_t served_count;
	struct sim_instance *instances; /* only of several */
	size_t instance_count;
	struct sim_snat *snat; /* only of traffic that members begin */
	size_t snat_count;
	struct sim_snat_turn *turns; /* in order of time */
	size_t turn_count;
	uint64_t snat_window_ns;                   /* it is counted over */
	uint64_t outbound_packets, outbound_bytes; /* translated, both ways */
	/* Connections of members to a frontend of their own that came back to
	 * them, whom nobody answers; and their packets. */
	uint64_t hairpins, hairpin_packets;
	struct sim_silence outbound_silence; /* of members' own connections */
	/* flows that changed instance, and of those the ones that changed
	 * backend by it, and of those the open connections */
	uint64_t rehomed, rehomed_moved, rehomed_broken;
};

struct sim_file {
	char *name;
	char sha256[65]; /* "": not reckoned */
	uint64_t packets;
	char *error;         /* NULL: read to its end */
	uint64_t damaged_at; /* byte of the unpacked file where what could be
				read ends; UINT64_MAX: nowhere in particular */
	bool unreadable;     /* not one packet could be; else only the rest */
};

/* A server of the input; for those who have none in common with a rule. */
struct sim_endpoint {
	char address[46];
	uint16_t port;
	const char *proto; /* "tcp" */
	uint64_t flows;
};

struct sim_input {
	struct sim_file *files;
	size_t file_count;
	uint64_t packets, bytes; /* read; bytes of the IP packets replayed */
	uint64_t flows;
	uint64_t duration_ns;
	uint64_t role_syn, role_port, role_first; /* flows, by how */
	uint64_t not_ip, truncated, malformed, other_protocol, icmp; /* skipped,
								packets */
	uint64_t over_limit; /* skipped: of flows beyond max_flows */
	uint32_t max_flows;
	uint32_t loop; /* rounds; packets are those of all, files' of one */
	uint64_t gaps, gaps_cut_ns; /* longer than the longest asked for */
	uint64_t backwards;         /* packets whose clock ran back: held at the
				       latest time before */
	struct sim_endpoint *busiest; /* servers by flows, at most 5 */
	size_t busiest_count;
};

/* Who carried a flow in a case: number of the rule in the case and of the
 * backend in the rule.  Behind the rules come NAT rules, without backends. */
#define SIM_NOWHERE UINT32_MAX
struct sim_flow_place {
	uint32_t rule, backend; /* both SIM_NOWHERE: nobody */
};

/* A flow as it was seen, and who got its latest client packet. */
struct sim_flow_row {
	struct lb_addr client, server; /* as played */
	uint16_t client_port, server_port;
	uint8_t proto;
	bool portless;                /* later fragments, which have no ports */
	const char *role_by;          /* "syn"; how its client was told */
	uint64_t packets, packets_in; /* both directions; from the client */
	uint64_t bytes, bytes_in;     /* IP length on the wire */
	uint64_t first_ns, last_ns;   /* since the first packet */
	const struct sim_flow_place *places; /* one per case */
};

/* Something that has a time. */
enum sim_event_kind {
	SIM_EVENT_START,
	SIM_EVENT_CLOCK_BACK, /* the first of so many packets */
	SIM_EVENT_GAP,        /* the first of so many shortened gaps */
	SIM_EVENT_FLOW_LIMIT, /* the first of so many packets left out */
	SIM_EVENT_TABLE_FULL, /* the first of so many untracked packets */
	SIM_EVENT_HAIRPIN,    /* the first of so many packets that their hash
				 returned to their sender */
	/* Their counts only keep their order. */
	SIM_EVENT_FAULT,         /* member; what: its state */
	SIM_EVENT_PROBE_FAILED,  /* the first since a fault: who that was of;
				    what: the reason code */
	SIM_EVENT_MEMBER_DOWN,   /* member; what: the reason code */
	SIM_EVENT_MEMBER_UP,     /* the same */
	SIM_EVENT_ZONE_DOWN,     /* its last member is out; "zone 2" */
	SIM_EVENT_ZONE_UP,       /* its last member is in again */
	SIM_EVENT_INSTANCE_DOWN, /* the router knows; "instance 1" */
	SIM_EVENT_INSTANCE_UP,
	SIM_EVENT_SNAT_HIGH,      /* over 75 % of a member's ports on a frontend
				     are used; member; "frontend, tcp" */
	SIM_EVENT_SNAT_EXHAUSTED, /* and no port is left */
	SIM_EVENT_SNAT_TURN,      /* members have others; by whom, so many flows
				     lost theirs; "1024 to 512 for 50 members" */
	SIM_EVENT_INTERRUPTED,
	SIM_EVENT_END,
	SIM_EVENT_COUNT
};

#define SIM_NO_CASE UINT32_MAX

struct sim_event {
	uint64_t at_ns; /* since the first packet */
	enum sim_event_kind kind;
	uint32_t of_case;    /* its number; SIM_NO_CASE: of the whole run */
	uint64_t count;      /* what of, the kind says; 0 where there is none */
	char *member, *what; /* NULL where there is none */
};

/* What the command was told, defaults too. */
enum sim_setting_kind {
	SIM_SETTING_TEXT,
	SIM_SETTING_NUMBER, /* its digits, as JSON takes them */
	SIM_SETTING_BOOL,   /* "true", "false" */
	SIM_SETTING_COUNT
};

struct sim_setting {
	char *name, *value; /* value NULL: not set, without a default */
	enum sim_setting_kind kind;
	bool given; /* by the user */
};

/* What is different each time, and so is in no saved record. */
struct sim_timing {
	uint64_t started_s, finished_s; /* since 1970, UTC */
	uint64_t wall_ns, cpu_ns;
	uint64_t peak_rss_bytes;
	uint32_t workers;
	char host[65];
	char *directory; /* absolute */
	char **inputs;   /* absolute, NULL: a pipe; as many as files */
};

struct sim_record {
	char *version, *libraries; /* libraries: "libpcap 1.10.3, ..." */
	char *command;             /* "sim"; NULL: nobody said */
	struct sim_setting *settings;
	size_t setting_count;
	char *config;                    /* the file's text; NULL: none */
	char *scenario;                  /* the same */
	struct lb_assertion *assertions; /* what was demanded */
	size_t assertion_count;
	const struct sim_timing *timing; /* NULL: not known; not owned */
	uint64_t seed;
	bool deterministic; /* nothing was drawn */
	bool partial;       /* some input could not be read */
	bool interrupted;
	struct sim_input input;
	struct sim_case *cases;
	size_t case_count;
	/* The same cases under other draws: what is not counted but kept for
	 * pictures (keys, slices, harms) is only in the first, `cases`. */
	struct sim_case *replicas; /* [replications - 1][case_count] */
	size_t replica_count;
	uint32_t replications; /* 0: not asked for; a bare run is one */
	bool synthetic;        /* input is what the clients made up */
	uint64_t warm_up_ns;   /* left out of everything counted */
	struct sim_event *log; /* in order of time */
	size_t log_count;
	uint64_t bin_ns; /* of the rules' slices; 0: there are none */
	size_t bin_count;
	struct sim_flow_row *flows; /* only where asked for; else NULL */
	size_t flow_count;
	struct sim_flow_place *places; /* what the rows point to */
	uint64_t events, max_pending;
};

void sim_input_free(struct sim_input *input);          /* zeroed is fine */
void sim_record_free(struct sim_record *record);       /* NULL is fine */
void sim_record_drop_cases(struct sim_record *record); /* only the cases */
void sim_case_free(struct sim_case *c);                /* what it points to */
/* Drops what a replica does not keep: keys and all that is for pictures. */
void sim_case_slim(struct sim_case *c);

/* Adds a setting; value NULL: not set.  0, -1 without memory. */
int sim_record_set(struct sim_record *record, const char *name,
    enum sim_setting_kind kind, const char *value, bool given);

/*
 * sim_record_save - the record as a file, from which it can be reported again
 * without the captures.  Rows of flows are not in it: they have a file of
 * their own; nor is timing.  The same record gives the same bytes.
 *
 * Returns 0; -1 when writing fails (errno).
 */
int sim_record_save(const struct sim_record *record, FILE *to);

/*
 * sim_record_load - read it back.  Nothing in the file is trusted: what is no
 * record, was cut or changed is refused.
 *
 * error  on NULL: what is wrong, without the file's name; at least 128 bytes.
 *
 * Returns NULL with an error.  Cost: linear; memory as much as the file can
 * account for.
 */
struct sim_record *sim_record_load(FILE *from, char *error, size_t error_bytes);

#endif
