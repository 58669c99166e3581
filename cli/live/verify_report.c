/* SPDX-License-Identifier: MIT */
/* What fairlead verify found, for people and for programs. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "cli/live/verify.h"
#include "live/bpf/referee_print.h"
#include "model/config/names.h"

#define SCHEMA       1
#define NAME_COLUMNS 24
#define COLUMN       20

bool
verify_same_program(const struct verify *v)
{
	return v->loaded == NULL ||
	       strcmp(v->loaded->tag, v->loaded->installed) == 0;
}

uint64_t
verify_differences(const struct verify *v)
{
	uint64_t differences = 0;

	for (size_t i = 0; i < v->case_count; i++)
		differences += v->cases[i].differences;
	return differences;
}

/* --- for people ---------------------------------------------------------- */

/* One line: a number per case.  Zeros are left out unless `always`. */
static void
row(const struct verify *v, const char *what, size_t offset, bool always,
    FILE *to)
{
	uint64_t numbers[CLI_MODES_MAX], sum = 0;

	for (size_t i = 0; i < v->case_count; i++) {
		memcpy(&numbers[i], (const char *)&v->cases[i] + offset,
		    sizeof(numbers[i]));
		sum += numbers[i];
	}
	if (sum == 0 && !always)
		return;
	(void)fprintf(to, "%-*s", NAME_COLUMNS, what);
	for (size_t i = 0; i < v->case_count; i++)
		(void)fprintf(to, "%*ju", COLUMN, (uintmax_t)numbers[i]);
	(void)fputc('\n', to);
}

#define ROW(what, member, always)                                              \
	row(v, what, offsetof(struct verify_case, member), always, to)

static void
print_verdicts(const struct verify *v, FILE *to)
{
	char name[48];

	ROW("forward", verdict[LB_FORWARD], true);
	ROW("answer", verdict[LB_ANSWER], false);
	ROW("pass", verdict[LB_PASS], true);
	ROW("drop", verdict[LB_DROP], true);
	for (unsigned i = LB_REASON_NO_RULE + 1; i < LB_REASON_COUNT; i++) {
		(void)snprintf(name, sizeof(name), "  %s", lb_reason_name(i));
		ROW(name, reason[i], false);
	}
	ROW("not for the balancer", unread, true);
	for (unsigned i = LB_PARSED + 1; i < LB_PARSED_COUNT; i++) {
		(void)snprintf(name, sizeof(name), "  %s", lb_parsed_name(i));
		ROW(name, parsed[i], false);
	}
	ROW("entries made", made, true);
	ROW("untracked", untracked, false);
	ROW("tables compared", tables_compared, true);
	ROW("differences", differences, true);
}

static void
print_difference(const struct verify_case *c, FILE *to)
{
	const struct verify_difference *d = c->first;

	(void)fprintf(to, "\n%s: first difference at %.3f s", c->name,
	    (double)d->time_ns / 1e9);
	if (d->packet != 0)
		(void)fprintf(
		    to, ", packet %ju of %s", (uintmax_t)d->packet, d->path);
	(void)fputc('\n', to);
	if (d->answer.differs != NULL)
		referee_print(&d->answer, c->plan, to);
	else
		(void)fprintf(to, "  differs   %s\n", d->table);
}

static void
print_cut(const struct verify *v, FILE *to)
{
	if (v->native_only > 0)
		(void)fprintf(to,
		    "%ju packet%s of less than %u bytes went through "
		    "the native build only\n",
		    (uintmax_t)v->native_only, v->native_only == 1 ? "" : "s",
		    REFEREE_BYTES_MIN);
	if (v->cut > 0)
		(void)fprintf(to,
		    "%ju packet%s of more than %u bytes: the first "
		    "%u were compared\n",
		    (uintmax_t)v->cut, v->cut == 1 ? "" : "s",
		    REFEREE_BYTES_MAX, REFEREE_BYTES_MAX);
}

static void
print_loaded(const struct verify *v, FILE *to)
{
	if (v->loaded == NULL)
		return;
	(void)fprintf(to, "%u interface%s, by program %s: %s\n",
	    v->loaded->interfaces, v->loaded->interfaces == 1 ? "" : "s",
	    v->loaded->tag,
	    verify_same_program(v)
		? "this build's"
		: "ANOTHER build's; fairlead live, started again, puts this "
		  "build's in its place");
}

void
verify_table(const struct verify *v, FILE *to)
{
	uint64_t differences = verify_differences(v);

	(void)fprintf(to, "%-*s", NAME_COLUMNS, "");
	for (size_t i = 0; i < v->case_count; i++)
		(void)fprintf(to, "%*s", COLUMN, v->cases[i].name);
	(void)fputc('\n', to);
	print_verdicts(v, to);
	for (size_t i = 0; i < v->case_count; i++)
		if (v->cases[i].first != NULL)
			print_difference(&v->cases[i], to);
	(void)fputc('\n', to);
	print_cut(v, to);
	print_loaded(v, to);
	(void)fprintf(to, "%ju packet%s in %.1f s of capture: %s\n",
	    (uintmax_t)v->compared, v->compared == 1 ? "" : "s",
	    (double)v->duration_ns / 1e9,
	    differences == 0 ? "both builds agree on every verdict, byte and "
			       "table entry"
			     : "the builds DIFFER");
}

/* --- for programs -------------------------------------------------------- */

static json_t *
number(uint64_t value)
{
	return json_integer((json_int_t)value);
}

/* Sets and forgets; false without memory. */
static bool
put(json_t *object, const char *key, json_t *value)
{
	return json_object_set_new(object, key, value) == 0;
}

/* Numbers by name: {"pass": 1, ...}. */
static json_t *
named(const uint64_t *numbers, unsigned first, unsigned end,
    const char *(*name)(unsigned))
{
	json_t *object = json_object();

	for (unsigned i = first; i < end; i++)
		if (!put(object, name(i), number(numbers[i]))) {
			json_decref(object);
			return NULL;
		}
	return object;
}

/* null for what is no text: file names need not be UTF-8. */
static json_t *
text(const char *bytes)
{
	json_t *string = bytes != NULL ? json_string(bytes) : NULL;

	return string != NULL ? string : json_null();
}

static json_t *
hex(const struct referee_side *side)
{
	static const char digits[] = "0123456789abcdef";
	static char digits_of[2 * sizeof(side->frame) + 1];

	for (uint32_t i = 0; i < side->bytes; i++) {
		digits_of[2 * i] = digits[side->frame[i] >> 4];
		digits_of[2 * i + 1] = digits[side->frame[i] & 15];
	}
	digits_of[2 * side->bytes] = '\0';
	return json_string(digits_of);
}

static json_t *
rule_name(const struct lb_plan *plan, unsigned id)
{
	return text(id < plan->rule_count ? plan->rules[id].name : NULL);
}

static json_t *
member_name(const struct lb_plan *plan, unsigned id)
{
	return text(id < plan->member_count ? plan->members[id].name : NULL);
}

static json_t *
side_json(const struct referee_side *side, const struct lb_plan *plan)
{
	const struct lb_result *r = &side->result;
	char facts[160];

	if (side->parsed != LB_PARSED)
		return json_pack("{s:s, s:o}", "parsed",
		    lb_parsed_name(side->parsed), "frame", hex(side));
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:s, s:I, s:i, s:i, s:o}",
	    "parsed", lb_parsed_name(side->parsed), "verdict",
	    lb_verdict_name(r->verdict), "reason", lb_reason_name(r->reason),
	    "rule", rule_name(plan, r->rule), "member",
	    member_name(plan, r->member), "facts",
	    referee_facts_text(r->facts, facts, sizeof(facts)), "bucket",
	    (json_int_t)r->bucket, "way", (int)r->way, "state", (int)r->state,
	    "frame", hex(side));
}

static json_t *
difference_json(const struct verify_case *c)
{
	const struct verify_difference *d = c->first;

	if (d == NULL)
		return json_null();
	const char *what =
	    d->answer.differs != NULL ? d->answer.differs : d->table;
	json_t *object = json_pack("{s:s, s:f, s:o, s:I}", "what", what,
	    "time_s", (double)d->time_ns / 1e9, "file", text(d->path), "packet",
	    (json_int_t)d->packet);
	if (object == NULL || d->answer.differs == NULL)
		return object;
	if (!put(object, "native", side_json(&d->answer.native, c->plan)) ||
	    !put(object, "kernel", side_json(&d->answer.kernel, c->plan))) {
		json_decref(object);
		return NULL;
	}
	return object;
}

static json_t *
case_json(const struct verify_case *c)
{
	uint64_t ended = 0;

	for (size_t i = 0; i < LB_COUNT(c->ended); i++)
		ended += c->ended[i];
	return json_pack("{s:s, s:o, s:o, s:o, s:I, s:I, s:I, s:I, s:I, s:o}",
	    "name", c->name, "verdicts",
	    named(c->verdict, 0, 3, lb_verdict_name), "drops",
	    named(c->reason, LB_REASON_NO_RULE + 1, LB_REASON_COUNT,
		lb_reason_name),
	    "unparsed",
	    named(c->parsed, LB_PARSED + 1, LB_PARSED_COUNT, lb_parsed_name),
	    "entries_made", (json_int_t)c->made, "entries_ended",
	    (json_int_t)ended, "untracked", (json_int_t)c->untracked,
	    "tables_compared", (json_int_t)c->tables_compared, "differences",
	    (json_int_t)c->differences, "first_difference", difference_json(c));
}

static json_t *
files_json(const struct verify *v, bool *partial)
{
	json_t *files = json_array();

	for (size_t i = 0; i < v->feed.file_count; i++) {
		const struct sim_feed_file *file = &v->feed.files[i];
		bool bad = file->state >= SIM_FEED_DAMAGED;
		*partial = *partial || bad;
		(void)json_array_append_new(files,
		    json_pack("{s:o, s:I, s:o}", "name", text(file->path),
			"packets", (json_int_t)file->packets, "error",
			text(bad ? file->error : NULL)));
	}
	return files;
}

/* What forwards in the kernel; null when that was not asked. */
static json_t *
loaded_json(const struct live_loaded *loaded)
{
	if (loaded == NULL)
		return json_null();
	return json_pack("{s:i, s:s, s:s}", "interfaces",
	    (int)loaded->interfaces, "program", loaded->tag, "installed",
	    loaded->installed);
}

int
verify_json(const struct verify *v, FILE *to)
{
	bool partial = v->interrupted;
	json_t *files = files_json(v, &partial), *cases = json_array();

	for (size_t i = 0; i < v->case_count; i++)
		(void)json_array_append_new(cases, case_json(&v->cases[i]));
	json_t *all = json_pack(
	    "{s:s, s:i, s:b, s:b, s:{s:o, s:I, s:f}, s:I, s:I, s:I, s:I, "
	    "s:o, s:o}",
	    "fairlead", PACKAGE_VERSION, "schema", SCHEMA, "agree",
	    verify_differences(v) == 0 && verify_same_program(v), "partial",
	    (int)partial, "input", "files", files, "packets",
	    (json_int_t)v->feed.packets, "duration_s",
	    (double)v->duration_ns / 1e9, "compared", (json_int_t)v->compared,
	    "native_only", (json_int_t)v->native_only, "cut",
	    (json_int_t)v->cut, "differences",
	    (json_int_t)verify_differences(v), "cases", cases, "loaded",
	    loaded_json(v->loaded));
	if (all == NULL)
		return -1;
	int rc = json_dumpf(all, to, JSON_INDENT(2) | JSON_REAL_PRECISION(12));
	if (rc == 0)
		(void)fputc('\n', to);
	json_decref(all);
	return rc;
}
