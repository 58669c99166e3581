/* SPDX-License-Identifier: MIT */
/* summary.json of a sweep: what was varied, what to choose, the groups. */
#include "reports/text/json_build.h"
#include "reports/sweep/sweep.h"
#include "reports/sweep/sweep_choice.h"

#define SCHEMA   1
#define NS_PER_S 1e9

static json_t *
files_json(const struct sim_input *in)
{
	json_t *files = json_array();

	for (size_t i = 0; i < in->file_count; i++) {
		const struct sim_file *file = &in->files[i];
		json_t *o = with(json_object(), "name", text(file->name));
		o = with(o, "sha256", text_or_null(file->sha256));
		o = with(o, "packets", whole(file->packets));
		files = with_item(
		    files, with(o, "error", text_or_null(file->error)));
	}
	return files;
}

static json_t *
input_json(const struct sim_input *in)
{
	json_t *o = with(json_object(), "files", files_json(in));

	o = with(o, "packets", whole(in->packets));
	o = with(o, "bytes", whole(in->bytes));
	o = with(o, "flows", whole(in->flows));
	return with(o, "duration_s", ratio((double)in->duration_ns / NS_PER_S));
}

static json_t *
factor_json(const struct report_factor *f)
{
	static const char *const roles[] = {
		[REPORT_CHOICE] = "choice",
		[REPORT_CONDITION] = "condition",
		[REPORT_REPLICATION] = "replication",
	};
	json_t *levels = json_array();

	for (size_t i = 0; i < f->level_count; i++)
		levels = with_item(
		    levels, f->is_numeric ? whole((uint64_t)f->levels[i].value)
					  : text(f->levels[i].text));
	json_t *o = with(json_object(), "key", text(f->name));
	o = with(o, "role", text(roles[f->role]));
	return with(o, "values", levels);
}

/* A point's levels of all factors of some roles. */
static json_t *
levels_json(
    const struct report_sweep *s, const size_t *levels, bool with_conditions)
{
	json_t *o = json_object();

	for (size_t f = 0; f < s->factor_count; f++) {
		const struct report_factor *factor = &s->factors[f];
		const struct report_level *level = &factor->levels[levels[f]];
		if (factor->role == REPORT_REPLICATION ||
		    (factor->role == REPORT_CONDITION && !with_conditions))
			continue;
		o = with(o, factor->name,
		    factor->is_numeric ? whole((uint64_t)level->value)
				       : text(level->text));
	}
	return o;
}

static json_t *
spread_json(const struct report_spread *of)
{
	json_t *o = with(json_object(), "mean", ratio(of->mean));

	o = with(o, "sd", ratio(of->sd));
	o = with(o, "low", ratio(of->low));
	o = with(o, "high", ratio(of->high));
	o = with(o, "min", ratio(of->min));
	return with(o, "max", ratio(of->max));
}

static json_t *
unit_json(const struct report_group *g, enum report_unit u)
{
	json_t *o = json_object();

	for (enum report_metric m = 0; m < REPORT_METRIC_COUNT; m++)
		o = with(o, report_metric_name(m), spread_json(&g->of[u][m]));
	return o;
}

static json_t *
group_json(const struct report_sweep *s, size_t group, size_t rule)
{
	const struct report_group *g = &s->groups[group * s->rule_count + rule];
	size_t levels[REPORT_FACTORS_MAX];

	for (size_t f = 0; f < s->factor_count; f++)
		levels[f] = report_sweep_level(s, g->first, f);
	json_t *o = with(json_object(), "rule", text(s->rules[rule]));
	o = with(o, "setting", levels_json(s, levels, true));
	o = with(o, "replications", whole(s->replications));
	for (enum report_unit u = 0; u < REPORT_UNIT_COUNT; u++)
		o = with(o, report_unit_name(u), unit_json(g, u));
	return o;
}

/* What a group's ports did. */
static json_t *
ports_json(const struct report_sweep *s, size_t group)
{
	json_t *o = json_object(), *setting = json_object();

	for (size_t f = 0; f < s->factor_count; f++) {
		const struct report_factor *factor = &s->factors[f];
		if (factor->role == REPORT_REPLICATION)
			continue;
		const struct report_level *level =
		    &factor->levels[report_sweep_group_level(s, group, f)];
		setting = with(setting, factor->name,
		    factor->is_numeric ? whole((uint64_t)level->value)
				       : text(level->text));
	}
	o = with(o, "setting", setting);
	o = with(o, "replications", whole(s->replications));
	for (unsigned m = 0; m < REPORT_PORT_METRIC_COUNT; m++)
		o = with(o, report_port_metric_name(m),
		    spread_json(&s->port_groups[group][m]));
	return o;
}

/* null where ports are not asked for. */
static json_t *
snat_json(const struct report_sweep *s)
{
	const size_t chosen = report_sweep_ports_chosen(s);
	json_t *o = json_object(), *groups = json_array();

	if (!s->asks_ports) {
		json_decref(o);
		json_decref(groups);
		return json_null();
	}
	char *line = report_sweep_ports_line(s, &report_terminal);
	o = with(o, "line", line != NULL ? text(line) : NULL);
	free(line);
	o = with(o, "enough",
	    json_boolean(
		chosen != SIZE_MAX && report_sweep_ports_suffice(s, chosen)));
	o = with(o, "chosen",
	    chosen != SIZE_MAX ? ports_json(s, chosen) : json_null());
	for (size_t g = 0; g < s->group_count; g++)
		groups = with_item(groups, ports_json(s, g));
	return with(o, "groups", groups);
}

static json_t *
choice_json(const struct report_sweep *s)
{
	struct report_choice choice;
	json_t *o = json_object(), *as_good = json_array();

	if (report_choice_make(&choice, s) != 0) {
		report_choice_free(&choice);
		json_decref(o);
		json_decref(as_good);
		return NULL;
	}
	char *line = report_choice_line(&choice, s);
	o = with(o, "line", line != NULL ? text(line) : NULL);
	free(line);
	o = with(o, "rule", text(s->rule_count > 0 ? s->rules[s->shown] : ""));
	o = with(o, "setting",
	    choice.chosen == SIZE_MAX
		? json_null()
		: levels_json(s, choice.settings[choice.chosen].levels, false));
	for (size_t i = 0; i < choice.count; i++)
		if (choice.settings[i].as_good)
			as_good = with_item(as_good,
			    levels_json(s, choice.settings[i].levels, false));
	report_choice_free(&choice);
	return with(o, "as_good", as_good);
}

int
report_sweep_json(const struct report_sweep *s, FILE *to)
{
	json_t *factors = json_array(), *groups = json_array();

	for (size_t f = 0; f < s->factor_count; f++)
		factors = with_item(factors, factor_json(&s->factors[f]));
	for (size_t g = 0; g < s->group_count; g++)
		for (size_t r = 0; r < s->rule_count; r++)
			groups = with_item(groups, group_json(s, g, r));
	json_t *o = with(json_object(), "fairlead", text(s->input->version));
	o = with(o, "schema", whole(SCHEMA));
	o = with(o, "kind", text("sweep"));
	o = with(o, "seed", whole(s->input->seed));
	o = with(o, "partial", json_boolean(s->input->partial));
	o = with(o, "input", input_json(&s->input->input));
	o = with(o, "points", whole(s->point_count));
	o = with(o, "factors", factors);
	o = with(o, "choice", choice_json(s));
	o = with(o, "snat", snat_json(s));
	return json_write(with(o, "groups", groups), to);
}
