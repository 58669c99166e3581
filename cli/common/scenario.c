/* SPDX-License-Identifier: MIT */
#include "cli/common/scenario.h"

#include <stdlib.h>
#include <string.h>

/* As a path from here: beside the scenario. */
static char *
beside(const char *scenario, const char *file)
{
	const char *slash = strrchr(scenario, '/');
	char *path;

	if (slash == NULL || file[0] == '/' || strcmp(file, "-") == 0)
		return strdup(file);
	int folder = (int)(slash - scenario) + 1;
	return asprintf(&path, "%.*s%s", folder, scenario, file) < 0 ? NULL
								     : path;
}

static bool
find_files(const char *path, struct cli_scenario *scenario)
{
	const struct lb_scenario *s = scenario->read;

	scenario->captures = calloc(s->capture_count + 1, sizeof(char *));
	if (scenario->captures == NULL)
		return false;
	for (size_t i = 0; i < s->capture_count; i++) {
		scenario->captures[i] = beside(path, s->captures[i]);
		if (scenario->captures[i] == NULL)
			return false;
	}
	if (s->config != NULL)
		scenario->config = beside(path, s->config);
	return s->config == NULL || scenario->config != NULL;
}

int
cli_scenario_read(const char *command, const char *path,
    struct cli_scenario *scenario, struct lb_problems *problems)
{
	*scenario = (struct cli_scenario){ 0 };
	int status = cli_read_text(command, path, &scenario->text);
	if (status != CLI_DONE)
		return status;
	scenario->read = lb_scenario_read(
	    scenario->text.text, scenario->text.bytes, problems);
	if (problems->error_count > 0)
		return CLI_USAGE;
	if (scenario->read != NULL && find_files(path, scenario))
		return CLI_DONE;
	cli_say(command, "no memory");
	return CLI_REFUSED;
}

int
cli_scenario_load(
    const char *command, const char *path, struct cli_scenario *scenario)
{
	struct lb_problems problems = { 0 };
	int status = cli_scenario_read(command, path, scenario, &problems);

	lb_problems_print(&problems, path, stderr);
	lb_problems_free(&problems);
	return status;
}

int
cli_scenario_check(const char *command, const struct cli_scenario *scenario,
    const struct lb_config *config, bool any_server)
{
	struct lb_problems problems = { 0 };
	int status = CLI_DONE;

	if (lb_scenario_check(scenario->read, config, any_server, &problems) !=
	    0) {
		cli_say(command, "no memory");
		status = CLI_REFUSED;
	}
	lb_problems_print(&problems, scenario->text.path, stderr);
	if (problems.error_count > 0)
		status = CLI_USAGE;
	lb_problems_free(&problems);
	return status;
}

static bool
is_link(const struct lb_link *a, const struct lb_link *b)
{
	return a->latency_ns == b->latency_ns && a->jitter_ns == b->jitter_ns &&
	       a->loss == b->loss;
}

bool
cli_scene_is_set(const struct lb_scene *s)
{
	const struct lb_scene none = lb_scene_defaults();

	return s->traffic_count > 0 || s->server_count > 0 ||
	       s->failure_count > 0 || s->instances != none.instances ||
	       s->members_start_unknown || s->duration_ms != 0 ||
	       s->warm_up_ms != 0 ||
	       !is_link(&s->client_link, &none.client_link) ||
	       !is_link(&s->member_link, &none.member_link);
}

void
cli_scenario_free(struct cli_scenario *scenario)
{
	for (size_t i = 0;
	     scenario->captures != NULL && scenario->captures[i] != NULL; i++)
		free(scenario->captures[i]);
	free(scenario->captures);
	free(scenario->config);
	lb_scenario_free(scenario->read);
	free(scenario->text.text);
	*scenario = (struct cli_scenario){ 0 };
}
