/* SPDX-License-Identifier: MIT */
/* A scenario's root; its parts are read by the scenario_*.c beside it. */
#include "model/scenario/scenario.h"

#include <stdlib.h>
#include <string.h>

#include "model/config/names.h"
#include "model/config/numbers.h"
#include "model/config/problems.h"
#include "model/scenario/scenario_read.h"

#define X(section, key, text) text,
static const char *const scenario_keys[] = { LB_SCENARIO_KEYS(X) };
#undef X

/* --- what the parts share ------------------------------------------------- */

void *
lb_read_room(struct lb_reader *reader, size_t count, size_t bytes)
{
	void *room = calloc(count + 1, bytes);

	if (room == NULL)
		reader->no_memory = true;
	return room;
}

bool
lb_read_member(struct lb_section *section, unsigned key, const char *what,
    char **member, struct lb_where *where)
{
	const char *name;

	lb_section_require(section, key, what);
	if (!lb_take_text(section, key, &name))
		return false;
	*where = section->at[key];
	if (strcmp(name, "*") == 0)
		return true;
	*member = lb_reader_copy(section->reader, name);
	return *member != NULL;
}

/* 1500 -> "1500ms", 60000 -> "1m".  Returns text, 24 bytes. */
static const char *
time_text(uint64_t ms, char text[24])
{
	static const struct {
		uint64_t ms;
		const char *name;
	} units[] = { { 3600000, "h" }, { 60000, "m" }, { 1000, "s" },
		{ 1, "ms" } };
	size_t i = ms == 0 ? 2 : 0;

	while (ms % units[i].ms != 0)
		i++;
	(void)snprintf(text, 24, "%llu%s",
	    (unsigned long long)(ms / units[i].ms), units[i].name);
	return text;
}

bool
lb_read_time(struct lb_section *section, unsigned key, uint64_t min,
    uint64_t max, uint64_t *out)
{
	char from[24], to[24];
	uint64_t ms;

	if (!lb_take_duration(section, key, &ms))
		return false;
	if (ms < min || ms > max) {
		lb_section_refuse(section, key, "%s to %s are possible",
		    time_text(min, from), time_text(max, to));
		return false;
	}
	*out = ms;
	return true;
}

/* 1500000 -> "1.5".  Returns text, 24 bytes. */
static const char *
factor_text(uint64_t millionths, char text[24])
{
	int end = snprintf(text, 24, "%llu.%06llu",
	    (unsigned long long)(millionths / LB_SCENE_ONE),
	    (unsigned long long)(millionths % LB_SCENE_ONE));

	while (text[end - 1] == '0')
		text[--end] = '\0';
	if (text[end - 1] == '.')
		text[--end] = '\0';
	return text;
}

bool
lb_read_factor(struct lb_section *section, unsigned key, uint64_t min,
    uint64_t max, uint64_t *out)
{
	char from[24], to[24];
	const char *text;
	uint64_t value;

	if (!lb_take_text(section, key, &text))
		return false;
	if (!lb_millionths_of_text(text, &value) || value < min ||
	    value > max) {
		lb_section_refuse(section, key,
		    "'%.40s' is no number from %s to %s", text,
		    factor_text(min, from), factor_text(max, to));
		return false;
	}
	*out = value;
	return true;
}

/* --- the root ------------------------------------------------------------- */

/* A list of names to a bit for each. */
static uint32_t
read_names(struct lb_section *root, unsigned key, int (*of_name)(const char *),
    const char *choices)
{
	const struct lb_yaml_node *node;
	const char *text;
	struct lb_where where;
	uint32_t bits = 0;
	size_t count;

	node = lb_take_list(root, key, &count);
	while (lb_list_text(root, key, &node, &text, &where)) {
		int value = of_name(text);
		if (value < 0)
			lb_error_add(root->reader->problems, where, NULL,
			    "`%s`: '%.40s' is not one of %s", root->keys[key],
			    text, choices);
		else
			bits |= UINT32_C(1) << value;
	}
	return bits;
}

static int
initial_of_name(const char *name)
{
	return lb_name_is(name, "up")        ? 0
	       : lb_name_is(name, "unknown") ? 1
					     : -1;
}

static void
read_times(struct lb_section *root, struct lb_scene *scene)
{
	int unknown = 0;

	(void)lb_read_time(root, LB_SCENARIO_KEY_DURATION, 1,
	    LB_SCENARIO_TIME_MAX_MS, &scene->duration_ms);
	if (lb_read_time(root, LB_SCENARIO_KEY_WARM_UP, 0,
		LB_SCENARIO_TIME_MAX_MS, &scene->warm_up_ms) &&
	    scene->duration_ms != 0 && scene->warm_up_ms >= scene->duration_ms)
		lb_section_refuse(root, LB_SCENARIO_KEY_WARM_UP,
		    "nothing would be counted: `duration` is not longer");
	(void)lb_take_choice(root, LB_SCENARIO_KEY_INITIAL, initial_of_name,
	    "up and unknown", &unknown);
	scene->members_start_unknown = unknown == 1;
}

static void
read_instances(struct lb_section *root, struct lb_scene *scene)
{
	uint64_t instances;
	int ecmp;

	if (lb_take_range(root, LB_SCENARIO_KEY_INSTANCES, 1, LB_INSTANCES_MAX,
		&instances))
		scene->instances = (unsigned)instances;
	if (lb_take_choice(root, LB_SCENARIO_KEY_ECMP, lb_ecmp_of_name,
		"hash-threshold and modulo", &ecmp))
		scene->ecmp = (enum lb_ecmp)ecmp;
}

/* Which cases, and how often. */
static void
read_study(struct lb_section *root, struct lb_scenario *scenario)
{
	uint64_t replications;

	scenario->modes = read_names(root, LB_SCENARIO_KEY_MODES,
	    lb_mode_of_name, "five-tuple, source-ip and source-ip-protocol");
	scenario->algorithms = read_names(root, LB_SCENARIO_KEY_ALGORITHMS,
	    lb_algorithm_of_name, "stable, maglev, rendezvous and modulo");
	if (lb_take_range(root, LB_SCENARIO_KEY_REPLICATIONS, 1,
		LB_REPLICATIONS_MAX, &replications))
		scenario->replications = (uint32_t)replications;
	if (lb_take_share(root, LB_SCENARIO_KEY_PRECISION,
		&scenario->precision_millionths) &&
	    scenario->precision_millionths == 0)
		lb_section_refuse(root, LB_SCENARIO_KEY_PRECISION,
		    "no number of replications is that exact; write 5%%");
}

static void
read_root(struct lb_reader *reader, struct lb_scenario *scenario)
{
	struct lb_section root;
	const struct lb_yaml_node *node = lb_reader_node(reader, 1);
	const char *config;

	if (node->kind == LB_YAML_NOTHING)
		lb_error_add(reader->problems, node->where, NULL,
		    "nothing in it; a scenario has `traffic`, `assertions`");
	lb_section_open(
	    &root, reader, node, scenario_keys, LB_SCENARIO_KEY_COUNT);
	if (lb_take_text(&root, LB_SCENARIO_KEY_CONFIG, &config)) {
		scenario->config = strdup(config);
		reader->no_memory |= scenario->config == NULL;
	}
	scenario->seed_set = lb_take_number(
	    &root, LB_SCENARIO_KEY_SEED, UINT64_MAX, &scenario->seed);
	read_times(&root, &scenario->scene);
	read_instances(&root, &scenario->scene);
	read_study(&root, scenario);
	lb_read_links(&root, &scenario->scene);
	lb_read_servers(&root, &scenario->scene);
	lb_read_traffic(&root, scenario);
	lb_read_faults(&root, scenario);
	lb_read_failures(&root, &scenario->scene);
	lb_read_assertions(&root, scenario);
}

struct lb_scenario *
lb_scenario_read(const char *text, size_t bytes, struct lb_problems *problems)
{
	struct lb_yaml *yaml = lb_yaml_read(text, bytes, problems);
	struct lb_reader reader = { .yaml = yaml,
		.problems = problems,
		.shown_in = "doc/scenario.yaml" };
	struct lb_scenario *scenario = NULL;

	if (yaml != NULL)
		scenario = calloc(1, sizeof(*scenario));
	if (scenario != NULL) {
		scenario->scene = lb_scene_defaults();
		read_root(&reader, scenario);
		if (reader.no_memory || problems->error_count > 0) {
			lb_scenario_free(scenario);
			scenario = NULL;
		}
	}
	lb_yaml_free(yaml);
	lb_problems_sort(problems);
	return scenario;
}

void
lb_scenario_free(struct lb_scenario *scenario)
{
	if (scenario == NULL)
		return;
	for (size_t i = 0; i < scenario->capture_count; i++)
		free(scenario->captures[i]);
	for (size_t i = 0; i < scenario->assertion_count; i++)
		lb_assertion_free(&scenario->assertions[i]);
	for (size_t i = 0; i < scenario->fault_count; i++)
		free(scenario->faults[i].member);
	free(scenario->faults);
	lb_scene_free(&scenario->scene);
	free(scenario->captures);
	free(scenario->config);
	free(scenario->assertions);
	free(scenario);
}
