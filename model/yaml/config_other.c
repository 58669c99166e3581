/* SPDX-License-Identifier: MIT */
#include "model/yaml/config_other.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

/* What no configuration of ours has, and all that Azure's tools write of a
 * balancer has one of: az, templates, the REST interface, Terraform. */
static const char *const signs[] = { "\"frontendIPConfigurations\"",
	"\"backendAddressPools\"", "\"loadBalancingRules\"",
	"\"Microsoft.Network/", "/deploymentTemplate.json",
	"/deploymentParameters.json", "\"terraform_version\"",
	"\"planned_values\"" };

struct text {
	const char *at, *end;
};

static bool
begins(struct text text, const char *sign)
{
	size_t length = strlen(sign);

	return (size_t)(text.end - text.at) >= length &&
	       strncasecmp(text.at, sign, length) == 0;
}

/* Only where one may begin: most of a document is looked at once. */
static bool
has_sign(struct text text)
{
	for (; text.at < text.end; text.at++) {
		if (*text.at != '"' && *text.at != '/')
			continue;
		for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
			if (begins(text, signs[i]))
				return true;
	}
	return false;
}

/* az ... -o yaml: keys of its own at a line's begin. */
static bool
is_azure_yaml(struct text text)
{
	const char *line_end;

	for (; text.at < text.end; text.at = line_end + 1) {
		if (begins(text, "frontendIPConfigurations:") ||
		    begins(text, "- backendAddressPools:"))
			return true;
		line_end = memchr(text.at, '\n', (size_t)(text.end - text.at));
		if (line_end == NULL)
			return false;
	}
	return false;
}

const char *
lb_config_other(const char *text, size_t bytes)
{
	static const char bom[] = "\xef\xbb\xbf";
	if (bytes == 0)
		return NULL;
	struct text all = { text, text + bytes }, rest = all;
	if (begins(rest, bom))
		rest.at += strlen(bom);
	while (rest.at < rest.end && strchr(" \t\r\n", *rest.at) != NULL)
		rest.at++;
	if (rest.at < rest.end && (*rest.at == '{' || *rest.at == '[') &&
	    has_sign(rest))
		return "this is Azure's JSON and no configuration yet: "
		       "`fairlead import THIS -o CONFIG` makes one of it, or "
		       "says what to give";
	if (is_azure_yaml(all))
		return "this is Azure's, as az -o yaml writes it: with -o "
		       "json, `fairlead import` makes a configuration of it";
	return NULL;
}
