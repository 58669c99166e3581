/* SPDX-License-Identifier: MIT */
#include "model/scenario/assertion.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/yaml/yaml_section.h"

#define ARGUMENTS_MAX 3u
#define DIGITS_WHOLE  12u /* before the point */
#define DIGITS_PART   6u  /* behind it */

/* --- names ---------------------------------------------------------------- */

enum scope {
	OF_UNIT,
	OF_BACKEND,
	OF_RULE,
	OF_REASON,
	OF_CASE,
	OF_FAILURE,
	OF_FAILURE_TIME
};

static const struct {
	const char *name;
	enum scope scope;
} metrics[] = {
	[LB_METRIC_JAIN] = { "jain", OF_UNIT },
	[LB_METRIC_CV] = { "cv", OF_UNIT },
	[LB_METRIC_GINI] = { "gini", OF_UNIT },
	[LB_METRIC_PEAK_TO_AVERAGE] = { "peak_to_average", OF_UNIT },
	[LB_METRIC_EFFECTIVE_BACKENDS] = { "effective_backends", OF_UNIT },
	[LB_METRIC_P_VALUE] = { "p_value", OF_UNIT },
	[LB_METRIC_MAX_SHARE] = { "max_share", OF_UNIT },
	[LB_METRIC_MIN_SHARE] = { "min_share", OF_UNIT },
	[LB_METRIC_SHARE] = { "share", OF_BACKEND },
	[LB_METRIC_FLOWS] = { "flows", OF_RULE },
	[LB_METRIC_CONNECTIONS] = { "connections", OF_RULE },
	[LB_METRIC_PACKETS] = { "packets", OF_RULE },
	[LB_METRIC_BYTES] = { "bytes", OF_RULE },
	[LB_METRIC_KEYS] = { "keys", OF_RULE },
	[LB_METRIC_BACKENDS] = { "backends", OF_RULE },
	[LB_METRIC_DROPS] = { "drops", OF_REASON },
	[LB_METRIC_UNTRACKED] = { "untracked", OF_CASE },
	[LB_METRIC_REPLY_SUPPRESSED] = { "reply_suppressed", OF_CASE },
	[LB_METRIC_TIME_TO_DETECT] = { "time_to_detect", OF_FAILURE_TIME },
	[LB_METRIC_TIME_TO_REROUTE] = { "time_to_reroute", OF_FAILURE_TIME },
	[LB_METRIC_TIME_TO_RESTORE] = { "time_to_restore", OF_FAILURE_TIME },
	[LB_METRIC_FLOWS_MOVED] = { "flows_moved", OF_FAILURE },
	[LB_METRIC_FLOWS_MOVED_NEEDLESSLY] = { "flows_moved_needlessly",
	    OF_FAILURE },
	[LB_METRIC_FLOWS_BROKEN] = { "flows_broken", OF_FAILURE },
	[LB_METRIC_PACKETS_LOST] = { "packets_lost", OF_FAILURE },
	[LB_METRIC_ERROR_BUDGET_MINUTES] = { "error_budget_minutes",
	    OF_FAILURE },
	[LB_METRIC_GIVEN_UP] = { "given_up", OF_FAILURE },
	[LB_METRIC_AVAILABILITY] = { "availability", OF_FAILURE },
	[LB_METRIC_RESPONSE_P99] = { "response_p99", OF_FAILURE_TIME },
	[LB_METRIC_SNAT_BLOCKING] = { "snat_blocking", OF_FAILURE },
	[LB_METRIC_SNAT_FAILED] = { "snat_failed", OF_FAILURE },
	[LB_METRIC_SNAT_PEAK_PORTS] = { "snat_peak_ports", OF_FAILURE },
	[LB_METRIC_SNAT_PEAK_SHARE] = { "snat_peak_share", OF_FAILURE },
	[LB_METRIC_HAIRPIN_FAILURES] = { "hairpin_failures", OF_FAILURE },
};

static const char *const relations[] = {
	[LB_AT_LEAST] = ">=",
	[LB_AT_MOST] = "<=",
	[LB_ABOVE] = ">",
	[LB_BELOW] = "<",
	[LB_EQUALS] = "==",
};

static const char *const units[] = { "flows", "packets", "bytes" };

bool
lb_metric_has_rule(enum lb_metric metric)
{
	return metrics[metric].scope <= OF_RULE;
}

bool
lb_metric_has_unit(enum lb_metric metric)
{
	return metrics[metric].scope <= OF_BACKEND;
}

bool
lb_metric_has_object(enum lb_metric metric)
{
	return metrics[metric].scope == OF_BACKEND ||
	       metrics[metric].scope == OF_REASON;
}

bool
lb_metric_is_time(enum lb_metric metric)
{
	return metrics[metric].scope == OF_FAILURE_TIME;
}

bool
lb_metric_is_of_failure(enum lb_metric metric)
{
	return metrics[metric].scope >= OF_FAILURE;
}

const char *
lb_metric_name(enum lb_metric metric)
{
	return metrics[metric].name;
}

int
lb_metric_of_name(const char *name)
{
	for (int i = 0; i < (int)LB_METRIC_COUNT; i++)
		if (strcmp(metrics[i].name, name) == 0)
			return i;
	return -1;
}

const char *
lb_assertion_unit_name(unsigned unit)
{
	return units[unit];
}

int
lb_assertion_unit_of_name(const char *name)
{
	for (int i = 0; i < (int)LB_COUNT(units); i++)
		if (strcmp(units[i], name) == 0)
			return i;
	return -1;
}

void
lb_metric_explain(const char *name, char *error, size_t bytes)
{
	const char *names[LB_METRIC_COUNT];

	for (size_t i = 0; i < LB_METRIC_COUNT; i++)
		names[i] = metrics[i].name;
	const char *near = lb_nearest_name(name, names, LB_METRIC_COUNT);
	(void)snprintf(error, bytes, "there is no metric '%.40s'%s%s%s", name,
	    near != NULL ? "; did you mean " : "", near != NULL ? near : "",
	    near != NULL ? "?" : "; man fairlead-sim lists them");
}

/* --- numbers -------------------------------------------------------------- */

/* Digits from *at on, at most `most`; how many there were. */
static unsigned
take_digits(const char **at, unsigned most, uint64_t *value)
{
	unsigned count = 0;

	while (**at >= '0' && **at <= '9' && count < most) {
		*value = *value * 10 + (uint64_t)(**at - '0');
		(*at)++;
		count++;
	}
	return count;
}

/* What a unit of time makes of millionths of it; 0: it is none. */
static uint64_t
seconds_of(const char *unit, uint64_t *divisor)
{
	static const struct {
		const char *name;
		uint64_t times, divisor;
	} units_of_time[] = { { "ms", 1, 1000 }, { "s", 1, 1 }, { "m", 60, 1 },
		{ "min", 60, 1 }, { "h", 3600, 1 } };

	for (size_t i = 0; i < LB_COUNT(units_of_time); i++)
		if (strcmp(units_of_time[i].name, unit) == 0) {
			*divisor = units_of_time[i].divisor;
			return units_of_time[i].times;
		}
	return 0;
}

/* What follows the digits: nothing, or a unit that the metric may have. */
static bool
take_unit(enum lb_metric metric, const char *unit, uint64_t *value)
{
	uint64_t divisor = 1, times = 1;

	if (*unit == '\0')
		return true;
	if (lb_metric_is_time(metric))
		times = seconds_of(unit, &divisor);
	else if (strcmp(unit, "%") == 0)
		divisor = 100;
	else
		return false;
	if (times == 0 || *value > LB_ASSERTION_BOUND_MAX / times)
		return false;
	*value = *value * times / divisor;
	return true;
}

const char *
lb_bound_example(enum lb_metric metric)
{
	return lb_metric_is_time(metric) ? "time like 10s, 250ms or 10"
					 : "number like 0.95, 1200 or 30%";
}

bool
lb_bound_of_text(enum lb_metric metric, const char *text, uint64_t *millionths)
{
	uint64_t value = 0;
	unsigned part = 0;

	if (take_digits(&text, DIGITS_WHOLE, &value) == 0)
		return false;
	if (*text == '.') {
		text++;
		part = take_digits(&text, DIGITS_PART, &value);
		if (part == 0)
			return false;
	}
	for (; part < DIGITS_PART; part++)
		value *= 10;
	if (!take_unit(metric, text, &value))
		return false;
	*millionths = value;
	return true;
}

/* --- reading -------------------------------------------------------------- */

struct parse {
	const char *at;
	char *error;
	size_t error_bytes;
	char *arguments[ARGUMENTS_MAX];
	unsigned argument_count;
};

__attribute__((format(printf, 2, 3))) static bool
refuse(const struct parse *p, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(p->error, p->error_bytes, format, args);
	va_end(args);
	return false;
}

static void
skip_spaces(struct parse *p)
{
	p->at += strspn(p->at, " \t");
}

/* "jain", "jain.bytes" */
static bool
read_metric(struct parse *p, struct lb_assertion *out)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz_0123456789";
	char name[32], unit[32];
	int bytes = (int)strspn(p->at, letters);

	(void)snprintf(name, sizeof(name), "%.*s", bytes, p->at);
	int metric = lb_metric_of_name(name);
	if (bytes == 0)
		return refuse(p, "a metric comes first, as in "
				 "jain(all) >= 0.95");
	if (metric < 0) {
		lb_metric_explain(name, p->error, p->error_bytes);
		return false;
	}
	out->metric = (enum lb_metric)metric;
	p->at += bytes;
	if (*p->at != '.')
		return true;
	bytes = (int)strspn(++p->at, letters);
	(void)snprintf(unit, sizeof(unit), "%.*s", bytes, p->at);
	int number = lb_assertion_unit_of_name(unit);
	if (!lb_metric_has_unit(out->metric))
		return refuse(p, "%s has no unit: leave out .%s", name, unit);
	if (number < 0)
		return refuse(p,
		    "'%s' is no unit; %s.flows, %s.packets and %s.bytes are",
		    unit, name, name, name);
	out->unit = (uint8_t)number;
	p->at += bytes;
	return true;
}

/* Behind the opening quote; the text's own are doubled. */
static bool
read_quoted(struct parse *p, char *to)
{
	for (p->at++; *p->at != '\0'; p->at++) {
		if (*p->at == '"' && *++p->at != '"') {
			*to = '\0';
			return true;
		}
		*to++ = *p->at;
	}
	return refuse(p, "a quote is opened and not closed");
}

static void
read_bare(struct parse *p, char *to)
{
	size_t bytes = strcspn(p->at, ",()\"");
	const char *end = p->at + bytes;

	while (
	    bytes > 0 && (p->at[bytes - 1] == ' ' || p->at[bytes - 1] == '\t'))
		bytes--;
	memcpy(to, p->at, bytes);
	to[bytes] = '\0';
	p->at = end;
}

static bool
read_argument(struct parse *p)
{
	char *to = malloc(strlen(p->at) + 1);

	if (to == NULL)
		return refuse(p, "%s", "");
	p->arguments[p->argument_count++] = to;
	if (*p->at == '"')
		return read_quoted(p, to);
	read_bare(p, to);
	return true;
}

static bool
read_arguments(struct parse *p)
{
	skip_spaces(p);
	if (*p->at != '(')
		return refuse(p, "a parenthesis follows the metric, as in "
				 "jain(all) >= 0.95");
	p->at++;
	for (;;) {
		skip_spaces(p);
		if (*p->at == ')' && p->argument_count == 0)
			break;
		if (p->argument_count == ARGUMENTS_MAX)
			return refuse(p, "there are too many names in "
					 "parentheses");
		if (!read_argument(p))
			return false;
		skip_spaces(p);
		if (*p->at == ')')
			break;
		if (*p->at != ',')
			return refuse(p, "the parenthesis is not closed");
		p->at++;
	}
	p->at++;
	return true;
}

static bool
read_relation(struct parse *p, enum lb_relation *out)
{
	skip_spaces(p);
	/* ">=" before ">" */
	static const enum lb_relation order[] = { LB_AT_LEAST, LB_AT_MOST,
		LB_EQUALS, LB_ABOVE, LB_BELOW };
	for (size_t i = 0; i < LB_COUNT(order); i++) {
		size_t bytes = strlen(relations[order[i]]);
		if (strncmp(p->at, relations[order[i]], bytes) != 0)
			continue;
		*out = order[i];
		p->at += bytes;
		return true;
	}
	return refuse(p, "one of >= <= > < == follows the parenthesis");
}

static bool
read_bound(struct parse *p, enum lb_metric metric, uint64_t *out)
{
	char number[64];

	skip_spaces(p);
	(void)snprintf(number, sizeof(number), "%s", p->at);
	size_t bytes = strlen(number);
	while (bytes > 0 && number[bytes - 1] == ' ')
		number[--bytes] = '\0';
	if (lb_bound_of_text(metric, number, out))
		return true;
	return refuse(p, "'%.40s' is no %s", p->at, lb_bound_example(metric));
}

/* Moves an argument where it belongs; "*" and "" stand for every. */
static char *
take(struct parse *p, unsigned number)
{
	char *argument =
	    number < p->argument_count ? p->arguments[number] : NULL;

	if (argument == NULL || *argument == '\0' || strcmp(argument, "*") == 0)
		return NULL;
	p->arguments[number] = NULL;
	return argument;
}

static bool
assign(struct parse *p, struct lb_assertion *out)
{
	const char *name = lb_metric_name(out->metric);
	unsigned next = 0;

	if (lb_metric_has_rule(out->metric))
		out->rule = take(p, next++);
	if (lb_metric_has_object(out->metric))
		out->object = take(p, next++);
	out->case_name = take(p, next++);
	if (p->argument_count > next)
		return refuse(p, "%s takes at most %u name%s in parentheses",
		    name, next, next == 1 ? "" : "s");
	if (out->metric == LB_METRIC_SHARE && out->object == NULL)
		return refuse(p, "share wants a rule and a backend, as in "
				 "share(all, backend-1) <= 30%%");
	return true;
}

bool
lb_assertion_read(
    const char *text, struct lb_assertion *out, char *error, size_t error_bytes)
{
	struct parse p = {
		.at = text,
		.error = error,
		.error_bytes = error_bytes,
	};

	*out = (struct lb_assertion){ 0 };
	error[0] = '\0';
	skip_spaces(&p);
	bool read = read_metric(&p, out) && read_arguments(&p) &&
		    read_relation(&p, &out->relation) &&
		    read_bound(&p, out->metric, &out->bound) && assign(&p, out);
	for (unsigned i = 0; i < p.argument_count; i++)
		free(p.arguments[i]);
	if (!read)
		lb_assertion_free(out);
	return read;
}

void
lb_assertion_free(struct lb_assertion *a)
{
	free(a->rule);
	free(a->object);
	free(a->case_name);
	*a = (struct lb_assertion){ 0 };
}

/* --- writing -------------------------------------------------------------- */

struct build {
	char *text;
	size_t used, room;
};

static void
put(struct build *b, char c)
{
	if (b->used < b->room)
		b->text[b->used] = c;
	b->used++;
}

static void
put_text(struct build *b, const char *text)
{
	for (; *text != '\0'; text++)
		put(b, *text);
}

/* Quoted where it would not be read back. */
static void
put_name(struct build *b, const char *name)
{
	size_t bytes = strlen(name);
	bool quote = bytes == 0 || strpbrk(name, ",()\"") != NULL ||
		     name[0] == ' ' || name[bytes - 1] == ' ' ||
		     strcmp(name, "*") == 0;

	if (!quote) {
		put_text(b, name);
		return;
	}
	put(b, '"');
	for (; *name != '\0'; name++) {
		if (*name == '"')
			put(b, '"');
		put(b, *name);
	}
	put(b, '"');
}

static void
put_bound(struct build *b, uint64_t millionths, bool is_time)
{
	char number[40];
	int bytes = snprintf(number, sizeof(number), "%llu.%06llu",
	    (unsigned long long)(millionths / LB_ASSERTION_ONE),
	    (unsigned long long)(millionths % LB_ASSERTION_ONE));

	while (number[bytes - 1] == '0')
		number[--bytes] = '\0';
	if (number[bytes - 1] == '.')
		number[--bytes] = '\0';
	put_text(b, number);
	if (is_time)
		put(b, 's');
}

/* NULL means every, and may be left out when nothing follows. */
static void
put_arguments(struct build *b, const char *const *names, unsigned count)
{
	while (count > 0 && names[count - 1] == NULL)
		count--;
	for (unsigned i = 0; i < count; i++) {
		if (i > 0)
			put_text(b, ", ");
		if (names[i] == NULL)
			put(b, '*');
		else
			put_name(b, names[i]);
	}
}

static void
build_text(struct build *b, const struct lb_assertion *a, const char *rule,
    const char *case_name)
{
	const char *names[ARGUMENTS_MAX];
	unsigned count = 0;

	if (lb_metric_has_rule(a->metric))
		names[count++] = rule;
	if (lb_metric_has_object(a->metric))
		names[count++] = a->object;
	names[count++] = case_name;
	put_text(b, lb_metric_name(a->metric));
	if (lb_metric_has_unit(a->metric) && a->unit != 0) {
		put(b, '.');
		put_text(b, units[a->unit]);
	}
	put(b, '(');
	put_arguments(b, names, count);
	put_text(b, ") ");
	put_text(b, relations[a->relation]);
	put(b, ' ');
	put_bound(b, a->bound, lb_metric_is_time(a->metric));
	put(b, '\0');
}

char *
lb_assertion_text(
    const struct lb_assertion *a, const char *rule, const char *case_name)
{
	struct build measure = { 0 };

	build_text(&measure, a, rule, case_name);
	struct build b = { .text = malloc(measure.used), .room = measure.used };
	if (b.text != NULL)
		build_text(&b, a, rule, case_name);
	return b.text;
}
