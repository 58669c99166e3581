/* SPDX-License-Identifier: MIT */
/* What people bring that is no load balancer's JSON, by what it looks like. */
#include <ctype.h>
#include <string.h>

#include "model/azure/azure_parts.h"

#define SHOW "`az network lb show -o json`"

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
	return NULL;
}

static bool
is_terraform(const json_t *root)
{
	return azure_value(root, "terraform_version") != NULL ||
	       azure_value(root, "planned_values") != NULL;
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
		return "this is Terraform's state or plan, which is not read; "
		       "give the output of " SHOW;
	if (schema != NULL && strstr(schema, "eploymentParameters") != NULL)
		return "these are a template's parameters; give the template, "
		       "whose defaults are taken";
	if (azure_object(root, "error") != NULL)
		return "this is an error that Azure answered; give the output "
		       "of " SHOW;
	if (azure_list(first, "ipConfigurations") != NULL ||
	    azure_text(first, "ipAddress") != NULL)
		return "these are addresses; give them with --addresses, "
		       "beside the balancer's own JSON";
	return NULL;
}
