/* SPDX-License-Identifier: MIT */
#include "model/numbers.h"

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

bool
lb_duration_of_text(const char *text, uint64_t *ms)
{
	static const struct {
		const char *name;
		uint64_t ms;
	} units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 },
		{ "h", 3600000 } };
	size_t digits = strspn(text, "0123456789");
	char number[11];
	uint64_t value;

	if (digits == 0 || digits >= sizeof(number))
		return false;
	memcpy(number, text, digits);
	number[digits] = '\0';
	if (!lb_number_of_text(number, &value))
		return false;
	for (size_t i = 0; i < LB_COUNT(units); i++) {
		if (strcmp(text + digits, units[i].name) == 0) {
			*ms = value * units[i].ms;
			return true;
		}
	}
	return false;
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
	*millionths = *point == '\0' ? value : *millionths;
	return *point == '\0';
}
