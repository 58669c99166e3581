/* SPDX-License-Identifier: MIT */
#include "reports/words/input.h"
#include "reports/text/text.h"
#include <string.h>

#define INPUT_COLUMNS 60

const char *
report_input_kind(const struct sim_record *record)
{
	if (!record->synthetic)
		return "the captures";
	return record->input.file_count > 0 ? "the scenario and its captures"
					    : "the scenario";
}

bool
report_is_partial(const struct sim_record *record)
{
	const struct sim_input *in = &record->input;
	bool missing = in->over_limit > 0;

	for (size_t i = 0; i < in->file_count; i++)
		missing |= in->files[i].error != NULL;
	return record->partial && (missing || !record->interrupted);
}

/* What a setting says, fit to be shown; NULL where it says nothing. */
static const char *
setting_of(const struct sim_record *record, const char *name)
{
	for (size_t i = 0; i < record->setting_count; i++)
		if (strcmp(record->settings[i].name, name) == 0)
			return record->settings[i].value;
	return NULL;
}

char *
report_input_name(const struct sim_record *record)
{
	const struct sim_input *in = &record->input;
	const char *path;

	if (in->file_count > 1)
		return report_compose("%zu captures", in->file_count);
	if (in->file_count == 1)
		path = in->files[0].name ? in->files[0].name : "";
	else
		path = setting_of(record, "scenario");
	if (path == NULL)
		return report_compose("%s",
		    record->synthetic ? "synthetic traffic" : "no capture");
	const char *slash = strrchr(path, '/');
	char *name = report_clean(slash ? slash + 1 : path, true);
	if (name != NULL)
		report_shorten(name, INPUT_COLUMNS);
	return name;
}
