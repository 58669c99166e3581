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

struct sim_backend {
	char *name;
	uint64_t flows;               /* whose first client packet it got */
	uint64_t packets, packets_in; /* both directions; client to member */
	uint64_t bytes, bytes_in;     /* IP length on the wire */
};

/* One affinity key: what the hash could not have divided further. */
struct sim_key {
	uint64_t flows, packets, bytes;
	uint32_t backend; /* index of the member its first packet went to */
};

struct sim_rule {
	char *name, *distribution, *algorithm;
	uint64_t flows;       /* distinct bidirectional five-tuples */
	uint64_t connections; /* starts, reuse included */
	uint64_t packets, bytes;
	struct sim_backend *backends; /* members ever eligible */
	size_t backend_count;
	struct sim_key *keys; /* in order of first appearance */
	size_t key_count;
};

struct sim_drop {
	const char *reason;
	uint64_t packets;
};

/* One way of balancing the input: a row of the comparison. */
struct sim_case {
	char *name;
	struct sim_rule *rules;
	size_t rule_count;
	struct sim_drop *drops; /* every reason, in summary.json's order */
	size_t drop_count;
	uint64_t untracked, reply_suppressed;
};

struct sim_file {
	char *name;
	char sha256[65]; /* "": not reckoned */
	uint64_t packets;
	char *error;     /* NULL: read to its end */
	bool unreadable; /* not one packet could be; else only the rest */
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
	uint64_t backwards; /* packets whose clock ran back: held at the
			       latest time before */
	struct sim_endpoint *busiest; /* servers by flows, at most 5 */
	size_t busiest_count;
};

struct sim_record {
	char *version;
	uint64_t seed;
	bool deterministic; /* nothing was drawn */
	bool partial;       /* some input could not be read */
	bool interrupted;
	struct sim_input input;
	struct sim_case *cases;
	size_t case_count;
	uint64_t events, max_pending;
};

void sim_input_free(struct sim_input *input);    /* zeroed is fine */
void sim_record_free(struct sim_record *record); /* NULL is fine */

#endif
