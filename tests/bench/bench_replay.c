/* SPDX-License-Identifier: MIT */
/*
 * What a replay costs beside just reading: sim_run() against a loop of
 * pcap_next_ex() that does nothing, over the same warm file, in one process,
 * in turn.  In processor time, because nothing here waits; the least of many.
 *
 * There are two such loops: over pcap_open_offline(), as everybody writes it,
 * and over a file with the buffer that traces/ gives it.
 */
#include <errno.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sim/run/run.h"
#include "tests/bench/bench.h"
#include "tests/bench/capture_file.h"

#define ROUNDS       3u /* and of what has a goal: */
#define ROUNDS_GOAL  7u
#define MODES        3u
#define BUFFER_BYTES ((size_t)1 << 18) /* as traces/capture.c has it */
#define BACKENDS     4u

static double
now_s(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* --- what is measured ---------------------------------------------------- */

/* Each returns the packets it read; 0: it could not. */
typedef uint64_t reader(const char *path);

static uint64_t
read_all(pcap_t *pcap)
{
	struct pcap_pkthdr *header;
	const uint8_t *data;
	uint64_t packets = 0;

	if (pcap == NULL)
		return 0;
	while (pcap_next_ex(pcap, &header, &data) == 1)
		packets++;
	pcap_close(pcap);
	return packets;
}

static uint64_t
bare(const char *path)
{
	char why[PCAP_ERRBUF_SIZE];

	return read_all(pcap_open_offline(path, why));
}

static uint64_t
bare_big_buffer(const char *path)
{
	static char buffer[BUFFER_BYTES];
	char why[PCAP_ERRBUF_SIZE];
	FILE *file = fopen(path, "rb");

	if (file == NULL)
		return 0;
	(void)setvbuf(file, buffer, _IOFBF, sizeof(buffer));
	return read_all(pcap_fopen_offline(file, why));
}

static uint64_t
replay(const char *path, unsigned modes)
{
	static const enum lb_mode mode[MODES] = { LB_MODE_FIVE_TUPLE,
		LB_MODE_SOURCE_IP_ANY_DST, LB_MODE_SOURCE_IP_PROTOCOL_ANY_DST };
	struct sim_case_settings cases[MODES] = { 0 };
	struct lb_config *configs[MODES] = { 0 };
	struct sim_record *record = NULL;
	struct sim_trouble trouble = { 0 };
	const struct sim_settings settings = {
		.paths = &path,
		.path_count = 1,
		.cases = cases,
		.case_count = modes,
		.together = true,
	};
	uint64_t packets = 0;
	bool ready = true;

	for (unsigned i = 0; i < modes; i++) {
		configs[i] = lb_config_zero(BACKENDS, mode[i]);
		ready = ready && configs[i] != NULL;
		cases[i] = (struct sim_case_settings){ "case", configs[i] };
	}
	if (ready && sim_run(&settings, &record, &trouble) == SIM_DONE)
		packets = record->input.packets;
	sim_record_free(record);
	for (unsigned i = 0; i < modes; i++)
		lb_config_free(configs[i]);
	return packets;
}

static uint64_t
replay_one(const char *path)
{
	return replay(path, 1);
}

static uint64_t
replay_three(const char *path)
{
	return replay(path, MODES);
}

/* --- measuring ----------------------------------------------------------- */

enum { BARE, BARE_BIG_BUFFER, REPLAY, REPLAY_THREE, READERS };

static reader *const readers[READERS] = { bare, bare_big_buffer, replay_one,
	replay_three };

struct row {
	const char *name; /* of what is measured, behind its own */
	double goal;
	struct synthetic capture;
};

/* The least time of each, s; false: something could not be read. */
static bool
measure(const char *path, const struct row *row, double least[READERS])
{
	const unsigned rounds = row->goal > 0 ? ROUNDS_GOAL : ROUNDS;

	for (int i = 0; i < READERS; i++)
		least[i] = 1e9;
	for (unsigned round = 0; round < rounds; round++)
		for (int i = 0; i < READERS; i++) {
			double from = now_s();
			if (readers[i](path) != row->capture.packets)
				return false;
			double took = now_s() - from;
			if (took < least[i])
				least[i] = took;
		}
	return true;
}

static void
say(const char *format, const char *row, double value, const char *unit,
    double goal)
{
	char name[64];

	(void)snprintf(name, sizeof(name), format, row);
	bench_say(
	    name, value, unit, goal > 0 ? BENCH_AT_MOST : BENCH_NO_GOAL, goal);
}

static int
measure_row(const struct row *row)
{
	double least[READERS];
	char path[64];
	FILE *file = bench_capture(&row->capture, path);

	if (file == NULL) {
		(void)fprintf(
		    stderr, "bench: %s: %s\n", bench_dir(), strerror(errno));
		return 1;
	}
	bool read = measure(path, row, least);
	(void)fclose(file);
	if (!read) {
		(void)fprintf(stderr, "bench: not all of the file was read\n");
		return 1;
	}
	const double ns = 1e9 / (double)row->capture.packets;
	say("replay_ratio%s", row->name, least[REPLAY] / least[BARE], "x",
	    row->goal);
	say("replay_ratio_big_buffer%s", row->name,
	    least[REPLAY] / least[BARE_BIG_BUFFER], "x", 0);
	say("replay_ratio_3_modes%s", row->name,
	    least[REPLAY_THREE] / least[BARE], "x", 0);
	say("replay_ns%s", row->name, least[REPLAY] * ns, "ns", 0);
	say("replay_bare_ns%s", row->name, least[BARE] * ns, "ns", 0);
	say("replay_bare_big_buffer_ns%s", row->name,
	    least[BARE_BIG_BUFFER] * ns, "ns", 0);
	return 0;
}

int
bench_replay(void)
{
	static const struct row rows[] = {
		{ "", 1.5,
		    { .packets = 5000000, .flows = 50000, .mean_bytes = 500 } },
		{ "_1m_flows", 0,
		    { .packets = 5000000,
			.flows = 1000000,
			.mean_bytes = 500 } },
		{ "_small", 0,
		    { .packets = 5000000,
			.flows = 50000,
			.mean_bytes = 64,
			.even = true } },
		{ "_small_1m_flows", 0,
		    { .packets = 5000000,
			.flows = 1000000,
			.mean_bytes = 64,
			.even = true } },
		{ "_ipv6", 0,
		    { .packets = 3000000,
			.flows = 50000,
			.mean_bytes = 500,
			.six = true } },
	};
	const char *why = bench_no_room();
	int rc = 0;

	if (why != NULL) {
		bench_skip("replay", why);
		return 77;
	}
	for (size_t i = 0; i < LB_COUNT(rows); i++)
		rc |= measure_row(&rows[i]);
	return rc;
}
