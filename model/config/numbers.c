/* SPDX-License-Identifier: MIT */
#include "model/config/numbers.h"

#include <string.h>

bool
lb_number_of_text(const char *text, uint64_t *number)
{
	size_t digits = strspn(text, "0123456789");
	uint64_t value = 0;

	if (digits == 0 || digits > 18 || text[digits] != '\0')
		return false;
	for (size_t i = 0; i < digits; i++)
		value = 10 * value + (uint64_t)(text[i] - '0');
	*number = value;
	return true;
}

struct unit {
	const char *name;
	uint64_t worth;
};

/* At most 10 digits and one of the units. */
static bool
with_unit(const char *text, const struct unit *units, size_t unit_count,
    uint64_t *out)
{
	size_t digits = strspn(text, "0123456789");
	char number[11];
	uint64_t value;

	if (digits == 0 || digits >= sizeof(number))
		return false;
	memcpy(number, text, digits);
	number[digits] = '\0';
	if (!lb_number_of_text(number, &value))
		return false;
	for (size_t i = 0; i < unit_count; i++) {
		if (strcmp(text + digits, units[i].name) == 0) {
			*out = value * units[i].worth;
			return true;
		}
	}
	return false;
}

bool
lb_duration_of_text(const char *text, uint64_t *ms)
{
	static const struct unit units[] = { { "ms", 1 }, { "s", 1000 },
		{ "m", 60000 }, { "h", 3600000 } };

	return with_unit(text, units, LB_COUNT(units), ms);
}

bool
lb_nanoseconds_of_text(const char *text, uint64_t *ns)
{
	static const struct unit units[] = { { "ns", 1 }, { "us", 1000 },
		{ "ms", 1000000 }, { "s", 1000000000 } };

	return with_unit(text, units, LB_COUNT(units), ns);
}

bool
lb_millionths_of_text(const char *text, uint64_t *millionths)
{
	const size_t whole = strspn(text, "0123456789");
	const char *point = text + whole;
	uint64_t value = 0, unit = 1000000;

	if (whole == 0 || whole > 9)
		return false;
	for (size_t i = 0; i < whole; i++)
		value = 10 * value + (uint64_t)(text[i] - '0');
	value *= unit;
	if (*point == '.') {
		const size_t digits = strspn(++point, "0123456789");
		if (digits == 0 || digits > 6)
			return false;
		for (size_t i = 0; i < digits; i++)
			value += (uint64_t)(*point++ - '0') * (unit /= 10);
	}
	if (*point != '\0')
		return false;
	*millionths = value;
	return true;
}

/* What stands before a sign, as millionths; false when it is too long. */
static bool
before(const char *text, size_t bytes, uint64_t *millionths)
{
	char number[20];

	if (bytes >= sizeof(number))
		return false;
	memcpy(number, text, bytes);
	number[bytes] = '\0';
	return lb_millionths_of_text(number, millionths);
}

bool
lb_share_of_text(const char *text, uint64_t *millionths)
{
	const size_t bytes = strlen(text);
	const bool percent = bytes > 0 && text[bytes - 1] == '%';
	uint64_t value;

	if (!before(text, bytes - percent, &value) ||
	    (percent && value % 100 != 0))
		return false;
	value /= percent ? 100 : 1;
	if (value > 1000000)
		return false;
	*millionths = value;
	return true;
}

bool
lb_rate_of_text(const char *text, uint64_t *millionths)
{
	static const struct unit units[] = { { "", 1 }, { "/s", 1 },
		{ "/min", 60 }, { "/h", 3600 } };
	const size_t bytes = strcspn(text, "/");
	uint64_t value;

	if (!before(text, bytes, &value))
		return false;
	for (size_t i = 0; i < LB_COUNT(units); i++) {
		if (strcmp(text + bytes, units[i].name) != 0)
			continue;
		*millionths = (value + units[i].worth / 2) / units[i].worth;
		return true;
	}
	return false;
}
