/* SPDX-License-Identifier: MIT */
/* What people bring that is no load balancer's JSON, by what it looks like. */
#include <ctype.h>
#include <string.h>

#include "model/azure/azure_parts.h"

#define SHOW "`az network lb show -o json`"

/* Does a line begin with it? */
static bool
has_line(const char *text, const char *begin)
{
	size_t length = strlen(begin);

	for (; text != NULL; text = strchr(text, '\n')) {
		text += *text == '\n';
		if (strncmp(text, begin, length) == 0)
			return true;
	}
	return false;
}

/* Text that is no JSON. */
const char *
azure_other_text(const char *text)
{
	while (isspace((unsigned char)*text))
		text++;
	if (strstr(text, "resource \"azurerm_") != NULL)
		return "this is Terraform's text, which is not read; give the "
		       "output of " SHOW;
	if (strstr(text, "'Microsoft.") != NULL ||
	    strncmp(text, "param ", 6) == 0 ||
	    strncmp(text, "targetScope", 11) == 0)
		return "this is Bicep; give what `az bicep build --file FILE "
		       "--stdout` makes of it";
	if (*text == '{' || *text == '[') /* JSON, cut */
		return NULL;
	if (has_line(text, "load_balancer:") || has_line(text, "frontends:") ||
	    has_line(text, "nat_rules:"))
		return "this is a configuration of fairlead's already: "
		       "`fairlead check -c FILE` reads it";
	if (strcasestr(text, "frontendIPConfigurations") != NULL ||
	    strcasestr(text, "provisioningState") != NULL)
		return "this is of Azure and no JSON, as -o yaml, table and "
		       "tsv are; give the output of " SHOW;
	return NULL;
}

/* Its state, its plan, and its configuration as JSON; what stands in them. */
static bool
is_terraform(const json_t *root)
{
	return azure_own(root, "terraform_version") != NULL ||
	       azure_own(root, "planned_values") != NULL ||
	       azure_own(azure_own(root, "values"), "root_module") != NULL ||
	       azure_own(azure_own(root, "resource"), "azurerm_lb") != NULL ||
	       azure_own(root, "frontend_ip_configuration") != NULL ||
	       azure_own(root, "lineage") != NULL;
}

/* JSON without a load balancer; NULL: who knows. */
const char *
azure_other_json(const json_t *root)
{
	const char *schema = azure_text(root, "$schema");
	const json_t *list =
	    json_is_array(root) ? root : azure_list(root, "value");
	const json_t *first = list != NULL ? json_array_get(list, 0) : root;

	if (is_terraform(root))
		return "this is Terraform's, which is not read; when it is "
		       "deployed, give the output of " SHOW;
	if (schema != NULL && strstr(schema, "eploymentParameters") != NULL)
		return "these are a template's parameters; give the template, "
		       "and these with --parameters";
	if (azure_object(root, "error") != NULL)
		return "this is an error that Azure answered; give the output "
		       "of " SHOW;
	if (azure_list(first, "ipConfigurations") != NULL ||
	    azure_text(first, "ipAddress") != NULL)
		return "these are addresses; give them with --addresses, "
		       "beside the balancer's own JSON";
	return NULL;
}
