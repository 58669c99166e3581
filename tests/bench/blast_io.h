/* SPDX-License-Identifier: MIT */
#ifndef TESTS_BENCH_BLAST_IO_H
#define TESTS_BENCH_BLAST_IO_H
/* What the generator's program is told, and what it counts. */
#include "model/path/base.h"

/* Put back on every packet: the headers of TCP over IPv6, and 6 more. */
#define BLAST_HEAD_BYTES 80u
/* A source address has so many flows, from this port on. */
#define BLAST_PORTS_LOG  14u
#define BLAST_PORT_FIRST 1024u

LB_LAYOUT_BEGIN
/*
 * A packet, and where it differs from flow to flow: in the source's port and
 * the last 32 bits of its address.  Sums are those of all other bytes that a
 * checksum covers, not yet complemented, as loaded.
 */
struct blast_template {
	uint64_t head[BLAST_HEAD_BYTES / 8];
	uint32_t ifindex;    /* that takes the packets */
	uint32_t address;    /* of flow 0, its last 32 bits */
	uint32_t address_at; /* offsets */
	uint32_t port_at;
	uint32_t sum_at;    /* UDP's or TCP's */
	uint32_t ip_sum_at; /* 0: IPv6 has none */
	uint32_t sum;
	uint32_t ip_sum;
	uint64_t flows; /* then the first again; all ones: never */
};

/* Per CPU. */
struct blast_lane {
	uint64_t next; /* flow of the next packet */
	uint64_t step; /* from one packet's flow to the next's: below flows */
	uint64_t made; /* packets */
};
LB_LAYOUT_END

#endif
