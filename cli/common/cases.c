/* SPDX-License-Identifier: MIT */
#include "cli/common/cases.h"

#include <stdlib.h>
#include <string.h>

#include "model/config/config_new.h"
#include "model/config/names.h"

/* Who makes them, for messages, of what. */
struct making {
	const char *command;
	const struct cli_case_settings *from;
	struct cli_cases *cases;
	int status; /* of what went wrong */
};

static size_t
at_least_one(size_t count)
{
	return count > 0 ? count : 1;
}

/* Which mode and algorithm case `number` has; false: as configured. */
static bool
case_mode(
    const struct cli_case_settings *from, size_t number, enum lb_mode *mode)
{
	if (from->modes.count == 0)
		return false;
	*mode = from->modes.at[number / at_least_one(from->algorithms.count)];
	return true;
}

static bool
case_algorithm(const struct cli_case_settings *from, size_t number,
    enum lb_algorithm *algorithm)
{
	if (from->algorithms.count == 0)
		return false;
	*algorithm = from->algorithms.at[number % from->algorithms.count];
	return true;
}

size_t
cli_case_count(const struct cli_case_settings *from)
{
	return at_least_one(from->modes.count) *
	       at_least_one(from->algorithms.count);
}

void
cli_case_name(const struct cli_case_settings *from, size_t number,
    char name[CLI_CASE_NAME_BYTES])
{
	const size_t modes = from->modes.count;
	const size_t algorithms = from->algorithms.count;
	enum lb_algorithm algorithm;
	enum lb_mode mode;
	/* What does not differ is only named when nothing does. */
	bool has_mode =
	    case_mode(from, number, &mode) && (modes > 1 || algorithms <= 1);
	bool has_algorithm = case_algorithm(from, number, &algorithm) &&
			     (algorithms > 1 || modes <= 1);

	(void)snprintf(name, CLI_CASE_NAME_BYTES, "%s%s%s",
	    has_mode ? lb_mode_name(mode) : "",
	    has_mode && has_algorithm ? " " : "",
	    has_algorithm ? lb_algorithm_name(algorithm) : "");
	if (name[0] == '\0')
		(void)snprintf(name, CLI_CASE_NAME_BYTES, "configured");
}

/* Zero configuration: one rule serves all servers. */
static struct lb_config *
base_config(struct making *m)
{
	if (m->from->config != NULL)
		return cli_make_config(m->command, &m->cases->text,
		    m->cases->count == 0, &m->status);
	struct lb_config *config =
	    lb_config_zero(m->from->backend_count, LB_MODE_FIVE_TUPLE);
	if (config == NULL) {
		cli_say(m->command, "no memory");
		m->status = CLI_REFUSED;
	}
	return config;
}

static void
set_case(const struct making *m, struct lb_config *config)
{
	enum lb_algorithm algorithm;
	enum lb_mode mode;

	for (size_t r = 0; r < config->rule_count; r++) {
		if (case_mode(m->from, m->cases->count, &mode))
			config->rules[r].mode = m->from->config == NULL
						    ? cli_mode_any_dst(mode)
						    : mode;
		if (case_algorithm(m->from, m->cases->count, &algorithm))
			config->rules[r].algorithm = algorithm;
	}
	if (m->from->hash_key != NULL) {
		config->hash_key_set = true;
		memcpy(config->hash_key, m->from->hash_key,
		    sizeof(config->hash_key));
	}
}

/* Is it one still, with what was set in it? */
static bool
check(struct making *m, const struct lb_config *config)
{
	struct lb_problems problems = { 0 };

	lb_config_check(config, &problems);
	for (size_t i = 0; i < problems.count; i++)
		if (!problems.at[i].warning) {
			(void)cli_usage(m->command,
			    "what was set makes no configuration: %s",
			    problems.at[i].what);
			m->status = CLI_USAGE;
			break;
		}
	lb_problems_free(&problems);
	return m->status == CLI_DONE;
}

static void
set_times(const struct cli_set *set, struct lb_config *config)
{
	for (size_t i = 0; i < config->probe_count; i++) {
		struct lb_config_probe *probe = &config->probes[i];
		if (set->probe_interval_ms != 0)
			probe->interval_ms = set->probe_interval_ms;
		if (set->probe_threshold != 0)
			probe->threshold = set->probe_threshold;
	}
	for (size_t i = 0; i < config->rule_count; i++)
		if (set->idle_timeout_ms != 0)
			config->rules[i].idle_timeout_ms = set->idle_timeout_ms;
}

static bool
has_what_is_set(struct making *m, const struct lb_config *config)
{
	const struct cli_set *set = m->from->set;

	if (config->probe_count > 0 ||
	    (set->probe_interval_ms == 0 && set->probe_threshold == 0))
		return true;
	m->status = cli_usage(m->command,
	    "--set probe.%s: there is no probe; a configuration has them, -c",
	    set->probe_interval_ms != 0 ? "interval" : "threshold");
	return false;
}

static bool
set_grid(struct making *m, struct lb_config *config)
{
	size_t pool;

	if (sim_grid_apply(&m->from->set->grid, 0, config, &pool) == 0)
		return true;
	m->status = cli_usage(m->command,
	    "pool '%s' has %zu member%s, fewer than pool.size=%u; set fewer, "
	    "or leave -c away",
	    config->pools[pool].name, config->pools[pool].member_count,
	    config->pools[pool].member_count == 1 ? "" : "s",
	    sim_grid_level(&m->from->set->grid, 0, SIM_VARY_POOL_SIZE)->number);
	return false;
}

/* What holds for all cases. */
static bool
apply_set(struct making *m, struct lb_config *config)
{
	if (m->from->set == NULL)
		return true;
	set_times(m->from->set, config);
	return has_what_is_set(m, config) && set_grid(m, config);
}

/* The next case; false: m->status says why not. */
static bool
make_next(struct making *m)
{
	struct cli_cases *cases = m->cases;
	struct lb_config *config = base_config(m);

	if (config == NULL)
		return false;
	set_case(m, config);
	if (!apply_set(m, config) || !check(m, config)) {
		lb_config_free(config);
		return false;
	}
	cli_case_name(m->from, cases->count, cases->names[cases->count]);
	cases->configs[cases->count] = config;
	cases->at[cases->count] = (struct sim_case_settings){
		.name = cases->names[cases->count],
		.config = config,
	};
	cases->count++;
	return true;
}

int
cli_cases_make(const char *command, const struct cli_case_settings *from,
    struct cli_cases *cases)
{
	struct making m = { command, from, cases, CLI_DONE };

	*cases = (struct cli_cases){ 0 };
	if (from->config != NULL)
		m.status = cli_read_text(command, from->config, &cases->text);
	while (m.status == CLI_DONE && cases->count < cli_case_count(from))
		if (!make_next(&m))
			break;
	return m.status;
}

void
cli_cases_free(struct cli_cases *cases)
{
	for (size_t i = 0; i < cases->count; i++)
		lb_config_free(cases->configs[i]);
	free(cases->text.text);
}
