/* SPDX-License-Identifier: MIT */
#ifndef TESTS_BENCH_BLAST_H
#define TESTS_BENCH_BLAST_H
/*
 * A generator of packets at the machine's rate: millions a second and CPU, from
 * frames that the kernel makes and an XDP program writes (BPF_PROG_TEST_RUN
 * with live frames, Linux 5.18).  They leave by an interface of the caller's
 * network namespace, and who receives them there needs NAPI (for a veth: an XDP
 * program, or ethtool -K IF gro on).
 *
 * On a veth the receiver's work is done in the sender's thread, at the end of a
 * batch: so the thread's CPU time is that of the whole way.
 */
#include <signal.h>

#include "model/path/addr.h"

#define BLAST_FRAME_BYTES_MIN 80u
#define BLAST_FRAME_BYTES_MAX 1514u
#define BLAST_THREADS_MAX     64u
#define BLAST_NEW_FLOWS       UINT64_MAX

enum blast_kind {
	BLAST_UDP,
	BLAST_SYN, /* TCP, opening */
	BLAST_ACK, /* TCP with data, as of a connection that is open */
	BLAST_KINDS
};

/* udp, syn, ack; -1: there is none of that name. */
int blast_kind_of_name(const char *name);
const char *blast_kind_name(enum blast_kind kind);

struct blast_spec {
	const char *interface; /* that they leave by */
	uint8_t mac[6];        /* of who receives them there */
	enum blast_kind kind;
	uint16_t port; /* the destination's */
	/* of one family; a source address has 16,384 flows, then comes the
	 * next */
	struct lb_addr source, dest;
	uint64_t flows; /* in turn; BLAST_NEW_FLOWS: each packet a new one */
	uint64_t first; /* begin at that flow: fewer than flows */
	uint32_t frame_bytes; /* with the Ethernet header */
	unsigned threads;     /* one a CPU, from CPU 0 on */
};

/* How long: 0 is no limit, but one of the first two must be one. */
struct blast_order {
	uint64_t packets;
	double seconds;
	double rate; /* packets a second; 0: as fast as it goes */
	const volatile sig_atomic_t *stop; /* set: ends; NULL: nobody sets it */
};

struct blast_sent {
	uint64_t packets;
	double seconds;     /* by the wall clock, with waits and set-up */
	double sending;     /* of those, sending: the longest thread's */
	double cpu_seconds; /* of all threads */
};

struct blast;

/* NULL with a line in error: what failed, and how to mend it. */
struct blast *blast_open(
    const struct blast_spec *spec, char *error, size_t error_bytes);
void blast_close(struct blast *b); /* NULL is fine */

/* Flows go on where the run before ended.  0, or -errno. */
int blast_run(
    struct blast *b, const struct blast_order *order, struct blast_sent *sent);

/*
 * The same packets straight into a program (xdp.frags) by a test run: nothing
 * is sent.  ns per packet, the making of it included; negative: -errno.
 */
double blast_into(struct blast *b, int program, uint32_t packets);

#endif
