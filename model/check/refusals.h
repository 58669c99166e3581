/* SPDX-License-Identifier: MIT */
#ifndef MODEL_REFUSALS_H
#define MODEL_REFUSALS_H
/*
 * Azure's error codes for configurations that it refuses, and we with it, each
 * with its meaning in the words of doc/fairlead.yaml.5.
 *
 * Source: AZ 4.3, 4.8, 5.4.
 */

#define LB_PORTS_CODE "SpecifiedAllocatedOutboundPortsForOutboundRule"

/* clang-format off */
#define LB_REFUSALS(X) \
	X(BACKEND, "RulesUseSameBackendPortProtocolAndPool", \
	    "rules without floating IP have the same pool, protocol and backend port") \
	X(FLOATING, "RulesUseSameBackendPortProtocolAndPoolAndFrontendIP" \
	    "WithFloatingIPEnabled", \
	    "rules with floating IP have these and the frontend in common") \
	X(MEMBER, "RulesOfSameLoadBalancerTypeUseSameBackendPortProtocolAnd" \
	    "IPConfig", \
	    "rules of different pools, or a NAT rule, send them to the same address") \
	X(RULES, "LoadBalancerRuleCountLimitReachedForNic", \
	    "more than 300 rules lead to one member") \
	X(CHILDREN, "LoadBalancerWithoutFrontendIPCantHaveChildResources", \
	    "there are pools, probes or rules, but no frontend") \
	X(EIGHTS, LB_PORTS_CODE "IsNotAMultipleOfEight", \
	    "a member's ports are no multiple of 8") \
	X(PORTS, LB_PORTS_CODE "ExceedsTotalNumberOfAllowedPortsPerRule", \
	    "a member's ports are more than 64,000") \
	X(ROOM, LB_PORTS_CODE "ExceedsTotalNumberOfAvailablePorts", \
	    "all members' ports are more than the frontends have, less those of rules") \
	X(OUTBOUND, "MoreThanOneOutboundRuleUsingSameFrontendIPConfiguration" \
	    "AndProtocolIsNotSupported", \
	    "two outbound rules have a frontend and a protocol in common") \
	X(SNAT, "LoadBalancingRuleMustDisableSNATSinceSameFrontendIP" \
	    "ConfigurationIsReferencedByOutboundRule", \
	    "a rule with outbound_snat has the frontend of an outbound rule") \
	X(NAME, "InvalidResourceName", \
	    "a name is longer than 80 characters, or ends with none of a letter, a digit and '_'")
/* clang-format on */

enum lb_refusal {
	LB_REFUSAL_NONE, /* Azure's code is not known */
#define X(name, code, meaning) LB_REFUSAL_##name,
	LB_REFUSALS(X)
#undef X
	    LB_REFUSAL_COUNT
};

/* NULL for LB_REFUSAL_NONE. */
const char *lb_refusal_code(enum lb_refusal refusal);
const char *lb_refusal_meaning(enum lb_refusal refusal);

#endif
