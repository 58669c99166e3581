/* SPDX-License-Identifier: MIT */
#include "sim/sweep/sweep.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model/path/plan.h"
#include "model/path/table.h"
#include "sim/sweep/crew.h"

/* Slots a flow, so that buckets overflow for one in a million: eight ways
 * under Poisson's law of mean 1. */
#define SLOTS_PER_FLOW 8u
/* A case's memory maps are four, and Linux allows 65,530. */
#define CASES_MAX 4096u
/* Up to so many points the flows are not counted beforehand. */
#define POINTS_FEW 2u
/* What a pipe is supposed to hold when nobody says (--max-flows). */
#define FLOWS_SUPPOSED 20000u

/* A case's memory: once, and for each of its flows what sim/flows/flows.c
 * keeps, a key that may have doubled its room, and a copy of it for the record.
 */
#define CASE_BYTES     UINT64_C(65536)
#define FLOW_BYTES     UINT64_C(224)
#define FLOWS_IN_CHUNK UINT64_C(1024)
#define PART_BYTES     ((uint64_t)sizeof(struct sim_flow_part))
/* A page of a table, and part of another where a bucket crosses. */
#define TOUCHED_BYTES UINT64_C(4700)

struct sweep {
	const struct sim_sweep_settings *settings;
	struct sim_sweep_facts *facts;
	struct sim_trouble *trouble;
	uint64_t flows; /* of the input, as far as they are played */
	bool counted;   /* not only supposed */
	bool rereadable;
	uint64_t memory_bytes;
	struct sim_case_settings *cases; /* of one pass */
	size_t case_count;
	struct sim_record *record; /* of the pass before */
	/* For who watches: */
	uint64_t packets_before;
	unsigned passes, passes_left;
};

/* --- troubles ------------------------------------------------------------ */

static int
no_memory(struct sweep *s)
{
	if (s->trouble->text[0] == '\0')
		(void)snprintf(s->trouble->text, sizeof(s->trouble->text),
		    "no memory; a smaller --memory makes more passes");
	return SIM_NO_MEMORY;
}

static int
usage(struct sweep *s, const char *text)
{
	(void)snprintf(s->trouble->text, sizeof(s->trouble->text), "%s", text);
	return SIM_USAGE;
}

static int
changed(struct sweep *s)
{
	return usage(s,
	    "the input changed between two passes over it; keep a copy, or "
	    "give more --memory for fewer passes");
}

/* --- progress ------------------------------------------------------------ */

/* All passes as one, as far as can be told. */
static bool
show_progress(
    void *arg, uint64_t packets, uint64_t bytes_read, uint64_t bytes_total)
{
	const struct sweep *s = arg;
	const struct sim_settings *run = &s->settings->run;

	if (run->progress == NULL)
		return true;
	return run->progress(run->progress_arg, s->packets_before + packets,
	    bytes_total * s->facts->passes - bytes_total + bytes_read,
	    bytes_total * (s->facts->passes + s->passes_left));
}

/* One reading of the input. */
static int
read_through(struct sweep *s, struct sim_record **record)
{
	struct sim_settings run = s->settings->run;

	run.cases = s->cases;
	run.case_count = s->case_count;
	run.report = run.details = run.flow_rows = false;
	run.progress = show_progress;
	run.progress_arg = s;
	s->facts->passes++;
	int status = sim_run(&run, record, s->trouble);
	if (status == SIM_DONE)
		s->packets_before += (*record)->input.packets;
	return status;
}

/* --- how much fits ------------------------------------------------------- */

static uint64_t
half_of_memory(void)
{
	long pages = sysconf(_SC_PHYS_PAGES), bytes = sysconf(_SC_PAGESIZE);

	if (pages <= 0 || bytes <= 0)
		return UINT64_C(1) << 30;
	return (uint64_t)pages * (uint64_t)bytes / 2;
}

/* Counts the flows, so that tables and passes can be made to measure. */
static int
count_flows(struct sweep *s)
{
	s->passes_left = 1;
	int status = read_through(s, &s->record);
	if (status != SIM_DONE)
		return status;
	s->flows = s->record->input.flows;
	s->counted = true;
	return SIM_DONE;
}

/* Tables for the flows there are; what is asked for is not exceeded. */
static void
fit_tables(const struct sweep *s, struct lb_config *config)
{
	/* lb_plan_compile() makes one and a half slots an entry. */
	uint64_t wanted = (s->flows + 1) * SLOTS_PER_FLOW * 2 / 3;

	if (!s->counted)
		return;
	if (config->entries > wanted)
		config->entries = wanted;
	if (config->entries6 > wanted)
		config->entries6 = wanted;
}

/* A power of two at least half again as large: lb_plan_compile()'s. */
static uint64_t
slots_of(uint64_t entries)
{
	uint64_t slots = LB_WAYS;

	while (slots < entries + entries / 2)
		slots *= 2;
	return slots;
}

/* What a case will touch, at the most. */
static uint64_t
case_bytes(const struct sweep *s, const struct lb_config *config)
{
	uint64_t chunks = (s->flows + FLOWS_IN_CHUNK) / FLOWS_IN_CHUNK;
	uint64_t entries = config->entries > config->entries6
			       ? config->entries
			       : config->entries6;
	uint64_t table =
	    slots_of(entries) / LB_WAYS * (uint64_t)sizeof(struct lb_bucket6);
	uint64_t touched = s->flows * TOUCHED_BYTES;
	uint64_t bytes = CASE_BYTES + s->flows * FLOW_BYTES +
			 chunks * FLOWS_IN_CHUNK * PART_BYTES +
			 (table < touched ? table : touched);

	for (size_t i = 0; i < config->rule_count; i++)
		bytes += config->rules[i].table_size * sizeof(uint16_t);
	return bytes;
}

/* --- passes -------------------------------------------------------------- */

static void
free_cases(struct sweep *s)
{
	for (size_t i = 0; i < s->case_count; i++) {
		struct lb_config *config;
		/* sim_run() takes them as const; they are ours. */
		memcpy(&config, &s->cases[i].config, sizeof(config));
		lb_config_free(config);
	}
	s->case_count = 0;
}

/* Cases from a point on, as many as fit but at least one. */
static int
fill_cases(struct sweep *s, size_t first, size_t end)
{
	uint64_t bytes = 0;

	for (size_t point = first; point < end && s->case_count < CASES_MAX;
	     point++) {
		struct lb_config *config =
		    s->settings->configure(s->settings->arg, point, s->trouble);
		if (config == NULL)
			return s->trouble->text[0] != '\0' ||
				       s->trouble->problems.error_count > 0
				   ? SIM_USAGE
				   : no_memory(s);
		fit_tables(s, config);
		bytes += case_bytes(s, config);
		if (s->case_count > 0 && bytes > s->memory_bytes) {
			lb_config_free(config);
			break;
		}
		s->cases[s->case_count++] =
		    (struct sim_case_settings){ .name = "", .config = config };
	}
	return SIM_DONE;
}

static bool
same_input(const struct sim_input *a, const struct sim_input *b)
{
	return a->packets == b->packets && a->bytes == b->bytes &&
	       a->flows == b->flows;
}

static int
take_cases(struct sweep *s, struct sim_record *record, size_t first)
{
	for (size_t i = 0; i < record->case_count; i++)
		if (s->settings->take(
			s->settings->arg, first + i, &record->cases[i]) != 0)
			return no_memory(s);
	s->facts->points += record->case_count;
	s->facts->played += record->input.packets * record->case_count;
	return SIM_DONE;
}

/* Remembers what a pass says of the input, and forgets the one before. */
static int
keep_record(struct sweep *s, struct sim_record *record)
{
	bool same = s->record == NULL || record->interrupted ||
		    same_input(&s->record->input, &record->input);

	sim_record_free(s->record);
	sim_record_drop_cases(record);
	s->record = record;
	return same ? SIM_DONE : changed(s);
}

/* Plays the points from `first` that fit; *next is the first of the rest. */
static int
pass(struct sweep *s, size_t first, size_t *next)
{
	const size_t count = s->settings->grid->point_count;
	struct sim_record *record = NULL;

	int status = fill_cases(s, first, count);
	*next = first + s->case_count;
	if (status == SIM_DONE && *next < count && !s->rereadable)
		return usage(s,
		    "the points do not fit --memory together, and what comes "
		    "through a pipe can be read only once; keep it in a file "
		    "first, vary less, or say how few flows there are with "
		    "--max-flows");
	if (status == SIM_DONE) {
		s->passes_left =
		    s->case_count == 0
			? 0
			: (unsigned)((count - *next + s->case_count - 1) /
				     s->case_count);
		status = read_through(s, &record);
	}
	if (status == SIM_DONE && !record->interrupted)
		status = take_cases(s, record, first);
	if (record != NULL) {
		int kept = keep_record(s, record);
		status = status == SIM_DONE ? kept : status;
	}
	return status;
}

static int
play_points(struct sweep *s)
{
	const size_t count = s->settings->grid->point_count;
	int status = SIM_DONE;
	size_t next = 0;

	while (status == SIM_DONE && next < count &&
	       (s->record == NULL || !s->record->interrupted)) {
		status = pass(s, next, &next);
		free_cases(s);
	}
	return status;
}

/* --- points that are runs ------------------------------------------------ */

/* Records are kept until their turn: so many a round for each worker. */
#define ROUND 4u

static uint32_t
replication_of(const struct sweep *s, uint32_t point)
{
	const struct sim_level *of =
	    sim_grid_level(s->settings->grid, point, SIM_VARY_REPLICATION);

	return of != NULL ? of->number : 0;
}

static int
play_point(void *arg, uint32_t point, const struct sim_settings *watch,
    struct sim_record **record, struct sim_trouble *trouble)
{
	const struct sweep *s = arg;
	struct sim_settings run = s->settings->run;
	struct lb_config *config =
	    s->settings->configure(s->settings->arg, point, trouble);
	const struct sim_case_settings one = { .name = "", .config = config };

	if (config == NULL)
		return trouble->text[0] != '\0' ||
			       trouble->problems.error_count > 0
			   ? SIM_USAGE
			   : SIM_NO_MEMORY;
	run.cases = &one;
	run.case_count = 1;
	run.replication = replication_of(s, point);
	run.report = run.details = run.flow_rows = false;
	run.progress = watch->progress;
	run.progress_arg = watch->progress_arg;
	int status = sim_run(&run, record, trouble);
	lb_config_free(config);
	return status;
}

/* Takes a point in its turn; the first one's record says what the input was,
 * and any one's that it was interrupted. */
static int
take_point(struct sweep *s, struct sim_record *record)
{
	int status = SIM_DONE;
	bool interrupted = record == NULL || record->interrupted;

	if (s->record != NULL && s->record->interrupted)
		interrupted = true;
	else if (!interrupted)
		status = take_cases(s, record, s->facts->points);
	if (s->record == NULL && record != NULL) {
		sim_record_drop_cases(record);
		s->record = record;
	} else {
		sim_record_free(record);
	}
	if (s->record != NULL)
		s->record->interrupted |= interrupted;
	return status;
}

static int
play_round(struct sweep *s, struct sim_crew *crew, uint32_t count)
{
	struct sim_record **records =
	    calloc(count, sizeof(struct sim_record *));

	if (records == NULL)
		return no_memory(s);
	int status = sim_crew_play(crew, count, records, s->trouble);
	if (status == SIM_NO_MEMORY)
		(void)no_memory(s);
	for (uint32_t i = 0; i < count; i++)
		if (status == SIM_DONE)
			status = take_point(s, records[i]);
		else
			sim_record_free(records[i]);
	free(records);
	return status;
}

static int
play_apart(struct sweep *s)
{
	const uint32_t count = (uint32_t)s->settings->grid->point_count;
	const struct sim_crew_settings settings = {
		.run = &s->settings->run,
		.workers = s->settings->workers,
		.planned = count,
		.play = play_point,
		.arg = s,
	};
	struct sim_crew *crew = sim_crew_new(&settings);
	int status = SIM_DONE;

	if (crew == NULL)
		return no_memory(s);
	const uint32_t round = ROUND * sim_crew_size(crew);
	for (uint32_t next = 0; status == SIM_DONE && next < count &&
				(s->record == NULL || !s->record->interrupted);
	     next += round)
		status = play_round(
		    s, crew, count - next < round ? count - next : round);
	sim_crew_free(crew);
	return status;
}

static bool
have_clients(const struct sim_settings *run)
{
	return run->scene != NULL && run->scene->traffic_count > 0;
}

/* --- all ----------------------------------------------------------------- */

int
sim_sweep(const struct sim_sweep_settings *settings, struct sim_record **record,
    struct sim_sweep_facts *facts, struct sim_trouble *trouble)
{
	const struct sim_settings *run = &settings->run;
	struct sweep s = {
		.settings = settings, .facts = facts, .trouble = trouble
	};
	int status = SIM_DONE;

	*record = NULL;
	*facts = (struct sim_sweep_facts){ 0 };
	s.memory_bytes = settings->memory_bytes != 0 ? settings->memory_bytes
						     : half_of_memory();
	s.flows = run->max_flows != 0 ? run->max_flows : FLOWS_SUPPOSED;
	s.cases = calloc(CASES_MAX, sizeof(*s.cases));
	if (s.cases == NULL)
		return no_memory(&s);
	s.rereadable = sim_reads_once(run) == NULL;
	if (have_clients(run))
		status = s.rereadable
			     ? play_apart(&s)
			     : usage(&s, "each point reads the input, and a "
					 "pipe can be read only once; keep it "
					 "in a file first");
	else if (settings->grid->point_count > POINTS_FEW && s.rereadable)
		status = count_flows(&s);
	if (status == SIM_DONE && !have_clients(run))
		status = play_points(&s);
	free(s.cases);
	if (status == SIM_DONE)
		*record = s.record;
	else
		sim_record_free(s.record);
	return status;
}
