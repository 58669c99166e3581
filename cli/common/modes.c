/* SPDX-License-Identifier: MIT */
#include "cli/common/modes.h"

#include <string.h>

#include "model/config/names.h"

/* What a list is of. */
struct kind {
	const char *option;
	const char *what, *those; /* there is no such; there are those */
	int (*of_name)(const char *name);
};

static const struct kind modes_kind = {
	"--modes",
	"distribution",
	"five-tuple, source-ip and source-ip-protocol",
	lb_mode_of_name,
};

static const struct kind algorithms_kind = {
	"--algorithms",
	"algorithm",
	"maglev, rendezvous, modulo and stable",
	lb_algorithm_of_name,
};

static int
add(const char *command, const struct kind *kind, const char *name,
    uint32_t *values, size_t *count)
{
	int value = kind->of_name(name);

	if (value < 0)
		return cli_usage(command,
		    "%s: there is no %s \"%s\"; there are %s", kind->option,
		    kind->what, name, kind->those);
	for (size_t i = 0; i < *count; i++)
		if (values[i] == (uint32_t)value)
			return cli_usage(command, "%s: %s is there twice",
			    kind->option, name);
	values[(*count)++] = (uint32_t)value;
	return 0;
}

/* values: room for as many as there are names. */
static int
read_list(const char *command, const struct kind *kind, const char *list,
    uint32_t *values, size_t *count)
{
	*count = 0;
	for (;;) {
		size_t bytes = strcspn(list, ",");
		char name[64];
		if (bytes >= sizeof(name))
			bytes = sizeof(name) - 1; /* nobody's name anyhow */
		memcpy(name, list, bytes);
		name[bytes] = '\0';
		int status = add(command, kind, name, values, count);
		if (status != 0)
			return status;
		list += strcspn(list, ",");
		if (*list++ == '\0')
			return 0;
	}
}

int
cli_modes_read(const char *command, const char *list, struct cli_modes *modes)
{
	uint32_t values[CLI_MODES_MAX];
	int status =
	    read_list(command, &modes_kind, list, values, &modes->count);

	for (size_t i = 0; i < modes->count; i++)
		modes->at[i] = (enum lb_mode)values[i];
	return status;
}

int
cli_algorithms_read(
    const char *command, const char *list, struct cli_algorithms *algorithms)
{
	uint32_t values[CLI_ALGORITHMS_MAX];
	int status = read_list(
	    command, &algorithms_kind, list, values, &algorithms->count);

	for (size_t i = 0; i < algorithms->count; i++)
		algorithms->at[i] = (enum lb_algorithm)values[i];
	return status;
}

struct cli_modes
cli_modes_all(void)
{
	return (struct cli_modes){
		.at = { LB_MODE_FIVE_TUPLE, LB_MODE_SOURCE_IP,
		    LB_MODE_SOURCE_IP_PROTOCOL },
		.count = CLI_MODES_MAX,
	};
}

struct cli_modes
cli_modes_of_bits(uint32_t bits)
{
	const struct cli_modes all = cli_modes_all();
	struct cli_modes modes = { 0 };

	for (size_t i = 0; i < all.count; i++)
		if ((bits >> all.at[i] & 1) != 0)
			modes.at[modes.count++] = all.at[i];
	return modes;
}

struct cli_algorithms
cli_algorithms_of_bits(uint32_t bits)
{
	struct cli_algorithms algorithms = { 0 };

	for (uint32_t i = 0; i < CLI_ALGORITHMS_MAX; i++)
		if ((bits >> i & 1) != 0)
			algorithms.at[algorithms.count++] =
			    (enum lb_algorithm)i;
	return algorithms;
}

enum lb_mode
cli_mode_any_dst(enum lb_mode mode)
{
	switch (mode) {
	case LB_MODE_SOURCE_IP:
		return LB_MODE_SOURCE_IP_ANY_DST;
	case LB_MODE_SOURCE_IP_PROTOCOL:
		return LB_MODE_SOURCE_IP_PROTOCOL_ANY_DST;
	default:
		return mode;
	}
}
