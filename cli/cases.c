/* SPDX-License-Identifier: MIT */
#include "cli/cases.h"

#include <stdlib.h>
#include <string.h>

#include "model/config_new.h"
#include "model/names.h"

/* Who makes them, for messages, of what. */
struct making {
	const char *command;
	const struct cli_case_settings *from;
	struct cli_cases *cases;
	int status; /* of what went wrong */
};

/* Which mode and algorithm the next case has; false: as configured. */
static bool
next_mode(const struct making *m, enum lb_mode *mode)
{
	const struct cli_modes *modes = &m->from->modes;
	size_t algorithms =
	    m->from->algorithms.count > 0 ? m->from->algorithms.count : 1;

	if (modes->count == 0)
		return false;
	*mode = modes->at[m->cases->count / algorithms];
	return true;
}

static bool
next_algorithm(const struct making *m, enum lb_algorithm *algorithm)
{
	const struct cli_algorithms *all = &m->from->algorithms;

	if (all->count == 0)
		return false;
	*algorithm = all->at[m->cases->count % all->count];
	return true;
}

static void
name_next(struct making *m)
{
	const size_t modes = m->from->modes.count;
	const size_t algorithms = m->from->algorithms.count;
	char *name = m->cases->names[m->cases->count];
	enum lb_algorithm algorithm;
	enum lb_mode mode;
	/* What does not differ is only named when nothing does. */
	bool has_mode = next_mode(m, &mode) && (modes > 1 || algorithms <= 1);
	bool has_algorithm =
	    next_algorithm(m, &algorithm) && (algorithms > 1 || modes <= 1);

	(void)snprintf(name, sizeof(m->cases->names[0]), "%s%s%s",
	    has_mode ? lb_mode_name(mode) : "",
	    has_mode && has_algorithm ? " " : "",
	    has_algorithm ? lb_algorithm_name(algorithm) : "");
	if (name[0] == '\0')
		(void)snprintf(name, sizeof(m->cases->names[0]), "configured");
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
		if (next_mode(m, &mode))
			config->rules[r].mode = m->from->config == NULL
						    ? cli_mode_any_dst(mode)
						    : mode;
		if (next_algorithm(m, &algorithm))
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

static bool
set_grid(struct making *m, struct lb_config *config)
{
	size_t pool;

	if (sim_grid_apply(m->from->set, 0, config, &pool) == 0)
		return true;
	m->status = cli_usage(m->command,
	    "pool '%s' has %zu members, fewer than pool.size=%u; set fewer, "
	    "or leave -c away",
	    config->pools[pool].name, config->pools[pool].member_count,
	    sim_grid_level(m->from->set, 0, SIM_VARY_POOL_SIZE)->number);
	return false;
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
	if (!set_grid(m, config) || !check(m, config)) {
		lb_config_free(config);
		return false;
	}
	name_next(m);
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
	size_t modes = from->modes.count > 0 ? from->modes.count : 1;
	size_t algorithms =
	    from->algorithms.count > 0 ? from->algorithms.count : 1;

	*cases = (struct cli_cases){ 0 };
	if (from->config != NULL)
		m.status = cli_read_text(command, from->config, &cases->text);
	while (m.status == CLI_DONE && cases->count < modes * algorithms)
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
