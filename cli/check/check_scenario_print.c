/* SPDX-License-Identifier: MIT */
/* What a scenario will do, for people. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/check/check_scenario.h"
#include "model/health/health.h"
#include "model/config/names.h"
#include "sim/traffic/forecast.h"

#define WIDTH_MAX 24 /* of a column of names, as in check_print.c */
#define AT_WIDTH  10
#define RULES_MAX 4 /* named in a line */

/* --- words ---------------------------------------------------------------- */

/* 1234567 -> "1,200,000": two digits are all that is known.  Returns text. */
static const char *
about(double value, char text[40])
{
	char digits[32];
	size_t used = 0;

	if (value >= 100) {
		const double unit = pow(10, floor(log10(value)) - 1);
		value = round(value / unit) * unit;
	}
	int count = snprintf(digits, sizeof(digits),
	    value >= 10 || value == floor(value) ? "%.0f" : "%.2g", value);
	for (int i = 0; i < count; i++) {
		if (i > 0 && (count - i) % 3 == 0 && value >= 1000)
			text[used++] = ',';
		text[used++] = digits[i];
	}
	text[used] = '\0';
	return text;
}

/* 500000 -> "500us".  Returns text, 24 bytes. */
static const char *
short_time(uint64_t ns, char text[24])
{
	static const struct {
		uint64_t ns;
		const char *name;
	} units[] = { { 1000000000, "s" }, { 1000000, "ms" }, { 1000, "us" },
		{ 1, "ns" } };
	size_t i = 0;

	while (ns % units[i].ns != 0)
		i++;
	(void)snprintf(text, 24, "%llu%s",
	    (unsigned long long)(ns / units[i].ns), units[i].name);
	return text;
}

static double
part(uint64_t millionths)
{
	return (double)millionths / (double)LB_SCENE_ONE;
}

static void
label(FILE *to, const char *name)
{
	(void)fprintf(to, "  %-*s ", WIDTH_MAX - 2, name);
}

/* --- the scene ------------------------------------------------------------ */

static void
print_span(const struct lb_scene *scene, FILE *to)
{
	char text[24];

	label(to, "duration");
	if (scene->duration_ms == 0)
		(void)fputs("to the end of the captures", to);
	else
		(void)fputs(check_duration(scene->duration_ms, text), to);
	if (scene->warm_up_ms != 0)
		(void)fprintf(to, ", the first %s not counted",
		    check_duration(scene->warm_up_ms, text));
	(void)fputc('\n', to);
}

static void
print_link(const char *whose, const struct lb_link *link, FILE *to)
{
	char text[24];

	(void)fprintf(to, "%s %s", whose, short_time(link->latency_ns, text));
	if (link->jitter_ns != 0)
		(void)fprintf(
		    to, " + 0 to %s", short_time(link->jitter_ns, text));
	if (link->loss != 0)
		(void)fprintf(to, ", %g %% lost", 100 * part(link->loss));
}

static void
print_cases(const struct check *check, FILE *to)
{
	const struct cli_case_settings from = check_cases(check);
	char name[CLI_CASE_NAME_BYTES];

	label(to, "cases");
	for (size_t i = 0; i < cli_case_count(&from); i++) {
		cli_case_name(&from, i, name);
		(void)fprintf(to, "%s%s", i > 0 ? ", " : "", name);
	}
	(void)fputc('\n', to);
	if (check->scenario->replications == 0 &&
	    check->scenario->precision_millionths == 0)
		return;
	label(to, "replications");
	if (check->scenario->replications != 0)
		(void)fprintf(to, "%u", check->scenario->replications);
	else
		(void)fputs("as many as needed", to);
	if (check->scenario->precision_millionths != 0)
		(void)fprintf(to, ", until within %g %%",
		    100 * part(check->scenario->precision_millionths));
	(void)fputc('\n', to);
}

static void
print_scene(const struct check *check, FILE *to)
{
	const struct lb_scene *scene = &check->scenario->scene;

	print_span(scene, to);
	print_cases(check, to);
	if (scene->instances > 1) {
		label(to, "instances");
		(void)fprintf(to, "%u, by %s\n", scene->instances,
		    lb_ecmp_name(scene->ecmp));
	}
	if (scene->members_start_unknown) {
		label(to, "members");
		(void)fputs("down until their probes say otherwise\n", to);
	}
	if (scene->traffic_count == 0)
		return;
	label(to, "links");
	print_link("clients", &scene->client_link, to);
	print_link("; backends", &scene->member_link, to);
	(void)fputc('\n', to);
}

/* --- traffic -------------------------------------------------------------- */

static const char *
target_name(const struct check *check, const struct lb_traffic *t)
{
	const char *name = check->path != NULL
			       ? lb_traffic_target(check->config, t)
			       : check->config->rules->name;

	return name != NULL ? name : "?";
}

static void
print_target(const struct check *check, const struct lb_traffic *t, FILE *to)
{
	char address[46];

	if (t->from_pool == NULL)
		(void)fprintf(to, "to %s", target_name(check, t));
	else
		(void)fprintf(to, "from %s to %s port %u", t->from_pool,
		    lb_addr_text(&t->server, address, sizeof(address)),
		    t->port != 0 ? t->port : lb_profile_port(t->profile));
}

/* "1 flow", "1,900 packets" */
static void
print_about(double value, const char *what, FILE *to)
{
	char text[40];

	(void)about(value, text);
	(void)fprintf(
	    to, "%s %s%s", text, what, strcmp(text, "1") == 0 ? "" : "s");
}

static void
print_forecast(const struct lb_traffic *t, const struct lb_scene *scene,
    FILE *to, double *bytes)
{
	static const char *const what[LB_PROFILE_COUNT] = {
		[LB_PROFILE_WEB] = "connection",
		[LB_PROFILE_LONG_LIVED] = "connection",
		[LB_PROFILE_SYN_FLOOD] = "SYN",
		[LB_PROFILE_DNS] = "question",
		[LB_PROFILE_UDP] = "question",
		[LB_PROFILE_COAP_DEVICES] = "device",
	};
	const struct sim_forecast f = sim_forecast(t, scene);
	char rate[40];

	if (t->profile != LB_PROFILE_LONG_LIVED &&
	    t->profile != LB_PROFILE_COAP_DEVICES)
		(void)fprintf(to, ", %s/s", about(f.rate, rate));
	(void)fputs(": about ", to);
	print_about(f.sessions, what[t->profile], to);
	(void)fputs(", ", to);
	print_about(f.flows, "flow", to);
	(void)fputs(", ", to);
	print_about(f.packets, "packet", to);
	*bytes += f.bytes;
}

/* "  silent for 5m at a time, and k's idle_timeout is 4m: ..." */
static void
print_silence(const struct check *check, const struct lb_traffic *t, FILE *to)
{
	struct check_silence s;
	char text[24];

	if (!check_silence_of(check, t, &s))
		return;
	label(to, "");
	if (s.silent_ms == UINT64_MAX)
		(void)fputs("silent to the end", to);
	else
		(void)fprintf(to, "silent for %s at a time",
		    check_duration(s.silent_ms, text));
	if (s.name != NULL)
		(void)fprintf(to, ", and %s's", s.name);
	else
		(void)fputs(", and without an outbound rule the", to);
	(void)fprintf(
	    to, " idle_timeout is %s:\n", check_duration(s.idle_ms, text));
	label(to, "");
	(void)fprintf(to, "%s; a keepalive below %s keeps them\n",
	    s.reset ? "tcp_reset ends these connections"
	    : t->from_pool != NULL
		? "their SNAT ports are given back meanwhile"
		: "the balancer forgets these connections, as Azure does",
	    text);
}

static void
print_traffic(const struct check *check, FILE *to)
{
	const struct lb_scenario *s = check->scenario;
	char text[40];
	double bytes = 0;

	(void)fprintf(
	    to, "\ntraffic (%zu)\n", s->capture_count + s->scene.traffic_count);
	for (size_t i = 0; i < s->capture_count; i++)
		(void)fprintf(to, "  %s\n", s->captures[i]);
	for (size_t i = 0; i < s->scene.traffic_count; i++) {
		const struct lb_traffic *t = &s->scene.traffic[i];
		label(to, lb_profile_name(t->profile));
		print_target(check, t, to);
		print_forecast(t, &s->scene, to, &bytes);
		(void)fputc('\n', to);
		print_silence(check, t, to);
	}
	if (bytes == 0)
		return;
	label(to, "memory");
	(void)fprintf(to,
	    "about %s MiB a case, beside the connection table%s\n",
	    about(ceil(bytes / (1 << 20)), text),
	    s->scene.instances > 1 ? "s" : "");
}

/* --- faults --------------------------------------------------------------- */

static void
print_fault(const struct lb_fault *fault, FILE *to)
{
	char text[24];

	switch (lb_fault_subject(fault->kind)) {
	case LB_FAULT_OF_SERVER:
	case LB_FAULT_OF_CONFIG:
		(void)fprintf(
		    to, "%s %s", fault->member, lb_fault_name(fault->kind));
		break;
	case LB_FAULT_OF_ZONE:
		(void)fprintf(to, "zone %u %s", fault->number,
		    lb_fault_is_bad(fault->kind) ? "down" : "up");
		break;
	case LB_FAULT_OF_INSTANCE:
		(void)fprintf(to, "instance %u %s", fault->number,
		    lb_fault_is_bad(fault->kind) ? "down" : "up");
		break;
	}
	if (fault->kind == LB_FAULT_SLOW)
		(void)fprintf(to, ", by %g", part(fault->factor));
	else if (fault->kind == LB_FAULT_FLAPPING)
		(void)fprintf(
		    to, " every %s", check_duration(fault->period_ms, text));
	else if (fault->kind == LB_FAULT_WEIGHT)
		(void)fprintf(to, " %u", fault->weight);
}

/* "alive down after 5s to 10s" */
static void
expectation(const struct lb_config_probe *probe,
    const struct check_expectation *e, char *text, size_t bytes)
{
	char soonest[24], latest[24];

	(void)short_time(e->soonest_ns, soonest);
	(void)short_time(e->latest_ns, latest);
	switch (e->effect) {
	case CHECK_UNNOTICED:
		(void)snprintf(text, bytes,
		    "%s is answered as ever, and notices nothing", probe->name);
		break;
	case CHECK_TOO_SHORT:
		(void)snprintf(text, bytes,
		    "%s notices nothing: half a period is too short, it needs "
		    "%s",
		    probe->name, soonest);
		break;
	case CHECK_GOES_DOWN:
		(void)snprintf(text, bytes, "%s down after %s to %s",
		    probe->name, soonest, latest);
		break;
	case CHECK_COMES_UP:
		(void)snprintf(text, bytes, "%s up again after %s to %s",
		    probe->name, soonest, latest);
		break;
	}
}

/* Who goes down soon after coming up is held there: model/health/health.h. */
static void
add_damping(const struct lb_config_probe *probe, char *text, size_t bytes)
{
	const size_t used = strlen(text);
	char held[24];

	(void)snprintf(text + used, bytes - used,
	    "; damped, it stays down for %s at least",
	    check_duration(probe->flap_damping_ms, held));
}

/* Which rules are meant. */
enum which { OF_PROBE, ANY, OF_FRONTEND };

static bool
is_meant(const struct check *check, const struct lb_fault *fault,
    enum which which, int probe, const struct lb_config_rule *rule)
{
	if (which == OF_FRONTEND)
		return check_loses_frontend(check->config, fault, rule);
	return (which == ANY || rule->probe == probe) &&
	       check_touches(check->config, fault, rule);
}

/* "  what; a, b, ...": the rules; nothing when there are none. */
static void
print_rules(const struct check *check, const struct lb_fault *fault,
    enum which which, int probe, const char *what, FILE *to)
{
	size_t found = 0;

	for (size_t r = 0; r < check_rule_count(check); r++) {
		const struct lb_config_rule *rule = &check->config->rules[r];
		if (!is_meant(check, fault, which, probe, rule))
			continue;
		if (found == 0)
			(void)fprintf(to, "  %-*s   %s; ", AT_WIDTH, "", what);
		if (found < RULES_MAX)
			(void)fprintf(
			    to, "%s%s", found == 0 ? "" : ", ", rule->name);
		found++;
	}
	if (found > RULES_MAX)
		(void)fprintf(to, " and %zu more", found - RULES_MAX);
	if (found > 0)
		(void)fputc('\n', to);
}

static void
print_effect(const struct check *check, const struct lb_fault *fault, FILE *to)
{
	const struct lb_config *config = check->config;
	char what[256];

	if (!check_is_probed(fault)) {
		print_rules(check, fault, ANY, -1, "at once", to);
		return;
	}
	print_rules(check, fault, OF_FRONTEND, -1,
	    lb_fault_is_bad(fault->kind) ? "frontend gone" : "frontend back",
	    to);
	for (size_t p = 0; p < config->probe_count; p++) {
		const struct check_expectation e =
		    check_expect(fault, &config->probes[p]);
		expectation(&config->probes[p], &e, what, sizeof(what));
		if (fault->kind == LB_FAULT_FLAPPING &&
		    e.effect == CHECK_GOES_DOWN &&
		    fault->period_ms / 2 < config->probes[p].flap_damping_ms)
			add_damping(&config->probes[p], what, sizeof(what));
		print_rules(check, fault, OF_PROBE, (int)p, what, to);
	}
	print_rules(check, fault, OF_PROBE, -1,
	    fault->kind == LB_FAULT_ADDED ? "no probe, at once"
					  : "no probe, nobody notices",
	    to);
}

/* A member whose first news is that it is added. */
static bool
is_new(const struct lb_scenario *s, size_t index)
{
	const struct lb_fault *fault = &s->faults[index];

	if (fault->kind != LB_FAULT_ADDED)
		return false;
	for (size_t i = 0; i < s->fault_count; i++) {
		const struct lb_fault *f = &s->faults[i];
		bool before = f->at_ms < fault->at_ms ||
			      (f->at_ms == fault->at_ms && i < index);
		if (before && f->member != NULL &&
		    (f->kind == LB_FAULT_REMOVED ||
			f->kind == LB_FAULT_ADDED) &&
		    strcmp(f->member, fault->member) == 0)
			return false;
	}
	return true;
}

/* Members that stay get other SNAT ports (AZ 4.2). */
static void
print_turn(const struct sim_turn *turn, FILE *to)
{
	if (turn->members == 0)
		return;
	(void)fprintf(to,
	    "  %-*s   SNAT ports of %u other member%s: %u instead of %u "
	    "each%s\n",
	    AT_WIDTH, "", turn->members, turn->members == 1 ? "" : "s",
	    turn->after, turn->before,
	    turn->after < turn->before ? "; flows on those taken back end"
				       : "");
}

/* --- moments -------------------------------------------------------------- */

static void
print_moment(const struct check *check, const struct check_moment *moment,
    const struct sim_turn *turns, FILE *to)
{
	const struct lb_scenario *s = check->scenario;
	char text[24];

	(void)fprintf(
	    to, "  %-*s ", AT_WIDTH, check_duration(moment->at_ms, text));
	switch (moment->kind) {
	case CHECK_COUNTS:
		(void)fputs("counting begins\n", to);
		break;
	case CHECK_STARTS:
	case CHECK_STOPS:
		(void)fprintf(to, "%s ",
		    lb_profile_name(s->scene.traffic[moment->index].profile));
		print_target(check, &s->scene.traffic[moment->index], to);
		(void)fputs(
		    moment->kind == CHECK_STARTS ? " begins\n" : " stops\n",
		    to);
		break;
	case CHECK_FAULT:
		print_fault(&s->faults[moment->index], to);
		if (is_new(s, moment->index))
			(void)fputs(", not in its pool before", to);
		(void)fputc('\n', to);
		print_effect(check, &s->faults[moment->index], to);
		if (turns != NULL)
			print_turn(&turns[moment->index], to);
		break;
	case CHECK_ENDS:
		(void)fputs("the end\n", to);
		break;
	}
}

static void
print_moments(const struct check *check, FILE *to)
{
	size_t count;
	struct check_moment *all = check_moments(check->scenario, &count);
	struct sim_turn *turns = check_turns(check);

	if (all == NULL || count == 0) {
		free(turns);
		free(all);
		return;
	}
	(void)fputs("\nwhat happens\n", to);
	for (size_t i = 0; i < count; i++)
		print_moment(check, &all[i], turns, to);
	free(turns);
	free(all);
}

static void
print_drawn(const struct check *check, FILE *to)
{
	const struct lb_scene *scene = &check->scenario->scene;
	char up[24], down[24];

	if (scene->failure_count == 0)
		return;
	(void)fprintf(to, "\ndrawn (%zu)\n", scene->failure_count);
	for (size_t i = 0; i < scene->failure_count; i++) {
		const struct lb_failures *f = &scene->failures[i];
		label(to, f->member != NULL ? f->member : "every member");
		(void)fprintf(to,
		    "%s for %s after being up for %s, on average\n",
		    lb_fault_name(f->kind),
		    check_duration(f->mean_down_ms, down),
		    check_duration(f->mean_up_ms, up));
	}
	if (scene->duration_ms == 0)
		return;
	label(to, "in all");
	(void)fputs("about ", to);
	print_about(check_drawn(check), "fault", to);
	(void)fputs(" a case\n", to);
}

void
check_print_scenario(const struct check *check, FILE *to)
{
	const struct lb_scenario *s = check->scenario;

	(void)fprintf(to, "scenario %s\n", check->scenario_path);
	print_scene(check, to);
	print_traffic(check, to);
	print_moments(check, to);
	print_drawn(check, to);
	(void)fprintf(to, "\nassertions (%zu)\n", s->assertion_count);
}
