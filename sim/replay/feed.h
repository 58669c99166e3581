/* SPDX-License-Identifier: MIT */
#ifndef SIM_FEED_H
#define SIM_FEED_H
/*
 * Several captures read as one, in order of their clocks; of packets with the
 * same time, the file named first goes first.  Inside a file the order is the
 * file's, whatever its clock says.  What can't be read is noted and left out.
 */
#include "traces/capture.h"

#define SIM_FEED_ERROR_BYTES 512u

enum sim_feed_state {
	SIM_FEED_READING,
	SIM_FEED_ENDED,      /* where it should */
	SIM_FEED_DAMAGED,    /* part of it could be read */
	SIM_FEED_UNREADABLE, /* nothing could */
};

struct sim_feed_file {
	const char *path; /* not owned */
	enum sim_feed_state state;
	uint64_t packets;                 /* given out in this round */
	char error[SIM_FEED_ERROR_BYTES]; /* DAMAGED, UNREADABLE: why */
	uint64_t damaged_at; /* byte, of the unpacked file; UINT64_MAX: none */
	struct trace *trace;
	struct trace_packet head; /* the next one, while READING */
	bool has_head;
	uint64_t bytes; /* of the file, when it was closed */
	/* What the file says of itself, as it was closed; no interfaces
	 * without memory for them. */
	struct trace_info info;
	struct trace_interface *interfaces; /* info's */
	uint64_t first_ns, last_ns; /* earliest and latest packet, since 1970 */
};

struct sim_feed {
	struct sim_feed_file *files;
	size_t file_count;
	const char *filter; /* not owned */
	uint64_t packets;   /* of all rounds */
};

/*
 * sim_feed_open - open captures.
 *
 * paths   "-" is standard input; they and the filter must outlive the feed.
 * filter  pcap-filter(7), NULL: none.
 *
 * Returns 0; -1 without memory; 1 when the filter suits no file: then the
 * first file's error says how.  Files that can't be read are UNREADABLE.
 */
int sim_feed_open(struct sim_feed *feed, const char *const *paths,
    size_t path_count, const char *filter);
void sim_feed_close(struct sim_feed *feed); /* zeroed is fine */

/* From the beginning again: all must be files that can be read twice.  One
 * that is gone by now is DAMAGED. */
void sim_feed_rewind(struct sim_feed *feed);

/* The next packet; false at the end of all.  Good until the next call. */
bool sim_feed_next(struct sim_feed *feed, struct trace_packet *p);

/* What a file says of itself: all of it when it has ended. */
void sim_feed_info(const struct sim_feed_file *file, struct trace_info *info);

/* How far it is: bytes read of bytes in all, 0 when that is not known. */
void sim_feed_progress(
    const struct sim_feed *feed, uint64_t *bytes_read, uint64_t *bytes_total);

#endif
