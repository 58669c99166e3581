/* SPDX-License-Identifier: MIT */
#include "sim/replay/feed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The trace's own interfaces go with it: these are copies. */
static void
keep_info(struct sim_feed_file *file)
{
	struct trace_info *info = &file->info;

	trace_info(file->trace, info);
	size_t bytes = info->interface_count * sizeof(*info->interfaces);
	free(file->interfaces); /* of the round before */
	file->interfaces = bytes > 0 ? malloc(bytes) : NULL;
	if (file->interfaces != NULL)
		memcpy(file->interfaces, info->interfaces, bytes);
	else
		info->interface_count = 0;
	info->interfaces = file->interfaces;
}

static void
file_close(struct sim_feed_file *file)
{
	if (file->trace != NULL) {
		file->bytes = trace_bytes_read(file->trace);
		keep_info(file);
	}
	trace_close(file->trace);
	file->trace = NULL;
}

/* Reads one packet, or notes how the file ended. */
static bool
file_next(struct sim_feed_file *file, struct trace_packet *p)
{
	int status = trace_next(file->trace, p);

	if (LB_LIKELY(status == TRACE_PACKET))
		return true;
	file->state = SIM_FEED_ENDED;
	if (status == TRACE_DAMAGED) {
		file->state = SIM_FEED_DAMAGED;
		file->damaged_at = trace_damaged_at(file->trace);
		(void)snprintf(file->error, sizeof(file->error), "%s",
		    trace_error(file->trace));
	}
	file_close(file);
	return false;
}

int
sim_feed_open(struct sim_feed *feed, const char *const *paths,
    size_t path_count, const char *filter)
{
	size_t opened = 0, refused = SIZE_MAX;

	*feed = (struct sim_feed){ .file_count = path_count, .filter = filter };
	feed->files = calloc(path_count, sizeof(*feed->files));
	if (feed->files == NULL)
		return -1;
	for (size_t i = 0; i < path_count; i++) {
		struct sim_feed_file *file = &feed->files[i];
		bool usage = false;

		file->path = paths[i];
		file->damaged_at = UINT64_MAX;
		file->trace = trace_open(
		    paths[i], filter, &usage, file->error, sizeof(file->error));
		if (file->trace == NULL)
			file->state = SIM_FEED_UNREADABLE;
		opened += file->trace != NULL;
		if (usage)
			refused = i;
	}
	/* What suits no file's link type is wrong: say it once, in front. */
	if (opened > 0 || refused == SIZE_MAX)
		return 0;
	if (refused > 0)
		memcpy(feed->files[0].error, feed->files[refused].error,
		    sizeof(feed->files[0].error));
	return 1;
}

void
sim_feed_close(struct sim_feed *feed)
{
	for (size_t i = 0; feed->files != NULL && i < feed->file_count; i++) {
		file_close(&feed->files[i]);
		free(feed->files[i].interfaces);
	}
	free(feed->files);
	*feed = (struct sim_feed){ 0 };
}

void
sim_feed_rewind(struct sim_feed *feed)
{
	for (size_t i = 0; i < feed->file_count; i++) {
		struct sim_feed_file *file = &feed->files[i];
		bool usage;

		if (file->state == SIM_FEED_UNREADABLE)
			continue;
		trace_close(file->trace);
		file->has_head = false;
		file->packets = 0;
		file->state = SIM_FEED_READING;
		file->trace = trace_open(file->path, feed->filter, &usage,
		    file->error, sizeof(file->error));
		if (file->trace == NULL)
			file->state = SIM_FEED_DAMAGED;
	}
}

/* The file whose next packet is the earliest; NULL: all have ended. */
static struct sim_feed_file *
earliest(struct sim_feed *feed)
{
	struct sim_feed_file *best = NULL;

	for (size_t i = 0; i < feed->file_count; i++) {
		struct sim_feed_file *file = &feed->files[i];
		if (file->state != SIM_FEED_READING)
			continue;
		if (!file->has_head) {
			if (!file_next(file, &file->head))
				continue;
			file->has_head = true;
		}
		if (best == NULL || file->head.time_ns < best->head.time_ns)
			best = file;
	}
	return best;
}

LB_INLINE void
note_time(struct sim_feed_file *file, uint64_t time_ns)
{
	if (time_ns < file->first_ns || file->packets == 0)
		file->first_ns = time_ns;
	if (time_ns > file->last_ns)
		file->last_ns = time_ns;
}

bool
sim_feed_next(struct sim_feed *feed, struct trace_packet *p)
{
	struct sim_feed_file *file = feed->files;

	if (LB_LIKELY(feed->file_count == 1)) {
		if (file->state != SIM_FEED_READING || !file_next(file, p))
			return false;
	} else {
		file = earliest(feed);
		if (file == NULL)
			return false;
		*p = file->head;
		/* Its bytes last until the file's next read, which the next
		 * call makes. */
		file->has_head = false;
	}
	note_time(file, p->time_ns);
	file->packets++;
	feed->packets++;
	return true;
}

void
sim_feed_info(const struct sim_feed_file *file, struct trace_info *info)
{
	*info = file->info;
	if (file->trace != NULL)
		trace_info(file->trace, info);
}

void
sim_feed_progress(
    const struct sim_feed *feed, uint64_t *bytes_read, uint64_t *bytes_total)
{
	*bytes_read = *bytes_total = 0;
	for (size_t i = 0; i < feed->file_count; i++) {
		const struct sim_feed_file *file = &feed->files[i];
		uint64_t total = file->bytes;

		*bytes_read += file->trace != NULL
				   ? trace_bytes_read(file->trace)
				   : file->bytes;
		if (file->trace != NULL &&
		    (total = trace_bytes_total(file->trace)) == 0) {
			*bytes_total = 0;
			return;
		}
		*bytes_total += total;
	}
}
