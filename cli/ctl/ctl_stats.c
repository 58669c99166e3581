/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/ctl/ctl.h"
#include "cli/ctl/ctl_table.h"
#include "cli/common/progress.h"
#include "reports/text/text.h"

static const char *const heads[] = { "", "NAME", "STATE", "FLOWS", "PACKETS IN",
	"OUT", "BYTES IN", "OUT" };
#define RIGHT 0xf8u /* FLOWS and all behind it */

static const char *const share_keys[] = { "packets_in", "packets_out",
	"bytes_in", "bytes_out" };

struct stats {
	struct ctl_table table;
	json_t *before; /* --watch: the traffic that was, by kind and name */
	json_t *now;
	double seconds; /* between the two; 0: there is none before */
};

/* --- one row ------------------------------------------------------------- */

/* The counts themselves, or what they grew by in a second. */
static void
add_share(struct stats *s, const char *key, const json_t *traffic)
{
	const json_t *before = json_object_get(s->before, key);
	(void)json_object_set(s->now, key, (json_t *)(uintptr_t)traffic);
	for (size_t i = 0; i < LB_COUNT(share_keys); i++) {
		uint64_t now = ctl_count(traffic, share_keys[i]);
		uint64_t was = ctl_count(before, share_keys[i]);
		if (!json_is_object(traffic))
			ctl_table_add(&s->table, "-");
		else if (s->seconds > 0 && before != NULL && now >= was)
			ctl_table_count(&s->table,
			    (uint64_t)((double)(now - was) / s->seconds + 0.5));
		else
			ctl_table_count(&s->table, now);
	}
}

static void
add_row(struct stats *s, const char *kind, const char *name, const char *state,
    const json_t *value)
{
	char key[600];
	ctl_table_add(&s->table, "%s", kind);
	ctl_table_add(&s->table, "%s", name);
	ctl_table_add(&s->table, "%s", state);
	if (json_is_integer(json_object_get(value, "flows")))
		ctl_table_count(&s->table, ctl_count(value, "flows"));
	else
		ctl_table_add(&s->table, "-");
	(void)snprintf(key, sizeof(key), "%s %s", kind, name);
	add_share(s, key, json_object_get(value, "traffic"));
}

static void
print_total(const json_t *total)
{
	const json_t *packets = json_object_get(total, "packets");
	const json_t *drops = json_object_get(total, "drops");
	char count[REPORT_TEXT_BYTES];
	const char *key;
	json_t *value;
	(void)printf("packets %s", report_count(count, &report_terminal,
				       ctl_count(packets, "packets")));
	json_object_foreach((json_t *)(uintptr_t)drops, key, value)
	{
		if (json_integer_value(value) > 0)
			(void)printf(", %s %s", key,
			    report_count(count, &report_terminal,
				(uint64_t)json_integer_value(value)));
	}
	(void)puts("");
}

/* A NAT rule's port or an outbound rule does not: it has one member, or all. */
static bool
balances(const json_t *rule)
{
	const json_t *kind = json_object_get(rule, "kind");
	return kind == NULL || strcmp(json_string_value(kind), "rule") == 0;
}

static int
hear(void *arg, const char *kind, const json_t *value)
{
	struct stats *s = arg;
	char name[300], state[64] = "";
	(void)snprintf(name, sizeof(name), "%s", ctl_text(value, "name"));
	if (strcmp(kind, "total") == 0) {
		print_total(value);
		return CLI_DONE;
	}
	if (strcmp(kind, "member") == 0) {
		(void)snprintf(name, sizeof(name), "%s/%s",
		    ctl_text(value, "pool"), ctl_text(value, "name"));
		(void)snprintf(
		    state, sizeof(state), "%s", ctl_text(value, "state"));
	} else if (strcmp(kind, "rule") == 0 && !balances(value)) {
		kind = ctl_text(value, "kind");
		if (strcmp(kind, "nat") == 0)
			(void)snprintf(state, sizeof(state), "port %ju",
			    (uintmax_t)ctl_count(value, "port"));
	} else if (strcmp(kind, "rule") == 0) {
		(void)snprintf(state, sizeof(state), "%ju of %ju up",
		    (uintmax_t)ctl_count(value, "members_up"),
		    (uintmax_t)ctl_count(value, "members"));
	}
	add_row(s, kind, name, state, value);
	return CLI_DONE;
}

/* --- once, and again ----------------------------------------------------- */

static double
clock_s(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int
show(const struct ctl_options *o, struct stats *s)
{
	s->now = json_object();
	int status =
	    ctl_ask(o, json_pack("{s:s}", "command", "stats"), hear, s);
	if (status == CLI_DONE || s->table.count > 0)
		status = cli_worse(status, ctl_table_print(&s->table));
	json_decref(s->before);
	s->before = s->now;
	return cli_worse(status, cli_flush("ctl"));
}

static int
watch(const struct ctl_options *o)
{
	struct stats s = { .table = { .heads = heads,
			       .columns = LB_COUNT(heads),
			       .right = RIGHT } };
	double began = clock_s(), before = began;
	int status = CLI_DONE;
	cli_interrupt_catch();
	for (uint64_t n = 1; status == CLI_DONE && !cli_interrupted(); n++) {
		if (o->json)
			status = ctl_ask_json(
			    o, json_pack("{s:s}", "command", "stats"), NULL);
		else
			status = show(o, &s);
		double left = began + (double)n - clock_s();
		const struct timespec wait = { 0, (long)(left * 1e9) };
		if (left > 0 && left < 1)
			(void)nanosleep(&wait, NULL);
		s.seconds = clock_s() - before;
		before = clock_s();
		if (status == CLI_DONE && !o->json && !cli_interrupted())
			(void)puts("\na second:");
	}
	json_decref(s.before);
	return status;
}

int
ctl_stats(const struct ctl_options *o)
{
	struct stats s = { .table = { .heads = heads,
			       .columns = LB_COUNT(heads),
			       .right = RIGHT } };
	if (o->watch)
		return watch(o);
	if (o->json)
		return ctl_ask_json(
		    o, json_pack("{s:s}", "command", "stats"), NULL);
	int status = show(o, &s);
	json_decref(s.before);
	return status;
}
