/* SPDX-License-Identifier: MIT */
#ifndef SIM_SURVEY_H
#define SIM_SURVEY_H
/*
 * What captures are made of: read once, balanced by nobody.  Like the record,
 * plain data that reports may see, counted in integers.  Strings belong to
 * the survey.
 *
 * Flows are the replay's: bidirectional five-tuples whose roles were decided
 * at their first packet.  Unlike in the replay every flow counts, also one of
 * which only the server's side was captured.
 *
 * Source: design.md 4, 8.
 */
#include "sim/record/record.h"

#define SIM_SURVEY_TOP  5u
#define SIM_SURVEY_MODE 3u

struct sim_survey_interface {
	const char *link; /* "EN10MB"; NULL: nobody knows */
	int link_type;    /* as tcpdump.org lists them */
	char name[32];    /* "": not told */
	uint32_t snaplen; /* 0: no limit, or not told */
	uint64_t units_per_s;
	uint64_t packets;
};

/* A file, beside the entry of the same number in input.files. */
struct sim_survey_file {
	const char *format;  /* "pcap"; NULL: it could not be opened */
	const char *packing; /* "gzip"; NULL: none */
	bool big_endian;
	struct sim_survey_interface *interfaces;
	size_t interface_count;
	uint64_t first_ns, last_ns; /* earliest and latest time, since 1970;
				       meaningless without packets */
};

/* Ends of flows, and what they carried; both directions. */
struct sim_survey_end {
	char address[46];
	uint16_t port;     /* 0: any */
	const char *proto; /* "tcp"; NULL: any */
	uint64_t flows, packets, bytes;
};

/* A heavy key.  What the mode does not look at is "", 0 and NULL. */
struct sim_survey_key {
	char client[46], server[46];
	uint16_t client_port, server_port; /* 0: fragments have none */
	const char *proto;
	struct sim_key weight;
};

struct sim_survey_mode {
	const char *name; /* "five-tuple" */
	struct sim_key *keys;
	size_t key_count;
	struct sim_survey_key top[SIM_SURVEY_TOP]; /* by bytes */
	size_t top_count;
};

/* Flows to the control port of a protocol that opens others beside them. */
struct sim_survey_split {
	const char *name; /* "FTP" */
	uint16_t port;
	uint64_t flows;
};

struct sim_survey {
	char *version;
	bool partial, interrupted, reverse;
	char vip[64]; /* whose flows: "192.0.2.1", "[::1]:80"; "": all */
	struct sim_input input;
	struct sim_survey_file *files;

	/* Of all packets that were read. */
	uint64_t cut;       /* shorter in the capture than on the wire */
	uint64_t fragments; /* of IP packets */
	uint64_t gap_ns;    /* the longest silence */
	uint64_t gap_from_ns, first_ns, last_ns; /* since 1970 */

	/* Of the flows that were asked for. */
	uint64_t flows, tcp_flows, packets, bytes;
	uint64_t role_syn, role_port, role_first; /* flows, by how */
	uint64_t only_client, only_server; /* flows with one side captured */
	uint64_t half_open;  /* TCP: SYN, and never an ACK from the client */
	uint64_t unanswered; /* of these: and nothing from the server */
	uint64_t pauses;     /* times a flow was silent for 4 min and went on */
	struct sim_survey_end servers[SIM_SURVEY_TOP]; /* by flows */
	size_t server_count;                           /* of all */
	struct sim_survey_split *splits;
	size_t split_count;
	struct sim_survey_mode modes[SIM_SURVEY_MODE]; /* five-tuple first */
};

void sim_survey_free(struct sim_survey *survey); /* NULL is fine */

#endif
