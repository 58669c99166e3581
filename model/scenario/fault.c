/* SPDX-License-Identifier: MIT */
#include "model/scenario/fault.h"

#include "model/config/names.h"

static const char *const names[LB_FAULT_COUNT] = {
	[LB_FAULT_UP] = "up",
	[LB_FAULT_CRASHED] = "crashed",
	[LB_FAULT_REFUSING] = "refusing",
	[LB_FAULT_HTTP_ERROR] = "http-error",
	[LB_FAULT_HANGING] = "hanging",
	[LB_FAULT_OFF] = "off",
	[LB_FAULT_DEAF] = "deaf",
	[LB_FAULT_SLOW] = "slow",
	[LB_FAULT_FLAPPING] = "flapping",
	[LB_FAULT_ADMIN_NONE] = "admin-none",
	[LB_FAULT_ADMIN_UP] = "admin-up",
	[LB_FAULT_ADMIN_DOWN] = "admin-down",
	[LB_FAULT_REMOVED] = "removed",
	[LB_FAULT_ADDED] = "added",
	[LB_FAULT_WEIGHT] = "weight",
	[LB_FAULT_ZONE_DOWN] = "zone-down",
	[LB_FAULT_ZONE_UP] = "zone-up",
	[LB_FAULT_INSTANCE_DOWN] = "instance-down",
	[LB_FAULT_INSTANCE_UP] = "instance-up",
};

const char *
lb_fault_name(unsigned kind)
{
	return kind < LB_FAULT_COUNT ? names[kind] : "?";
}

int
lb_server_state_of_name(const char *name)
{
	for (int kind = LB_FAULT_UP; kind < LB_FAULT_ADMIN_NONE; kind++)
		if (lb_name_is(name, names[kind]))
			return kind;
	return -1;
}
