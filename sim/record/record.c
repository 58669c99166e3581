/* SPDX-License-Identifier: MIT */
#include "sim/record/record.h"

#include <stdlib.h>
#include <string.h>

static void
slim_rule(struct sim_rule *rule)
{
	free(rule->keys);
	free(rule->key_ids);
	free(rule->heavy);
	free(rule->slices);
	rule->keys = NULL;
	rule->key_ids = NULL;
	rule->heavy = NULL;
	rule->slices = NULL;
	rule->key_count = rule->heavy_count = rule->slice_count = 0;
}

void
sim_case_slim(struct sim_case *c)
{
	for (size_t i = 0; i < c->rule_count; i++)
		slim_rule(&c->rules[i]);
	free(c->harms);
	c->harms = NULL;
	c->harm_count = 0;
	for (size_t i = 0; i < c->snat_count; i++) {
		free(c->snat[i].slices);
		c->snat[i].slices = NULL;
		c->snat[i].slice_count = 0;
	}
}

static void
free_rule(struct sim_rule *rule)
{
	slim_rule(rule);
	for (size_t i = 0; rule->backends != NULL && i < rule->backend_count;
	     i++)
		free(rule->backends[i].name);
	free(rule->backends);
	free(rule->name);
	free(rule->distribution);
	free(rule->algorithm);
}

void
sim_case_free(struct sim_case *c)
{
	for (size_t i = 0; c->rules != NULL && i < c->rule_count; i++)
		free_rule(&c->rules[i]);
	for (size_t i = 0; i < c->failover_count; i++) {
		free(c->failovers[i].fault);
		free(c->failovers[i].member);
	}
	free(c->failovers);
	for (size_t i = 0; i < c->served_count; i++)
		free(c->served[i].name);
	free(c->served);
	for (size_t i = 0; i < c->snat_count; i++) {
		free(c->snat[i].member);
		free(c->snat[i].frontend);
		free(c->snat[i].slices);
	}
	free(c->snat);
	for (size_t i = 0; i < c->turn_count; i++) {
		free(c->turns[i].member);
		free(c->turns[i].fault);
	}
	free(c->turns);
	for (size_t i = 0; i < c->nat_count; i++) {
		free(c->nats[i].name);
		free(c->nats[i].member);
	}
	free(c->nats);
	free(c->clients.response);
	free(c->instances);
	free(c->harms);
	free(c->rules);
	free(c->drops);
	free(c->name);
}

void
sim_input_free(struct sim_input *input)
{
	for (size_t i = 0; input->files != NULL && i < input->file_count; i++) {
		free(input->files[i].name);
		free(input->files[i].error);
	}
	free(input->files);
	free(input->busiest);
}

void
sim_record_drop_cases(struct sim_record *record)
{
	for (size_t i = 0; record->cases != NULL && i < record->case_count; i++)
		sim_case_free(&record->cases[i]);
	free(record->cases);
	record->cases = NULL;
	record->case_count = 0;
	for (size_t i = 0; i < record->replica_count; i++)
		sim_case_free(&record->replicas[i]);
	free(record->replicas);
	record->replicas = NULL;
	record->replica_count = 0;
}

void
sim_record_free(struct sim_record *record)
{
	if (record == NULL)
		return;
	sim_record_drop_cases(record);
	free(record->flows);
	free(record->places);
	sim_input_free(&record->input);
	for (size_t i = 0; i < record->setting_count; i++) {
		free(record->settings[i].name);
		free(record->settings[i].value);
	}
	free(record->settings);
	for (size_t i = 0; i < record->assertion_count; i++)
		lb_assertion_free(&record->assertions[i]);
	free(record->assertions);
	free(record->config);
	free(record->scenario);
	free(record->command);
	for (size_t i = 0; i < record->log_count; i++) {
		free(record->log[i].member);
		free(record->log[i].what);
	}
	free(record->log);
	free(record->libraries);
	free(record->version);
	free(record);
}

int
sim_record_set(struct sim_record *record, const char *name,
    enum sim_setting_kind kind, const char *value, bool given)
{
	struct sim_setting *more = reallocarray(
	    record->settings, record->setting_count + 1, sizeof(*more));

	if (more == NULL)
		return -1;
	record->settings = more;
	more += record->setting_count++;
	*more = (struct sim_setting){
		.name = strdup(name),
		.value = value != NULL ? strdup(value) : NULL,
		.kind = kind,
		.given = given,
	};
	return more->name != NULL && (value == NULL || more->value != NULL)
		   ? 0
		   : -1;
}
