/* SPDX-License-Identifier: MIT */
/* fairlead verify: every packet of captures through both builds. */
#include "cli/live/verify.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/common/progress.h"
#include "model/config/names.h"
#include "traces/clock.h"

/*
 * Zero configuration's tables, smaller than sim's: quicker to compare, and
 * what does not fit in must be the same in both builds, too.
 */
#define ZERO_ENTRIES UINT64_C(65536)

#define TABLES_EVERY   16384u /* packets */
#define PROGRESS_EVERY 4096u

/* The path's clock takes what is 2^31 ms old for new; as sim does, all that
 * has ended leaves the tables long before. */
#define SWEEP_MS (UINT64_C(1) << 30)

#define ETHERNET_BYTES 14u

/* --- cases --------------------------------------------------------------- */

static void
case_free(struct verify_case *c)
{
	referee_free(c->referee);
	if (c->config != NULL)
		lb_plan_free(c->plan);
	lb_config_free(c->config);
	free(c->first);
}

/* NULL: said why, *status. */
static struct lb_config *
case_config(const struct verify_options *o, const struct cli_text *text,
    size_t i, int *status)
{
	struct lb_config *config;

	if (o->config == NULL) {
		config = lb_config_zero(
		    o->common.backend_count, cli_mode_any_dst(o->modes.at[i]));
		if (config == NULL) {
			cli_say("verify", "no memory");
			*status = CLI_REFUSED;
			return NULL;
		}
		config->entries = config->entries6 = ZERO_ENTRIES;
		return config;
	}
	config = cli_make_config("verify", text, i == 0, status);
	for (size_t r = 0;
	     config != NULL && o->modes.count > 0 && r < config->rule_count;
	     r++)
		config->rules[r].mode = o->modes.at[i];
	return config;
}

static int
case_open(struct verify_case *c, const char *file)
{
	struct lb_problems problems = { 0 };
	char error[512] = "no memory";

	c->plan = lb_plan_compile(c->config, NULL, NULL, &problems);
	lb_problems_print(&problems, file, stderr);
	bool wrong = problems.error_count > 0;
	lb_problems_free(&problems);
	if (wrong)
		return CLI_USAGE;
	if (c->plan != NULL)
		c->referee = referee_new(c->plan, error, sizeof(error));
	if (c->referee != NULL)
		return CLI_DONE;
	cli_say("verify", "%s", error);
	return CLI_REFUSED;
}

/* What is in force in the kernel is the only case. */
static int
open_loaded(struct verify *v)
{
	struct verify_case *c = &v->cases[0];
	char error[512];

	v->loaded =
	    live_loaded_read(v->options->pin_name, error, sizeof(error));
	if (v->loaded != NULL) {
		c->name = "in force";
		c->plan = v->loaded->plan;
		c->referee = referee_new(c->plan, error, sizeof(error));
	}
	if (c->referee == NULL) {
		cli_say("verify", "%s", error);
		return CLI_REFUSED;
	}
	v->case_count = 1;
	return CLI_DONE;
}

static int
open_cases(struct verify *v)
{
	if (v->options->live)
		return open_loaded(v);
	const struct verify_options *o = v->options;
	size_t count = o->modes.count > 0 ? o->modes.count : 1;
	struct cli_text text = { 0 };
	int status = CLI_DONE;

	if (o->config != NULL)
		status = cli_read_text("verify", o->config, &text);
	for (size_t i = 0; status == CLI_DONE && i < count; i++) {
		struct verify_case *c = &v->cases[v->case_count];
		c->config = case_config(o, &text, i, &status);
		if (c->config == NULL)
			break;
		c->name = o->modes.count > 0 ? lb_mode_name(o->modes.at[i])
					     : "configured";
		v->case_count++;
		status = case_open(c, o->config);
	}
	free(text.text);
	return status;
}

/* --- differences --------------------------------------------------------- */

/* The file that gave the packet: of several it is the one whose last packet
 * has been taken. */
static const struct sim_feed_file *
file_of(const struct verify *v, const struct trace_packet *p)
{
	for (size_t i = 0; i < v->feed.file_count; i++) {
		const struct sim_feed_file *file = &v->feed.files[i];
		if (v->feed.file_count == 1 ||
		    (!file->has_head && file->head.data == p->data))
			return file;
	}
	return NULL;
}

/* p and answer NULL: it was between packets. */
static void
differs(const struct verify *v, struct verify_case *c,
    const struct trace_packet *p, const struct referee_answer *answer,
    const char *table)
{
	if (c->differences++ > 0)
		return;
	struct verify_difference *first = calloc(1, sizeof(*first));
	if (first == NULL)
		return;
	first->time_ns = v->duration_ns;
	(void)snprintf(first->table, sizeof(first->table), "%s", table);
	const struct sim_feed_file *file = p != NULL ? file_of(v, p) : NULL;
	if (file != NULL) {
		first->path = file->path;
		first->packet = file->packets;
	}
	if (answer != NULL)
		first->answer = *answer;
	c->first = first;
}

/* --- time and tables ----------------------------------------------------- */

static void
compare_tables(const struct verify *v, struct verify_case *c)
{
	char what[80];
	uint32_t bucket;

	c->tables_compared++;
	if (referee_memory(c->referee, &bucket) == REFEREE_SAME)
		return;
	(void)snprintf(what, sizeof(what),
	    "table memory, first in bucket %u of the IPv%c table",
	    bucket & INT32_MAX, bucket >> 31 != 0 ? '6' : '4');
	differs(v, c, NULL, NULL, what);
}

/* All that has ended leaves both tables, which then must be equal.  Returns
 * how many entries are left. */
static uint64_t
sweep(struct verify *v, uint64_t now_ms)
{
	uint64_t left = 0;

	for (size_t i = 0; i < v->case_count; i++) {
		struct verify_case *c = &v->cases[i];
		if (referee_expire(c->referee, (uint32_t)now_ms, c->ended) !=
		    REFEREE_SAME)
			differs(v, c, NULL, NULL, "the flows that ended");
		compare_tables(v, c);
		left += lb_live_count(&referee_world(c->referee)->tables);
	}
	v->swept_ms = now_ms;
	return left;
}

/* A long silence, in strides after which the old is still old. */
static void
pass_time(struct verify *v, uint64_t now_ms)
{
	while (now_ms - v->swept_ms >= SWEEP_MS)
		if (sweep(v, v->swept_ms + SWEEP_MS) == 0)
			v->swept_ms = now_ms;
}

/* --- packets ------------------------------------------------------------- */

/* The packet as a frame: raw IP gets a header in front of it.  Only what is
 * compared is copied. */
static const uint8_t *
frame_of(const struct trace_packet *p, uint8_t *room, uint32_t *bytes)
{
	*bytes = p->captured_bytes;
	if (p->link == TRACE_ETHERNET)
		return p->data;
	uint32_t copied =
	    *bytes < REFEREE_BYTES_MAX ? *bytes : REFEREE_BYTES_MAX;
	memset(room, 0, ETHERNET_BYTES);
	memcpy(room + ETHERNET_BYTES, p->data, copied);
	uint32_t version = copied > 0 ? p->data[0] >> 4 : 0;
	room[12] = version == 4 ? 0x08 : version == 6 ? 0x86 : 0;
	room[13] = version == 6 ? 0xdd : 0;
	*bytes += ETHERNET_BYTES;
	return room;
}

static void
count(struct verify_case *c, const struct referee_side *native)
{
	const struct lb_result *r = &native->result;

	c->parsed[native->parsed]++;
	if (native->parsed != LB_PARSED) {
		c->unread++;
		return;
	}
	c->verdict[r->verdict]++;
	c->reason[r->reason]++;
	c->made += (r->facts & LB_FACT_MADE) != 0;
	c->untracked += (r->facts & LB_FACT_UNTRACKED) != 0;
}

/* No build is handed what its link header says is no IP. */
static bool
is_skipped(struct verify *v, const struct trace_packet *p)
{
	if (p->link == TRACE_ETHERNET || p->link == TRACE_RAW_IP)
		return false;
	for (size_t i = 0; i < v->case_count; i++) {
		v->cases[i].parsed[LB_PARSED_NOT_IP]++;
		v->cases[i].unread++;
	}
	return true;
}

/* 0, or -1 when the kernel would not run it. */
static int
play(struct verify *v, const struct trace_packet *p)
{
	static uint8_t room[ETHERNET_BYTES + REFEREE_BYTES_MAX];
	static struct referee_answer answer;
	uint64_t now_ms = v->duration_ns / LB_NS_PER_MS;
	uint32_t bytes;
	const uint8_t *frame = frame_of(p, room, &bytes);

	pass_time(v, now_ms);
	for (size_t i = 0; i < v->case_count; i++) {
		struct verify_case *c = &v->cases[i];
		int said = referee_packet(
		    c->referee, frame, bytes, (uint32_t)now_ms, &answer);
		if (said == REFEREE_ERROR)
			return -1;
		if (said == REFEREE_DIFFERENT)
			differs(v, c, p, &answer, "");
		count(c, &answer.native);
	}
	v->native_only += bytes < REFEREE_BYTES_MIN;
	v->compared += bytes >= REFEREE_BYTES_MIN;
	v->cut += bytes > REFEREE_BYTES_MAX;
	if (v->feed.packets % TABLES_EVERY == 0)
		(void)sweep(v, now_ms);
	return 0;
}

static int
play_all(struct verify *v)
{
	struct cli_progress progress;
	struct trace_clock clock = { 0 };
	struct trace_packet p;
	uint64_t bytes_read, bytes_total;
	bool go_on = true;
	int status = CLI_DONE;

	cli_progress_start(&progress, v->options->common.quiet);
	while (go_on && sim_feed_next(&v->feed, &p)) {
		v->duration_ns = trace_clock_ns(&clock, p.time_ns);
		if (!is_skipped(v, &p) && play(v, &p) != 0) {
			cli_say("verify", "the kernel does not run it: %s",
			    strerror(errno));
			status = CLI_REFUSED;
			break;
		}
		if (v->feed.packets % PROGRESS_EVERY != 0)
			continue;
		sim_feed_progress(&v->feed, &bytes_read, &bytes_total);
		go_on = cli_progress_show(
		    &progress, v->feed.packets, bytes_read, bytes_total);
	}
	(void)sweep(v, v->duration_ns / LB_NS_PER_MS);
	cli_progress_end(&progress);
	/* A signal may have cut a read short: then this is not the end. */
	v->interrupted = cli_interrupted();
	return status;
}

/* --- the whole ----------------------------------------------------------- */

static int
say_unreadable(const struct verify *v)
{
	size_t unreadable = 0, damaged = 0;

	for (size_t i = 0; i < v->feed.file_count; i++) {
		const struct sim_feed_file *file = &v->feed.files[i];
		if (file->state < SIM_FEED_DAMAGED)
			continue;
		cli_say("verify", "%s", file->error);
		unreadable += file->state == SIM_FEED_UNREADABLE;
		damaged += file->state == SIM_FEED_DAMAGED;
	}
	if (unreadable == v->feed.file_count)
		return CLI_UNREADABLE;
	return unreadable + damaged > 0 ? CLI_PARTIAL : CLI_DONE;
}

static int
open_captures(struct verify *v)
{
	const struct verify_options *o = v->options;
	int opened = sim_feed_open(
	    &v->feed, o->common.paths, o->common.count, o->common.filter);

	if (opened == 0)
		return CLI_DONE;
	cli_say(
	    "verify", "%s", opened > 0 ? v->feed.files[0].error : "no memory");
	return opened > 0 ? CLI_USAGE : CLI_REFUSED;
}

static int
show(const struct verify *v)
{
	if (!v->options->common.json) {
		verify_table(v, stdout);
	} else if (verify_json(v, stdout) != 0) {
		cli_say(
		    "verify", "can't write the result: %s", strerror(errno));
		return CLI_REFUSED;
	}
	int status = cli_flush("verify");
	if (status == CLI_DONE && v->interrupted) {
		cli_say("verify", "interrupted");
		return CLI_INTERRUPTED;
	}
	return status;
}

static int
run(struct verify *v)
{
	int status = open_captures(v);

	if (status == CLI_DONE)
		status = open_cases(v);
	if (status != CLI_DONE)
		return status;
	cli_interrupt_catch();
	status = play_all(v);
	status = cli_worse(status, say_unreadable(v));
	if (status == CLI_UNREADABLE || status == CLI_REFUSED)
		return status;
	if (verify_differences(v) > 0 || !verify_same_program(v))
		status = cli_worse(status, CLI_FAILED);
	return cli_worse(status, show(v));
}

int
verify_main(int argc, char **argv)
{
	struct verify_options options;
	struct verify v = { .options = &options };

	int status = verify_options_read(&options, argc, argv);
	if (status != 0)
		return status == 1 ? cli_flush("verify") : status;
	status = run(&v);
	for (size_t i = 0; i < v.case_count; i++)
		case_free(&v.cases[i]);
	live_loaded_free(v.loaded);
	sim_feed_close(&v.feed);
	return status;
}
