/* SPDX-License-Identifier: MIT */
/* A scenario's faults, scripted and drawn. */
#include <stdlib.h>

#include "model/config/names.h"
#include "model/config/problems.h"
#include "model/scenario/scenario_read.h"

#define ZONE_MAX       31u /* as a configuration's */
#define FACTOR_MAX     (1000000 * LB_SCENE_ONE)
#define FLAP_MIN_MS    100u
#define FLAP_MAX_MS    86400000u
#define FAILURE_MIN_MS 100u

#define X(section, key, text) LB_##section##_KEY_##key,
enum fault_key { LB_FAULT_KEYS(X) LB_FAULT_KEY_COUNT };
enum failures_key { LB_FAILURES_KEYS(X) LB_FAILURES_KEY_COUNT };
#undef X
#define X(section, key, text) text,
static const char *const fault_keys[] = { LB_FAULT_KEYS(X) };
static const char *const failures_keys[] = { LB_FAILURES_KEYS(X) };
#undef X

/* --- whom it befalls ------------------------------------------------------ */

/* Which of these keys is there; count: none, or more than one. */
static unsigned
only(const struct lb_section *section, const unsigned *keys, unsigned count)
{
	unsigned found = count;

	for (unsigned i = 0; i < count; i++) {
		if (!lb_section_has(section, keys[i]))
			continue;
		if (found < count)
			return count;
		found = i;
	}
	return found;
}

/* What there is only of a member, in front of a zone or an instance. */
static void
refuse_of_members(struct lb_section *section, const char *whose)
{
	static const unsigned of_members[] = { LB_FAULT_KEY_ADMIN_STATE,
		LB_FAULT_KEY_WEIGHT, LB_FAULT_KEY_FACTOR, LB_FAULT_KEY_PERIOD };

	for (size_t i = 0; i < LB_COUNT(of_members); i++)
		if (lb_section_has(section, of_members[i]))
			lb_section_refuse(section, of_members[i],
			    "members have that; %s has `state`, up or down",
			    whose);
}

static int
way_of_name(const char *name)
{
	return lb_name_is(name, "down") ? 0 : lb_name_is(name, "up") ? 1 : -1;
}

/* A zone or an instance goes down or comes up. */
static bool
read_group(struct lb_section *section, unsigned key, uint64_t max,
    enum lb_fault_kind down, const char *whose, struct lb_fault *fault)
{
	uint64_t number = 0;
	int way = 0;

	refuse_of_members(section, whose);
	lb_section_require(section, LB_FAULT_KEY_STATE, whose);
	bool good = lb_take_range(section, key, 1, max, &number);
	good &= lb_take_choice(
	    section, LB_FAULT_KEY_STATE, way_of_name, "up and down", &way);
	fault->kind = (enum lb_fault_kind)((unsigned)down + (unsigned)way);
	fault->number = (uint32_t)number;
	return good;
}

/* --- a member's ----------------------------------------------------------- */

static int
state_of_name(const char *name)
{
	int kind = lb_server_state_of_name(name);

	if (kind >= 0)
		return kind;
	return lb_name_is(name, "removed") ? LB_FAULT_REMOVED
	       : lb_name_is(name, "added") ? LB_FAULT_ADDED
					   : -1;
}

/* `key` belongs to one state: is it there exactly then? */
static bool
belongs(
    struct lb_section *section, unsigned key, bool wanted, const char *state)
{
	if (wanted)
		lb_section_require(section, key, state);
	else if (lb_section_has(section, key))
		lb_section_refuse(section, key, "only %s has it", state);
	return wanted && lb_section_has(section, key);
}

static bool
read_state(struct lb_section *section, struct lb_fault *fault)
{
	int kind;

	if (!lb_take_choice(section, LB_FAULT_KEY_STATE, state_of_name,
		"up, crashed, refusing, http-error, hanging, off, deaf, slow, "
		"flapping, removed, added",
		&kind))
		return false;
	fault->kind = (enum lb_fault_kind)kind;
	if (belongs(section, LB_FAULT_KEY_FACTOR, kind == LB_FAULT_SLOW,
		"`state: slow`"))
		(void)lb_read_factor(section, LB_FAULT_KEY_FACTOR, 1,
		    FACTOR_MAX, &fault->factor);
	if (belongs(section, LB_FAULT_KEY_PERIOD, kind == LB_FAULT_FLAPPING,
		"`state: flapping`"))
		(void)lb_read_time(section, LB_FAULT_KEY_PERIOD, FLAP_MIN_MS,
		    FLAP_MAX_MS, &fault->period_ms);
	return true;
}

static bool
read_admin_state(struct lb_section *section, struct lb_fault *fault)
{
	int admin;

	if (!lb_take_choice(section, LB_FAULT_KEY_ADMIN_STATE,
		lb_admin_state_of_name, "none, up, down", &admin))
		return false;
	fault->kind =
	    (enum lb_fault_kind)(LB_FAULT_ADMIN_NONE + (unsigned)admin);
	return true;
}

static bool
read_weight(struct lb_section *section, struct lb_fault *fault)
{
	uint64_t weight = 0;
	bool good = lb_take_number(
	    section, LB_FAULT_KEY_WEIGHT, LB_WEIGHT_MAX, &weight);

	fault->kind = LB_FAULT_WEIGHT;
	fault->weight = (uint32_t)weight;
	return good;
}

/* All but its name. */
static bool
read_what(struct lb_section *section, struct lb_fault *fault)
{
	static const unsigned keys[] = { LB_FAULT_KEY_STATE,
		LB_FAULT_KEY_ADMIN_STATE, LB_FAULT_KEY_WEIGHT };
	bool good = true;

	if (only(section, keys, LB_COUNT(keys)) == LB_COUNT(keys)) {
		lb_error_add(section->reader->problems, section->where, NULL,
		    "a member's fault wants either `state`, of the server, or "
		    "`admin_state`, or `weight`");
		return false;
	}
	if (lb_section_has(section, LB_FAULT_KEY_STATE))
		return read_state(section, fault);
	if (lb_section_has(section, LB_FAULT_KEY_ADMIN_STATE))
		good = read_admin_state(section, fault);
	else
		good = read_weight(section, fault);
	(void)belongs(section, LB_FAULT_KEY_FACTOR, false, "`state: slow`");
	(void)belongs(section, LB_FAULT_KEY_PERIOD, false, "`state: flapping`");
	return good;
}

static bool
read_of_member(struct lb_section *section, struct lb_fault *fault)
{
	const char *member;
	bool good = read_what(section, fault);

	if (!lb_take_text(section, LB_FAULT_KEY_MEMBER, &member) || !good)
		return false;
	fault->member = lb_reader_copy(section->reader, member);
	return fault->member != NULL;
}

/* --- the list ------------------------------------------------------------- */

/* Said, but not in the way: a longer run may be wanted of the same file. */
static void
warn_of_end(const struct lb_section *section, const struct lb_fault *fault,
    const struct lb_scene *scene)
{
	if (scene->duration_ms != 0 && fault->at_ms >= scene->duration_ms)
		lb_warning_add(section->reader->problems,
		    section->at[LB_FAULT_KEY_AT],
		    "`at`: `duration` is over by then; this never happens");
}

static void
read_fault(struct lb_reader *reader, const struct lb_yaml_node *node,
    struct lb_scenario *scenario)
{
	static const unsigned keys[] = { LB_FAULT_KEY_MEMBER, LB_FAULT_KEY_ZONE,
		LB_FAULT_KEY_INSTANCE };
	const struct lb_scene *scene = &scenario->scene;
	struct lb_fault fault = { 0 };
	struct lb_section section;
	bool good = false;

	lb_section_open(&section, reader, node, fault_keys, LB_FAULT_KEY_COUNT);
	if (section.bad == UINT64_MAX)
		return;
	lb_section_require(&section, LB_FAULT_KEY_AT, "a fault");
	if (lb_read_time(
		&section, LB_FAULT_KEY_AT, 0, LB_FAULT_AT_MAX_MS, &fault.at_ms))
		warn_of_end(&section, &fault, scene);
	unsigned whose = only(&section, keys, LB_COUNT(keys));
	if (whose < LB_COUNT(keys))
		fault.where = section.at[keys[whose]];
	if (whose == 0)
		good = read_of_member(&section, &fault);
	else if (whose == 1)
		good = read_group(&section, LB_FAULT_KEY_ZONE, ZONE_MAX,
		    LB_FAULT_ZONE_DOWN, "a zone", &fault);
	else if (whose == 2)
		good = read_group(&section, LB_FAULT_KEY_INSTANCE,
		    scene->instances, LB_FAULT_INSTANCE_DOWN, "an instance",
		    &fault);
	else
		lb_error_add(reader->problems, section.where, NULL,
		    "a fault is of one `member`, `zone` or `instance`");
	if (good)
		scenario->faults[scenario->fault_count++] = fault;
}

void
lb_read_faults(struct lb_section *root, struct lb_scenario *scenario)
{
	size_t count;
	const struct lb_yaml_node *node =
	    lb_take_list(root, LB_SCENARIO_KEY_FAULTS, &count);

	if (count > LB_FAULTS_MAX) {
		lb_section_refuse(root, LB_SCENARIO_KEY_FAULTS,
		    "at most %u of them", LB_FAULTS_MAX);
		return;
	}
	scenario->faults =
	    lb_read_room(root->reader, count, sizeof(*scenario->faults));
	for (; node != NULL && scenario->faults != NULL;
	     node = lb_list_next(root->reader, node))
		read_fault(root->reader, node, scenario);
}

/* --- drawn ---------------------------------------------------------------- */

/* What lasts a while and needs nothing more to be said. */
static int
failure_of_name(const char *name)
{
	int kind = lb_server_state_of_name(name);

	return kind > LB_FAULT_UP && kind < LB_FAULT_SLOW ? kind : -1;
}

static void
read_failure(struct lb_reader *reader, const struct lb_yaml_node *node,
    struct lb_scene *scene)
{
	struct lb_failures *failures = &scene->failures[scene->failure_count];
	struct lb_section section;
	int kind = LB_FAULT_CRASHED;

	lb_section_open(
	    &section, reader, node, failures_keys, LB_FAILURES_KEY_COUNT);
	lb_section_require(
	    &section, LB_FAILURES_KEY_MEAN_UP, "an entry of `failures`");
	lb_section_require(
	    &section, LB_FAILURES_KEY_MEAN_DOWN, "an entry of `failures`");
	(void)lb_take_choice(&section, LB_FAILURES_KEY_STATE, failure_of_name,
	    "crashed, refusing, http-error, hanging, off and deaf", &kind);
	failures->kind = (unsigned)kind;
	(void)lb_read_time(&section, LB_FAILURES_KEY_MEAN_UP, FAILURE_MIN_MS,
	    LB_SCENARIO_TIME_MAX_MS, &failures->mean_up_ms);
	(void)lb_read_time(&section, LB_FAILURES_KEY_MEAN_DOWN, FAILURE_MIN_MS,
	    LB_SCENARIO_TIME_MAX_MS, &failures->mean_down_ms);
	(void)lb_read_member(&section, LB_FAILURES_KEY_MEMBER,
	    "an entry of `failures`", &failures->member, &failures->where);
	scene->failure_count++;
}

void
lb_read_failures(struct lb_section *root, struct lb_scene *scene)
{
	size_t count;
	const struct lb_yaml_node *node =
	    lb_take_list(root, LB_SCENARIO_KEY_FAILURES, &count);

	if (count > LB_SERVERS_MAX) {
		lb_section_refuse(root, LB_SCENARIO_KEY_FAILURES,
		    "at most %u of them", LB_SERVERS_MAX);
		return;
	}
	scene->failures =
	    lb_read_room(root->reader, count, sizeof(*scene->failures));
	for (; node != NULL && scene->failures != NULL;
	     node = lb_list_next(root->reader, node))
		read_failure(root->reader, node, scene);
}
