/* SPDX-License-Identifier: MIT */
/* A scenario's traffic: captures here, synthetic traffic by
 * scenario_profile.c. */
#include <stdlib.h>

#include "model/config/numbers.h"
#include "model/scenario/scenario_read.h"

#define X(section, key, text) text,
static const char *const traffic_keys[] = { LB_TRAFFIC_KEYS(X) };
#undef X

/* --- captures ------------------------------------------------------------- */

/* One speed and one loop serve all captures: they share one clock. */
static void
agree(struct lb_section *section, unsigned key, uint64_t value, bool first,
    uint64_t *common)
{
	if (first)
		*common = value;
	else if (*common != value)
		lb_section_refuse(section, key,
		    "this version plays all captures at the same `%s`; say it "
		    "of each in the same way",
		    section->keys[key]);
}

static void
read_pace(struct lb_section *section, struct lb_scenario *scenario, bool first)
{
	const char *text;
	uint64_t speed = LB_SCENE_ONE, loop = 1, common = scenario->loop;

	if (lb_take_text(section, LB_TRAFFIC_KEY_SPEED, &text) &&
	    (!lb_millionths_of_text(text, &speed) || speed == 0 ||
		speed > LB_SCENARIO_SPEED_MAX))
		lb_section_refuse(section, LB_TRAFFIC_KEY_SPEED,
		    "a factor from 0.000001 to 1000000, like 2 or 0.5");
	if (lb_take_number(
		section, LB_TRAFFIC_KEY_LOOP, LB_SCENARIO_LOOP_MAX, &loop) &&
	    loop == 0)
		lb_section_refuse(section, LB_TRAFFIC_KEY_LOOP,
		    "at least once, or leave the capture out");
	agree(section, LB_TRAFFIC_KEY_SPEED, speed, first,
	    &scenario->speed_millionths);
	agree(section, LB_TRAFFIC_KEY_LOOP, loop, first, &common);
	scenario->loop = (uint32_t)common;
}

static void
read_capture(struct lb_section *section, struct lb_scenario *scenario)
{
	const char *capture;

	lb_refuse_profile_keys(section);
	read_pace(section, scenario, scenario->capture_count == 0);
	if (!lb_take_text(section, LB_TRAFFIC_KEY_CAPTURE, &capture))
		return;
	char *copy = lb_reader_copy(section->reader, capture);
	if (copy != NULL)
		scenario->captures[scenario->capture_count++] = copy;
}

/* --- either --------------------------------------------------------------- */

/* Said once, where the first one is. */
static void
want_duration(struct lb_section *section, struct lb_section *root)
{
	const uint64_t bit = UINT64_C(1) << LB_SCENARIO_KEY_DURATION;

	if (lb_section_has(root, LB_SCENARIO_KEY_DURATION) ||
	    (root->bad & bit) != 0)
		return;
	root->bad |= bit;
	lb_section_refuse(section, LB_TRAFFIC_KEY_PROFILE,
	    "synthetic traffic has no end of its own; say how long at the top, "
	    "like `duration: 120s`");
}

static void
read_profile(struct lb_section *section, struct lb_section *root,
    struct lb_scenario *scenario)
{
	struct lb_scene *scene = &scenario->scene;

	want_duration(section, root);
	if (scene->traffic_count == LB_TRAFFIC_MAX) {
		lb_section_refuse(section, LB_TRAFFIC_KEY_PROFILE,
		    "at most %u entries have a profile", LB_TRAFFIC_MAX);
		return;
	}
	if (lb_read_profile(section, scene->duration_ms,
		&scene->traffic[scene->traffic_count]))
		scene->traffic_count++;
}

static void
read_entry(struct lb_section *root, const struct lb_yaml_node *node,
    struct lb_scenario *scenario)
{
	struct lb_section section;

	lb_section_open(
	    &section, root->reader, node, traffic_keys, LB_TRAFFIC_KEY_COUNT);
	bool has_profile = lb_section_has(&section, LB_TRAFFIC_KEY_PROFILE);
	if (has_profile && lb_section_has(&section, LB_TRAFFIC_KEY_CAPTURE))
		lb_section_refuse(&section, LB_TRAFFIC_KEY_PROFILE,
		    "an entry has either this or `capture`; make it two");
	else if (has_profile)
		read_profile(&section, root, scenario);
	else if (lb_section_has(&section, LB_TRAFFIC_KEY_CAPTURE))
		read_capture(&section, scenario);
	else if ((section.bad >> LB_TRAFFIC_KEY_PROFILE & 1) == 0)
		lb_section_require(&section, LB_TRAFFIC_KEY_CAPTURE,
		    "traffic without a `profile`");
}

/* Each is bounded alone; this is memory. */
static void
bound_sessions(struct lb_section *root, const struct lb_scene *scene)
{
	uint64_t sessions = 0;

	for (size_t i = 0; i < scene->traffic_count; i++)
		sessions +=
		    scene->traffic[i].connections + scene->traffic[i].devices;
	if (sessions > LB_SESSIONS_MAX)
		lb_section_refuse(root, LB_SCENARIO_KEY_TRAFFIC,
		    "%llu connections and devices, all in all; at most %u",
		    (unsigned long long)sessions, LB_SESSIONS_MAX);
}

void
lb_read_traffic(struct lb_section *root, struct lb_scenario *scenario)
{
	struct lb_scene *scene = &scenario->scene;
	size_t count;
	const struct lb_yaml_node *node =
	    lb_take_list(root, LB_SCENARIO_KEY_TRAFFIC, &count);

	scenario->captures =
	    lb_read_room(root->reader, count, sizeof(*scenario->captures));
	scene->traffic = lb_read_room(root->reader,
	    count < LB_TRAFFIC_MAX ? count : LB_TRAFFIC_MAX,
	    sizeof(*scene->traffic));
	if (scenario->captures == NULL || scene->traffic == NULL)
		return;
	for (; node != NULL; node = lb_list_next(root->reader, node))
		read_entry(root, node, scenario);
	bound_sessions(root, scene);
}
