/* SPDX-License-Identifier: MIT */
#include "sim/record.h"

#include <stdlib.h>

static void
free_rule(struct sim_rule *rule)
{
	for (size_t i = 0; rule->backends != NULL && i < rule->backend_count;
	     i++)
		free(rule->backends[i].name);
	free(rule->backends);
	free(rule->keys);
	free(rule->key_ids);
	free(rule->heavy);
	free(rule->slices);
	free(rule->name);
	free(rule->distribution);
	free(rule->algorithm);
}

static void
free_case(struct sim_case *c)
{
	for (size_t i = 0; c->rules != NULL && i < c->rule_count; i++)
		free_rule(&c->rules[i]);
	free(c->rules);
	free(c->drops);
	free(c->name);
}

static void
free_input(struct sim_input *input)
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
		free_case(&record->cases[i]);
	free(record->cases);
	record->cases = NULL;
	record->case_count = 0;
}

void
sim_record_free(struct sim_record *record)
{
	if (record == NULL)
		return;
	sim_record_drop_cases(record);
	free(record->flows);
	free(record->places);
	free_input(&record->input);
	free(record->version);
	free(record);
}
