/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a scenario.  Beyond not crashing: there is a scenario exactly
 * when there is no error, every error says something, and what is read is
 * within the bounds that keep a simulation's memory in bounds.
 */
#include <stdlib.h>

#include "model/config/problems.h"
#include "model/scenario/scenario.h"
#include "tests/fuzz/fuzz.h"

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static void
must_fit(const struct lb_scenario *s)
{
	const struct lb_scene *scene = &s->scene;
	uint64_t sessions = 0;

	must(scene->instances >= 1 && scene->instances <= LB_INSTANCES_MAX);
	must(scene->traffic_count <= LB_TRAFFIC_MAX);
	must(scene->server_count <= LB_SERVERS_MAX);
	must(scene->failure_count <= LB_SERVERS_MAX);
	must(scene->traffic_count == 0 || scene->duration_ms > 0);
	for (size_t i = 0; i < scene->traffic_count; i++) {
		const struct lb_traffic *t = &scene->traffic[i];
		must(t->clients <= LB_CLIENTS_MAX);
		must(t->addresses <= LB_CLIENTS_MAX);
		sessions += t->connections + t->devices;
	}
	must(sessions <= LB_SESSIONS_MAX);
	must(s->fault_count <= LB_FAULTS_MAX);
	for (size_t i = 0; i < s->fault_count; i++)
		must(s->faults[i].kind < LB_FAULT_COUNT &&
		     s->faults[i].at_ms <= LB_FAULT_AT_MAX_MS);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct lb_problems problems = { 0 };
	struct lb_scenario *scenario = lb_scenario_read(
	    bytes == 0 ? "" : (const char *)data, bytes, &problems);

	must((scenario != NULL) == (problems.error_count == 0));
	for (size_t i = 0; i < problems.count; i++)
		must(problems.at[i].what != NULL &&
		     problems.at[i].what[0] != '\0');
	if (scenario != NULL)
		must_fit(scenario);
	lb_scenario_free(scenario);
	lb_problems_free(&problems);
	return 0;
}
